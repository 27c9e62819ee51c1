"""Quotas: how many targets, jobs, deletions and templates an account may have in a region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_jobs.iot import messages
from mock_jobs.iot.exceptions import LimitExceededException

if TYPE_CHECKING:
    from mypy_boto3_iot.literals import TargetSelectionType

    from mock_jobs.iot.records.quota_usage import Usage
    from mock_jobs.iot.settings import IoTSettings


def check_targets(settings: IoTSettings, job_id: str, count: int) -> None:
    """Refuse more targets than a job may have.

    Args:
        settings: The quotas.
        job_id: The job.
        count: How many distinct targets it would have in total, existing ones included.

    Raises:
        LimitExceededException: They are too many. Source: AssociateTargetsWithJob, API reference (documented), text ours.
    """
    limit = settings.max_targets
    if limit is not None and count > limit:
        raise LimitExceededException(messages.TOO_MANY_TARGETS.format(job_id=job_id, count=count, limit=limit))


def check_new_job(settings: IoTSettings, usage: Usage, target_selection: TargetSelectionType, *, starts_at_once: bool) -> None:
    """Refuse a new job if a quota of jobs is used up.

    Args:
        settings: The quotas.
        usage: How much of them is used.
        target_selection: Target selection of the new job.
        starts_at_once: Whether its rollout would begin now.

    Raises:
        LimitExceededException: The quota of active or of concurrent jobs is used up. Source: developer guide, "Job limits"
            (documented), texts ours.
    """
    is_snapshot = target_selection == "SNAPSHOT"
    limit = settings.max_active_snapshot_jobs if is_snapshot else settings.max_active_continuous_jobs
    count = usage.active(target_selection)
    if limit is not None and count >= limit:
        raise LimitExceededException(messages.TOO_MANY_ACTIVE.format(selection=target_selection, count=count, limit=limit))
    if starts_at_once and (reason := why_not_start(settings, usage)) is not None:
        raise LimitExceededException(reason)


def why_not_start(settings: IoTSettings, usage: Usage) -> str | None:
    """Return why no rollout can begin now, None if one can. Source: developer guide, "Job limits" (documented), text ours."""
    limit = settings.max_concurrent_jobs
    if limit is None or usage.concurrent < limit:
        return None
    return messages.TOO_MANY_CONCURRENT.format(count=usage.concurrent, limit=limit)


def check_deletion(settings: IoTSettings, count: int) -> None:
    """Refuse a deletion if too many jobs are being deleted already.

    Args:
        settings: The quotas.
        count: How many jobs are being deleted.

    Raises:
        LimitExceededException: They are too many. Source: DeleteJob, API reference (documented), text ours.
    """
    limit = settings.max_jobs_in_deletion
    if limit is not None and count >= limit:
        raise LimitExceededException(messages.TOO_MANY_DELETIONS.format(count=count, limit=limit))


def check_new_template(settings: IoTSettings, count: int) -> None:
    """Refuse a new job template if the quota is used up.

    Args:
        settings: The quotas.
        count: How many job templates there are.

    Raises:
        LimitExceededException: They are too many. Source: CreateJobTemplate, API reference, declares it (documented), text ours.
    """
    limit = settings.max_job_templates
    if limit is not None and count >= limit:
        raise LimitExceededException(messages.TOO_MANY_TEMPLATES.format(count=count, limit=limit))
