"""The types of CloudFormation resources that mock_jobs provides.

Source: the schemas of the resource types in the CloudFormation registry and their pages in the CloudFormation user guide (*documented*): names,
identifiers, what is create-only. A property that an update of a stack no longer has keeps its value (*inferred*).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
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
        reference_of: Returns the value of `reference` for the physical id of the resource.
        is_retagged: Whether a change of its tags is sent as TagResource and UntagResource.
    """

    operation: str
    reference: str
    create_only: frozenset[str]
    changes: Callable[[Properties, Properties], Properties]
    replaces: Callable[[Properties, Properties], bool] = lambda _before, _after: False
    reference_of: Callable[[str], str] = lambda physical_id: physical_id
    is_retagged: bool = False


@dataclass(frozen=True, slots=True)
class Lookup:
    """How the attributes of a resource are read that the answer to its creation does not have.

    Attributes:
        step: The request that reads the resource.
        attributes: Maps each attribute of `Fn::GetAtt` to a function of the answer.
    """

    step: Step
    attributes: Mapping[str, Callable[[Mapping[str, Any]], str]]


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
        not_properties: Properties that the type does not have, though the operation has such a member.
        dropped_if_empty: The properties that an empty object leaves out.
        upper_case: Paths of the properties whose texts, also those in lists, are read in any case, and sent in upper case.
        set_later: The properties that only the operation of `update` takes; it is called after the creation too.
        lookup: How further attributes are read; None if there are none.
        keeps_previous: Returns from the new properties whether the previous revision stays.
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
    not_properties: frozenset[str] = frozenset()
    dropped_if_empty: frozenset[str] = frozenset()
    upper_case: tuple[tuple[str, ...], ...] = ()
    set_later: frozenset[str] = frozenset()
    lookup: Lookup | None = None
    keeps_previous: Callable[[Properties], bool] = lambda _properties: False


def _changed(before: Properties, after: Properties) -> dict[str, Any]:
    return {name: value for name, value in after.items() if value != before.get(name)}


def _changed_except_tags(before: Properties, after: Properties) -> dict[str, Any]:
    return {name: value for name, value in _changed(before, after).items() if name != "Tags"}


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
    return _is_true(after.get("ReplaceComputeEnvironment", True)) and not resources <= _SCALING


_PERMISSIONS: Final = ("LinuxParameters", "Devices", "Permissions")


def _is_true(value: object) -> bool:
    return str(value).lower() == "true"


def _keeps_previous_definition(properties: Properties) -> bool:
    policy = properties.get("ResourceRetentionPolicy")
    return isinstance(policy, Mapping) and _is_true(policy.get("SkipDeregisterOnUpdate"))


def _job_id(arn: str) -> str:
    return arn.rpartition("/")[2]


def _created_at(answer: Mapping[str, Any]) -> str:
    """Return when a job was created, in ISO 8601. Source: schema of `AWS::IoT::Job` (documented)."""
    created = datetime.fromtimestamp(answer["job"]["createdAt"], timezone.utc)
    return created.isoformat(timespec="milliseconds").replace("+00:00", "Z")


# Types of services for jobs that neither mock_jobs nor moto makes: a stack without them would only seem complete.
_NOT_EMULATED: Final = frozenset({"AWS::IoT::Command", "AWS::IoT::OTAUpdate", "AWS::IoT::Stream"})


def is_not_emulated(name: str) -> bool:
    """Return whether a stack with a resource of this type fails, unless mock_jobs or moto makes it."""
    return name in _NOT_EMULATED or name.startswith("AWS::Batch::")


RESOURCE_TYPES: Final = (
    ResourceType(
        name="AWS::IoT::Job",
        service="iot",
        create="CreateJob",
        identifier="JobId",
        needs_name=True,
        physical_id="jobArn",
        attributes={"Arn": "jobArn"},
        lookup=Lookup(Step("DescribeJob", lambda arn: {"jobId": _job_id(arn)}), {"CreatedAt": _created_at}),
        # A job that is not over can be deleted only with force (inferred).
        delete=(Step("DeleteJob", lambda arn: {"jobId": _job_id(arn), "force": True}),),
        not_properties=frozenset({"NamespaceId"}),
        update=Update(
            "UpdateJob",
            "jobId",
            frozenset(
                {
                    "JobId",
                    "Targets",
                    "Document",
                    "DocumentSource",
                    "TargetSelection",
                    "JobTemplateArn",
                    "DocumentParameters",
                    "SchedulingConfig",
                    "DestinationPackageVersions",
                    "JobExecutionsRetryConfig",
                }
            ),
            _changed_except_tags,
            reference_of=_job_id,
            is_retagged=True,
        ),
    ),
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
        # As the AWS CDK writes them: an empty policy, and the type in lower case.
        dropped_if_empty=frozenset({"UpdatePolicy"}),
        upper_case=(("Type",),),
        set_later=frozenset({"UpdatePolicy"}),
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
        not_members=(("ResourceRetentionPolicy",),),
        # As the AWS CDK writes them: an empty strategy if there are no retries, and permissions of devices in lower case.
        dropped_if_empty=frozenset({"RetryStrategy"}),
        upper_case=(
            ("ContainerProperties", *_PERMISSIONS),
            ("EcsProperties", "TaskProperties", "Containers", *_PERMISSIONS),
            ("NodeProperties", "NodeRangeProperties", "Container", *_PERMISSIONS),
            ("NodeProperties", "NodeRangeProperties", "EcsProperties", "TaskProperties", "Containers", *_PERMISSIONS),
        ),
        keeps_previous=_keeps_previous_definition,
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
