"""How jobs, executions and templates look on the wire, on both planes."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from mock_jobs.iot import states
from mock_jobs.iot.rules.schedule import format_time

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mypy_boto3_iot.literals import JobExecutionStatusType
    from mypy_boto3_iot.type_defs import (
        JobExecutionSummaryTypeDef,
        JobExecutionTypeDef,
        JobProcessDetailsTypeDef,
        JobSummaryTypeDef,
        JobTypeDef,
        SchedulingConfigOutputTypeDef,
    )
    from mypy_boto3_iot_jobs_data.type_defs import JobExecutionStateTypeDef
    from mypy_boto3_iot_jobs_data.type_defs import JobExecutionSummaryTypeDef as DeviceSummaryTypeDef
    from mypy_boto3_iot_jobs_data.type_defs import JobExecutionTypeDef as DeviceExecutionTypeDef

    from mock_jobs.iot.documents.managed_templates import ManagedTemplate
    from mock_jobs.iot.records.job import Execution, Job
    from mock_jobs.iot.records.template import JobTemplate


def moment(at_ms: int) -> datetime:
    """Return a moment as the control plane sends it: seconds since the epoch, to the millisecond.

    The result is typed as the datetime that boto3 turns it into.
    """
    return cast("datetime", at_ms / 1000)


def identify_job(job: Job) -> dict[str, str]:
    """Return the response that identifies a job; the description only if it has one (observed)."""
    view = {"jobArn": job.arn, "jobId": job.job_id}
    if job.description is not None:
        view["description"] = job.description
    return view


def describe_job(job: Job, now_ms: int) -> JobTypeDef:
    """Return the job as DescribeJob shows it.

    Source: DescribeJob, API reference; unset configurations are empty and other unset members absent (observed).
    """
    view: JobTypeDef = {
        "jobArn": job.arn,
        "jobId": job.job_id,
        "targetSelection": job.target_selection,
        "status": job.status,
        "targets": job.targets,
        "presignedUrlConfig": job.configs.presigned_url or {},
        "jobExecutionsRolloutConfig": job.configs.rollout or {},
        "timeoutConfig": job.configs.timeout or {},
        "schedulingConfig": cast("SchedulingConfigOutputTypeDef", job.scheduling_config or {}),
        "createdAt": moment(job.created_at_ms),
        "lastUpdatedAt": moment(job.updated_at_ms),
        "jobProcessDetails": process_details(job),
        "isConcurrent": job.is_concurrent,
    }
    configs = job.configs
    if_set = {
        "description": job.description,
        "comment": job.comment,
        "reasonCode": job.reason_code,
        "forceCanceled": job.is_force_canceled,
        "abortConfig": configs.abort,
        "jobExecutionsRetryConfig": configs.retry,
        "destinationPackageVersions": configs.package_versions,
        "namespaceId": job.namespace_id,
        "jobTemplateArn": job.template_arn,
        "documentParameters": job.document_parameters,
        "completedAt": None if job.completed_at_ms is None else moment(job.completed_at_ms),
        "scheduledJobRollouts": _scheduled_rollouts(job, now_ms),
    }
    view.update(cast("JobTypeDef", {name: value for name, value in if_set.items() if value is not None}))
    return view


def _scheduled_rollouts(job: Job, now_ms: int) -> list[dict[str, str]] | None:
    if job.schedule is None or job.windows is None or job.status not in states.ACTIVE:
        return None
    return [{"startTime": format_time(each)} for each in job.schedule.next_rollouts_ms(now_ms)]


def summarize_job(job: Job, thing_group_id: str | None) -> JobSummaryTypeDef:
    """Return the job as ListJobs shows it.

    Args:
        job: The job.
        thing_group_id: The group that the listing is filtered by, None if it is not.
    """
    view: JobSummaryTypeDef = {
        "jobArn": job.arn,
        "jobId": job.job_id,
        "targetSelection": job.target_selection,
        "status": job.status,
        "createdAt": moment(job.created_at_ms),
        "lastUpdatedAt": moment(job.updated_at_ms),
        "isConcurrent": job.is_concurrent,
    }
    if thing_group_id is not None:
        view["thingGroupId"] = thing_group_id
    if job.completed_at_ms is not None:
        view["completedAt"] = moment(job.completed_at_ms)
    return view


def process_details(job: Job) -> JobProcessDetailsTypeDef:
    """Return the counters of a job, and the targets that are still to be rolled out."""
    view = counters(job.executions.counts())
    if job.rollout is not None and job.is_rolling_out:
        view["processingTargets"] = job.rollout.processing_targets()
    return view


def counters(counts: Mapping[JobExecutionStatusType, int]) -> JobProcessDetailsTypeDef:
    """Return the counters of a job. Despite the names of the members, they count executions, not things (observed)."""
    count = counts.get
    return {
        "numberOfCanceledThings": count("CANCELED", 0),
        "numberOfSucceededThings": count("SUCCEEDED", 0),
        "numberOfFailedThings": count("FAILED", 0),
        "numberOfRejectedThings": count("REJECTED", 0),
        "numberOfQueuedThings": count("QUEUED", 0),
        "numberOfInProgressThings": count("IN_PROGRESS", 0),
        "numberOfRemovedThings": count("REMOVED", 0),
        "numberOfTimedOutThings": count("TIMED_OUT", 0),
    }


def describe_execution(execution: Execution, thing_arn: str, now_ms: int) -> JobExecutionTypeDef:
    """Return an execution as the control plane's DescribeJobExecution shows it.

    Source: DescribeJobExecution, API reference; `statusDetails` is always present. It is empty until details are reported, then
    holds them in `detailsMap` (observed).
    """
    details = execution.status_details
    view: JobExecutionTypeDef = {
        "jobId": execution.job.job_id,
        "status": execution.status,
        "statusDetails": {} if details is None else {"detailsMap": details},
        "thingArn": thing_arn,
        "queuedAt": moment(execution.queued_at_ms),
        "lastUpdatedAt": moment(execution.updated_at_ms),
        "executionNumber": execution.number,
        "versionNumber": execution.version,
    }
    if execution.started_at_ms is not None:
        view["startedAt"] = moment(execution.started_at_ms)
    if execution.is_force_canceled:
        view["forceCanceled"] = True
    seconds_left = _seconds_left(execution, now_ms)
    if seconds_left is not None:
        view["approximateSecondsBeforeTimedOut"] = seconds_left
    return view


def _seconds_left(execution: Execution, now_ms: int) -> int | None:
    """Return the whole seconds that an execution has left.

    Source: JobExecution, API reference: absent in a terminal status (documented). That it is present only while a timer runs, and
    rounded up to whole seconds, so that a fresh timeout of six minutes reads 360, is inferred.
    """
    deadline_ms = None if execution.timers is None else execution.timers.deadline_ms
    return None if deadline_ms is None else max(0, -((now_ms - deadline_ms) // 1000))


def summarize_execution(execution: Execution) -> JobExecutionSummaryTypeDef:
    """Return an execution as the listings of the control plane show it."""
    view: JobExecutionSummaryTypeDef = {
        "status": execution.status,
        "queuedAt": moment(execution.queued_at_ms),
        "lastUpdatedAt": moment(execution.updated_at_ms),
        "executionNumber": execution.number,
        "retryAttempt": execution.retries.attempt,
    }
    if execution.started_at_ms is not None:
        view["startedAt"] = moment(execution.started_at_ms)
    return view


def execution_state(execution: Execution) -> JobExecutionStateTypeDef:
    """Return the current state of an execution as both planes add it to errors and responses.

    Source: UpdateJobExecution, API reference (documented); `statusDetails` only once reported (observed).
    """
    view: JobExecutionStateTypeDef = {"status": execution.status, "versionNumber": execution.version}
    if execution.status_details is not None:
        view["statusDetails"] = execution.status_details
    return view


def describe_to_device(execution: Execution, now_ms: int, document: str | None) -> DeviceExecutionTypeDef:
    """Return an execution as its device gets it, with its document unless None.

    Times are whole seconds since the epoch. Source: JobExecution of the data plane, API reference (documented); whole seconds,
    and no `statusDetails` until some are reported (observed).
    """
    view: DeviceExecutionTypeDef = {
        "jobId": execution.job.job_id,
        "thingName": execution.thing_name,
        "status": execution.status,
        "queuedAt": execution.queued_at_ms // 1000,
        "lastUpdatedAt": execution.updated_at_ms // 1000,
        "versionNumber": execution.version,
        "executionNumber": execution.number,
    }
    if execution.status_details is not None:
        view["statusDetails"] = execution.status_details
    if execution.started_at_ms is not None:
        view["startedAt"] = execution.started_at_ms // 1000
    seconds_left = _seconds_left(execution, now_ms)
    if seconds_left is not None:
        view["approximateSecondsBeforeTimedOut"] = seconds_left
    if document is not None:
        view["jobDocument"] = document
    return view


def summarize_to_device(execution: Execution) -> DeviceSummaryTypeDef:
    """Return a pending execution as GetPendingJobExecutions lists it; times are whole seconds since the epoch."""
    view: DeviceSummaryTypeDef = {
        "jobId": execution.job.job_id,
        "queuedAt": execution.queued_at_ms // 1000,
        "lastUpdatedAt": execution.updated_at_ms // 1000,
        "versionNumber": execution.version,
        "executionNumber": execution.number,
    }
    if execution.started_at_ms is not None:
        view["startedAt"] = execution.started_at_ms // 1000
    return view


def summarize_template(template: JobTemplate) -> dict[str, object]:
    """Return a template as ListJobTemplates shows it."""
    return {
        "jobTemplateArn": template.arn,
        "jobTemplateId": template.template_id,
        "description": template.description,
        "createdAt": moment(template.created_at_ms),
    }


def describe_template(template: JobTemplate) -> dict[str, object]:
    """Return a template as DescribeJobTemplate shows it.

    Source: DescribeJobTemplate, API reference; three configurations are always present, empty if unset. Other unset members are
    absent for users of an SDK (observed).
    """
    configs = template.configs
    view = summarize_template(template)
    view |= {
        "document": template.document,
        "presignedUrlConfig": configs.presigned_url or {},
        "jobExecutionsRolloutConfig": configs.rollout or {},
        "timeoutConfig": configs.timeout or {},
    }
    optional = {
        "documentSource": template.document_source,
        "abortConfig": configs.abort,
        "jobExecutionsRetryConfig": configs.retry,
        "maintenanceWindows": template.maintenance_windows,
        "destinationPackageVersions": configs.package_versions,
    }
    return view | {name: value for name, value in optional.items() if value}


def summarize_managed_template(template: ManagedTemplate, arn: str) -> dict[str, object]:
    """Return a template that AWS provides as ListManagedJobTemplates shows it."""
    return {
        "templateArn": arn,
        "templateName": template.name,
        "description": template.description,
        "environments": list(template.environments),
        "templateVersion": template.version,
    }


def describe_managed_template(template: ManagedTemplate, arn: str) -> dict[str, object]:
    """Return a template that AWS provides as DescribeManagedJobTemplate shows it."""
    parameters = [
        {
            "key": each.key,
            "description": each.description,
            "regex": each.regex,
            "example": each.example,
            "optional": each.is_optional,
        }
        for each in template.parameters
    ]
    return summarize_managed_template(template, arn) | {"documentParameters": parameters, "document": template.document()}
