"""The jobs of one queue, found by status and by name, newest first, at the cost of the page that is asked for."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort_right
from collections import defaultdict
from collections.abc import Iterator
from typing import Generic

from mock_jobs.batch.queued import JobT, Queued
from mock_jobs.batch.states import TERMINAL

_BUCKET = 256


class _ByNumber(Generic[JobT]):
    """A set of jobs, ordered by the number of their submission; adding, removing and paging do not depend on its size."""

    __slots__ = ("_buckets", "_order")

    def __init__(self) -> None:
        self._buckets: dict[int, dict[int, JobT]] = {}
        self._order: list[int] = []

    def add(self, job: JobT) -> None:
        number = job.spec.number
        bucket = self._buckets.get(number // _BUCKET)
        if bucket is None:
            bucket = self._buckets[number // _BUCKET] = {}
            insort_right(self._order, number // _BUCKET)
        bucket[number] = job

    def discard(self, job: JobT) -> None:
        number = job.spec.number
        bucket = self._buckets[number // _BUCKET]
        del bucket[number]
        if not bucket:
            del self._buckets[number // _BUCKET]
            del self._order[bisect_left(self._order, number // _BUCKET)]

    def newest_first(self, before: int | None) -> Iterator[JobT]:
        order = self._order
        last = len(order) if before is None else bisect_right(order, before // _BUCKET)
        for position in range(last - 1, -1, -1):
            bucket = self._buckets[order[position]]
            for number in sorted(bucket, reverse=True):
                if before is None or number < before:
                    yield bucket[number]


# Time of creation and submission number of a job. The clock may be set back between two submissions.
Age = tuple[int, int]


def age_of(job: Queued) -> Age:
    """Return what jobs are sorted by where their time of creation counts."""
    return job.created_ms, job.spec.number


class JobIndex(Generic[JobT]):
    """All jobs of a queue, children of arrays aside."""

    __slots__ = ("_all", "_by_name", "_by_status", "_groups")

    def __init__(self) -> None:
        self._all: list[JobT] = []
        self._by_status: defaultdict[str, _ByNumber[JobT]] = defaultdict(_ByNumber)
        self._by_name: dict[str, list[JobT]] = {}
        self._groups: dict[str, JobIndex[JobT]] = {}

    def add(self, job: JobT, group: str | None = None) -> None:
        """Take in a new job, submitted after all that are here.

        Args:
            job: The job.
            group: What else it can be found by, for good, for example its share.
        """
        if group is not None:
            self._groups.setdefault(group, JobIndex()).add(job)
        self._by_status[job.status].add(job)
        for jobs in (self._all, self._by_name.setdefault(job.spec.name.lower(), [])):
            if not jobs or jobs[-1].created_ms <= job.created_ms:
                jobs.append(job)
            else:
                insort_right(jobs, job, key=age_of)

    def moved(self, job: JobT, before: str, group: str | None = None) -> None:
        """Take note that a job has left a status for the one that it has now; its group is the one that it was added with."""
        if group is not None:
            self._groups[group].moved(job, before)
        self._by_status[before].discard(job)
        self._by_status[job.status].add(job)

    def with_status(self, status: str, before: int | None = None) -> Iterator[JobT]:
        """Yield the jobs with a status, the last submitted first.

        Args:
            status: Which.
            before: Begin below this submission number.
        """
        return self._by_status[status].newest_first(before)

    def newest_first(self, before: Age | None = None, created_before_ms: int | None = None) -> Iterator[JobT]:
        """Yield all jobs, the last created first, from below an age and a time of creation on."""
        last = len(self._all) if before is None else bisect_left(self._all, before, key=age_of)
        if created_before_ms is not None:
            last = min(last, bisect_left(self._all, (created_before_ms, 0), key=age_of))
        return (self._all[position] for position in range(last - 1, -1, -1))

    def names(self) -> Iterator[str]:
        """Yield the names of the jobs in lower case, in alphabetical order."""
        return iter(sorted(self._by_name))

    def named(self, name: str, before: Age | None = None) -> Iterator[JobT]:
        """Yield the jobs with a name (in lower case), the last created first, from below an age on."""
        jobs = self._by_name.get(name, [])
        last = len(jobs) if before is None else bisect_left(jobs, before, key=age_of)
        return (jobs[position] for position in range(last - 1, -1, -1))

    def group(self, name: str) -> JobIndex[JobT]:
        """Return the jobs of a group by themselves."""
        return self._groups.get(name) or JobIndex()

    def unfinished(self) -> list[JobT]:
        """Return the jobs that have not ended, the oldest first."""
        jobs = [job for status, group in self._by_status.items() if status not in TERMINAL for job in group.newest_first(None)]
        return sorted(jobs, key=lambda job: job.spec.number)
