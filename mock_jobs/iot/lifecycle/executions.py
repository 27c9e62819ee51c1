"""The lifecycle of job executions: all changes to them, from both planes, are made here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Protocol

from mock_jobs.iot import states
from mock_jobs.iot.lifecycle import changes
from mock_jobs.iot.lifecycle.job_events import DELETED, Announcer
from mock_jobs.iot.records.job import Execution, Job
from mock_jobs.iot.records.thing_queue import ThingQueue
from mock_jobs.iot.rules.execution_timers import start_timers
from mock_jobs.iot.states import ExecutionTrigger

if TYPE_CHECKING:
    from enum import Enum

    from mypy_boto3_iot.literals import JobExecutionStatusType

    from mock_jobs.core.world_clock import WorldClock
    from mock_jobs.iot.records.store import JobStore
    from mock_jobs.iot.rules.retry import Retries


class ExecutionListener(Protocol):
    """Updates a job after a single execution of it ended or was deleted."""

    def execution_ended(self, execution: Execution) -> None:
        """Act on the end of an execution."""
        ...

    def execution_deleted(self, job: Job) -> None:
        """Act on the deletion of an execution of this job."""
        ...


class ExecutionLifecycle:
    """Applies changes to executions; the caller has checked that they are allowed.

    Args:
        store: Has the things' queues.
        clock: The clock of the world.
        announcer: Records the events.
        recorder: Records the timeline.

    Attributes:
        listener: Called when a single execution ended or was deleted; `JobLifecycle` sets itself here.
    """

    __slots__ = ("_announcer", "_clock", "_recorder", "_store", "listener")

    listener: ExecutionListener

    def __init__(self, store: JobStore, clock: WorldClock, announcer: Announcer, recorder: changes.Recorder) -> None:
        self._store = store
        self._clock = clock
        self._announcer = announcer
        self._recorder = recorder

    def queue(self, job: Job, thing_names: Iterable[str], why: str) -> None:
        """Create the next execution of each of these things.

        Args:
            job: The job.
            thing_names: The things.
            why: The cause, for the timeline.
        """
        self._create(job, thing_names, states.QUEUED, why)

    def write_removed(self, job: Job, thing_name: str) -> None:
        """Record that a thing left the targets after all its executions were deleted.

        Source: the thing gets a REMOVED execution with number 1, without an event (observed).
        """
        self._create(job, [thing_name], states.REMOVED, ExecutionTrigger.LEAVE)

    def _create(self, job: Job, thing_names: Iterable[str], status: JobExecutionStatusType, why: Enum | str) -> None:
        now_ms = self._clock.now_ms
        queues, next_sequence, executions = self._store.queues, self._store.next_execution_sequence, job.executions
        created = []
        for name in thing_names:
            execution = Execution(job, name, next_sequence(), now_ms, executions.latest(name))
            execution.status = status
            queue = queues.get(name)
            if queue is None:
                queue = queues[name] = ThingQueue()
            queue.add(execution)
            created.append(execution)
        executions.add_all(created)
        self._recorder.executions_changed(created, None, status, why)

    def queue_retry(self, execution: Execution, retries: Retries) -> None:
        """Create the next attempt after an execution that failed or timed out."""
        self.queue(execution.job, [execution.thing_name], changes.RETRY)
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
        """Apply a trigger to one execution that it can change, and update its job.

        Args:
            execution: The execution.
            trigger: The cause of the change.
            details: Replace the status details as a whole, unless None. Source: an empty map replaces them too (observed).
            step_minutes: New step timer if the execution is IN_PROGRESS afterwards, -1 for none, None to leave it unchanged.
        """
        is_start = execution.status == states.QUEUED
        if details is not None:
            execution.status_details = dict(details)
        self.change_some([execution], trigger)
        if execution.status == states.IN_PROGRESS:
            if is_start:
                execution.timers = start_timers(execution.job.configs.timeout, step_minutes, self._clock.now_ms)
                self._arm(execution)
            elif step_minutes is not None:
                self.set_step_timer(execution, step_minutes)
            return
        self.listener.execution_ended(execution)

    def change_some(self, executions: list[Execution], trigger: ExecutionTrigger) -> None:
        """Apply a trigger to executions of one job and one status; the caller updates the job."""
        for execution in executions:
            execution.job.executions.with_status(execution.status).remove(execution)
        self.change(executions, trigger)

    def change(self, executions: list[Execution], trigger: ExecutionTrigger) -> None:
        """Apply a trigger to executions of one job and one status.

        The caller has already removed them from the job's collection for their status.

        Source: each change raises the version (documented), except the one to REMOVED (observed). A device's first report sets
        `startedAt`, which never changes again; SUCCEEDED or FAILED straight from QUEUED set it too, REJECTED does not (observed).
        A cancel with force marks all executions that it cancels (documented).
        """
        if not executions:
            return
        now_ms, queues, before = self._clock.now_ms, self._store.queues, executions[0].status
        status = states.next_execution_status(before, trigger)
        assert status is not None
        has_ended = status not in states.PENDING
        for execution in executions:
            queue = queues[execution.thing_name]
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
                self._announcer.announce_execution(execution)
        executions[0].job.executions.with_status(status).add_all(executions)
        self._recorder.executions_changed(executions, before, status, trigger)

    def delete(self, execution: Execution) -> None:
        """Delete an execution; its job may be completed or aborted as a result. Source: observed."""
        self.remove_from_thing(execution)
        self._announcer.announce_execution(execution, DELETED)
        self._recorder.executions_changed([execution], execution.status, None, changes.DELETED)
        execution.job.executions.remove(execution)
        self.listener.execution_deleted(execution.job)

    def remove_from_thing(self, execution: Execution) -> None:
        """Remove an execution from the queue of its thing, but not from its job."""
        self._drop_timers(execution)
        queues = self._store.queues
        queue = queues[execution.thing_name]
        queue.remove(execution)
        if queue.is_empty:
            del queues[execution.thing_name]

    # Timers

    def set_step_timer(self, execution: Execution, minutes: int) -> None:
        """Restart the step timer of a running execution, or turn it off with -1."""
        if execution.timers is None:
            execution.timers = start_timers(None, minutes, self._clock.now_ms)
        else:
            execution.timers.set_step(minutes, self._clock.now_ms)
        self._arm(execution)

    def _arm(self, execution: Execution) -> None:
        if execution.timers is not None:
            execution.timers.arm(self._clock, partial(self.change_one, execution, ExecutionTrigger.TIME_OUT))

    def _drop_timers(self, execution: Execution) -> None:
        if execution.timers is not None:
            execution.timers.stop()
            execution.timers = None
