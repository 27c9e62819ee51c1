"""How much of its environments a job queue uses."""

from __future__ import annotations

from typing import Generic

from mock_jobs.batch.queueing.schedulable import JobT


class QueueUsage(Generic[JobT]):
    """What the placed jobs of one queue hold.

    It hears of every step that a way of sharing the queue may need to know of; by itself it only keeps the sum.

    Attributes:
        in_use: What placed jobs hold: vCPUs, or instances.
    """

    def __init__(self) -> None:
        self.in_use: float = 0

    def usable(self, capacity: float) -> float:
        """Return how much of an environment may be in use, as far as this queue places jobs there."""
        return capacity

    def attainable(self, capacity: float) -> float:
        """Return how much that can ever be."""
        return capacity

    def submitted(self, job: JobT) -> None:
        """Hear of a new job, children of arrays aside."""

    def dispatched(self, job: JobT) -> None:
        """Hear of an attempt that has got its room."""
        self.in_use += job.demand

    def started(self, job: JobT, now_ms: int) -> None:
        """Hear of an attempt whose container runs from now on."""

    def freed(self, job: JobT, now_ms: int, *, has_run: bool) -> None:  # noqa: ARG002 - for who shares by use
        """Hear of an attempt that gives its room back.

        Args:
            job: Whose attempt it was.
            now_ms: The present moment, in milliseconds since the epoch.
            has_run: Whether its container ever ran.
        """
        self.in_use -= job.demand

    def ended(self, job: JobT) -> None:
        """Hear of the end of a job, children of arrays aside."""
