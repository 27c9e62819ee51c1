"""Which jobs count for the quotas of an account in a region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_jobs.iot import states

if TYPE_CHECKING:
    from mypy_boto3_iot.literals import TargetSelectionType

    from mock_jobs.iot.records.job import Job


class Usage:
    """Which jobs currently count for the quotas.

    Source: developer guide, "Job limits" (documented): SCHEDULED and IN_PROGRESS jobs are active; jobs that are being rolled
    out or canceled are concurrent.
    """

    __slots__ = ("_active", "_concurrent")

    def __init__(self) -> None:
        self._active: dict[TargetSelectionType, set[str]] = {"SNAPSHOT": set(), "CONTINUOUS": set()}
        self._concurrent: set[str] = set()

    def follow(self, job: Job) -> None:
        """Count a new or changed job by its current state."""
        _keep(self._active[job.target_selection], job.job_id, job.status in states.ACTIVE)
        _keep(self._concurrent, job.job_id, job.is_concurrent)

    def remove(self, job: Job) -> None:
        """Stop counting a job."""
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
