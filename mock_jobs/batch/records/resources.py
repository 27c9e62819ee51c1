"""Records of compute environments, job queues and job definitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mock_jobs.batch.queueing.job_index import JobIndex
from mock_jobs.batch.queueing.queue_order import FirstInFirstOut, QueueDiscipline
from mock_jobs.batch.queueing.queue_usage import QueueUsage
from mock_jobs.batch.views.labels import definition_labels

if TYPE_CHECKING:
    from mypy_boto3_batch.literals import CETypeType, JobQueueTypeType, JQStatusType, PlatformCapabilityType
    from mypy_boto3_batch.type_defs import (
        ComputeResourceOutputTypeDef,
        ContainerPropertiesOutputTypeDef,
        EcsPropertiesOutputTypeDef,
        EcsSettingsTypeDef,
        EksConfigurationTypeDef,
        EksPropertiesOutputTypeDef,
        QuotaSharePolicyTypeDef,
        UpdatePolicyTypeDef,
    )

    from mock_jobs.batch.platforms import Platform, State, Status
    from mock_jobs.batch.queueing.fair_share_policy import FairShareRules
    from mock_jobs.batch.queueing.head_of_line import HeadOfLine
    from mock_jobs.batch.queueing.time_limits import TimeLimit
    from mock_jobs.batch.records.job import Job
    from mock_jobs.batch.scenario.outages import QueueBlock
    from mock_jobs.batch.service_jobs.resources import ServiceSide
    from mock_jobs.batch.workload.node_properties import NodeLayout
    from mock_jobs.batch.workload.requirements import Requirements
    from mock_jobs.batch.workload.retry_strategy import RetryStrategy
    from mock_jobs.batch.workload.workload import Workload


# Documented: the type of a job queue agrees with its environments.
_QUEUE_PLATFORMS: Mapping[str, Platform] = {
    "ECS_FARGATE": "FARGATE",
    "ECS_MANAGED_INSTANCES": "MANAGED_INSTANCES",
    "EKS": "EKS",
}


@dataclass(slots=True, eq=False)
class ComputeEnvironment:
    """A compute environment, and how much of it is in use.

    Attributes:
        number: Position in the order of creation.
        resources: Of a MANAGED one, with defaults filled in.
        in_use: vCPUs that placed jobs hold.
        instance_id: Id of the EC2 instance that stands for its hosts.
        container_instance: Id of that instance in the ECS cluster.
        queues: How many job queues refer to it.
        problem: Why it is INVALID, None unless it is.
    """

    number: int
    name: str
    arn: str
    kind: CETypeType
    state: State
    status: Status
    uuid: str
    instance_id: str
    container_instance: str
    resources: ComputeResourceOutputTypeDef | None
    unmanaged_vcpus: int | None
    service_role: str | None
    update_policy: UpdatePolicyTypeDef
    context: str | None
    ecs_settings: EcsSettingsTypeDef | None
    eks: EksConfigurationTypeDef | None
    tags: dict[str, str]
    in_use: float = 0
    queues: int = 0
    problem: str | None = None

    @property
    def platform(self) -> Platform:
        """What its containers run on."""
        if self.eks is not None:
            return "EKS"
        kind = "EC2" if self.resources is None else self.resources["type"]
        if kind == "ECS_MANAGED_INSTANCES":
            return "MANAGED_INSTANCES"
        return "FARGATE" if kind.startswith("FARGATE") else "EC2"

    @property
    def capacity(self) -> float:
        """How many vCPUs it may use at once.

        An UNMANAGED environment is limited by its unmanagedvCpus, if it has any (inferred).
        """
        if self.resources is not None:
            return self.resources["maxvCpus"]
        return float("inf") if self.unmanaged_vcpus is None else self.unmanaged_vcpus

    @property
    def is_usable(self) -> bool:
        """Whether jobs may be placed here."""
        return self.state == "ENABLED" and self.status == "VALID"

    def suits(self, job: Job) -> bool:
        """Return whether it is of a kind that takes a job.

        Source: user guide, "Multi-node parallel jobs": they need a MANAGED environment without Spot instances (documented).
        """
        return job.node_index is None or (self.resources is not None and self.resources["type"] == "EC2")

    @property
    def cluster(self) -> str:
        """Name of the ECS cluster behind it (observed)."""
        return f"AWSBatch-{self.name}-{self.uuid}"


@dataclass(slots=True, eq=False)
class SchedulingPolicy:
    """A scheduling policy, of fair shares or of quota shares.

    Attributes:
        number: Position in the order of creation.
        queues: How many job queues refer to it.
    """

    number: int
    name: str
    arn: str
    fair_share: FairShareRules | None
    quota_share: QuotaSharePolicyTypeDef | None
    tags: dict[str, str]
    queues: int = 0


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


@dataclass(slots=True, eq=False)
class JobDefinition:
    """One revision of a job definition.

    Attributes:
        container: The single container; one of `container`, `task`, `pod` and `nodes` is given.
        task: The containers of a task of ECS.
        pod: The containers of a pod of EKS.
        nodes: Of type multinode.
        default_workload: What jobs run that override nothing; made for the first such job.
        is_deleted: Whether it was deregistered so long ago that nobody can see it.
    """

    name: str
    revision: int
    arn: str
    is_active: bool
    container: ContainerPropertiesOutputTypeDef | None
    task: EcsPropertiesOutputTypeDef | None
    pod: EksPropertiesOutputTypeDef | None
    nodes: NodeLayout | None
    parameters: dict[str, str] | None
    retry: RetryStrategy | None
    timeout_seconds: int | None
    propagate_tags: bool | None
    platform_capabilities: list[PlatformCapabilityType] | None
    scheduling_priority: int | None
    requirements: Requirements | None
    tags: dict[str, str]
    default_workload: Workload | None = None
    is_deleted: bool = False

    @property
    def platform(self) -> Platform:
        """What its containers run on; EC2 unless it says otherwise (documented)."""
        if self.pod is not None or (self.nodes is not None and self.nodes.is_on_eks):
            return "EKS"
        return self.platform_capabilities[0] if self.platform_capabilities else "EC2"
