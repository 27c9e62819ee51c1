"""Which RUNNABLE service job gets capacity when.

Sources: user guide, "Service jobs", "Quota management" and "Jobs stuck in RUNNABLE" (*documented*). A service job is dispatched
when its instances fit into what is left of its service environment; from SCHEDULED on it holds them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from mock_jobs.batch import messages
from mock_jobs.batch.lifecycle.ports import Dispatcher
from mock_jobs.batch.queueing.base_scheduler import BaseScheduler, WaitQueue
from mock_jobs.batch.service_jobs.capacity import fits, less
from mock_jobs.batch.service_jobs.job import ServiceJob
from mock_jobs.batch.service_jobs.quotas import Pool, fits_share, is_own, may_borrow, most, outranked_by, reclaimed_from
from mock_jobs.batch.service_jobs.resources import ServiceEnvironment, ServiceQueue
from mock_jobs.batch.states import RUNNABLE

if TYPE_CHECKING:
    from mock_jobs.batch.queueing.timer_batches import TimerBatches
    from mock_jobs.batch.scenario.settings import BatchSettings
    from mock_jobs.batch.service_jobs.resources import QuotaShare
    from mock_jobs.core.world_clock import WorldClock


class ServiceDispatcher(Dispatcher[ServiceJob, ServiceEnvironment], Protocol):
    """Begins the attempts of service jobs, and takes their capacity away."""

    def preempt(self, job: ServiceJob, reason: str) -> None:
        """Take away the capacity of a job that was dispatched."""
        ...


class ServiceScheduler(BaseScheduler[ServiceJob, ServiceQueue[ServiceJob]]):
    """Dispatches RUNNABLE service jobs: by queue priority, then by order.

    Args:
        dispatcher: Begins the attempts of the jobs, and preempts them.
        settings: Its `strict_fifo` makes the head of a queue hold up the rest.
    """

    def __init__(
        self, dispatcher: ServiceDispatcher, clock: WorldClock, timer_batches: TimerBatches[ServiceJob], settings: BatchSettings
    ) -> None:
        super().__init__(dispatcher, clock, timer_batches, settings)
        self._dispatcher = dispatcher

    def _wait_queue_of(self, job: ServiceJob) -> WaitQueue[ServiceJob]:
        return job.spec.wait_queue

    def dispatch_now(self, job: ServiceJob) -> bool:
        """Dispatch one job out of its turn if there is capacity; return whether there was.

        No job is preempted for it.
        """
        queue, share, need = job.spec.queue, job.spec.share, job.spec.instances
        if not queue.environment.is_usable or _is_lacking(job):
            return False
        if share is None:
            queue.runnable.begin_pass(self._clock.now_ms)
            queue.runnable.end_pass()
            return _has_room(queue, job) and self._dispatch(job)
        pool = _pool(queue)
        has_room = is_own(share, need) and fits_share(pool, share, need)
        return (has_room or may_borrow(pool, share, need)) and self._dispatch(job)

    def _schedule_queue(self, queue: ServiceQueue[ServiceJob]) -> None:
        if queue.environment.is_usable:
            if queue.has_quotas:
                self._serve_shares(queue)
            else:
                self._serve_queue(queue)
        for wait_queue in queue.wait_queues:
            self._look_at_head(queue, wait_queue)

    def _serve_queue(self, queue: ServiceQueue[ServiceJob]) -> None:
        now_ms, runnable = self._clock.now_ms, queue.runnable
        runnable.begin_pass(now_ms)
        while (job := runnable.head()) is not None:
            if job.due_ms <= now_ms and not _is_lacking(job) and _has_room(queue, job):
                self._dispatch(job)
            else:
                runnable.pass_over(job, is_strict=self._settings.strict_fifo)
        runnable.end_pass()

    def _look_at_head(self, queue: ServiceQueue[ServiceJob], wait_queue: WaitQueue[ServiceJob]) -> None:
        now_ms = self._clock.now_ms
        wait_queue.runnable.begin_pass(now_ms)
        job = wait_queue.runnable.head()
        wait_queue.runnable.end_pass()
        if job is not None:
            reason = blocked_reason(job) if job.due_ms <= now_ms else None
            # The time in SCHEDULED counts too where capacity is lacking (documented).
            since_ms = job.latest.scheduled_ms if _is_lacking(job) and job.latest is not None else None
            self.heads.see(wait_queue, job, reason, queue.time_limits, since_ms=since_ms)

    # Quota shares

    def _serve_shares(self, queue: ServiceQueue[ServiceJob]) -> None:
        """Dispatch jobs into what their share owns, then borrows, then by preemption.

        Repeat this while the last step dispatches a job.
        """
        pool = _pool(queue)

        def from_own(share: QuotaShare[ServiceJob], job: ServiceJob) -> bool:
            need = job.spec.instances
            if not is_own(share, need):
                return False
            if not fits_share(pool, share, need):
                victims = reclaimed_from(pool, share, need)
                if not victims:
                    return False
                self._preempt(victims, messages.CROSS_SHARE_PREEMPTION)
            return self._dispatch(job)

        def borrowing(share: QuotaShare[ServiceJob], job: ServiceJob) -> bool:
            return may_borrow(pool, share, job.spec.instances) and self._dispatch(job)

        def outranking(share: QuotaShare[ServiceJob], job: ServiceJob) -> bool:
            victims = outranked_by(pool, share, job, job.spec.instances)
            if not victims:
                return False
            self._preempt(victims, messages.IN_SHARE_PREEMPTION)
            return self._dispatch(job)

        while True:
            self._round(queue, from_own, by_age=False)
            self._round(queue, borrowing, by_age=True)
            if not self._round(queue, outranking, by_age=False):
                break

    def _round(
        self, queue: ServiceQueue[ServiceJob], attempt: Callable[[QuotaShare[ServiceJob], ServiceJob], bool], *, by_age: bool
    ) -> bool:
        """Go through the shares, one job each, until none can dispatch.

        Return whether any job was dispatched.

        Args:
            queue: The queue of the shares.
            attempt: Dispatches a job of a share, or returns False.
            by_age: Whether the head that was submitted first is next, instead of share after share.
        """
        now_ms, shares = self._clock.now_ms, list(queue.shares.values())
        for share in shares:
            share.runnable.begin_pass(now_ms)
        has_dispatched = False
        while heads := [(share, job) for share in shares if (job := share.runnable.head()) is not None]:
            if by_age:
                heads = [min(heads, key=lambda entry: (entry[1].created_ms, entry[1].spec.number))]
            for share, job in heads:
                if job.status != RUNNABLE or share.runnable.head() is not job:
                    continue
                if job.due_ms <= now_ms and not _is_lacking(job) and attempt(share, job):
                    has_dispatched = True
                else:
                    share.runnable.pass_over(job, is_strict=self._settings.strict_fifo)
        for share in shares:
            share.runnable.end_pass()
        return has_dispatched

    def _preempt(self, victims: list[ServiceJob], reason: str) -> None:
        for victim in victims:
            self._dispatcher.preempt(victim, reason)

    def _dispatch(self, job: ServiceJob) -> bool:
        self._dispatcher.dispatch(job, job.spec.queue.environment)
        return True


def _pool(queue: ServiceQueue[ServiceJob]) -> Pool:
    return Pool(queue.environment, queue.shares.values())


def _has_room(queue: ServiceQueue[ServiceJob], job: ServiceJob) -> bool:
    environment = queue.environment
    limits = {unit: int(queue.usage.usable(most)) for unit, most in environment.limits.items()}
    return environment.is_usable and fits(environment.need_of(job.spec.instances), less(limits, environment.in_use))


def _is_lacking(job: ServiceJob) -> bool:
    """Return whether capacity was lacking for a job, and still is."""
    return job.block is not None and job.block in job.spec.queue.blocks


def blocked_reason(job: ServiceJob) -> str | None:
    """Return why a job can currently never be dispatched, None if it could."""
    queue, share = job.spec.queue, job.spec.share
    need = queue.environment.need_of(job.spec.instances)
    if job.block is not None and _is_lacking(job):
        return job.block.reason
    if not fits(need, {unit: int(queue.usage.attainable(most)) for unit, most in queue.environment.limits.items()}):
        return messages.BLOCKED_SERVICE_MAX
    if share is not None and any(most(_pool(queue), share, unit) < quantity for unit, quantity in need.items()):
        return messages.BLOCKED_QUOTA
    return None
