"""The order of a queue with fair shares: whose turn it is.

Source: user guide, "Job scheduling" (*documented*: the lowest use times weight first, higher priorities first inside of a share).
The order among equals is *inferred*.
"""

from __future__ import annotations

from heapq import heapify, heappop, heapreplace

from mock_jobs.batch.queueing.fair_share_policy import MAX_PRIORITY
from mock_jobs.batch.queueing.fair_share_usage import FairShareUsage, Share
from mock_jobs.batch.queueing.queue_order import QueueDiscipline
from mock_jobs.batch.queueing.schedulable import JobT, Queued

# Leaves room for the rank of a job behind its priority.
_PRIORITY_STEP = 1 << 64

# (value, creation of the next job, identifier, share)
_Turn = tuple[float, int, str, Share[JobT]]


class FairShareOrder(QueueDiscipline[JobT]):
    """The RUNNABLE jobs of a queue with fair shares.

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
        self._last_dispatched_ms = 0

    def __len__(self) -> int:
        """Return how many jobs wait here."""
        return self._length

    def begin_pass(self, now_ms: int) -> None:
        """Compute the weights of the shares and their order."""
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
        """Skip the head, which cannot be dispatched in this pass."""
        if is_strict:
            self._turns.clear()
        else:
            share = self._usage.share_of(job)
            self._passed_over.append((share, share.waiting.set_aside()))

    def end_pass(self) -> None:
        """Put all jobs back that were passed over."""
        for share, rank in self._passed_over:
            share.waiting.put_back(rank)
        self._passed_over.clear()

    def front(self, now_ms: int, limit: int) -> list[tuple[JobT, int]]:
        """Return the jobs that would be dispatched next.

        Each counts as dispatched when the one after it is chosen.
        """
        self.begin_pass(now_ms)
        front: list[tuple[JobT, int]] = []
        since_ms = self._last_dispatched_ms
        while len(front) < limit and (job := self.head()) is not None:
            self.pass_over(job, is_strict=False)
            share, rank = self._passed_over[-1]
            self._imagined[share] = self._imagined.get(share, 0) + job.demand
            since_ms = max(since_ms, share.waiting.unmoved_since_ms(rank))
            front.append((job, since_ms))
        self._imagined.clear()
        self.end_pass()
        return front

    def join(self, job: JobT, now_ms: int) -> None:
        """Add a job that has become RUNNABLE."""
        self._length += 1
        self._usage.share_of(job).waiting.add(rank_by_priority(job), job, now_ms)

    def leave(self, job: JobT, now_ms: int) -> None:
        """Remove a job that is no longer RUNNABLE."""
        self._length -= 1
        self._usage.share_of(job).waiting.remove(rank_by_priority(job), now_ms)
        if not job.is_terminal:
            # A dispatched job changes the order of the shares as a whole.
            self._last_dispatched_ms = now_ms

    def _turn_of(self, share: Share[JobT]) -> _Turn[JobT] | None:
        job = share.waiting.first()
        if job is None:
            return None
        value = self._usage.value_of(share, self._now_ms, self._imagined.get(share, 0))
        return value, job.created_ms, share.identifier, share


def rank_by_priority(job: Queued) -> int:
    """Return the position of a job inside of its share.

    Higher priorities come first, then what was submitted first.
    """
    return (MAX_PRIORITY - job.share_priority) * _PRIORITY_STEP + job.fifo_rank
