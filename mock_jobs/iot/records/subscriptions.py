"""Which continuous jobs follow which things and groups."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mock_jobs.iot.records.job import Job


class TargetSubscriptions:
    """The continuous jobs that have started and are not over, by the ARNs of their targets.

    The cost of a change of a group thus depends on the jobs that follow the group, not on the number of all jobs.
    """

    def __init__(self) -> None:
        self._jobs: dict[str, dict[str, Job]] = {}

    def add(self, job: Job, arns: Iterable[str]) -> None:
        """Subscribe a job to these targets."""
        for arn in arns:
            self._jobs.setdefault(arn, {})[job.job_id] = job

    def remove(self, job: Job) -> None:
        """Remove all subscriptions of a job, if it has any."""
        for arn in job.targets:
            jobs = self._jobs.get(arn)
            if jobs is not None and jobs.pop(job.job_id, None) is not None and not jobs:
                del self._jobs[arn]

    def of(self, arns: Iterable[str]) -> list[Job]:
        """Return the jobs that follow any of these targets, each once, in the order of their creation."""
        found = {job.job_id: job for arn in arns for job in self._jobs.get(arn, {}).values()}
        return sorted(found.values(), key=attrgetter("sequence"))
