"""The pace: what moves Batch jobs from state to state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from mock_jobs.core.argument_checks import check_seconds, check_whole
from mock_jobs.core.errors import HIDDEN, UsageValueError

__tracebackhide__ = HIDDEN

PaceName = Literal["poll", "clock", "manual"]


def check_pace_name(pace: object) -> None:
    """Check that there is a pace of this name.

    Raises:
        UsageValueError: There is none.
    """
    if pace not in get_args(PaceName):
        raise UsageValueError(f"pace must be one of {', '.join(get_args(PaceName))}, got {pace!r}")


@dataclass(frozen=True, slots=True)
class Pace:
    """What moves Batch jobs from state to state.

    A pace with default `reads` and `transition_seconds` equals the name of its mode: `mock.batch.pace == "manual"`.
    `Pace.every(3) == "poll"` is False.

    Attributes:
        mode: `poll`, `clock` or `manual`. `poll`: a read of an unfinished job moves it to its next state before the answer, if
            its present state was read `reads` times already. Moves of the clock move jobs too. `clock`: only time moves jobs,
            real time included. `manual`: only `mock.batch.step()`, `run_until()` and `run_all()` move jobs.
        reads: Number of reads of a state before the next read moves the job; at least 1. Used by the mode `poll` only.
        transition_seconds: Shortest time in a state, in seconds on the mock's clock; not negative.

    Raises:
        UsageValueError: There is no such mode, or a number is out of range.
        UsageTypeError: `reads` is not a whole number, or `transition_seconds` is not a number.
    """

    mode: PaceName = "poll"
    reads: int = 1
    transition_seconds: float = 0.0

    def __post_init__(self) -> None:
        if self.mode not in get_args(PaceName):
            msg = f"no such pace: {self.mode!r}. There are: {', '.join(map(repr, get_args(PaceName)))}"
            raise UsageValueError(msg)
        check_whole("reads", self.reads, 1)
        check_seconds("transition_seconds", self.transition_seconds)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Pace):
            return self._members == other._members
        if isinstance(other, str):
            return self._is_named and self.mode == other
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.mode) if self._is_named else hash(self._members)

    @property
    def _members(self) -> tuple[PaceName, int, float]:
        return self.mode, self.reads, self.transition_seconds

    @property
    def _is_named(self) -> bool:
        return self._members[1:] == (1, 0)

    @classmethod
    def immediate(cls) -> Pace:
        """Return the pace of moto's `immediate`: it adds no time to any state."""
        return cls("clock")

    @classmethod
    def every(cls, reads: int) -> Pace:
        """Return the pace of moto's `manual`: a job moves after a number of reads.

        Args:
            reads: Number of reads of a state before the next read moves the job; at least 1.

        Raises:
            UsageValueError: `reads` is less than 1.
            UsageTypeError: `reads` is not a whole number.

        Example:
            `mock.batch.pace = Pace.every(3)`
        """
        return cls("poll", reads=reads)

    @classmethod
    def timed(cls, seconds: float) -> Pace:
        """Return the pace of moto's `time`: each state lasts a number of seconds.

        Args:
            seconds: Shortest time in a state, in seconds on the mock's clock; not negative.

        Raises:
            UsageValueError: `seconds` is negative or too large.
            UsageTypeError: `seconds` is not a number.

        Example:
            `mock.batch.pace = Pace.timed(5)`
        """
        return cls("clock", transition_seconds=seconds)

    @classmethod
    def from_transition(cls, transition: Mapping[str, object]) -> Pace:
        """Return the pace that equals a transition of moto's state manager.

        Args:
            transition: `{"progression": "immediate"}`, `{"progression": "manual", "times": 3}` or
                `{"progression": "time", "seconds": 5}`. Without `times` it is 1; without `seconds` it is 0.

        Raises:
            UsageValueError: The transition is none of these, or its number is out of range.
        """
        progression = transition.get("progression")
        if progression == "immediate":
            return cls.immediate()
        if progression == "manual":
            times = transition.get("times", 1)
            if isinstance(times, int) and not isinstance(times, bool):
                return cls.every(times)
        if progression == "time":
            seconds = transition.get("seconds", 0)
            if isinstance(seconds, (int, float)) and not isinstance(seconds, bool):
                return cls.timed(seconds)
        msg = (
            f"there is no transition {dict(transition)!r}; there are: {{'progression': 'immediate'}}, "
            "{'progression': 'manual', 'times': 3} and {'progression': 'time', 'seconds': 5}"
        )
        raise UsageValueError(msg)
