"""The job at the head of a queue: why it can never be placed, and what happens when that lasts.

Sources: user guide, "Jobs stuck in RUNNABLE" (*documented*: reasons and their texts); API reference, JobStateTimeLimitAction
(*documented*). That the time counts from when a job is the head and shows the reason, and that the reason goes with its cause,
is *inferred*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_jobs.batch import messages
from mock_jobs.batch.states import RUNNABLE, StopRequest

if TYPE_CHECKING:
    from mock_jobs.batch.agenda import Agenda
    from mock_jobs.batch.job import Job
    from mock_jobs.batch.lifecycle import Lifecycle
    from mock_jobs.batch.resources import JobQueue
    from mock_jobs.batch.settings import BatchSettings
    from mock_jobs.batch.time_limits import TimeLimit
    from mock_jobs.clock import Clock, Timer

_REQUESTS = {"CANCEL": StopRequest.CANCEL, "TERMINATE": StopRequest.TERMINATE}


def code_of(reason: str) -> str:
    """Return the code that a text about a blocked queue begins with."""
    return reason.partition(" ")[0]


def blocked_reason(queue: JobQueue, job: Job) -> str | None:
    """Return why no compute environment could ever take a job, None if one could."""
    if queue.outages:
        return queue.outages[-1].reason
    environments = list(queue.environments)
    candidates = [each for each in environments if each.state == "ENABLED" and each.status != "INVALID"]
    if not candidates:
        are_invalid = all(each.status == "INVALID" for each in environments)
        return messages.BLOCKED_INVALID if are_invalid else messages.BLOCKED_DISABLED
    suitable = [each for each in candidates if each.suits(job)]
    if not suitable:
        # AWS documents no code for this.
        return messages.BLOCKED_UNDETERMINED
    if all(queue.usage.attainable(each.capacity) < job.spec.vcpus for each in suitable):
        return messages.BLOCKED_MAX_RESOURCE
    return None


class Head:
    """The job at the head of a queue, which the last pass of the scheduler could not place.

    Attributes:
        job: Which.
        reason: Why it can never be placed, None if it could.
        shown_ms: Since when the job says so; None if it does not yet.
        timer: What happens next about it.
    """

    __slots__ = ("job", "reason", "shown_ms", "timer")

    def __init__(self, job: Job) -> None:
        self.job = job
        self.reason: str | None = None
        self.shown_ms: int | None = None
        self.timer: Timer | None = None


class HeadWatch:
    """Keeps an eye on the heads of all queues of one account and region."""

    def __init__(self, lifecycle: Lifecycle, clock: Clock, agenda: Agenda[Job], settings: BatchSettings) -> None:
        self._lifecycle = lifecycle
        self._clock = clock
        self._agenda = agenda
        self._settings = settings

    def see(self, queue: JobQueue, job: Job, reason: str | None) -> None:
        """Take note of who is at the head of a queue after a pass.

        Args:
            queue: Which.
            job: The head.
            reason: Why it can never be placed, None if it could be once there is room.
        """
        head = queue.head
        if head is None or head.job is not job:
            self.forget(queue)
            head = queue.head = Head(job)
        if head.reason == reason:
            return
        self._hide(head)
        head.reason = reason
        if reason is not None:
            delay_ms = round(self._settings.blocked_detection_seconds * 1000)
            if delay_ms:
                head.timer = self._agenda.at(self._clock.now_ms + delay_ms, lambda: self._show(queue, head))
            else:
                self._show(queue, head)

    def forget(self, queue: JobQueue) -> None:
        """Take note that what was at the head of a queue is there no longer."""
        head, queue.head = queue.head, None
        if head is not None:
            self._hide(head)

    def limit_time(self, queue: JobQueue, limits: tuple[TimeLimit, ...]) -> None:
        """Let other time limits count for a queue; what is at its head has been there since it came."""
        queue.time_limits = limits
        head = queue.head
        if head is not None and head.shown_ms is not None:
            self._stop_timer(head)
            self._start_timer(queue, head)

    def _show(self, queue: JobQueue, head: Head) -> None:
        assert head.reason is not None
        head.shown_ms = self._clock.now_ms
        self._lifecycle.say_blocked(head.job, head.reason)
        self._start_timer(queue, head)

    def _hide(self, head: Head) -> None:
        self._stop_timer(head)
        job = head.job
        if head.shown_ms is not None and job.status == RUNNABLE:
            last = job.last_attempt
            job.status_reason = None if last is None else last.status_reason
        head.shown_ms = None

    def _start_timer(self, queue: JobQueue, head: Head) -> None:
        assert head.reason is not None
        assert head.shown_ms is not None
        code = code_of(head.reason)
        limits = [limit for limit in queue.time_limits if limit.code == code]
        if limits:
            first = min(limits, key=lambda limit: limit.max_seconds)
            due_ms = max(head.shown_ms + first.max_seconds * 1000, self._clock.now_ms)
            head.timer = self._agenda.at(due_ms, lambda: self._act(head.job, first))

    def _stop_timer(self, head: Head) -> None:
        if head.timer is not None:
            head.timer.cancel()
            head.timer = None

    def _act(self, job: Job, limit: TimeLimit) -> None:
        self._lifecycle.stopper.stop(job, _REQUESTS[limit.action], limit.status_reason)
