"""The rules for computeResources.

Sources: API reference, ComputeResource and ComputeResourceUpdate (*documented*); user guide, "Update compute environments"
(*documented*). Texts: see `messages`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import invalid
from mock_jobs.batch.instance_types import check_instance_types

if TYPE_CHECKING:
    from mypy_boto3_batch.type_defs import ComputeResourceOutputTypeDef, ComputeResourceUpdateTypeDef

_NOT_FOR_FARGATE = (
    "allocationStrategy",
    "minvCpus",
    "desiredvCpus",
    "instanceTypes",
    "imageId",
    "ec2KeyPair",
    "instanceRole",
    "tags",
    "placementGroup",
    "bidPercentage",
    "spotIamFleetRole",
    "launchTemplate",
    "ec2Configuration",
    "scalingPolicy",
)
# Documented (for some of them inferred): the launch template of the provider replaces these members.
_NOT_FOR_MANAGED_INSTANCES = (*_NOT_FOR_FARGATE, "subnets", "securityGroupIds")
_SCALING = frozenset({"minvCpus", "maxvCpus", "desiredvCpus"})
_NO_NEW_HOSTS = _SCALING | {"scalingPolicy"}
_MAX_SUBNETS = 16
_MAX_GROUPS = 5
_MAX_TEMPLATE_OVERRIDES = 10
_MAX_IMAGES = 2
_MIN_DELAY, _MAX_DELAY = 20, 10_080


def is_fargate(resources: Mapping[str, object]) -> bool:
    """Return whether the containers run on Fargate."""
    return str(resources["type"]).startswith("FARGATE")


def check_resources(resources: ComputeResourceOutputTypeDef, *, is_for_eks: bool = False) -> None:
    """Check the computeResources of a new MANAGED environment, of ECS or of EKS.

    Raises:
        ClientException: A rule is broken; the first one in the order of AWS's documentation.
    """
    if is_for_eks and resources["type"] not in ("EC2", "SPOT"):
        raise invalid(messages.STRATEGY_NOT_FOR_TYPE, strategy="eksConfiguration", type=resources["type"])
    if resources["type"] == "ECS_MANAGED_INSTANCES":
        _check_managed_instances(resources)
        return
    _check_no_provider(resources)
    if is_fargate(resources):
        _check_fargate(resources)
        return
    if is_for_eks and "allocationStrategy" not in resources:
        raise invalid(messages.EKS_STRATEGY_MISSING)
    if not resources.get("instanceRole"):
        raise invalid(messages.INSTANCE_ROLE_MISSING)
    if resources.get("minvCpus") is None:
        raise invalid(messages.MIN_VCPUS_MISSING)
    if not resources.get("instanceTypes"):
        raise invalid(messages.NO_INSTANCE_TYPE)
    if not resources.get("subnets"):
        raise invalid(messages.NO_SUBNET)
    _check_bounds(resources)
    _check_strategy(resources)
    _check_details(resources)


def check_hosts(resources: Mapping[str, Any], more: Iterable[str]) -> None:
    """Check the instance types that the computeResources of a request name, those of launch templates too.

    Args:
        resources: The computeResources.
        more: Names that are accepted besides those that mock_jobs knows.

    Raises:
        ClientException: One is unknown, or types of ARM and others stand side by side.
    """
    overrides = resources.get("launchTemplate", {}).get("overrides", [])
    for names in (resources.get("instanceTypes", []), *(each.get("targetInstanceTypes", []) for each in overrides)):
        check_instance_types(names, more)


def check_resources_update(
    present: ComputeResourceOutputTypeDef, update: ComputeResourceUpdateTypeDef, *, has_linked_role: bool
) -> ComputeResourceOutputTypeDef:
    """Return the computeResources after an update, without changing the present ones.

    Args:
        present: The computeResources before.
        update: What to change; empty lists leave a member as it is (documented).
        has_linked_role: Whether the environment uses the service-linked role, without which only its scale can change.

    Raises:
        ClientException: A rule is broken.
    """
    given: dict[str, object] = {name: value for name, value in update.items() if value not in ([], "")}
    is_managed = present["type"] == "ECS_MANAGED_INSTANCES"
    if is_managed != (given.get("type", present["type"]) == "ECS_MANAGED_INSTANCES"):
        raise invalid(messages.KEPT_MEMBER, member="type")
    if is_managed:
        return _updated_managed_instances(present, given)
    _check_no_provider(given)
    # This member asks for an action and is no property, so it is not shown afterwards.
    kept = {name: value for name, value in given.items() if name != "updateToLatestImageVersion"}
    result = cast("ComputeResourceOutputTypeDef", {**present, **kept})
    if is_fargate(result):
        for member in given:
            if member not in ("type", "maxvCpus", "securityGroupIds", "subnets"):
                raise invalid(messages.NOT_FOR_FARGATE, member=member)
        _check_fargate(result)
        return result
    for member, value in given.items():
        # Only True asks for a new image.
        if value is False:
            continue
        if member not in _SCALING and (not has_linked_role or present.get("allocationStrategy") == "BEST_FIT"):
            raise invalid(messages.INFRASTRUCTURE_UPDATE, member=member)
    _check_desired(present, given, result)
    _check_bounds(result)
    _check_strategy(result)
    _check_details(result)
    return result


def replaces_hosts(before: Mapping[str, object], update: Mapping[str, object]) -> bool:
    """Return whether an update brings new hosts: an infrastructure update, of EC2.

    Source: user guide, "Update compute environments" (documented). That a member that keeps its value does not count is inferred.

    Args:
        before: The computeResources before.
        update: What the request changes.
    """
    if is_fargate(before) or before["type"] == "ECS_MANAGED_INSTANCES":
        return False
    return any(
        member not in _NO_NEW_HOSTS and value not in ([], "", False) and value != before.get(member)
        for member, value in update.items()
    )


def with_defaults(resources: ComputeResourceOutputTypeDef, *, is_for_eks: bool = False) -> ComputeResourceOutputTypeDef:
    """Return the computeResources as they are shown, with documented defaults."""
    if is_fargate(resources) or resources["type"] == "ECS_MANAGED_INSTANCES":
        return resources
    filled: dict[str, object] = {"allocationStrategy": "BEST_FIT", "desiredvCpus": resources.get("minvCpus", 0)}
    if resources["type"] == "EC2":
        filled["ec2Configuration"] = [{"imageType": "EKS_AL2023" if is_for_eks else "ECS_AL2023"}]
    return cast("ComputeResourceOutputTypeDef", {**filled, **resources})


def _check_no_provider(resources: Mapping[str, object]) -> None:
    for member in ("managedInstancesProvider", "capacityTags"):
        if member in resources:
            raise invalid(messages.NOT_FOR_RESOURCES, member=member, type=resources.get("type", "EC2, SPOT and FARGATE"))


def _check_managed_instances(resources: ComputeResourceOutputTypeDef) -> None:
    for member in _NOT_FOR_MANAGED_INSTANCES:
        if member in resources:
            raise invalid(messages.NOT_FOR_RESOURCES, member=member, type=resources["type"])
    provider = resources.get("managedInstancesProvider")
    if provider is None:
        raise invalid(messages.MANAGED_PROVIDER_MISSING)
    if not provider["instanceLaunchTemplate"]["networkConfiguration"]["subnets"]:
        raise invalid(messages.NO_SUBNET)
    if resources["maxvCpus"] < 1:
        raise invalid(messages.MAX_VCPUS)


def _updated_managed_instances(
    present: ComputeResourceOutputTypeDef, given: Mapping[str, object]
) -> ComputeResourceOutputTypeDef:
    """Return managed instances after an update.

    Members that the new launch template lacks keep their value (inferred). The way in which capacity is bought cannot change,
    and neither can FIPS: the model has no members for them.

    Raises:
        ClientException: A rule is broken.
    """
    before = cast("dict[str, Any]", present["managedInstancesProvider"])
    change = cast("dict[str, Any]", given.get("managedInstancesProvider", {}))
    template, changed = before["instanceLaunchTemplate"], change.get("instanceLaunchTemplate", {})
    provider = {**before, **change, "instanceLaunchTemplate": {**template, **changed}}
    result = cast("ComputeResourceOutputTypeDef", {**present, **given, "managedInstancesProvider": provider})
    _check_managed_instances(result)
    return result


def _check_fargate(resources: ComputeResourceOutputTypeDef) -> None:
    for member in _NOT_FOR_FARGATE:
        if member in resources:
            raise invalid(messages.NOT_FOR_FARGATE, member=member)
    if not resources.get("subnets"):
        raise invalid(messages.NO_SUBNET)
    if not resources.get("securityGroupIds"):
        raise invalid(messages.NO_SECURITY_GROUP)
    if len(resources.get("subnets", [])) > _MAX_SUBNETS:
        raise invalid(messages.TOO_MANY_SUBNETS)
    if len(resources.get("securityGroupIds", [])) > _MAX_GROUPS:
        raise invalid(messages.TOO_MANY_SECURITY_GROUPS)
    if resources["maxvCpus"] < 1:
        raise invalid(messages.MAX_VCPUS)


def _check_bounds(resources: ComputeResourceOutputTypeDef) -> None:
    least, most = resources.get("minvCpus", 0), resources["maxvCpus"]
    desired = resources.get("desiredvCpus")
    if least < 0:
        raise invalid(messages.NEGATIVE_VCPUS, member="minvCpus")
    if most < 1:
        raise invalid(messages.MAX_VCPUS)
    if most < least:
        raise invalid(messages.MAX_BELOW_MIN)
    if desired is not None and not least <= desired <= most:
        raise invalid(messages.DESIRED_OUTSIDE)


def _check_desired(
    present: ComputeResourceOutputTypeDef, given: Mapping[str, object], result: ComputeResourceOutputTypeDef
) -> None:
    before = present.get("desiredvCpus", 0)
    if "desiredvCpus" in given:
        if result["desiredvCpus"] < before:
            raise invalid(messages.DESIRED_LOWERED)
    elif "desiredvCpus" in result:
        # The service scales by itself into the new bounds (documented for minvCpus and maxvCpus).
        result["desiredvCpus"] = max(result.get("minvCpus", 0), min(before, result["maxvCpus"]))


def _check_strategy(resources: ComputeResourceOutputTypeDef) -> None:
    kind, strategy = resources["type"], resources.get("allocationStrategy", "BEST_FIT")
    if kind == "SPOT" and strategy == "BEST_FIT" and not resources.get("spotIamFleetRole"):
        raise invalid(messages.SPOT_ROLE_MISSING)
    if (strategy.startswith("SPOT_") and kind != "SPOT") or (strategy == "BEST_FIT_PROGRESSIVE_ORDERED" and kind != "EC2"):
        raise invalid(messages.STRATEGY_NOT_FOR_TYPE, strategy=strategy, type=kind)


def _check_details(resources: ComputeResourceOutputTypeDef) -> None:
    template = resources.get("launchTemplate")
    if template is not None:
        if bool(template.get("launchTemplateId")) == bool(template.get("launchTemplateName")):
            raise invalid(messages.LAUNCH_TEMPLATE)
        overrides = template.get("overrides", [])
        if len(overrides) > _MAX_TEMPLATE_OVERRIDES or not all(each.get("targetInstanceTypes") for each in overrides):
            raise invalid(messages.LAUNCH_TEMPLATE_OVERRIDES)
    if "ec2Configuration" in resources and not 1 <= len(resources["ec2Configuration"]) <= _MAX_IMAGES:
        raise invalid(messages.EC2_CONFIGURATION)
    delay = resources.get("scalingPolicy", {}).get("minScaleDownDelayMinutes", 0)
    if delay and not _MIN_DELAY <= delay <= _MAX_DELAY:
        raise invalid(messages.SCALE_DOWN_DELAY)
