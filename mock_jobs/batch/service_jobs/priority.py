"""In which order the RUNNABLE jobs of a quota share get their turn.

Source: user guide, "Quota management" (*documented*): higher priorities first, then what was submitted first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_jobs.batch.lines import FirstInFirstOut

if TYPE_CHECKING:
    from mock_jobs.batch.service_jobs.job import ServiceJob

HIGHEST_PRIORITY = 9999

# Leaves room for the number of a submission behind its priority.
_PRIORITY_STEP = 1 << 64


class PriorityLine(FirstInFirstOut["ServiceJob"]):
    """The line of a quota share."""

    def _rank(self, job: ServiceJob) -> int:
        return (HIGHEST_PRIORITY - job.urgency) * _PRIORITY_STEP + job.rank
