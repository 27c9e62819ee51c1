"""Stop code that sleeps again and again while nothing changes: without real time it would never end."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from typing import Final, NoReturn, Protocol

from mock_jobs.core.errors import HIDDEN, EndlessSleepError

__tracebackhide__ = HIDDEN

MOST_SLEEPS: Final = 1000
# While something is due that comes with this many times the time that was slept, sleeping goes on.
_PATIENCE: Final = 10
# The error after which it is plain that code swallows it
_SWALLOWED: Final = 3
# How often code may swallow the error before it gets one that is no Exception
_MOST_SWALLOWED: Final = 100


class Changing(Protocol):
    """The clock, as it tells whether anything happens."""

    @property
    def changes(self) -> int:
        """How many changes of a status there were so far."""
        ...

    @property
    def now(self) -> datetime:
        """The present moment."""
        ...

    @property
    def next_due(self) -> datetime | None:
        """When the next thing happens by itself."""
        ...


class EndlessSleeps:
    """Counts skipped sleeps since a job or execution has changed.

    Args:
        clock: The clock that sleeps move.
        describe: Returns pace and waiting jobs, as text.
        note: Called with an error that the code has swallowed, for the end of the mock to raise.
    """

    def __init__(self, clock: Changing, describe: Callable[[], str], note: Callable[[BaseException], None]) -> None:
        self._clock = clock
        self._describe = describe
        self._note = note
        self._stops = 0
        self._changes = -1
        self._sleeps = 0
        self._most = MOST_SLEEPS
        self._begin = clock.now

    def count(self, seconds: float) -> None:
        """Count a sleep that begins.

        Raises:
            EndlessSleepError: The last 1,000 sleeps have changed nothing, and nothing is due soon.
        """
        clock = self._clock
        if clock.changes != self._changes:
            self._changes, self._sleeps, self._most, self._begin = clock.changes, 0, MOST_SLEEPS, clock.now
            self._stops = 0
        if self._sleeps >= self._most:
            if self._is_due_soon():
                self._most += MOST_SLEEPS
            else:
                self._stop(seconds)
        self._sleeps += 1

    def _stop(self, seconds: float) -> NoReturn:
        error = EndlessSleepError(
            f"no job and no execution has changed during {self._sleeps:,} skipped sleeps, the last one of {seconds:g} s: "
            f"{self._describe()}. These sleeps move the mock's clock and nothing else: move the jobs or the devices in the test, "
            "choose another pace or plan, or, if the code waits for something else than jobs, let it sleep in real time."
        )
        self._stops += 1
        if self._stops == _SWALLOWED:
            # The code has swallowed the ones before, and sleeps again.
            self._note(error)
        if self._stops > _MOST_SWALLOWED and (pytest := sys.modules.get("pytest")) is not None:
            # `except Exception` does not catch it.
            raise pytest.fail.Exception(str(error)) from error
        raise error

    def _is_due_soon(self) -> bool:
        """Return whether going on for a while may change something."""
        due, now = self._clock.next_due, self._clock.now
        return due is not None and self._sleeps < _PATIENCE * MOST_SLEEPS and due - now <= _PATIENCE * (now - self._begin)
