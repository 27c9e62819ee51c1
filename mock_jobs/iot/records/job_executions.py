"""All executions of one job: numbered per thing, counted and ordered per status."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import merge
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from mock_jobs.core.sorted_records import SortedRecords

if TYPE_CHECKING:
    from mypy_boto3_iot.literals import JobExecutionStatusType
    from typing_extensions import Self

    from mock_jobs.core.sorted_records import Key


class _Attempt(Protocol):
    thing_name: str
    number: int
    status: JobExecutionStatusType
    previous: Self | None


ExecutionT = TypeVar("ExecutionT", bound=_Attempt)


class JobExecutions(Generic[ExecutionT]):
    """The executions of one job.

    Counters are the lengths of the collections per status, so nothing is ever recounted.

    Args:
        listing_key: Returns the key by which executions are listed, the highest first.
    """

    __slots__ = ("_by_status", "_emptied", "_latest", "_listing_key")

    def __init__(self, listing_key: Callable[[ExecutionT], Key]) -> None:
        self._listing_key = listing_key
        self._latest: dict[str, ExecutionT] = {}
        self._by_status: dict[JobExecutionStatusType, SortedRecords[ExecutionT, Key]] = {}
        self._emptied: set[str] = set()

    def count(self, status: JobExecutionStatusType) -> int:
        """Return how many executions have a status."""
        records = self._by_status.get(status)
        return 0 if records is None else len(records)

    def counts(self) -> dict[JobExecutionStatusType, int]:
        """Return the number of executions in each status that occurs or has occurred."""
        return {status: len(records) for status, records in self._by_status.items()}

    def latest(self, thing_name: str) -> ExecutionT | None:
        """Return a thing's execution with the highest number, None if it has none."""
        return self._latest.get(thing_name)

    def had(self, thing_name: str) -> bool:
        """Return whether a thing had executions that were all deleted."""
        return thing_name in self._emptied

    def find(self, thing_name: str, number: int | None) -> ExecutionT | None:
        """Return a thing's execution with this number, the latest for None."""
        execution = self._latest.get(thing_name)
        while execution is not None and number is not None and execution.number != number:
            execution = execution.previous
        return execution

    def of_thing(self, thing_name: str) -> Iterator[ExecutionT]:
        """Yield all executions of a thing, the highest number first."""
        execution = self._latest.get(thing_name)
        while execution is not None:
            yield execution
            execution = execution.previous

    def __iter__(self) -> Iterator[ExecutionT]:
        for records in self._by_status.values():
            yield from records

    def add_all(self, executions: list[ExecutionT]) -> None:
        """Add new executions, all of one status, each the latest of its thing."""
        if not executions:
            return
        for execution in executions:
            self._latest[execution.thing_name] = execution
        if self._emptied:
            self._emptied.difference_update(execution.thing_name for execution in executions)
        self.with_status(executions[0].status).add_all(executions)

    def remove(self, execution: ExecutionT) -> None:
        """Remove an execution."""
        self.with_status(execution.status).remove(execution)
        newer = self._latest[execution.thing_name]
        if newer is execution:
            if execution.previous is None:
                del self._latest[execution.thing_name]
                self._emptied.add(execution.thing_name)
            else:
                self._latest[execution.thing_name] = execution.previous
            return
        while newer.previous is not execution:
            assert newer.previous is not None
            newer = newer.previous
        newer.previous = execution.previous

    def with_status(self, status: JobExecutionStatusType) -> SortedRecords[ExecutionT, Key]:
        """Return the executions with a status."""
        found = self._by_status.get(status)
        if found is None:
            found = self._by_status[status] = SortedRecords(self._listing_key)
        return found

    def newest_first(self, status: JobExecutionStatusType | None, after: Key | None) -> Iterator[ExecutionT]:
        """Yield executions of one status or of all, in listing order, starting after a key."""
        if status is not None:
            return self.with_status(status).descending(after)
        return merge(*(records.descending(after) for records in self._by_status.values()), key=self._listing_key, reverse=True)
