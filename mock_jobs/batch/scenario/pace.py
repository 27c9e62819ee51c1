"""How queued jobs come to move while a test runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from mock_jobs.core.argument_checks import check_seconds, check_whole
from mock_jobs.core.errors import HIDDEN, UsageValueError

__tracebackhide__ = HIDDEN

PaceName = Literal["poll", "clock", "manual"]


@dataclass(frozen=True, slots=True)
class Pace:
    """One way for jobs to move.

    A pace that differs from the defaults in its mode only is equal to the name of that mode, and hashes like it, so that
    `mock.batch.pace == "manual"` asks for the pace by name. `Pace.every(3) == "poll"` is False: it is not what that name means.

    Attributes:
        mode: `poll`: a call that reads unfinished jobs whose present state was read already first moves on to the next change of
            one of them, and then answers. What was read last holds until the next read of that job, unless a read of another
            job or the clock moves it. ListJobs moves jobs before its first page only; if nothing has changed since an empty
            listing, the next equal one moves its queue or array. `Clock.advance` moves jobs as well. `clock`: only time moves jobs, real time included.
            `manual`: only `BatchHandle.step`, `run_until` and `run_all` move them.
        reads: With `poll`: how often a state is read before the next read moves the job.
        transition_seconds: How long every state lasts at least.
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
        """Return moto's `immediate`: a job is done at the next call."""
        return cls("clock")

    @classmethod
    def every(cls, reads: int) -> Pace:
        """Return moto's `manual`: a job moves with every so many reads of it."""
        return cls("poll", reads=reads)

    @classmethod
    def timed(cls, seconds: float) -> Pace:
        """Return moto's `time`: each state lasts so many seconds."""
        return cls("clock", transition_seconds=seconds)

    @classmethod
    def from_transition(cls, transition: Mapping[str, object]) -> Pace:
        """Return the pace that a transition of moto's state manager asks for.

        Args:
            transition: `{"progression": "immediate"}`, `{"progression": "manual", "times": 3}` or
                `{"progression": "time", "seconds": 5}`.

        Raises:
            UsageValueError: It is none of these.
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
            if isinstance(seconds, (int, float)):
                return cls.timed(seconds)
        msg = (
            f"no such transition: {dict(transition)!r}. There are: {{'progression': 'immediate'}}, "
            "{'progression': 'manual', 'times': 3} and {'progression': 'time', 'seconds': 5}"
        )
        raise UsageValueError(msg)
