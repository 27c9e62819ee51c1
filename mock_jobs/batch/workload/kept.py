"""What RegisterJobDefinition keeps of containers, tasks and pods, which differs from what was sent.

Lists and maps inside a structure that was sent come back empty: *observed* for single containers, for `devices` and `tmpfs`, and
for `env`, `volumeMounts` and `volumes` of pods; code that works on AWS relies on `command` and `args` of pods; *inferred* for the
others. Variables without a value are dropped (*observed*: terraform-provider-aws #26960 and #29820). Platform versions have a
default (API reference, FargatePlatformConfiguration and EcsTaskProperties, *documented*).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from mypy_boto3_batch.type_defs import (
        ContainerPropertiesOutputTypeDef,
        EcsPropertiesOutputTypeDef,
        EksPropertiesOutputTypeDef,
    )

    from mock_jobs.batch.platforms import Platform


@dataclass(frozen=True, slots=True)
class _Structure:
    """Members of a structure that come back empty if they were not sent.

    Attributes:
        lists: Members that are lists.
        maps: Members that are maps.
        inside: The structures in it, or in its lists, that have such members.
    """

    lists: tuple[str, ...] = ()
    maps: tuple[str, ...] = ()
    inside: Mapping[str, _Structure] = field(default_factory=dict)

    def filled(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """Return a structure of this kind with its empty members."""
        given = {member: self._inner(member, content) for member, content in value.items()}
        return {**{member: [] for member in self.lists}, **{member: {} for member in self.maps}, **given}

    def _inner(self, member: str, content: Any) -> Any:
        structure = self.inside.get(member)
        if structure is None:
            return content
        return [structure.filled(each) for each in content] if isinstance(content, list) else structure.filled(content)


_LINUX_PARAMETERS: Final = _Structure(
    ("devices", "tmpfs"), inside={"devices": _Structure(("permissions",)), "tmpfs": _Structure(("mountOptions",))}
)
_LOG_CONFIGURATION: Final = _Structure(("secretOptions",), ("options",))
_CONTAINER: Final = _Structure(
    ("command", "volumes", "environment", "mountPoints", "ulimits", "resourceRequirements", "secrets"),
    inside={"linuxParameters": _LINUX_PARAMETERS, "logConfiguration": _LOG_CONFIGURATION},
)
_TASK_CONTAINER: Final = _Structure(
    ("command", "dependsOn", "environment", "mountPoints", "resourceRequirements", "secrets", "ulimits"),
    inside={
        "firelensConfiguration": _Structure(maps=("options",)),
        "linuxParameters": _LINUX_PARAMETERS,
        "logConfiguration": _LOG_CONFIGURATION,
    },
)
_TASK: Final = _Structure(("volumes",), inside={"containers": _TASK_CONTAINER})
_POD_CONTAINER: Final = _Structure(
    ("command", "args", "env", "volumeMounts"),
    inside={
        "resources": _Structure(maps=("limits", "requests")),
        "securityContext": _Structure(inside={"capabilities": _Structure(("add", "drop"))}),
    },
)
_POD: Final = _Structure(
    ("imagePullSecrets", "initContainers", "volumes"),
    inside={
        "containers": _POD_CONTAINER,
        "initContainers": _POD_CONTAINER,
        "metadata": _Structure(maps=("labels", "annotations")),
    },
)
_LATEST: Final = "LATEST"


def kept_container(container: ContainerPropertiesOutputTypeDef, platform: Platform) -> ContainerPropertiesOutputTypeDef:
    """Return the single container of a job definition, or of a node range, as AWS Batch keeps it."""
    kept = _CONTAINER.filled(_without_empty_variables(container, "environment"))
    if platform == "FARGATE":
        kept["fargatePlatformConfiguration"] = {"platformVersion": _LATEST, **kept.get("fargatePlatformConfiguration", {})}
    return cast("ContainerPropertiesOutputTypeDef", kept)


def kept_task(properties: EcsPropertiesOutputTypeDef, platform: Platform) -> EcsPropertiesOutputTypeDef:
    """Return the task of a job definition, or of a node range, as AWS Batch keeps it.

    A container is essential unless it says otherwise (documented).
    """
    tasks = []
    for task in properties["taskProperties"]:
        containers = [{"essential": True, **_without_empty_variables(each, "environment")} for each in task["containers"]]
        kept = _TASK.filled({**task, "containers": containers})
        tasks.append({"platformVersion": _LATEST, **kept} if platform == "FARGATE" else kept)
    return cast("EcsPropertiesOutputTypeDef", {"taskProperties": tasks})


def kept_pod(properties: EksPropertiesOutputTypeDef) -> EksPropertiesOutputTypeDef:
    """Return the pod of a job definition, or of a node range, as AWS Batch keeps it."""
    pod: dict[str, Any] = dict(properties["podProperties"])
    for kind in ("containers", "initContainers"):
        containers: Sequence[Mapping[str, Any]] = pod.get(kind, [])
        pod[kind] = [_without_empty_variables(each, "env") for each in containers]
    return cast("EksPropertiesOutputTypeDef", {"podProperties": _POD.filled(pod)})


def _without_empty_variables(container: Mapping[str, Any], member: str) -> dict[str, Any]:
    kept = dict(container)
    if member in kept:
        kept[member] = [variable for variable in kept[member] if variable.get("value")]
    return kept
