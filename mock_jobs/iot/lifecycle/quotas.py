"""Quotas: how much of everything an account may have in a region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_jobs.iot import messages, states
from mock_jobs.iot.exceptions import LimitExceededException
from mock_jobs.iot.jobs import Job
from mock_jobs.iot.settings import IoTSettings

if TYPE_CHECKING:
    from mypy_boto3_iot.literals import TargetSelectionType


class Usage:
    """Which jobs count for the quotas at present.

    Source: developer guide, "Job limits" (documented): SCHEDULED and IN_PROGRESS jobs are active; those that are being rolled
    out or canceled are concurrent.
    """

    __slots__ = ("_active", "_concurrent")

    def __init__(self) -> None:
        self._active: dict[TargetSelectionType, set[str]] = {"SNAPSHOT": set(), "CONTINUOUS": set()}
        self._concurrent: set[str] = set()

    def follow(self, job: Job) -> None:
        """Count a job, new or changed, as what it is now."""
        _keep(self._active[job.target_selection], job.job_id, job.status in states.ACTIVE)
        _keep(self._concurrent, job.job_id, job.is_concurrent)

    def forget(self, job: Job) -> None:
        """Count a job no more."""
        _keep(self._active[job.target_selection], job.job_id, False)
        _keep(self._concurrent, job.job_id, False)

    def active(self, target_selection: TargetSelectionType) -> int:
        """Return how many jobs of a kind are active."""
        return len(self._active[target_selection])

    @property
    def concurrent(self) -> int:
        """How many jobs are concurrent."""
        return len(self._concurrent)


def _keep(ids: set[str], job_id: str, counts: bool) -> None:
    if counts:
        ids.add(job_id)
    else:
        ids.discard(job_id)


def check_targets(settings: IoTSettings, job_id: str, count: int) -> None:
    """Refuse more targets of one job than it may have.

    Args:
        settings: The quotas.
        job_id: The job.
        count: How many distinct targets it would have, those that it has already included.

    Raises:
        LimitExceededException: They are too many. Source: AssociateTargetsWithJob, API reference (documented), text ours.
    """
    limit = settings.max_targets
    if limit is not None and count > limit:
        raise LimitExceededException(messages.TOO_MANY_TARGETS.format(job_id=job_id, count=count, limit=limit))


def check_new_job(settings: IoTSettings, usage: Usage, target_selection: TargetSelectionType, *, starts_at_once: bool) -> None:
    """Refuse one more job.

    Args:
        settings: The quotas.
        usage: What of them is used.
        target_selection: Of the new job.
        starts_at_once: Whether its rollout would begin now.

    Raises:
        LimitExceededException: There are as many active, or concurrent, jobs as there may be. Source: developer guide, "Job
            limits" (documented), texts ours.
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
    """Refuse one more deletion at a time.

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
    """Refuse one more job template.

    Args:
        settings: The quotas.
        count: How many there are.

    Raises:
        LimitExceededException: They are too many. Source: CreateJobTemplate, API reference, declares it (documented), text ours.
    """
    limit = settings.max_job_templates
    if limit is not None and count >= limit:
        raise LimitExceededException(messages.TOO_MANY_TEMPLATES.format(count=count, limit=limit))
