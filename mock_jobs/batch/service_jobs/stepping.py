"""Moving one service job by hand, and explaining why that cannot be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from mock_jobs.batch.manual_steps import Steppable
from mock_jobs.batch.service_jobs.states import SCHEDULED, SERVICE_STATUSES
from mock_jobs.batch.states import RUNNABLE, RUNNING, STARTING, SUBMITTED

if TYPE_CHECKING:
    from mock_jobs.batch.service_jobs.job import ServiceJob
    from mock_jobs.batch.service_jobs.lifecycle import ServiceLifecycle


class SteppableServiceJob(Steppable):
    """A service job that a test can move by hand."""

    statuses = SERVICE_STATUSES
    terminated_by = "TerminateServiceJob"
    job: ServiceJob

    def __init__(self, job: ServiceJob, lifecycle: ServiceLifecycle) -> None:
        self.job = job
        self._lifecycle = lifecycle

    @property
    def _moves(self) -> Mapping[str, Callable[[ServiceJob], object]]:
        lifecycle = self._lifecycle
        return {
            SUBMITTED: lifecycle.evaluate,
            RUNNABLE: lifecycle.scheduler.dispatch_now,
            SCHEDULED: lifecycle.accept,
            STARTING: lifecycle.start,
            RUNNING: lifecycle.end,
        }

    def _why_waiting(self) -> str | None:
        job = self.job
        if job.status != RUNNABLE:
            return None
        environment, share = job.spec.queue.environment, job.spec.share
        blocked = "" if job.status_reason is None else f" ({job.status_reason})"
        room = f"{environment.name} ({environment.state}, {environment.status}, {_used(environment.in_use, environment.limits)})"
        if share is not None:
            room += f" and quota share {share.name} ({_used(share.in_use, share.limits)})"
        need = ", ".join(f"{count} {unit}" for unit, count in environment.need_of(job.spec.instances).items())
        return f"it is RUNNABLE{blocked}, needs {need} and waits for capacity or its turn in {room}"


def _used(in_use: Mapping[str, int], limits: Mapping[str, int]) -> str:
    return ", ".join(f"{in_use.get(unit, 0)} of {most} {unit} in use" for unit, most in limits.items())
