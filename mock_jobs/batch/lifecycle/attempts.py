"""How the attempts of jobs begin, run and end.

Sources: user guide, "Job states", "Automated job retries" and "Job timeouts" (*documented*).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from mock_jobs.batch import messages
from mock_jobs.batch.lifecycle.plan_matching import take_plan
from mock_jobs.batch.records.job import Attempt, Job, RunningAttempt
from mock_jobs.batch.records.node import MultiNodeJob
from mock_jobs.batch.scenario.plans import log_lines, run_ms
from mock_jobs.batch.states import RUNNING, STARTING, Trigger

if TYPE_CHECKING:
    from mock_jobs.batch.lifecycle.endings import Endings
    from mock_jobs.batch.lifecycle.functions import FunctionRunner
    from mock_jobs.batch.lifecycle.logs import LogWriter
    from mock_jobs.batch.lifecycle.timers import JobTimers
    from mock_jobs.batch.lifecycle.transition import Transition
    from mock_jobs.batch.records.compute_environment import ComputeEnvironment
    from mock_jobs.batch.records.consumable_resources import ConsumableResources
    from mock_jobs.batch.scenario.scenario import Scenario
    from mock_jobs.core.world import World

# What a shell reports for a process that was killed by SIGKILL. That Batch shows it after a timeout is observed.
KILLED = 137
MAX_TAGS = 50


class RetryOrFail(Protocol):
    """Retries or ends a job whose attempt failed."""

    def __call__(self, job: Job, status_reason: str, reason: str | None, exit_code: int | None) -> None:
        """Retry or end the job."""


class Attempts:
    """Begins, runs and ends attempts.

    Args:
        world: Its clock and ids.
        scenario: Pace, settings and plans.
        transition: Changes the status.
        timers: Schedule what follows later.
        endings: Ends jobs.
        functions: Runs the functions of a test in place of containers.
        logs: Writes the output of containers.
        consumables: The consumable resources that attempts take and give back.
        retry_or_fail: Called after an attempt that failed.
        look_again: Called when room becomes free.
    """

    def __init__(
        self,
        world: World,
        scenario: Scenario,
        transition: Transition[Job, Trigger],
        timers: JobTimers[Job],
        endings: Endings,
        *,
        functions: FunctionRunner,
        logs: LogWriter,
        consumables: ConsumableResources,
        retry_or_fail: RetryOrFail,
        look_again: Callable[[], None],
    ) -> None:
        self._clock = world.clock
        self._ids = world.ids
        self._scenario = scenario
        self._transition = transition
        self._timers = timers
        self._endings = endings
        self._functions = functions
        self._logs = logs
        self._consumables = consumables
        self._retry_or_fail = retry_or_fail
        self._look_again = look_again

    # Beginning

    def dispatch(self, job: Job, environment: ComputeEnvironment) -> None:
        """Begin an attempt of a RUNNABLE job in an environment that has room for it."""
        spec = job.spec
        if spec.propagate_tags and len({**spec.definition.tags, **spec.tags}) > MAX_TAGS:
            self._endings.finish([(job, Trigger.JOB_REFUSED, messages.TAGS_EXCEEDED)])
            return
        environment.in_use += spec.vcpus
        attempt = self._begin(job, environment)
        if spec.requirements is not None:
            attempt.allocations = self._consumables.take(spec.requirements.needs)
        self._transition.move(job, Trigger.DISPATCHED)
        spec.queue.usage.dispatched(job)
        self._start_later(job)

    def begin_beside(self, node: Job, main: Attempt) -> None:
        """Begin an attempt of a node in the environment in which the main node runs."""
        self._begin(node, main.environment)
        self._transition.move(node, Trigger.MAIN_NODE_STARTED)
        self._start_later(node)

    def _begin(self, job: Job, environment: ComputeEnvironment) -> Attempt:
        attempt = job.current = Attempt(environment, self._ids.hex(32), self._clock.now_ms)
        job.status_reason = None
        return attempt

    def _start_later(self, job: Job) -> None:
        self._timers.set_by_setting(job, "starting_seconds", self.start)

    def start(self, job: Job) -> None:
        """Start the container of a STARTING job, or fail its attempt as planned."""
        dispatched = job.current
        if job.status != STARTING or dispatched is None or not self._timers.is_due(job):
            return
        plan = take_plan(self._scenario.plans, job, job.attempt_number)
        if plan.start_failure is not None:
            self._fail(job, dispatched, None, plan.start_failure, messages.TASK_NOT_STARTED)
            return
        now_ms = self._clock.now_ms
        # Nodes of equal duration end together, even if real time has passed between their starts.
        attempt = RunningAttempt(dispatched, plan, now_ms, now_ms if job.takes_capacity else job.due_ms)
        job.current = attempt
        job.started_ms = now_ms
        self._transition.move(job, Trigger.CONTAINER_STARTED)
        self._logs.open(job, attempt, log_lines(plan, now_ms))
        if job.takes_capacity:
            job.spec.queue.usage.started(job, now_ms)
        if plan.run is None:
            attempt.exit_code = plan.exit_code
            self._run_on(job, attempt)
        else:
            self._functions.run(job, attempt, plan.run, self._run_on)

    # Running

    def _run_on(self, job: Job, attempt: RunningAttempt) -> None:
        """Schedule the end of a container whose outcome is known.

        It ends by itself, by its timeout or with its host.
        """
        if job.is_terminated:
            # Its end is scheduled already.
            return
        # If a function ran, time may have passed already.
        passed_ms = self._clock.now_ms - attempt.timed_from_ms
        duration_ms = run_ms(attempt.plan)
        if duration_ms is not None:
            duration_ms = max(duration_ms, self._scenario.latency_ms(None), passed_ms)
        timeout_s = job.spec.timeout_seconds
        if timeout_s is not None and (attempt.times_out or duration_ms is None or duration_ms > timeout_s * 1000):
            attempt.times_out = True
            duration_ms = timeout_s * 1000 + self._scenario.latency_ms("timeout_grace_seconds", at_least=False)
        if attempt.host_ends_ms is not None:
            left_ms = attempt.host_ends_ms - attempt.started_ms
            if duration_ms is None or left_ms < duration_ms:
                attempt.loses_host = True
                duration_ms = left_ms
        if duration_ms is None:
            self._timers.clear(job)
        else:
            self._end_in(job, duration_ms - passed_ms)

    def _end_in(self, job: Job, delay_ms: int) -> None:
        self._timers.set(job, delay_ms, self._end_after_nodes if isinstance(job, MultiNodeJob) else self.end)

    # Ending

    def end(self, job: Job) -> None:
        """End the attempt of a RUNNING job, when its scheduled end is due."""
        attempt = job.current
        if not isinstance(attempt, RunningAttempt) or not self._timers.is_due(job):
            return
        plan = attempt.plan
        if job.is_terminated:
            self.stop_container(job)
        elif attempt.loses_host:
            self.lose_host(job)
        elif attempt.times_out:
            self._close(job, attempt, KILLED, None, messages.ATTEMPT_TIMED_OUT)
            self._endings.finish([(job, Trigger.TIMED_OUT, messages.ATTEMPT_TIMED_OUT)])
        elif plan.host_lost:
            self._fail(job, attempt, None, plan.reason, _host_lost(attempt))
        elif attempt.exit_code == 0:
            self._close(job, attempt, 0, plan.reason, messages.CONTAINER_EXITED)
            self._endings.finish([(job, Trigger.EXITED_ZERO, messages.CONTAINER_EXITED)])
        else:
            self._fail(job, attempt, attempt.exit_code, plan.reason, messages.CONTAINER_EXITED)

    def _end_after_nodes(self, whole: Job) -> None:
        """End the attempt of a multi-node parallel job, when its scheduled end is due.

        Nodes that start or end at the same moment do so first.
        """
        assert isinstance(whole, MultiNodeJob)
        if any(self._is_about_to_move(node) for node in whole.others):
            self._timers.set_by_setting(whole, None, self._end_after_nodes)
        else:
            self.end(whole)

    def _is_about_to_move(self, node: Job) -> bool:
        if not self._timers.is_due(node):
            return False
        return node.status == STARTING or (node.status == RUNNING and not node.is_endless)

    def end_later(self, job: Job, delay_ms: int) -> None:
        """End a terminated RUNNING job after a delay in milliseconds.

        This replaces its scheduled end.
        """
        for node in job.others if isinstance(job, MultiNodeJob) else ():
            if node.status == STARTING:
                self.stop_container(node)
            elif node.status == RUNNING:
                self._timers.set(node, delay_ms, self.end)
        self._timers.set(job, delay_ms, self.end)

    def lose_host(self, job: Job) -> None:
        """End the attempt of a STARTING or RUNNING job whose host goes away now."""
        if job.is_terminated:
            self.stop_container(job)
        elif job.current is not None:
            self._fail(job, job.current, None, None, _host_lost(job.current))

    def lose_host_later(self, job: Job, delay_ms: int) -> None:
        """End the attempt of a job whose host goes away after a delay in milliseconds.

        The job is STARTING or RUNNING.
        """
        attempt = job.current
        if attempt is None:
            return
        ends_ms = self._clock.now_ms + delay_ms
        attempt.host_ends_ms = ends_ms if attempt.host_ends_ms is None else min(attempt.host_ends_ms, ends_ms)
        # If a container starts before the end of its host, or its function has not returned (nothing is due then), its end will be
        # scheduled later, and that considers `host_ends_ms`.
        if job.due_ms <= ends_ms:
            return
        if isinstance(attempt, RunningAttempt):
            attempt.loses_host = True
            self._end_in(job, delay_ms)
        else:
            self._timers.set(job, delay_ms, self._lose_host_before_start)

    def _lose_host_before_start(self, job: Job) -> None:
        """End the attempt of a STARTING job, when the end of its host is due."""
        if job.status == STARTING and self._timers.is_due(job):
            self.lose_host(job)

    def stop_container(self, job: Job) -> None:
        """End a STARTING or RUNNING job that was terminated."""
        self.kill(job, job.stop_reason)
        self._endings.finish([(job, Trigger.STOPPED, job.stop_reason)])

    def kill(self, job: Job, reason: str | None) -> None:
        """Close the current attempt of a job, if any, before its own end.

        A running container is killed.
        """
        attempt = job.current
        if attempt is not None:
            self._close(job, attempt, KILLED if isinstance(attempt, RunningAttempt) else None, None, reason)

    def _fail(self, job: Job, attempt: Attempt, exit_code: int | None, reason: str | None, status_reason: str) -> None:
        self._close(job, attempt, exit_code, reason, status_reason)
        self._retry_or_fail(job, status_reason, reason, exit_code)

    def _close(self, job: Job, attempt: Attempt, exit_code: int | None, reason: str | None, status_reason: str | None) -> None:
        now_ms = self._clock.now_ms
        attempt.stopped_ms = now_ms
        attempt.exit_code = exit_code
        attempt.reason = reason
        attempt.status_reason = status_reason
        has_run = False
        if isinstance(attempt, RunningAttempt):
            has_run = True
            self._logs.close(job, attempt, has_exited=status_reason == messages.CONTAINER_EXITED)
        job.attempts = (*job.attempts, attempt)
        job.current = None
        if job.takes_capacity:
            attempt.environment.in_use -= job.spec.vcpus
            job.spec.queue.usage.freed(job, now_ms, has_run=has_run)
            for resource, quantity in attempt.allocations:
                resource.give_back(quantity)
            self._look_again()


def _host_lost(attempt: Attempt) -> str:
    environment = attempt.environment
    if environment.platform != "FARGATE":
        return messages.HOST_LOST.format(instance=environment.instance_id)
    is_spot = environment.resources is not None and environment.resources["type"] == "FARGATE_SPOT"
    return messages.SPOT_TASK_LOST if is_spot else messages.FARGATE_TASK_LOST
