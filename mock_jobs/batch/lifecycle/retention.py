"""How long AWS Batch keeps ended jobs and deregistered job definitions.

Sources: user guide, "Job states": jobs stay for at least 7 days (*documented*); API reference, DeregisterJobDefinition:
definitions stay for 180 days (*documented*). Here both stay forever unless a test sets a limit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mock_jobs.core.timers import never

if TYPE_CHECKING:
    from mock_jobs.batch.records.job import Job
    from mock_jobs.batch.records.job_definition import JobDefinition
    from mock_jobs.batch.scenario.settings import BatchSettings
    from mock_jobs.core.world_clock import WorldClock


class Retention:
    """Deletes ended jobs and INACTIVE job definitions after a time.

    Args:
        clock: Its timers start the deletions.
        settings: Set that time, which is read when a job ends or a definition is deregistered; None for never.
        delete: Removes a job from everything that refers to it.
    """

    def __init__(self, clock: WorldClock, settings: BatchSettings, delete: Callable[[Job], None]) -> None:
        self._clock = clock
        self._settings = settings
        self._delete = delete

    def job_ended(self, job: Job) -> None:
        """Delete a job that has ended, with all of its parts, after the time that is set."""
        self._after(self._settings.job_retention_seconds, lambda: self._delete(job))

    def definition_deregistered(self, definition: JobDefinition) -> None:
        """Delete a job definition that has become INACTIVE, after the time that is set."""

        def delete() -> None:
            definition.is_deleted = True

        self._after(self._settings.inactive_definition_retention_seconds, delete)

    def _after(self, seconds: int | None, act: Callable[[], None]) -> None:
        if seconds is not None:
            self._clock.call_at(self._clock.now_ms + seconds * 1000, act, is_awaited=never)
