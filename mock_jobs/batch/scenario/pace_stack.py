"""Keep the pace that applies: that of the mock, of moto's state manager or of the test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from mock_jobs.batch.scenario.pace import Pace, PaceName
from mock_jobs.core.errors import HIDDEN
from mock_jobs.core.overrides import Override

if TYPE_CHECKING:
    from threading import RLock

    from mock_jobs.core.world_clock import WorldClock

__tracebackhide__ = HIDDEN


class _Choice(NamedTuple):
    """The pace that applies, and where it comes from.

    Attributes:
        default: The pace that an active mock was made with; None if there is none.
        pace: The pace that applies.
        followed: The transition of moto's state manager that was adopted last; None if there is none.
    """

    default: PaceName | None
    pace: Pace
    followed: Mapping[str, object] | None


class PaceStack:
    """Keeps the pace of one world, and sets the clock's gates to match it.

    Args:
        clock: Its gates decide whether time moves jobs.
        lock: The world's.
    """

    def __init__(self, clock: WorldClock, lock: RLock) -> None:
        self._clock = clock
        self._lock = lock
        self._overrides = Override(self._get, self._put)
        self._put(_Choice(None, Pace(), None))

    @property
    def pace(self) -> Pace:
        """The pace that applies now."""
        return self._choice.pace

    def set(self, pace: Pace | PaceName) -> None:
        """Set the pace from now on.

        Raises:
            UsageValueError: There is no such pace.
        """
        exactly = as_pace(pace)
        with self._lock:
            self._put(self._choice._replace(pace=exactly))

    def begin(self, owner: object, pace: Pace) -> None:
        """Set the pace until `end` is called for the same owner."""
        with self._lock:
            self._overrides.begin(owner, self._choice._replace(pace=pace))

    def begin_default(self, owner: object, name: PaceName) -> None:
        """Set the pace until `end` is called for the same owner, and restore it at each reset until then.

        Moto's transitions are ignored meanwhile.
        """
        with self._lock:
            self._overrides.begin(owner, self._choice._replace(default=name, pace=Pace(name)))

    def end(self, owner: object) -> None:
        """Restore the pace from before this owner began; owners may end in any order."""
        with self._lock:
            self._overrides.end(owner)

    def follow(self, transition: Mapping[str, object] | None) -> None:
        """Adopt moto's transition of `batch::job` when it has changed.

        A pace that the mock was made with takes precedence. A pace that the test sets lasts until moto's transition changes.

        Args:
            transition: As `Pace.from_transition` takes it; None if moto has none.

        Raises:
            UsageValueError: There is no such transition.
        """
        with self._lock:
            if transition == self._choice.followed or self._choice.default is not None:
                return
            pace = Pace() if transition is None else Pace.from_transition(transition)
            self._put(_Choice(None, pace, None if transition is None else dict(transition)))

    def reset(self) -> None:
        """Restore the pace that the mock was made with, or `poll` without one."""
        default = self._choice.default
        self._put(_Choice(default, Pace() if default is None else Pace(default), None))

    def _get(self) -> _Choice:
        return self._choice

    def _put(self, choice: _Choice) -> None:
        self._choice = choice
        self._clock.gate_follows_time = choice.pace.mode == "clock"
        self._clock.gate_follows_moves = choice.pace.mode != "manual"


def as_pace(pace: Pace | PaceName) -> Pace:
    """Return the pace with this name; return a `Pace` unchanged.

    Raises:
        UsageValueError: There is no such pace.
    """
    return pace if isinstance(pace, Pace) else Pace(pace)
