"""What the lifecycles of both kinds of jobs share: retries and blocked heads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from mock_jobs.batch.lifecycle.changes import BLOCKED, UNBLOCKED, RecordedJob
from mock_jobs.batch.lifecycle.timers import JobTimers
from mock_jobs.batch.lifecycle.transition import Movable, Transition, TriggerT
from mock_jobs.batch.queueing.schedulable import JobT_contra, QueuedSpec
from mock_jobs.batch.queueing.timer_batches import TimerBatches

if TYPE_CHECKING:
    from mock_jobs.batch.lifecycle.changes import Recorder
    from mock_jobs.batch.queueing.base_scheduler import BaseScheduler
    from mock_jobs.batch.scenario.scenario import Scenario
    from mock_jobs.batch.workload.retry_strategy import RetryStrategy
    from mock_jobs.core.world import World


class RetriedSpec(QueuedSpec, Protocol):
    """The immutable part of a job, set by its submission."""

    @property
    def name(self) -> str:
        """Job name."""
        ...

    @property
    def retry(self) -> RetryStrategy | None:
        """Its retry strategy; None for a single attempt."""
        ...


class Retried(Movable, RecordedJob, Protocol):
    """A job that may be retried."""

    @property
    def spec(self) -> RetriedSpec:
        """The immutable part of the job."""
        ...

    @property
    def attempts(self) -> Sequence[object]:
        """The attempts that ended."""
        ...

    @property
    def last_reason(self) -> str | None:
        """Why its last attempt ended; shown while it waits for the next one."""
        ...


RetriedT = TypeVar("RetriedT", bound=Retried)


class BlockAnnouncer(Protocol[JobT_contra]):
    """Announces blocked queues."""

    def blocked(self, job: JobT_contra) -> None:
        """Announce that the job at the head of a queue can currently never be dispatched."""
        ...


class BaseLifecycle(Generic[RetriedT, TriggerT]):
    """Moves the jobs of one kind, of one account and region.

    Args:
        world: Its clock.
        scenario: Pace and settings.
        announcer: Announces blocked queues.
        recorder: Records the timeline.
        retried: The trigger for another attempt.
        failed: The trigger for the end after a failed attempt.

    Attributes:
        scheduler: Decides when a RUNNABLE job begins an attempt.
        timer_batches: The scheduled moves of jobs.
    """

    scheduler: BaseScheduler[RetriedT, Any]

    def __init__(
        self,
        world: World,
        scenario: Scenario,
        announcer: BlockAnnouncer[RetriedT],
        *,
        recorder: Recorder,
        retried: TriggerT,
        failed: TriggerT,
    ) -> None:
        self._clock = world.clock
        self._scenario = scenario
        self._block_announcer = announcer
        self._recorder = recorder
        self._retried = retried
        self._failed = failed
        self.timer_batches: TimerBatches[RetriedT] = TimerBatches(world.clock)
        self._timers: JobTimers[RetriedT] = JobTimers(world.clock, scenario, self.timer_batches)
        self._transition: Transition[RetriedT, TriggerT] = Transition(world.clock)

    def enqueue(self, job: RetriedT, latency: str | None) -> None:
        """Hand a RUNNABLE job to the scheduler, which may dispatch it after a latency.

        Args:
            job: The job.
            latency: Name of the setting, None for the shortest that the pace allows.
        """
        self.scheduler.add(job, self._clock.now_ms + self._scenario.latency_ms(latency))

    def mark_blocked(self, job: RetriedT, reason: str) -> None:
        """Set the reason why the head of a queue is blocked, and announce it.

        The job is RUNNABLE and can currently never be dispatched.
        """
        job.status_reason = reason
        job.moves += 1
        job.reads = 0
        self._recorder.changed(job, job.status, BLOCKED)
        self._block_announcer.blocked(job)

    def clear_blocked(self, job: RetriedT) -> None:
        """Restore the reason that a RUNNABLE job showed before it was blocked."""
        job.status_reason = job.last_reason
        self._recorder.changed(job, job.status, UNBLOCKED)

    def _retry_or_fail(self, job: RetriedT, status_reason: str, reason: str | None = None, exit_code: int | None = None) -> None:
        """Retry a job if its retry strategy says so, else end it.

        Args:
            job: The job, whose attempt has failed and is closed.
            status_reason: The reason of the attempt.
            reason: The reason of its container, None if there is none.
            exit_code: None if there is none.
        """
        retry = job.spec.retry
        if retry is not None and retry.repeats(len(job.attempts), status_reason, reason, exit_code):
            job.status_reason = status_reason
            self._transition.move(job, self._retried)
            self.enqueue(job, "retry_delay_seconds")
        else:
            self._end(job, self._failed, status_reason)

    def _end(self, job: RetriedT, trigger: TriggerT, reason: str | None) -> None:
        """End a job, and the jobs that end with it."""
        self._transition.end(job, trigger, reason)
