"""Which pace counts: what the mock was made with, what moto's switches say, what the test sets, and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from mock_jobs.batch.scenario.pace import Pace, PaceName
from mock_jobs.core.errors import HIDDEN
from mock_jobs.core.overrides import Override

if TYPE_CHECKING:
    from threading import RLock

    from mock_jobs.core.clock import Clock

__tracebackhide__ = HIDDEN


class _Choice(NamedTuple):
    """Everything about the pace.

    Attributes:
        default: What a mock that is active was made with, else None.
        pace: What counts.
        followed: The transition of moto's that was last taken over.
    """

    default: PaceName | None
    pace: Pace
    followed: Mapping[str, object] | None


class PaceStack:
    """Keeps the pace of one world, and the clock's gates in step with it.

    Args:
        clock: Its gates decide whether time moves jobs.
        lock: The world's.
    """

    def __init__(self, clock: Clock, lock: RLock) -> None:
        self._clock = clock
        self._lock = lock
        self._overrides = Override(self._get, self._put)
        self._put(_Choice(None, Pace(), None))

    @property
    def pace(self) -> Pace:
        """How queued jobs come to move."""
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
        """The same, and go back to this pace at each reset until then; moto's switches do not count meanwhile."""
        with self._lock:
            self._overrides.begin(owner, self._choice._replace(default=name, pace=Pace(name)))

    def end(self, owner: object) -> None:
        """Put back everything about the pace as it was when this owner began; owners may end in any order."""
        with self._lock:
            self._overrides.end(owner)

    def follow(self, transition: Mapping[str, object] | None) -> None:
        """Take over moto's transition of `batch::job` when it has changed.

        A pace that the mock was made with comes first; one that the test sets lasts until moto's switch is turned again.

        Args:
            transition: As `Pace.from_transition` takes it; None if moto says nothing.

        Raises:
            UsageValueError: There is no such transition.
        """
        with self._lock:
            if transition == self._choice.followed or self._choice.default is not None:
                return
            pace = Pace() if transition is None else Pace.from_transition(transition)
            self._put(_Choice(None, pace, None if transition is None else dict(transition)))

    def reset(self) -> None:
        """Go back to the default."""
        default = self._choice.default
        self._put(_Choice(default, Pace() if default is None else Pace(default), None))

    def _get(self) -> _Choice:
        return self._choice

    def _put(self, choice: _Choice) -> None:
        self._choice = choice
        self._clock.gate_follows_time = choice.pace.mode == "clock"
        self._clock.gate_follows_moves = choice.pace.mode != "manual"


def as_pace(pace: Pace | PaceName) -> Pace:
    """Return the pace that a name means.

    Raises:
        UsageValueError: There is no such pace.
    """
    return pace if isinstance(pace, Pace) else Pace(pace)
