"""Pods of Amazon EKS: checks in job definitions, and merges with overrides.

Sources: API reference, EksProperties, EksPodProperties, EksContainer, EksContainerResourceRequirements and EksPropertiesOverride
(*documented*). *Inferred*: a container without `cpu` needs none; of `cpu` the requests count, because Kubernetes places pods by
them; an override of `resources` replaces them; `Ref::name` is replaced as in other commands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import invalid, not_allowed
from mock_jobs.batch.workload.container import MIN_MEMORY, check_environment, merged_command, merged_environment, number_in

if TYPE_CHECKING:
    from mypy_boto3_batch.type_defs import (
        ContainerDetailTypeDef,
        EksContainerOutputTypeDef,
        EksContainerOverrideTypeDef,
        EksContainerResourceRequirementsOutputTypeDef,
        EksMetadataOutputTypeDef,
        EksPodPropertiesOutputTypeDef,
        EksPropertiesOutputTypeDef,
        EksPropertiesOverrideTypeDef,
    )

MAX_CONTAINERS: Final = 10
MAX_NAMESPACE: Final = 63
DEFAULT_NAME: Final = "Default"

_KINDS: Final = ("containers", "initContainers")
_DNS_POLICIES: Final = ("Default", "ClusterFirst", "ClusterFirstWithHostNet")
_PULL_POLICIES: Final = ("Always", "IfNotPresent", "Never")
_MEMORY = re.compile(r"([0-9]{1,9})Mi")
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


@dataclass(frozen=True, slots=True, eq=False)
class Pod:
    """The pod of a submitted job; its first container represents the job.

    Attributes:
        properties: As DescribeJobs shows it before the job runs.
    """

    properties: EksPodPropertiesOutputTypeDef

    @property
    def containers(self) -> list[EksContainerOutputTypeDef]:
        """Its containers."""
        return self.properties["containers"]

    @property
    def init_containers(self) -> list[EksContainerOutputTypeDef]:
        """Its init containers, which run before them."""
        return self.properties.get("initContainers", [])


def check_namespace(name: str) -> None:
    """Reject namespaces of Kubernetes that AWS Batch does not manage.

    Source: API reference, EksConfiguration (documented).
    """
    is_reserved = name == "default" or name.startswith("kube-")
    if is_reserved or len(name) > MAX_NAMESPACE or _NAMESPACE.fullmatch(name) is None:
        raise invalid(messages.NAMESPACE)


def check_pod(properties: EksPropertiesOutputTypeDef) -> None:
    """Check the eksProperties of a job definition.

    Raises:
        ClientException: A rule is broken.
    """
    pod = properties.get("podProperties")
    if not pod:
        raise invalid(messages.REQUIRED, member="podProperties")
    if not pod.get("containers"):
        raise not_allowed(messages.NO_POD_CONTAINER)
    if len(pod["containers"]) > MAX_CONTAINERS:
        raise invalid(messages.CONTAINER_COUNT, member="containers")
    if len(pod.get("initContainers", [])) > MAX_CONTAINERS:
        raise invalid(messages.CONTAINER_COUNT, member="initContainers")
    containers = [*pod["containers"], *pod.get("initContainers", [])]
    if len({name_of(each) for each in containers}) < len(containers):
        raise invalid(messages.CONTAINER_NAMES)
    if pod.get("dnsPolicy", _DNS_POLICIES[0]) not in _DNS_POLICIES:
        raise invalid(messages.ONE_OF, member="dnsPolicy", values=", ".join(_DNS_POLICIES))
    namespace = pod.get("metadata", {}).get("namespace")
    if namespace is not None:
        check_namespace(namespace)
    for container in containers:
        if not container["image"]:
            raise invalid(messages.NO_IMAGE)
        if container.get("imagePullPolicy", _PULL_POLICIES[0]) not in _PULL_POLICIES:
            raise invalid(messages.ONE_OF, member="imagePullPolicy", values=", ".join(_PULL_POLICIES))
        check_environment(container.get("env", []))
        _cpus(container.get("resources", {}))


def merge_pod(
    definition: EksPropertiesOutputTypeDef, override: EksPropertiesOverrideTypeDef, parameters: Mapping[str, str] | None
) -> tuple[Pod, ContainerDetailTypeDef, float]:
    """Return the pod of a job, its first container in the form of ECS, and its vCPUs.

    The vCPUs are what all containers need.

    Args:
        definition: Pod of the job definition.
        override: Override of the request.
        parameters: Values for `Ref::name` in the commands, None to keep `Ref::name`.

    Raises:
        ClientException: An override is invalid, or a command refers to a parameter that has no value.
    """
    pod = definition["podProperties"]
    changes = override.get("podProperties", {})
    merged: dict[str, Any] = {**pod}
    for kind in _KINDS:
        own = cast("Sequence[EksContainerOutputTypeDef]", pod.get(kind, []))
        by_name = _changes_by_name(cast("Sequence[EksContainerOverrideTypeDef]", changes.get(kind, [])), own)
        if own:
            merged[kind] = [_merged(each, by_name.get(name_of(each), {}), parameters) for each in own]
    if "metadata" in changes:
        merged["metadata"] = _merged_metadata(pod.get("metadata", {}), changes["metadata"])
    result = Pod(cast("EksPodPropertiesOutputTypeDef", merged))
    first = result.containers[0]
    alone = {
        "image": first["image"],
        "command": [*first.get("command", []), *first.get("args", [])],
        "environment": first.get("env", []),
    }
    # Kubernetes reserves what the containers need together, or what the largest init container needs, if that is more.
    together = sum(_cpus(each.get("resources", {})) for each in result.containers)
    before = max((_cpus(each.get("resources", {})) for each in result.init_containers), default=0.0)
    return result, cast("ContainerDetailTypeDef", alone), max(together, before)


def overridden(properties: EksPropertiesOutputTypeDef, override: EksPropertiesOverrideTypeDef) -> EksPropertiesOutputTypeDef:
    """Return eksProperties with an override; `Ref::name` is kept.

    Raises:
        ClientException: The override is invalid.
    """
    return {"podProperties": merge_pod(properties, override, None)[0].properties}


def name_of(container: EksContainerOutputTypeDef | EksContainerOverrideTypeDef) -> str:
    """Return the name of a container (documented default)."""
    return container.get("name", DEFAULT_NAME)


def has_references(properties: EksPropertiesOutputTypeDef) -> bool:
    """Return whether a command refers to parameters."""
    pod = properties["podProperties"]
    containers = [*pod["containers"], *pod.get("initContainers", [])]
    return any("Ref::" in text for each in containers for text in (*each.get("command", []), *each.get("args", [])))


def _cpus(resources: EksContainerResourceRequirementsOutputTypeDef) -> float:
    """Return the vCPUs that a container requests.

    Raises:
        ClientException: An amount is invalid.
    """
    limits, requests = resources.get("limits", {}), resources.get("requests", {})
    for amounts in (limits, requests):
        for kind, text in amounts.items():
            _check_amount(kind, text)
    for kind in ("memory", "nvidia.com/gpu"):
        if kind in limits and kind in requests and limits[kind] != requests[kind]:
            raise invalid(messages.LIMIT_AND_REQUEST, type=kind)
    reserved = number_in(requests.get("cpu", limits.get("cpu", "0")))
    if "cpu" in limits and number_in(limits["cpu"]) < reserved:
        raise invalid(messages.LIMIT_BELOW_REQUEST)
    return reserved


def _check_amount(kind: str, text: str) -> None:
    if kind == "cpu":
        amount = number_in(text)
        is_possible = amount > 0 and (amount * 4).is_integer()
    elif kind == "memory":
        match = _MEMORY.fullmatch(text)
        is_possible = match is not None
        if match is not None and int(match[1]) < MIN_MEMORY:
            raise invalid(messages.MEMORY_TOO_SMALL)
    elif kind == "nvidia.com/gpu":
        amount = number_in(text)
        is_possible = amount >= 1 and amount.is_integer()
    else:
        raise invalid(messages.ONE_OF, member="resources", values="cpu, memory, nvidia.com/gpu")
    if not is_possible:
        raise invalid(messages.BAD_RESOURCE, type=kind, value=text)


def _changes_by_name(
    entries: Sequence[EksContainerOverrideTypeDef], containers: Sequence[EksContainerOutputTypeDef]
) -> dict[str, EksContainerOverrideTypeDef]:
    names = {name_of(each) for each in containers}
    changes: dict[str, EksContainerOverrideTypeDef] = {}
    for entry in entries:
        # A single container need not be named (inferred).
        name = next(iter(names)) if "name" not in entry and len(names) == 1 else name_of(entry)
        if name not in names:
            raise invalid(messages.CONTAINER_UNKNOWN, name=name)
        if name in changes:
            raise invalid(messages.CONTAINER_NAMES)
        check_environment(entry.get("env", []))
        changes[name] = entry
    return changes


def _merged(
    container: EksContainerOutputTypeDef, change: EksContainerOverrideTypeDef, parameters: Mapping[str, str] | None
) -> dict[str, object]:
    merged: dict[str, object] = {**container}
    for member in ("image", "resources"):
        if member in change:
            merged[member] = change[member]
    for member in ("command", "args"):
        if member in container or member in change:
            merged[member] = merged_command(
                cast("Sequence[str]", container.get(member, [])), cast("Sequence[str] | None", change.get(member)), parameters
            )
    if "env" in container or "env" in change:
        merged["env"] = merged_environment(container.get("env", []), change.get("env", []))
    return merged


def _merged_metadata(own: EksMetadataOutputTypeDef, given: object) -> dict[str, object]:
    merged: dict[str, object] = {**own}
    for member, value in cast("Mapping[str, object]", given).items():
        before = merged.get(member)
        merged[member] = {**before, **value} if isinstance(before, dict) and isinstance(value, Mapping) else value
    return merged
