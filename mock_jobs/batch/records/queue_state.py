"""The part of a job queue that changes while its jobs move."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic

from mock_jobs.batch.queueing.fair_share_order import FairShareOrder
from mock_jobs.batch.queueing.fair_share_usage import FairShareUsage
from mock_jobs.batch.queueing.job_index import JobIndex
from mock_jobs.batch.queueing.queue_order import FirstInFirstOut, QueueDiscipline
from mock_jobs.batch.queueing.queue_usage import QueueUsage
from mock_jobs.batch.queueing.schedulable import JobT

if TYPE_CHECKING:
    from mock_jobs.batch.queueing.fair_share_policy import FairShareRules
    from mock_jobs.batch.queueing.head_of_line import HeadOfLine
    from mock_jobs.batch.scenario.queue_block import QueueBlock
    from mock_jobs.batch.scenario.settings import BatchSettings


@dataclass(slots=True, eq=False, kw_only=True)
class QueueState(Generic[JobT]):
    """The jobs of a queue, and whose turn it is.

    Attributes:
        index: Its jobs, without children of arrays.
        runnable: Its RUNNABLE jobs, unless it has quota shares; then they wait in those.
        usage: What its dispatched jobs hold.
        head: The job at its head, as the last pass of the scheduler left it; None if no job waits.
        blocks: The blocks of this queue that a test has set; the reason of the last one counts.
        moves: Grows with every change of one of its jobs.
    """

    index: JobIndex[JobT] = field(default_factory=JobIndex)
    runnable: QueueDiscipline[JobT] = field(default_factory=FirstInFirstOut)
    usage: QueueUsage[JobT] = field(default_factory=QueueUsage)
    head: HeadOfLine[JobT] | None = None
    blocks: list[QueueBlock] = field(default_factory=list)
    moves: int = 0

    def share_fairly(self, rules: FairShareRules, settings: BatchSettings) -> None:
        """Divide a queue that has no jobs yet into fair shares.

        Args:
            rules: Rules of its scheduling policy.
            settings: Its `prefix_weight_split` makes shares under one prefix split its weight.
        """
        usage: FairShareUsage[JobT] = FairShareUsage(rules, settings)
        self.usage, self.runnable = usage, FairShareOrder(usage)

    def change_share_rules(self, rules: FairShareRules) -> None:
        """Replace the rules of a queue with fair shares.

        Its scheduling policy has changed, or was replaced.
        """
        assert isinstance(self.usage, FairShareUsage)
        self.usage.rules = rules
