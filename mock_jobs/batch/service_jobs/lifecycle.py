"""How service jobs move from state to state.

Sources: user guide, "Service job status", "Service job retry strategies", "Preemption" (*documented*). SageMaker itself does not
run: what a training job does is the plan that a test makes for it. Each automatic move is an entry of the timer batches, so that the
pace decides when it happens.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from mock_jobs.batch import messages
from mock_jobs.batch.lifecycle.plan_matching import plan_for_service_job
from mock_jobs.batch.queueing.timer_batches import TimerBatches
from mock_jobs.batch.service_jobs.announcements import ServiceAnnouncer
from mock_jobs.batch.service_jobs.capacity import add
from mock_jobs.batch.service_jobs.job import RECENT_PREEMPTIONS, ServiceAttempt, ServiceJob
from mock_jobs.batch.service_jobs.names import training_job_name
from mock_jobs.batch.service_jobs.scheduler import ServiceScheduler
from mock_jobs.batch.service_jobs.states import (
    SCHEDULED,
    SERVICE_STOP_EFFECTS,
    SERVICE_TRANSITIONS,
    ServiceTrigger,
)
from mock_jobs.batch.states import RUNNABLE, RUNNING, STARTING, SUBMITTED, StopEffect

if TYPE_CHECKING:
    from mock_jobs.batch.lifecycle.announcements import Announcer
    from mock_jobs.batch.names import Arns
    from mock_jobs.batch.queueing.time_limits import TimeLimit
    from mock_jobs.batch.scenario.plans import JobPlan
    from mock_jobs.batch.scenario.scenario import Scenario
    from mock_jobs.batch.service_jobs.resources import ServiceEnvironment
    from mock_jobs.core.world import World

_NEVER_MS = 1 << 62


class ServiceLifecycle:
    """Moves the service jobs of one account and region.

    Args:
        world: Clock and ids.
        scenario: Pace, settings and plans.
        arns: Those of the account and region.
        announcer: Hears of every change.
    """

    def __init__(self, world: World, scenario: Scenario, arns: Arns, announcer: Announcer) -> None:
        self._clock = world.clock
        self._ids = world.ids
        self._scenario = scenario
        self._arns = arns
        self._announcer = ServiceAnnouncer(announcer, world.clock, arns)
        self.timer_batches: TimerBatches[ServiceJob] = TimerBatches(world.clock)
        self.scheduler = ServiceScheduler(self, world.clock, self.timer_batches, scenario.settings)

    # Into the queue

    def admit(self, job: ServiceJob) -> None:
        """Let a service job that was just submitted go its way."""
        queue = job.spec.queue
        queue.index.add(job, job.spec.group)
        queue.usage.submitted(job)
        queue.moves += 1
        self._put(job, self._scenario.latency_ms("submitted_seconds"), self.evaluate)

    def evaluate(self, job: ServiceJob) -> None:
        """Let a SUBMITTED job begin to wait for capacity."""
        if job.status == SUBMITTED:
            self._move(job, ServiceTrigger.EVALUATED)
            self._enqueue(job, "runnable_seconds")

    def _enqueue(self, job: ServiceJob, latency: str | None) -> None:
        self.scheduler.add(job, self._clock.now_ms + self._scenario.latency_ms(latency))

    # Attempts

    def dispatch(self, job: ServiceJob, environment: ServiceEnvironment, need: Mapping[str, int]) -> None:
        """Give a RUNNABLE job its capacity and ask SageMaker for a training job."""
        spec = job.spec
        add(environment.in_use, need)
        spec.queue.usage.placed(job)
        if spec.share is not None:
            add(spec.share.in_use, need)
            spec.share.placed[job] = None
        name = training_job_name(spec.name, self._ids.hex(32))
        attempt = ServiceAttempt(environment, need, self._arns.sagemaker("training-job", name), self._clock.now_ms)
        job.current = job.latest = attempt
        job.status_reason = None
        self._move(job, ServiceTrigger.DISPATCHED)
        self._put(job, self._scenario.latency_ms("scheduled_seconds"), self.accept)

    def accept(self, job: ServiceJob) -> None:
        """Let SageMaker prepare the training job of a SCHEDULED job, or send it back for lack of instances."""
        attempt = job.current
        if job.status != SCHEDULED or attempt is None or job.due_ms > self._clock.now_ms:
            return
        outages = job.spec.queue.outages
        job.outage = outages[-1] if outages else None
        if job.outage is not None:
            # It uses up no attempt (documented).
            self._release(job, attempt, job.outage.reason)
            self._move(job, ServiceTrigger.CAPACITY_LACKING)
            self._enqueue(job, None)
            return
        self._move(job, ServiceTrigger.ACCEPTED)
        self._put(job, self._scenario.latency_ms("starting_seconds"), self.start)

    def start(self, job: ServiceJob) -> None:
        """Let the training job of a STARTING job run, or fail to."""
        attempt = job.current
        if job.status != STARTING or attempt is None or job.due_ms > self._clock.now_ms:
            return
        plan = attempt.plan = plan_for_service_job(self._scenario.plans, job.spec.name, job.spec.queue, len(job.attempts) + 1)
        if plan.start_failure is not None:
            self._attempt_failed(job, attempt, plan.start_failure)
            return
        attempt.started_ms = job.started_ms = self._clock.now_ms
        job.spec.queue.usage.started(job, self._clock.now_ms)
        self._move(job, ServiceTrigger.STARTED)
        duration_ms = plan.duration_ms
        timeout_s = job.spec.timeout_seconds
        if timeout_s is not None and (duration_ms is None or duration_ms > timeout_s * 1000):
            attempt.times_out = True
            duration_ms = timeout_s * 1000 + self._scenario.latency_ms("timeout_grace_seconds", at_least=False)
        if duration_ms is None:
            # The end of an attempt that was preempted may still be in the timer batches.
            job.due_ms = _NEVER_MS
        else:
            self._put(job, duration_ms, self.end)

    def end(self, job: ServiceJob) -> None:
        """Let the training job of a RUNNING job come to the end that is planned for it."""
        attempt = job.current
        if job.status != RUNNING or attempt is None or job.due_ms > self._clock.now_ms:
            return
        plan = attempt.plan
        assert plan is not None
        if job.is_terminated:
            self._end_now(job, ServiceTrigger.STOPPED, job.stop_reason)
        elif attempt.times_out:
            self._close(job, attempt, messages.ATTEMPT_TIMED_OUT)
            self._finish(job, ServiceTrigger.TIMED_OUT, messages.ATTEMPT_TIMED_OUT)
        elif plan.exit_code == 0:
            text = messages.FROM_SAGEMAKER.format(text=plan.reason or messages.TRAINING_COMPLETED)
            self._close(job, attempt, text)
            self._finish(job, ServiceTrigger.COMPLETED, text)
        else:
            self._attempt_failed(job, attempt, _failure_of(plan))

    def _attempt_failed(self, job: ServiceJob, attempt: ServiceAttempt, failure: str) -> None:
        text = messages.FROM_SAGEMAKER.format(text=failure)
        self._close(job, attempt, text)
        retry = job.spec.retry
        if retry is not None and retry.repeats(len(job.attempts), text):
            job.status_reason = text
            self._move(job, ServiceTrigger.RETRIED)
            self._enqueue(job, "retry_delay_seconds")
        else:
            self._finish(job, ServiceTrigger.ATTEMPT_FAILED, text)

    def _end_now(self, job: ServiceJob, trigger: ServiceTrigger, reason: str | None) -> None:
        if job.current is not None:
            self._close(job, job.current, reason)
        self._finish(job, trigger, reason)

    # Interventions

    def stop(self, job: ServiceJob, reason: str) -> None:
        """Terminate a job in whatever state it is; the first reason counts (inferred, as for ordinary jobs)."""
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
            self._put(job, grace_ms, self.end)

    def preempt(self, job: ServiceJob, reason: str) -> None:
        """Take the capacity of a job away, which uses up no attempt of its retry strategy (documented)."""
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
            self._finish(job, ServiceTrigger.PREEMPTED_TOO_OFTEN, reason)
        else:
            job.status_reason = reason
            self._move(job, ServiceTrigger.PREEMPTED)
            self._enqueue(job, None)
        self._announcer.preemption_completed(job)

    def change_priority(self, job: ServiceJob, priority: int) -> None:
        """Give a job another priority; one that waits takes its new place."""
        is_waiting = job.status == RUNNABLE
        if is_waiting:
            self.scheduler.remove(job)
        job.priority = priority
        job.moves += 1
        job.reads = 0
        if is_waiting:
            self.scheduler.add(job, job.due_ms)

    def kill(self, job: ServiceJob, reason: str) -> None:
        """Terminate a job at once, whatever time it would be given otherwise."""
        job.is_terminated = True
        job.stop_reason = reason
        self._end_now(job, ServiceTrigger.STOPPED, reason)

    def mark_blocked(self, job: ServiceJob, reason: str) -> None:
        """Let a RUNNABLE job at the head of a line say why it can never be dispatched."""
        job.status_reason = reason
        job.moves += 1
        job.reads = 0
        self._announcer.blocked(job)

    def clear_blocked(self, job: ServiceJob) -> None:
        """Let a RUNNABLE job no longer say so."""
        job.status_reason = None if job.latest is None or job.outage is not None else job.latest.status_reason

    def apply_time_limit(self, job: ServiceJob, limit: TimeLimit) -> None:
        """Terminate a job that has blocked the head of its line for too long."""
        self.stop(job, limit.status_reason)

    def delete_with_queue(self, jobs: Iterable[ServiceJob]) -> None:
        """Fail all jobs of a queue that is deleted; one that was about to be stopped keeps the reason of that (inferred)."""
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
        job.spec.queue.usage.freed(job, self._clock.now_ms, has_run=attempt.started_ms is not None)
        share = job.spec.share
        if share is not None:
            add(share.in_use, attempt.need, -1)
            del share.placed[job]
        self.scheduler.look_again()

    def _finish(self, job: ServiceJob, trigger: ServiceTrigger, reason: str | None) -> None:
        job.stopped_ms = self._clock.now_ms
        job.status_reason = reason
        self._move(job, trigger)

    def _put(self, job: ServiceJob, delay_ms: int, move: Callable[[ServiceJob], None]) -> None:
        delay_ms = max(delay_ms, self._scenario.latency_ms(None))
        job.due_ms = self._clock.now_ms + delay_ms
        self.timer_batches.put(job.due_ms, move, job)

    def _move(self, job: ServiceJob, trigger: ServiceTrigger) -> None:
        before = job.status
        job.status = SERVICE_TRANSITIONS[before, trigger]
        job.moves += 1
        job.reads = 0
        if before == RUNNABLE:
            self.scheduler.remove(job)
        queue = job.spec.queue
        queue.moves += 1
        queue.reads = 0
        queue.index.moved(job, before, job.spec.group)
        if job.is_terminal:
            queue.usage.ended(job)
        self._announcer.changed(job)


def _failure_of(plan: JobPlan) -> str:
    """Return what SageMaker says about a training job that failed as planned."""
    if plan.reason is not None:
        return plan.reason
    return messages.TRAINING_LOST if plan.host_lost else messages.TRAINING_FAILED.format(code=plan.exit_code)
