"""The life of job executions: every change to one goes through here, whichever plane it comes from."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from mock_jobs.core.world import World
from mock_jobs.iot import states
from mock_jobs.iot.lifecycle.job_events import DELETED, Announcer
from mock_jobs.iot.records.job import Execution, Job
from mock_jobs.iot.records.store import JobStore
from mock_jobs.iot.records.thing_queue import ThingQueue
from mock_jobs.iot.rules.execution_timers import start_timers
from mock_jobs.iot.rules.retry import Retries
from mock_jobs.iot.states import ExecutionTrigger

if TYPE_CHECKING:
    from mypy_boto3_iot.literals import JobExecutionStatusType


class ExecutionLifecycle(JobStore):
    """Applies changes to executions that were found legal."""

    def __init__(self, world: World, account: str, region: str) -> None:
        super().__init__(world, account, region)
        self.announcer = Announcer(world, self.scope)

    @abstractmethod
    def execution_ended(self, execution: Execution) -> None:
        """Draw the consequences for its job, once an execution has ended by itself."""

    @abstractmethod
    def execution_deleted(self, job: Job) -> None:
        """Draw the consequences for its job, once an execution was deleted by itself."""

    def queue(self, job: Job, thing_names: Iterable[str]) -> None:
        """Create the next execution of each of these things."""
        self._create(job, thing_names, states.QUEUED)

    def write_removed(self, job: Job, thing_name: str) -> None:
        """Write down that a thing is gone whose executions were all deleted.

        Source: one that is REMOVED, with number 1; no event tells of it (observed).
        """
        self._create(job, [thing_name], states.REMOVED)

    def _create(self, job: Job, thing_names: Iterable[str], status: JobExecutionStatusType) -> None:
        now_ms = self.world.clock.now_ms
        queues, executions = self._queues, job.executions
        created = []
        for name in thing_names:
            execution = Execution(job, name, next(self._execution_sequence), now_ms, executions.latest(name))
            execution.status = status
            queue = queues.get(name)
            if queue is None:
                queue = queues[name] = ThingQueue()
            queue.add(execution)
            created.append(execution)
        executions.add_all(created)

    def queue_retry(self, execution: Execution, retries: Retries) -> None:
        """Create the execution that tries again what has just failed."""
        self.queue(execution.job, [execution.thing_name])
        attempt = execution.job.executions.latest(execution.thing_name)
        assert attempt is not None
        attempt.retries = retries

    def change_one(
        self,
        execution: Execution,
        trigger: ExecutionTrigger,
        details: Mapping[str, str] | None = None,
        step_minutes: int | None = None,
    ) -> None:
        """Let a trigger change one execution that it can change, and its job in consequence.

        Args:
            execution: The execution.
            trigger: What happens.
            details: Replace the status details as a whole, unless None. Source: an empty map replaces too (observed).
            step_minutes: New step timer if the execution runs then, -1 for none, None to leave it as it is.
        """
        is_start = execution.status == states.QUEUED
        if details is not None:
            execution.status_details = dict(details)
        self.change_some([execution], trigger)
        if execution.status == states.IN_PROGRESS:
            if is_start:
                execution.timers = start_timers(execution.job.configs.timeout, step_minutes, self.world.clock.now_ms)
                self._arm(execution)
            elif step_minutes is not None:
                self.set_step_timer(execution, step_minutes)
            return
        self.execution_ended(execution)

    def change_some(self, executions: list[Execution], trigger: ExecutionTrigger) -> None:
        """Let a trigger change executions of one job and one status; what that means for the job is left to the caller."""
        for execution in executions:
            execution.job.executions.shelf(execution.status).remove(execution)
        self.change(executions, trigger)

    def change(self, executions: list[Execution], trigger: ExecutionTrigger) -> None:
        """Let a trigger change executions of one job and one status, which are off their shelf already.

        Source: each change raises the version (documented) but the one to REMOVED (observed). A device's first report sets
        `startedAt` for good, also one of SUCCEEDED or FAILED straight from QUEUED, but not one of REJECTED (observed). A
        cancel with force marks all that it cancels (documented).
        """
        if not executions:
            return
        now_ms = self.world.clock.now_ms
        status = states.next_execution_status(executions[0].status, trigger)
        assert status is not None
        has_ended = status not in states.PENDING
        for execution in executions:
            queue = self._queues[execution.thing_name]
            queue.remove(execution)
            execution.status = status
            execution.updated_at_ms = now_ms
            if status != states.REMOVED:
                execution.version += 1
            if execution.started_at_ms is None and status in states.STARTING:
                execution.started_at_ms = now_ms
            if execution.timers is not None and status != states.IN_PROGRESS:
                self._drop_timers(execution)
            if trigger is ExecutionTrigger.FORCE_CANCEL:
                execution.is_force_canceled = True
            queue.add(execution)
            if has_ended:
                self.announcer.announce_execution(execution)
        executions[0].job.executions.shelf(status).add_all(executions)

    def delete_execution(self, execution: Execution) -> None:
        """Forget an execution; its job may be completed by that, or aborted. Source: observed."""
        self.forget_execution(execution)
        self.announcer.announce_execution(execution, DELETED)
        execution.job.executions.remove(execution)
        self.execution_deleted(execution.job)

    def forget_execution(self, execution: Execution) -> None:
        """Take an execution from its thing; its job still has it."""
        self._drop_timers(execution)
        queue = self._queues[execution.thing_name]
        queue.remove(execution)
        if queue.is_empty:
            del self._queues[execution.thing_name]

    # Timers

    def set_step_timer(self, execution: Execution, minutes: int) -> None:
        """Start the step timer of an execution that runs anew, or turn it off with -1."""
        if execution.timers is None:
            execution.timers = start_timers(None, minutes, self.world.clock.now_ms)
        else:
            execution.timers.set_step(minutes, self.world.clock.now_ms)
        self._arm(execution)

    def _arm(self, execution: Execution) -> None:
        if execution.timers is not None:
            execution.timers.arm(self.world.clock, partial(self.change_one, execution, ExecutionTrigger.TIME_OUT))

    def _drop_timers(self, execution: Execution) -> None:
        if execution.timers is not None:
            execution.timers.stop()
            execution.timers = None
