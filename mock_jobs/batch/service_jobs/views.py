"""Service jobs as the operations return them.

Sources: API reference, DescribeServiceJob, ServiceJobSummary, ServiceJobAttemptDetail and ServiceJobPreemptionSummary
(*documented*). That members without a value are left out is *inferred* from the answers for ordinary jobs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_jobs.batch.service_jobs.capacity import usage
from mock_jobs.batch.states import RUNNABLE, TERMINAL

if TYPE_CHECKING:
    from mock_jobs.batch.service_jobs.job import ServiceAttempt, ServiceJob

_SHOWS_REASON = TERMINAL | {RUNNABLE}


def service_job_detail(job: ServiceJob) -> dict[str, object]:
    """Return the answer of DescribeServiceJob.

    The model requires startedAt; as for ordinary jobs it is left out until the job has run.
    """
    spec = job.spec
    detail = _common(job)
    detail["attempts"] = [_attempt(each) for each in job.attempts]
    detail["jobQueue"] = spec.queue.arn
    detail["serviceRequestPayload"] = spec.payload
    detail["tags"] = dict(spec.tags)
    if spec.retry is not None:
        detail["retryStrategy"] = spec.retry.shape()
    if job.priority is not None:
        detail["schedulingPriority"] = job.priority
    if spec.preemption is not None:
        detail["preemptionConfiguration"] = spec.preemption
    if summary := preemption_summary(job):
        detail["preemptionSummary"] = summary
    if spec.timeout_seconds is not None:
        detail["timeoutConfig"] = {"attemptDurationSeconds": spec.timeout_seconds}
    return detail


def service_job_summary(job: ServiceJob) -> dict[str, object]:
    """Return an entry of ListServiceJobs."""
    return _common(job)


def preemption_summary(job: ServiceJob) -> dict[str, object]:
    """Return how often a job was preempted, and the last of these attempts.

    It is empty if the job never was.
    """
    if not job.preemptions:
        return {}
    return {
        "preemptedAttemptCount": job.preemptions,
        "recentPreemptedAttempts": [_attempt(each) for each in job.preempted or ()],
    }


def _common(job: ServiceJob) -> dict[str, object]:
    spec = job.spec
    shape: dict[str, object] = {
        "jobArn": job.arn,
        "jobId": job.job_id,
        "jobName": spec.name,
        "serviceJobType": spec.kind,
        "status": job.status,
        "createdAt": job.created_ms,
        "capacityUsage": usage(spec.instances),
    }
    if job.status_reason is not None and job.status in _SHOWS_REASON:
        shape["statusReason"] = job.status_reason
    if job.latest is not None:
        shape["latestAttempt"] = {"serviceResourceId": _resource(job.latest)}
        shape["scheduledAt"] = job.latest.scheduled_ms
    if job.started_ms is not None:
        shape["startedAt"] = job.started_ms
    if job.stopped_ms is not None:
        shape["stoppedAt"] = job.stopped_ms
    if spec.share_identifier is not None:
        shape["shareIdentifier"] = spec.share_identifier
    if spec.share is not None:
        shape["quotaShareName"] = spec.share.name
    if job.is_terminated:
        shape["isTerminated"] = True
    return shape


def _attempt(attempt: ServiceAttempt) -> dict[str, object]:
    shape: dict[str, object] = {"serviceResourceId": _resource(attempt)}
    if attempt.started_ms is not None:
        shape["startedAt"] = attempt.started_ms
    shape["stoppedAt"] = attempt.stopped_ms
    shape["statusReason"] = attempt.status_reason
    return shape


def _resource(attempt: ServiceAttempt) -> dict[str, str]:
    return {"name": "TrainingJobArn", "value": attempt.resource_arn}
