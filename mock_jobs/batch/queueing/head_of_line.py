"""The job at the head of a queue: why it is blocked, and its time limits.

Sources: user guide, "Jobs stuck in RUNNABLE" (*documented*: reasons and their texts); API reference, JobStateTimeLimitAction
(*documented*). That the time counts from when a job is the head and shows the reason, and that the reason disappears with its
cause, is *inferred*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol

from mock_jobs.batch.messages import code_of
from mock_jobs.batch.queueing.schedulable import JobT, JobT_contra
from mock_jobs.batch.states import RUNNABLE

if TYPE_CHECKING:
    from mock_jobs.batch.queueing.time_limits import TimeLimit
    from mock_jobs.batch.queueing.timer_batches import TimerBatches
    from mock_jobs.batch.scenario.settings import BatchSettings
    from mock_jobs.core.timers import Timer
    from mock_jobs.core.world_clock import WorldClock


class HeadOfLine(Generic[JobT]):
    """The head of a queue, which the last pass of the scheduler did not dispatch.

    Attributes:
        job: The job.
        limits: Time limits of its queue.
        reason: Why it can never be dispatched, None if it could be.
        since_ms: From when its time limits count.
        is_shown: Whether the status reason of the job is set to that reason.
        timer: Its next timer, which shows the reason or applies a time limit.
    """

    __slots__ = ("is_shown", "job", "limits", "reason", "since_ms", "timer")

    def __init__(self, job: JobT, limits: tuple[TimeLimit, ...]) -> None:
        self.job = job
        self.limits = limits
        self.reason: str | None = None
        self.since_ms = 0
        self.is_shown = False
        self.timer: Timer | None = None


class HasHead(Protocol[JobT]):
    """Something with a head: a job queue, or a quota share."""

    head: HeadOfLine[JobT] | None


class Mover(Protocol[JobT_contra]):
    """Changes jobs for the monitor."""

    def mark_blocked(self, job: JobT_contra, reason: str) -> None:
        """Set the reason why a RUNNABLE job can never be dispatched."""
        ...

    def clear_blocked(self, job: JobT_contra) -> None:
        """Remove that reason from a RUNNABLE job."""
        ...

    def apply_time_limit(self, job: JobT_contra, limit: TimeLimit) -> None:
        """End a job that was blocked for too long."""
        ...


class HeadOfLineMonitor(Generic[JobT]):
    """Watches the heads of all queues of one account and region.

    Args:
        mover: Changes the jobs.
        settings: Its `blocked_detection_seconds` is how long it takes to find out that a job is blocked.
    """

    def __init__(self, mover: Mover[JobT], clock: WorldClock, timer_batches: TimerBatches[JobT], settings: BatchSettings) -> None:
        self._mover = mover
        self._clock = clock
        self._timer_batches = timer_batches
        self._settings = settings

    def see(
        self,
        wait_queue: HasHead[JobT],
        job: JobT,
        reason: str | None,
        limits: tuple[TimeLimit, ...],
        *,
        since_ms: int | None = None,
    ) -> None:
        """Record which job is at the head of a queue after a pass.

        Args:
            wait_queue: The queue.
            job: The head.
            reason: Why it can never be dispatched, None if it could be once there is room.
            limits: Time limits of the queue.
            since_ms: From when its time limits count; None for when its reason is shown.
        """
        head = wait_queue.head
        if head is None or head.job is not job:
            self.clear(wait_queue)
            head = wait_queue.head = HeadOfLine(job, limits)
        if head.reason == reason:
            return
        self._hide(head)
        head.reason = reason
        if reason is not None:
            delay_ms = round(self._settings.blocked_detection_seconds * 1000)
            head.since_ms = self._clock.now_ms + delay_ms if since_ms is None else since_ms
            if delay_ms:
                head.timer = self._timer_batches.at(self._clock.now_ms + delay_ms, lambda: self._show(head))
            else:
                self._show(head)

    def clear(self, wait_queue: HasHead[JobT]) -> None:
        """Remove the record of the head of a queue, because the job is no longer there."""
        head, wait_queue.head = wait_queue.head, None
        if head is not None:
            self._hide(head)

    def limit_time(self, wait_queue: HasHead[JobT], limits: tuple[TimeLimit, ...]) -> None:
        """Replace the time limits of a queue.

        The time that its head was blocked before still counts.
        """
        head = wait_queue.head
        if head is None:
            return
        head.limits = limits
        if head.is_shown:
            self._stop_timer(head)
            self._start_timer(head)

    def _show(self, head: HeadOfLine[JobT]) -> None:
        assert head.reason is not None
        head.is_shown = True
        self._mover.mark_blocked(head.job, head.reason)
        self._start_timer(head)

    def _hide(self, head: HeadOfLine[JobT]) -> None:
        self._stop_timer(head)
        if head.is_shown and head.job.status == RUNNABLE:
            self._mover.clear_blocked(head.job)
        head.is_shown = False

    def _start_timer(self, head: HeadOfLine[JobT]) -> None:
        assert head.reason is not None
        code = code_of(head.reason)
        limits = [limit for limit in head.limits if limit.code == code]
        if limits:
            first = min(limits, key=lambda limit: limit.max_seconds)
            due_ms = max(head.since_ms + first.max_seconds * 1000, self._clock.now_ms)
            head.timer = self._timer_batches.at(due_ms, lambda: self._mover.apply_time_limit(head.job, first))

    def _stop_timer(self, head: HeadOfLine[JobT]) -> None:
        if head.timer is not None:
            head.timer.cancel()
            head.timer = None
