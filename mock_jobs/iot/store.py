"""The jobs and executions of one account and region, and every change to them: both planes go through here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from heapq import merge
from itertools import count
from typing import TYPE_CHECKING

from mock_jobs.aws import AwsError, Backend, Violation
from mock_jobs.iot import abort, messages, states
from mock_jobs.iot.exceptions import InvalidRequestException, ResourceNotFoundException
from mock_jobs.iot.executions import Execution
from mock_jobs.iot.jobs import Job
from mock_jobs.iot.queues import ThingQueue
from mock_jobs.iot.retry import next_retries
from mock_jobs.iot.rollout import Rollout, rate_per_minute
from mock_jobs.iot.shelf import Shelf
from mock_jobs.iot.states import ExecutionTrigger, JobTrigger
from mock_jobs.iot.targets import Target, expand
from mock_jobs.iot.timers import start_timers
from mock_jobs.iot.validation import validation_error
from mock_jobs.things import ThingRegistry
from mock_jobs.world import World

if TYPE_CHECKING:
    from mypy_boto3_iot.literals import JobStatusType


class JobStore(Backend):
    """Base of the backends of AWS IoT Jobs: holds the records, and applies changes that were found legal."""

    def __init__(self, world: World, account: str, region: str) -> None:
        super().__init__(world, account, region)
        self._jobs: dict[str, Job] = {}
        self._shelves: dict[JobStatusType, Shelf[Job]] = {}
        self._queues: dict[str, ThingQueue] = {}
        self._job_sequence = count(1)
        self._execution_sequence = count(1)

    @classmethod
    def refuse(cls, violations: Sequence[Violation]) -> AwsError:
        """Return the service's error for a request that breaks constraints of the model. Source: observed."""
        return validation_error(violations)

    @classmethod
    def refuse_body(cls) -> AwsError:
        """Return the error for a body that is not a JSON object. Source: the declared errors (code documented, text inferred)."""
        return InvalidRequestException(messages.BODY_UNREADABLE)

    # Looking up

    @property
    def scope(self) -> tuple[str, str, str]:
        """Partition, region and account."""
        return (self.partition, self.region, self.account)

    def arn(self, kind: str, name: str) -> str:
        """Return the ARN of a resource of AWS IoT in this account and region."""
        return f"arn:{self.partition}:iot:{self.region}:{self.account}:{kind}/{name}"

    @property
    def registry(self) -> ThingRegistry:
        """The things and thing groups as they are now."""
        return self.world.neighbours.things(self.account, self.region)

    def get_job(self, job_id: str) -> Job | None:
        """Return a job, None if there is none with this id."""
        return self._jobs.get(job_id)

    def job_or_404(self, job_id: str, text: str = messages.JOB_NOT_FOUND) -> Job:
        """Return a job.

        Raises:
            ResourceNotFoundException: There is none with this id.
        """
        job = self._jobs.get(job_id)
        if job is None:
            raise ResourceNotFoundException(text.format(job_id=job_id))
        return job

    def newest_jobs(self, status: JobStatusType | None, after: tuple[int, ...] | None) -> Iterator[Job]:
        """Yield the jobs with a status or all, the one created last first, those that come after a key."""
        if status is not None:
            return self._shelf(status).downwards(after)
        return merge(*(shelf.downwards(after) for shelf in self._shelves.values()), key=job_key, reverse=True)

    def _shelf(self, status: JobStatusType) -> Shelf[Job]:
        found = self._shelves.get(status)
        if found is None:
            found = self._shelves[status] = Shelf(job_key)
        return found

    def executions_of_thing(self, thing_name: str, before: int | None) -> Iterator[Execution]:
        """Yield the executions of a thing, the one queued last first, those with a lower sequence than `before`."""
        queue = self._queues.get(thing_name)
        return iter(()) if queue is None else queue.newest_first(before)

    def pending(self, thing_name: str) -> Iterator[Execution]:
        """Yield what a thing has before it, the next first.

        Jobs with a namespace are left out: the product that manages them has interfaces of its own. Source: CreateJob, API
        reference, on MQTT topics (documented); the same over HTTP is inferred.
        """
        queue = self._queues.get(thing_name)
        return iter(()) if queue is None else (each for each in queue.pending() if each.job.namespace_id is None)

    # Jobs

    def add_job(self, job: Job, targets: list[Target]) -> None:
        """Store a new job and begin its rollout, at once or when its schedule says so."""
        self._jobs[job.job_id] = job
        self._shelf(job.status).add(job)
        if job.schedule is not None:
            job.schedule.arm(self.world.clock, partial(self._start, job, targets), partial(self._end, job))
        if job.status == states.IN_PROGRESS:
            self._begin_rollout(job, targets)

    def _start(self, job: Job, targets: list[Target]) -> None:
        """Start a scheduled job, for the things that its targets come to now.

        Source: developer guide, "Job scheduling configuration" (documented); that targets which are gone are passed over is
        inferred.
        """
        self._set_job_status(job, JobTrigger.START)
        registry = self.registry
        self._begin_rollout(job, [each for each in targets if each.is_group or registry.has_thing(each.name)])

    def _end(self, job: Job) -> None:
        """Create nothing more; then complete the job, cancel it, or let what it has go on.

        Source: SchedulingConfig, API reference; developer guide, "Job scheduling configuration" (documented). That the job is
        CANCELED by an end that cancels its executions, and COMPLETED if all of them are terminal already, is inferred.
        """
        schedule = job.schedule
        assert schedule is not None
        schedule.has_ended = True
        if job.rollout is not None:
            self._end_rollout(job)
            job.updated_at_ms = self.world.clock.now_ms
        self.settle(job)
        if schedule.end_trigger is not None and job.status == states.IN_PROGRESS:
            assert job.scheduling_config is not None
            time, behavior = job.scheduling_config["endTime"], job.scheduling_config["endBehavior"]
            job.comment = messages.END_COMMENT.format(time=time, behavior=behavior)
            self.cancel(job, schedule.end_trigger)

    def next_job_sequence(self) -> int:
        """Return the number of the next job."""
        return next(self._job_sequence)

    def cancel(self, job: Job, trigger: ExecutionTrigger) -> None:
        """Cancel a job at once, and those of its executions that the trigger reaches.

        Source: CancelJob, API reference (documented); that the job itself is CANCELED at once, also while executions are
        left IN_PROGRESS, is inferred.

        Args:
            job: A job that can be canceled.
            trigger: CANCEL or FORCE_CANCEL.
        """
        self._set_job_status(job, JobTrigger.CANCEL)
        job.is_force_canceled = trigger is ExecutionTrigger.FORCE_CANCEL
        self._end_rollout(job)
        for status in states.sources(trigger):
            self.change(job.executions.shelf(status).clear(), trigger)

    def delete(self, job: Job) -> None:
        """Delete a job and all its executions within this call. Source: the duration is ours."""
        self._end_rollout(job)
        if job.schedule is not None:
            job.schedule.stop()
        for execution in job.executions:
            self._leave_queue(execution)
        del self._jobs[job.job_id]
        self._shelf(job.status).remove(job)

    def settle(self, job: Job) -> None:
        """Complete a job if nothing is left to do.

        Source: developer guide, "Jobs and job execution states" (documented): a snapshot job is COMPLETED when all its
        executions are terminal, whichever way. One without any is COMPLETED at once (inferred).
        """
        executions = job.executions
        if job.rollout is not None or any(executions.count(status) for status in states.PENDING):
            return
        if states.next_job_status(job.status, JobTrigger.COMPLETE) is not None:
            self._set_job_status(job, JobTrigger.COMPLETE)
            job.completed_at_ms = self.world.clock.now_ms

    def _check_abort(self, job: Job) -> None:
        """Cancel a job, without force, if an abort criterion is met.

        Source: developer guide, "Job abort configuration" (documented); the reason and the comment are observed.
        """
        if job.abort_config is None or job.status != states.IN_PROGRESS:
            return
        met = abort.find_met_criterion(job.abort_config, job.executions.counts())
        if met is not None:
            job.reason_code = abort.REASON_CODE
            job.comment = met.comment
            self.cancel(job, ExecutionTrigger.CANCEL)

    def _set_job_status(self, job: Job, trigger: JobTrigger) -> None:
        status = states.next_job_status(job.status, trigger)
        assert status is not None
        self._shelf(job.status).remove(job)
        job.status = status
        self._shelf(status).add(job)
        job.updated_at_ms = self.world.clock.now_ms
        if job.schedule is not None and status != states.IN_PROGRESS:
            job.schedule.stop()

    # Rollout

    def _begin_rollout(self, job: Job, targets: list[Target]) -> None:
        job.rollout = Rollout(expand(targets, self.registry), self.world.clock.now_ms)
        self._roll_out(job)

    def _roll_out(self, job: Job) -> None:
        rollout = job.rollout
        assert rollout is not None
        per_minute = rate_per_minute(job.rollout_config, rollout.notified, job.executions.count(states.SUCCEEDED))
        self._queue(job, rollout.take(per_minute, self.registry))
        if rollout.is_finished:
            self._end_rollout(job)
            job.updated_at_ms = self.world.clock.now_ms
            self.settle(job)
        else:
            rollout.timer = self.world.clock.call_at(rollout.next_tick_ms, partial(self._roll_out, job))

    def _end_rollout(self, job: Job) -> None:
        if job.rollout is not None:
            job.rollout.stop()
            job.rollout = None

    # Executions

    def _queue(self, job: Job, thing_names: Iterable[str]) -> None:
        now_ms = self.world.clock.now_ms
        queues, executions = self._queues, job.executions
        created = []
        for name in thing_names:
            execution = Execution(job, name, next(self._execution_sequence), now_ms, executions.latest(name))
            queue = queues.get(name)
            if queue is None:
                queue = queues[name] = ThingQueue()
            queue.add(execution)
            created.append(execution)
        executions.add_all(created)

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
        execution.job.executions.shelf(execution.status).remove(execution)
        self.change([execution], trigger)
        if execution.status == states.IN_PROGRESS:
            if is_start:
                execution.timers = start_timers(execution.job.timeout_config, step_minutes, self.world.clock.now_ms)
                self._arm(execution)
            elif step_minutes is not None:
                self.set_step_timer(execution, step_minutes)
            return
        self._go_on(execution)

    def _go_on(self, execution: Execution) -> None:
        """Draw the consequences of an execution's end: its job is completed or else may be aborted, or its thing tries again.

        Source: completion comes before the abort criteria (observed), these before a retry is queued (inferred). No retry
        follows once the job is canceled or its end has come: developer guide, "Job executions retry configuration"
        (documented). What a thing's deletion removes counts for the criteria, but does not make the service look at them
        (inferred).
        """
        job = execution.job
        is_over = job.schedule is not None and job.schedule.has_ended
        retries = None if is_over else next_retries(job.retry_config, execution.retries, execution.status)
        if retries is None:
            self.settle(job)
        if execution.status != states.REMOVED:
            self._check_abort(job)
        if retries is not None and job.status == states.IN_PROGRESS:
            self._queue(job, [execution.thing_name])
            attempt = job.executions.latest(execution.thing_name)
            assert attempt is not None
            attempt.retries = retries

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
        executions[0].job.executions.shelf(status).add_all(executions)

    def delete_execution(self, execution: Execution) -> None:
        """Forget an execution; its job may be completed by that, or aborted. Source: observed."""
        self._leave_queue(execution)
        execution.job.executions.remove(execution)
        self.settle(execution.job)
        self._check_abort(execution.job)

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

    def _leave_queue(self, execution: Execution) -> None:
        self._drop_timers(execution)
        queue = self._queues[execution.thing_name]
        queue.remove(execution)
        if queue.is_empty:
            del self._queues[execution.thing_name]

    # What happens to things

    def thing_deleted(self, thing_name: str) -> None:
        """Let a thing's deletion from the registry remove what it has not finished; the records stay.

        Source: JobProcessDetails, API reference: the number of removed things counts deleted ones (documented); that executions
        IN_PROGRESS are removed too is inferred.
        """
        queue = self._queues.get(thing_name)
        if queue is None:
            return
        for execution in list(queue.pending()):
            self.change_one(execution, ExecutionTrigger.DELETE_THING)


def job_key(job: Job) -> tuple[int, ...]:
    """Return the key by which jobs are listed, the highest first. Source: newest first (inferred from the guide's example)."""
    return (job.sequence,)
