"""The executions of one thing over all jobs: the queue that its device works through."""

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
    """All executions of one thing: QUEUED, IN_PROGRESS and finished, each in the order of queueing.

    There may be a million queues with one execution each. So a list exists only while it holds something, and it is a plain list:
    a sorted collection with one record takes more than twice the memory.
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
        """Add an execution under its current status."""
        name = _list_of(execution.status)
        executions: list[Execution] | None = getattr(self, name)
        if executions is None:
            setattr(self, name, [execution])
        else:
            insort(executions, execution, key=_sequence)

    def remove(self, execution: Execution) -> None:
        """Remove an execution, before its status changes."""
        name = _list_of(execution.status)
        executions: list[Execution] = getattr(self, name)
        if len(executions) == 1:
            setattr(self, name, None)
        else:
            del executions[bisect_left(executions, execution.sequence, key=_sequence)]

    def pending(self) -> Iterator[Execution]:
        """Yield the IN_PROGRESS executions, then the QUEUED ones, each in the order of queueing.

        Source: developer guide, "Jobs notifications" and "Job management and control API" (documented). Executions queued at the
        same moment come in the order of their creation (inferred).
        """
        yield from self.in_progress or ()
        yield from self.queued or ()

    def newest_first(self, before: int | None) -> Iterator[Execution]:
        """Yield the executions with a lower sequence than `before`, newest first."""
        lists = [each for each in (self.queued, self.in_progress, self.finished) if each is not None]
        return merge(*(_backwards(each, before) for each in lists), key=_sequence, reverse=True)


def _list_of(status: str) -> str:
    return _LISTS.get(status, "finished")


def _backwards(executions: list[Execution], before: int | None) -> Iterator[Execution]:
    end = len(executions) if before is None else bisect_left(executions, before, key=_sequence)
    for position in range(end - 1, -1, -1):
        yield executions[position]
