"""Records of job definitions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_batch.literals import PlatformCapabilityType
    from mypy_boto3_batch.type_defs import (
        ContainerPropertiesOutputTypeDef,
        EcsPropertiesOutputTypeDef,
        EksPropertiesOutputTypeDef,
    )

    from mock_jobs.batch.platforms import Platform
    from mock_jobs.batch.workload.node_properties import NodeLayout
    from mock_jobs.batch.workload.requirements import Requirements
    from mock_jobs.batch.workload.retry_strategy import RetryStrategy


@dataclass(slots=True, eq=False)
class JobDefinition:
    """One revision of a job definition.

    Attributes:
        container: The single container; one of `container`, `task`, `pod` and `nodes` is given.
        task: The containers of a task of ECS.
        pod: The containers of a pod of EKS.
        nodes: The nodes of a definition of type multinode.
        is_deleted: Whether it was deregistered so long ago that it is no longer shown.
    """

    name: str
    revision: int
    arn: str
    is_active: bool
    container: ContainerPropertiesOutputTypeDef | None
    task: EcsPropertiesOutputTypeDef | None
    pod: EksPropertiesOutputTypeDef | None
    nodes: NodeLayout | None
    parameters: dict[str, str]
    retry: RetryStrategy | None
    timeout_seconds: int | None
    propagate_tags: bool | None
    platform_capabilities: list[PlatformCapabilityType] | None
    scheduling_priority: int | None
    requirements: Requirements | None
    tags: dict[str, str]
    is_deleted: bool = False

    @property
    def platform(self) -> Platform:
        """What its containers run on; EC2 unless it says otherwise (documented)."""
        if self.pod is not None or (self.nodes is not None and self.nodes.is_on_eks):
            return "EKS"
        return self.platform_capabilities[0] if self.platform_capabilities else "EC2"
