"""Moving one job by hand, and saying why that cannot be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mock_jobs.batch.lifecycle.dependencies import waiting_for
from mock_jobs.batch.records.job import ArrayJob, Job
from mock_jobs.batch.records.node import Node
from mock_jobs.batch.states import PENDING, RUNNABLE, RUNNING, STARTING, STATUSES, SUBMITTED

if TYPE_CHECKING:
    from mock_jobs.batch.lifecycle.jobs import Lifecycle
    from mock_jobs.batch.queueing.schedulable import Queued


class Steppable(Protocol):
    """A job of any kind that the author of a test moves."""

    @property
    def statuses(self) -> Sequence[str]:
        """Every status that there is for a job of this kind."""
        ...

    @property
    def job(self) -> Queued:
        """The job."""
        ...

    def step(self) -> None:
        """Move it by one state, if that is possible."""
        ...

    def why_stuck(self) -> str:
        """Return what it waits for, in words."""
        ...


@dataclass(frozen=True, slots=True)
class SteppableJob:
    """A plain job, an array child, or a node beside the main one."""

    job: Job
    lifecycle: Lifecycle

    @property
    def statuses(self) -> Sequence[str]:
        """Every status that there is."""
        return STATUSES

    def step(self) -> None:
        """Move it by one state, if that is possible."""
        job, lifecycle = self.job, self.lifecycle
        if isinstance(job, Node) and job.status not in (STARTING, RUNNING):
            # It waits with its whole job.
            return
        if job.status == SUBMITTED:
            lifecycle.evaluate(job)
        elif job.status == PENDING:
            lifecycle.resolve(job)
        elif job.status == RUNNABLE:
            lifecycle.scheduler.dispatch_now(job)
        elif job.status == STARTING:
            lifecycle.start(job)
        elif job.status == RUNNING and not job.hangs:
            lifecycle.end(job)

    def why_stuck(self) -> str:
        """Return what it waits for, in words."""
        job = self.job
        if job.is_terminal:
            return f"it is {job.status} ({job.status_reason})"
        if isinstance(job, Node) and job.status not in (STARTING, RUNNING):
            main = f"{job.whole.job_id}#{job.whole.main_node}"
            return f"it is {job.status}, and a node that starts when the main node {main} runs"
        if isinstance(job, ArrayJob) and job.status == PENDING and not waiting_for(job):
            summary = ", ".join(f"{count} {status}" for status, count in job.summary.items() if count)
            return f"it is PENDING, its children are what moves: {summary}"
        if job.status == PENDING:
            others = ", ".join(f"{other.job_id} ({other.status})" for other in waiting_for(job))
            return f"it is PENDING and waits for {others or 'its array'}"
        if job.status == RUNNABLE:
            return f"it is RUNNABLE{self._what_it_waits_for()}"
        if self.lifecycle.functions.is_running(job):
            return "it is RUNNING and its function has not returned"
        if job.status == RUNNING and job.hangs:
            return "it is RUNNING and its plan lets it hang until a timeout or TerminateJob ends it"
        return f"it is {job.status}"

    def _what_it_waits_for(self) -> str:
        spec = self.job.spec
        queue = spec.queue
        if queue.outages:
            return f" and its queue is blocked: {queue.outages[-1].reason}"
        if spec.requirements is not None and (lacking := self.lifecycle.consumables.lacking(spec.requirements.needs)):
            return f" and waits for {', '.join(lacking)}"
        rooms = ", ".join(
            f"{each.name} ({each.state}, {each.status}, {each.in_use:g} of {queue.usage.usable(each.capacity):g} vCPUs in use)"
            for each in queue.environments
        )
        blocked = "" if self.job.status_reason is None else f" ({self.job.status_reason})"
        return f"{blocked}, needs {spec.vcpus:g} vCPUs and waits for room or its turn in {rooms}"
