"""Quota shares: which jobs may hold, borrow or must give back instances.

Sources: user guide, "Quota shares" and "Preemption" (*documented*: the strategies, the borrow limit, that borrowed capacity is
reclaimed, and that a job may preempt those of lower priority in its share). AWS does not publish how it chooses whom to preempt:
here it is the lowest priority first, then the attempt that was dispatched last (*inferred*). *Inferred* too: capacity that no
share owns is not lent, and no job is preempted unless that makes enough room for the other job.

All functions are pure: they change nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, NamedTuple

from mock_jobs.batch.service_jobs.capacity import add
from mock_jobs.batch.service_jobs.resources import UNLIMITED, QuotaShare

if TYPE_CHECKING:
    from mock_jobs.batch.service_jobs.capacity import Amounts
    from mock_jobs.batch.service_jobs.job import ServiceJob
    from mock_jobs.batch.service_jobs.resources import ServiceEnvironment


class Pool(NamedTuple):
    """The capacity of a service environment and the shares of it."""

    environment: ServiceEnvironment
    shares: Collection[QuotaShare[ServiceJob]]

    def free_for(self, share: QuotaShare[ServiceJob], unit: str) -> int:
        """Return how much is neither in use nor reserved by another share."""
        free = self.environment.limits.get(unit, 0) - self.environment.in_use.get(unit, 0)
        return free - sum(each.idle(unit) for each in self.shares if each is not share and not each.sharing.lends)

    def lent(self, share: QuotaShare[ServiceJob], unit: str) -> int:
        """Return how much a share could still borrow of the idle capacity of others."""
        idle = sum(each.idle(unit) for each in self.shares if each is not share and each.sharing.lends)
        return idle - sum(each.borrowed(unit) for each in self.shares)


def is_own(share: QuotaShare[ServiceJob], need: Amounts) -> bool:
    """Return whether a share may hold this much more without borrowing."""
    return all(share.in_use.get(unit, 0) + quantity <= share.limits.get(unit, 0) for unit, quantity in need.items())


def fits_share(pool: Pool, share: QuotaShare[ServiceJob], need: Amounts) -> bool:
    """Return whether a need fits into the capacity that is free for a share."""
    return all(pool.free_for(share, unit) >= quantity for unit, quantity in need.items())


def may_borrow(pool: Pool, share: QuotaShare[ServiceJob], need: Amounts) -> bool:
    """Return whether a share may borrow what it lacks, and there is enough of it."""
    if not share.sharing.borrows or not fits_share(pool, share, need):
        return False
    for unit, quantity in need.items():
        more = share.in_use.get(unit, 0) + quantity - share.limits.get(unit, 0)
        if more > _most_borrowed(share, unit) or max(0, more) - share.borrowed(unit) > pool.lent(share, unit):
            return False
    return True


def most(pool: Pool, share: QuotaShare[ServiceJob], unit: str) -> float:
    """Return how much a share can ever hold, as it is currently configured."""
    owned: float = share.limits.get(unit, 0)
    if share.sharing.borrows:
        others = sum(each.limits.get(unit, 0) for each in pool.shares if each is not share and each.sharing.lends)
        owned += min(others, _most_borrowed(share, unit))
    return owned


def reclaimed_from(pool: Pool, share: QuotaShare[ServiceJob], need: Amounts) -> list[ServiceJob]:
    """Return the jobs to preempt so that a share gets back what it lent and needs.

    None are returned if that would not be enough.
    """
    lacking = {unit: quantity - pool.free_for(share, unit) for unit, quantity in need.items()}
    chosen: list[ServiceJob] = []
    given_up: dict[QuotaShare[ServiceJob], dict[str, int]] = {}
    for job in _by_worth(job for each in pool.shares if each is not share for job in each.dispatched):
        other = job.spec.share
        assert other is not None
        assert job.current is not None
        held, given = job.current.need, given_up.setdefault(other, {})
        # Preempt the job only if its share still borrows after the preemption of the jobs that were chosen before.
        if any(lacking.get(unit, 0) > 0 and other.borrowed(unit) > given.get(unit, 0) for unit in held):
            chosen.append(job)
            add(given, held)
            add(lacking, held, -1)
        if all(quantity <= 0 for quantity in lacking.values()):
            return chosen
    return []


def outranked_by(pool: Pool, share: QuotaShare[ServiceJob], job: ServiceJob, need: Amounts) -> list[ServiceJob]:
    """Return the jobs of the same share to preempt for one of a higher priority.

    None are returned if that would not be enough.
    """
    if not share.preempts:
        return []
    chosen: list[ServiceJob] = []
    gained: dict[str, int] = {}
    for other in _by_worth(other for other in share.dispatched if other.share_priority < job.share_priority):
        assert other.current is not None
        chosen.append(other)
        add(gained, other.current.need)
        if _has_room_after(pool, share, need, gained):
            return chosen
    return []


def _has_room_after(pool: Pool, share: QuotaShare[ServiceJob], need: Amounts, gained: Amounts) -> bool:
    for unit, quantity in need.items():
        back = gained.get(unit, 0)
        # A share may hold as much as before, even beyond its own limit.
        allowed = max(share.limits.get(unit, 0), share.in_use.get(unit, 0))
        if share.in_use.get(unit, 0) - back + quantity > allowed or pool.free_for(share, unit) + back < quantity:
            return False
    return True


def _most_borrowed(share: QuotaShare[ServiceJob], unit: str) -> float:
    if share.sharing.borrow_limit == UNLIMITED:
        return float("inf")
    return share.limits.get(unit, 0) * share.sharing.borrow_limit // 100


def _by_worth(jobs: Iterable[ServiceJob]) -> list[ServiceJob]:
    """Return jobs in the order in which they are preempted."""

    def worth(job: ServiceJob) -> tuple[int, int, int]:
        assert job.current is not None
        return job.share_priority, -job.current.scheduled_ms, -job.spec.number

    return sorted(jobs, key=worth)
