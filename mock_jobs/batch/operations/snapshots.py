"""GetJobQueueSnapshot.

Source: API reference, GetJobQueueSnapshot, FrontOfQueueJobSummary and QueueSnapshotUtilizationDetail (*documented*). That only
children of an array are at the front, never their parent, is *inferred*; AWS's figures lag, these do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mock_jobs.batch.queueing.fair_share_usage import FairShareUsage
from mock_jobs.batch.region import BatchRegion
from mock_jobs.batch.service_jobs.resources import ServiceQueue
from mock_jobs.batch.service_jobs.snapshot import service_snapshot

if TYPE_CHECKING:
    from mypy_boto3_batch.type_defs import FairshareUtilizationDetailTypeDef, QueueSnapshotUtilizationDetailTypeDef

    from mock_jobs.batch.records.job import Job
    from mock_jobs.batch.records.job_queue import ComputeQueue

FRONT_LENGTH: Final = 100
TOP_SHARES: Final = 20


class SnapshotOperations(BatchRegion):
    """GetJobQueueSnapshot.

    With the pace `poll`, a second call without a change since the first advances the queue before it answers.
    """

    def get_job_queue_snapshot(self, *, job_queue: str) -> dict[str, object]:
        """Return which jobs are next in a job queue, and how much its jobs use."""
        queue = self.find_queue(job_queue)
        if queue is None:
            raise self.does_not_exist("job-queue", job_queue)
        self.scenario.polling.before_snapshot(self.listing(f"GetJobQueueSnapshot/{queue.number}"), queue)
        now_ms = self.world.clock.now_ms
        if isinstance(queue, ServiceQueue):
            return service_snapshot(queue, now_ms, front_length=FRONT_LENGTH, top_shares=TOP_SHARES)
        front = [
            {"jobArn": job.arn, "earliestTimeAtPosition": since_ms}
            for job, since_ms in queue.runnable.front(now_ms, FRONT_LENGTH)
        ]
        return {
            "frontOfQueue": {"jobs": front, "lastUpdatedAt": now_ms},
            "queueUtilization": _utilization(queue, now_ms),
        }


def _utilization(queue: ComputeQueue[Job], now_ms: int) -> QueueSnapshotUtilizationDetailTypeDef:
    detail: QueueSnapshotUtilizationDetailTypeDef = {
        "totalCapacityUsage": [{"capacityUnit": "VCPU", "quantity": float(queue.usage.in_use)}],
        "lastUpdatedAt": now_ms,
    }
    if isinstance(queue.usage, FairShareUsage):
        detail["fairshareUtilization"] = _shares(queue.usage)
    return detail


def _shares(usage: FairShareUsage[Job]) -> FairshareUtilizationDetailTypeDef:
    busy = usage.busiest_first()
    return {
        # The model counts the active shares "that are currently utilizing capacity".
        "activeShareCount": len(busy),
        "topCapacityUtilization": [
            {
                "shareIdentifier": share.identifier,
                "capacityUsage": [{"capacityUnit": "VCPU", "quantity": float(share.in_use)}],
            }
            for share in busy[:TOP_SHARES]
        ],
    }
