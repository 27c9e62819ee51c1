"""The timers of a clock."""

from __future__ import annotations

import heapq
from collections.abc import Callable

# Up to this number, keeping cancelled timers is cheaper than removing them.
_FEW_CANCELLED = 64


class Timer:
    """One callback that waits for its moment; `cancel` prevents it."""

    __slots__ = ("_heap", "callback", "due_ms", "sequence")

    def __init__(self, due_ms: int, sequence: int, callback: Callable[[], None], heap: TimerHeap) -> None:
        self.due_ms = due_ms
        self.sequence = sequence
        self.callback: Callable[[], None] | None = callback
        self._heap = heap

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
        """Count a timer that was cancelled."""
        self._cancelled += 1
        if self._cancelled > max(_FEW_CANCELLED, len(self.waiting) // 2):
            self.waiting = [timer for timer in self.waiting if timer.callback is not None]
            heapq.heapify(self.waiting)
            self._cancelled = 0

    def push(self, timer: Timer) -> None:
        """Add a timer."""
        heapq.heappush(self.waiting, timer)

    def first(self) -> Timer | None:
        """Return the next timer that is not cancelled, or None."""
        timers = self.waiting
        while timers and timers[0].callback is None:
            heapq.heappop(timers)
            self._cancelled -= 1
        return timers[0] if timers else None

    def pop(self) -> Timer:
        """Remove and return the next timer."""
        return heapq.heappop(self.waiting)

    def clear(self) -> None:
        """Remove all timers."""
        self.waiting.clear()
        self._cancelled = 0
