"""One job execution, and all executions of one job: numbered per thing, counted and ordered per status."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from typing import TYPE_CHECKING

from mock_jobs.core.sorted_records import Key, Shelf
from mock_jobs.iot.retry import NO_RETRIES, Retries

if TYPE_CHECKING:
    from mypy_boto3_iot.literals import JobExecutionStatusType

    from mock_jobs.iot.jobs import Job
    from mock_jobs.iot.timers import Timers


class Execution:
    """One attempt of one thing at one job.

    A job may have a million of them, so the record holds references and small integers only.

    Attributes:
        job: The job.
        thing_name: The thing.
        number: Execution number, from 1 per job and thing.
        sequence: Counts all executions of the account and region; the order in which they were queued.
        rank: Sequence of the thing's first execution of this job, which is the order of the job's targets.
        previous: The execution of the same thing with the next lower number, None mostly.
        status: Present status.
        version: Version number, from 1.
        retries: How many retries came before.
        status_details: What was reported last; None until then.
        queued_at_ms: When it was created.
        started_at_ms: When the device first reported, None until then.
        updated_at_ms: When it last changed.
        is_force_canceled: Whether a cancel with force ended it.
        timers: What can time it out, None mostly.
    """

    __slots__ = (
        "is_force_canceled",
        "job",
        "number",
        "previous",
        "queued_at_ms",
        "rank",
        "retries",
        "sequence",
        "started_at_ms",
        "status",
        "status_details",
        "thing_name",
        "timers",
        "updated_at_ms",
        "version",
    )

    def __init__(self, job: Job, thing_name: str, sequence: int, now_ms: int, previous: Execution | None) -> None:
        self.job = job
        self.thing_name = thing_name
        self.number: int = 1 if previous is None else previous.number + 1
        self.sequence = sequence
        self.rank: int = sequence if previous is None else previous.rank
        self.previous = previous
        self.status: JobExecutionStatusType = "QUEUED"
        self.version = 1
        self.retries: Retries = NO_RETRIES
        self.status_details: dict[str, str] | None = None
        self.queued_at_ms = now_ms
        self.started_at_ms: int | None = None
        self.updated_at_ms = now_ms
        self.is_force_canceled = False
        self.timers: Timers | None = None


def listing_key(execution: Execution) -> Key:
    """Return the key by which a job's executions are listed, the highest first.

    Source: newest `lastUpdatedAt` first (observed); among equals in the order of the targets, then the newest number first
    (inferred).
    """
    return (execution.updated_at_ms, -execution.rank, execution.number)


class JobExecutions:
    """The executions of one job.

    Counters are the lengths of the shelves, one per status, and so are never recounted.
    """

    __slots__ = ("_emptied", "_latest", "_shelves")

    def __init__(self) -> None:
        self._latest: dict[str, Execution] = {}
        self._shelves: dict[JobExecutionStatusType, Shelf[Execution]] = {}
        self._emptied: set[str] = set()

    def count(self, status: JobExecutionStatusType) -> int:
        """Return how many executions have a status."""
        shelf = self._shelves.get(status)
        return 0 if shelf is None else len(shelf)

    def counts(self) -> dict[JobExecutionStatusType, int]:
        """Return how many executions have each status that occurs, or has occurred."""
        return {status: len(shelf) for status, shelf in self._shelves.items()}

    def latest(self, thing_name: str) -> Execution | None:
        """Return the execution with the highest number of a thing."""
        return self._latest.get(thing_name)

    def had(self, thing_name: str) -> bool:
        """Return whether a thing without any execution once had some, which were deleted."""
        return thing_name in self._emptied

    def find(self, thing_name: str, number: int | None) -> Execution | None:
        """Return the execution of a thing with a number, the latest one for None."""
        execution = self._latest.get(thing_name)
        while execution is not None and number is not None and execution.number != number:
            execution = execution.previous
        return execution

    def of_thing(self, thing_name: str) -> Iterator[Execution]:
        """Yield all executions of a thing, the highest number first."""
        execution = self._latest.get(thing_name)
        while execution is not None:
            yield execution
            execution = execution.previous

    def __iter__(self) -> Iterator[Execution]:
        for shelf in self._shelves.values():
            yield from shelf

    def add_all(self, executions: list[Execution]) -> None:
        """Take new executions in, all of one status, each the latest of its thing."""
        if not executions:
            return
        for execution in executions:
            self._latest[execution.thing_name] = execution
        if self._emptied:
            self._emptied.difference_update(execution.thing_name for execution in executions)
        self.shelf(executions[0].status).add_all(executions)

    def remove(self, execution: Execution) -> None:
        """Forget an execution."""
        self.shelf(execution.status).remove(execution)
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

    def shelf(self, status: JobExecutionStatusType) -> Shelf[Execution]:
        """Return the executions with a status."""
        found = self._shelves.get(status)
        if found is None:
            found = self._shelves[status] = Shelf(listing_key)
        return found

    def newest_first(self, status: JobExecutionStatusType | None, after: Key | None) -> Iterator[Execution]:
        """Yield executions in the order of listing, those that come after a key, of one status or of all."""
        if status is not None:
            return self.shelf(status).downwards(after)
        return merge(*(shelf.downwards(after) for shelf in self._shelves.values()), key=listing_key, reverse=True)
