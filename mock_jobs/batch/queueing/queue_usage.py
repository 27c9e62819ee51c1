"""How much of its environments a job queue uses."""

from __future__ import annotations

from typing import Generic

from mock_jobs.batch.queueing.schedulable import JobT


class QueueUsage(Generic[JobT]):
    """What the dispatched jobs of one queue hold.

    It is called at every step that fair shares need; this base class only keeps the sum.

    Attributes:
        in_use: How much dispatched jobs hold: vCPUs, or instances.
    """

    def __init__(self) -> None:
        self.in_use: float = 0

    def usable(self, capacity: float) -> float:
        """Return how much of an environment may be in use after this queue dispatches."""
        return capacity

    def attainable(self, capacity: float) -> float:
        """Return the most that `usable` can ever return."""
        return capacity

    def submitted(self, job: JobT) -> None:
        """Count a submitted job; children of arrays are not counted."""

    def dispatched(self, job: JobT) -> None:
        """Add the demand of an attempt that was dispatched."""
        self.in_use += job.demand

    def started(self, job: JobT, now_ms: int) -> None:
        """Record that the container of an attempt runs from now on."""

    def freed(self, job: JobT, now_ms: int, *, has_run: bool) -> None:  # noqa: ARG002 - for fair shares
        """Subtract the demand of an attempt that has ended.

        Args:
            job: Job of the attempt.
            now_ms: The current time, in milliseconds since the epoch.
            has_run: Whether its container ever ran.
        """
        self.in_use -= job.demand

    def ended(self, job: JobT) -> None:
        """Count a job that has ended; children of arrays are not counted."""
