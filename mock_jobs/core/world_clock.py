"""The clock of a world as the package uses it: timers, and what moves them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import RLock
from typing import Any

from mock_jobs.core.clock import Clock
from mock_jobs.core.errors import HIDDEN
from mock_jobs.core.failures import Failures
from mock_jobs.core.moments import NEVER_MS, milliseconds
from mock_jobs.core.soon import SoonQueue
from mock_jobs.core.timeline import Cause, Causes
from mock_jobs.core.timers import Timer, TimerHeap

__tracebackhide__ = HIDDEN


class WorldClock(Clock):
    """The clock of a world, with its timers. Tests get it as a `Clock`, and completion shows them no more than that.

    There are two kinds of timers. Ordinary ones always follow the clock. *Gated* ones belong to AWS Batch jobs, whose pace the
    test chooses.

    Args:
        lock: Held whenever the clock is moved; None makes one.
        failures: Notes what fails in functions of plans; None makes one.
        causes: What is going on, for the timeline; None makes one.

    Attributes:
        search: An object of its own inside the outermost block of `searching`, else None.
        gate_follows_time: Whether real time fires gated timers.
        gate_follows_moves: Whether a move fires gated timers.
        moved_ms: How far it was moved in all, also before a reset, in milliseconds.
        skipper: Returns the context manager of `skipping_sleep`.
    """

    def __init__(self, lock: RLock | None = None, failures: Failures | None = None, causes: Causes | None = None) -> None:
        self._causes = causes if causes is not None else Causes()
        super().__init__(lock if lock is not None else RLock(), failures if failures is not None else Failures(self._causes))
        self._moment = _Pinned(self)
        self._soon = SoonQueue()
        self._sequence = 0
        self._timers = TimerHeap()
        self._gated = TimerHeap()
        self._searches = 0
        self.search: object | None = None
        self.gate_follows_time = True
        self.gate_follows_moves = True
        self.moved_ms = 0
        self.skipper: Callable[[WorldClock], AbstractContextManager[object]] | None = None

    def __dir__(self) -> Iterable[str]:
        return dir(Clock)

    # Reading

    @property
    def ahead_ms(self) -> int:
        """How far it is ahead of the process clock while it is not frozen, in milliseconds."""
        return self._offset_ms

    @property
    def is_held(self) -> bool:
        """Whether this thread is inside a request, or another call that holds the world's lock."""
        lock: Any = self._lock
        return bool(lock._is_owned())  # noqa: SLF001 - as threading.Condition does

    @property
    def changes(self) -> int:
        """How many changes of a status there were so far."""
        return self._causes.changes

    @property
    def timers_made(self) -> int:
        """How many timers were made so far."""
        return self._sequence

    @property
    def nesting(self) -> int:
        """How many callbacks wait for one another, because one has made requests that ran the next."""
        return self._soon.nesting

    @property
    def generation(self) -> object:
        """The same object until this clock is reset. Code that releases the lock compares it to detect a reset."""
        return self._moment

    # Timers

    def call_at(
        self,
        due_ms: int,
        callback: Callable[[], None],
        *,
        gated: bool = False,
        is_awaited: Callable[[], bool] | None = None,
        name: str | None = None,
    ) -> Timer:
        """Run a callback at `due_ms`, at the next firing at the earliest.

        Args:
            due_ms: When, in milliseconds since the epoch.
            callback: What to run.
            gated: Whether the timer belongs to a Batch job, so that the pace decides when it fires.
            is_awaited: Returns whether `run_next_awaited` moves the clock for it; None means always.
            name: What the timeline calls it, if what it changes does not say so itself.
        """
        self._sequence += 1
        heap = self._gated if gated else self._timers
        timer = Timer(due_ms, self._sequence, callback, heap, is_awaited=is_awaited, name=name)
        heap.push(timer)
        return timer

    def run_due(self) -> None:
        """Fire all timers that are due now."""
        if not self._timers.waiting and not self._gated.waiting:
            return
        with self._moment:
            now_ms = self.now_ms
            if self._earliest(gated=self.gate_follows_time, until_ms=now_ms) is not None:
                self._fire_until(now_ms, gated=self.gate_follows_time)

    def wake_after(self, seconds: float) -> int:
        """Return when a sleep that begins now ends, in milliseconds since the epoch. It is never too short."""
        is_still = self._pinned_ms is not None or self._frozen_ms is not None
        start_ms = self.now_ms if is_still else math.ceil(time.time() * 1000) + self._offset_ms
        # A millisecond is the least; 1.1 s are not 1,101 ms.
        return start_ms + max(1, math.ceil(round(seconds * 1000, 3)))

    def pass_to(self, moment_ms: int) -> None:
        """Move forward to a moment as `move_to` does, if it has not passed, and let what is due happen.

        For sleeps, and requests that take time. The end of the mock raises what has failed in a function of a plan.

        Args:
            moment_ms: In milliseconds since the epoch.

        Raises:
            UsageValueError: The moment lies after the year 9999.
        """
        milliseconds(moment_ms / 1000)
        with self._lock:
            self._move_as_asked(max(moment_ms, self.now_ms))

    def pinned(self) -> _Pinned:
        """Show the same moment inside a `with` block, unless this clock is moved."""
        return self._moment

    def call_soon(self, callback: Callable[[], None]) -> None:
        """Run a callback after the current timer or request, when state is consistent.

        For code that acts from outside and may itself make requests. Callbacks run in order. What such a request leads to
        does not wait for the callbacks after it.
        """
        self._soon.add(callback)

    def forget_other_threads(self) -> None:
        """Take over from the threads that were inside a request when this process was forked; they are not here.

        The clock shows the present moment again, and what they had to call soon is called at the next request.
        """
        self._pinned_ms = None
        self._searches = 0
        self.search = None
        self._moment = _Pinned(self)
        self._soon.forget_other_threads()

    def run_next(self, by_ms: int | None = None) -> bool:
        """Move to the next gated timers and fire them, and all ordinary timers that are due before.

        All gated timers that wait now for the same, earliest moment fire together. Timers that they create wait for the next
        call, even if they are due at once: so jobs without latencies move state by state, all together.

        Args:
            by_ms: Do nothing if the next timer is due later than this, in milliseconds since the epoch; None means any time.

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

    def run_next_awaited(self) -> bool:
        """Move to the next timer of any kind that is awaited, and fire it.

        What is due on the way, or together with it, fires too. Gated timers fire as `run_next` fires them.

        Returns:
            False if none waits; then nothing happened. False as well if the clock had to `reset` on the way.
        """
        with self.pinned():
            moment = self._moment
            gated = self._gated.first()
            ordinary = self._timers.first_awaited()
            if ordinary is None or (gated is not None and gated < ordinary):
                return self.run_next()
            self._move(max(ordinary.due_ms, self.now_ms), gated=False)
            return moment is self._moment

    @contextmanager
    def searching(self) -> Iterator[None]:
        """Mark a `with` block that moves the clock until something has happened, as far as it takes.

        In the outermost block, `search` is an object of its own; else it is None.
        """
        self._searches += 1
        if self.search is None:
            self.search = object()
        try:
            yield
        finally:
            self._searches -= 1
            if not self._searches:
                self.search = None

    def has_gated_before(self, sequence: int) -> bool:
        """Return whether a gated timer waits that was among the first `sequence` timers that were made."""
        return any(each.sequence <= sequence and each.callback is not None for each in self._gated.waiting)

    def reset(self) -> None:
        """Remove all timers and return to the process clock.

        A thread that is firing timers, and waits in a callback that released the lock, fires no more of them.
        """
        self._timers.clear()
        self._gated.clear()
        self._soon.clear()
        self._offset_ms = 0
        self._frozen_ms = None
        self._pinned_ms = None
        self._moment = _Pinned(self)

    # For the public face

    def _next_due_ms(self) -> int | None:
        heaps = [self._timers, self._gated] if self.gate_follows_moves else [self._timers]
        with self._lock:
            due = [timer.due_ms for heap in heaps if (timer := heap.first()) is not None]
            earliest_ms = max(min(due, default=NEVER_MS), self.now_ms)
        return None if earliest_ms >= NEVER_MS else earliest_ms

    def _move_as_asked(self, target_ms: int) -> None:
        self._move(target_ms, gated=self.gate_follows_moves)

    def _skipping(self) -> AbstractContextManager[object]:
        assert self.skipper is not None
        return self.skipper(self)

    # Inside

    def _set(self, moment_ms: int) -> None:
        if self._pinned_ms is not None:
            self._pinned_ms = moment_ms
        if self._frozen_ms is not None:
            self.moved_ms += max(0, moment_ms - self._frozen_ms)
            self._frozen_ms = moment_ms
        else:
            process_ms = time.time() * 1000
            self.moved_ms += max(0, math.ceil(moment_ms - process_ms - self._offset_ms))
            self._offset_ms = moment_ms - int(process_ms)

    def _move(self, target_ms: int, *, gated: bool) -> None:
        with self.pinned():
            moment = self._moment
            self._fire_until(target_ms, gated=gated)
            if moment is self._moment and target_ms > self.now_ms:
                self._set(target_ms)

    def _earliest(self, *, gated: bool, until_ms: int) -> TimerHeap | None:
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
            # The callback of an overdue timer sees its due time, but never a moment before the last one seen.
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
                    # The callback has moved the clock, which never goes back.
                    seen_ms = self._pinned_ms
                    outer_ms = None if outer_ms is None else seen_ms
        except BaseException:
            # What has happened must not lie in the future.
            if moment is self._moment and seen_ms > (self.now_ms if outer_ms is None else outer_ms):
                self._set(seen_ms)
                outer_ms = None if outer_ms is None else seen_ms
            raise
        finally:
            if moment is self._moment:
                self._pinned_ms = outer_ms

    def _fire(self, heap: TimerHeap) -> None:
        timer = heap.pop()
        callback, timer.callback = timer.callback, None
        if callback is not None:
            self._call(callback, timer.name)
        if self._soon:
            self._settle()

    def _call(self, callback: Callable[[], None], name: str | None) -> None:
        causes = self._causes
        before = causes.now
        causes.now = Cause(before.actor, name)
        try:
            callback()
        finally:
            causes.now = before

    def _settle(self) -> None:
        moment = self._moment
        pinned_ms = self._pinned_ms
        if pinned_ms is not None and pinned_ms > self._unpinned_ms:
            # Functions of plans may read the time of the process, which follows while sleeps are skipped.
            self._set(pinned_ms)
        self._soon.run(lambda: moment is self._moment)


class _Pinned:
    """The context manager of `WorldClock.pinned`. Each request enters it; a generator would take three times as long.

    Blocks are counted, because those of two threads, one of which waits in a callback, may end in any order. A reset of the
    clock replaces this object, so that blocks from before have no effect.
    """

    __slots__ = ("_clock", "_depth")

    def __init__(self, clock: WorldClock) -> None:
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
