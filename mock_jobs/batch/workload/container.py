"""Containers: checks in job definitions, and merges with overrides.

Sources: API reference, ContainerProperties, ContainerOverrides and ResourceRequirement (*documented*); user guide, "Job
definition parameters" (*documented*). Texts: see `messages`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar, cast

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import invalid, not_allowed

if TYPE_CHECKING:
    from mypy_boto3_batch.literals import ResourceTypeType
    from mypy_boto3_batch.type_defs import (
        ContainerDetailTypeDef,
        ContainerOverridesTypeDef,
        ContainerPropertiesOutputTypeDef,
        EksContainerEnvironmentVariableTypeDef,
        EphemeralStorageTypeDef,
        KeyValuePairTypeDef,
        ResourceRequirementTypeDef,
        TaskContainerPropertiesOutputTypeDef,
        VolumeTypeDef,
    )

    from mock_jobs.batch.platforms import Platform

    VariableT = TypeVar("VariableT", KeyValuePairTypeDef, EksContainerEnvironmentVariableTypeDef)

MIN_MEMORY = 4

# vCPU -> MiB. Source: API reference, ResourceRequirement.value (documented).
FARGATE_MEMORY: dict[float, frozenset[int]] = {
    0.25: frozenset({512, 1024, 2048}),
    0.5: frozenset(range(1024, 4096 + 1, 1024)),
    1: frozenset(range(2048, 8192 + 1, 1024)),
    2: frozenset(range(4096, 16384 + 1, 1024)),
    4: frozenset(range(8192, 30720 + 1, 1024)),
    8: frozenset(range(16384, 61440 + 1, 4096)),
    16: frozenset(range(32768, 122880 + 1, 8192)),
    32: frozenset({61440, 122880, 249856}),
}
_FARGATE_LOG_DRIVERS = ("awslogs", "splunk")
_LINUX_NOT_FOR_FARGATE = ("devices", "sharedMemorySize", "tmpfs", "maxSwap", "swappiness")
_NOT_FOR_EC2 = ("networkConfiguration", "fargatePlatformConfiguration", "ephemeralStorage", "runtimePlatform")
_EFS_PLATFORM = (1, 4, 0)
_REFERENCE = re.compile(r"Ref::([A-Za-z0-9_.-]+)")
# Longer numbers are meaningless, and int() rejects very long ones.
_WHOLE = re.compile(r"[0-9]{1,9}")
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?|\.[0-9]{1,9}")


def check(container: ContainerPropertiesOutputTypeDef, platform: Platform) -> None:
    """Check the container of a job definition.

    Raises:
        ClientException: A rule is broken; the first one in the order of AWS's documentation.
    """
    if not container.get("image"):
        raise invalid(messages.NO_IMAGE)
    required = requirements_by_type(container.get("resourceRequirements", []))
    vcpus, memory = container.get("vcpus"), container.get("memory")
    if platform == "FARGATE":
        for member, value in (("vcpus", vcpus), ("memory", memory)):
            if value is not None:
                raise invalid(messages.LEGACY_ON_FARGATE, member=member)
    if "VCPU" not in required and vcpus is None:
        raise invalid(messages.NO_VCPU)
    if "MEMORY" not in required and memory is None:
        raise invalid(messages.NO_MEMORY)
    check_resources(required, vcpus, memory, platform)
    (_check_fargate if platform == "FARGATE" else _check_ec2)(container, required)
    check_environment(container.get("environment", []))


def check_resources(required: Mapping[str, str], vcpus: int | None, memory: int | None, platform: Platform) -> None:
    """Check the amounts that a container asks for.

    Args:
        required: The values of resourceRequirements by type.
        vcpus: The older member.
        memory: The older member.
        platform: Where it runs.

    Raises:
        ClientException: An amount is invalid.
    """
    if platform == "FARGATE":
        check_fargate_pair(required["VCPU"], required["MEMORY"])
        return
    for kind in ("VCPU", "GPU"):
        text = required.get(kind)
        if text is not None and not (_WHOLE.fullmatch(text) and int(text) >= 1):
            raise invalid(messages.BAD_RESOURCE, type=kind, value=text)
    if vcpus is not None and vcpus < 1 and "VCPU" not in required:
        raise invalid(messages.BAD_RESOURCE, type="VCPU", value=vcpus)
    text = required.get("MEMORY")
    if text is not None and not _WHOLE.fullmatch(text):
        raise invalid(messages.BAD_RESOURCE, type="MEMORY", value=text)
    size = int(text) if text is not None else cast("int", memory)
    if size < MIN_MEMORY:
        raise invalid(messages.MEMORY_TOO_SMALL)


def check_fargate_pair(vcpu: str, memory: str) -> None:
    """Reject vCPUs and MiB that Fargate does not offer together."""
    size = int(memory) if _WHOLE.fullmatch(memory) else -1
    if size not in FARGATE_MEMORY.get(number_in(vcpu), frozenset()):
        raise invalid(messages.FARGATE_PAIR, vcpu=vcpu, memory=memory)


def number_in(text: str) -> float:
    """Return the number in a text, -1 if it is none."""
    return float(text) if _NUMBER.fullmatch(text) else -1.0


def check_environment(environment: Sequence[VariableT]) -> None:
    """Reject variables whose names AWS Batch reserves.

    Source: API reference, KeyValuePair of ContainerProperties (documented).
    """
    for pair in environment:
        if _name_of(pair).startswith("AWS_BATCH"):
            raise invalid(messages.RESERVED_VARIABLE, name=_name_of(pair))


def requirements_by_type(entries: Sequence[ResourceRequirementTypeDef]) -> dict[str, str]:
    """Return the values of resourceRequirements.

    Raises:
        ClientException: A type is given twice.
    """
    required: dict[str, str] = {}
    for entry in entries:
        if entry["type"] in required:
            raise invalid(messages.DUPLICATE_RESOURCE, type=entry["type"])
        required[entry["type"]] = entry["value"]
    return required


def _check_fargate(container: ContainerPropertiesOutputTypeDef, required: Mapping[str, str]) -> None:
    if not container.get("executionRoleArn"):
        raise invalid(messages.FARGATE_ROLE)
    check_fargate_container(container, required, _FARGATE_LOG_DRIVERS)
    if container.get("instanceType"):
        raise invalid(messages.CONTAINER_NOT_FOR_FARGATE, member="instanceType")
    check_fargate_host(
        container.get("fargatePlatformConfiguration", {}).get("platformVersion"),
        container.get("volumes", []),
        container.get("ephemeralStorage"),
    )


def check_fargate_container(
    container: ContainerPropertiesOutputTypeDef | TaskContainerPropertiesOutputTypeDef,
    required: Mapping[str, str],
    log_drivers: Sequence[str],
) -> None:
    """Reject what no container can have on Fargate."""
    linux: Mapping[str, object] = container.get("linuxParameters", {})
    unfit = [
        ("privileged", container.get("privileged")),
        ("ulimits", container.get("ulimits")),
        ("GPU", "GPU" in required),
        *((member, linux.get(member) not in (None, [])) for member in _LINUX_NOT_FOR_FARGATE),
        ("logDriver", container.get("logConfiguration", {}).get("logDriver", "awslogs") not in log_drivers),
    ]
    for member, is_given in unfit:
        if is_given:
            raise invalid(messages.CONTAINER_NOT_FOR_FARGATE, member=member)


def check_fargate_host(
    platform_version: str | None, volumes: Sequence[VolumeTypeDef], storage: EphemeralStorageTypeDef | None
) -> None:
    """Reject volumes and storage that Fargate does not offer."""
    if any(volume.get("host") is not None for volume in volumes):
        raise invalid(messages.CONTAINER_NOT_FOR_FARGATE, member="host")
    version = platform_version or "LATEST"
    has_efs = any("efsVolumeConfiguration" in volume for volume in volumes)
    if has_efs and version != "LATEST" and _version(version) < _EFS_PLATFORM:
        raise invalid(messages.EFS_PLATFORM)
    if storage is not None and not 21 <= storage["sizeInGiB"] <= 200:  # noqa: PLR2004 - documented limits, used here only
        raise invalid(messages.EPHEMERAL_STORAGE)


def _check_ec2(container: ContainerPropertiesOutputTypeDef, _: Mapping[str, str]) -> None:
    for member in _NOT_FOR_EC2:
        if member in container:
            raise invalid(messages.CONTAINER_NOT_FOR_EC2, member=member)


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) if _WHOLE.fullmatch(part) else 0 for part in text.split("."))


def merge(
    container: ContainerPropertiesOutputTypeDef,
    overrides: ContainerOverridesTypeDef,
    parameters: Mapping[str, str],
    platform: Platform,
) -> tuple[ContainerDetailTypeDef, float]:
    """Return the container of a job, and how many vCPUs it needs.

    The container is as DescribeJobs shows it before the job runs. Environment variables merge by name; resource requirements
    replace by type; a command replaces. The older `vcpus` and `memory` override only where the definition uses them too.
    Source: user guide, "Override resource requirements" (documented).

    Args:
        container: Container of the job definition.
        overrides: Overrides of the request.
        parameters: Values for `Ref::name` in the command.
        platform: Where it runs.

    Raises:
        ClientException: An override is invalid, or the command refers to a parameter that has no value.
    """
    if platform == "FARGATE":
        for member, value in (("vcpus", overrides.get("vcpus")), ("memory", overrides.get("memory"))):
            if value is not None:
                raise not_allowed(messages.LEGACY_ON_FARGATE, member=member)
    command = merged_command(container.get("command", []), overrides.get("command"), parameters)
    required = merged_requirements(container.get("resourceRequirements", []), overrides.get("resourceRequirements", []))
    vcpus = container.get("vcpus")
    memory = container.get("memory")
    if vcpus is not None:
        vcpus = overrides.get("vcpus", vcpus)
    if memory is not None:
        memory = overrides.get("memory", memory)
    check_resources(required, vcpus, memory, platform)
    merged = {
        **container,
        "command": command,
        "environment": merged_environment(container.get("environment", []), overrides.get("environment", [])),
        "networkInterfaces": [],
        "resourceRequirements": as_entries(required),
    }
    if "instanceType" in overrides:
        merged["instanceType"] = overrides["instanceType"]
    if vcpus is not None:
        merged["vcpus"] = vcpus
    if memory is not None:
        merged["memory"] = memory
    amount = float(required["VCPU"]) if "VCPU" in required else float(cast("int", vcpus))
    return cast("ContainerDetailTypeDef", merged), amount


def merged_command(own: Sequence[str], given: Sequence[str] | None, parameters: Mapping[str, str] | None) -> list[str]:
    """Return the command of a job: that of the request, else of the definition.

    Raises:
        ClientException: It has empty strings, or refers to a parameter that has no value.
    """
    if given is not None and "" in given:
        raise invalid(messages.EMPTY_COMMAND_ELEMENT)
    command = list(given or own)
    # Without parameters, `Ref::name` is kept, because another merge follows.
    return command if parameters is None else [substitute(element, parameters) for element in command]


def merged_requirements(own: Sequence[ResourceRequirementTypeDef], given: Sequence[ResourceRequirementTypeDef]) -> dict[str, str]:
    """Return the values of resourceRequirements by type.

    Those of the request replace those of the definition.

    Raises:
        ClientException: A type is given twice.
    """
    return {**requirements_by_type(own), **requirements_by_type(given)}


def as_entries(required: Mapping[str, str]) -> list[ResourceRequirementTypeDef]:
    """Return resourceRequirements from their values by type."""
    return [{"value": value, "type": cast("ResourceTypeType", kind)} for kind, value in required.items()]


def merged_environment(own: Sequence[VariableT], given: Sequence[VariableT]) -> list[VariableT]:
    """Return variables, merged by name.

    Those of the definition keep their places; new ones of the request follow.
    """
    merged = {_name_of(pair): pair for pair in own}
    merged.update({_name_of(pair): pair for pair in given})
    return list(merged.values())


def _name_of(pair: VariableT) -> str:
    return pair.get("name", "")


def legacy_fields(container: ContainerDetailTypeDef) -> ContainerDetailTypeDef:
    """Return the older `vcpus` and `memory`, where the amounts are whole numbers.

    Users of moto read them.
    """
    fields: ContainerDetailTypeDef = {}
    for entry in container.get("resourceRequirements", []):
        if not _WHOLE.fullmatch(entry["value"]):
            continue
        if entry["type"] == "VCPU":
            fields["vcpus"] = int(entry["value"])
        elif entry["type"] == "MEMORY":
            fields["memory"] = int(entry["value"])
    return fields


def substitute(element: str, parameters: Mapping[str, str]) -> str:
    """Replace `Ref::name` by the values of parameters.

    For whole elements this is documented; inside of an element, the longest name first, it is inferred.
    """
    if "Ref::" not in element:
        return element

    def value(match: re.Match[str]) -> str:
        reference = match[1]
        for end in range(len(reference), 0, -1):
            if reference[:end] in parameters:
                return parameters[reference[:end]] + reference[end:]
        raise not_allowed(messages.NO_PARAMETER)

    return _REFERENCE.sub(value, element)
