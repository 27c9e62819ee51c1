"""The order in which the RUNNABLE jobs of a queue are dispatched.

Source: user guide, "Job scheduling" (*documented*). That the children of an array stay together, at the position of their array,
is *inferred*.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left
from heapq import heappop, heappush
from typing import Generic

from mock_jobs.batch.queueing.schedulable import JobT


class QueueDiscipline(ABC, Generic[JobT]):
    """The RUNNABLE jobs of one job queue, in the order of their dispatch.

    The scheduler works in passes. Between `begin_pass` and `end_pass` it asks for the `head` repeatedly. Each head either
    leaves, because it was dispatched, or is passed over for the rest of the pass.
    """

    @abstractmethod
    def __len__(self) -> int:
        """Return how many jobs wait here."""

    # Passes of the scheduler

    @abstractmethod
    def begin_pass(self, now_ms: int) -> None:
        """Prepare for a pass of the scheduler."""

    @abstractmethod
    def head(self) -> JobT | None:
        """Return the job whose turn it is in this pass, None if there is none."""

    @abstractmethod
    def pass_over(self, job: JobT, *, is_strict: bool) -> None:
        """Skip the head, which cannot be dispatched in this pass.

        Args:
            job: The head.
            is_strict: Whether it holds up all jobs behind it.
        """

    @abstractmethod
    def end_pass(self) -> None:
        """Put all jobs back that were passed over."""

    @abstractmethod
    def front(self, now_ms: int, limit: int) -> list[tuple[JobT, int]]:
        """Return the next jobs to dispatch, and since when each has its position.

        The order is as if there were room for all.

        Args:
            now_ms: The current time, in milliseconds since the epoch, like the returned times.
            limit: The most jobs to return.
        """

    # Changes

    @abstractmethod
    def join(self, job: JobT, now_ms: int) -> None:
        """Add a job that has become RUNNABLE."""

    @abstractmethod
    def leave(self, job: JobT, now_ms: int) -> None:
        """Remove a job that is no longer RUNNABLE."""


class RankedJobs(Generic[JobT]):
    """Jobs by a fixed rank, the lowest first."""

    __slots__ = ("_gone_ms", "_gone_rank", "_heap", "_left_behind", "_present")

    def __init__(self) -> None:
        # Ranks of jobs that wait, and of jobs that left but have not reached the front of the heap since.
        self._heap: list[int] = []
        self._left_behind: set[int] = set()
        # Rank -> the job that waits, and since when
        self._present: dict[int, tuple[JobT, int]] = {}
        # Ranks and times of jobs that left, except those that left earlier from a higher rank. So both lists ascend.
        self._gone_rank: list[int] = []
        self._gone_ms: list[int] = []

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._present)

    def add(self, rank: int, job: JobT, now_ms: int) -> None:
        """Add a job; no other has its rank."""
        self._present[rank] = job, now_ms
        if rank in self._left_behind:
            self._left_behind.remove(rank)
        else:
            heappush(self._heap, rank)

    def remove(self, rank: int, now_ms: int) -> None:
        """Remove a job; all behind it move up."""
        del self._present[rank]
        if self._heap[0] == rank:
            heappop(self._heap)
        else:
            self._left_behind.add(rank)
        while self._gone_rank and self._gone_rank[-1] >= rank:
            self._gone_rank.pop()
            self._gone_ms.pop()
        self._gone_rank.append(rank)
        self._gone_ms.append(now_ms)

    def first(self) -> JobT | None:
        """Return the job of the lowest rank, None if no job waits."""
        heap, present = self._heap, self._present
        while heap:
            found = present.get(heap[0])
            if found is not None:
                return found[0]
            self._left_behind.remove(heappop(heap))
        return None

    def set_aside(self) -> int:
        """Pass over the job that `first` returned; return its rank for `put_back`."""
        return heappop(self._heap)

    def put_back(self, rank: int) -> None:
        """Put back a job that was passed over."""
        heappush(self._heap, rank)

    def unmoved_since_ms(self, rank: int) -> int:
        """Return since when a job has waited without a job before it leaving."""
        came_ms = self._present[rank][1]
        ahead = bisect_left(self._gone_rank, rank)
        return came_ms if not ahead else max(came_ms, self._gone_ms[ahead - 1])


class FirstInFirstOut(QueueDiscipline[JobT]):
    """The RUNNABLE jobs of a queue without a scheduling policy."""

    def __init__(self) -> None:
        self._waiting: RankedJobs[JobT] = RankedJobs()
        self._passed_over: list[int] = []
        self._is_held_up = False

    def __len__(self) -> int:
        """Return how many jobs wait here."""
        return len(self._waiting)

    def begin_pass(self, now_ms: int) -> None:  # noqa: ARG002 - the first does not change with time
        """Prepare for a pass of the scheduler."""
        self._is_held_up = False

    def head(self) -> JobT | None:
        """Return the job that was submitted first."""
        return None if self._is_held_up else self._waiting.first()

    def pass_over(self, job: JobT, *, is_strict: bool) -> None:  # noqa: ARG002 - it is the first of those that wait
        """Skip the head, which cannot be dispatched in this pass."""
        if is_strict:
            self._is_held_up = True
        else:
            self._passed_over.append(self._waiting.set_aside())

    def end_pass(self) -> None:
        """Put all jobs back that were passed over."""
        for rank in self._passed_over:
            self._waiting.put_back(rank)
        self._passed_over.clear()

    def front(self, now_ms: int, limit: int) -> list[tuple[JobT, int]]:
        """Return the jobs that were submitted first."""
        self.begin_pass(now_ms)
        front: list[tuple[JobT, int]] = []
        since_ms = 0
        while len(front) < limit and (job := self.head()) is not None:
            self.pass_over(job, is_strict=False)
            # A job that joined before this one has moved it back.
            since_ms = max(since_ms, self._waiting.unmoved_since_ms(self._passed_over[-1]))
            front.append((job, since_ms))
        self.end_pass()
        return front

    def join(self, job: JobT, now_ms: int) -> None:
        """Add a job that has become RUNNABLE."""
        self._waiting.add(self._rank(job), job, now_ms)

    def leave(self, job: JobT, now_ms: int) -> None:
        """Remove a job that is no longer RUNNABLE."""
        self._waiting.remove(self._rank(job), now_ms)

    def _rank(self, job: JobT) -> int:
        return job.fifo_rank
