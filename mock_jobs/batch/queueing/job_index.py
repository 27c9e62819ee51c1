"""The jobs of one queue, indexed by status, name and definition, newest first.

The cost of a look-up depends on the size of the page, not on the number of jobs.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from heapq import merge
from itertools import chain, groupby, islice
from operator import attrgetter
from typing import Any, Final, Generic

from mock_jobs.batch.queueing.name_patterns import fits, matching
from mock_jobs.batch.queueing.schedulable import JobT, Queued
from mock_jobs.batch.states import TERMINAL
from mock_jobs.core.sorted_records import SortedNames, SortedRecords

# The most sorted lists that are merged. If more names match, many jobs match, and checking all jobs one by one is cheaper.
MOST_MERGED: Final = 1000

_BUCKET: Final = 256


class ByNumber(Generic[JobT]):
    """A set of jobs, ordered by the number of their submission.

    The time for adding, removing and paging does not depend on its size. Jobs change their status far more often than a status
    is listed. So adding and removing is a look-up in a dictionary, and a bucket is sorted only when it is read. `SortedRecords`
    would need five times as long for each move.
    """

    __slots__ = ("_buckets", "_order")

    def __init__(self) -> None:
        self._buckets: dict[int, dict[int, JobT]] = {}
        self._order: list[int] = []

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self._order)

    def add(self, job: JobT) -> None:
        """Add a job."""
        number = job.spec.number
        bucket = self._buckets.get(number // _BUCKET)
        if bucket is None:
            bucket = self._buckets[number // _BUCKET] = {}
            insort_right(self._order, number // _BUCKET)
        bucket[number] = job

    def discard(self, job: JobT) -> None:
        """Remove a job, which must be here."""
        number = job.spec.number
        bucket = self._buckets[number // _BUCKET]
        del bucket[number]
        if not bucket:
            del self._buckets[number // _BUCKET]
            del self._order[bisect_left(self._order, number // _BUCKET)]

    def newest_first(self, before: int | None = None) -> Iterator[JobT]:
        """Yield the jobs below a submission number, the last submitted first."""
        order = self._order
        last = len(order) if before is None else bisect_right(order, before // _BUCKET)
        for position in range(last - 1, -1, -1):
            bucket = self._buckets[order[position]]
            for number in sorted(bucket, reverse=True):
                if before is None or number < before:
                    yield bucket[number]


# Time of creation and submission number of a job. The clock may be set back between two submissions.
Age = tuple[int, int]

# The sort key of jobs where their time of creation counts.
age_of: Final[Callable[[Any], Age]] = attrgetter("created_ms", "spec.number")


def _once(jobs: Iterator[JobT]) -> Iterator[JobT]:
    """Yield each job once, dropping repetitions that directly follow each other."""
    return (job for job, _ in groupby(jobs))


def _no_labels(job: Queued) -> tuple[str, ...]:
    del job
    return ()


class JobIndex(Generic[JobT]):
    """All jobs of a queue, without children of arrays.

    Args:
        labels_of: Returns the immutable labels of a job that filters may match exactly or by prefix.
    """

    __slots__ = ("_all", "_by_label", "_by_name", "_by_status", "_groups", "_labels_of", "_latest_ms")

    def __init__(self, labels_of: Callable[[JobT], Iterable[str]] = _no_labels) -> None:
        self._labels_of = labels_of
        by_age: Callable[[], SortedRecords[JobT, Age]] = partial(SortedRecords, age_of)
        self._all = by_age()
        self._latest_ms = 0
        self._by_status: defaultdict[str, ByNumber[JobT]] = defaultdict(ByNumber)
        self._by_name = SortedNames(by_age)
        self._by_label = SortedNames(by_age)
        self._groups: defaultdict[str, JobIndex[JobT]] = defaultdict(JobIndex)

    def add(self, job: JobT, group: str | None = None) -> None:
        """Add a new job, submitted after all that are here.

        Args:
            job: The job.
            group: Its immutable group, by which it can be found too, for example its share.
        """
        if group is not None:
            self._groups[group].add(job)
        self._by_status[job.status].add(job)
        put: Callable[[SortedRecords[JobT, Age], JobT], None] = SortedRecords.add
        if self._latest_ms <= job.created_ms:
            self._latest_ms = job.created_ms
            put = SortedRecords.append
        put(self._all, job)
        put(self._by_name[job.spec.name.lower()], job)
        for label in self._labels_of(job):
            put(self._by_label[label], job)

    def moved(self, job: JobT, before: str, group: str | None = None) -> None:
        """Record that a job has changed from status `before` to its current one.

        `group` is the one that it was added with.
        """
        if group is not None:
            self._groups[group].moved(job, before)
        self._by_status[before].discard(job)
        self._by_status[job.status].add(job)

    def remove(self, job: JobT, group: str | None = None) -> None:
        """Remove a job; `group` is the one it was added with."""
        if group is not None:
            self._groups[group].remove(job)
        self._by_status[job.status].discard(job)
        self._all.remove(job)
        self._by_name[job.spec.name.lower()].remove(job)
        for label in self._labels_of(job):
            self._by_label[label].remove(job)

    def with_status(self, status: str, before: int | None = None) -> Iterator[JobT]:
        """Yield the jobs with a status, the last submitted first.

        Args:
            status: The status.
            before: Begin below this submission number.
        """
        return self._by_status[status].newest_first(before)

    def newest_first(self, before: Age | None = None, created_before_ms: int | None = None) -> Iterator[JobT]:
        """Yield all jobs below an age and a time of creation, the last created first."""
        if created_before_ms is not None:
            limit = (created_before_ms, 0)
            before = limit if before is None else min(before, limit)
        return self._all.descending(before)

    def named(self, patterns: Iterable[str], since: str = "", before: Age | None = None) -> Iterator[JobT]:
        """Yield the jobs whose names match one of the patterns.

        They are in alphabetical order; of equal names the last created is first.

        Args:
            patterns: Names in lower case, or prefixes with a final asterisk.
            since: Begin with this name.
            before: Begin below this age, in that name.
        """
        names = matching(self._by_name, patterns, since)
        return chain.from_iterable(self._by_name[each].descending(before if each == since else None) for each in names)

    def labelled(self, patterns: Collection[str], before: Age | None = None) -> Iterator[JobT]:
        """Yield the jobs with a matching label, the last created first.

        Args:
            patterns: Labels, or prefixes with a final asterisk.
            before: Begin below this age.
        """
        labels = list(islice(matching(self._by_label, patterns), MOST_MERGED + 1))
        if len(labels) > MOST_MERGED:
            return (job for job in self.newest_first(before) if any(fits(patterns, each) for each in self._labels_of(job)))
        return _once(merge(*(self._by_label[each].descending(before) for each in labels), key=age_of, reverse=True))

    def group(self, name: str) -> JobIndex[JobT]:
        """Return the index of only the jobs of a group."""
        return self._groups.get(name) or JobIndex()

    def unfinished(self) -> list[JobT]:
        """Return the jobs that have not ended, the oldest first."""
        jobs = [job for status, group in self._by_status.items() if status not in TERMINAL for job in group.newest_first()]
        return sorted(jobs, key=lambda job: job.spec.number)
