"""Tests written for moto, with only the decorator renamed: networks, roles, all of Batch, and a loop that waits."""

from __future__ import annotations

import time
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError

# A test file of a user of moto begins with: from moto import mock_aws
from mock_jobs import mock_jobs as mock_aws

DEFAULT_REGION = "eu-central-1"


def _get_clients():
    return (
        boto3.client("ec2", region_name=DEFAULT_REGION),
        boto3.client("iam", region_name=DEFAULT_REGION),
        boto3.client("ecs", region_name=DEFAULT_REGION),
        boto3.client("logs", region_name=DEFAULT_REGION),
        boto3.client("batch", region_name=DEFAULT_REGION),
    )


def _setup(ec2_client, iam_client):
    """Make a network and a role."""
    vpc_id = ec2_client.create_vpc(CidrBlock="172.30.0.0/24")["Vpc"]["VpcId"]
    zone = f"{DEFAULT_REGION}a"
    subnet = ec2_client.create_subnet(AvailabilityZone=zone, CidrBlock="172.30.0.0/25", VpcId=vpc_id)
    group = ec2_client.create_security_group(Description="test_sg_desc", GroupName=str(uuid4())[0:6], VpcId=vpc_id)
    role_name = str(uuid4())[0:6]
    role = iam_client.create_role(RoleName=role_name, AssumeRolePolicyDocument="some_policy")
    iam_client.create_instance_profile(InstanceProfileName=role_name)
    iam_client.add_role_to_instance_profile(InstanceProfileName=role_name, RoleName=role_name)
    profile = f"arn:aws:iam::123456789012:instance-profile/{role_name}"
    return vpc_id, subnet["Subnet"]["SubnetId"], group["GroupId"], role["Role"]["Arn"], profile


def _prepare(batch_client, kind, subnet, group, role, profile):
    resources = {"type": kind, "maxvCpus": 10, "subnets": [subnet], "securityGroupIds": [group]}
    if kind == "EC2":
        resources |= {
            "minvCpus": 5,
            "desiredvCpus": 5,
            "instanceTypes": ["t2.small", "t2.medium"],
            "imageId": "some_image_id",
            "ec2KeyPair": "string",
            "instanceRole": profile,
            "tags": {"string": "string"},
        }
    environment = batch_client.create_compute_environment(
        computeEnvironmentName=str(uuid4())[0:6],
        type="MANAGED",
        state="ENABLED",
        computeResources=resources,
        serviceRole=role,
    )
    queue = batch_client.create_job_queue(
        jobQueueName=str(uuid4())[0:6],
        state="ENABLED",
        priority=123,
        computeEnvironmentOrder=[{"order": 123, "computeEnvironment": environment["computeEnvironmentArn"]}],
    )
    return queue["jobQueueArn"]


def _definition(batch_client, **container):
    properties = {"image": "busybox:latest", "vcpus": 1, "memory": 128, "command": ["sleep", "10"], **container}
    response = batch_client.register_job_definition(
        jobDefinitionName=str(uuid4()), type="container", containerProperties=properties
    )
    return response["jobDefinitionArn"]


def _wait_for_job_status(client, job_id, status, seconds_to_wait=60):
    wait_time = time.time() + seconds_to_wait
    last_job_status = None
    while time.time() < wait_time:
        last_job_status = client.describe_jobs(jobs=[job_id])["jobs"][0]["status"]
        if last_job_status == status:
            return
        time.sleep(0.01)
    raise RuntimeError(f"Time out waiting for job status {status}!\n Last status: {last_job_status}")


@mock_aws
def test_submit_job_by_name_and_wait():
    ec2_client, iam_client, _, _, batch_client = _get_clients()
    _, subnet, group, role, profile = _setup(ec2_client, iam_client)
    queue_arn = _prepare(batch_client, "EC2", subnet, group, role, profile)
    definition_arn = _definition(batch_client)
    job_id = batch_client.submit_job(jobName="test1", jobQueue=queue_arn, jobDefinition=definition_arn)["jobId"]

    _wait_for_job_status(batch_client, job_id, "SUCCEEDED")

    job = batch_client.describe_jobs(jobs=[job_id])["jobs"][0]
    assert job["container"]["command"] == ["sleep", "10"]
    assert (job["container"]["vcpus"], job["container"]["memory"]) == (1, 128)
    assert job["container"]["logStreamName"]


@mock_aws
def test_the_log_stream_of_a_job_is_there():
    ec2_client, iam_client, _, logs_client, batch_client = _get_clients()
    _, subnet, group, role, profile = _setup(ec2_client, iam_client)
    queue_arn = _prepare(batch_client, "EC2", subnet, group, role, profile)
    job_id = batch_client.submit_job(jobName="test1", jobQueue=queue_arn, jobDefinition=_definition(batch_client))["jobId"]
    _wait_for_job_status(batch_client, job_id, "SUCCEEDED")

    streams = logs_client.describe_log_streams(logGroupName="/aws/batch/job")["logStreams"]
    assert len(streams) == 1
    assert "events" in logs_client.get_log_events(logGroupName="/aws/batch/job", logStreamName=streams[0]["logStreamName"])


@mock_aws(config={"batch": {"use_docker": False}})
def test_without_docker_a_job_has_succeeded_when_it_is_looked_at():
    ec2_client, iam_client, _, _, batch_client = _get_clients()
    _, subnet, group, role, profile = _setup(ec2_client, iam_client)
    queue_arn = _prepare(batch_client, "EC2", subnet, group, role, profile)
    job_id = batch_client.submit_job(jobName="test1", jobQueue=queue_arn, jobDefinition=_definition(batch_client))["jobId"]

    assert batch_client.describe_jobs(jobs=[job_id])["jobs"][0]["status"] == "SUCCEEDED"


@mock_aws
def test_terminate_job():
    ec2_client, iam_client, _, _, batch_client = _get_clients()
    _, subnet, group, role, profile = _setup(ec2_client, iam_client)
    queue_arn = _prepare(batch_client, "EC2", subnet, group, role, profile)
    job_id = batch_client.submit_job(jobName="test1", jobQueue=queue_arn, jobDefinition=_definition(batch_client))["jobId"]

    _wait_for_job_status(batch_client, job_id, "RUNNABLE")
    batch_client.terminate_job(jobId=job_id, reason="test_terminate")
    _wait_for_job_status(batch_client, job_id, "FAILED")

    job = batch_client.describe_jobs(jobs=[job_id])["jobs"][0]
    assert (job["status"], job["statusReason"]) == ("FAILED", "test_terminate")


@mock_aws
def test_dependencies():
    ec2_client, iam_client, _, _, batch_client = _get_clients()
    _, subnet, group, role, profile = _setup(ec2_client, iam_client)
    queue_arn = _prepare(batch_client, "EC2", subnet, group, role, profile)
    definition_arn = _definition(batch_client)
    first, second = (
        batch_client.submit_job(jobName=f"test{number}", jobQueue=queue_arn, jobDefinition=definition_arn)["jobId"]
        for number in (1, 2)
    )
    third = batch_client.submit_job(
        jobName="test3", jobQueue=queue_arn, jobDefinition=definition_arn, dependsOn=[{"jobId": first}, {"jobId": second}]
    )["jobId"]

    _wait_for_job_status(batch_client, third, "SUCCEEDED")
    statuses = [each["status"] for each in batch_client.describe_jobs(jobs=[first, second, third])["jobs"]]
    assert statuses == ["SUCCEEDED"] * 3


@mock_aws
def test_fargate():
    ec2_client, iam_client, _, _, batch_client = _get_clients()
    _, subnet, group, role, profile = _setup(ec2_client, iam_client)
    queue_arn = _prepare(batch_client, "FARGATE_SPOT", subnet, group, role, profile)
    response = batch_client.register_job_definition(
        jobDefinitionName="fargate",
        type="container",
        platformCapabilities=["FARGATE"],
        containerProperties={
            "image": "busybox",
            "command": ["true"],
            "resourceRequirements": [{"type": "VCPU", "value": "0.25"}, {"type": "MEMORY", "value": "512"}],
            "executionRoleArn": role,
        },
    )
    job_id = batch_client.submit_job(jobName="j", jobQueue=queue_arn, jobDefinition=response["jobDefinitionArn"])["jobId"]

    _wait_for_job_status(batch_client, job_id, "SUCCEEDED")


@mock_aws
def test_everything_is_deleted_in_order():
    ec2_client, iam_client, _, _, batch_client = _get_clients()
    _, subnet, group, role, profile = _setup(ec2_client, iam_client)
    queue_arn = _prepare(batch_client, "EC2", subnet, group, role, profile)
    environment = batch_client.describe_compute_environments()["computeEnvironments"][0]["computeEnvironmentName"]

    with pytest.raises(ClientError):
        batch_client.delete_compute_environment(computeEnvironment=environment)
    batch_client.update_job_queue(jobQueue=queue_arn, state="DISABLED")
    batch_client.delete_job_queue(jobQueue=queue_arn)
    batch_client.update_compute_environment(computeEnvironment=environment, state="DISABLED")
    batch_client.delete_compute_environment(computeEnvironment=environment)

    assert batch_client.describe_compute_environments()["computeEnvironments"] == []
    assert batch_client.describe_job_queues()["jobQueues"] == []
