"""In which order the RUNNABLE jobs of a queue get their turn.

Source: user guide, "Job scheduling" (*documented*). That the children of an array stand together, where their array was
submitted, is *inferred*.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from heapq import heappop, heappush
from typing import Generic

from mock_jobs.batch.queued import JobT
from mock_jobs.batch.states import RUNNABLE


class Line(ABC, Generic[JobT]):
    """The RUNNABLE jobs of one job queue, in the order in which the scheduler is to place them.

    The scheduler asks in passes. Between `begin_pass` and `end_pass` it asks for the `head` again and again, and either the
    job leaves the line, because it was placed, or is passed over for this pass.
    """

    def __init__(self) -> None:
        self._length = 0

    def __len__(self) -> int:
        """Return how many jobs wait here."""
        return self._length

    # What is asked for

    @abstractmethod
    def begin_pass(self, now_ms: int) -> None:
        """Prepare for a pass of the scheduler."""

    @abstractmethod
    def head(self) -> JobT | None:
        """Return the job whose turn it is in this pass, None if nobody's is."""

    @abstractmethod
    def pass_over(self, job: JobT, *, is_strict: bool) -> None:
        """Take note that the head cannot be placed in this pass.

        Args:
            job: The head.
            is_strict: Whether it holds up all that stand behind it.
        """

    @abstractmethod
    def end_pass(self) -> None:
        """Let all jobs have their turn again that were passed over."""

    # What is told

    @abstractmethod
    def join(self, job: JobT) -> None:
        """Take in a job that has become RUNNABLE."""

    @abstractmethod
    def leave(self, job: JobT) -> None:
        """Let a job go that is RUNNABLE no longer."""


class Waiting(Generic[JobT]):
    """RUNNABLE jobs by a fixed rank, lowest first. A job that moves on drops out by itself, and may come back."""

    __slots__ = ("_heap",)

    def __init__(self) -> None:
        # (rank, moves of the job, job): an entry counts while the job has not moved on.
        self._heap: list[tuple[int, int, JobT]] = []

    def push(self, rank: int, job: JobT) -> None:
        """Take in a job."""
        heappush(self._heap, (rank, job.moves, job))

    def first(self) -> JobT | None:
        """Return the job of the lowest rank, None if nobody waits."""
        heap = self._heap
        while heap:
            _, moves, job = heap[0]
            if job.status == RUNNABLE and job.moves == moves:
                return job
            heappop(heap)
        return None

    def pop(self) -> None:
        """Take out the job that `first` returned."""
        heappop(self._heap)


class FirstInFirstOut(Line[JobT]):
    """The line of a queue without a scheduling policy."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: Waiting[JobT] = Waiting()
        self._passed_over: list[JobT] = []
        self._is_held_up = False

    def begin_pass(self, now_ms: int) -> None:  # noqa: ARG002 - who came first does not change with time
        """Prepare for a pass of the scheduler."""
        self._is_held_up = False

    def head(self) -> JobT | None:
        """Return the job that was submitted first."""
        return None if self._is_held_up else self._waiting.first()

    def pass_over(self, job: JobT, *, is_strict: bool) -> None:
        """Take note that the head cannot be placed in this pass."""
        if is_strict:
            self._is_held_up = True
        else:
            self._waiting.pop()
            self._passed_over.append(job)

    def end_pass(self) -> None:
        """Let all jobs have their turn again that were passed over."""
        for job in self._passed_over:
            self._waiting.push(job.rank, job)
        self._passed_over.clear()

    def join(self, job: JobT) -> None:
        """Take in a job that has become RUNNABLE."""
        self._length += 1
        self._waiting.push(job.rank, job)

    def leave(self, job: JobT) -> None:  # noqa: ARG002 - it has moved on, and drops out by itself
        """Let a job go that is RUNNABLE no longer."""
        self._length -= 1
