"""Jobs as the operations return them.

Sources: API reference, JobDetail, ContainerDetail, AttemptDetail, JobSummary (*documented*); which members are present in which
state is *observed* in published answers, else *inferred*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from mock_jobs.batch.records.job import ArrayJob, Attempt, Job
from mock_jobs.batch.records.node import MultiNodeJob, Node
from mock_jobs.batch.states import RUNNABLE, RUNNING, TERMINAL
from mock_jobs.batch.views.log_location import log_location
from mock_jobs.batch.views.tasks import (
    ecs_properties,
    eks_attempt,
    eks_properties,
    instance_arn,
    network,
    shown_attempt,
    task_arn,
    task_attempt,
)
from mock_jobs.batch.workload.container import legacy_fields

if TYPE_CHECKING:
    from mypy_boto3_batch.type_defs import (
        AttemptContainerDetailTypeDef,
        AttemptDetailTypeDef,
        ContainerDetailTypeDef,
        ContainerSummaryTypeDef,
        JobDependencyTypeDef,
        JobDetailTypeDef,
        JobSummaryTypeDef,
    )

    from mock_jobs.batch.names import Arns

_SHOWS_REASON = TERMINAL | {RUNNABLE}


def shows_reason(job: Job) -> bool:
    """Return whether the status reason of a job is shown, if it has one."""
    return job.status in _SHOWS_REASON


def job_detail(job: Job, arns: Arns, *, legacy: bool) -> JobDetailTypeDef:
    """Return an entry of DescribeJobs.

    Args:
        job: What to describe.
        arns: ARNs of its account and region.
        legacy: Whether `vcpus` and `memory` are always shown.
    """
    spec, definition = job.spec, job.spec.definition
    # The model requires startedAt, but AWS leaves it out before a job ran (documented in the sample of a job event).
    detail = cast("JobDetailTypeDef", {"jobArn": job.arn, "jobName": spec.name, "jobId": job.job_id})
    detail["jobQueue"] = spec.queue.arn
    detail["status"] = job.status
    # The attempts of pods are in eksAttempts.
    detail["attempts"] = [] if spec.pod is not None else [_attempt(job, each, arns) for each in job.attempts]
    if job.status_reason is not None and shows_reason(job):
        detail["statusReason"] = job.status_reason
    detail["createdAt"] = job.created_ms
    if spec.retry is not None:
        detail["retryStrategy"] = spec.retry.shape()
    if spec.share_identifier is not None:
        detail["shareIdentifier"] = spec.share_identifier
    if spec.scheduling_priority is not None:
        detail["schedulingPriority"] = spec.scheduling_priority
    if job.started_ms is not None:
        detail["startedAt"] = job.started_ms
    if job.stopped_ms is not None:
        detail["stoppedAt"] = job.stopped_ms
    detail["dependsOn"] = _depends_on(job)
    detail["jobDefinition"] = definition.arn
    detail["parameters"] = spec.parameters
    if isinstance(job, MultiNodeJob):
        detail["nodeProperties"] = job.properties
    elif spec.task is not None:
        detail["container"] = {}
        detail["ecsProperties"] = ecs_properties(job, spec.task, arns)
    elif spec.pod is not None:
        detail["eksProperties"] = eks_properties(job, spec.pod, arns)
    else:
        detail["container"] = _container(job, arns, legacy=legacy)
    if isinstance(job, Node):
        detail["nodeDetails"] = {"nodeIndex": job.index, "isMainNode": job.is_main}
    if isinstance(job, ArrayJob):
        detail["arrayProperties"] = {
            "statusSummary": dict(job.summary),
            "statusSummaryLastUpdatedAt": job.summary_ms,
            "size": len(job.children),
        }
    elif job.parent is not None:
        detail["arrayProperties"] = {"statusSummary": {}, "index": job.index}
    if spec.timeout_seconds is not None:
        detail["timeout"] = {"attemptDurationSeconds": spec.timeout_seconds}
    detail["tags"] = {} if job.is_part else spec.tags
    if spec.propagate_tags is not None:
        detail["propagateTags"] = spec.propagate_tags
    detail["platformCapabilities"] = definition.platform_capabilities or []
    detail["eksAttempts"] = [] if spec.pod is None else [eks_attempt(spec.pod, each, arns) for each in job.attempts]
    if spec.requirements is not None:
        detail["consumableResourceProperties"] = spec.requirements.properties
    if job.is_cancelled:
        detail["isCancelled"] = True
    if job.is_terminated:
        detail["isTerminated"] = True
    return detail


def job_summary(job: Job) -> JobSummaryTypeDef:
    """Return an entry of ListJobs."""
    spec = job.spec
    summary: JobSummaryTypeDef = {
        "jobArn": job.arn,
        "jobId": job.job_id,
        "jobName": spec.name,
        "capacityUsage": [{"capacityUnit": "VCPU" if spec.pod is None else "cpu", "quantity": float(spec.vcpus)}],
        "createdAt": job.created_ms,
        "status": job.status,
        "jobDefinition": spec.definition.arn,
    }
    attempt = job.last_attempt
    if attempt is not None:
        summary["scheduledAt"] = attempt.scheduled_ms
    if spec.share_identifier is not None:
        summary["shareIdentifier"] = spec.share_identifier
    if job.status_reason is not None and shows_reason(job):
        summary["statusReason"] = job.status_reason
    if job.started_ms is not None:
        summary["startedAt"] = job.started_ms
    if job.stopped_ms is not None:
        summary["stoppedAt"] = job.stopped_ms
    if attempt is not None and job.status in TERMINAL:
        container: ContainerSummaryTypeDef = {}
        if attempt.exit_code is not None:
            container["exitCode"] = attempt.exit_code
        if attempt.reason is not None:
            container["reason"] = attempt.reason
        if container:
            summary["container"] = container
    if isinstance(job, ArrayJob):
        summary["arrayProperties"] = {
            "size": len(job.children),
            "statusSummary": dict(job.summary),
            "statusSummaryLastUpdatedAt": job.summary_ms,
        }
    elif job.parent is not None:
        summary["arrayProperties"] = {"index": job.index}
    if isinstance(job, MultiNodeJob):
        summary["nodeProperties"] = {"numNodes": len(job.nodes)}
    elif isinstance(job, Node):
        count = len(job.whole.nodes)
        summary["nodeProperties"] = {"isMainNode": job.is_main, "numNodes": count, "nodeIndex": job.index}
    if job.is_cancelled:
        summary["isCancelled"] = True
    if job.is_terminated:
        summary["isTerminated"] = True
    return summary


def _depends_on(job: Job) -> list[JobDependencyTypeDef]:
    spec, parent = job.spec, job.parent
    if parent is None:
        return spec.depends_on
    # A child shows the dependencies of its array as they apply to it (inferred).
    entries: list[JobDependencyTypeDef] = []
    for entry in spec.depends_on:
        job_id = entry.get("jobId")
        if not job_id:
            if job.index > 0:
                entries.append({"jobId": f"{job.own_id}:{job.index - 1}", "type": "SEQUENTIAL"})
        elif entry.get("type") == "N_TO_N":
            entries.append({"jobId": f"{job_id}:{job.index}", "type": "N_TO_N"})
        else:
            entries.append(entry)
    return entries


def _container(job: Job, arns: Arns, *, legacy: bool) -> ContainerDetailTypeDef:
    container = job.spec.container.copy()
    if legacy:
        container.update(legacy_fields(container))
    attempt = shown_attempt(job)
    if attempt is not None:
        instance = instance_arn(attempt, arns)
        if instance is not None:
            container["containerInstanceArn"] = instance
        container["taskArn"] = task_arn(attempt, arns)
        container["networkInterfaces"] = network(job, attempt)
        location = log_location(job, attempt)
        if location is not None and (job.status == RUNNING or job.status in TERMINAL):
            container["logStreamName"] = location.stream
        if job.status in TERMINAL:
            if attempt.exit_code is not None:
                container["exitCode"] = attempt.exit_code
            if attempt.reason is not None:
                container["reason"] = attempt.reason
    return container


def _attempt(job: Job, attempt: Attempt, arns: Arns) -> AttemptDetailTypeDef:
    if job.spec.task is not None:
        return {**task_attempt(job, job.spec.task, attempt, arns), **_span(attempt)}
    container: AttemptContainerDetailTypeDef = {}
    instance = instance_arn(attempt, arns)
    if instance is not None:
        container["containerInstanceArn"] = instance
    container["taskArn"] = task_arn(attempt, arns)
    if attempt.exit_code is not None:
        container["exitCode"] = attempt.exit_code
    if attempt.reason is not None:
        container["reason"] = attempt.reason
    location = log_location(job, attempt)
    if location is not None:
        container["logStreamName"] = location.stream
    container["networkInterfaces"] = network(job, attempt)
    return {"container": container, **_span(attempt)}


def _span(attempt: Attempt) -> AttemptDetailTypeDef:
    detail: AttemptDetailTypeDef = {}
    if attempt.started_ms is not None:
        detail["startedAt"] = attempt.started_ms
    if attempt.stopped_ms is not None:
        detail["stoppedAt"] = attempt.stopped_ms
    if attempt.status_reason is not None:
        detail["statusReason"] = attempt.status_reason
    return detail
