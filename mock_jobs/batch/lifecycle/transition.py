"""The only module that changes the status of a job. It also calls the listeners.

The tables of states define what is legal; a transition that is in no table raises KeyError.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from mock_jobs.batch.queueing.schedulable import Queued
from mock_jobs.batch.states import RUNNABLE, TERMINAL

if TYPE_CHECKING:
    from mock_jobs.core.world_clock import WorldClock


class Movable(Queued, Protocol):
    """A job whose status changes.

    Attributes:
        transitions: The status that follows a status and a trigger.
        stopped_ms: When it ended, in milliseconds since the epoch.
    """

    transitions: ClassVar[Any]
    status: Any
    status_reason: str | None
    stopped_ms: int | None


MovableT = TypeVar("MovableT", bound=Movable)
TriggerT = TypeVar("TriggerT")


def always(kind: type[object], before: str, after: str) -> bool:
    """Return True: the listener is called for each change."""
    del kind, before, after
    return True


def leaves_runnable(kind: type[object], before: str, after: str) -> bool:
    """Return whether a change takes jobs out of their wait queue."""
    del kind, after
    return before == RUNNABLE


def ends(kind: type[object], before: str, after: str) -> bool:
    """Return whether a change ends jobs."""
    del kind, before
    return after in TERMINAL


@dataclass(frozen=True, slots=True)
class Listener(Generic[MovableT, TriggerT]):
    """A listener for changes of status.

    Attributes:
        hear: Called with the job in its new status, the status before and the trigger.
        concerns: Returns whether to call `hear` for a class of jobs, a status before and a status after; the result is cached.
    """

    hear: Callable[[MovableT, Any, TriggerT], None]
    concerns: Callable[[type[MovableT], str, str], bool] = always


_Step = tuple[Any, tuple[Callable[[MovableT, Any, TriggerT], None], ...]]


class Transition(Generic[MovableT, TriggerT]):
    """Moves jobs of one kind, of one account and region, from status to status.

    Args:
        clock: Gives the time at which a job ends, and counts changes.
    """

    def __init__(self, clock: WorldClock) -> None:
        self._clock = clock
        self._listeners: Sequence[Listener[MovableT, TriggerT]] = ()
        self._steps: dict[tuple[type[MovableT], Any, TriggerT], _Step[MovableT, TriggerT]] = {}

    def listen(self, listeners: Sequence[Listener[MovableT, TriggerT]]) -> None:
        """Set the listeners for each change, in this order."""
        self._listeners = listeners
        self._steps.clear()

    def move(self, job: MovableT, trigger: TriggerT) -> None:
        """Set the status that a trigger leads to, and call the listeners for the change."""
        before = job.status
        try:
            job.status, hearers = self._steps[job.__class__, before, trigger]
        except KeyError:
            job.status, hearers = self._find_step(job, trigger)
        job.moves += 1
        job.reads = 0
        for hear in hearers:
            hear(job, before, trigger)

    def end(self, job: MovableT, trigger: TriggerT, reason: str | None) -> None:
        """Set the terminal status that a trigger leads to, the reason for it and the time."""
        job.stopped_ms = self._clock.now_ms
        job.status_reason = reason
        self.move(job, trigger)

    def _find_step(self, job: MovableT, trigger: TriggerT) -> _Step[MovableT, TriggerT]:
        """Return the new status and its listeners, and cache them.

        There are few different moves, and many of each.
        """
        kind, before = job.__class__, job.status
        after = job.transitions[before, trigger]
        hearers = tuple(each.hear for each in self._listeners if each.concerns(kind, before, after))
        step = self._steps[kind, before, trigger] = (after, hearers)
        return step
