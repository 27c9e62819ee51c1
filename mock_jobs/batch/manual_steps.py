"""Move one job by hand, or explain why it cannot move."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from mock_jobs.batch.lifecycle.dependencies import waiting_for
from mock_jobs.batch.queueing.schedulable import Queued
from mock_jobs.batch.records.job import ArrayJob, Job
from mock_jobs.batch.records.node import Node
from mock_jobs.batch.states import PENDING, RUNNABLE, RUNNING, STARTING, STATUSES, SUBMITTED

if TYPE_CHECKING:
    from mock_jobs.batch.lifecycle.jobs import Lifecycle


class _Running(Queued, Protocol):
    """A job of any kind, which may run."""

    @property
    def is_endless(self) -> bool:
        """Whether it runs and will currently not end by itself."""
        ...


class Steppable(ABC):
    """A job of any kind that a test moves by hand.

    Attributes:
        statuses: All statuses of jobs of this kind.
        terminated_by: The operation that ends such a job while it runs.
        job: The job.
    """

    statuses: ClassVar[Sequence[str]]
    terminated_by: ClassVar[str]
    job: _Running

    @property
    @abstractmethod
    def _moves(self) -> Mapping[str, Callable[[Any], object]]:
        """The function that moves the job on, by status; statuses without one are left out."""

    @abstractmethod
    def _why_waiting(self) -> str | None:
        """Return what the unfinished job waits for, in words; None for nothing in particular."""

    def step(self, now_ms: int) -> None:
        """Move the job by one state now, even before it is due, if it can move."""
        job = self.job
        job.due_ms = min(job.due_ms, now_ms)
        move = None if job.is_endless else self._moves.get(job.status)
        if move is not None:
            move(job)

    def why_stuck(self) -> str:
        """Return what the job waits for, in words."""
        job = self.job
        if job.is_terminal:
            return f"it is {job.status} ({job.status_reason})"
        why = self._why_waiting()
        if why is not None:
            return why
        if job.is_endless:
            return f"it is RUNNING, and its plan never ends: a timeout or {self.terminated_by} has to end it"
        return f"it is {job.status}"


class SteppableJob(Steppable):
    """A plain job, an array child, or a node beside the main one."""

    statuses = STATUSES
    terminated_by = "TerminateJob"
    job: Job

    def __init__(self, job: Job, lifecycle: Lifecycle) -> None:
        self.job = job
        self._lifecycle = lifecycle

    @property
    def _moves(self) -> Mapping[str, Callable[[Job], object]]:
        lifecycle = self._lifecycle
        running = {STARTING: lifecycle.start, RUNNING: lifecycle.end}
        if isinstance(self.job, Node):
            # Before STARTING, a node moves with its whole job.
            return running
        return {
            SUBMITTED: lifecycle.evaluate,
            PENDING: lifecycle.resolve,
            RUNNABLE: lifecycle.scheduler.dispatch_now,
            **running,
        }

    def _why_waiting(self) -> str | None:
        job = self.job
        if isinstance(job, Node) and job.status not in (STARTING, RUNNING):
            main = f"{job.whole.job_id}#{job.whole.main_node}"
            return f"it is {job.status}, and a node that starts when the main node {main} runs"
        if isinstance(job, ArrayJob) and job.status == PENDING and not waiting_for(job):
            summary = ", ".join(f"{count} {status}" for status, count in job.summary.items() if count)
            return f"it is PENDING and moves with its children: {summary}"
        if job.status == PENDING:
            others = ", ".join(f"{other.job_id} ({other.status})" for other in waiting_for(job))
            return f"it is PENDING and waits for {others or 'its array'}"
        if job.status == RUNNABLE:
            return f"it is RUNNABLE{self._what_it_waits_for()}"
        return "it is RUNNING and its function has not returned" if self._lifecycle.functions.is_running(job) else None

    def _what_it_waits_for(self) -> str:
        spec = self.job.spec
        queue = spec.queue
        if queue.blocks:
            return f" and its queue is blocked: {queue.blocks[-1].reason}"
        if spec.requirements is not None and (lacking := self._lifecycle.consumables.lacking(spec.requirements.needs)):
            return f" and waits for {', '.join(lacking)}"
        rooms = ", ".join(
            f"{each.name} ({each.state}, {each.status}, {each.in_use:g} of {queue.usage.usable(each.capacity):g} vCPUs in use)"
            for each in queue.environments
        )
        blocked = "" if self.job.status_reason is None else f" ({self.job.status_reason})"
        return f"{blocked}, needs {spec.vcpus:g} vCPUs and waits for room or its turn in {rooms}"
