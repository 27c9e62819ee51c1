"""Records of jobs: plain ones, parents of arrays and their children.

A child shares all immutable data with its parent and has only its own progress, so that arrays of 10,000 cost little.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mock_jobs.batch.scenario.plans import run_ms
from mock_jobs.batch.states import ARRAY_TRANSITIONS, JOB_TRANSITIONS, PENDING, STATUSES, SUBMITTED, TERMINAL, JobStatus
from mock_jobs.core.loops import JobLabel

if TYPE_CHECKING:
    from mypy_boto3_batch.type_defs import ContainerDetailTypeDef, JobDependencyTypeDef

    from mock_jobs.batch.records.compute_environment import ComputeEnvironment
    from mock_jobs.batch.records.consumable_resource import Allocation
    from mock_jobs.batch.records.job_definition import JobDefinition
    from mock_jobs.batch.records.job_queue import ComputeQueue
    from mock_jobs.batch.scenario.plans import JobPlan
    from mock_jobs.batch.workload.pod import Pod
    from mock_jobs.batch.workload.requirements import Requirements
    from mock_jobs.batch.workload.retry_strategy import RetryStrategy
    from mock_jobs.batch.workload.task import Task
    from mock_jobs.core.loops import Step

MAX_ARRAY = 10_000

# Leaves room for the index of a child behind the number of its job.
_RANK_STEP = 1 << 14


# Time, in milliseconds since the epoch, and text
LogEvent = tuple[int, str]


@dataclass(frozen=True, slots=True)
class JobSpec:
    """The immutable part of a job and all of its children, set by SubmitJob.

    Attributes:
        name: Job name.
        number: Position among all submissions to this account and region.
        arn_prefix: What comes before the job id in its ARN.
        container: The container that represents the job, as DescribeJobs shows a single container before it runs.
        vcpus: How many vCPUs the job, or each child, needs.
        task: The task that the container belongs to, if the definition has several.
        pod: The pod that it belongs to, on EKS.
        timeout_seconds: Longest duration of an attempt, None for no limit.
        depends_on: As given in the request.
        dependencies: The jobs that must succeed before this one, whole arrays included.
        n_to_n: The arrays whose child of the same index must succeed before a child.
        is_sequential: Whether each child waits for the one before.
        requirements: The consumable resources that each attempt needs, None for none.
        share_identifier: Its share, in a queue with fair shares.
        scheduling_priority: Its priority inside of that share; None, which counts as 0, if none was given.
        fallback: What it does if no plan matches; None for success.
        follows: What submitted it, if that was because of another job.
    """

    name: str
    number: int
    arn_prefix: str
    queue: ComputeQueue[Job]
    definition: JobDefinition
    parameters: dict[str, str]
    container: ContainerDetailTypeDef
    vcpus: float
    retry: RetryStrategy | None
    timeout_seconds: int | None
    propagate_tags: bool | None
    tags: dict[str, str]
    depends_on: list[JobDependencyTypeDef]
    dependencies: tuple[Job, ...] = ()
    n_to_n: tuple[ArrayJob, ...] = ()
    is_sequential: bool = False
    requirements: Requirements | None = None
    share_identifier: str | None = None
    scheduling_priority: int | None = None
    task: Task | None = None
    pod: Pod | None = None
    fallback: JobPlan | None = None
    follows: Step | None = None

    @property
    def label(self) -> JobLabel:
        """What names the job in texts."""
        return JobLabel(self.name, self.queue.name, self.definition.arn)


class Attempt:
    """One attempt to run the container of a job, from its dispatch on.

    Attributes:
        allocations: The consumable resources that it took.
        host_ends_ms: When its host goes away, if that is known.
    """

    __slots__ = (
        "allocations",
        "environment",
        "exit_code",
        "host_ends_ms",
        "reason",
        "scheduled_ms",
        "status_reason",
        "stopped_ms",
        "task_id",
    )

    def __init__(self, environment: ComputeEnvironment, task_id: str, scheduled_ms: int) -> None:
        self.environment = environment
        self.task_id = task_id
        self.scheduled_ms = scheduled_ms
        self.allocations: tuple[Allocation, ...] = ()
        self.stopped_ms: int | None = None
        self.exit_code: int | None = None
        self.reason: str | None = None
        self.status_reason: str | None = None
        self.host_ends_ms: int | None = None

    @property
    def started_ms(self) -> int | None:
        """When its container started; None if it has not, or never did."""
        return None


class RunningAttempt(Attempt):
    """An attempt whose container has started.

    It replaces the attempt that was dispatched, and is kept after its end.

    Attributes:
        plan: What the container does.
        timed_from_ms: From when its duration counts.
        times_out: Whether its timeout comes before its planned end.
        loses_host: Whether the end of its host comes before both.
        lines: Its output that is not written to the logs yet, with times; None for no output.
    """

    __slots__ = ("lines", "loses_host", "plan", "started_ms", "timed_from_ms", "times_out")

    started_ms: int

    def __init__(self, dispatched: Attempt, plan: JobPlan, started_ms: int, timed_from_ms: int) -> None:
        self.environment = dispatched.environment
        self.task_id = dispatched.task_id
        self.scheduled_ms = dispatched.scheduled_ms
        self.allocations = dispatched.allocations
        self.host_ends_ms = dispatched.host_ends_ms
        self.plan = plan
        self.started_ms = started_ms
        self.timed_from_ms = timed_from_ms
        self.stopped_ms = None
        self.exit_code = None
        self.reason = None
        self.status_reason = None
        self.times_out = False
        self.loses_host = False
        self.lines: list[LogEvent] | None = None

    @property
    def awaits_function(self) -> bool:
        """Whether a function runs in place of the container and has not returned."""
        return self.plan.run is not None and self.exit_code is None

    @property
    def is_endless(self) -> bool:
        """Whether it will not end by itself, as it is currently planned."""
        return not (self.times_out or self.loses_host) and (run_ms(self.plan) is None or self.awaits_function)


class Job:
    """The progress of a job, or of one child of an array.

    Attributes:
        parent: The array that this is a child of, else None.
        index: Index of a child, -1 for others.
        attempts: The attempts that ended.
        current: The unfinished attempt, None if there is none.
        stop_reason: The caller's reason, once a request to end the job was accepted.
        is_stop_delayed: Whether that request takes effect only when the last job that this one waits for has ended.
        dependents: Jobs that wait for this one; None for none.
        due_ms: When its scheduled move is due; of a RUNNABLE job, from when it may be dispatched.
        moves: Grows with every change that DescribeJobs shows as status or summary.
        reads: How often the job was read since its last move.
        detail: The description of the ended job, which no longer changes; None until first read.
    """

    transitions: ClassVar = JOB_TRANSITIONS
    takes_capacity: ClassVar = True
    """Whether it takes vCPUs of its own, and is part of the order and the listing of its queue or array."""

    __slots__ = (
        "attempts",
        "created_ms",
        "current",
        "dependents",
        "detail",
        "due_ms",
        "index",
        "is_cancelled",
        "is_stop_delayed",
        "is_terminated",
        "moves",
        "own_id",
        "parent",
        "reads",
        "spec",
        "started_ms",
        "status",
        "status_reason",
        "stop_reason",
        "stopped_ms",
    )

    def __init__(self, spec: JobSpec, own_id: str, created_ms: int, parent: ArrayJob | None = None, index: int = -1) -> None:
        self.spec = spec
        self.own_id = own_id
        self.created_ms = created_ms
        self.parent = parent
        self.index = index
        self.status: JobStatus = SUBMITTED if parent is None else PENDING
        self.status_reason: str | None = None
        self.started_ms: int | None = None
        self.stopped_ms: int | None = None
        self.attempts: tuple[Attempt, ...] = ()
        self.current: Attempt | None = None
        self.is_cancelled = False
        self.is_terminated = False
        self.stop_reason: str | None = None
        self.is_stop_delayed = False
        self.dependents: list[Job] | None = None
        self.due_ms = 0
        self.moves = 0
        self.reads = 0
        self.detail: Mapping[str, object] | None = None

    @property
    def is_part(self) -> bool:
        """Whether it is a part of a larger job: a child of an array, or a node."""
        return self.parent is not None

    @property
    def node_index(self) -> int | None:
        """Index of the node of a multi-node parallel job, None for all others."""
        return None

    @property
    def attempt_number(self) -> int:
        """Number of the unfinished or next attempt, from 1."""
        return len(self.attempts) + 1

    @property
    def is_endless(self) -> bool:
        """Whether it runs and will not end by itself, as it is currently planned."""
        return isinstance(self.current, RunningAttempt) and self.current.is_endless

    @property
    def job_id(self) -> str:
        """The id; that of a child is derived from its parent's."""
        return self.own_id if self.parent is None else f"{self.own_id}:{self.index}"

    @property
    def arn(self) -> str:
        """The ARN."""
        return self.spec.arn_prefix + self.job_id

    @property
    def is_terminal(self) -> bool:
        """Whether the job has ended."""
        return self.status in TERMINAL

    @property
    def share_priority(self) -> int:
        """The priority inside of a share; 0 if none was given (documented)."""
        return self.spec.scheduling_priority or 0

    @property
    def demand(self) -> float:
        """How many vCPUs it holds while it runs."""
        return self.spec.vcpus

    @property
    def fifo_rank(self) -> int:
        """Position in a first-in-first-out queue.

        The children of an array stay together, by index.
        """
        return self.spec.number * _RANK_STEP + self.index + 1

    @property
    def last_attempt(self) -> Attempt | None:
        """The unfinished attempt, else the one that ended last, else None."""
        if self.current is not None:
            return self.current
        return self.attempts[-1] if self.attempts else None

    @property
    def last_reason(self) -> str | None:
        """Why its last attempt ended, None before the first attempt.

        A job shows it while it waits for the next attempt.
        """
        attempt = self.last_attempt
        return None if attempt is None else attempt.status_reason


class ArrayJob(Job):
    """The parent of an array.

    Attributes:
        children: By index.
        summary: How many children have each status; updated with each change, never recounted.
        summary_ms: When it last changed.
        unfinished: How many children have not ended.
        followers: The arrays whose children wait for the child of the same index here.
        end_reason: Status reason at the end if a child failed and no request stopped the array, None for the usual one.
    """

    __slots__ = ("children", "end_reason", "followers", "summary", "summary_ms", "unfinished")

    transitions: ClassVar = ARRAY_TRANSITIONS

    def __init__(self, spec: JobSpec, own_id: str, created_ms: int, size: int) -> None:
        super().__init__(spec, own_id, created_ms)
        self.children = [Job(spec, own_id, created_ms, self, index) for index in range(size)]
        self.summary: dict[str, int] = dict.fromkeys(STATUSES, 0)
        self.summary[PENDING] = size
        self.summary_ms = created_ms
        self.unfinished = size
        self.followers: list[ArrayJob] = []
        self.end_reason: str | None = None
