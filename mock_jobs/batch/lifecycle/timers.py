"""The timers for the next move of each job."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Generic

from mock_jobs.batch.queueing.schedulable import JobT

if TYPE_CHECKING:
    from mock_jobs.batch.queueing.timer_batches import TimerBatches
    from mock_jobs.batch.scenario.scenario import Scenario
    from mock_jobs.core.world_clock import WorldClock

_NEVER_MS: Final = 1 << 62


class JobTimers(Generic[JobT]):
    """Sets the one timer of each job, for its next move.

    A new timer replaces the previous one. A timer cannot be removed from its batch. So each move first checks `is_due()`, which
    is false if a later timer has replaced the one that fires.

    Args:
        clock: Its time.
        scenario: Its pace may make delays longer.
        timer_batches: Hold the moves.
    """

    def __init__(self, clock: WorldClock, scenario: Scenario, timer_batches: TimerBatches[JobT]) -> None:
        self._clock = clock
        self._scenario = scenario
        self._timer_batches = timer_batches

    def set(self, job: JobT, delay_ms: int, move: Callable[[JobT], None]) -> None:
        """Move a job after a delay in milliseconds.

        The pace may make the delay longer.
        """
        due_ms = job.due_ms = self._clock.now_ms + max(delay_ms, self._scenario.latency_ms(None))
        self._timer_batches.put(due_ms, move, job)

    def set_by_setting(self, job: JobT, setting: str | None, move: Callable[[JobT], None]) -> None:
        """Move a job after the latency in the setting with this name.

        The pace may make the delay longer. Without a setting, only the pace decides.
        """
        due_ms = job.due_ms = self._clock.now_ms + self._scenario.latency_ms(setting)
        self._timer_batches.put(due_ms, move, job)

    def clear(self, job: JobT) -> None:
        """Remove the next move of a job."""
        job.due_ms = _NEVER_MS

    def is_due(self, job: JobT) -> bool:
        """Return whether the time of the next move of a job has come."""
        return job.due_ms <= self._clock.now_ms
