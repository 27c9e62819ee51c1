"""Skip the sleeps of this process: they move the clock of a mock instead."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from mock_jobs.core.process import start_lock
from mock_jobs.sleeping import stand_ins
from mock_jobs.sleeping.callers import TESTED
from mock_jobs.sleeping.datetimes import StandInDatetime, stand_in_module
from mock_jobs.sleeping.endless import Changing, EndlessSleeps
from mock_jobs.sleeping.others import OtherThreads
from mock_jobs.sleeping.patches import Patches
from mock_jobs.sleeping.sleepers import Sleepers, SleptOn

_NS_OF_MS = 1_000_000


class SkippedClock(SleptOn, Changing, Protocol):
    """The clock of a mock, as this module sees it."""

    moved_ms: int

    @property
    def ahead_ms(self) -> int:
        """How far it is ahead of the process clock while it is not frozen."""
        ...

    @property
    def is_frozen(self) -> bool:
        """Whether real time does not move it."""
        ...


class _Skipping:
    """A clock that sleeps move.

    Attributes:
        sleepers: Who sleeps on it.
        blocks: How many blocks skip sleeps on it.
    """

    def __init__(
        self, clock: SkippedClock, describe: Callable[[], str], note: Callable[[BaseException], None], others: OtherThreads
    ) -> None:
        self.clock = clock
        self.sleepers = Sleepers(clock, EndlessSleeps(clock, describe, note), others)
        self.blocks = 0
        # How far moves had taken the clock when each caller began to see them
        self._moved_ms = {TESTED: clock.moved_ms}

    def note(self, caller: str) -> None:
        """Note that a caller sleeps: an installed package sees its own sleeps, from the first one on."""
        self._moved_ms.setdefault(caller, self.clock.moved_ms)
        _add_trio()
        _patches.renew()

    def ahead_ns(self, caller: str) -> int:
        """Return what a caller adds to a clock that measures how long something takes."""
        moved_ms = self._moved_ms.get(caller)
        return 0 if moved_ms is None else (self.clock.moved_ms - moved_ms) * _NS_OF_MS

    def wall_ahead_ns(self, caller: str) -> int:
        """Return what a caller adds to the time of day."""
        return self.clock.ahead_ms * _NS_OF_MS if caller == TESTED else self.ahead_ns(caller)

    def frozen_ms(self, caller: str) -> int | None:
        """Return the time of day in milliseconds since the epoch if it stands still for a caller, else None."""
        return self.clock.now_ms if caller == TESTED and self.clock.is_frozen else None


_blocks: list[_Skipping] = []


def _current() -> _Skipping | None:
    # Read without a lock, since every reading of the time comes here.
    blocks = _blocks
    return blocks[-1] if blocks else None


_sleep = stand_ins.Sleep(time, "sleep", _current)
_patches = Patches(
    [
        _sleep,
        stand_ins.AsyncSleep(asyncio, "sleep", _current),
        stand_ins.WallReading(time, "time", _current),
        stand_ins.WallReadingNs(time, "time_ns", _current),
        *(stand_ins.Reading(time, name, _current) for name in ("monotonic", "perf_counter")),
        *(stand_ins.ReadingNs(time, name, _current) for name in ("monotonic_ns", "perf_counter_ns")),
    ],
    # freezegun has a class of its own in the place of Python's.
    lambda: [(each, StandInDatetime) for each in (dt.datetime, StandInDatetime.__base__)] + [(dt, stand_in_module)],
)
_has_trio = False
StandInDatetime.skipping = staticmethod(_current)


@contextmanager
def skip_sleeps(clock: SkippedClock, describe: Callable[[], str], note: Callable[[BaseException], None]) -> Iterator[None]:
    """Let sleeps move a clock inside a `with` block. Blocks may end in any order; the one that began last applies.

    Args:
        clock: The clock.
        describe: Returns pace and waiting jobs, as text.
        note: Keeps an error that code has swallowed, for the end of the mock to raise.
    """
    block = _begin(clock, describe, note)
    try:
        yield
    finally:
        _end(block)


def _begin(clock: SkippedClock, describe: Callable[[], str], note: Callable[[BaseException], None]) -> _Skipping:
    with start_lock:
        block = next((each for each in _blocks if each.clock is clock), None) or _Skipping(
            clock, describe, note, OtherThreads(_sleep.genuine)
        )
        _add_trio()
        if not _blocks:
            _patches.put()
        _blocks.append(block)
        return block


def _add_trio() -> None:
    global _has_trio  # noqa: PLW0603 - it is imported once
    # Another thread may be importing it just now.
    if _has_trio or not hasattr(sys.modules.get("trio"), "sleep"):
        return
    with start_lock:
        if not _has_trio:
            _has_trio = True
            _patches.add(stand_ins.TrioSleep(sys.modules["trio"], "sleep", _current))


def _end(block: _Skipping) -> None:
    with start_lock:
        # The last entry of this clock: a block of another one may have begun since.
        del _blocks[len(_blocks) - 1 - _blocks[::-1].index(block)]
        if not _blocks:
            _patches.put_back()
        if block not in _blocks:
            block.sleepers.end()


def _forget_sleepers() -> None:
    for each in _blocks:
        each.sleepers.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_sleepers)
