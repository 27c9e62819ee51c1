"""Records of service environments, of the job queues on them, and of quota shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Literal

from mock_jobs.batch.queueing.schedulable import JobT
from mock_jobs.batch.records.job_queue import JobQueue
from mock_jobs.batch.service_jobs.capacity import NUM_INSTANCES
from mock_jobs.batch.service_jobs.priority import PriorityOrder

if TYPE_CHECKING:
    from mypy_boto3_batch.literals import QuotaShareResourceSharingStrategyType, ServiceEnvironmentTypeType

    from mock_jobs.batch.platforms import State, Status
    from mock_jobs.batch.queueing.base_scheduler import WaitQueue
    from mock_jobs.batch.queueing.head_of_line import HeadOfLine
    from mock_jobs.batch.queueing.queue_order import QueueDiscipline
    from mock_jobs.batch.service_jobs.capacity import Amounts

QuotaShareStatus = Literal["CREATING", "VALID", "INVALID", "UPDATING", "DELETING"]

# The borrowLimit of a share that may borrow without limit (documented).
UNLIMITED = -1


@dataclass(slots=True, eq=False)
class ServiceEnvironment:
    """A service environment, and how much of it is in use.

    Attributes:
        number: Position in the order of creation.
        limits: How many instances of each unit service jobs may hold.
        in_use: How many dispatched jobs hold.
        queues: How many job queues refer to it.
    """

    number: int
    name: str
    arn: str
    kind: ServiceEnvironmentTypeType
    state: State
    status: Status
    limits: dict[str, int]
    tags: dict[str, str]
    in_use: dict[str, int] = field(default_factory=dict)
    queues: int = 0

    @property
    def is_usable(self) -> bool:
        """Whether jobs may be dispatched here."""
        return self.state == "ENABLED" and self.status == "VALID"

    @property
    def counts_types(self) -> bool:
        """Whether its limits are for instance types, as quota management requires."""
        return NUM_INSTANCES not in self.limits

    def need_of(self, instances: Amounts) -> dict[str, int]:
        """Return how much of its limits a number of instances, given by type, takes."""
        return dict(instances) if self.counts_types else {NUM_INSTANCES: sum(instances.values())}


@dataclass(frozen=True, slots=True)
class Sharing:
    """How a quota share deals with idle capacity.

    Attributes:
        strategy: Whether it keeps its idle capacity, lends it, or borrows from others too.
        borrow_limit: How much more than its own it may hold, as a percentage of its limits; `UNLIMITED` for any.
    """

    strategy: QuotaShareResourceSharingStrategyType
    borrow_limit: int = UNLIMITED

    @property
    def lends(self) -> bool:
        """Whether others may use what is idle."""
        return self.strategy != "RESERVE"

    @property
    def borrows(self) -> bool:
        """Whether it may use what is idle elsewhere."""
        return self.strategy == "LEND_AND_BORROW"


@dataclass(slots=True, eq=False)
class QuotaShare(Generic[JobT]):
    """A quota share of a job queue: a queue of its own, with limits.

    Attributes:
        number: Position in the order of creation.
        limits: How many instances of each type its jobs may hold without borrowing.
        preempts: Whether a job may preempt a job of the share with a lower priority.
        in_use: How many instances its dispatched jobs hold.
        dispatched: Its jobs that were dispatched and have not ended.
        runnable: Its RUNNABLE jobs.
        head: The first of them, as the last pass of the scheduler left it; None if no job waits.
    """

    number: int
    name: str
    arn: str
    queue: ServiceQueue[JobT]
    limits: dict[str, int]
    sharing: Sharing
    preempts: bool
    state: State
    status: QuotaShareStatus
    tags: dict[str, str]
    in_use: dict[str, int] = field(default_factory=dict)
    dispatched: dict[JobT, None] = field(default_factory=dict)
    runnable: QueueDiscipline[JobT] = field(default_factory=PriorityOrder)
    head: HeadOfLine[JobT] | None = None

    def idle(self, unit: str) -> int:
        """Return how much of its own capacity it does not use."""
        return max(0, self.limits.get(unit, 0) - self.in_use.get(unit, 0))

    def borrowed(self, unit: str) -> int:
        """Return how much it uses beyond its own capacity."""
        return max(0, self.in_use.get(unit, 0) - self.limits.get(unit, 0))


@dataclass(slots=True, eq=False, kw_only=True)
class ServiceQueue(JobQueue[JobT]):
    """A job queue with a service environment, for service jobs.

    Attributes:
        order: Its service environments with their order numbers; AWS allows one (documented).
        has_quotas: Whether its capacity is divided into quota shares.
        shares: Its quota shares by name, in the order of creation.
    """

    order: list[tuple[int, ServiceEnvironment]]
    has_quotas: bool = False
    shares: dict[str, QuotaShare[JobT]] = field(default_factory=dict)

    @property
    def environment(self) -> ServiceEnvironment:
        """Its service environment."""
        return self.order[0][1]

    @property
    def wait_queues(self) -> Sequence[WaitQueue[JobT]]:
        """Where its RUNNABLE jobs wait: in the queue itself, or in its quota shares."""
        return list(self.shares.values()) if self.has_quotas else (self,)
