"""Moving one service job by hand, and saying why that cannot be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mock_jobs.batch.service_jobs.states import SCHEDULED, SERVICE_STATUSES
from mock_jobs.batch.states import RUNNABLE, RUNNING, STARTING, SUBMITTED

if TYPE_CHECKING:
    from mock_jobs.batch.service_jobs.job import ServiceJob
    from mock_jobs.batch.service_jobs.lifecycle import ServiceLifecycle


@dataclass(frozen=True, slots=True)
class SteppableServiceJob:
    """A service job."""

    job: ServiceJob
    lifecycle: ServiceLifecycle

    @property
    def statuses(self) -> Sequence[str]:
        """Every status that there is."""
        return SERVICE_STATUSES

    def step(self) -> None:
        """Move it by one state, if that is possible."""
        job, lifecycle = self.job, self.lifecycle
        if job.status == SUBMITTED:
            lifecycle.evaluate(job)
        elif job.status == RUNNABLE:
            lifecycle.scheduler.dispatch_now(job)
        elif job.status == SCHEDULED:
            lifecycle.accept(job)
        elif job.status == STARTING:
            lifecycle.start(job)
        elif job.status == RUNNING and not job.hangs:
            lifecycle.end(job)

    def why_stuck(self) -> str:
        """Return what it waits for, in words."""
        job = self.job
        if job.status == RUNNABLE:
            environment, share = job.spec.queue.environment, job.spec.share
            blocked = "" if job.status_reason is None else f" ({job.status_reason})"
            room = (
                f"{environment.name} ({environment.state}, {environment.status}, {_used(environment.in_use, environment.limits)})"
            )
            if share is not None:
                room += f" and quota share {share.name} ({_used(share.in_use, share.limits)})"
            need = ", ".join(f"{count} {unit}" for unit, count in environment.need_of(job.spec.instances).items())
            return f"it is RUNNABLE{blocked}, needs {need} and waits for capacity or its turn in {room}"
        if job.status == RUNNING and job.hangs:
            return "it is RUNNING and its plan lets it hang until a timeout or TerminateServiceJob ends it"
        return f"it is {job.status}" + (f" ({job.status_reason})" if job.is_terminal else "")


def _used(in_use: Mapping[str, int], limits: Mapping[str, int]) -> str:
    return ", ".join(f"{in_use.get(unit, 0)} of {most} {unit} in use" for unit, most in limits.items())
