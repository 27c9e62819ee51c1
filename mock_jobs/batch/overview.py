"""What reports show of AWS Batch in one account and region: records, conditions and hints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, Protocol

from mock_jobs.batch.lifecycle.changes import outcome_of
from mock_jobs.batch.records.job import ArrayJob
from mock_jobs.batch.states import RUNNABLE
from mock_jobs.core.service_base import Row

if TYPE_CHECKING:
    from mock_jobs.batch.records.job import Job
    from mock_jobs.batch.region import BatchRegion
    from mock_jobs.batch.service_jobs.job import ServiceJob

JOBS: Final = "Batch jobs"
SERVICE_JOBS: Final = "Batch service jobs"


_MOVERS: Final = {
    "poll": "a job moves when its state is read a second time",
    "clock": "mock.clock.advance() moves jobs, or real time",
    "manual": "only mock.batch.step(), run_until() and run_all() move jobs",
}


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
    """Return what keeps the unfinished jobs from moving, and what to do."""
    jobs: list[Job | ServiceJob] = [*region.jobs.values(), *region.service_jobs.values()]
    unfinished = [job for job in jobs if not job.is_terminal]
    endless = sum(job.is_endless for job in unfinished)
    blocked = {job.spec.queue.name for job in unfinished if job.status == RUNNABLE and job.spec.queue.blocks}
    found = [f"the test blocks the queue {name!r}: mock.batch.unblock({name!r}) ends that" for name in sorted(blocked)]
    if endless:
        found.append(f"{_jobs(endless)} until a timeout or TerminateJob ends it: its plan has no duration")
    waiting = sum(not (job.is_endless or job.spec.queue.name in blocked) for job in unfinished)
    if waiting:
        mode = region.scenario.pace_stack.pace.mode
        found.append(f"{_jobs(waiting)}, and the pace is {mode}: {_MOVERS[mode]}")
    return found


def _jobs(number: int) -> str:
    return "1 job is unfinished" if number == 1 else f"{number} jobs are unfinished"


def _job_row(job: Job) -> Row:
    reason = "; ".join(filter(None, (job.status_reason, outcome_of(job.attempts) if job.is_terminal else None))) or None
    if isinstance(job, ArrayJob):
        children = ", ".join(f"{number} {status}" for status, number in job.summary.items() if number)
        reason = f"children: {children}" if reason is None else f"{reason}; children: {children}"
    return Row(job.job_id, job.spec.name, job.status, reason, job.spec.queue.name, job.created_ms)


def _service_job_row(job: ServiceJob) -> Row:
    return Row(job.job_id, job.spec.name, job.status, job.status_reason, job.spec.queue.name, job.created_ms)


def _resource_row(resource: _Resource, reason: str | None = None) -> Row:
    status = resource.status if resource.state == "ENABLED" else f"{resource.status}, {resource.state}"
    return Row(resource.name, resource.name, status, reason)
