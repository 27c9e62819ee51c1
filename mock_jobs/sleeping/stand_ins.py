"""What stands in the place of functions that sleep or read the time.

Each asks who calls. Code that keeps real time, and all code while no sleeps are skipped, gets the answer of what was replaced.
"""

from __future__ import annotations

import asyncio
import inspect
import numbers
import operator
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Protocol

from mock_jobs.core.errors import HIDDEN
from mock_jobs.sleeping.asyncio_loops import AsyncioLoop
from mock_jobs.sleeping.callers import caller_of
from mock_jobs.sleeping.trio_loops import TrioLoop

if TYPE_CHECKING:
    from types import FrameType

    from mock_jobs.sleeping.sleepers import Sleepers

__tracebackhide__ = HIDDEN

# 292 years; Python refuses longer sleeps, and endless ones.
_LONGEST_S: Final = 9.2e9


class Skipping(Protocol):
    """The clock that sleeps move, and what callers read of it."""

    @property
    def sleepers(self) -> Sleepers:
        """Who sleeps on it."""
        ...

    def note(self, caller: str) -> None:
        """Note that a caller sleeps."""
        ...

    def ahead_ns(self, caller: str) -> int:
        """Return what a caller adds to a clock that measures how long something takes."""
        ...

    def wall_ahead_ns(self, caller: str) -> int:
        """Return what a caller adds to the time of day."""
        ...

    def frozen_ms(self, caller: str) -> int | None:
        """Return the time of day in milliseconds since the epoch if it stands still for a caller, else None."""
        ...


class StandIn:
    """A function in place of another one of a module.

    An object, since a class that takes it as an attribute would make a method of a function.

    Args:
        owner: Module of what is replaced.
        name: Its name there.
        skipping: Returns what sleeps move now, or None.

    Attributes:
        genuine: What was there first.
        replaced: What it stands in for now; another tool may have replaced the genuine one.
    """

    def __init__(self, owner: Any, name: str, skipping: Callable[[], Skipping | None]) -> None:
        self.owner = owner
        self.name = name
        self.genuine = self.replaced = getattr(owner, name)
        self._skipping = skipping
        self.__name__ = self.__qualname__ = name
        self.__module__ = owner.__name__
        self.__doc__ = self.replaced.__doc__

    def __repr__(self) -> str:
        return f"<{self.owner.__name__}.{self.name}, which mock_jobs replaces while it skips sleeps>"

    def __reduce__(self) -> str:
        return self.name

    def _find(self, frame: FrameType) -> tuple[Skipping, str] | None:
        """Return what sleeps move, and who calls; None if the answer is that of what was replaced."""
        skipping = self._skipping()
        if skipping is None:
            # This one has outlived its time, because another patch lay over it.
            if vars(self.owner).get(self.name) is self:
                setattr(self.owner, self.name, self.replaced)
            return None
        caller = caller_of(frame)
        return None if caller is None else (skipping, caller)


class Sleep(StandIn):
    """`time.sleep`."""

    def __call__(self, *args: Any) -> Any:
        """Sleep."""
        found = self._find(sys._getframe(1))  # noqa: SLF001 - the documented way to the caller
        seconds = _seconds(*args) if found else 0.0
        if found is None or not 0 < seconds < _LONGEST_S:
            return self.replaced(*args)
        skipping, caller = found
        skipping.note(caller)
        left = skipping.sleepers.sleep(seconds)
        return self.replaced(left) if left else None


def _seconds(*args: Any) -> float:
    """Return the duration of a sleep; 0 for what Python itself is to refuse."""
    if len(args) != 1:
        return 0.0
    try:
        return args[0] if isinstance(args[0], float) else float(operator.index(args[0]))
    except (TypeError, OverflowError):
        return 0.0


class AsyncSleep(StandIn):
    """`asyncio.sleep`."""

    def __init__(self, owner: Any, name: str, skipping: Callable[[], Skipping | None]) -> None:
        super().__init__(owner, name, skipping)
        _mark_as_coroutine_function(self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return what is to be awaited."""
        found = self._find(sys._getframe(1))  # noqa: SLF001
        seconds, result = _seconds_and_result(*args, **kwargs) if found else (0.0, None)
        if found is None or not 0 < seconds < _LONGEST_S:
            return self.replaced(*args, **kwargs)
        return self._sleep(*found, seconds, result)

    async def _sleep(self, skipping: Skipping, caller: str, seconds: float, result: Any) -> Any:
        skipping.note(caller)
        left = await skipping.sleepers.sleep_task(seconds, AsyncioLoop())
        return await self.replaced(left, result) if left else result


def _mark_as_coroutine_function(stand_in: Any) -> None:
    stand_in._is_coroutine = getattr(asyncio.coroutines, "_is_coroutine", None)  # noqa: SLF001 - what asyncio looks for
    if sys.version_info >= (3, 12):
        inspect.markcoroutinefunction(stand_in)
        return
    # Older Pythons look at the code of what has all of these.
    for name in ("__code__", "__defaults__", "__kwdefaults__", "__annotations__"):
        setattr(stand_in, name, getattr(stand_in.genuine, name, None))


def _seconds_and_result(delay: Any = None, result: Any = None, **others: Any) -> tuple[float, Any]:
    if others or not isinstance(delay, numbers.Real):
        return 0.0, None
    return float(delay), result


class TrioSleep(StandIn):
    """`trio.sleep`."""

    def __init__(self, owner: Any, name: str, skipping: Callable[[], Skipping | None]) -> None:
        super().__init__(owner, name, skipping)
        _mark_as_coroutine_function(self)

    def __call__(self, seconds: Any) -> Any:
        """Return what is to be awaited."""
        found = self._find(sys._getframe(1))  # noqa: SLF001
        delay, _ = _seconds_and_result(seconds)
        if found is None or not 0 < delay < _LONGEST_S:
            return self.replaced(seconds)
        return self._sleep(*found, delay)

    async def _sleep(self, skipping: Skipping, caller: str, seconds: float) -> None:
        skipping.note(caller)
        left = await skipping.sleepers.sleep_task(seconds, TrioLoop(self.owner))
        if left:
            await self.replaced(left)


class Reading(StandIn):
    """A function that reads a clock which measures how long something takes, such as `time.monotonic`."""

    _unit_ns = 1_000_000_000

    def __call__(self) -> Any:
        """Return the time."""
        found = self._find(sys._getframe(1))  # noqa: SLF001
        return self.replaced() if found is None else self._read(*found)

    def _read(self, skipping: Skipping, caller: str) -> Any:
        return self.replaced() + skipping.ahead_ns(caller) / self._unit_ns


class ReadingNs(Reading):
    """The same in nanoseconds."""

    def _read(self, skipping: Skipping, caller: str) -> Any:
        return self.replaced() + skipping.ahead_ns(caller)


class WallReading(Reading):
    """`time.time`."""

    def _read(self, skipping: Skipping, caller: str) -> Any:
        frozen_ms = skipping.frozen_ms(caller)
        if frozen_ms is not None:
            return frozen_ms / 1000
        return self.replaced() + skipping.wall_ahead_ns(caller) / self._unit_ns


class WallReadingNs(Reading):
    """`time.time_ns`."""

    def _read(self, skipping: Skipping, caller: str) -> Any:
        frozen_ms = skipping.frozen_ms(caller)
        if frozen_ms is not None:
            return frozen_ms * 1_000_000
        return self.replaced() + skipping.wall_ahead_ns(caller)
