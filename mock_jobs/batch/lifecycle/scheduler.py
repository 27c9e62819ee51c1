"""The scheduler of jobs: which RUNNABLE job runs in which environment.

Sources: API reference, CreateJobQueue.priority and computeEnvironmentOrder (*documented*); user guide, "Job scheduling" and
"Jobs stuck in RUNNABLE" (*documented*). That the head of a queue holds up everything behind it follows from AWS's texts on
blocked queues (*documented*); that jobs never exceed the maximum of vCPUs, not even by one instance, is *inferred*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_jobs.batch import messages
from mock_jobs.batch.queueing.base_scheduler import BaseScheduler
from mock_jobs.batch.records.job import Job
from mock_jobs.batch.records.job_queue import ComputeQueue

if TYPE_CHECKING:
    from mock_jobs.batch.lifecycle.ports import Dispatcher
    from mock_jobs.batch.queueing.timer_batches import TimerBatches
    from mock_jobs.batch.records.compute_environment import ComputeEnvironment
    from mock_jobs.batch.records.consumable_resources import ConsumableResources
    from mock_jobs.batch.scenario.settings import BatchSettings
    from mock_jobs.core.world_clock import WorldClock


class Scheduler(BaseScheduler[Job, ComputeQueue[Job]]):
    """Dispatches RUNNABLE jobs: by queue priority, then by the order of the queue.

    Args:
        dispatcher: Begins the attempts of the jobs.
        settings: Its `strict_fifo` makes the head of a queue hold up the rest.
        consumables: The consumable resources that jobs need besides vCPUs.
    """

    def __init__(
        self,
        dispatcher: Dispatcher[Job, ComputeEnvironment],
        clock: WorldClock,
        timer_batches: TimerBatches[Job],
        settings: BatchSettings,
        consumables: ConsumableResources,
    ) -> None:
        super().__init__(dispatcher, clock, timer_batches, settings)
        self._dispatcher = dispatcher
        self._consumables = consumables

    def _wait_queue_of(self, job: Job) -> ComputeQueue[Job]:
        return job.spec.queue

    def dispatch_now(self, job: Job) -> bool:
        """Dispatch one job out of its turn if there is room; return whether there was."""
        runnable = job.spec.queue.runnable
        runnable.begin_pass(self._clock.now_ms)
        environment = self._find_capacity(job)
        if environment is not None:
            self._dispatcher.dispatch(job, environment)
        runnable.end_pass()
        return environment is not None

    def _schedule_queue(self, queue: ComputeQueue[Job]) -> None:
        now_ms, runnable = self._clock.now_ms, queue.runnable
        is_first = True
        runnable.begin_pass(now_ms)
        while (job := runnable.head()) is not None:
            is_eligible = job.due_ms <= now_ms
            if is_eligible and (environment := self._find_capacity(job)) is not None:
                self._dispatcher.dispatch(job, environment)
                continue
            if is_first:
                reason = blocked_reason(queue, job) if is_eligible else None
                self.heads.see(queue, job, reason, queue.time_limits)
            is_first = False
            runnable.pass_over(job, is_strict=self._settings.strict_fifo or not _has_any_room(queue))
        runnable.end_pass()

    def _find_capacity(self, job: Job) -> ComputeEnvironment | None:
        """Return an environment with room for a job, else None.

        None is also returned if a consumable resource is lacking.
        """
        spec = job.spec
        queue = spec.queue
        if queue.blocks or (spec.requirements is not None and not self._consumables.can_give(spec.requirements.needs)):
            return None
        is_multinode = job.node_index is not None
        for environment in queue.environments:
            free = queue.usage.usable(environment.capacity) - environment.in_use
            if environment.is_usable and environment.suits(is_multinode=is_multinode) and free >= spec.vcpus:
                return environment
        return None


def _has_any_room(queue: ComputeQueue[Job]) -> bool:
    """Return whether any environment has room.

    If none has, a pass need not look at the jobs behind the head.
    """
    if queue.blocks:
        return False
    return any(each.is_usable and queue.usage.usable(each.capacity) > each.in_use for each in queue.environments)


def blocked_reason(queue: ComputeQueue[Job], job: Job) -> str | None:
    """Return why no compute environment could ever take a job, None if one could."""
    if queue.blocks:
        return queue.blocks[-1].reason
    environments = list(queue.environments)
    candidates = [each for each in environments if each.state == "ENABLED" and each.status != "INVALID"]
    if not candidates:
        are_invalid = all(each.status == "INVALID" for each in environments)
        return messages.BLOCKED_INVALID if are_invalid else messages.BLOCKED_DISABLED
    suitable = [each for each in candidates if each.suits(is_multinode=job.node_index is not None)]
    if not suitable:
        # AWS documents no code for this.
        return messages.BLOCKED_UNDETERMINED
    if all(queue.usage.attainable(each.capacity) < job.spec.vcpus for each in suitable):
        return messages.BLOCKED_MAX_RESOURCE
    return None
