"""The one source of time, in whole milliseconds since the epoch, and the timers that hang on it."""

from __future__ import annotations

import heapq
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import RLock

from mock_jobs.core.errors import HIDDEN, UsageTypeError, UsageValueError

__tracebackhide__ = HIDDEN


# The clock shows moments that a datetime can hold.
_LONGEST_S = 253_402_300_799
# So many cancelled timers cost less than to drop them.
_FEW_CANCELLED = 64


class Timer:
    """One callback that waits for its moment; `cancel` makes it never fire."""

    __slots__ = ("_heap", "callback", "due_ms", "sequence")

    def __init__(self, due_ms: int, sequence: int, callback: Callable[[], None], heap: _Heap) -> None:
        self.due_ms = due_ms
        self.sequence = sequence
        self.callback: Callable[[], None] | None = callback
        self._heap = heap

    def __lt__(self, other: Timer) -> bool:
        return (self.due_ms, self.sequence) < (other.due_ms, other.sequence)

    def cancel(self) -> None:
        """Never fire; harmless when the timer fired already."""
        if self.callback is not None:
            self.callback = None
            self._heap.note_cancelled()


class _Heap:
    """Timers ordered by due time, then by the order of their making.

    Cancelled ones are dropped when they come to the front, or all at once when they are the majority: what was cancelled long
    before its time, as the timeouts of job executions mostly are, would stay for days.
    """

    __slots__ = ("_cancelled", "waiting")

    def __init__(self) -> None:
        self.waiting: list[Timer] = []
        self._cancelled = 0

    def note_cancelled(self) -> None:
        self._cancelled += 1
        if self._cancelled > max(_FEW_CANCELLED, len(self.waiting) // 2):
            self.waiting = [timer for timer in self.waiting if timer.callback is not None]
            heapq.heapify(self.waiting)
            self._cancelled = 0

    def push(self, timer: Timer) -> None:
        heapq.heappush(self.waiting, timer)

    def first(self) -> Timer | None:
        timers = self.waiting
        while timers and timers[0].callback is None:
            heapq.heappop(timers)
            self._cancelled -= 1
        return timers[0] if timers else None

    def pop(self) -> Timer:
        return heapq.heappop(self.waiting)

    def clear(self) -> None:
        self.waiting.clear()
        self._cancelled = 0


class Clock:
    """The time that the mock lives in: the process clock plus an offset.

    It starts from `time.time()`, so time-machine and freezegun govern it while they are active, back in time too. It moves by
    itself with real time unless frozen, and forward by `advance` and `move_to`. Timers never fire in the background: `run_due`,
    which every request begins with, and the moves fire what is due, each timer at exactly its due time.

    There are two kinds of timers. Ordinary ones follow the clock always. *Gated* ones belong to AWS Batch jobs, whose pace
    the test chooses: real time fires them only while `gate_follows_time` is true, a move while `gate_follows_moves` is.
    """

    def __init__(self, lock: RLock | None = None) -> None:
        self._lock = lock if lock is not None else RLock()
        self._offset_ms = 0
        self._frozen_ms: int | None = None
        self._pinned_ms: int | None = None
        self._moment = _Pinned(self)
        self._soon: deque[Callable[[], None]] = deque()
        self._settling: list[deque[Callable[[], None]]] = []
        self._sequence = 0
        self._timers = _Heap()
        self._gated = _Heap()
        self.gate_follows_time = True
        self.gate_follows_moves = True

    # Reading

    @property
    def now_ms(self) -> int:
        """The present moment in milliseconds since the epoch; the same all through one request."""
        if self._pinned_ms is not None:
            return self._pinned_ms
        if self._frozen_ms is not None:
            return self._frozen_ms
        return int(time.time() * 1000) + self._offset_ms

    @property
    def now_s(self) -> float:
        """The present moment in seconds since the epoch."""
        return self.now_ms / 1000

    @property
    def is_frozen(self) -> bool:
        """Whether real time is kept out."""
        return self._frozen_ms is not None

    @property
    def generation(self) -> object:
        """The same object until this clock is reset: code that lets other threads act compares it to find out whether a reset came between."""
        return self._moment

    # Moving, by the author of a test

    def advance(self, delta: float | timedelta) -> None:
        """Move forward and let everything happen that is due on the way, at exactly its own moment.

        Args:
            delta: Seconds, or a timedelta; not negative.

        Raises:
            UsageTypeError: `delta` is neither a number nor a timedelta.
            UsageValueError: `delta` is negative or not finite.
        """
        delta_ms = _milliseconds(delta)
        with self._lock:
            _milliseconds((self.now_ms + delta_ms) / 1000)
            self._move(self.now_ms + delta_ms, gated=self.gate_follows_moves)

    def move_to(self, moment: float | datetime) -> None:
        """Move forward to a moment, as `advance` does.

        Args:
            moment: Seconds since the epoch, or an aware datetime; not in the past of this clock.

        Raises:
            UsageTypeError: `moment` is neither, or a datetime without a time zone.
            UsageValueError: `moment` lies in the past.
        """
        if isinstance(moment, datetime):
            if moment.tzinfo is None:
                msg = f"move_to() needs an aware datetime, got the naive {moment!r}; add tzinfo=timezone.utc"
                raise UsageTypeError(msg)
            moment = moment.timestamp()
        target_ms = _milliseconds(moment)
        with self._lock:
            now_ms = self.now_ms
            if target_ms < now_ms:
                msg = f"move_to() cannot go back: {target_ms / 1000} lies {(now_ms - target_ms) / 1000} s in the past"
                raise UsageValueError(msg)
            self._move(target_ms, gated=self.gate_follows_moves)

    def freeze(self) -> None:
        """Stop here: from now on only `advance`, `move_to` and the polling of Batch jobs move this clock."""
        with self._lock:
            self._frozen_ms = self.now_ms

    def unfreeze(self) -> None:
        """Resume real time, from the moment shown now."""
        with self._lock:
            if self._frozen_ms is not None:
                frozen_ms, self._frozen_ms = self._frozen_ms, None
                self._set(frozen_ms)

    @contextmanager
    def frozen(self) -> Iterator[Clock]:
        """Freeze for the length of a `with` block."""
        was_frozen = self.is_frozen
        self.freeze()
        try:
            yield self
        finally:
            if not was_frozen:
                self.unfreeze()

    # Timers, for the core

    def call_at(self, due_ms: int, callback: Callable[[], None], *, gated: bool = False) -> Timer:
        """Call back when the clock shows `due_ms` (milliseconds since the epoch), and no earlier than the next firing."""
        self._sequence += 1
        heap = self._gated if gated else self._timers
        timer = Timer(due_ms, self._sequence, callback, heap)
        heap.push(timer)
        return timer

    def run_due(self) -> None:
        """Fire everything that is due now."""
        if not self._timers.waiting and not self._gated.waiting:
            return
        with self._moment:
            now_ms = self.now_ms
            if self._earliest(gated=self.gate_follows_time, until_ms=now_ms) is not None:
                self._fire_until(now_ms, gated=self.gate_follows_time)

    def pinned(self) -> _Pinned:
        """Show one and the same moment for the length of a `with` block, moves of this clock aside."""
        return self._moment

    def call_soon(self, callback: Callable[[], None]) -> None:
        """Call back when nothing is half done any more: after the timer that fires now, else at the end of this moment.

        For what acts on the world from outside, which may itself make requests. Callbacks are called in their order; what
        such a request leads to does not wait for the rest of them.
        """
        self._soon.append(callback)

    def run_next(self, by_ms: int | None = None) -> bool:
        """Fire the gated timers that are due next, moving to their moment, and whatever else is due before.

        A wave is all the gated timers that wait now for the same, earliest moment. Timers that the wave itself makes are left
        for the next one, also when they are due at once; so jobs without latencies move state by state, all together.

        Args:
            by_ms: Leave it if it is due later than this, in milliseconds since the epoch; None waits for any.

        Returns:
            False if no gated timer waits, or none that is due in time; then nothing happened. False as well if the clock had to
            `reset` on the way: what waits now is not what the caller waits for.
        """
        with self.pinned():
            moment = self._moment
            first = self._gated.first()
            if first is None or (by_ms is not None and first.due_ms > by_ms):
                return False
            moment_ms = max(first.due_ms, self.now_ms)
            last_sequence = self._sequence
            self._move(moment_ms, gated=False)
            while moment is self._moment and (timer := self._gated.first()) is not None and timer.due_ms <= moment_ms:
                if timer.sequence > last_sequence:
                    break
                self._fire(self._gated)
            return moment is self._moment

    def reset(self) -> None:
        """Drop all timers and go back to the process clock.

        A thread that fires timers just now, and waits in a callback that lets other threads act, fires no more of them afterwards.
        """
        self._timers.clear()
        self._gated.clear()
        for waiting in (self._soon, *self._settling):
            waiting.clear()
        self._offset_ms = 0
        self._frozen_ms = None
        self._pinned_ms = None
        self._moment = _Pinned(self)

    # Inside

    def _set(self, moment_ms: int) -> None:
        if self._pinned_ms is not None:
            self._pinned_ms = moment_ms
        if self._frozen_ms is not None:
            self._frozen_ms = moment_ms
        else:
            self._offset_ms = moment_ms - int(time.time() * 1000)

    def _move(self, target_ms: int, *, gated: bool) -> None:
        with self.pinned():
            moment = self._moment
            self._fire_until(target_ms, gated=gated)
            if moment is self._moment and target_ms > self.now_ms:
                self._set(target_ms)

    def _earliest(self, *, gated: bool, until_ms: int) -> _Heap | None:
        ordinary = self._timers.first()
        heap = self._timers
        if gated:
            other = self._gated.first()
            if other is not None and (ordinary is None or other < ordinary):
                ordinary, heap = other, self._gated
        return heap if ordinary is not None and ordinary.due_ms <= until_ms else None

    def _fire_until(self, until_ms: int, *, gated: bool) -> None:
        outer_ms = self._pinned_ms
        moment = self._moment
        try:
            # An overdue timer shows its callback its own moment, never one before what was already seen.
            seen_ms = 0
            while (heap := self._earliest(gated=gated, until_ms=until_ms)) is not None:
                first = heap.first()
                assert first is not None
                seen_ms = max(seen_ms, first.due_ms)
                self._pinned_ms = seen_ms
                self._fire(heap)
                if moment is not self._moment:
                    return
                if self._pinned_ms > seen_ms:
                    # The callback has moved the clock; there is no way back.
                    seen_ms = self._pinned_ms
                    outer_ms = None if outer_ms is None else seen_ms
        finally:
            if moment is self._moment:
                self._pinned_ms = outer_ms

    def _fire(self, heap: _Heap) -> None:
        timer = heap.pop()
        callback, timer.callback = timer.callback, None
        if callback is not None:
            callback()
        if self._soon:
            self._settle()

    def _settle(self) -> None:
        moment = self._moment
        while moment is self._moment and self._soon:
            # What the callbacks lead to is put into a queue of its own, so that requests of theirs need not wait for each other.
            waiting, self._soon = self._soon, deque()
            self._settling.append(waiting)
            try:
                while waiting:
                    waiting.popleft()()
            finally:
                # By identity: deques are equal when they are empty.
                self._settling = [each for each in self._settling if each is not waiting]
                self._soon.extendleft(reversed(waiting))


class _Pinned:
    """A `with` block of `Clock.pinned`; each request has one, so it is no generator, which would take three times as long.

    Blocks are counted: those of two threads, one of which waits in a callback, may end in any order. A clock that is reset takes a new
    one, so that blocks begun before have no say any more.
    """

    __slots__ = ("_clock", "_depth")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._depth = 0

    def __enter__(self) -> None:
        clock = self._clock
        if clock._pinned_ms is None:  # noqa: SLF001 - a part of the clock
            clock._pinned_ms = clock.now_ms  # noqa: SLF001
        self._depth += 1

    def __exit__(self, error: object, *_: object) -> None:
        clock = self._clock
        try:
            if clock._soon and self._depth == 1 and error is None and clock._moment is self:  # noqa: SLF001
                clock._settle()  # noqa: SLF001
        finally:
            self._depth -= 1
            if not self._depth and clock._moment is self:  # noqa: SLF001
                clock._pinned_ms = None  # noqa: SLF001


def _milliseconds(delta: float | timedelta) -> int:
    if isinstance(delta, timedelta):
        delta = delta.total_seconds()
    if isinstance(delta, bool) or not isinstance(delta, (int, float)):
        msg = f"expected seconds or a timedelta, got {delta!r}"
        raise UsageTypeError(msg)
    if not 0 <= delta <= _LONGEST_S:
        msg = f"the clock moves forward only: expected 0 to {_LONGEST_S} seconds (the year 9999), got {delta!r}"
        raise UsageValueError(msg)
    return round(delta * 1000)
