"""Compute environments on ECS Managed Instances, and access entries of those on EKS. Document: API reference, ComputeResource."""

from __future__ import annotations

from typing import Any

import pytest

from support.batch import EC2, FARGATE, MANAGED, refusal
from support.needs import needs

pytestmark = needs("batch CreateComputeEnvironment.computeResources.managedInstancesProvider")

CLUSTER = "arn:aws:eks:us-east-1:123456789012:cluster/c"
PROVIDER = MANAGED["managedInstancesProvider"]
TEMPLATE = PROVIDER["instanceLaunchTemplate"]


def create(batch: Any, **changes: Any) -> None:
    batch.create_compute_environment(computeEnvironmentName="ce", type="MANAGED", computeResources={**MANAGED, **changes})


def resources(batch):
    return batch.describe_compute_environments()["computeEnvironments"][0]["computeResources"]


def with_template(**changes):
    return {**PROVIDER, "instanceLaunchTemplate": {**TEMPLATE, **changes}}


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"instanceTypes": ["optimal"]}, "instanceTypes is not applicable for ECS_MANAGED_INSTANCES."),
        ({"minvCpus": 0}, "minvCpus is not applicable for ECS_MANAGED_INSTANCES."),
        ({"subnets": ["s"]}, "subnets is not applicable for ECS_MANAGED_INSTANCES."),
        ({"maxvCpus": 0}, "maxvCpus must be at least 1"),
        (
            {"managedInstancesProvider": with_template(networkConfiguration={"subnets": [], "securityGroups": ["g"]})},
            "At least 1 subnet must be provided",
        ),
    ],
)
def test_impossible_managed_instances_are_refused(batch, changes, text):
    arguments = {"computeEnvironmentName": "ce", "type": "MANAGED", "computeResources": {**MANAGED, **changes}}

    assert refusal(batch.create_compute_environment, **arguments) == text
    assert batch.describe_compute_environments()["computeEnvironments"] == []


def test_managed_instances_need_a_provider(batch):
    bare = {"type": "ECS_MANAGED_INSTANCES", "maxvCpus": 1}
    arguments = {"computeEnvironmentName": "ce", "type": "MANAGED", "computeResources": bare}

    text = "managedInstancesProvider must be provided for ECS_MANAGED_INSTANCES compute environments"
    assert refusal(batch.create_compute_environment, **arguments) == text


@pytest.mark.parametrize("base", [EC2, FARGATE], ids=["EC2", "FARGATE"])
@pytest.mark.parametrize(("member", "value"), [("managedInstancesProvider", PROVIDER), ("capacityTags", {"a": "b"})])
def test_what_managed_instances_have_is_refused_elsewhere(batch, base, member, value):
    arguments = {"computeEnvironmentName": "ce", "type": "MANAGED", "computeResources": {**base, member: value}}

    assert refusal(batch.create_compute_environment, **arguments) == f"{member} is not applicable for {base['type']}."


def test_capacity_tags_are_no_tags_of_the_environment(batch):
    create(batch, capacityTags={"a": "b"})

    assert resources(batch)["capacityTags"] == {"a": "b"}
    assert batch.describe_compute_environments()["computeEnvironments"][0]["tags"] == {}


def test_managed_instances_can_be_changed_in_part(batch):
    create(batch)
    change = {"instanceLaunchTemplate": {"monitoring": "DETAILED"}}
    batch.update_compute_environment(
        computeEnvironment="ce", computeResources={"maxvCpus": 32, "managedInstancesProvider": change}
    )

    assert resources(batch) == {**MANAGED, "maxvCpus": 32, "managedInstancesProvider": with_template(monitoring="DETAILED")}


@pytest.mark.parametrize(
    ("update", "text"),
    [
        ({"type": "EC2"}, "type cannot be updated"),
        ({"maxvCpus": 0}, "maxvCpus must be at least 1"),
        ({"desiredvCpus": 1}, "desiredvCpus is not applicable for ECS_MANAGED_INSTANCES."),
    ],
)
def test_an_impossible_update_of_managed_instances_is_refused(batch, update, text):
    create(batch)

    assert refusal(batch.update_compute_environment, computeEnvironment="ce", computeResources=update) == text
    assert resources(batch) == MANAGED


def test_other_environments_do_not_become_managed_instances(batch, site):
    site.make_environment()

    text = "type cannot be updated"
    update = {"type": "ECS_MANAGED_INSTANCES"}
    assert refusal(batch.update_compute_environment, computeEnvironment="ce", computeResources=update) == text


@needs("batch CreateComputeEnvironment.eksConfiguration.accessEntry")
@pytest.mark.parametrize(
    ("wanted", "status"), [("ENABLED", "ACTIVE"), ("DISABLED", "INACTIVE"), ("INHERIT_FROM_CLUSTER", "ACTIVE")]
)
def test_the_access_entry_of_an_environment_on_eks_is_as_it_was_wanted(batch, wanted, status):
    configuration = {"eksClusterArn": CLUSTER, "kubernetesNamespace": "jobs"}
    batch.create_compute_environment(
        computeEnvironmentName="ce",
        type="MANAGED",
        computeResources={**EC2, "allocationStrategy": "BEST_FIT_PROGRESSIVE"},
        eksConfiguration=configuration,
    )
    batch.update_compute_environment(computeEnvironment="ce", eksConfiguration={"accessEntry": {"desiredState": wanted}})
    (found,) = batch.describe_compute_environments()["computeEnvironments"]

    assert found["eksConfiguration"] == {**configuration, "accessEntry": {"desiredState": wanted, "status": status}}


@needs("batch CreateComputeEnvironment.eksConfiguration.accessEntry")
def test_an_environment_on_ecs_has_no_access_entry(batch, site):
    site.make_environment()
    update = {"accessEntry": {"desiredState": "ENABLED"}}

    text = "eksConfiguration is not applicable for ECS."
    assert refusal(batch.update_compute_environment, computeEnvironment="ce", eksConfiguration=update) == text
