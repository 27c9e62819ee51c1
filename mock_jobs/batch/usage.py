"""How much of its compute environments a job queue uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mock_jobs.batch.job import Job


class QueueUsage:
    """What the placed jobs of one queue hold.

    It hears of every step that a way of sharing the queue may need to know of; by itself it only keeps the sum.

    Attributes:
        in_use: vCPUs of the jobs that are STARTING or RUNNING.
    """

    def __init__(self) -> None:
        self.in_use: float = 0

    def usable(self, capacity: float) -> float:
        """Return how many vCPUs of a compute environment may be in use, as far as this queue places jobs there."""
        return capacity

    def attainable(self, capacity: float) -> float:
        """Return how many that can ever be."""
        return capacity

    def submitted(self, job: Job) -> None:
        """Hear of a new job, children of arrays aside."""

    def placed(self, job: Job) -> None:
        """Hear of an attempt that has got its room."""
        self.in_use += job.spec.vcpus

    def started(self, job: Job, now_ms: int) -> None:
        """Hear of an attempt whose container runs from now on."""

    def freed(self, job: Job, now_ms: int, *, has_run: bool) -> None:  # noqa: ARG002 - for who shares by use
        """Hear of an attempt that gives its room back.

        Args:
            job: Whose attempt it was.
            now_ms: The present moment, in milliseconds since the epoch.
            has_run: Whether its container ever ran.
        """
        self.in_use -= job.spec.vcpus

    def ended(self, job: Job) -> None:
        """Hear of the end of a job, children of arrays aside."""
