"""Records of job queues: the common part, and those with compute environments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mock_jobs.batch.queueing.schedulable import JobT
from mock_jobs.batch.records.queue_state import QueueState

if TYPE_CHECKING:
    from mypy_boto3_batch.literals import JobQueueTypeType, JQStatusType

    from mock_jobs.batch.platforms import Platform, State
    from mock_jobs.batch.queueing.base_scheduler import WaitQueue
    from mock_jobs.batch.queueing.time_limits import TimeLimit
    from mock_jobs.batch.records.compute_environment import ComputeEnvironment
    from mock_jobs.batch.records.scheduling_policy import SchedulingPolicy

# Documented: the type of a job queue agrees with its environments.
_QUEUE_PLATFORMS: Mapping[str, Platform] = {
    "ECS_FARGATE": "FARGATE",
    "ECS_MANAGED_INSTANCES": "MANAGED_INSTANCES",
    "EKS": "EKS",
}


@dataclass(slots=True, eq=False, kw_only=True)
class JobQueue(QueueState[JobT]):
    """A job queue and its jobs.

    Attributes:
        number: Position in the order of creation.
        policy: Its scheduling policy, None for first in, first out.
        time_limits: What happens to a job that blocks the head for too long.
    """

    number: int
    name: str
    arn: str
    state: State
    status: JQStatusType
    priority: int
    kind: JobQueueTypeType
    tags: dict[str, str]
    policy: SchedulingPolicy | None = None
    time_limits: tuple[TimeLimit, ...] = ()


@dataclass(slots=True, eq=False, kw_only=True)
class ComputeQueue(JobQueue[JobT]):
    """A job queue with compute environments.

    Attributes:
        order: Its compute environments with their order numbers, sorted by these.
    """

    order: list[tuple[int, ComputeEnvironment]]

    @property
    def environments(self) -> Iterator[ComputeEnvironment]:
        """Its compute environments, the first choice first."""
        return (environment for _, environment in self.order)

    @property
    def platform(self) -> Platform:
        """What its containers run on, the same in all of its environments."""
        return _QUEUE_PLATFORMS.get(self.kind, "EC2")

    @property
    def wait_queues(self) -> Sequence[WaitQueue[JobT]]:
        """Where its RUNNABLE jobs wait: in the queue itself."""
        return (self,)
