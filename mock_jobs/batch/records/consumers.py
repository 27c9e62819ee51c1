"""The jobs that need a consumable resource, indexed by status and name.

The cost of a look-up depends on the size of the page, not on the number of jobs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING

from mock_jobs.batch.queueing.job_index import MOST_MERGED, ByNumber
from mock_jobs.batch.queueing.name_patterns import fits, matching
from mock_jobs.batch.states import TERMINAL
from mock_jobs.core.sorted_records import SortedNames

if TYPE_CHECKING:
    from mock_jobs.batch.records.job import Job

_ByStatus = dict[str, ByNumber["Job"]]


class Consumers:
    """Which jobs need which consumable resource, without children of arrays and nodes."""

    def __init__(self) -> None:
        self._by_arn: defaultdict[str, ConsumersOfOne] = defaultdict(ConsumersOfOne)

    def of(self, arn: str) -> ConsumersOfOne:
        """Return the jobs that need a resource, even if it does not exist."""
        return self._by_arn[arn]

    def add(self, job: Job) -> None:
        """Add a new job, if it needs anything."""
        for arn in _needs(job):
            self._by_arn[arn].add(job)

    def moved(self, job: Job, before: str) -> None:
        """Move a job from status `before` to its current status."""
        for arn in _needs(job):
            self._by_arn[arn].moved(job, before)

    def remove(self, job: Job) -> None:
        """Remove a job that has ended."""
        for arn in _needs(job):
            self._by_arn[arn].remove(job)


class ConsumersOfOne:
    """The jobs that need one consumable resource.

    Attributes:
        moves: Grows with every new job and every change of a status.
    """

    def __init__(self) -> None:
        self.moves = 0
        self._all: _ByStatus = {}
        self._by_name: SortedNames[_ByStatus] = SortedNames(dict)

    def add(self, job: Job) -> None:
        """Add a new job."""
        self.moves += 1
        self._insert(job)

    def moved(self, job: Job, before: str) -> None:
        """Move a job from status `before` to its current status."""
        self.moves += 1
        self._discard(job, before)
        self._insert(job)

    def remove(self, job: Job) -> None:
        """Remove a job that has ended."""
        self._discard(job, job.status)

    @property
    def has_unfinished(self) -> bool:
        """Whether one of them has not ended."""
        return not self._all.keys() <= TERMINAL

    def newest_first(self, states: Collection[str], names: Collection[str] | None, before: int | None) -> Iterator[Job]:
        """Yield the jobs with one of several statuses, the last submitted first.

        Args:
            states: The statuses.
            names: Names, or prefixes with a final asterisk; case-insensitive. None for all.
            before: Begin below this submission number.
        """
        if names is None:
            return _merged([self._all], states, before)
        patterns = [each.lower() for each in names]
        found = list(islice(matching(self._by_name, patterns), MOST_MERGED + 1))
        if len(found) > MOST_MERGED:
            return (job for job in _merged([self._all], states, before) if fits(patterns, job.spec.name.lower()))
        return _merged([self._by_name[each] for each in found], states, before)

    def _insert(self, job: Job) -> None:
        for group in self._groups_of(job):
            group.setdefault(job.status, ByNumber()).add(job)

    def _discard(self, job: Job, status: str) -> None:
        for group in self._groups_of(job):
            group[status].discard(job)
            if not group[status]:
                del group[status]

    def _groups_of(self, job: Job) -> tuple[_ByStatus, _ByStatus]:
        return self._all, self._by_name[job.spec.name.lower()]


def _needs(job: Job) -> Collection[str]:
    return () if job.spec.requirements is None else job.spec.requirements.needs


def _merged(groups: Collection[_ByStatus], states: Collection[str], before: int | None) -> Iterator[Job]:
    found = (group[status].newest_first(before) for group in groups for status in set(states) if status in group)
    return merge(*found, key=lambda job: job.spec.number, reverse=True)
