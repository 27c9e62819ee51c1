"""The event loops of asyncio, as far as sleepers need one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

# How many turns to wait for tasks that are never idle
_MOST_TURNS: Final = 100
# For what the network has brought
_LEAST_TURNS: Final = 2
# Of loops that are not Python's own, and do not tell whether they are idle
_TURNS_OF_OTHERS: Final = 10


class AsyncioLoop:
    """The loop that runs in this thread. Two of the same loop are equal."""

    def __init__(self) -> None:
        self._loop: Any = asyncio.get_running_loop()
        self._was_idle = False
        self.create_future = self._loop.create_future
        self.call_soon_threadsafe = self._loop.call_soon_threadsafe

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AsyncioLoop) and other._loop is self._loop

    def __hash__(self) -> int:
        return hash(self._loop)

    def call_when_idle(self, act: Callable[[], object], turns: int = 0) -> None:
        """Call a function when the tasks have done what they can, or after 100 turns.

        Args:
            act: The function.
            turns: How many turns were waited for already.
        """
        self._loop.call_soon(self._call_when_idle, act, turns)

    def has_work(self) -> bool:
        """Return whether another thread has given this one something to do since the loop was idle."""
        return self._was_idle and bool(self._loop._ready)  # noqa: SLF001 - the only way to ask

    def _call_when_idle(self, act: Callable[[], object], turns: int) -> None:
        ready = getattr(self._loop, "_ready", None)
        is_busy = turns < _TURNS_OF_OTHERS if ready is None else bool(ready)
        if turns < _LEAST_TURNS or (is_busy and turns < _MOST_TURNS):
            self.call_when_idle(act, turns + 1)
            return
        self._was_idle = ready is not None and not is_busy
        act()
