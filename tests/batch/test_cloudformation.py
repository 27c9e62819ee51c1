"""Resources of AWS Batch in the CloudFormation stacks of moto."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.cloudformation.parsing import get_model_map

from mock_jobs.moto_adapters.cloudformation import resources
from mock_jobs.moto_adapters.cloudformation.types import RESOURCE_TYPES

from support.batch import PREFIX
from support.constants import NO_RETRIES, REGION
from support.needs import needs

ENVIRONMENT = {
    "Type": "AWS::Batch::ComputeEnvironment",
    "Properties": {
        "ComputeEnvironmentName": "ce",
        "Type": "MANAGED",
        "ReplaceComputeEnvironment": False,
        "ComputeResources": {
            "Type": "EC2",
            "AllocationStrategy": "BEST_FIT_PROGRESSIVE",
            "MinvCpus": "0",
            "MaxvCpus": 16,
            "InstanceTypes": ["optimal"],
            "Subnets": ["subnet-1"],
            "InstanceRole": "ecsInstanceRole",
            "UpdateToLatestImageVersion": True,
        },
        "Tags": {"k": "v"},
    },
}
QUEUE = {
    "Type": "AWS::Batch::JobQueue",
    "Properties": {
        "JobQueueName": "q",
        "Priority": 1,
        "ComputeEnvironmentOrder": [{"Order": 1, "ComputeEnvironment": {"Ref": "Environment"}}],
    },
}
DEFINITION = {
    "Type": "AWS::Batch::JobDefinition",
    "Properties": {
        "JobDefinitionName": "d",
        "Type": "container",
        "ContainerProperties": {
            "Image": "busybox",
            "Command": ["work", "Ref::what"],
            "ResourceRequirements": [{"Type": "VCPU", "Value": 1}, {"Type": "MEMORY", "Value": "128"}],
            "Environment": [{"Name": "A", "Value": "b"}],
        },
        "Parameters": {"what": "hard"},
        "RetryStrategy": {"Attempts": 2},
        "Timeout": {"AttemptDurationSeconds": "60"},
    },
}
SITE = {"Environment": ENVIRONMENT, "Queue": QUEUE, "Definition": DEFINITION}
OTHERS = {
    "Policy": {"Type": "AWS::Batch::SchedulingPolicy", "Properties": {"FairsharePolicy": {"ShareDecaySeconds": 60}}},
    "Resource": {"Type": "AWS::Batch::ConsumableResource", "Properties": {"TotalQuantity": 5, "ResourceType": "REPLENISHABLE"}},
    "Service": {
        "Type": "AWS::Batch::ServiceEnvironment",
        "Properties": {
            "ServiceEnvironmentType": "SAGEMAKER_TRAINING",
            "CapacityLimits": [{"MaxCapacity": 4, "CapacityUnit": "NUM_INSTANCES"}],
        },
    },
}


@pytest.fixture
def stacks(mock):
    return boto3.client("cloudformation", region_name=REGION, config=NO_RETRIES)


def body(resources: Any, **outputs: Any) -> str:
    return json.dumps({"Resources": resources, "Outputs": {name: {"Value": value} for name, value in outputs.items()}})


def changed(resource: Any, **properties: Any) -> Any:
    """Return a resource with other properties; what is None is left out."""
    merged = {**resource["Properties"], **properties}
    return {**resource, "Properties": {name: value for name, value in merged.items() if value is not None}}


def create(stacks, resources, **outputs):
    stacks.create_stack(StackName="s", TemplateBody=body(resources, **outputs))


def update(stacks, resources):
    stacks.update_stack(StackName="s", TemplateBody=body(resources))


def refused(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    return caught.value.response["Error"]["Message"]


def outputs(stacks):
    return {each["OutputKey"]: each["OutputValue"] for each in stacks.describe_stacks()["Stacks"][0]["Outputs"]}


def environments(batch):
    return batch.describe_compute_environments()["computeEnvironments"]


def queues(batch):
    return batch.describe_job_queues()["jobQueues"]


def definitions(batch):
    found = batch.describe_job_definitions()["jobDefinitions"]
    return [(f"{each['jobDefinitionName']}:{each['revision']}", each["status"]) for each in found]


def test_a_stack_makes_what_jobs_need(stacks, batch, site):
    create(stacks, SITE)
    job_id = site.submit()
    site.reach(job_id, "SUCCEEDED")

    job = site.detail(job_id)
    assert job["container"]["command"] == ["work", "hard"]
    assert (job["timeout"], job["retryStrategy"]["attempts"]) == ({"attemptDurationSeconds": 60}, 2)
    assert environments(batch)[0]["tags"] == {"k": "v"}
    assert environments(batch)[0]["computeResources"]["minvCpus"] == 0


def test_ref_and_the_attribute_are_the_arn(stacks):
    shown = {name: {"Ref": name} for name in SITE}
    attributes = {"Environment": "ComputeEnvironmentArn", "Queue": "JobQueueArn", "Definition": "JobDefinitionArn"}
    shown |= {f"{name}Arn": {"Fn::GetAtt": [name, attribute]} for name, attribute in attributes.items()}
    create(stacks, SITE, **shown)

    environment, queue, definition = (
        f"{PREFIX}{each}" for each in ("compute-environment/ce", "job-queue/q", "job-definition/d:1")
    )
    assert outputs(stacks) == {
        "Environment": environment,
        "EnvironmentArn": environment,
        "Queue": queue,
        "QueueArn": queue,
        "Definition": definition,
        "DefinitionArn": definition,
    }


def test_names_are_made_from_stack_and_resource_if_none_is_given(stacks, batch):
    unnamed = {
        "Environment": changed(ENVIRONMENT, ComputeEnvironmentName=None),
        "Queue": changed(QUEUE, JobQueueName=None),
        "Definition": changed(DEFINITION, JobDefinitionName=None),
    }
    create(stacks, unnamed)

    assert environments(batch)[0]["computeEnvironmentName"].startswith("s-Environment-")
    assert queues(batch)[0]["jobQueueName"].startswith("s-Queue-")
    assert definitions(batch)[0][0].startswith("s-Definition-")


def test_types_that_moto_does_not_have_are_made_too(stacks, batch):
    create(stacks, OTHERS, **{name: {"Ref": name} for name in OTHERS})
    arns = outputs(stacks)

    (policy,) = batch.describe_scheduling_policies(arns=[arns["Policy"]])["schedulingPolicies"]
    assert policy["fairsharePolicy"]["shareDecaySeconds"] == 60
    assert batch.describe_consumable_resource(consumableResource=arns["Resource"])["totalQuantity"] == 5
    (service,) = batch.describe_service_environments()["serviceEnvironments"]
    assert service["serviceEnvironmentArn"] == arns["Service"]


@needs("batch CreateQuotaShare")
def test_quota_shares_are_made_and_deleted_before_their_queue(stacks, batch):
    limits = [{"MaxCapacity": 4, "CapacityUnit": "ml.m5.large"}]
    resources = {
        "Service": changed(OTHERS["Service"], CapacityLimits=limits),
        "Policy": {
            "Type": "AWS::Batch::SchedulingPolicy",
            "Properties": {"QuotaSharePolicy": {"IdleResourceAssignmentStrategy": "FIFO"}},
        },
        "Queue": {
            "Type": "AWS::Batch::JobQueue",
            "Properties": {
                "Priority": 1,
                "JobQueueType": "SAGEMAKER_TRAINING",
                "SchedulingPolicyArn": {"Ref": "Policy"},
                "ServiceEnvironmentOrder": [{"Order": 1, "ServiceEnvironment": {"Ref": "Service"}}],
            },
        },
        "Share": {
            "Type": "AWS::Batch::QuotaShare",
            "Properties": {
                "QuotaShareName": "share",
                "JobQueue": {"Ref": "Queue"},
                "CapacityLimits": limits,
                "ResourceSharingConfiguration": {"Strategy": "RESERVE"},
                "PreemptionConfiguration": {"InSharePreemption": "DISABLED"},
            },
        },
    }
    create(stacks, resources)
    queue = queues(batch)[0]["jobQueueArn"]
    assert [each["quotaShareName"] for each in batch.list_quota_shares(jobQueue=queue)["quotaShares"]] == ["share"]

    stacks.delete_stack(StackName="s")
    assert queues(batch) == []
    assert batch.describe_service_environments()["serviceEnvironments"] == []
    assert batch.list_scheduling_policies()["schedulingPolicies"] == []


def test_a_type_that_is_newer_than_botocore_fails_its_stack_and_says_so(stacks, batch, monkeypatch):
    older = ["CreateComputeEnvironment", "CreateJobQueue", "RegisterJobDefinition"]
    monkeypatch.setitem(vars(resources._model("batch")), "operation_names", older)

    text = refused(stacks.create_stack, StackName="s", TemplateBody=body({**SITE, "Policy": OTHERS["Policy"]}))

    assert "has no CreateSchedulingPolicy, which AWS::Batch::SchedulingPolicy needs" in text
    assert environments(batch) == []


def test_a_deleted_stack_takes_all_with_it(stacks, batch):
    create(stacks, SITE)
    stacks.delete_stack(StackName="s")

    assert environments(batch) == queues(batch) == []
    assert definitions(batch) == [("d:1", "INACTIVE")]
    assert stacks.describe_stacks()["Stacks"] == []


def test_what_is_gone_already_does_not_hinder_the_deletion(stacks, batch):
    create(stacks, SITE)
    batch.update_job_queue(jobQueue="q", state="DISABLED")
    batch.delete_job_queue(jobQueue="q")
    stacks.delete_stack(StackName="s")

    assert environments(batch) == []


def test_an_environment_that_others_use_lets_the_deletion_fail_until_it_is_free(stacks, batch, site):
    create(stacks, SITE)
    site.make_queue("other")
    stacks.delete_stack(StackName="s")

    (stack,) = stacks.describe_stacks()["Stacks"]
    assert (stack["StackName"], stack["StackStatus"]) == ("s", "DELETE_FAILED")
    assert [each["jobQueueName"] for each in queues(batch)] == ["other"]
    batch.update_job_queue(jobQueue="other", state="DISABLED")
    batch.delete_job_queue(jobQueue="other")
    stacks.delete_stack(StackName="s")
    assert environments(batch) == []
    assert stacks.describe_stacks()["Stacks"] == []


def test_a_resource_that_is_refused_fails_the_stack_and_leaves_nothing(stacks, batch):
    bad = changed(DEFINITION, ContainerProperties={"Image": "i"})
    text = refused(stacks.create_stack, StackName="s", TemplateBody=body({**SITE, "Definition": bad}))

    assert "vCPU is not provided." in text
    assert "(Service: batch, Status Code: 400)" in text
    assert environments(batch) == queues(batch) == definitions(batch) == []
    create(stacks, SITE)


def test_an_unknown_property_is_refused(stacks, batch):
    text = refused(stacks.create_stack, StackName="s", TemplateBody=body({"Environment": changed(ENVIRONMENT, Colour="red")}))

    assert "extraneous key [Colour] is not permitted" in text
    assert environments(batch) == []


# Updates


def test_a_change_of_the_definition_is_a_new_revision(stacks, batch):
    create(stacks, SITE, Definition={"Ref": "Definition"})
    resources = {**SITE, "Definition": changed(DEFINITION, Parameters={"what": "harder"})}
    stacks.update_stack(StackName="s", TemplateBody=body(resources, Definition={"Ref": "Definition"}))

    assert definitions(batch) == [("d:2", "ACTIVE"), ("d:1", "INACTIVE")]


def test_a_definition_keeps_the_name_that_was_made_for_it(stacks, batch):
    unnamed = changed(DEFINITION, JobDefinitionName=None)
    create(stacks, {"Definition": unnamed})
    update(stacks, {"Definition": changed(unnamed, Parameters={"what": "harder"})})

    (second, first) = definitions(batch)
    assert second[0].partition(":")[0] == first[0].partition(":")[0]
    assert (second[1], first[1]) == ("ACTIVE", "INACTIVE")


def test_a_definition_of_another_name_is_another_one(stacks, batch):
    create(stacks, SITE)
    update(stacks, {**SITE, "Definition": changed(DEFINITION, JobDefinitionName="e")})

    assert definitions(batch) == [("d:1", "INACTIVE"), ("e:1", "ACTIVE")]


def test_a_queue_changes_in_place(stacks, batch):
    create(stacks, SITE)
    update(stacks, {**SITE, "Queue": changed(QUEUE, Priority=9, State="DISABLED")})

    (queue,) = queues(batch)
    assert (queue["jobQueueName"], queue["priority"], queue["state"]) == ("q", 9, "DISABLED")


def environment_with(**resources):
    return changed(ENVIRONMENT, ComputeResources={**ENVIRONMENT["Properties"]["ComputeResources"], **resources})


@pytest.mark.parametrize(
    ("resources", "member", "value"),
    [({"MaxvCpus": 32}, "maxvCpus", 32), ({"InstanceTypes": ["m5.large"]}, "instanceTypes", ["m5.large"])],
    ids=["scaling", "infrastructure"],
)
def test_an_environment_that_is_not_to_be_replaced_changes_in_place(stacks, batch, resources, member, value):
    create(stacks, SITE)
    uuid = environments(batch)[0]["uuid"]
    update(stacks, {**SITE, "Environment": environment_with(**resources)})

    (found,) = environments(batch)
    assert (found["uuid"], found["computeResources"][member]) == (uuid, value)


def test_an_environment_is_replaced_for_another_infrastructure_by_default(stacks, batch):
    before = changed(ENVIRONMENT, ComputeEnvironmentName=None, ReplaceComputeEnvironment=None)
    create(stacks, {**SITE, "Environment": before})
    old = environments(batch)[0]
    after = changed(before, ComputeResources={**before["Properties"]["ComputeResources"], "InstanceTypes": ["m5.large"]})
    update(stacks, {**SITE, "Environment": after, "Queue": changed(QUEUE, Priority=2)})

    (new,) = environments(batch)
    assert new["uuid"] != old["uuid"]
    assert queues(batch)[0]["computeEnvironmentOrder"][0]["computeEnvironment"] == new["computeEnvironmentArn"]


def test_scaling_replaces_no_environment(stacks, batch):
    before = changed(ENVIRONMENT, ReplaceComputeEnvironment=None)
    create(stacks, {"Environment": before})
    uuid = environments(batch)[0]["uuid"]
    update(stacks, {"Environment": changed(environment_with(MaxvCpus=32), ReplaceComputeEnvironment=None)})

    assert (environments(batch)[0]["uuid"], environments(batch)[0]["computeResources"]["maxvCpus"]) == (uuid, 32)


@pytest.mark.parametrize(
    ("resource", "properties"),
    [
        ("Environment", {"Tags": {"k": "other"}}),
        (
            "Environment",
            {
                "ReplaceComputeEnvironment": True,
                "ComputeResources": {**ENVIRONMENT["Properties"]["ComputeResources"], "Subnets": ["x"]},
            },
        ),
        ("Queue", {"Tags": {"k": "v"}}),
    ],
)
def test_what_has_a_name_of_its_own_is_not_replaced(stacks, batch, resource, properties):
    create(stacks, SITE)
    before = (environments(batch), queues(batch))
    resources = {**SITE, resource: changed(SITE[resource], **properties)}
    text = refused(stacks.update_stack, StackName="s", TemplateBody=body(resources))

    assert text.startswith("CloudFormation cannot update a stack when a custom-named resource requires replacing.")
    assert (environments(batch), queues(batch)) == before


def test_policies_resources_and_service_environments_change_in_place(stacks, batch):
    create(stacks, OTHERS, **{name: {"Ref": name} for name in OTHERS})
    arns = outputs(stacks)
    limits = [{"MaxCapacity": 8, "CapacityUnit": "NUM_INSTANCES"}]
    update(
        stacks,
        {
            "Policy": changed(OTHERS["Policy"], FairsharePolicy={"ShareDecaySeconds": 120}),
            "Resource": changed(OTHERS["Resource"], TotalQuantity="7"),
            "Service": changed(OTHERS["Service"], CapacityLimits=limits),
        },
    )

    (policy,) = batch.describe_scheduling_policies(arns=[arns["Policy"]])["schedulingPolicies"]
    assert policy["fairsharePolicy"]["shareDecaySeconds"] == 120
    assert batch.describe_consumable_resource(consumableResource=arns["Resource"])["totalQuantity"] == 7
    (service,) = batch.describe_service_environments()["serviceEnvironments"]
    assert service["capacityLimits"] == [{"maxCapacity": 8, "capacityUnit": "NUM_INSTANCES"}]


def test_an_update_that_is_refused_is_taken_back(stacks, batch):
    create(stacks, SITE)
    bad = changed(DEFINITION, Timeout={"AttemptDurationSeconds": 1})
    resources = {"Environment": environment_with(MaxvCpus=32), "Queue": changed(QUEUE, Priority=9), "Definition": bad}
    text = refused(stacks.update_stack, StackName="s", TemplateBody=body(resources))

    assert "Timeout must be at least 60 seconds" in text
    assert environments(batch)[0]["computeResources"]["maxvCpus"] == 16
    assert queues(batch)[0]["priority"] == 1
    assert definitions(batch) == [("d:1", "ACTIVE")]


def test_a_resource_that_leaves_the_stack_is_deleted(stacks, batch):
    create(stacks, SITE)
    update(stacks, {"Environment": ENVIRONMENT})

    assert queues(batch) == []
    assert len(environments(batch)) == 1


def test_what_an_update_cannot_delete_is_left(stacks, batch, site):
    create(stacks, SITE)
    site.make_queue("other")
    update(stacks, {"Definition": DEFINITION})

    assert [each["jobQueueName"] for each in queues(batch)] == ["other"]
    assert stacks.describe_stacks()["Stacks"][0]["StackStatus"] == "UPDATE_COMPLETE"


def test_motos_table_is_as_it_was_after_each_request(stacks):
    before = dict(get_model_map())
    create(stacks, SITE)

    assert get_model_map() == before


def test_all_types_of_the_service_are_there():
    """As the registry of CloudFormation has them."""
    kinds = {each.name.rpartition("::")[2] for each in RESOURCE_TYPES if each.service == "batch"}

    assert kinds == {
        "ComputeEnvironment",
        "ConsumableResource",
        "JobDefinition",
        "JobQueue",
        "QuotaShare",
        "SchedulingPolicy",
        "ServiceEnvironment",
    }


def test_a_resource_can_stand_beside_what_was_made_without_a_stack(stacks, batch, site):
    site.make_environment()
    queue = changed(QUEUE, ComputeEnvironmentOrder=[{"Order": 1, "ComputeEnvironment": "ce"}])
    create(stacks, {"Queue": queue})

    assert queues(batch)[0]["computeEnvironmentOrder"] == [{"order": 1, "computeEnvironment": f"{PREFIX}compute-environment/ce"}]
