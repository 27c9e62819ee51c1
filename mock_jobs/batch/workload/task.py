"""Tasks of Amazon ECS: checks in job definitions, and merges with overrides.

Sources: API reference, EcsProperties, EcsTaskProperties, TaskContainerProperties, TaskContainerDependency and
EcsPropertiesOverride (*documented*). *Inferred*: each container must give its vCPUs and memory, and on Fargate their sums must be
an offered pair; circular dependencies of containers are rejected; an override without a name is for a container without a name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import invalid
from mock_jobs.batch.workload.container import (
    MIN_MEMORY,
    as_entries,
    check_environment,
    check_fargate_container,
    check_fargate_host,
    check_fargate_pair,
    check_resources,
    merged_command,
    merged_environment,
    merged_requirements,
    number_in,
    requirements_by_type,
)

if TYPE_CHECKING:
    from mypy_boto3_batch.type_defs import (
        ContainerDetailTypeDef,
        EcsPropertiesOutputTypeDef,
        EcsPropertiesOverrideTypeDef,
        EcsTaskPropertiesOutputTypeDef,
        TaskContainerDependencyTypeDef,
        TaskContainerOverridesTypeDef,
        TaskContainerPropertiesOutputTypeDef,
    )

    from mock_jobs.batch.platforms import Platform

MAX_CONTAINERS: Final = 10
CONDITIONS: Final = ("START", "COMPLETE", "SUCCESS")

_FARGATE_LOG_DRIVERS = ("awslogs", "splunk", "awsfirelens")
# Members of a task that a platform does not accept, with the text for each platform, and the allowed values of other members.
_NOT_FOR: Mapping[str, tuple[str, ...]] = {
    "EC2": ("networkConfiguration", "platformVersion", "ephemeralStorage", "runtimePlatform", "networkMode"),
    "FARGATE": ("ipcMode", "networkMode"),
    "MANAGED_INSTANCES": ("networkConfiguration", "platformVersion", "ephemeralStorage"),
}
_REFUSALS: Mapping[str, str] = {
    "EC2": messages.CONTAINER_NOT_FOR_EC2,
    "FARGATE": messages.CONTAINER_NOT_FOR_FARGATE,
    "MANAGED_INSTANCES": messages.CONTAINER_NOT_FOR_MANAGED_INSTANCES,
}
_VALUES: Mapping[str, tuple[str, ...]] = {
    "ipcMode": ("host", "task", "none"),
    "pidMode": ("host", "task"),
    "networkMode": ("host",),
}


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """The task of a submitted job.

    Attributes:
        properties: As DescribeJobs shows it before the job runs.
        main: Index of the container that represents the job: the first essential one.
    """

    properties: EcsTaskPropertiesOutputTypeDef
    main: int

    @property
    def containers(self) -> list[TaskContainerPropertiesOutputTypeDef]:
        """Its containers."""
        return self.properties["containers"]


def check_task(properties: EcsPropertiesOutputTypeDef, platform: Platform) -> None:
    """Check the ecsProperties of a job definition.

    Raises:
        ClientException: A rule is broken.
    """
    if len(properties["taskProperties"]) != 1:
        raise invalid(messages.ONE_TASK)
    (task,) = properties["taskProperties"]
    containers = task["containers"]
    if not 1 <= len(containers) <= MAX_CONTAINERS:
        raise invalid(messages.CONTAINER_COUNT, member="containers")
    names = [each["name"] for each in containers if "name" in each]
    if len(set(names)) < len(names):
        raise invalid(messages.CONTAINER_NAMES)
    if not any(is_essential(each) for each in containers):
        raise invalid(messages.NO_ESSENTIAL_CONTAINER)
    for member in _NOT_FOR[platform]:
        if member in task:
            raise invalid(_REFUSALS[platform], member=member)
    for member, values in _VALUES.items():
        if task.get(member, values[0]) not in values:
            raise invalid(messages.ONE_OF, member=member, values=", ".join(values))
    for container in containers:
        _check_container(container, platform)
    _check_dependencies(containers)
    if platform == "FARGATE":
        if not task.get("executionRoleArn"):
            raise invalid(messages.FARGATE_ROLE)
        check_fargate_host(task.get("platformVersion"), task.get("volumes", []), task.get("ephemeralStorage"))
    _check_sums([requirements_by_type(each.get("resourceRequirements", [])) for each in containers], platform)


def merge_task(
    definition: EcsPropertiesOutputTypeDef,
    override: EcsPropertiesOverrideTypeDef,
    parameters: Mapping[str, str] | None,
    platform: Platform,
) -> tuple[Task, ContainerDetailTypeDef, float]:
    """Return the task of a job, its main container alone, and its vCPUs.

    The vCPUs are what all containers need.

    Args:
        definition: Task of the job definition.
        override: Override of the request.
        parameters: Values for `Ref::name` in the commands, None to keep `Ref::name`.
        platform: Where it runs.

    Raises:
        ClientException: An override is invalid, or a command refers to a parameter that has no value.
    """
    (task,) = definition["taskProperties"]
    changes = _changes_by_name(override, task)
    containers = []
    for container in task["containers"]:
        change: TaskContainerOverridesTypeDef = changes.get(container.get("name"), {})
        required = merged_requirements(container.get("resourceRequirements", []), change.get("resourceRequirements", []))
        _check_amounts(required, platform)
        merged = {
            **container,
            "command": merged_command(container.get("command", []), change.get("command"), parameters),
            "environment": merged_environment(container.get("environment", []), change.get("environment", [])),
            "resourceRequirements": as_entries(required),
        }
        containers.append(cast("TaskContainerPropertiesOutputTypeDef", merged))
    amounts = [requirements_by_type(each["resourceRequirements"]) for each in containers]
    _check_sums(amounts, platform)
    main = next(index for index, each in enumerate(containers) if is_essential(each))
    # A container of a task has the members of a single container.
    alone = cast("ContainerDetailTypeDef", containers[main])
    properties = cast("EcsTaskPropertiesOutputTypeDef", {**task, "containers": containers})
    return Task(properties, main), alone, sum(number_in(each["VCPU"]) for each in amounts)


def overridden(properties: EcsPropertiesOutputTypeDef, override: EcsPropertiesOverrideTypeDef) -> EcsPropertiesOutputTypeDef:
    """Return ecsProperties, of EC2, with an override; `Ref::name` is kept.

    Raises:
        ClientException: The override is invalid.
    """
    return {"taskProperties": [merge_task(properties, override, None, "EC2")[0].properties]}


def is_essential(container: TaskContainerPropertiesOutputTypeDef) -> bool:
    """Return whether the task ends with a container, by default True (documented)."""
    return container.get("essential", True)


def has_references(properties: EcsPropertiesOutputTypeDef) -> bool:
    """Return whether a command refers to parameters."""
    (task,) = properties["taskProperties"]
    return any("Ref::" in element for each in task["containers"] for element in each.get("command", []))


def _check_container(container: TaskContainerPropertiesOutputTypeDef, platform: Platform) -> None:
    if not container["image"]:
        raise invalid(messages.NO_IMAGE)
    required = requirements_by_type(container.get("resourceRequirements", []))
    if "VCPU" not in required:
        raise invalid(messages.NO_VCPU)
    if "MEMORY" not in required:
        raise invalid(messages.NO_MEMORY)
    _check_amounts(required, platform)
    if platform == "FARGATE":
        check_fargate_container(container, required, _FARGATE_LOG_DRIVERS)
    check_environment(container.get("environment", []))


def _check_amounts(required: Mapping[str, str], platform: Platform) -> None:
    if platform != "FARGATE":
        check_resources(required, None, None, "EC2")
        return
    # On Fargate only the sums over all containers must be an offered pair.
    if number_in(required["VCPU"]) <= 0:
        raise invalid(messages.BAD_RESOURCE, type="VCPU", value=required["VCPU"])
    size = number_in(required["MEMORY"])
    if size < 0 or size != int(size):
        raise invalid(messages.BAD_RESOURCE, type="MEMORY", value=required["MEMORY"])
    if size < MIN_MEMORY:
        raise invalid(messages.MEMORY_TOO_SMALL)


def _check_sums(amounts: Sequence[Mapping[str, str]], platform: Platform) -> None:
    if platform == "FARGATE":
        vcpus, memory = (sum(number_in(each[kind]) for each in amounts) for kind in ("VCPU", "MEMORY"))
        check_fargate_pair(f"{vcpus:g}", f"{memory:.0f}")


def _check_dependencies(containers: Sequence[TaskContainerPropertiesOutputTypeDef]) -> None:
    by_name = {each["name"]: each for each in containers if "name" in each}
    before: dict[str, list[str]] = {}
    for container in containers:
        own_name = container.get("name")
        for entry in container.get("dependsOn", []):
            name, condition = _read_dependency(entry)
            if name == own_name or name not in by_name:
                raise invalid(messages.CONTAINER_UNKNOWN, name=name)
            if condition != "START" and is_essential(by_name[name]):
                raise invalid(messages.CONDITION_ON_ESSENTIAL, condition=condition, name=name)
            if own_name is not None:
                before.setdefault(own_name, []).append(name)
    for name in before:
        _check_no_circle(name, before)


def _read_dependency(entry: TaskContainerDependencyTypeDef) -> tuple[str, str]:
    for member in ("containerName", "condition"):
        if not entry.get(member):
            raise invalid(messages.REQUIRED, member=f"dependsOn.{member}")
    if entry["condition"] not in CONDITIONS:
        raise invalid(messages.ONE_OF, member="dependsOn.condition", values=", ".join(CONDITIONS))
    return entry["containerName"], entry["condition"]


def _check_no_circle(start: str, before: Mapping[str, Sequence[str]]) -> None:
    seen: set[str] = set()
    waiting = list(before[start])
    while waiting:
        name = waiting.pop()
        if name == start:
            raise invalid(messages.CONTAINERS_IN_CIRCLE, name=start)
        if name not in seen:
            seen.add(name)
            waiting.extend(before.get(name, ()))


def _changes_by_name(
    override: EcsPropertiesOverrideTypeDef, task: EcsTaskPropertiesOutputTypeDef
) -> dict[str | None, TaskContainerOverridesTypeDef]:
    entries = override.get("taskProperties", [])
    if len(entries) > 1:
        raise invalid(messages.ONE_TASK)
    names = {each.get("name") for each in task["containers"]}
    changes: dict[str | None, TaskContainerOverridesTypeDef] = {}
    for entry in entries:
        for change in entry.get("containers", []):
            name = change.get("name")
            if name not in names:
                raise invalid(messages.CONTAINER_UNKNOWN, name=name)
            if name in changes:
                raise invalid(messages.CONTAINER_NAMES)
            check_environment(change.get("environment", []))
            changes[name] = change
    return changes
