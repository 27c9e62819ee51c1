"""Records of compute environments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_batch.literals import CETypeType
    from mypy_boto3_batch.type_defs import (
        ComputeResourceOutputTypeDef,
        EcsSettingsTypeDef,
        EksConfigurationTypeDef,
        UpdatePolicyTypeDef,
    )

    from mock_jobs.batch.platforms import Platform, State, Status


@dataclass(slots=True, eq=False)
class ComputeEnvironment:
    """A compute environment, and how much of it is in use.

    Attributes:
        number: Position in the order of creation.
        resources: The computeResources of a MANAGED environment, with defaults filled in.
        in_use: vCPUs that dispatched jobs hold.
        instance_id: Id of the EC2 instance that represents all of its hosts.
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
        """Whether jobs may be dispatched here."""
        return self.state == "ENABLED" and self.status == "VALID"

    def suits(self, *, is_multinode: bool) -> bool:
        """Return whether an environment of its kind can run a job.

        Source: user guide, "Multi-node parallel jobs": they need a MANAGED environment without Spot instances (documented).
        """
        return not is_multinode or (self.resources is not None and self.resources["type"] == "EC2")

    @property
    def cluster(self) -> str:
        """Name of the ECS cluster behind it (observed)."""
        return f"AWSBatch-{self.name}-{self.uuid}"
