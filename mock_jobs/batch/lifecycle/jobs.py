"""The lifecycle of jobs: connects its parts and is called by the operations.

Sources: user guide, "Job states", "Array jobs", "Automated job retries", "Job timeouts" (*documented*). Each automatic move is
scheduled in the timer batches, so that the pace decides when it happens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_jobs.batch import messages
from mock_jobs.batch.lifecycle.attempts import Attempts
from mock_jobs.batch.lifecycle.base import BaseLifecycle
from mock_jobs.batch.lifecycle.endings import Ending, Endings, members
from mock_jobs.batch.lifecycle.functions import FunctionRunner
from mock_jobs.batch.lifecycle.listeners import job_listeners
from mock_jobs.batch.lifecycle.node_follower import NodeFollower
from mock_jobs.batch.lifecycle.scheduler import Scheduler
from mock_jobs.batch.lifecycle.stopping import Stopper
from mock_jobs.batch.lifecycle.waiting import WaitingJobs
from mock_jobs.batch.records.job import ArrayJob, Job
from mock_jobs.batch.states import StopRequest, Trigger

if TYPE_CHECKING:
    from mock_jobs.batch.lifecycle.announcements import Announcer
    from mock_jobs.batch.lifecycle.changes import Recorder
    from mock_jobs.batch.lifecycle.logs import LogWriter
    from mock_jobs.batch.lifecycle.retention import Retention
    from mock_jobs.batch.queueing.time_limits import TimeLimit
    from mock_jobs.batch.records.compute_environment import ComputeEnvironment
    from mock_jobs.batch.records.consumable_resources import ConsumableResources
    from mock_jobs.batch.scenario.scenario import Scenario
    from mock_jobs.core.world import World


class Lifecycle(BaseLifecycle[Job, Trigger]):
    """Moves the jobs of one account and region.

    Args:
        world: Clock and ids.
        scenario: Pace, settings and plans.
        announcer: Announces every change.
        logs: Writes the output of attempts.
        consumables: The consumable resources that attempts take and give back.
        retention: Deletes whole jobs some time after their end.
        recorder: Records the timeline.
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
        recorder: Recorder,
    ) -> None:
        super().__init__(world, scenario, announcer, recorder=recorder, retried=Trigger.RETRIED, failed=Trigger.ATTEMPT_FAILED)
        clock, transition, timers = world.clock, self._transition, self._timers
        self.announcer = announcer
        self.logs = logs
        self.consumables = consumables
        self.functions = FunctionRunner(world, scenario, logs)
        self.scheduler: Scheduler = Scheduler(self, clock, self.timer_batches, scenario.settings, consumables)
        self._endings = Endings(transition, timers, self.resolve)
        self._waiting = WaitingJobs(transition, self._endings, self.enqueue)
        self._attempts = Attempts(
            world,
            scenario,
            transition,
            timers,
            self._endings,
            functions=self.functions,
            logs=logs,
            consumables=consumables,
            retry_or_fail=self._retry_or_fail,
            look_again=self.scheduler.look_again,
        )
        self.stopper = Stopper(self._endings, self._attempts, scenario.settings)
        node_follower = NodeFollower(transition, self._endings, self._attempts)
        transition.listen(
            job_listeners(
                self.scheduler, clock, consumables, retention, announcer, recorder=recorder, node_follower=node_follower
            )
        )

    # Waiting

    def submit(self, job: Job) -> None:
        """Record a job that was just submitted, and evaluate it later."""
        queue = job.spec.queue
        queue.index.add(job, job.spec.share_identifier)
        self.consumables.consumers.add(job)
        queue.usage.submitted(job)
        queue.moves += 1
        self._recorder.submitted(job)
        self._timers.set_by_setting(job, "submitted_seconds", self.evaluate)

    def evaluate(self, job: Job) -> None:
        """Move a SUBMITTED job to PENDING or RUNNABLE, according to its dependencies."""
        self._waiting.evaluate(job)

    def resolve(self, job: Job) -> None:
        """Move a PENDING job once its dependencies are decided.

        A job with a delayed stop is left to that stop.
        """
        self._waiting.resolve(job)

    # Attempts

    def dispatch(self, job: Job, environment: ComputeEnvironment) -> None:
        """Begin an attempt of a RUNNABLE job in an environment that has room for it."""
        self._attempts.dispatch(job, environment)

    def start(self, job: Job) -> None:
        """Start the container of a STARTING job, or fail its attempt as planned."""
        self._attempts.start(job)

    def end(self, job: Job) -> None:
        """End the attempt of a RUNNING job, when its scheduled end is due."""
        self._attempts.end(job)

    def lose_host(self, job: Job) -> None:
        """End the attempt of a STARTING or RUNNING job whose host goes away now."""
        self._attempts.lose_host(job)

    def lose_host_later(self, job: Job, delay_ms: int) -> None:
        """End the attempt of a job whose host goes away after a delay in milliseconds.

        The job is STARTING or RUNNING.
        """
        self._attempts.lose_host_later(job, delay_ms)

    # Ends

    def apply_time_limit(self, job: Job, limit: TimeLimit) -> None:
        """Cancel a job that has blocked the head of its queue for too long."""
        self.stopper.stop(job, StopRequest.CANCEL, limit.status_reason)

    def delete_with_queue(self, jobs: list[Job]) -> None:
        """Fail all jobs of a queue that is deleted.

        A job with a stop request keeps the reason of that request (inferred).
        """
        endings: list[Ending] = []
        for job in jobs:
            if isinstance(job, ArrayJob):
                job.end_reason = messages.QUEUE_DELETED
            for each in members(job):
                reason = each.stop_reason or messages.QUEUE_DELETED
                self._attempts.kill(each, reason)
                endings.append((each, Trigger.QUEUE_DELETED, reason))
        self._endings.finish(endings)

    def _end(self, job: Job, trigger: Trigger, reason: str | None) -> None:
        self._endings.finish([(job, trigger, reason)])
