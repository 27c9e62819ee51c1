"""The answer of GetJobQueueSnapshot for job queues with a service environment.

Source: API reference, FrontOfQuotaSharesDetail, QuotaShareUtilizationDetail and QueueSnapshotCapacityUsage (*documented*: the
unit is the instance type). *Inferred*: the common order of the jobs of several quota shares, which AWS does not publish: the
highest priority first, then the oldest; and that each share is listed, even if no job waits there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mock_jobs.batch.queueing.fair_share_usage import FairShareUsage
from mock_jobs.batch.service_jobs.capacity import add, total_of, usage
from mock_jobs.batch.service_jobs.states import DISPATCHED

if TYPE_CHECKING:
    from mock_jobs.batch.service_jobs.job import ServiceJob
    from mock_jobs.batch.service_jobs.resources import ServiceQueue


def service_snapshot(queue: ServiceQueue[ServiceJob], now_ms: int, *, front_length: int, top_shares: int) -> dict[str, object]:
    """Return which jobs are next in a queue, and how much its jobs use.

    Args:
        queue: The queue.
        now_ms: The current time, in milliseconds since the epoch.
        front_length: The most jobs to show at the front.
        top_shares: The most fair shares to show the use of.
    """
    front = [entry for wait_queue in queue.wait_queues for entry in wait_queue.runnable.front(now_ms, front_length)]
    if queue.has_quotas:
        front.sort(key=lambda entry: (-entry[0].share_priority, entry[0].created_ms, entry[0].spec.number))
    active = [job for status in DISPATCHED for job in queue.index.with_status(status)]
    utilization: dict[str, object] = {
        "totalCapacityUsage": usage(total_of(job.spec.instances for job in active)),
        "lastUpdatedAt": now_ms,
    }
    answer: dict[str, object] = {
        "frontOfQueue": {"jobs": [_shown(*entry) for entry in front[:front_length]], "lastUpdatedAt": now_ms},
        "queueUtilization": utilization,
    }
    if isinstance(queue.usage, FairShareUsage):
        utilization["fairshareUtilization"] = _fair_shares(active, top_shares)
    if queue.has_quotas:
        first = {share.name: [_shown(*entry) for entry in share.runnable.front(now_ms, 1)] for share in queue.shares.values()}
        answer["frontOfQuotaShares"] = {"quotaShares": first, "lastUpdatedAt": now_ms}
        busy = sorted((share for share in queue.shares.values() if share.in_use), key=lambda share: -sum(share.in_use.values()))
        utilization["quotaShareUtilization"] = {
            "topCapacityUtilization": [{"quotaShareName": share.name, "capacityUsage": usage(share.in_use)} for share in busy]
        }
    return answer


def _fair_shares(active: Sequence[ServiceJob], limit: int) -> dict[str, object]:
    shares: dict[str, dict[str, int]] = {}
    for job in active:
        add(shares.setdefault(job.spec.share_identifier or "", {}), job.spec.instances)
    busy = sorted(shares.items(), key=lambda entry: (-sum(entry[1].values()), entry[0]))
    return {
        "activeShareCount": len(busy),
        "topCapacityUtilization": [
            {"shareIdentifier": identifier, "capacityUsage": usage(held)} for identifier, held in busy[:limit]
        ],
    }


def _shown(job: ServiceJob, since_ms: int) -> dict[str, object]:
    return {"jobArn": job.arn, "earliestTimeAtPosition": since_ms}
