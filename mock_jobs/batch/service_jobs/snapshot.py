"""What GetJobQueueSnapshot answers about job queues with a service environment.

Source: API reference, FrontOfQuotaSharesDetail, QuotaShareUtilizationDetail and QueueSnapshotCapacityUsage (*documented*: the unit
is the instance type). *Inferred*: the common order of the jobs of several quota shares, which AWS does not publish: the most
urgent first, then the oldest; and that each share is named, also if nobody waits there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_jobs.batch.service_jobs.capacity import total_of, usage
from mock_jobs.batch.service_jobs.states import DISPATCHED

if TYPE_CHECKING:
    from mock_jobs.batch.service_jobs.job import ServiceJob
    from mock_jobs.batch.service_jobs.resources import ServiceSide


def service_snapshot(side: ServiceSide, now_ms: int, limit: int) -> dict[str, object]:
    """Return who is next in a queue, and how much its jobs use.

    Args:
        side: Of the queue.
        now_ms: The present moment, in milliseconds since the epoch.
        limit: At most so many jobs are at the front.
    """
    fronts = {place: place.line.front(now_ms, limit) for place in side.places}
    front = [entry for entries in fronts.values() for entry in entries]
    if side.has_quotas:
        front.sort(key=lambda entry: (-entry[0].urgency, entry[0].created_ms, entry[0].spec.number))
    active = (job for status in DISPATCHED for job in side.index.with_status(status))
    utilization: dict[str, object] = {
        "totalCapacityUsage": usage(total_of(job.spec.instances for job in active)),
        "lastUpdatedAt": now_ms,
    }
    answer: dict[str, object] = {
        "frontOfQueue": {"jobs": [_shown(*entry) for entry in front[:limit]], "lastUpdatedAt": now_ms},
        "queueUtilization": utilization,
    }
    if side.has_quotas:
        first = {share.name: [_shown(*entry) for entry in share.line.front(now_ms, 1)] for share in side.shares.values()}
        answer["frontOfQuotaShares"] = {"quotaShares": first, "lastUpdatedAt": now_ms}
        busy = sorted((share for share in side.shares.values() if share.in_use), key=lambda share: -sum(share.in_use.values()))
        utilization["quotaShareUtilization"] = {
            "topCapacityUtilization": [{"quotaShareName": share.name, "capacityUsage": usage(share.in_use)} for share in busy]
        }
    return answer


def _shown(job: ServiceJob, since_ms: int) -> dict[str, object]:
    return {"jobArn": job.arn, "earliestTimeAtPosition": since_ms}
