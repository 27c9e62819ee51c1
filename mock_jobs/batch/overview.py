"""What reports show of AWS Batch in one account and region: records, conditions and hints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, Protocol

from mock_jobs.batch.records.job import ArrayJob
from mock_jobs.batch.states import TERMINAL
from mock_jobs.core.service_base import Row

if TYPE_CHECKING:
    from mock_jobs.batch.records.job import Job
    from mock_jobs.batch.region import BatchRegion
    from mock_jobs.batch.service_jobs.job import ServiceJob

JOBS: Final = "Batch jobs"
SERVICE_JOBS: Final = "Batch service jobs"


class _Resource(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def status(self) -> str: ...

    @property
    def state(self) -> str: ...


def rows(region: BatchRegion) -> Mapping[str, Iterable[Row]]:
    """Return the rows of all records, by their kind. The children of an array are counted in its reason."""
    definitions = (each for revisions in region.definitions.values() for each in revisions if not each.is_deleted)
    return {
        JOBS: map(_job_row, region.jobs.values()),
        SERVICE_JOBS: map(_service_job_row, region.service_jobs.values()),
        "Batch job queues": (
            _resource_row(each, each.blocks[-1].reason if each.blocks else None) for each in region.queues.values()
        ),
        "Batch compute environments": (_resource_row(each, each.problem) for each in region.environments.values()),
        "Batch service environments": (_resource_row(each) for each in region.service_environments.values()),
        "Batch job definitions": (
            Row(f"{each.name}:{each.revision}", each.name, "ACTIVE" if each.is_active else "INACTIVE") for each in definitions
        ),
        "Batch scheduling policies": (Row(each.name, each.name) for each in region.scheduling_policies.values()),
        "Batch consumable resources": (
            Row(each.name, each.name, reason=f"{each.available} of {each.total} available")
            for each in region.consumables.by_arn.values()
        ),
    }


def why_unfinished(region: BatchRegion, job_id: str) -> str | None:
    """Return what an unfinished job waits for, in words."""
    found = region.find_steppable(job_id)
    return None if found is None or found.job.is_terminal else found.why_stuck()


def hints(region: BatchRegion) -> list[str]:
    """Return what keeps the unfinished jobs from moving because of the pace, and what to do."""
    waiting = sum(job.status not in TERMINAL for job in region.jobs.values())
    waiting += sum(job.status not in TERMINAL for job in region.service_jobs.values())
    if not waiting:
        return []
    number = "1 job is" if waiting == 1 else f"{waiting} jobs are"
    match region.scenario.pace_stack.pace.mode:
        case "manual":
            return [f"{number} unfinished, and the pace is manual: only mock.batch.step(), run_until() and run_all() move jobs"]
        case "clock":
            return [f"{number} unfinished, and the pace is clock: mock.clock.advance() moves jobs, or real time"]
        case _:
            return [f"{number} unfinished, and the pace is poll: a job moves when its state is read a second time"]


def _job_row(job: Job) -> Row:
    reason = job.status_reason
    if isinstance(job, ArrayJob):
        children = ", ".join(f"{number} {status}" for status, number in job.summary.items() if number)
        reason = f"children: {children}" if reason is None else f"{reason}; children: {children}"
    return Row(job.job_id, job.spec.name, job.status, reason, job.spec.queue.name, job.created_ms)


def _service_job_row(job: ServiceJob) -> Row:
    return Row(job.job_id, job.spec.name, job.status, job.status_reason, job.spec.queue.name, job.created_ms)


def _resource_row(resource: _Resource, reason: str | None = None) -> Row:
    status = resource.status if resource.state == "ENABLED" else f"{resource.status}, {resource.state}"
    return Row(resource.name, resource.name, status, reason)
