"""The scheduled moves of jobs: gated timers that each move many jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic

from mock_jobs.batch.queueing.schedulable import JobT

if TYPE_CHECKING:
    from mock_jobs.core.timers import Timer
    from mock_jobs.core.world_clock import WorldClock


class TimerBatches(Generic[JobT]):
    """Groups the moves of jobs that are due at the same time under one timer.

    So an array needs one timer and not 10,000. Only moves that are scheduled between two firings are grouped: moves that a
    firing schedules must wait for the next one.

    Args:
        clock: Its gated timers run the moves.
    """

    def __init__(self, clock: WorldClock) -> None:
        self._clock = clock
        self._open: dict[tuple[int, Callable[[JobT], None]], list[JobT]] = {}
        self._passes: set[int] = set()

    def put(self, due_ms: int, move: Callable[[JobT], None], job: JobT) -> None:
        """Schedule `move(job)` for `due_ms`; the move must check that it still applies."""
        batch = self._open.get((due_ms, move))
        if batch is None:
            batch = self._open[due_ms, move] = []
            jobs = batch

            def move_all() -> None:
                for each in jobs:
                    move(each)

            self.at(due_ms, move_all)
        batch.append(job)

    def has_pass(self, due_ms: int) -> bool:
        """Return whether a scheduler pass is scheduled for `due_ms` already."""
        return due_ms in self._passes

    def put_pass(self, due_ms: int, run: Callable[[], None]) -> None:
        """Schedule a scheduler pass for `due_ms`; all calls between two firings share one."""
        if due_ms in self._passes:
            return
        self._passes.add(due_ms)
        self.at(due_ms, run)

    def at(self, due_ms: int, act: Callable[[], None]) -> Timer:
        """Schedule a call for `due_ms`, under a timer of its own."""

        def fire() -> None:
            self._open.clear()
            self._passes.clear()
            act()

        return self._clock.call_at(due_ms, fire, gated=True)
