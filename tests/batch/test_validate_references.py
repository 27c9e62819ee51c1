"""Compute environments that refer to missing resources: accepted, as by AWS, or rejected if a setting says so."""

from __future__ import annotations

from functools import partial

import boto3
import pytest

from support.batch import EC2, refusal

NAME = {"computeEnvironmentName": "ce", "type": "MANAGED"}


@pytest.fixture
def existing(mock):
    """What a compute environment needs, made in moto's Amazon EC2 and IAM."""
    ec2, iam = boto3.client("ec2", region_name="us-east-1"), boto3.client("iam")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="jobs", Description="jobs", VpcId=vpc)["GroupId"]
    role = iam.create_role(RoleName="batch", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    profile = iam.create_instance_profile(InstanceProfileName="hosts")["InstanceProfile"]["Arn"]
    return {"subnets": [subnet], "securityGroupIds": [group], "instanceRole": profile, "serviceRole": role}


def create(batch, existing, **changes):
    members = {**existing, **changes}
    role = {"serviceRole": members.pop("serviceRole")} if "serviceRole" in members else {}
    return batch.create_compute_environment(**NAME, **role, computeResources={**EC2, **members})


def test_nothing_has_to_exist_by_default(batch):
    batch.create_compute_environment(**NAME, serviceRole="arn:aws:iam::123456789012:role/none", computeResources=EC2)

    assert batch.describe_compute_environments()["computeEnvironments"][0]["status"] == "VALID"


def test_what_exists_is_taken(mock, batch, existing):
    mock.batch.settings.validate_references = True

    create(batch, existing, instanceRole="hosts", serviceRole="batch")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"subnets": ["subnet-none"]}, "The subnet 'subnet-none' does not exist"),
        ({"securityGroupIds": ["sg-none"]}, "The security group 'sg-none' does not exist"),
        ({"instanceRole": "none"}, "The instance profile 'none' does not exist"),
        ({"serviceRole": "arn:aws:iam::123456789012:role/none"}, "The role 'arn:aws:iam::123456789012:role/none' does not exist"),
    ],
)
def test_what_does_not_exist_is_refused_if_a_setting_says_so(mock, batch, existing, changes, text):
    mock.batch.settings.validate_references = True

    assert refusal(partial(create, batch, existing), **changes) == text
    assert batch.describe_compute_environments()["computeEnvironments"] == []


def test_an_update_is_looked_at_too(mock, batch, existing):
    del existing["serviceRole"]
    create(batch, existing, allocationStrategy="BEST_FIT_PROGRESSIVE")
    mock.batch.settings.validate_references = True

    text = refusal(batch.update_compute_environment, computeEnvironment="ce", computeResources={"subnets": ["subnet-none"]})

    assert text == "The subnet 'subnet-none' does not exist"
    (environment,) = batch.describe_compute_environments()["computeEnvironments"]
    assert environment["computeResources"]["subnets"] == existing["subnets"]
    batch.update_compute_environment(computeEnvironment="ce", computeResources={"maxvCpus": 8})


def test_without_a_service_role_there_is_the_one_that_aws_makes(mock, batch, existing):
    mock.batch.settings.validate_references = True
    del existing["serviceRole"]

    create(batch, existing)
