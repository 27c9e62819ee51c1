"""The types of CloudFormation resources that mock_jobs provides.

Source: the schemas of the resource types in the CloudFormation registry and their pages in the CloudFormation user guide (*documented*): names,
identifiers, what is create-only. A property that an update of a stack no longer has keeps its value (*inferred*).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

Properties = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One request.

    Attributes:
        operation: Its name in the service model.
        members: Returns the operation's members for the physical id of the resource.
    """

    operation: str
    members: Callable[[str], Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Update:
    """How a resource changes in place.

    Attributes:
        operation: Its name in the service model.
        reference: Its member that takes the physical id.
        create_only: The properties that replace the resource when they change.
        changes: Returns the properties to send, from those before and after.
        replaces: Returns whether the resource is replaced for other reasons, from the properties before and after.
    """

    operation: str
    reference: str
    create_only: frozenset[str]
    changes: Callable[[Properties, Properties], Properties]
    replaces: Callable[[Properties, Properties], bool] = lambda _before, _after: False


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A type of resource.

    Its properties are the members of the operation that creates it, capitalized.

    Attributes:
        name: As templates name it.
        service: Its name in boto3.
        create: The operation that creates it, as the service model names it.
        identifier: The property that is its name.
        physical_id: The member of the answer that is its physical id, which `Ref` gives.
        attributes: Maps each attribute of `Fn::GetAtt` to the member of the answer with its value.
        delete: The requests that delete it.
        renamed: Maps a shape of the service model to its properties whose names differ, with the members that they set.
        needs_name: Whether the name is required; otherwise one is made from the names of the stack and the resource.
        update: How it changes in place; None if all properties are create-only.
        is_revised: Whether a change makes a new revision of the same name, and deletes the previous one.
        not_members: Paths of the properties that only CloudFormation uses; the service does not get them.
    """

    name: str
    service: str
    create: str
    identifier: str
    physical_id: str
    attributes: Mapping[str, str]
    delete: tuple[Step, ...]
    renamed: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    needs_name: bool = False
    update: Update | None = None
    is_revised: bool = False
    not_members: tuple[tuple[str, ...], ...] = ()


def _changed(before: Properties, after: Properties) -> dict[str, Any]:
    return {name: value for name, value in after.items() if value != before.get(name)}


def _disable_and_delete(kind: str, member: str) -> tuple[Step, ...]:
    return (
        Step(f"Update{kind}", lambda arn: {member: arn, "state": "DISABLED"}),
        Step(f"Delete{kind}", lambda arn: {member: arn}),
    )


# Changing these only scales the environment. Changing other members of computeResources updates its infrastructure.
_SCALING: Final = frozenset({"MinvCpus", "MaxvCpus", "DesiredvCpus"})


def _changed_environment(before: Properties, after: Properties) -> Properties:
    changes = _changed(before, after)
    changes.pop("ReplaceComputeEnvironment", None)
    if "ComputeResources" in changes:
        changes["ComputeResources"] = _changed(before.get("ComputeResources", {}), changes["ComputeResources"])
    return changes


def _replaces_environment(before: Properties, after: Properties) -> bool:
    resources = _changed(before.get("ComputeResources", {}), after.get("ComputeResources", {})).keys()
    if "SpotIamFleetRole" in resources:
        return True
    is_replaced = str(after.get("ReplaceComputeEnvironment", True)).lower() == "true"
    return is_replaced and not resources <= _SCALING


RESOURCE_TYPES: Final = (
    ResourceType(
        name="AWS::IoT::JobTemplate",
        service="iot",
        create="CreateJobTemplate",
        identifier="JobTemplateId",
        needs_name=True,
        physical_id="jobTemplateId",
        attributes={"Arn": "jobTemplateArn"},
        delete=(Step("DeleteJobTemplate", lambda physical_id: {"jobTemplateId": physical_id}),),
        renamed={
            "JobExecutionsRetryConfig": {"RetryCriteriaList": "criteriaList"},
            "JobExecutionsRolloutConfig": {"ExponentialRolloutRate": "exponentialRate"},
        },
    ),
    ResourceType(
        name="AWS::Batch::ComputeEnvironment",
        service="batch",
        create="CreateComputeEnvironment",
        identifier="ComputeEnvironmentName",
        physical_id="computeEnvironmentArn",
        attributes={"ComputeEnvironmentArn": "computeEnvironmentArn"},
        delete=_disable_and_delete("ComputeEnvironment", "computeEnvironment"),
        not_members=(("ReplaceComputeEnvironment",), ("ComputeResources", "UpdateToLatestImageVersion")),
        update=Update(
            "UpdateComputeEnvironment",
            "computeEnvironment",
            frozenset({"ComputeEnvironmentName", "Type", "Tags", "EksConfiguration"}),
            _changed_environment,
            _replaces_environment,
        ),
    ),
    ResourceType(
        name="AWS::Batch::JobQueue",
        service="batch",
        create="CreateJobQueue",
        identifier="JobQueueName",
        physical_id="jobQueueArn",
        attributes={"JobQueueArn": "jobQueueArn"},
        delete=_disable_and_delete("JobQueue", "jobQueue"),
        update=Update("UpdateJobQueue", "jobQueue", frozenset({"JobQueueName", "JobQueueType", "Tags"}), _changed),
    ),
    ResourceType(
        name="AWS::Batch::JobDefinition",
        service="batch",
        create="RegisterJobDefinition",
        identifier="JobDefinitionName",
        physical_id="jobDefinitionArn",
        attributes={"JobDefinitionArn": "jobDefinitionArn"},
        delete=(Step("DeregisterJobDefinition", lambda arn: {"jobDefinition": arn}),),
        is_revised=True,
    ),
    ResourceType(
        name="AWS::Batch::SchedulingPolicy",
        service="batch",
        create="CreateSchedulingPolicy",
        identifier="Name",
        physical_id="arn",
        attributes={"Arn": "arn"},
        delete=(Step("DeleteSchedulingPolicy", lambda arn: {"arn": arn}),),
        update=Update("UpdateSchedulingPolicy", "arn", frozenset({"Name", "Tags"}), _changed),
    ),
    ResourceType(
        name="AWS::Batch::ConsumableResource",
        service="batch",
        create="CreateConsumableResource",
        identifier="ConsumableResourceName",
        physical_id="consumableResourceArn",
        attributes={"ConsumableResourceArn": "consumableResourceArn"},
        delete=(Step("DeleteConsumableResource", lambda arn: {"consumableResource": arn}),),
        update=Update(
            "UpdateConsumableResource",
            "consumableResource",
            frozenset({"ConsumableResourceName", "ResourceType", "Tags"}),
            lambda _, after: {"Operation": "SET", "Quantity": after["TotalQuantity"]},
        ),
    ),
    ResourceType(
        name="AWS::Batch::ServiceEnvironment",
        service="batch",
        create="CreateServiceEnvironment",
        identifier="ServiceEnvironmentName",
        physical_id="serviceEnvironmentArn",
        attributes={"ServiceEnvironmentArn": "serviceEnvironmentArn"},
        delete=_disable_and_delete("ServiceEnvironment", "serviceEnvironment"),
        update=Update(
            "UpdateServiceEnvironment",
            "serviceEnvironment",
            frozenset({"ServiceEnvironmentName", "ServiceEnvironmentType", "Tags"}),
            _changed,
        ),
    ),
    ResourceType(
        name="AWS::Batch::QuotaShare",
        service="batch",
        create="CreateQuotaShare",
        identifier="QuotaShareName",
        physical_id="quotaShareArn",
        attributes={"QuotaShareArn": "quotaShareArn"},
        delete=_disable_and_delete("QuotaShare", "quotaShareArn"),
        update=Update("UpdateQuotaShare", "quotaShareArn", frozenset({"QuotaShareName", "JobQueue", "Tags"}), _changed),
    ),
)
