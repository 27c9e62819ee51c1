"""The use of fair shares, and the reserve of compute environments.

Source: user guide, "Job scheduling" and "Scheduling policy parameters" (*documented*: use times weight, the lowest first; that
shares under one prefix split its weight). AWS does not publish how past use decays: here all use inside the window counts
equally, and use before it does not count (*inferred*).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic

from mock_jobs.batch.queueing.fair_share_policy import MAX_SHARES, PLAIN_WEIGHT, usable_vcpus
from mock_jobs.batch.queueing.queue_order import RankedJobs
from mock_jobs.batch.queueing.queue_usage import QueueUsage
from mock_jobs.batch.queueing.schedulable import JobT
from mock_jobs.batch.queueing.usage_window import UsageWindow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_jobs.batch.queueing.fair_share_policy import FairShareRules
    from mock_jobs.batch.scenario.settings import BatchSettings

# Weights are converted to whole numbers with this factor, so that equal shares compare as equal.
_WEIGHT_UNIT = 10**8
# A job that is dispatched but does not run yet counts as if it had run for this time.
_VIRTUAL_MS = 1000


class Share(Generic[JobT]):
    """One share of a queue.

    Attributes:
        identifier: Its name.
        unfinished: How many of its jobs have not ended; children of arrays are not counted.
        in_use: How much its dispatched jobs hold: vCPUs, or instances.
        starting: The part of `in_use` that jobs hold that do not run yet.
        use: The use of its RUNNING jobs over time.
        waiting: Its RUNNABLE jobs, by priority and then by their submission.
        factor: What its use is multiplied by in the current pass of the scheduler.
    """

    __slots__ = ("factor", "identifier", "in_use", "starting", "unfinished", "use", "waiting")

    def __init__(self, identifier: str) -> None:
        self.identifier = identifier
        self.unfinished = 0
        self.in_use: float = 0
        self.starting: float = 0
        self.use = UsageWindow()
        self.waiting: RankedJobs[JobT] = RankedJobs()
        self.factor = 0


class FairShareUsage(QueueUsage[JobT]):
    """What the shares of one queue use, and have used.

    Args:
        rules: Rules of the queue's scheduling policy.
        settings: Its `prefix_weight_split` makes shares under one prefix split its weight.

    Attributes:
        rules: The current rules; replaced when the policy changes, or the queue gets another policy.
    """

    def __init__(self, rules: FairShareRules, settings: BatchSettings) -> None:
        super().__init__()
        self.rules = rules
        self._settings = settings
        self._shares: dict[str, Share[JobT]] = {}
        self._active = 0

    def share_of(self, job: JobT) -> Share[JobT]:
        """Return the share that a job belongs to."""
        identifier = job.spec.share_identifier
        assert identifier is not None
        share = self._shares.get(identifier)
        if share is None:
            share = self._shares[identifier] = Share(identifier)
        return share

    def has_room_for(self, identifier: str, now_ms: int) -> bool:
        """Return whether a job may be submitted to a share.

        The share must be active, or one more share must be allowed.
        """
        if identifier in self._shares or len(self._shares) < MAX_SHARES:
            return True
        return len(list(self.active(now_ms))) < MAX_SHARES

    def active(self, now_ms: int) -> Iterator[Share[JobT]]:
        """Yield the shares with unfinished jobs or use in the window; remove the others."""
        window_ms = self.rules.window_ms
        for share in list(self._shares.values()):
            if share.unfinished or share.use.inside(window_ms, now_ms) > 0:
                yield share
            else:
                del self._shares[share.identifier]

    def weigh(self, now_ms: int) -> list[Share[JobT]]:
        """Return the active shares, with their weights at this time."""
        active = list(self.active(now_ms))
        self._active = len(active)
        rules = self.rules
        entries = [rules.entry_for(share.identifier) for share in active] if rules.weights else [None] * len(active)
        under: dict[str, int] = {}
        for entry in entries:
            if entry is not None and entry.endswith("*") and self._settings.prefix_weight_split:
                under[entry] = under.get(entry, 0) + 1
        for share, entry in zip(active, entries, strict=True):
            weight = PLAIN_WEIGHT if entry is None else rules.weights[entry]
            share.factor = round(weight * _WEIGHT_UNIT) * (1 if entry is None else under.get(entry, 1))
        return active

    def value_of(self, share: Share[JobT], now_ms: int, imagined_vcpus: float = 0) -> float:
        """Return the sort key of a share: use times weight, the lowest first.

        Args:
            share: The share.
            now_ms: The current time.
            imagined_vcpus: What the share would hold in addition.
        """
        used = share.use.inside(self.rules.window_ms, now_ms) + (share.starting + imagined_vcpus) * _VIRTUAL_MS
        return used * share.factor

    def busiest_first(self) -> list[Share[JobT]]:
        """Return the shares that hold vCPUs, the one that holds most first."""
        busy = [share for share in self._shares.values() if share.in_use]
        return sorted(busy, key=lambda share: (-share.in_use, share.identifier))

    def usable(self, capacity: float) -> float:
        """Return how much of a compute environment may be in use.

        This depends on how many shares were active in the last `weigh`.
        """
        return usable_vcpus(capacity, self.rules.reservation, self._active)

    def attainable(self, capacity: float) -> float:
        """Return the most of a compute environment that can ever be in use.

        That is with the highest number of active shares.
        """
        return usable_vcpus(capacity, self.rules.reservation, MAX_SHARES)

    def submitted(self, job: JobT) -> None:
        """Count a submitted job as unfinished."""
        self.share_of(job).unfinished += 1

    def dispatched(self, job: JobT) -> None:
        """Add the demand of an attempt that was dispatched."""
        super().dispatched(job)
        share = self.share_of(job)
        share.in_use += job.demand
        share.starting += job.demand

    def started(self, job: JobT, now_ms: int) -> None:
        """Count the demand of an attempt as use over time from now on."""
        share = self.share_of(job)
        share.starting -= job.demand
        share.use.change(job.demand, now_ms)

    def freed(self, job: JobT, now_ms: int, *, has_run: bool) -> None:
        """Subtract the demand of an attempt that has ended."""
        super().freed(job, now_ms, has_run=has_run)
        share = self.share_of(job)
        share.in_use -= job.demand
        if has_run:
            share.use.change(-job.demand, now_ms)
        else:
            share.starting -= job.demand

    def ended(self, job: JobT) -> None:
        """Count a job as ended."""
        self.share_of(job).unfinished -= 1
