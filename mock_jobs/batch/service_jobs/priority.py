"""The order in which the RUNNABLE jobs of a quota share are dispatched.

Source: user guide, "Quota management" (*documented*): higher priorities first, then what was submitted first.
"""

from __future__ import annotations

from mock_jobs.batch.queueing.fair_share_order import rank_by_priority
from mock_jobs.batch.queueing.queue_order import FirstInFirstOut
from mock_jobs.batch.queueing.schedulable import JobT


class PriorityOrder(FirstInFirstOut[JobT]):
    """The RUNNABLE jobs of a quota share."""

    def _rank(self, job: JobT) -> int:
        return rank_by_priority(job)
