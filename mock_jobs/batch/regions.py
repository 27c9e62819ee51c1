"""What a test reaches of one account and region."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from mock_jobs.batch.lifecycle.jobs import Lifecycle
    from mock_jobs.batch.manual_steps import Steppable
    from mock_jobs.batch.records.compute_environment import ComputeEnvironment
    from mock_jobs.batch.records.job import Job
    from mock_jobs.batch.records.job_queue import JobQueue
    from mock_jobs.batch.service_jobs.job import ServiceJob
    from mock_jobs.batch.service_jobs.lifecycle import ServiceLifecycle


class Region(Protocol):
    """The jobs of one account and region."""

    jobs: dict[str, Job]
    service_jobs: dict[str, ServiceJob]
    environments: dict[str, ComputeEnvironment]
    queues: dict[str, JobQueue]
    lifecycle: Lifecycle
    service_lifecycle: ServiceLifecycle

    def find_steppable(self, job_id: str) -> Steppable | None:
        """Return a job for the author of a test to move, None if there is none."""
        ...

    def invalidate(self, environment: ComputeEnvironment, problem: str) -> None:
        """Let a compute environment be INVALID."""
        ...
