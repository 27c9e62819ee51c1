"""The clock of a mock, in whole milliseconds since the epoch, as a test reads and moves it."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mock_jobs.core.errors import HIDDEN, UsageValueError
from mock_jobs.core.moments import as_datetime, in_iso, milliseconds, moment_ms

if TYPE_CHECKING:
    from threading import RLock

    from mock_jobs.core.failures import Failures

__tracebackhide__ = HIDDEN


class Clock(ABC):
    """The clock of a mock: `time.time()` plus an offset.

    It follows real time unless it is frozen, and `advance` and `move_to` move it forward. time-machine and freezegun move it
    too, also back in time. Nothing runs in the background: what is due (a timeout, the end of a job) happens when a request
    arrives or the clock is moved, and sees exactly its own due time.
    """

    # What is due, and how it happens, is the matter of `WorldClock`, which tests need not see.

    def __init__(self, lock: RLock, failures: Failures) -> None:
        self._lock = lock
        self._failures = failures
        self._offset_ms = 0
        self._frozen_ms: int | None = None
        self._pinned_ms: int | None = None

    def __repr__(self) -> str:
        return f"<clock at {in_iso(self.now)}{', frozen' if self.is_frozen else ''}>"

    # Reading

    @property
    def now(self) -> datetime:
        """The present moment, as an aware datetime in UTC."""
        return as_datetime(self.now_ms)

    @property
    def next_due(self) -> datetime | None:
        """When the next thing falls due that `advance` would let happen, for example a timeout or the next state of a job.

        An aware datetime in UTC, not in the past; what is due already waits for a request. None if nothing is going to happen by
        itself, also at the pace `manual` if only jobs of Batch wait. Before `move_to(next_due)` freeze the clock, which else
        runs on meanwhile.

        Example:
            `mock.clock.move_to(mock.clock.next_due)`, with the clock frozen, lets the next thing happen.
        """
        due_ms = self._next_due_ms()
        return None if due_ms is None else as_datetime(due_ms)

    @property
    def now_ms(self) -> int:
        """The present moment, in milliseconds since the epoch; it does not change during a request."""
        if self._pinned_ms is not None:
            return self._pinned_ms
        return self._unpinned_ms

    @property
    def now_s(self) -> float:
        """The present moment, in seconds since the epoch."""
        return self.now_ms / 1000

    @property
    def is_frozen(self) -> bool:
        """Whether the clock is frozen, so that real time does not move it."""
        return self._frozen_ms is not None

    # Moving, for tests

    def advance(self, delta: float | timedelta) -> None:
        """Move the clock forward, and run everything that falls due on the way, at exactly its own moment.

        At the pace `manual` Batch jobs do not move.

        Args:
            delta: Seconds, or a timedelta; not negative.

        Raises:
            UsageTypeError: `delta` is neither a number nor a timedelta.
            UsageValueError: `delta` is negative or not finite, or the clock would pass the year 9999.
            EndlessLoopError: Jobs cause one another without end and take no time.
            AssertionError: An assertion failed in the function of a plan.

        Example:
            `mock.clock.advance(60)` and `mock.clock.advance(timedelta(minutes=1))` do the same.
        """
        delta_ms = milliseconds(delta)
        with self._lock, self._failures.raised("mock.clock.advance()"):
            milliseconds((self.now_ms + delta_ms) / 1000)
            self._move_as_asked(self.now_ms + delta_ms)

    def move_to(self, moment: float | datetime) -> None:
        """Move the clock forward to a moment, and run everything that falls due on the way, at exactly its own moment.

        At the pace `manual` Batch jobs do not move.

        Args:
            moment: Seconds since the epoch, or an aware datetime; not in the past of this clock.

        Raises:
            UsageTypeError: `moment` is neither, or a datetime without a time zone.
            UsageValueError: `moment` lies in the past of this clock, or after the year 9999.
            EndlessLoopError: Jobs cause one another without end and take no time.
            AssertionError: An assertion failed in the function of a plan.

        Example:
            `mock.clock.move_to(datetime(2031, 1, 1, tzinfo=timezone.utc))`
        """
        target_ms = moment_ms(moment)
        with self._lock, self._failures.raised("mock.clock.move_to()"):
            now_ms = self.now_ms
            if target_ms < now_ms:
                msg = f"move_to() cannot go back: {target_ms / 1000} lies {(now_ms - target_ms) / 1000} s in the past"
                raise UsageValueError(msg)
            self._move_as_asked(target_ms)

    def freeze(self) -> None:
        """Stop following real time, until `unfreeze`.

        `advance`, `move_to` and what moves Batch jobs (reads at the pace `poll`, `run_until`, `run_all`) still move the clock.
        """
        with self._lock:
            self._frozen_ms = self.now_ms

    def unfreeze(self) -> None:
        """Follow real time again, from the moment that the clock shows. Does nothing if it is not frozen."""
        with self._lock:
            if self._frozen_ms is not None:
                frozen_ms, self._frozen_ms = self._frozen_ms, None
                self._offset_ms = frozen_ms - int(time.time() * 1000)
                if self._pinned_ms is not None:
                    self._pinned_ms = frozen_ms

    @contextmanager
    def frozen(self) -> Iterator[Clock]:
        """Freeze the clock inside a `with` block.

        At its end the clock follows real time again, unless it was frozen before the block.

        Yields:
            The clock.

        Example:
            `with mock.clock.frozen():` lets no real time pass on the mock's clock.
        """
        was_frozen = self.is_frozen
        self.freeze()
        try:
            yield self
        finally:
            if not was_frozen:
                self.unfreeze()

    @contextmanager
    def skipping_sleep(self) -> Iterator[Clock]:
        """Skip sleeps inside a `with` block: they move this clock and cost no time.

        `time.sleep` and `asyncio.sleep` move the clock as `advance` does, whoever calls them, except for pytest and Python's
        standard library. What the code under test reads of `time.time`, `time.monotonic`, `time.perf_counter` and
        `datetime.now` moves along. Blocks may nest, and end in any order; the one that began last applies.

        Yields:
            The clock.

        Raises:
            EndlessSleepError: By a sleep: no job and no execution has changed during the last 1,000 sleeps.

        Example:
            `with mock.clock.skipping_sleep():` lets a `time.sleep(60)` inside move the mock by a minute.
        """
        with self._skipping():
            yield self

    # Inside

    @property
    def _unpinned_ms(self) -> int:
        if self._frozen_ms is not None:
            return self._frozen_ms
        return int(time.time() * 1000) + self._offset_ms

    @abstractmethod
    def _next_due_ms(self) -> int | None:
        """Return `next_due` in milliseconds since the epoch."""

    @abstractmethod
    def _move_as_asked(self, target_ms: int) -> None:
        """Move to a moment for a test; the pace decides whether Batch jobs move."""

    @abstractmethod
    def _skipping(self) -> AbstractContextManager[object]:
        """Return a block in which sleeps move this clock."""
