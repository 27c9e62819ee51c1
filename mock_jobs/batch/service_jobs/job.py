"""Records of service jobs and their attempts."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from mock_jobs.batch.scenario.plans import run_ms
from mock_jobs.batch.service_jobs.states import SERVICE_TRANSITIONS
from mock_jobs.batch.states import SUBMITTED, TERMINAL
from mock_jobs.core.loops import JobLabel

if TYPE_CHECKING:
    from mypy_boto3_batch.literals import ServiceJobTypeType
    from mypy_boto3_batch.type_defs import ServiceJobPreemptionConfigurationTypeDef

    from mock_jobs.batch.queueing.base_scheduler import WaitQueue
    from mock_jobs.batch.scenario.plans import JobPlan
    from mock_jobs.batch.scenario.queue_block import QueueBlock
    from mock_jobs.batch.service_jobs.resources import QuotaShare, ServiceEnvironment, ServiceQueue
    from mock_jobs.batch.service_jobs.states import ServiceJobStatus
    from mock_jobs.batch.workload.retry_strategy import RetryStrategy
    from mock_jobs.core.loops import Step

# How many preempted attempts DescribeServiceJob shows (inferred).
RECENT_PREEMPTIONS = 5

# Prefix of the name of a quota share in the name of its group in the index.
QUOTA_GROUP = "quota-share/"


@dataclass(frozen=True, slots=True)
class ServiceJobSpec:
    """The immutable part of a service job, set by SubmitServiceJob.

    Attributes:
        name: Job name.
        number: Position among all submissions to this account and region.
        arn: Its ARN.
        payload: The request for the service, as given.
        instances: How many instances it needs, by type.
        timeout_seconds: Longest duration of an attempt, None for no limit.
        share: Its quota share, None in queues without quota shares.
        preemption: As given: how often it may be retried after a preemption.
        follows: What submitted it, if that was because of another job.
    """

    name: str
    number: int
    arn: str
    queue: ServiceQueue[ServiceJob]
    kind: ServiceJobTypeType
    payload: str
    instances: dict[str, int]
    retry: RetryStrategy | None
    timeout_seconds: int | None
    share_identifier: str | None
    share: QuotaShare[ServiceJob] | None
    preemption: ServiceJobPreemptionConfigurationTypeDef | None
    tags: dict[str, str]
    follows: Step | None = None

    @property
    def label(self) -> JobLabel:
        """What names the job in texts."""
        return JobLabel(self.name, self.queue.name, "")

    @property
    def wait_queue(self) -> WaitQueue[ServiceJob]:
        """Where it waits."""
        return self.queue if self.share is None else self.share

    @property
    def group(self) -> str | None:
        """Its group in the index: its fair share or quota share."""
        return self.share_identifier if self.share is None else QUOTA_GROUP + self.share.name

    @property
    def preemption_retries(self) -> int | None:
        """How often it may be retried after a preemption, None for no limit."""
        return None if self.preemption is None else self.preemption.get("preemptionRetriesBeforeTermination")


class ServiceAttempt:
    """One attempt to run a service job, from its dispatch on.

    Attributes:
        need: What it holds of the limits of its environment.
        resource_arn: ARN of its training job.
    """

    __slots__ = (
        "environment",
        "need",
        "resource_arn",
        "scheduled_ms",
        "status_reason",
        "stopped_ms",
    )

    def __init__(self, environment: ServiceEnvironment, need: Mapping[str, int], resource_arn: str, scheduled_ms: int) -> None:
        self.environment = environment
        self.need = need
        self.resource_arn = resource_arn
        self.scheduled_ms = scheduled_ms
        self.stopped_ms: int | None = None
        self.status_reason: str | None = None

    @property
    def started_ms(self) -> int | None:
        """When its training job started; None if it has not, or never did."""
        return None


class RunningServiceAttempt(ServiceAttempt):
    """An attempt whose training job has started.

    It replaces the attempt that was dispatched, and is kept after its end.

    Attributes:
        plan: What the training job does.
        times_out: Whether its timeout comes before its planned end.
    """

    __slots__ = ("plan", "started_ms", "times_out")

    started_ms: int

    def __init__(self, dispatched: ServiceAttempt, plan: JobPlan, started_ms: int) -> None:
        super().__init__(dispatched.environment, dispatched.need, dispatched.resource_arn, dispatched.scheduled_ms)
        self.plan = plan
        self.started_ms = started_ms
        self.times_out = False

    @property
    def is_endless(self) -> bool:
        """Whether it will not end by itself, as it is currently planned."""
        return run_ms(self.plan) is None and not self.times_out


class ServiceJob:
    """The progress of a service job.

    Attributes:
        priority: Its schedulingPriority, None if none was given.
        attempts: The ended attempts, except those that were preempted or lacked capacity.
        current: The unfinished attempt, None if there is none.
        latest: The attempt that began last, ended or not.
        preempted: The attempts that were preempted last.
        preemptions: How often it was preempted.
        block: The block of its queue that its last dispatch met, so that capacity was lacking; None if there was none.
        stop_reason: The caller's reason, once a request to end the job was accepted.
        due_ms: When its scheduled move is due; of a RUNNABLE job, from when it may be dispatched.
        moves: Grows with every visible change.
        reads: How often the job was read since its last move.
    """

    transitions: ClassVar = SERVICE_TRANSITIONS

    __slots__ = (
        "attempts",
        "block",
        "created_ms",
        "current",
        "due_ms",
        "is_terminated",
        "job_id",
        "latest",
        "moves",
        "preempted",
        "preemptions",
        "priority",
        "reads",
        "spec",
        "started_ms",
        "status",
        "status_reason",
        "stop_reason",
        "stopped_ms",
    )

    def __init__(self, spec: ServiceJobSpec, job_id: str, created_ms: int, priority: int | None) -> None:
        self.spec = spec
        self.job_id = job_id
        self.created_ms = created_ms
        self.priority = priority
        self.status: ServiceJobStatus = SUBMITTED
        self.status_reason: str | None = None
        self.started_ms: int | None = None
        self.stopped_ms: int | None = None
        self.attempts: tuple[ServiceAttempt, ...] = ()
        self.current: ServiceAttempt | None = None
        self.latest: ServiceAttempt | None = None
        self.preempted: deque[ServiceAttempt] | None = None
        self.preemptions = 0
        self.is_terminated = False
        self.block: QueueBlock | None = None
        self.stop_reason: str | None = None
        self.due_ms = 0
        self.moves = 0
        self.reads = 0

    @property
    def arn(self) -> str:
        """The ARN."""
        return self.spec.arn

    @property
    def is_terminal(self) -> bool:
        """Whether the job has ended."""
        return self.status in TERMINAL

    @property
    def is_endless(self) -> bool:
        """Whether it runs and will not end by itself, as it is currently planned."""
        return isinstance(self.current, RunningServiceAttempt) and self.current.is_endless

    @property
    def last_reason(self) -> str | None:
        """Why its last attempt ended, None before the first attempt.

        A job shows it while it waits for the next attempt. A lack of capacity is not shown here, because that reason disappears
        with its cause.
        """
        return None if self.latest is None or self.block is not None else self.latest.status_reason

    @property
    def fifo_rank(self) -> int:
        """Position in a first-in-first-out queue."""
        return self.spec.number

    @property
    def demand(self) -> float:
        """How many instances it holds from its dispatch on."""
        return sum(self.spec.instances.values())

    @property
    def share_priority(self) -> int:
        """The priority inside of a share; 0 if none was given (inferred)."""
        return self.priority or 0


class Submission(NamedTuple):
    """What a client token was used for.

    Attributes:
        content: Everything else in the request.
        job: The job that was submitted.
    """

    content: str
    job: ServiceJob
