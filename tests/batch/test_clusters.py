"""The ECS clusters of compute environments, in moto's ECS. Document: user guide, unmanaged compute environments."""

from __future__ import annotations

import json
import subprocess
import sys

import boto3
import pytest
import requests
from moto.core.base_backend import BackendDict

from mock_jobs import MockJobsServer, mock_jobs

from support.batch import Timeline, refusal
from support.batch_site import Site
from support.constants import ACCOUNT, REGION
from support.server import ACCOUNT_A, ACCOUNT_B, client_of

ROLE = f"arn:aws:iam::{ACCOUNT}:role/batch"


@pytest.fixture
def ecs(mock):
    return boto3.client("ecs", region_name=REGION)


def arn_of(batch, name="ce"):
    (environment,) = batch.describe_compute_environments(computeEnvironments=[name])["computeEnvironments"]
    return environment["ecsClusterArn"]


def clusters(ecs):
    return ecs.list_clusters()["clusterArns"]


def described(ecs, arn, **more):
    (cluster,) = ecs.describe_clusters(clusters=[arn], **more)["clusters"]
    return cluster


def delete(batch, name="ce"):
    batch.update_compute_environment(computeEnvironment=name, state="DISABLED")
    batch.delete_compute_environment(computeEnvironment=name)


def test_each_environment_has_the_cluster_that_it_names(batch, site, ecs):
    site.make_environment("a")
    site.make_environment("b")
    arns = [arn_of(batch, "a"), arn_of(batch, "b")]

    assert clusters(ecs) == arns
    cluster = described(ecs, arns[0])
    assert (cluster["clusterArn"], cluster["clusterName"]) == (arns[0], arns[0].rpartition("/")[2])
    assert cluster["status"] == "ACTIVE"


def test_clusters_stand_among_those_of_ecs_in_the_order_of_creation(batch, site, ecs):
    first = ecs.create_cluster(clusterName="first")["cluster"]["clusterArn"]
    site.make_environment()
    last = ecs.create_cluster(clusterName="last")["cluster"]["clusterArn"]

    assert clusters(ecs) == [first, arn_of(batch), last]


@pytest.mark.parametrize("is_seen", [True, False], ids=["seen before", "not seen before"])
def test_the_cluster_of_a_deleted_environment_is_inactive_and_not_listed(batch, site, ecs, is_seen):
    other = ecs.create_cluster(clusterName="other")["cluster"]["clusterArn"]
    site.make_environment()
    arn = arn_of(batch)
    if is_seen:
        assert arn in clusters(ecs)
    delete(batch)

    assert clusters(ecs) == [other]
    assert described(ecs, arn)["status"] == "INACTIVE"


def test_a_name_that_is_used_again_gets_a_new_cluster(batch, site, ecs):
    site.make_environment()
    old = arn_of(batch)
    delete(batch)
    site.make_environment()

    assert clusters(ecs) == [arn_of(batch)]
    assert arn_of(batch) != old


def test_the_cluster_goes_at_the_instant_the_environment_does(mock, batch, site, ecs):
    at = Timeline(mock)
    mock.batch.settings.compute_environment_delete_seconds = 10
    site.make_environment()
    arn = arn_of(batch)
    delete(batch)
    at.go_to(9)
    assert clusters(ecs) == [arn]
    at.go_to(10)

    assert clusters(ecs) == []
    assert described(ecs, arn)["status"] == "INACTIVE"


def test_an_environment_that_is_being_created_has_its_cluster(mock, batch, site, ecs):
    Timeline(mock)
    mock.batch.settings.compute_environment_create_seconds = 10
    site.make_environment()

    assert clusters(ecs) == [arn_of(batch)]


def test_an_instance_joins_an_unmanaged_environment(batch, ecs):
    ec2 = boto3.client("ec2", region_name=REGION)
    image = ec2.describe_images()["Images"][0]["ImageId"]
    instance = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    batch.create_compute_environment(computeEnvironmentName="ce", type="UNMANAGED", serviceRole=ROLE)
    arn = arn_of(batch)
    joined = ecs.register_container_instance(cluster=arn, instanceIdentityDocument=json.dumps({"instanceId": instance}))

    listed = ecs.list_container_instances(cluster=arn)["containerInstanceArns"]
    assert listed == [joined["containerInstance"]["containerInstanceArn"]]
    assert described(ecs, arn)["registeredContainerInstancesCount"] == 1


def test_an_environment_of_eks_has_none(batch, site, ecs):
    site.make_eks_environment()
    delete(batch)

    assert clusters(ecs) == []


def test_an_environment_that_is_refused_leaves_none(batch, site, ecs):
    site.make_environment()
    assert refusal(site.make_environment)

    assert clusters(ecs) == [arn_of(batch)]


def test_a_cluster_that_was_deleted_in_ecs_does_not_hinder_its_environment(batch, site, ecs):
    site.make_environment()
    arn = arn_of(batch)
    ecs.delete_cluster(cluster=arn)
    delete(batch)

    assert clusters(ecs) == []
    assert batch.describe_compute_environments()["computeEnvironments"] == []


def test_the_cluster_has_the_container_insights_of_its_environment(batch, site, ecs):
    def shown():
        return {each["name"]: each["value"] for each in described(ecs, arn_of(batch), include=["SETTINGS"])["settings"]}

    site.make_environment()
    assert shown() == {"containerInsights": "disabled"}
    if "ecsSettings" not in batch.meta.service_model.operation_model("UpdateComputeEnvironment").input_shape.members:
        pytest.skip("the installed botocore does not know the settings")
    batch.update_compute_environment(computeEnvironment="ce", ecsSettings={"containerInsights": "ENABLED"})

    assert shown() == {"containerInsights": "enabled"}


def test_a_service_of_a_stack_finds_the_cluster(batch, site, ecs):
    site.make_environment()
    arn = arn_of(batch)
    task = {
        "Type": "AWS::ECS::TaskDefinition",
        "Properties": {"Family": "f", "ContainerDefinitions": [{"Name": "c", "Image": "i", "Memory": 1}]},
    }
    service = {"Type": "AWS::ECS::Service", "Properties": {"Cluster": arn, "TaskDefinition": {"Ref": "Task"}, "DesiredCount": 1}}
    template = {"Resources": {"Task": task, "Service": service}}
    boto3.client("cloudformation", region_name=REGION).create_stack(StackName="s", TemplateBody=json.dumps(template))

    assert len(ecs.list_services(cluster=arn)["serviceArns"]) == 1


def test_regions_have_clusters_of_their_own(batch, site, ecs):
    site.make_environment()
    far = Site(boto3.client("batch", region_name="eu-west-1"))
    far.make_environment()

    assert clusters(ecs) == [arn_of(batch)]
    assert clusters(boto3.client("ecs", region_name="eu-west-1")) == [arn_of(far.batch)]


def test_a_reset_of_moto_leaves_no_cluster(batch, site, ecs):
    site.make_environment()
    delete(batch)
    site.make_environment("other")
    assert len(clusters(ecs)) == 1
    BackendDict.reset()

    assert clusters(ecs) == []
    made = ecs.create_cluster(clusterName="c")["cluster"]["clusterArn"]
    assert clusters(ecs) == [made]


def test_a_server_has_the_clusters_of_each_account_and_region():
    with MockJobsServer() as server:
        arns = {}
        for account, region in [(ACCOUNT_A, "us-east-1"), (ACCOUNT_A, "eu-west-1"), (ACCOUNT_B, "us-east-1")]:
            batch = client_of(server, "batch", account, region)
            Site(batch).make_environment()
            arns[account, region] = arn_of(batch)

        for place, arn in arns.items():
            assert clusters(client_of(server, "ecs", *place)) == [arn]
        batch, ecs = (client_of(server, service, ACCOUNT_B) for service in ("batch", "ecs"))
        delete(batch)
        assert clusters(ecs) == []
        assert described(ecs, arns[ACCOUNT_B, "us-east-1"])["status"] == "INACTIVE"


def test_a_reset_of_an_account_of_a_server_leaves_what_moto_keeps():
    with MockJobsServer() as server:
        batch, ecs = (client_of(server, service) for service in ("batch", "ecs"))
        Site(batch).make_environment()
        arn = arn_of(batch)
        assert clusters(ecs) == [arn]
        requests.post(
            f"{server.url}/mock-jobs-api/reset", headers={"x-moto-account-id": ACCOUNT_A}, timeout=10
        ).raise_for_status()

        assert batch.describe_compute_environments()["computeEnvironments"] == []
        assert clusters(ecs) == [arn]


def test_who_does_not_ask_ecs_does_not_import_it():
    code = (
        "import sys, boto3\n"
        "from mock_jobs import mock_jobs\n"
        "with mock_jobs(region='us-east-1'):\n"
        "    batch = boto3.client('batch')\n"
        f"    batch.create_compute_environment(computeEnvironmentName='ce', type='UNMANAGED', serviceRole={ROLE!r})\n"
        "    print([name for name in sys.modules if name.startswith(('moto.ecs', 'moto.ec2', 'moto.sagemaker'))])\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout == "[]\n"


def test_a_region_that_moto_does_not_know_does_not_disturb_ecs(ecs):
    with mock_jobs():
        Site(boto3.client("batch", region_name="xx-nowhere-1")).make_environment()
        delete(boto3.client("batch", region_name="xx-nowhere-1"))

        assert clusters(ecs) == []
