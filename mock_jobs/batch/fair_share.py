"""Fair shares: which of the shares of a queue is next, and how much of the compute environments is kept for others.

Sources: API reference, FairsharePolicy and ShareAttributes (*documented*: weights, window, reserved ratio, limits, that entries
must not overlap); user guide, "Job scheduling" and "Scheduling policy parameters" (*documented*: use times weight, the lowest
first; that shares under one prefix split its weight). AWS does not publish how past use decays: here all use inside the
window counts alike and use before it not at all. That, the order among equals and the rounding of the reserve are *inferred*.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from heapq import heapify, heappop, heapreplace
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING, Final, Generic

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import invalid
from mock_jobs.batch.lines import Line, Waiting
from mock_jobs.batch.queued import JobT, Queued
from mock_jobs.batch.usage import QueueUsage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_batch.type_defs import FairsharePolicyOutputTypeDef, FairsharePolicyUnionTypeDef, ShareAttributesTypeDef

    from mock_jobs.batch.resources import SchedulingPolicy
    from mock_jobs.batch.settings import BatchSettings

MAX_SHARES: Final = 500
MAX_PRIORITY: Final = 9999
_MAX_WINDOW_SECONDS = 604_800
_DEFAULT_WINDOW_SECONDS = 600
_MAX_RESERVATION = 99
_LEAST_WEIGHT, _GREATEST_WEIGHT = 0.0001, 999.9999
_IDENTIFIER = re.compile(r"[A-Za-z0-9]{1,255}\*?")

# Weights are compared as whole numbers of this fraction, so that shares that are equal are found to be.
_WEIGHT_UNIT = 10**8
_PLAIN_WEIGHT = 1.0
# What a job that has its room but does not run yet counts for.
_VIRTUAL_MS = 1000
# Leaves room for the rank of a job behind its priority.
_PRIORITY_STEP = 1 << 64


def is_share_identifier(text: str) -> bool:
    """Return whether a text can name a share, or several by their prefix."""
    return _IDENTIFIER.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class FairShareRules:
    """What a scheduling policy says about shares.

    Attributes:
        decay_seconds: Length of the window whose use counts; 0 means 600.
        reservation: Percentage of compute environments that is kept for shares that are not active.
        weights: Weight by identifier or, with a final `*`, by prefix.
    """

    decay_seconds: int
    reservation: int
    weights: dict[str, float]

    @classmethod
    def parse(cls, given: FairsharePolicyUnionTypeDef) -> FairShareRules:
        """Return the rules that a request gives.

        Raises:
            ClientException: A value is out of its documented bounds, or two entries overlap.
        """
        decay, reservation = given.get("shareDecaySeconds", 0), given.get("computeReservation", 0)
        if not 0 <= decay <= _MAX_WINDOW_SECONDS:
            raise invalid(messages.SHARE_DECAY)
        if not 0 <= reservation <= _MAX_RESERVATION:
            raise invalid(messages.COMPUTE_RESERVATION)
        entries = given.get("shareDistribution", [])
        if len(entries) > MAX_SHARES:
            raise invalid(messages.TOO_MANY_SHARES)
        weights: dict[str, float] = {}
        for entry in entries:
            identifier, weight = entry["shareIdentifier"], entry.get("weightFactor", _PLAIN_WEIGHT)
            if not is_share_identifier(identifier):
                raise invalid(messages.SHARE_IDENTIFIER)
            if not _LEAST_WEIGHT <= weight <= _GREATEST_WEIGHT:
                raise invalid(messages.SHARE_WEIGHT)
            if identifier in weights:
                raise invalid(messages.SHARES_OVERLAP, first=identifier, second=identifier)
            weights[identifier] = weight
        _check_overlaps(weights)
        return cls(decay, reservation, weights)

    @property
    def window_ms(self) -> int:
        """Length of the window whose use counts."""
        return (self.decay_seconds or _DEFAULT_WINDOW_SECONDS) * 1000

    def entry_for(self, identifier: str) -> str | None:
        """Return the entry that gives a share its weight, None if there is none."""
        if identifier in self.weights:
            return identifier
        return next((each for each in self.weights if each.endswith("*") and identifier.startswith(each[:-1])), None)

    def shape(self) -> FairsharePolicyOutputTypeDef:
        """Return the wire shape, defaults filled in (inferred)."""
        entries: list[ShareAttributesTypeDef] = [
            {"shareIdentifier": identifier, "weightFactor": float(weight)} for identifier, weight in self.weights.items()
        ]
        return {
            "shareDecaySeconds": self.decay_seconds,
            "computeReservation": self.reservation,
            "shareDistribution": entries,
        }


def _check_overlaps(identifiers: dict[str, float]) -> None:
    # Sorted by what they stand for, a prefix comes right before what it covers.
    ordered = sorted(identifiers, key=lambda each: (each.removesuffix("*"), not each.endswith("*")))
    for first, second in pairwise(ordered):
        if first.endswith("*") and second.startswith(first[:-1]):
            raise invalid(messages.SHARES_OVERLAP, first=first, second=second)


@lru_cache(maxsize=1024)
def usable_vcpus(capacity: float, reservation: int, active_shares: int) -> float:
    """Return how much of a compute environment active shares may use, in whole vCPUs.

    Args:
        capacity: Of the environment.
        reservation: Percentage that is kept for shares that are not active, if one is active; with more it shrinks.
        active_shares: How many are active.
    """
    if not reservation or capacity == inf:
        return capacity
    whole: int = 100**active_shares
    reserved: int = reservation**active_shares
    return int(capacity) * (whole - reserved) // whole


class UseOverTime:
    """vCPUs that were held, and for how long; answers how much that was inside of a window.

    The sum of all use is a line of straight pieces, and the use in a window the difference of two of its points. Only the
    corners inside of the window are kept.
    """

    __slots__ = ("_corners",)

    def __init__(self) -> None:
        # (when, vCPU-milliseconds until then, vCPUs from then on)
        self._corners: deque[tuple[int, float, float]] = deque([(0, 0, 0)])

    def change(self, vcpus: float, now_ms: int) -> None:
        """Take note that from now on more vCPUs are held, or fewer."""
        at_ms, total, held = self._corners[-1]
        # The process clock may be set back, what was used stays used.
        now_ms = max(now_ms, at_ms)
        self._corners.append((now_ms, total + held * (now_ms - at_ms), held + vcpus))

    def inside(self, window_ms: int, now_ms: int) -> float:
        """Return the vCPU-milliseconds inside of the window that ends now."""
        corners = self._corners
        at_ms, total, held = corners[-1]
        now_ms = max(now_ms, at_ms)
        start_ms = now_ms - window_ms
        while len(corners) > 1 and corners[1][0] <= start_ms:
            corners.popleft()
        first_ms, before, held_then = corners[0]
        return total + held * (now_ms - at_ms) - before - held_then * max(0, start_ms - first_ms)


class Share(Generic[JobT]):
    """One share of a queue.

    Attributes:
        identifier: Its name.
        unfinished: How many of its jobs have not ended, children of arrays aside.
        in_use: What its placed jobs hold: vCPUs, or instances.
        starting: What those hold that do not run yet.
        use: What those hold that are RUNNING, over time.
        waiting: Its RUNNABLE jobs, by priority and then by their submission.
        factor: What its use is multiplied with, in a pass of the scheduler.
    """

    __slots__ = ("factor", "identifier", "in_use", "starting", "unfinished", "use", "waiting")

    def __init__(self, identifier: str) -> None:
        self.identifier = identifier
        self.unfinished = 0
        self.in_use: float = 0
        self.starting: float = 0
        self.use = UseOverTime()
        self.waiting: Waiting[JobT] = Waiting()
        self.factor = 0


class FairShareUsage(QueueUsage[JobT]):
    """What the shares of one queue use, and have used.

    Args:
        policy: The queue's scheduling policy; it may be replaced, and what it says may change.
        settings: Tells whether a weight is split.
    """

    def __init__(self, policy: SchedulingPolicy, settings: BatchSettings) -> None:
        super().__init__()
        self.policy = policy
        self._settings = settings
        self._shares: dict[str, Share[JobT]] = {}
        self._active = 0

    @property
    def rules(self) -> FairShareRules:
        """What the scheduling policy says now."""
        rules = self.policy.fair_share
        assert rules is not None
        return rules

    def share_of(self, job: JobT) -> Share[JobT]:
        """Return the share that a job belongs to."""
        identifier = job.spec.share_identifier
        assert identifier is not None
        share = self._shares.get(identifier)
        if share is None:
            share = self._shares[identifier] = Share(identifier)
        return share

    def has_place_for(self, identifier: str, now_ms: int) -> bool:
        """Return whether a job may be submitted to a share: it is active, or one more may be."""
        if identifier in self._shares or len(self._shares) < MAX_SHARES:
            return True
        return len(list(self.active(now_ms))) < MAX_SHARES

    def active(self, now_ms: int) -> Iterator[Share[JobT]]:
        """Yield the shares that have unfinished jobs or use inside of the window; the others are forgotten."""
        window_ms = self.rules.window_ms
        for share in list(self._shares.values()):
            if share.unfinished or share.use.inside(window_ms, now_ms) > 0:
                yield share
            else:
                del self._shares[share.identifier]

    def weigh(self, now_ms: int) -> list[Share[JobT]]:
        """Return the active shares, their weights worked out for this moment."""
        active = list(self.active(now_ms))
        self._active = len(active)
        rules = self.rules
        entries = [rules.entry_for(share.identifier) for share in active] if rules.weights else [None] * len(active)
        under: dict[str, int] = {}
        for entry in entries:
            if entry is not None and entry.endswith("*") and self._settings.prefix_weight_split:
                under[entry] = under.get(entry, 0) + 1
        for share, entry in zip(active, entries, strict=True):
            weight = _PLAIN_WEIGHT if entry is None else rules.weights[entry]
            share.factor = round(weight * _WEIGHT_UNIT) * (1 if entry is None else under.get(entry, 1))
        return active

    def value_of(self, share: Share[JobT], now_ms: int, imagined_vcpus: float = 0) -> float:
        """Return what the shares are ordered by, the lowest first: use times weight.

        Args:
            share: Which.
            now_ms: The present moment.
            imagined_vcpus: What the share would hold besides.
        """
        used = share.use.inside(self.rules.window_ms, now_ms) + (share.starting + imagined_vcpus) * _VIRTUAL_MS
        return used * share.factor

    def busiest_first(self) -> list[Share[JobT]]:
        """Return the shares that hold vCPUs, the one that holds most first."""
        busy = [share for share in self._shares.values() if share.in_use]
        return sorted(busy, key=lambda share: (-share.in_use, share.identifier))

    def usable(self, capacity: float) -> float:
        """Return how much of a compute environment may be in use, by the shares that were active when they were weighed."""
        return usable_vcpus(capacity, self.rules.reservation, self._active)

    def attainable(self, capacity: float) -> float:
        """Return how much of a compute environment may be in use at best, with as many active shares as there can be."""
        return usable_vcpus(capacity, self.rules.reservation, MAX_SHARES)

    def submitted(self, job: JobT) -> None:
        """Hear of a new job."""
        self.share_of(job).unfinished += 1

    def placed(self, job: JobT) -> None:
        """Hear of an attempt that has got its room."""
        super().placed(job)
        share = self.share_of(job)
        share.in_use += job.holds
        share.starting += job.holds

    def started(self, job: JobT, now_ms: int) -> None:
        """Hear of an attempt whose container runs from now on."""
        share = self.share_of(job)
        share.starting -= job.holds
        share.use.change(job.holds, now_ms)

    def freed(self, job: JobT, now_ms: int, *, has_run: bool) -> None:
        """Hear of an attempt that gives its room back."""
        super().freed(job, now_ms, has_run=has_run)
        share = self.share_of(job)
        share.in_use -= job.holds
        if has_run:
            share.use.change(-job.holds, now_ms)
        else:
            share.starting -= job.holds

    def ended(self, job: JobT) -> None:
        """Hear of the end of a job."""
        self.share_of(job).unfinished -= 1


# (value, creation of the next job, identifier, share)
_Turn = tuple[float, int, str, Share[JobT]]


class FairShareLine(Line[JobT]):
    """The line of a queue with fair shares.

    The share with the lowest value is next; among equals the one whose next job was created first. Inside a share higher
    priorities come first, then what was submitted first.
    """

    def __init__(self, usage: FairShareUsage[JobT]) -> None:
        self._usage = usage
        self._length = 0
        self._now_ms = 0
        self._turns: list[_Turn[JobT]] = []
        self._passed_over: list[tuple[Share[JobT], int]] = []
        self._imagined: dict[Share[JobT], float] = {}
        self._last_placed_ms = 0

    def __len__(self) -> int:
        """Return how many jobs wait here."""
        return self._length

    def begin_pass(self, now_ms: int) -> None:
        """Weigh the shares."""
        self._now_ms = now_ms
        turns = (self._turn_of(share) for share in self._usage.weigh(now_ms))
        self._turns = [turn for turn in turns if turn is not None]
        heapify(self._turns)

    def head(self) -> JobT | None:
        """Return the next job of the share whose turn it is."""
        turns = self._turns
        while turns:
            share = turns[0][3]
            turn = self._turn_of(share)
            if turn is None:
                heappop(turns)
            elif turn == turns[0]:
                return share.waiting.first()
            else:
                heapreplace(turns, turn)
        return None

    def pass_over(self, job: JobT, *, is_strict: bool) -> None:
        """Take note that the head cannot be placed in this pass."""
        if is_strict:
            self._turns.clear()
        else:
            share = self._usage.share_of(job)
            self._passed_over.append((share, share.waiting.set_aside()))

    def end_pass(self) -> None:
        """Let all jobs have their turn again that were passed over."""
        for share, rank in self._passed_over:
            share.waiting.put_back(rank)
        self._passed_over.clear()

    def front(self, now_ms: int, limit: int) -> list[tuple[JobT, int]]:
        """Return who would be placed next, each of them counted as placed for those behind."""
        self.begin_pass(now_ms)
        front: list[tuple[JobT, int]] = []
        since_ms = self._last_placed_ms
        while len(front) < limit and (job := self.head()) is not None:
            self.pass_over(job, is_strict=False)
            share, rank = self._passed_over[-1]
            self._imagined[share] = self._imagined.get(share, 0) + job.holds
            since_ms = max(since_ms, share.waiting.unmoved_since_ms(rank))
            front.append((job, since_ms))
        self._imagined.clear()
        self.end_pass()
        return front

    def join(self, job: JobT, now_ms: int) -> None:
        """Take in a job that has become RUNNABLE."""
        self._length += 1
        self._usage.share_of(job).waiting.add(rank_by_priority(job), job, now_ms)

    def leave(self, job: JobT, now_ms: int) -> None:
        """Let a job go that is RUNNABLE no longer."""
        self._length -= 1
        self._usage.share_of(job).waiting.remove(rank_by_priority(job), now_ms)
        if not job.is_terminal:
            # Who is placed changes the order of the shares as a whole.
            self._last_placed_ms = now_ms

    def _turn_of(self, share: Share[JobT]) -> _Turn[JobT] | None:
        job = share.waiting.first()
        if job is None:
            return None
        value = self._usage.value_of(share, self._now_ms, self._imagined.get(share, 0))
        return value, job.created_ms, share.identifier, share


def rank_by_priority(job: Queued) -> int:
    """Return the position of a job inside of its share: higher priorities first, then what was submitted first."""
    return (MAX_PRIORITY - job.urgency) * _PRIORITY_STEP + job.rank
