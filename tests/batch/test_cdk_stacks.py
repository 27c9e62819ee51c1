"""Stacks that the AWS CDK writes for its Batch constructs deploy, work and go.

The templates are in `tests/data/cdk`, as `aws-cdk-lib` writes them for small apps; the network is imported by id.
"""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from support.constants import NO_RETRIES, REGION

TEMPLATES = {each.stem: each.read_text() for each in sorted((Path(__file__).parents[1] / "data" / "cdk").glob("*.json"))}

ENVIRONMENT = {
    "Type": "AWS::Batch::ComputeEnvironment",
    "Properties": {
        "ComputeEnvironmentName": "ce",
        "Type": "managed",
        "ReplaceComputeEnvironment": False,
        "ComputeResources": {"Type": "FARGATE", "MaxvCpus": 4, "Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
    },
}
DEFINITION = {
    "Type": "AWS::Batch::JobDefinition",
    "Properties": {
        "JobDefinitionName": "d",
        "Type": "container",
        "ContainerProperties": {
            "Image": "busybox",
            "ResourceRequirements": [{"Type": "VCPU", "Value": "1"}, {"Type": "MEMORY", "Value": "128"}],
        },
    },
}


@pytest.fixture
def stacks(mock):
    return boto3.client("cloudformation", region_name=REGION, config=NO_RETRIES)


def with_properties(resource, **properties):
    return {**resource, "Properties": {**resource["Properties"], **properties}}


def body(resource):
    return json.dumps({"Resources": {"R": resource}})


def policy(batch):
    return batch.describe_compute_environments()["computeEnvironments"][0]["updatePolicy"]


def definitions(batch):
    return {each["revision"]: each for each in batch.describe_job_definitions()["jobDefinitions"]}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_stack_of_the_cdk_deploys_works_and_goes(mock, stacks, batch, name):
    stacks.create_stack(StackName="s", TemplateBody=TEMPLATES[name])
    (stack,) = stacks.describe_stacks()["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"

    (queue,), (definition,) = batch.describe_job_queues()["jobQueues"], definitions(batch).values()
    share = {"shareIdentifier": "blue"} if "schedulingPolicyArn" in queue else {}
    job_id = batch.submit_job(
        jobName="job", jobQueue=queue["jobQueueArn"], jobDefinition=definition["jobDefinitionArn"], **share
    )["jobId"]
    mock.batch.run_all()
    assert batch.describe_jobs(jobs=[job_id])["jobs"][0]["status"] == "SUCCEEDED"

    stacks.delete_stack(StackName="s")
    assert stacks.describe_stacks()["Stacks"] == []
    assert batch.describe_compute_environments()["computeEnvironments"] == batch.describe_job_queues()["jobQueues"] == []
    assert batch.list_scheduling_policies()["schedulingPolicies"] == []
    assert batch.list_consumable_resources()["consumableResources"] == []
    assert [each["status"] for each in definitions(batch).values()] == ["INACTIVE"]


def test_every_construct_for_batch_is_in_a_template():
    types = {each["Type"] for text in TEMPLATES.values() for each in json.loads(text)["Resources"].values()}
    kinds = ("ComputeEnvironment", "ConsumableResource", "JobDefinition", "JobQueue", "SchedulingPolicy")

    assert len(TEMPLATES) >= 10
    assert types >= {f"AWS::Batch::{kind}" for kind in kinds}


@pytest.mark.parametrize("written", ["managed", "Managed", "MANAGED"])
def test_the_type_of_an_environment_is_read_in_any_case(stacks, batch, written):
    stacks.create_stack(StackName="s", TemplateBody=body(with_properties(ENVIRONMENT, Type=written)))

    assert batch.describe_compute_environments()["computeEnvironments"][0]["type"] == "MANAGED"


def test_the_type_in_another_case_does_not_replace_an_environment(stacks, batch):
    stacks.create_stack(StackName="s", TemplateBody=body(ENVIRONMENT))
    before = batch.describe_compute_environments()["computeEnvironments"]
    stacks.update_stack(StackName="s", TemplateBody=body(with_properties(ENVIRONMENT, Type="MANAGED")))

    assert batch.describe_compute_environments()["computeEnvironments"] == before


def test_a_type_that_is_no_text_is_refused_as_any_other(stacks):
    with pytest.raises(ClientError, match="type must be MANAGED or UNMANAGED"):
        stacks.create_stack(StackName="s", TemplateBody=body(with_properties(ENVIRONMENT, Type=1, ServiceRole="r")))


def test_an_empty_update_policy_is_dropped(mock, stacks, batch):
    stacks.create_stack(StackName="s", TemplateBody=body(with_properties(ENVIRONMENT, UpdatePolicy={})))
    assert "UpdateComputeEnvironment" not in [each.operation for each in mock.calls]
    assert policy(batch) == {"terminateJobsOnUpdate": False, "jobExecutionTimeoutMinutes": 30}


def test_an_update_policy_is_set_and_changed(stacks, batch):
    given = {"TerminateJobsOnUpdate": True, "JobExecutionTimeoutMinutes": 20}
    stacks.create_stack(StackName="s", TemplateBody=body(with_properties(ENVIRONMENT, UpdatePolicy=given)))
    assert policy(batch) == {"terminateJobsOnUpdate": True, "jobExecutionTimeoutMinutes": 20}

    changed = with_properties(ENVIRONMENT, UpdatePolicy={**given, "JobExecutionTimeoutMinutes": 40})
    stacks.update_stack(StackName="s", TemplateBody=body(changed))
    assert policy(batch)["jobExecutionTimeoutMinutes"] == 40


def test_an_update_policy_that_is_refused_leaves_no_environment(stacks, batch):
    bad = with_properties(ENVIRONMENT, UpdatePolicy={"Colour": "red"})
    with pytest.raises(ClientError, match=r"#/UpdatePolicy: extraneous key \[Colour\] is not permitted"):
        stacks.create_stack(StackName="s", TemplateBody=body(bad))

    assert batch.describe_compute_environments()["computeEnvironments"] == []


def test_an_empty_retry_strategy_is_dropped(stacks, batch):
    stacks.create_stack(StackName="s", TemplateBody=body(with_properties(DEFINITION, RetryStrategy={})))

    assert "retryStrategy" not in definitions(batch)[1]


def test_permissions_of_devices_are_read_in_any_case(stacks, batch):
    devices = [{"HostPath": "/dev/fuse", "Permissions": ["read", "Write", "MKNOD"]}, {"HostPath": "/dev/null"}]
    container = {**DEFINITION["Properties"]["ContainerProperties"], "LinuxParameters": {"Devices": devices}}
    stacks.create_stack(StackName="s", TemplateBody=body(with_properties(DEFINITION, ContainerProperties=container)))

    found = definitions(batch)[1]["containerProperties"]["linuxParameters"]["devices"]
    assert found[0]["permissions"] == ["READ", "WRITE", "MKNOD"]
    assert found[1]["permissions"] == []


@pytest.mark.parametrize(
    ("call", "members", "text"),
    [
        pytest.param("create_compute_environment", {"computeEnvironmentName": "c", "type": "managed"}, "type must be", id="type"),
        pytest.param(
            "register_job_definition",
            {
                "jobDefinitionName": "d",
                "type": "container",
                "containerProperties": {
                    "image": "i",
                    "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "128"}],
                },
                "retryStrategy": {},
            },
            "RetryAttempts must be provided with retry strategy",
            id="retryStrategy",
        ),
    ],
)
def test_clients_are_refused_what_stacks_may_write(batch, call, members, text):
    with pytest.raises(ClientError, match=text) as caught:
        getattr(batch, call)(**members)

    assert caught.value.response["Error"]["Code"] == "ClientException"


@pytest.mark.parametrize(
    ("skip", "expected"),
    [(True, {1: "ACTIVE", 2: "ACTIVE"}), ("false", {1: "INACTIVE", 2: "ACTIVE"})],
    ids=["kept", "deregistered"],
)
def test_a_previous_revision_can_be_kept_by_updates(stacks, batch, skip, expected):
    definition = with_properties(DEFINITION, ResourceRetentionPolicy={"SkipDeregisterOnUpdate": skip})
    stacks.create_stack(StackName="s", TemplateBody=body(definition))
    stacks.update_stack(StackName="s", TemplateBody=body(with_properties(definition, Parameters={"a": "b"})))

    assert {revision: each["status"] for revision, each in definitions(batch).items()} == expected


def test_a_kept_revision_stays_when_its_stack_is_deleted(stacks, batch):
    definition = with_properties(DEFINITION, ResourceRetentionPolicy={"SkipDeregisterOnUpdate": True})
    stacks.create_stack(StackName="s", TemplateBody=body(definition))
    stacks.update_stack(StackName="s", TemplateBody=body(with_properties(definition, Parameters={"a": "b"})))
    stacks.delete_stack(StackName="s")

    assert {revision: each["status"] for revision, each in definitions(batch).items()} == {1: "ACTIVE", 2: "INACTIVE"}
