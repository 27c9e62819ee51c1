"""Callbacks that run after the current timer or request, when state is consistent."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from mock_jobs.core.errors import HIDDEN

__tracebackhide__ = HIDDEN


class SoonQueue:
    """Callbacks that wait for the end of the current timer or request, in order.

    What a request of a callback leads to does not wait for the callbacks after it: callbacks that callbacks add get a queue of
    their own.
    """

    __slots__ = ("_running", "_waiting")

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], None]] = deque()
        self._running: list[deque[Callable[[], None]]] = []

    def __bool__(self) -> bool:
        return bool(self._waiting)

    @property
    def nesting(self) -> int:
        """How many callbacks wait for one another, because one has made requests that ran the next."""
        return len(self._running)

    def add(self, callback: Callable[[], None]) -> None:
        """Add a callback."""
        self._waiting.append(callback)

    def run(self, is_valid: Callable[[], bool]) -> None:
        """Run the callbacks, and those that they add.

        Args:
            is_valid: Returns whether to go on; false after a reset.
        """
        while is_valid() and self._waiting:
            waiting, self._waiting = self._waiting, deque()
            self._running.append(waiting)
            try:
                while waiting:
                    waiting.popleft()()
            finally:
                # By identity: deques are equal when they are empty.
                self._running = [each for each in self._running if each is not waiting]
                self._waiting.extendleft(reversed(waiting))

    def clear(self) -> None:
        """Remove all callbacks, also those that wait for one that runs."""
        for waiting in (self._waiting, *self._running):
            waiting.clear()

    def forget_other_threads(self) -> None:
        """Take over the callbacks of threads that are not in this process, which was forked."""
        for waiting in reversed(self._running):
            self._waiting.extendleft(reversed(waiting))
        self._running = []
