"""What a job runs: a container, a task or a pod, with the overrides applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import WrongOverrideError, invalid
from mock_jobs.batch.workload import pod as pods
from mock_jobs.batch.workload import task as tasks
from mock_jobs.batch.workload.container import check, check_environment, merge

if TYPE_CHECKING:
    from mypy_boto3_batch.type_defs import (
        ContainerDetailTypeDef,
        ContainerOverridesTypeDef,
        ContainerPropertiesOutputTypeDef,
        EcsPropertiesOutputTypeDef,
        EcsPropertiesOverrideTypeDef,
        EksPropertiesOutputTypeDef,
        EksPropertiesOverrideTypeDef,
        NodeOverridesTypeDef,
    )

    from mock_jobs.batch.platforms import Platform


class WorkloadTemplate(Protocol):
    """What jobs run, in a job definition or in a range of its nodes.

    One of `container`, `task` and `pod` is given.
    """

    @property
    def container(self) -> ContainerPropertiesOutputTypeDef | None:
        """The single container."""

    @property
    def task(self) -> EcsPropertiesOutputTypeDef | None:
        """The containers of a task of ECS."""

    @property
    def pod(self) -> EksPropertiesOutputTypeDef | None:
        """The containers of a pod of EKS."""

    @property
    def platform(self) -> Platform:
        """What they run on."""


class JobTemplate(WorkloadTemplate, Protocol):
    """What jobs run, in a whole job definition.

    One of `container`, `task`, `pod` and `nodes` is given.
    """

    @property
    def nodes(self) -> object | None:
        """The nodes."""


@dataclass(frozen=True, slots=True, eq=False)
class Workload:
    """What a job runs.

    Attributes:
        container: The container that represents the job, as DescribeJobs shows a single container before it runs.
        vcpus: How many vCPUs all containers need.
        task: The task that it belongs to, if the definition has several containers.
        pod: The pod that it belongs to, on EKS.
    """

    container: ContainerDetailTypeDef
    vcpus: float
    task: tasks.Task | None = None
    pod: pods.Pod | None = None


@dataclass(frozen=True, slots=True)
class Overrides:
    """The overrides in a request of SubmitJob, None for those that are not given."""

    container: ContainerOverridesTypeDef | None
    task: EcsPropertiesOverrideTypeDef | None
    pod: EksPropertiesOverrideTypeDef | None
    nodes: NodeOverridesTypeDef | None

    def check(self) -> None:
        """Check what does not depend on the definition.

        Raises:
            ClientException: A rule is broken.
        """
        check_environment([] if self.container is None else self.container.get("environment", []))

    def check_for(self, definition: JobTemplate) -> None:
        """Check that only what the definition has is overridden (documented).

        Raises:
            ClientException: Something else is.
        """
        given = {
            "containerOverrides": (self.container, definition.container),
            "ecsPropertiesOverride": (self.task, definition.task),
            "eksPropertiesOverride": (self.pod, definition.pod),
            "nodeOverrides": (self.nodes, definition.nodes),
        }
        if definition.pod is not None:
            if self.container or self.nodes:
                raise WrongOverrideError(messages.OVERRIDES_ON_EKS, "containerOverrides" if self.container else "nodeOverrides")
            # Empty ones are accepted (observed: nextflow sends them).
            del given["containerOverrides"], given["nodeOverrides"]
        for member, (override, own) in given.items():
            if override is not None and own is None:
                raise WrongOverrideError(messages.NOT_FOR_TYPE.format(member=member, type=kind_of(definition)), member)


def kind_of(definition: JobTemplate) -> str:
    """Return the kind of a definition, as texts name it.

    It consists of its type, and what its container is part of.
    """
    if definition.nodes is not None:
        return "multinode"
    if definition.task is not None:
        return "container with ecsProperties"
    return "container" if definition.pod is None else "container with eksProperties"


def is_default(content: WorkloadTemplate, overrides: Overrides) -> bool:
    """Return whether a job overrides nothing, and no command refers to a parameter.

    All such jobs run the same.
    """
    return not (overrides.container or overrides.task or overrides.pod or _has_references(content))


def _has_references(content: WorkloadTemplate) -> bool:
    if content.task is not None:
        return tasks.has_references(content.task)
    if content.pod is not None:
        return pods.has_references(content.pod)
    assert content.container is not None
    return any("Ref::" in element for element in content.container.get("command", []))


def check_content(
    container: ContainerPropertiesOutputTypeDef | None,
    task: EcsPropertiesOutputTypeDef | None,
    pod: EksPropertiesOutputTypeDef | None,
    platform: Platform,
) -> None:
    """Check the container, task or pod of a job definition, or of a node range.

    Raises:
        ClientException: A rule is broken, none is given, or more than one is given.
    """
    if sum(each is not None for each in (container, task, pod)) > 1:
        raise invalid(messages.SEVERAL_PROPERTIES)
    if task is not None:
        tasks.check_task(task, platform)
    elif pod is not None:
        pods.check_pod(pod)
    elif container:
        check(container, platform)
    else:
        raise invalid(messages.NO_CONTAINER)


def merged(content: WorkloadTemplate, overrides: Overrides, parameters: Mapping[str, str]) -> Workload:
    """Return what a job runs: a definition, or a node range, with the overrides.

    Args:
        content: The job definition, or the range of its nodes.
        overrides: Overrides of the request.
        parameters: Values for `Ref::name` in commands.

    Raises:
        ClientException: An override is invalid, or a command refers to a parameter that has no value.
    """
    if content.task is not None:
        task, container, vcpus = tasks.merge_task(content.task, overrides.task or {}, parameters, content.platform)
        return Workload(container, vcpus, task=task)
    if content.pod is not None:
        pod, container, vcpus = pods.merge_pod(content.pod, overrides.pod or {}, parameters)
        return Workload(container, vcpus, pod=pod)
    assert content.container is not None
    container, vcpus = merge(content.container, overrides.container or {}, parameters, content.platform)
    return Workload(container, vcpus)
