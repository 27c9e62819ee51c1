"""The timers of a clock, and the order in which they fire."""

from __future__ import annotations

import heapq
from collections.abc import Callable

# Up to this number, keeping cancelled timers is cheaper than removing them.
_FEW_CANCELLED = 64


def never() -> bool:
    """Return False: nobody waits for this timer, which tidies up."""
    return False


class Timer:
    """One callback that waits for its moment; `cancel` prevents it.

    Attributes:
        due_ms: Its moment, in milliseconds since the epoch.
        sequence: Counts the timers of a clock.
        callback: What to run; None once it was run or cancelled.
        name: What the timeline calls it; None if what it changes says so itself.
    """

    __slots__ = ("_heap", "_is_awaited", "callback", "due_ms", "name", "sequence")

    def __init__(
        self,
        due_ms: int,
        sequence: int,
        callback: Callable[[], None],
        heap: TimerHeap,
        *,
        is_awaited: Callable[[], bool] | None = None,
        name: str | None = None,
    ) -> None:
        self.due_ms = due_ms
        self.sequence = sequence
        self.callback: Callable[[], None] | None = callback
        self._heap = heap
        self._is_awaited = is_awaited
        self.name = name

    @property
    def is_awaited(self) -> bool:
        """Whether who waits until nothing is due waits for it too."""
        return self.callback is not None and (self._is_awaited is None or self._is_awaited())

    def __lt__(self, other: Timer) -> bool:
        return (self.due_ms, self.sequence) < (other.due_ms, other.sequence)

    def cancel(self) -> None:
        """Prevent the callback. Does nothing if the timer has fired."""
        if self.callback is not None:
            self.callback = None
            self._heap.note_cancelled()


class TimerHeap:
    """Timers ordered by due time, then by creation.

    A cancelled timer is removed when it reaches the front, or when most timers are cancelled. Most timeouts of job
    executions are cancelled long before they are due, and would stay for days.
    """

    __slots__ = ("_cancelled", "waiting")

    def __init__(self) -> None:
        self.waiting: list[Timer] = []
        self._cancelled = 0

    def note_cancelled(self) -> None:
        """Count a cancelled timer, and remove such timers once they are most."""
        self._cancelled += 1
        if self._cancelled > max(_FEW_CANCELLED, len(self.waiting) // 2):
            self.waiting = [timer for timer in self.waiting if timer.callback is not None]
            heapq.heapify(self.waiting)
            self._cancelled = 0

    def push(self, timer: Timer) -> None:
        """Add a timer."""
        heapq.heappush(self.waiting, timer)

    def first(self) -> Timer | None:
        """Return the timer that fires first, None if none waits."""
        timers = self.waiting
        while timers and timers[0].callback is None:
            heapq.heappop(timers)
            self._cancelled -= 1
        return timers[0] if timers else None

    def first_awaited(self) -> Timer | None:
        """Return the first timer that is awaited, None if there is none."""
        timers = self.waiting
        # From the front of the heap on: usually the first one is awaited already.
        seen = [(timers[0], 0)] if timers else []
        while seen:
            timer, place = heapq.heappop(seen)
            if timer.is_awaited:
                return timer
            for child in range(2 * place + 1, min(2 * place + 3, len(timers))):
                heapq.heappush(seen, (timers[child], child))
        return None

    def pop(self) -> Timer:
        """Remove the timer at the front, and return it."""
        return heapq.heappop(self.waiting)

    def clear(self) -> None:
        """Remove all timers."""
        self.waiting.clear()
        self._cancelled = 0
