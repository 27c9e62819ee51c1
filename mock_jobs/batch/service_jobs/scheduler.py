"""Which RUNNABLE service job gets capacity when.

Sources: user guide, "Service jobs", "Quota management" and "Jobs stuck in RUNNABLE" (*documented*). A service job is dispatched
when its instances fit into what is left of its service environment; from SCHEDULED on it holds them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mock_jobs.batch import messages
from mock_jobs.batch.queueing.base_scheduler import BaseScheduler, WaitQueue
from mock_jobs.batch.records.job_queue import JobQueue
from mock_jobs.batch.service_jobs.capacity import fits, less
from mock_jobs.batch.service_jobs.job import ServiceJob
from mock_jobs.batch.service_jobs.quotas import Pool, fits_share, is_own, may_borrow, most, outranked_by, reclaimed_from
from mock_jobs.batch.states import RUNNABLE

if TYPE_CHECKING:
    from mock_jobs.batch.queueing.timer_batches import TimerBatches
    from mock_jobs.batch.scenario.settings import BatchSettings
    from mock_jobs.batch.service_jobs.lifecycle import ServiceLifecycle
    from mock_jobs.batch.service_jobs.resources import QuotaShare, ServiceSide
    from mock_jobs.core.clock import Clock


class ServiceScheduler(BaseScheduler[ServiceJob, JobQueue]):
    """Dispatches RUNNABLE service jobs: queues by priority, the jobs of each queue or quota share in the order of its line.

    Args:
        lifecycle: Moves the jobs that are dispatched.
        settings: Tells whether the head of a line holds up the rest.
    """

    def __init__(
        self, lifecycle: ServiceLifecycle, clock: Clock, timer_batches: TimerBatches[ServiceJob], settings: BatchSettings
    ) -> None:
        super().__init__(lifecycle, clock, timer_batches, settings)
        self._lifecycle = lifecycle

    def _wait_queue_of(self, job: ServiceJob) -> WaitQueue[ServiceJob]:
        return job.spec.wait_queue

    def _wait_queues_of(self, queue: JobQueue) -> Sequence[WaitQueue[ServiceJob]]:
        return _side(queue).wait_queues

    def dispatch_now(self, job: ServiceJob) -> bool:
        """Dispatch one job out of its turn if there is capacity, preempting nobody; return whether there was."""
        side, share, need = job.spec.side, job.spec.share, job.spec.instances
        if not side.environment.is_usable or _is_lacking(job):
            return False
        if share is None:
            side.line.begin_pass(self._clock.now_ms)
            side.line.end_pass()
            return _has_room(side, job) and self._dispatch(job)
        pool = _pool(side)
        has_room = is_own(share, need) and fits_share(pool, share, need)
        return (has_room or may_borrow(pool, share, need)) and self._dispatch(job)

    def _schedule_queue(self, queue: JobQueue) -> None:
        side = _side(queue)
        if side.environment.is_usable:
            if side.has_quotas:
                self._serve_shares(side)
            else:
                self._serve_line(side)
        for wait_queue in self._wait_queues_of(queue):
            self._look_at_head(queue, wait_queue)

    def _serve_line(self, side: ServiceSide) -> None:
        now_ms, line = self._clock.now_ms, side.line
        line.begin_pass(now_ms)
        while (job := line.head()) is not None:
            if job.due_ms <= now_ms and not _is_lacking(job) and _has_room(side, job):
                self._dispatch(job)
            else:
                line.pass_over(job, is_strict=self._settings.strict_fifo)
        line.end_pass()

    def _look_at_head(self, queue: JobQueue, wait_queue: WaitQueue[ServiceJob]) -> None:
        now_ms = self._clock.now_ms
        wait_queue.line.begin_pass(now_ms)
        job = wait_queue.line.head()
        wait_queue.line.end_pass()
        if job is not None:
            reason = blocked_reason(job) if job.due_ms <= now_ms else None
            # The time in SCHEDULED counts too where capacity is lacking (documented).
            since_ms = job.latest.scheduled_ms if _is_lacking(job) and job.latest is not None else None
            self.heads.see(wait_queue, job, reason, queue.time_limits, since_ms=since_ms)

    # Quota shares

    def _serve_shares(self, side: ServiceSide) -> None:
        """Serve what shares own, then what they borrow, then who outranks others; again if that made room."""
        pool = _pool(side)

        def from_own(share: QuotaShare, job: ServiceJob) -> bool:
            need = job.spec.instances
            if not is_own(share, need):
                return False
            if not fits_share(pool, share, need):
                victims = reclaimed_from(pool, share, need)
                if not victims:
                    return False
                self._preempt(victims, messages.CROSS_SHARE_PREEMPTION)
            return self._dispatch(job)

        def borrowing(share: QuotaShare, job: ServiceJob) -> bool:
            return may_borrow(pool, share, job.spec.instances) and self._dispatch(job)

        def outranking(share: QuotaShare, job: ServiceJob) -> bool:
            victims = outranked_by(pool, share, job, job.spec.instances)
            if not victims:
                return False
            self._preempt(victims, messages.IN_SHARE_PREEMPTION)
            return self._dispatch(job)

        while True:
            self._round(side, from_own, by_age=False)
            self._round(side, borrowing, by_age=True)
            if not self._round(side, outranking, by_age=False):
                break

    def _round(self, side: ServiceSide, attempt: Callable[[QuotaShare, ServiceJob], bool], *, by_age: bool) -> bool:
        """Go round the shares, one job each, until none can place any more; return whether one could.

        Args:
            side: Of the queue.
            attempt: Places a job of a share, or returns False.
            by_age: Whether the head that was submitted first has its turn first, instead of share after share.
        """
        now_ms, shares = self._clock.now_ms, list(side.shares.values())
        for share in shares:
            share.line.begin_pass(now_ms)
        has_placed = False
        while heads := [(share, job) for share in shares if (job := share.line.head()) is not None]:
            if by_age:
                heads = [min(heads, key=lambda entry: (entry[1].created_ms, entry[1].spec.number))]
            for share, job in heads:
                if job.status != RUNNABLE or share.line.head() is not job:
                    continue
                if job.due_ms <= now_ms and not _is_lacking(job) and attempt(share, job):
                    has_placed = True
                else:
                    share.line.pass_over(job, is_strict=self._settings.strict_fifo)
        for share in shares:
            share.line.end_pass()
        return has_placed

    def _preempt(self, victims: list[ServiceJob], reason: str) -> None:
        for victim in victims:
            self._lifecycle.preempt(victim, reason)

    def _dispatch(self, job: ServiceJob) -> bool:
        environment = job.spec.side.environment
        self._lifecycle.dispatch(job, environment, environment.need_of(job.spec.instances))
        return True


def _side(queue: JobQueue) -> ServiceSide:
    side = queue.service
    assert side is not None
    return side


def _pool(side: ServiceSide) -> Pool:
    return Pool(side.environment, side.shares.values())


def _has_room(side: ServiceSide, job: ServiceJob) -> bool:
    environment = side.environment
    limits = {unit: int(side.usage.usable(most)) for unit, most in environment.limits.items()}
    return environment.is_usable and fits(environment.need_of(job.spec.instances), less(limits, environment.in_use))


def _is_lacking(job: ServiceJob) -> bool:
    """Return whether AWS lacked capacity for a job, and still does."""
    return job.outage is not None and job.outage in job.spec.queue.outages


def blocked_reason(job: ServiceJob) -> str | None:
    """Return why a job can never be dispatched as things are, None if it could."""
    side, share = job.spec.side, job.spec.share
    need = side.environment.need_of(job.spec.instances)
    if job.outage is not None and _is_lacking(job):
        return job.outage.reason
    if not fits(need, {unit: int(side.usage.attainable(most)) for unit, most in side.environment.limits.items()}):
        return messages.BLOCKED_SERVICE_MAX
    if share is not None and any(most(_pool(side), share, unit) < quantity for unit, quantity in need.items()):
        return messages.BLOCKED_QUOTA
    return None
