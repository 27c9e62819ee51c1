"""The executions of one thing over all jobs: what a device has before it."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from heapq import merge
from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mock_jobs.iot.records.job import Execution

_sequence = attrgetter("sequence")
_LISTS = {"QUEUED": "queued", "IN_PROGRESS": "in_progress"}


class ThingQueue:
    """All executions of one thing, over all jobs: what waits, what runs, what is finished; each in the order of queueing.

    Lists exist only while they hold something, because there may be a million queues with one execution each; for the same
    reason they are plain lists: a sorted collection with one record in it weighs more than twice as much.
    """

    __slots__ = ("finished", "in_progress", "queued")

    def __init__(self) -> None:
        self.queued: list[Execution] | None = None
        self.in_progress: list[Execution] | None = None
        self.finished: list[Execution] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether the thing has no execution of any job."""
        return self.queued is None and self.in_progress is None and self.finished is None

    def add(self, execution: Execution) -> None:
        """Take an execution in, under its present status."""
        name = _list_of(execution.status)
        executions: list[Execution] | None = getattr(self, name)
        if executions is None:
            setattr(self, name, [execution])
        else:
            insort(executions, execution, key=_sequence)

    def remove(self, execution: Execution) -> None:
        """Take an execution out, before its status changes."""
        name = _list_of(execution.status)
        executions: list[Execution] = getattr(self, name)
        if len(executions) == 1:
            setattr(self, name, None)
        else:
            del executions[bisect_left(executions, execution.sequence, key=_sequence)]

    def pending(self) -> Iterator[Execution]:
        """Yield what is not finished: first what runs, then what waits, each in the order of queueing.

        Source: developer guide, "Jobs notifications" and "Job management and control API" (documented); the order of
        those queued at the same moment is that of their creation (inferred).
        """
        yield from self.in_progress or ()
        yield from self.queued or ()

    def newest_first(self, before: int | None) -> Iterator[Execution]:
        """Yield all executions, those queued last first, only those with a lower sequence than `before`."""
        lists = [each for each in (self.queued, self.in_progress, self.finished) if each is not None]
        return merge(*(_backwards(each, before) for each in lists), key=_sequence, reverse=True)


def _list_of(status: str) -> str:
    return _LISTS.get(status, "finished")


def _backwards(executions: list[Execution], before: int | None) -> Iterator[Execution]:
    end = len(executions) if before is None else bisect_left(executions, before, key=_sequence)
    for position in range(end - 1, -1, -1):
        yield executions[position]
