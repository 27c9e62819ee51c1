"""In which order the RUNNABLE jobs of a quota share get their turn.

Source: user guide, "Quota management" (*documented*): higher priorities first, then what was submitted first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_jobs.batch.queueing.fair_share_order import rank_by_priority
from mock_jobs.batch.queueing.queue_order import FirstInFirstOut

if TYPE_CHECKING:
    from mock_jobs.batch.service_jobs.job import ServiceJob


class PriorityOrder(FirstInFirstOut["ServiceJob"]):
    """The line of a quota share."""

    def _rank(self, job: ServiceJob) -> int:
        return rank_by_priority(job)
