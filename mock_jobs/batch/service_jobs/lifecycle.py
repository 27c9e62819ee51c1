"""How service jobs move from state to state.

Sources: user guide, "Service job status", "Service job retry strategies", "Preemption" (*documented*). A training job
does what a test has planned for it; SageMaker shows it, and runs nothing. Each automatic move is scheduled in the timer batches, so that the
pace decides when it happens.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from mock_jobs.batch import messages
from mock_jobs.batch.lifecycle.base import BaseLifecycle
from mock_jobs.batch.lifecycle.changes import Recorder
from mock_jobs.batch.lifecycle.plan_matching import take_plan_for_service_job
from mock_jobs.batch.lifecycle.transition import Listener, ends, leaves_runnable
from mock_jobs.batch.scenario.plans import run_ms
from mock_jobs.batch.service_jobs.announcements import ServiceAnnouncer
from mock_jobs.batch.service_jobs.capacity import add
from mock_jobs.batch.service_jobs.job import RECENT_PREEMPTIONS, RunningServiceAttempt, ServiceAttempt, ServiceJob
from mock_jobs.batch.service_jobs.names import training_job_name
from mock_jobs.batch.service_jobs.scheduler import ServiceScheduler
from mock_jobs.batch.service_jobs.states import (
    SCHEDULED,
    SERVICE_STOP_EFFECTS,
    ServiceJobStatus,
    ServiceTrigger,
)
from mock_jobs.batch.service_jobs.training_jobs import TrainingJobWriter
from mock_jobs.batch.states import RUNNABLE, RUNNING, STARTING, SUBMITTED, StopEffect

if TYPE_CHECKING:
    from mock_jobs.batch.lifecycle.announcements import Announcer
    from mock_jobs.batch.names import Arns
    from mock_jobs.batch.queueing.time_limits import TimeLimit
    from mock_jobs.batch.scenario.plans import JobPlan
    from mock_jobs.batch.scenario.scenario import Scenario
    from mock_jobs.batch.service_jobs.resources import ServiceEnvironment
    from mock_jobs.core.world import World


class ServiceLifecycle(BaseLifecycle[ServiceJob, ServiceTrigger]):
    """Moves the service jobs of one account and region.

    Args:
        world: Clock and ids.
        scenario: Pace, settings and plans.
        arns: ARNs of the account and region.
        announcer: Announces every change.

    Attributes:
        training_jobs: Writes the training jobs of the attempts.
    """

    def __init__(self, world: World, scenario: Scenario, arns: Arns, announcer: Announcer) -> None:
        self._announcer = ServiceAnnouncer(announcer, world.clock, arns)
        super().__init__(
            world,
            scenario,
            self._announcer,
            recorder=Recorder(world, arns, _label),
            retried=ServiceTrigger.RETRIED,
            failed=ServiceTrigger.ATTEMPT_FAILED,
        )
        self._ids = world.ids
        self._arns = arns
        self.scheduler: ServiceScheduler = ServiceScheduler(self, world.clock, self.timer_batches, scenario.settings)
        self.training_jobs = TrainingJobWriter(world, arns.account, arns.region)
        self._transition.listen(_listeners(self.scheduler, self.training_jobs, self._announcer, self._recorder))

    # Into the queue

    def submit(self, job: ServiceJob) -> None:
        """Record a service job that was just submitted, and evaluate it later."""
        queue = job.spec.queue
        queue.index.add(job, job.spec.group)
        queue.usage.submitted(job)
        queue.moves += 1
        self._recorder.submitted(job)
        self._timers.set_by_setting(job, "submitted_seconds", self.evaluate)

    def evaluate(self, job: ServiceJob) -> None:
        """Move a SUBMITTED job to RUNNABLE, where it waits for capacity."""
        if job.status == SUBMITTED:
            self._transition.move(job, ServiceTrigger.EVALUATED)
            self.enqueue(job, "runnable_seconds")

    # Attempts

    def dispatch(self, job: ServiceJob, environment: ServiceEnvironment) -> None:
        """Begin an attempt of a RUNNABLE job: ask SageMaker for a training job.

        The environment has capacity for it.
        """
        spec = job.spec
        need = environment.need_of(spec.instances)
        add(environment.in_use, need)
        spec.queue.usage.dispatched(job)
        if spec.share is not None:
            add(spec.share.in_use, need)
            spec.share.dispatched[job] = None
        name = training_job_name(spec.name, self._ids.hex(32))
        attempt = ServiceAttempt(environment, need, self._arns.sagemaker("training-job", name), self._clock.now_ms)
        job.current = job.latest = attempt
        job.status_reason = None
        self._transition.move(job, ServiceTrigger.DISPATCHED)
        self._timers.set_by_setting(job, "scheduled_seconds", self.accept)

    def accept(self, job: ServiceJob) -> None:
        """Move a SCHEDULED job to STARTING, or to RUNNABLE if capacity is lacking."""
        attempt = job.current
        if job.status != SCHEDULED or attempt is None or not self._timers.is_due(job):
            return
        blocks = job.spec.queue.blocks
        job.block = blocks[-1] if blocks else None
        if job.block is not None:
            # It uses up no attempt (documented).
            self._release(job, attempt, job.block.reason)
            self._transition.move(job, ServiceTrigger.CAPACITY_LACKING)
            self.enqueue(job, None)
            return
        self._transition.move(job, ServiceTrigger.ACCEPTED)
        self._timers.set_by_setting(job, "starting_seconds", self.start)

    def start(self, job: ServiceJob) -> None:
        """Start the training job of a STARTING job, or fail its attempt as planned."""
        dispatched = job.current
        if job.status != STARTING or dispatched is None or not self._timers.is_due(job):
            return
        plan = take_plan_for_service_job(self._scenario.plans, job.spec.name, job.spec.queue, len(job.attempts) + 1)
        if plan.start_failure is not None:
            self._fail(job, dispatched, plan.start_failure)
            return
        attempt = RunningServiceAttempt(dispatched, plan, self._clock.now_ms)
        job.current = job.latest = attempt
        job.started_ms = attempt.started_ms
        job.spec.queue.usage.started(job, attempt.started_ms)
        self._transition.move(job, ServiceTrigger.STARTED)
        duration_ms = run_ms(plan)
        timeout_s = job.spec.timeout_seconds
        if timeout_s is not None and (duration_ms is None or duration_ms > timeout_s * 1000):
            attempt.times_out = True
            duration_ms = timeout_s * 1000 + self._scenario.latency_ms("timeout_grace_seconds", at_least=False)
        if duration_ms is None:
            self._timers.clear(job)
        else:
            self._timers.set(job, duration_ms, self.end)

    def end(self, job: ServiceJob) -> None:
        """End the attempt of a RUNNING job, when its scheduled end is due."""
        attempt = job.current
        if not isinstance(attempt, RunningServiceAttempt) or not self._timers.is_due(job):
            return
        plan = attempt.plan
        if job.is_terminated:
            self._end_now(job, ServiceTrigger.STOPPED, job.stop_reason)
        elif attempt.times_out:
            self._close(job, attempt, messages.ATTEMPT_TIMED_OUT)
            self._end(job, ServiceTrigger.TIMED_OUT, messages.ATTEMPT_TIMED_OUT)
        elif plan.exit_code == 0:
            text = messages.FROM_SAGEMAKER.format(text=plan.reason or messages.TRAINING_COMPLETED)
            self._close(job, attempt, text)
            self._end(job, ServiceTrigger.COMPLETED, text)
        else:
            self._fail(job, attempt, _failure_of(plan))

    def _fail(self, job: ServiceJob, attempt: ServiceAttempt, failure: str) -> None:
        text = messages.FROM_SAGEMAKER.format(text=failure)
        self._close(job, attempt, text)
        self._retry_or_fail(job, text)

    def _end_now(self, job: ServiceJob, trigger: ServiceTrigger, reason: str | None) -> None:
        if job.current is not None:
            self._close(job, job.current, reason)
        self._end(job, trigger, reason)

    # Interventions

    def stop(self, job: ServiceJob, reason: str) -> None:
        """Terminate a job in any state.

        The first reason is kept (inferred, as for ordinary jobs).
        """
        effect = SERVICE_STOP_EFFECTS[job.status]
        if effect is StopEffect.NOTHING:
            return
        is_stopping = job.is_terminated
        if not is_stopping:
            job.is_terminated = True
            job.stop_reason = reason
        grace_ms = self._scenario.latency_ms("terminate_grace_seconds", at_least=False)
        if job.status != RUNNING or not grace_ms:
            self._end_now(job, ServiceTrigger.STOPPED, job.stop_reason)
        elif not is_stopping:
            self.training_jobs.stopping(job)
            self._timers.set(job, grace_ms, self.end)

    def preempt(self, job: ServiceJob, reason: str) -> None:
        """Take the capacity of a job away.

        This does not count as an attempt of its retry strategy (documented).
        """
        attempt = job.current
        assert attempt is not None
        if job.is_terminated:
            self._end_now(job, ServiceTrigger.STOPPED, job.stop_reason)
            return
        self._announcer.preemption_started(job, reason)
        self._release(job, attempt, reason)
        job.preemptions += 1
        if job.preempted is None:
            job.preempted = deque(maxlen=RECENT_PREEMPTIONS)
        job.preempted.append(attempt)
        retries = job.spec.preemption_retries
        if retries is not None and job.preemptions > retries:
            self._end(job, ServiceTrigger.PREEMPTED_TOO_OFTEN, reason)
        else:
            job.status_reason = reason
            self._transition.move(job, ServiceTrigger.PREEMPTED)
            self.enqueue(job, None)
        self._announcer.preemption_completed(job)

    def change_priority(self, job: ServiceJob, priority: int) -> None:
        """Change the priority of a job, and its position if it waits."""
        is_waiting = job.status == RUNNABLE
        if is_waiting:
            self.scheduler.remove(job)
        job.priority = priority
        job.moves += 1
        job.reads = 0
        if is_waiting:
            self.scheduler.add(job, job.due_ms)

    def kill(self, job: ServiceJob, reason: str) -> None:
        """Terminate a job at once, without a grace period."""
        job.is_terminated = True
        job.stop_reason = reason
        self._end_now(job, ServiceTrigger.STOPPED, reason)

    def apply_time_limit(self, job: ServiceJob, limit: TimeLimit) -> None:
        """Terminate a job that has blocked the head of its queue for too long."""
        self.stop(job, limit.status_reason)

    def delete_with_queue(self, jobs: Iterable[ServiceJob]) -> None:
        """Fail all jobs of a queue that is deleted.

        A job with a stop request keeps the reason of that request (inferred).
        """
        for job in jobs:
            self._end_now(job, ServiceTrigger.QUEUE_DELETED, job.stop_reason or messages.QUEUE_DELETED)

    # Inside

    def _close(self, job: ServiceJob, attempt: ServiceAttempt, status_reason: str | None) -> None:
        self._release(job, attempt, status_reason)
        job.attempts = (*job.attempts, attempt)

    def _release(self, job: ServiceJob, attempt: ServiceAttempt, status_reason: str | None) -> None:
        attempt.stopped_ms = self._clock.now_ms
        attempt.status_reason = status_reason
        job.current = None
        add(attempt.environment.in_use, attempt.need, -1)
        job.spec.queue.usage.freed(job, self._clock.now_ms, has_run=isinstance(attempt, RunningServiceAttempt))
        share = job.spec.share
        if share is not None:
            add(share.in_use, attempt.need, -1)
            del share.dispatched[job]
        self.scheduler.look_again()


def _listeners(
    scheduler: ServiceScheduler, training_jobs: TrainingJobWriter, announcer: ServiceAnnouncer, recorder: Recorder
) -> Sequence[Listener[ServiceJob, ServiceTrigger]]:
    """Return the listeners for changes of status, in the order of the calls.

    1. The wait queue, which removes a job that was RUNNABLE.
    2. The queue with its index.
    3. The usage of the queue, when a job has ended.
    4. The training job of the attempt.
    5. The announcer, which records the job as the others have left it.
    6. The timeline.
    """

    def leave_wait_queue(job: ServiceJob, before: ServiceJobStatus, trigger: ServiceTrigger) -> None:
        del before, trigger
        scheduler.remove(job)

    def update_listings(job: ServiceJob, before: ServiceJobStatus, trigger: ServiceTrigger) -> None:
        del trigger
        queue = job.spec.queue
        queue.moves += 1
        queue.index.moved(job, before, job.spec.group)

    def end_use(job: ServiceJob, before: ServiceJobStatus, trigger: ServiceTrigger) -> None:
        del before, trigger
        job.spec.queue.usage.ended(job)

    return (
        Listener(leave_wait_queue, leaves_runnable),
        Listener(update_listings),
        Listener(end_use, ends),
        Listener(training_jobs.changed),
        Listener(announcer.changed),
        Listener(recorder.changed),
    )


def _label(job: ServiceJob) -> tuple[str, str]:
    """Return the kind of a service job for the timeline, and its id."""
    return "service job", job.job_id


def _failure_of(plan: JobPlan) -> str:
    """Return SageMaker's reason for a training job that failed as planned."""
    if plan.reason is not None:
        return plan.reason
    return messages.TRAINING_LOST if plan.host_lost else messages.TRAINING_FAILED.format(code=plan.exit_code)
