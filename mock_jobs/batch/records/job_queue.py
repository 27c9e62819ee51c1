"""Records of job queues."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mock_jobs.batch.queueing.fair_share_usage import FairShareUsage
from mock_jobs.batch.queueing.job_index import JobIndex
from mock_jobs.batch.queueing.queue_order import FirstInFirstOut, QueueDiscipline
from mock_jobs.batch.queueing.queue_usage import QueueUsage
from mock_jobs.batch.views.labels import definition_labels

if TYPE_CHECKING:
    from mypy_boto3_batch.literals import JobQueueTypeType, JQStatusType

    from mock_jobs.batch.platforms import Platform, State
    from mock_jobs.batch.queueing.fair_share_policy import FairShareRules
    from mock_jobs.batch.queueing.head_of_line import HeadOfLine
    from mock_jobs.batch.queueing.time_limits import TimeLimit
    from mock_jobs.batch.records.compute_environment import ComputeEnvironment
    from mock_jobs.batch.records.job import Job
    from mock_jobs.batch.records.scheduling_policy import SchedulingPolicy
    from mock_jobs.batch.scenario.queue_block import QueueBlock
    from mock_jobs.batch.service_jobs.resources import ServiceSide

# Documented: the type of a job queue agrees with its environments.
_QUEUE_PLATFORMS: Mapping[str, Platform] = {
    "ECS_FARGATE": "FARGATE",
    "ECS_MANAGED_INSTANCES": "MANAGED_INSTANCES",
    "EKS": "EKS",
}


@dataclass(slots=True, eq=False)
class JobQueue:
    """A job queue and its jobs.

    Attributes:
        number: Position in the order of creation.
        order: Its compute environments with their order numbers, sorted by these.
        service: What it has for service jobs instead of compute environments, None if it is not for them.
        index: Its jobs, children of arrays aside.
        line: Its RUNNABLE jobs.
        usage: What its placed jobs hold.
        moves: Grows with every change of one of its jobs.
        reads: How often a listing of it was empty since one of its jobs changed.
        policy: Its scheduling policy, None for first in, first out.
        head: The job at its head, as the last pass of the scheduler left it; None if nobody waits.
        outages: Why AWS can place no job of this queue; the last one counts.
        time_limits: What happens to a job that blocks the head for too long.
    """

    number: int
    name: str
    arn: str
    state: State
    status: JQStatusType
    priority: int
    order: list[tuple[int, ComputeEnvironment]]
    kind: JobQueueTypeType
    tags: dict[str, str]
    service: ServiceSide | None = None
    index: JobIndex[Job] = field(default_factory=lambda: JobIndex(definition_labels))
    line: QueueDiscipline[Job] = field(default_factory=FirstInFirstOut)
    usage: QueueUsage[Job] = field(default_factory=QueueUsage)
    policy: SchedulingPolicy | None = None
    moves: int = 0
    reads: int = 0
    head: HeadOfLine[Job] | None = None
    outages: list[QueueBlock] = field(default_factory=list)
    time_limits: tuple[TimeLimit, ...] = ()

    @property
    def environments(self) -> Iterator[ComputeEnvironment]:
        """Its compute environments, the first choice first."""
        return (environment for _, environment in self.order)

    @property
    def platform(self) -> Platform:
        """What its containers run on; environments of different platforms do not share a queue."""
        return _QUEUE_PLATFORMS.get(self.kind, "EC2")

    def change_share_rules(self, rules: FairShareRules) -> None:
        """Replace the rules of its fair shares: the scheduling policy says something else, or is another one."""
        for usage in (self.usage, None if self.service is None else self.service.usage):
            if isinstance(usage, FairShareUsage):
                usage.rules = rules
