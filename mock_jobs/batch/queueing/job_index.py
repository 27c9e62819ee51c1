"""The jobs of one queue, found by status, name and definition, newest first, at the cost of the page that is asked for."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from heapq import merge
from itertools import chain, groupby, islice
from typing import Final, Generic

from mock_jobs.batch.queueing.name_index import ByName, fits
from mock_jobs.batch.queueing.schedulable import JobT, Queued
from mock_jobs.batch.states import TERMINAL

_BUCKET = 256

# So many orders are merged at most. Where more names match, many jobs do, and to look at one after the other is cheaper.
MOST_MERGED: Final = 1000


class ByNumber(Generic[JobT]):
    """A set of jobs, ordered by the number of their submission; adding, removing and paging do not depend on its size."""

    __slots__ = ("_buckets", "_order")

    def __init__(self) -> None:
        self._buckets: dict[int, dict[int, JobT]] = {}
        self._order: list[int] = []

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self._order)

    def add(self, job: JobT) -> None:
        """Take in a job."""
        number = job.spec.number
        bucket = self._buckets.get(number // _BUCKET)
        if bucket is None:
            bucket = self._buckets[number // _BUCKET] = {}
            insort_right(self._order, number // _BUCKET)
        bucket[number] = job

    def discard(self, job: JobT) -> None:
        """Let go of a job that is here."""
        number = job.spec.number
        bucket = self._buckets[number // _BUCKET]
        del bucket[number]
        if not bucket:
            del self._buckets[number // _BUCKET]
            del self._order[bisect_left(self._order, number // _BUCKET)]

    def newest_first(self, before: int | None = None) -> Iterator[JobT]:
        """Yield the jobs, the last submitted first, from below a submission number on."""
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


def _add_by_age(jobs: list[JobT], job: JobT) -> None:
    if not jobs or jobs[-1].created_ms <= job.created_ms:
        jobs.append(job)
    else:
        insort_right(jobs, job, key=age_of)


def _newest_first(jobs: list[JobT], before: Age | None) -> Iterator[JobT]:
    last = len(jobs) if before is None else bisect_left(jobs, before, key=age_of)
    return (jobs[position] for position in range(last - 1, -1, -1))


def _once(jobs: Iterator[JobT]) -> Iterator[JobT]:
    """Yield each job once, where it may stand several times in a row."""
    return (job for job, _ in groupby(jobs))


def _no_labels(job: Queued) -> tuple[str, ...]:
    del job
    return ()


class JobIndex(Generic[JobT]):
    """All jobs of a queue, children of arrays aside.

    Args:
        labels_of: Tells what a job can be found by for good, beside its name: whole, or by how it begins.
    """

    __slots__ = ("_all", "_by_label", "_by_name", "_by_status", "_groups", "_labels_of")

    def __init__(self, labels_of: Callable[[JobT], Iterable[str]] = _no_labels) -> None:
        self._labels_of = labels_of
        self._all: list[JobT] = []
        self._by_status: defaultdict[str, ByNumber[JobT]] = defaultdict(ByNumber)
        self._by_name: ByName[list[JobT]] = ByName(list)
        self._by_label: ByName[list[JobT]] = ByName(list)
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
        _add_by_age(self._all, job)
        _add_by_age(self._by_name[job.spec.name.lower()], job)
        for label in self._labels_of(job):
            _add_by_age(self._by_label[label], job)

    def moved(self, job: JobT, before: str, group: str | None = None) -> None:
        """Take note that a job has left a status for the one that it has now; its group is the one that it was added with."""
        if group is not None:
            self._groups[group].moved(job, before)
        self._by_status[before].discard(job)
        self._by_status[job.status].add(job)

    def remove(self, job: JobT, group: str | None = None) -> None:
        """Take out a job; its group is the one that it was added with."""
        if group is not None:
            self._groups[group].remove(job)
        self._by_status[job.status].discard(job)
        labels = (self._by_label[label] for label in self._labels_of(job))
        for jobs in (self._all, self._by_name[job.spec.name.lower()], *labels):
            del jobs[bisect_left(jobs, age_of(job), key=age_of)]

    def with_status(self, status: str, before: int | None = None) -> Iterator[JobT]:
        """Yield the jobs with a status, the last submitted first.

        Args:
            status: Which.
            before: Begin below this submission number.
        """
        return self._by_status[status].newest_first(before)

    def newest_first(self, before: Age | None = None, created_before_ms: int | None = None) -> Iterator[JobT]:
        """Yield all jobs, the last created first, from below an age and a time of creation on."""
        if created_before_ms is not None:
            limit = (created_before_ms, 0)
            before = limit if before is None else min(before, limit)
        return _newest_first(self._all, before)

    def named(self, patterns: Iterable[str], since: str = "", before: Age | None = None) -> Iterator[JobT]:
        """Yield the jobs whose names match one of the patterns, in alphabetical order, of one name the last created first.

        Args:
            patterns: Names in lower case, or how they begin, with a final asterisk.
            since: Begin with this name.
            before: Begin below this age, in that name.
        """
        names = self._by_name.matching(patterns, since)
        return chain.from_iterable(_newest_first(self._by_name[each], before if each == since else None) for each in names)

    def labelled(self, patterns: Collection[str], before: Age | None = None) -> Iterator[JobT]:
        """Yield the jobs with a label that matches one of the patterns, the last created first, from below an age on.

        Args:
            patterns: Labels, or how they begin, with a final asterisk.
            before: Begin below this age.
        """
        labels = list(islice(self._by_label.matching(patterns), MOST_MERGED + 1))
        if len(labels) > MOST_MERGED:
            return (job for job in self.newest_first(before) if any(fits(patterns, each) for each in self._labels_of(job)))
        return _once(merge(*(_newest_first(self._by_label[each], before) for each in labels), key=age_of, reverse=True))

    def group(self, name: str) -> JobIndex[JobT]:
        """Return the jobs of a group by themselves."""
        return self._groups.get(name) or JobIndex()

    def unfinished(self) -> list[JobT]:
        """Return the jobs that have not ended, the oldest first."""
        jobs = [job for status, group in self._by_status.items() if status not in TERMINAL for job in group.newest_first(None)]
        return sorted(jobs, key=lambda job: job.spec.number)
