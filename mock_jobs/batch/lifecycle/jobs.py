"""How jobs move from state to state.

Sources: user guide, "Job states", "Array jobs", "Automated job retries", "Job timeouts" (*documented*). Each automatic move is
an entry of the timer batches, so that the pace decides when it happens.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from mock_jobs.batch import messages
from mock_jobs.batch.lifecycle.dependencies import DependencyState, dependency_state, is_waiting, released_by
from mock_jobs.batch.lifecycle.functions import FunctionRunner
from mock_jobs.batch.lifecycle.nodes import NodeFollower
from mock_jobs.batch.lifecycle.plan_matching import plan_for
from mock_jobs.batch.lifecycle.scheduler import Scheduler
from mock_jobs.batch.lifecycle.stopping import Stopper
from mock_jobs.batch.queueing.timer_batches import TimerBatches
from mock_jobs.batch.records.job import ArrayJob, Attempt, Job
from mock_jobs.batch.records.node import MultiNodeJob
from mock_jobs.batch.states import (
    FAILED,
    PENDING,
    RUNNABLE,
    RUNNING,
    STARTING,
    SUBMITTED,
    StopRequest,
    Trigger,
)

if TYPE_CHECKING:
    from mock_jobs.batch.lifecycle.announcements import Announcer
    from mock_jobs.batch.lifecycle.logs import LogWriter
    from mock_jobs.batch.lifecycle.retention import Retention
    from mock_jobs.batch.queueing.time_limits import TimeLimit
    from mock_jobs.batch.records.compute_environment import ComputeEnvironment
    from mock_jobs.batch.records.consumable_resources import ConsumableResources
    from mock_jobs.batch.scenario.scenario import Scenario
    from mock_jobs.core.world import World

# What a shell reports for a process that was killed by SIGKILL. That Batch shows it after a timeout is observed.
KILLED = 137
_NEVER_MS = 1 << 62
MAX_TAGS = 50

_Ending = tuple[Job, Trigger, "str | None"]


class Lifecycle:
    """Moves the jobs of one account and region.

    Args:
        world: Clock and ids.
        scenario: Pace, settings and plans.
        announcer: Hears of every change.
        logs: Hears of every attempt that runs.
        consumables: The consumable resources that attempts take and give back.
        retention: Hears of every job that has ended as a whole.
    """

    def __init__(
        self,
        world: World,
        scenario: Scenario,
        announcer: Announcer,
        logs: LogWriter,
        consumables: ConsumableResources,
        *,
        retention: Retention,
    ) -> None:
        self._clock = world.clock
        self._ids = world.ids
        self._scenario = scenario
        self.announcer = announcer
        self.logs = logs
        self.functions = FunctionRunner(world, scenario, logs)
        self.consumables = consumables
        self._retention = retention
        self.timer_batches: TimerBatches[Job] = TimerBatches(world.clock)
        self._node_follower = NodeFollower(self, world.clock, world.ids)
        self.scheduler = Scheduler(self, world.clock, self.timer_batches, scenario.settings, consumables)
        self.stopper = Stopper(self, scenario.settings)

    # Into the queue

    def admit(self, job: Job) -> None:
        """Let a job that was just submitted go its way."""
        queue = job.spec.queue
        queue.index.add(job, job.spec.share_identifier)
        self.consumables.consumers.add(job)
        queue.usage.submitted(job)
        queue.moves += 1
        self.put(job, self._scenario.latency_ms("submitted_seconds"), self.evaluate)

    def evaluate(self, job: Job) -> None:
        """Let a SUBMITTED job begin to wait, for its dependencies or for room."""
        if job.status != SUBMITTED:
            return
        view = dependency_state(job)
        self.move(job, Trigger.EVALUATED_READY if view is DependencyState.READY else Trigger.EVALUATED_WAITING)
        if view is DependencyState.FAILED:
            self.put(job, 0, self.resolve)
        elif view is DependencyState.READY:
            if isinstance(job, ArrayJob):
                self._release_children(job)
            else:
                self._enqueue(job, "runnable_seconds")

    def resolve(self, job: Job) -> None:
        """Let a PENDING job go on, or fail, if its dependencies have decided that and it is not to be stopped with the last of them."""
        if job.status != PENDING or job.is_stop_delayed or (job.parent is not None and job.parent.status == SUBMITTED):
            return
        view = dependency_state(job)
        if view is DependencyState.FAILED:
            if isinstance(job, ArrayJob):
                job.end_reason = messages.DEPENDENCY_FAILED
            self.finish(
                [
                    (each, Trigger.DEPENDENCY_FAILED, messages.DEPENDENCY_FAILED)
                    for each in _members(job)
                    if not each.is_stop_delayed
                ]
            )
        elif view is DependencyState.READY:
            if isinstance(job, ArrayJob):
                self._release_children(job)
            else:
                self.move(job, Trigger.DEPENDENCIES_SUCCEEDED)
                self._enqueue(job, "runnable_seconds")

    def _release_children(self, array: ArrayJob) -> None:
        # The children become RUNNABLE together with the parent's PENDING (documented for the parent's side).
        for child in array.children:
            self.resolve(child)

    def mark_blocked(self, job: Job, reason: str) -> None:
        """Let a RUNNABLE job at the head of its queue say why it can never be placed."""
        job.status_reason = reason
        job.moves += 1
        job.reads = 0
        self.announcer.blocked(job)

    def clear_blocked(self, job: Job) -> None:
        """Let a RUNNABLE job no longer say so."""
        last = job.last_attempt
        job.status_reason = None if last is None else last.status_reason

    def apply_time_limit(self, job: Job, limit: TimeLimit) -> None:
        """Cancel a job that has blocked the head of its queue for too long."""
        self.stopper.stop(job, StopRequest.CANCEL, limit.status_reason)

    def _enqueue(self, job: Job, latency: str) -> None:
        self.scheduler.add(job, self._clock.now_ms + self._scenario.latency_ms(latency))

    # Attempts

    def dispatch(self, job: Job, environment: ComputeEnvironment) -> None:
        """Give a RUNNABLE job its room and let its container start."""
        spec = job.spec
        if spec.propagate_tags and len({**spec.definition.tags, **spec.tags}) > MAX_TAGS:
            self.finish([(job, Trigger.JOB_REFUSED, messages.TAGS_EXCEEDED)])
            return
        environment.in_use += spec.vcpus
        job.current = Attempt(environment, self._ids.hex(32), self._clock.now_ms)
        if spec.requirements is not None:
            job.current.allocations = self.consumables.take(spec.requirements.needs)
        job.status_reason = None
        self.move(job, Trigger.DISPATCHED)
        spec.queue.usage.placed(job)
        self.start_later(job)

    def start_later(self, job: Job) -> None:
        """Let the container of a STARTING job run when it has had its time."""
        self.put(job, self._scenario.latency_ms("starting_seconds"), self.start)

    def start(self, job: Job) -> None:
        """Let the container of a STARTING job run, or fail to."""
        attempt = job.current
        if job.status != STARTING or attempt is None or job.due_ms > self._clock.now_ms:
            return
        plan = attempt.plan = plan_for(self._scenario.plans, job, job.attempt_number)
        if plan.start_failure is not None:
            self._attempt_failed(job, attempt, None, plan.start_failure, messages.TASK_NOT_STARTED)
            return
        now_ms = self._clock.now_ms
        attempt.started_ms = job.started_ms = now_ms
        self.move(job, Trigger.CONTAINER_STARTED)
        self.logs.open(job, attempt, plan.lines(now_ms))
        if job.holds_room:
            job.spec.queue.usage.started(job, now_ms)
        if plan.run is None:
            attempt.exit_code = plan.exit_code
            self._run_on(job, attempt)
        else:
            self.functions.run(job, attempt, plan.run, self._run_on)

    def _run_on(self, job: Job, attempt: Attempt) -> None:
        """Let a container, whose outcome is known, run to its end or its timeout."""
        plan, started_ms = attempt.plan, attempt.started_ms
        assert plan is not None
        assert started_ms is not None
        if job.due_ms > started_ms:
            # It was terminated, and its end is under way.
            return
        # Time has passed already if a function was run. Nodes of equal duration end together, also if real time has passed
        # between their starts.
        passed_ms = self._clock.now_ms - (started_ms if job.holds_room else job.due_ms)
        duration_ms = plan.duration_ms
        if duration_ms is not None:
            duration_ms = max(duration_ms, self._scenario.latency_ms(None), passed_ms)
        timeout_s = job.spec.timeout_seconds
        if timeout_s is not None and (attempt.times_out or duration_ms is None or duration_ms > timeout_s * 1000):
            attempt.times_out = True
            duration_ms = timeout_s * 1000 + self._scenario.latency_ms("timeout_grace_seconds", at_least=False)
        if attempt.host_ends_ms is not None:
            left_ms = attempt.host_ends_ms - started_ms
            if duration_ms is None or left_ms < duration_ms:
                attempt.loses_host, attempt.times_out = True, False
                duration_ms = left_ms
        if duration_ms is None:
            # The end that an earlier attempt had put down is none of this one.
            job.due_ms = _NEVER_MS
        else:
            self._end_in(job, duration_ms - passed_ms)

    def end(self, job: Job) -> None:
        """Let the container of a RUNNING job come to the end that is planned for it."""
        attempt = job.current
        if job.status != RUNNING or attempt is None or job.due_ms > self._clock.now_ms:
            return
        plan = attempt.plan
        assert plan is not None
        if job.is_terminated:
            self.stop_container(job)
        elif attempt.loses_host:
            self.lose_host(job)
        elif attempt.times_out:
            self._close(job, attempt, KILLED, None, messages.ATTEMPT_TIMED_OUT)
            self.finish([(job, Trigger.TIMED_OUT, messages.ATTEMPT_TIMED_OUT)])
        elif plan.host_lost:
            self._attempt_failed(job, attempt, None, plan.reason, _host_lost(attempt))
        elif attempt.exit_code == 0:
            self._close(job, attempt, 0, plan.reason, messages.CONTAINER_EXITED)
            self.finish([(job, Trigger.EXITED_ZERO, messages.CONTAINER_EXITED)])
        else:
            self._attempt_failed(job, attempt, attempt.exit_code, plan.reason, messages.CONTAINER_EXITED)

    def end_later(self, job: Job, delay_ms: int) -> None:
        """Let a RUNNING job that was terminated end after a delay, whatever was planned."""
        for node in job.others if isinstance(job, MultiNodeJob) else ():
            if node.status == STARTING:
                self.stop_container(node)
            elif node.status == RUNNING:
                self.put(node, delay_ms, self.end)
        self.put(job, delay_ms, self.end)

    def lose_host(self, job: Job) -> None:
        """End the attempt of a STARTING or RUNNING job, whose host goes away now."""
        attempt = job.current
        assert attempt is not None
        if job.is_terminated:
            self.stop_container(job)
        else:
            self._attempt_failed(job, attempt, None, None, _host_lost(attempt))

    def lose_host_later(self, job: Job, delay_ms: int) -> None:
        """Let the host of a STARTING or RUNNING job go away after a delay, in milliseconds."""
        attempt = job.current
        assert attempt is not None
        ends_ms = self._clock.now_ms + delay_ms
        attempt.host_ends_ms = ends_ms if attempt.host_ends_ms is None else min(attempt.host_ends_ms, ends_ms)
        # What has not started, or is a function at work, sees to it when its end is known.
        if job.status == RUNNING and attempt.exit_code is not None and job.due_ms > ends_ms:
            attempt.loses_host, attempt.times_out = True, False
            self._end_in(job, delay_ms)

    def stop_container(self, job: Job) -> None:
        """End a STARTING or RUNNING job that was terminated."""
        attempt = job.current
        assert attempt is not None
        self.kill(job, attempt, job.stop_reason)
        self.finish([(job, Trigger.STOPPED, job.stop_reason)])

    def kill(self, job: Job, attempt: Attempt, reason: str | None) -> None:
        """Close an attempt that comes to no end of its own; a container that ran was killed."""
        self._close(job, attempt, None if attempt.started_ms is None else KILLED, None, reason)

    def delete_with_queue(self, jobs: list[Job]) -> None:
        """Fail all jobs of a queue that is deleted; one that was about to be stopped keeps the reason of that (inferred)."""
        endings: list[_Ending] = []
        for job in jobs:
            if isinstance(job, ArrayJob):
                job.end_reason = messages.QUEUE_DELETED
            for each in _members(job):
                reason = each.stop_reason or messages.QUEUE_DELETED
                if each.current is not None:
                    self.kill(each, each.current, reason)
                endings.append((each, Trigger.QUEUE_DELETED, reason))
        self.finish(endings)

    def _attempt_failed(self, job: Job, attempt: Attempt, exit_code: int | None, reason: str | None, status_reason: str) -> None:
        self._close(job, attempt, exit_code, reason, status_reason)
        retry = job.spec.retry
        if retry is not None and retry.repeats(len(job.attempts), status_reason, reason, exit_code):
            job.status_reason = status_reason
            self.move(job, Trigger.RETRIED)
            self._enqueue(job, "retry_delay_seconds")
        else:
            self.finish([(job, Trigger.ATTEMPT_FAILED, status_reason)])

    def _close(self, job: Job, attempt: Attempt, exit_code: int | None, reason: str | None, status_reason: str | None) -> None:
        attempt.stopped_ms = self._clock.now_ms
        attempt.exit_code = exit_code
        attempt.reason = reason
        attempt.status_reason = status_reason
        self.logs.close(job, attempt, has_exited=status_reason == messages.CONTAINER_EXITED)
        job.attempts = (*job.attempts, attempt)
        job.current = None
        if job.holds_room:
            attempt.environment.in_use -= job.spec.vcpus
            job.spec.queue.usage.freed(job, self._clock.now_ms, has_run=attempt.started_ms is not None)
            for resource, quantity in attempt.allocations:
                resource.give_back(quantity)
            self.scheduler.look_again()

    # Ends

    def finish(self, endings: list[_Ending]) -> None:
        """End jobs, and whatever ends at the same moment because of that.

        An array ends with its last child, and a job whose cancellation waited ends with the last job that it waited for.
        Jobs that merely depend on these get an entry in the timer batches.

        Args:
            endings: Jobs that are no arrays, why they end, and the status reason. Jobs that have ended are left alone.
        """
        waiting = deque(endings)
        while waiting:
            job, trigger, reason = waiting.popleft()
            if job.is_terminal:
                continue
            if isinstance(job, ArrayJob):
                has_failed = job.summary[FAILED] > 0
                trigger = Trigger.CHILDREN_FAILED if has_failed else Trigger.CHILDREN_SUCCEEDED
                reason = (job.stop_reason or job.end_reason or messages.CHILD_FAILED) if has_failed else None
            job.stopped_ms = self._clock.now_ms
            job.status_reason = reason
            self.move(job, trigger)
            for other in released_by(job):
                self._dependency_ended(other, waiting)
            parent = job.parent
            if parent is not None:
                parent.unfinished -= 1
                if not parent.unfinished:
                    waiting.append((parent, trigger, None))

    def _dependency_ended(self, job: Job, waiting: deque[_Ending]) -> None:
        if isinstance(job, ArrayJob) and not is_waiting(job):
            # A child also waits for what its array waits for. That holds while nobody has looked at the array yet, too. If the
            # whole array is to be stopped, its children wait for nothing else.
            waiting.extend(
                (child, Trigger.STOPPED, child.stop_reason)
                for child in job.children
                if child.is_stop_delayed and (job.is_stop_delayed or not is_waiting(child))
            )
        if job.status != PENDING:
            return
        if not job.is_stop_delayed:
            if dependency_state(job) is not DependencyState.WAITING:
                self.put(job, 0, self.resolve)
        elif not isinstance(job, ArrayJob) and not is_waiting(job):
            waiting.append((job, Trigger.STOPPED, job.stop_reason))

    # Inside

    def put(self, job: Job, delay_ms: int, move: Callable[[Job], None]) -> None:
        """Let something happen to a job after a delay, in milliseconds; the pace may make it longer."""
        delay_ms = max(delay_ms, self._scenario.latency_ms(None))
        job.due_ms = self._clock.now_ms + delay_ms
        self.timer_batches.put(job.due_ms, move, job)

    def _end_in(self, job: Job, delay_ms: int) -> None:
        self.put(job, max(delay_ms, 0), self._node_follower.end if isinstance(job, MultiNodeJob) else self.end)

    def move(self, job: Job, trigger: Trigger) -> None:
        """Give a job the status that a trigger leads to, and let all know that count or show it."""
        before = job.status
        job.status = job.transitions[before, trigger]
        job.moves += 1
        job.reads = 0
        if not job.holds_room:
            return
        queue = job.spec.queue
        if before == RUNNABLE:
            self.scheduler.remove(job)
        queue.moves += 1
        queue.reads = 0
        parent = job.parent
        if parent is None:
            queue.index.moved(job, before, job.spec.share_identifier)
            self.consumables.consumers.moved(job, before)
            if job.is_terminal:
                queue.usage.ended(job)
                self._retention.job_ended(job)
        else:
            parent.summary[before] -= 1
            parent.summary[job.status] += 1
            parent.summary_ms = self._clock.now_ms
            parent.moves += 1
            parent.reads = 0
        self.announcer.changed(job)
        if isinstance(job, MultiNodeJob):
            self._node_follower.follow(job, trigger)


def _host_lost(attempt: Attempt) -> str:
    return messages.HOST_LOST.format(instance=attempt.environment.instance_id)


def _members(job: Job) -> list[Job]:
    """Return the children of an array; any other job stands for itself."""
    return job.children if isinstance(job, ArrayJob) else [job]
