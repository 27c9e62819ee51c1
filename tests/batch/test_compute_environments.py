"""Compute environments. Documents: AWS Batch API reference, CreateComputeEnvironment and its kin; user guide."""

from __future__ import annotations

import re

import pytest

from support.batch import EC2, FARGATE, PREFIX, refusal
from support.needs import needs

ROLE = "arn:aws:iam::123456789012:role/batch"
LINKED = "arn:aws:iam::123456789012:role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch"


def describe(batch, name="ce"):
    (environment,) = batch.describe_compute_environments(computeEnvironments=[name])["computeEnvironments"]
    return environment


def names(batch):
    return [each["computeEnvironmentName"] for each in batch.describe_compute_environments()["computeEnvironments"]]


def test_a_new_environment_is_valid_enabled_and_healthy(batch, site):
    arn = site.make_environment()

    environment = describe(batch)

    assert arn == environment["computeEnvironmentArn"] == f"{PREFIX}compute-environment/ce"
    assert (environment["status"], environment["state"]) == ("VALID", "ENABLED")
    assert environment["statusReason"] == "ComputeEnvironment Healthy"
    assert environment["containerOrchestrationType"] == "ECS"
    assert re.fullmatch(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", environment["uuid"])
    assert environment["ecsClusterArn"] == f"arn:aws:ecs:us-east-1:123456789012:cluster/AWSBatch-ce-{environment['uuid']}"
    assert environment["updatePolicy"] == {"terminateJobsOnUpdate": False, "jobExecutionTimeoutMinutes": 30}
    assert environment["serviceRole"] == LINKED
    assert environment["tags"] == {}
    assert environment["computeResources"] == {
        **EC2,
        "allocationStrategy": "BEST_FIT",
        "desiredvCpus": 0,
        "ec2Configuration": [{"imageType": "ECS_AL2023"}],
    }


def test_a_fargate_environment_gets_no_defaults_of_ec2(batch):
    batch.create_compute_environment(computeEnvironmentName="ce", type="MANAGED", computeResources=FARGATE, state="DISABLED")

    assert describe(batch)["computeResources"] == FARGATE
    assert describe(batch)["state"] == "DISABLED"


def test_an_unmanaged_environment_has_no_resources(batch):
    batch.create_compute_environment(
        computeEnvironmentName="ce", type="UNMANAGED", serviceRole=ROLE, unmanagedvCpus=4, tags={"a": "b"}
    )

    environment = describe(batch)

    assert "computeResources" not in environment
    assert (environment["unmanagedvCpus"], environment["serviceRole"], environment["tags"]) == (4, ROLE, {"a": "b"})


def without(member, base=EC2):
    return {name: value for name, value in base.items() if name != member}


needs_ordered = needs("batch CreateComputeEnvironment.computeResources.allocationStrategy=BEST_FIT_PROGRESSIVE_ORDERED")
needs_scaling_policy = needs("batch CreateComputeEnvironment.computeResources.scalingPolicy")
REFUSED = [
    ({"computeEnvironmentName": "-ce"}, "Compute environment name should match valid pattern"),
    ({"computeEnvironmentName": "c e"}, "Compute environment name should match valid pattern"),
    ({"computeEnvironmentName": "c" * 129}, "Compute environment name should match valid pattern"),
    ({"type": "managed"}, "type must be MANAGED or UNMANAGED"),
    ({"type": "UNMANGED", "serviceRole": ROLE}, "type must be MANAGED or UNMANAGED"),
    ({"state": "ON"}, "state ON must be one of ENABLED | DISABLED"),
    ({"computeResources": None}, "computeResources must be provided for a MANAGED compute environment"),
    ({"unmanagedvCpus": 1}, "unmanagedvCpus is only applicable to UNMANAGED compute environments"),
    ({"type": "UNMANAGED", "serviceRole": ROLE}, "computeResources must not be provided for an UNMANAGED compute environment"),
    ({"type": "UNMANAGED", "computeResources": None}, "ServiceRole is required."),
    (
        {"type": "UNMANAGED", "computeResources": None, "serviceRole": ROLE, "unmanagedvCpus": -1},
        "unmanagedvCpus must not be negative",
    ),
    ({"computeResources": without("instanceRole")}, "Instance role is required."),
    ({"computeResources": without("minvCpus")}, "Resource minvCpus is required."),
    ({"computeResources": {**EC2, "instanceTypes": []}}, "At least 1 instance type must be provided"),
    ({"computeResources": {**EC2, "subnets": []}}, "At least 1 subnet must be provided"),
    ({"computeResources": {**EC2, "minvCpus": -1}}, "minvCpus must not be negative"),
    ({"computeResources": {**EC2, "maxvCpus": 0}}, "maxvCpus must be at least 1"),
    ({"computeResources": {**EC2, "minvCpus": 17}}, "maxVCpus must be greater than minvCpus"),
    ({"computeResources": {**EC2, "desiredvCpus": 17}}, "desiredvCpus must be between minvCpus and maxvCpus"),
    ({"computeResources": {**EC2, "minvCpus": 2, "desiredvCpus": 1}}, "desiredvCpus must be between minvCpus and maxvCpus"),
    *(
        ({"computeResources": {**FARGATE, member: value}}, f"{member} is not applicable for Fargate.")
        for member, value in {
            "allocationStrategy": "BEST_FIT",
            "minvCpus": 0,
            "desiredvCpus": 1,
            "instanceTypes": ["m5"],
            "imageId": "ami-1",
            "ec2KeyPair": "k",
            "instanceRole": "r",
            "tags": {"a": "b"},
            "placementGroup": "g",
            "bidPercentage": 50,
            "spotIamFleetRole": "r",
            "launchTemplate": {"launchTemplateId": "lt-1"},
            "ec2Configuration": [{"imageType": "ECS_AL2023"}],
        }.items()
    ),
    pytest.param(
        {"computeResources": {**FARGATE, "scalingPolicy": {"minScaleDownDelayMinutes": 20}}},
        "scalingPolicy is not applicable for Fargate.",
        marks=needs_scaling_policy,
    ),
    ({"computeResources": {**FARGATE, "securityGroupIds": []}}, "At least 1 security group must be provided"),
    ({"computeResources": {**FARGATE, "subnets": []}}, "At least 1 subnet must be provided"),
    ({"computeResources": {**FARGATE, "subnets": ["s"] * 17}}, "At most 16 subnets can be provided"),
    ({"computeResources": {**FARGATE, "securityGroupIds": ["s"] * 6}}, "At most 5 security groups can be provided"),
    ({"computeResources": {**EC2, "type": "SPOT"}}, "ComputeResources.spotIamFleetRole cannot not be null or empty"),
    (
        {"computeResources": {**EC2, "allocationStrategy": "SPOT_CAPACITY_OPTIMIZED"}},
        "SPOT_CAPACITY_OPTIMIZED is not applicable for EC2",
    ),
    pytest.param(
        {"computeResources": {**EC2, "type": "SPOT", "allocationStrategy": "BEST_FIT_PROGRESSIVE_ORDERED"}},
        "BEST_FIT_PROGRESSIVE_ORDERED is not applicable for SPOT",
        marks=needs_ordered,
    ),
    (
        {"computeResources": {**EC2, "launchTemplate": {}}},
        "Exactly one of launchTemplateId and launchTemplateName must be provided",
    ),
    (
        {"computeResources": {**EC2, "launchTemplate": {"launchTemplateId": "a", "launchTemplateName": "b"}}},
        "Exactly one of launchTemplateId and launchTemplateName must be provided",
    ),
    (
        {
            "computeResources": {
                **EC2,
                "launchTemplate": {"launchTemplateId": "a", "overrides": [{"targetInstanceTypes": ["m5"]}] * 11},
            }
        },
        "At most 10 launch template overrides, each with targetInstanceTypes, can be provided",
    ),
    ({"computeResources": {**EC2, "ec2Configuration": [{"imageType": "a"}] * 3}}, "ec2Configuration must have 1 or 2 entries"),
    pytest.param(
        {"computeResources": {**EC2, "scalingPolicy": {"minScaleDownDelayMinutes": 19}}},
        "minScaleDownDelayMinutes must be 0 or between 20 and 10080",
        marks=needs_scaling_policy,
    ),
    pytest.param(
        {"computeResources": {**EC2, "scalingPolicy": {"minScaleDownDelayMinutes": 10081}}},
        "minScaleDownDelayMinutes must be 0 or between 20 and 10080",
        marks=needs_scaling_policy,
    ),
    ({"tags": {"AWS:x": "y"}}, "Tag keys must not start with aws:"),
]


@pytest.mark.parametrize(("changes", "text"), REFUSED)
def test_an_impossible_environment_is_refused(batch, changes, text):
    arguments = {"computeEnvironmentName": "ce", "type": "MANAGED", "computeResources": EC2, **changes}

    given = {name: value for name, value in arguments.items() if value is not None}

    assert refusal(batch.create_compute_environment, **given) == text
    assert names(batch) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"minvCpus": 16, "desiredvCpus": 16},
        {"bidPercentage": 0},
        {"bidPercentage": 123},
        pytest.param({"scalingPolicy": {"minScaleDownDelayMinutes": 0}}, marks=needs_scaling_policy),
        pytest.param({"scalingPolicy": {"minScaleDownDelayMinutes": 10080}}, marks=needs_scaling_policy),
        {"type": "SPOT", "spotIamFleetRole": "r"},
        {"type": "SPOT", "allocationStrategy": "SPOT_PRICE_CAPACITY_OPTIMIZED"},
        pytest.param({"allocationStrategy": "BEST_FIT_PROGRESSIVE_ORDERED"}, marks=needs_ordered),
        {"launchTemplate": {"launchTemplateId": "a", "overrides": [{"targetInstanceTypes": ["m5"]}] * 10}},
    ],
)
def test_an_environment_at_the_limits_is_accepted(batch, site, changes):
    site.make_environment(**changes)

    shown = describe(batch)["computeResources"]
    assert {name: shown[name] for name in changes} == changes


def test_a_name_is_taken_once_and_case_counts(batch, site):
    site.make_environment()

    assert "already exists" in refusal(
        batch.create_compute_environment, computeEnvironmentName="ce", type="MANAGED", computeResources=EC2
    )
    site.make_environment("CE")
    assert names(batch) == ["ce", "CE"]


def test_50_environments_are_accepted_and_51_refused(batch, site):
    for number in range(50):
        site.make_environment(f"ce{number}")

    text = refusal(batch.create_compute_environment, computeEnvironmentName="ce50", type="MANAGED", computeResources=EC2)

    assert text == "Compute environment limit exceeded"
    assert len(names(batch)) == 50


def test_named_environments_come_once_and_unknown_ones_are_left_out(batch, site):
    arn = site.make_environment()
    site.make_environment("other")

    asked = ["ce", arn, "unknown", arn.replace("us-east-1", "eu-west-1"), arn.replace("compute-environment", "job-queue")]
    found = batch.describe_compute_environments(computeEnvironments=asked)["computeEnvironments"]

    assert [each["computeEnvironmentName"] for each in found] == ["ce"]


def test_pages_follow_the_order_of_creation(batch, site):
    for name in ("b", "a", "c"):
        site.make_environment(name)

    first = batch.describe_compute_environments(maxResults=2)
    second = batch.describe_compute_environments(maxResults=2, nextToken=first["nextToken"])

    pages = [[each["computeEnvironmentName"] for each in page["computeEnvironments"]] for page in (first, second)]
    assert pages == [["b", "a"], ["c"]]
    assert "nextToken" not in second


@pytest.mark.parametrize(
    ("operation", "listing", "arguments", "text"),
    [
        (
            "describe_compute_environments",
            "computeEnvironments",
            {"maxResults": 1},
            "ComputeEnvironments and MaxResults cannot both be set",
        ),
        ("describe_job_queues", "jobQueues", {"maxResults": 1}, "JobQueues and MaxResults cannot both be set"),
        ("describe_job_definitions", "jobDefinitions", {"maxResults": 1}, "JobDefinitions and MaxResults cannot both be set"),
    ],
)
def test_names_and_a_page_size_exclude_each_other(batch, operation, listing, arguments, text):
    assert refusal(getattr(batch, operation), **{listing: ["x"]}, **arguments) == text


@pytest.mark.parametrize("operation", ["describe_compute_environments", "describe_job_queues", "describe_job_definitions"])
@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"maxResults": 0}, "maxResults must be between 1 and 100"),
        ({"maxResults": 101}, "maxResults must be between 1 and 100"),
        ({"nextToken": "x"}, "Invalid nextToken"),
    ],
)
def test_an_impossible_page_is_refused(batch, operation, arguments, text):
    assert refusal(getattr(batch, operation), **arguments) == text


@pytest.mark.parametrize(
    ("operation", "listing", "what"),
    [
        ("describe_compute_environments", "computeEnvironments", "compute environments"),
        ("describe_job_queues", "jobQueues", "job queues"),
        ("describe_job_definitions", "jobDefinitions", "job definitions"),
        ("describe_jobs", "jobs", "jobs"),
    ],
)
def test_100_can_be_described_and_101_not(batch, operation, listing, what):
    assert getattr(batch, operation)(**{listing: ["x"] * 100})[listing] == []

    text = refusal(getattr(batch, operation), **{listing: ["x"] * 101})

    assert text == f"Maximum number of {what} supported is  100 ."


# Updates


def test_an_update_changes_what_is_given(batch, site):
    site.make_environment()

    answer = batch.update_compute_environment(computeEnvironment="ce", state="DISABLED", computeResources={"maxvCpus": 32})

    assert answer["computeEnvironmentName"] == "ce"
    environment = describe(batch)
    assert (environment["state"], environment["status"], environment["computeResources"]["maxvCpus"]) == ("DISABLED", "VALID", 32)
    assert environment["computeResources"]["instanceTypes"] == ["optimal"]


def test_an_update_without_a_field_changes_nothing(batch, site):
    site.make_environment()
    before = describe(batch)

    batch.update_compute_environment(computeEnvironment="ce")

    assert describe(batch) == before


UPDATES_REFUSED = [
    ({}, {"unmanagedvCpus": 1}, "unmanagedvCpus is only applicable to UNMANAGED compute environments"),
    ({}, {"computeResources": {"desiredvCpus": 17}}, "desiredvCpus must be between minvCpus and maxvCpus"),
    ({"desiredvCpus": 4}, {"computeResources": {"desiredvCpus": 3}}, "desiredvCpus must not be below its present value"),
    ({}, {"computeResources": {"maxvCpus": 0}}, "maxvCpus must be at least 1"),
    ({"minvCpus": 2}, {"computeResources": {"maxvCpus": 1}}, "maxVCpus must be greater than minvCpus"),
    (
        {},
        {"computeResources": {"instanceTypes": ["m5"]}},
        "instanceTypes can only be updated with the service-linked role and an allocation strategy other than BEST_FIT",
    ),
    (
        {},
        {"computeResources": {"updateToLatestImageVersion": True}},
        (
            "updateToLatestImageVersion can only be updated with the service-linked role and an allocation strategy "
            "other than BEST_FIT"
        ),
    ),
    ({}, {"serviceRole": ROLE}, "A service role cannot be exchanged for the service-linked role or the reverse"),
]


@pytest.mark.parametrize(("environment", "update", "text"), UPDATES_REFUSED)
def test_an_impossible_update_is_refused(batch, site, environment, update, text):
    site.make_environment(**environment)
    before = describe(batch)

    assert refusal(batch.update_compute_environment, computeEnvironment="ce", **update) == text
    assert describe(batch) == before


def test_resources_of_an_environment_without_best_fit_can_be_updated(batch, site):
    site.make_environment(allocationStrategy="BEST_FIT_PROGRESSIVE")

    batch.update_compute_environment(computeEnvironment="ce", computeResources={"instanceTypes": ["m5"], "subnets": []})

    assert describe(batch)["computeResources"]["instanceTypes"] == ["m5"]
    assert describe(batch)["computeResources"]["subnets"] == ["subnet-1"]


@pytest.mark.parametrize("strategy", ["BEST_FIT_PROGRESSIVE", "BEST_FIT"])
@pytest.mark.parametrize("is_wanted", [True, False])
def test_an_update_to_the_latest_image_is_an_infrastructure_update(mock, batch, site, strategy, is_wanted):
    site.make_environment(allocationStrategy=strategy)
    before = describe(batch)
    mock.batch.settings.compute_environment_update_seconds = 60
    update = {"computeEnvironment": "ce", "computeResources": {"updateToLatestImageVersion": is_wanted}}

    if is_wanted and strategy == "BEST_FIT":
        assert refusal(batch.update_compute_environment, **update).startswith("updateToLatestImageVersion can only be updated")
    else:
        batch.update_compute_environment(**update)
        assert describe(batch)["status"] == "UPDATING"

    mock.clock.advance(60)
    assert describe(batch) == before


def test_there_is_no_image_to_update_on_fargate(batch):
    batch.create_compute_environment(computeEnvironmentName="ce", type="MANAGED", computeResources=FARGATE)
    resources = {"updateToLatestImageVersion": True}

    text = refusal(batch.update_compute_environment, computeEnvironment="ce", computeResources=resources)

    assert text == "updateToLatestImageVersion is not applicable for Fargate."


def test_little_of_a_fargate_environment_can_be_updated(batch):
    batch.create_compute_environment(computeEnvironmentName="ce", type="MANAGED", computeResources=FARGATE)

    batch.update_compute_environment(computeEnvironment="ce", computeResources={"maxvCpus": 1, "subnets": ["s2"]})
    text = refusal(batch.update_compute_environment, computeEnvironment="ce", computeResources={"minvCpus": 1})

    assert text == "minvCpus is not applicable for Fargate."
    assert describe(batch)["computeResources"] == {**FARGATE, "maxvCpus": 1, "subnets": ["s2"]}


def test_resources_of_an_unmanaged_environment_cannot_be_updated(batch):
    batch.create_compute_environment(computeEnvironmentName="ce", type="UNMANAGED", serviceRole=ROLE)

    batch.update_compute_environment(computeEnvironment="ce", unmanagedvCpus=3)
    text = refusal(batch.update_compute_environment, computeEnvironment="ce", computeResources={"maxvCpus": 1})

    assert text == "computeResources must not be provided for an UNMANAGED compute environment"
    assert describe(batch)["unmanagedvCpus"] == 3


# The life of an environment


@pytest.mark.parametrize("operation", ["update_compute_environment", "delete_compute_environment"])
def test_an_unknown_environment_is_named_by_its_full_arn(mock, batch, operation):
    mock.batch.settings.idempotent_delete = False
    text = refusal(getattr(batch, operation), computeEnvironment="nope")

    assert text == f"{PREFIX}compute-environment/nope does not exist"


def test_an_enabled_environment_cannot_be_deleted(batch, site):
    site.make_environment()

    assert refusal(batch.delete_compute_environment, computeEnvironment="ce") == "Cannot delete, state must be DISABLED"
    assert names(batch) == ["ce"]


def test_an_environment_of_a_queue_cannot_be_deleted_until_that_is_gone(batch, site):
    site.make_environment()
    site.make_queue()
    batch.update_compute_environment(computeEnvironment="ce", state="DISABLED")

    text = refusal(batch.delete_compute_environment, computeEnvironment="ce")

    assert text == "Cannot delete, found existing JobQueue relationship"
    batch.update_job_queue(jobQueue="q", state="DISABLED")
    assert refusal(batch.delete_compute_environment, computeEnvironment="ce") == text
    batch.delete_job_queue(jobQueue="q")
    batch.delete_compute_environment(computeEnvironment="ce")
    assert names(batch) == []


def test_deleting_twice_succeeds_unless_chosen_otherwise(mock, batch, site):
    site.make_environment()
    batch.update_compute_environment(computeEnvironment="ce", state="DISABLED")
    batch.delete_compute_environment(computeEnvironment="ce")

    batch.delete_compute_environment(computeEnvironment="ce")
    mock.batch.settings.idempotent_delete = False
    assert "does not exist" in refusal(batch.delete_compute_environment, computeEnvironment="ce")


def test_an_environment_can_take_its_time(mock, batch, site):
    mock.batch.pace = "clock"
    settings = mock.batch.settings
    (
        settings.compute_environment_create_seconds,
        settings.compute_environment_update_seconds,
        settings.compute_environment_delete_seconds,
    ) = 10, 20, 60
    mock.clock.freeze()
    site.make_environment()
    order = [{"order": 1, "computeEnvironment": "ce"}]

    assert describe(batch)["status"] == "CREATING"
    assert "statusReason" not in describe(batch)
    assert refusal(batch.update_compute_environment, computeEnvironment="ce") == "Cannot update, resource is being modified"
    text = refusal(batch.create_job_queue, jobQueueName="q", priority=1, computeEnvironmentOrder=order)
    assert re.search("must be (created and )?valid before attaching", text)
    mock.clock.advance(10)
    assert describe(batch)["status"] == "VALID"
    batch.update_compute_environment(computeEnvironment="ce", state="DISABLED")
    assert (describe(batch)["status"], describe(batch)["state"]) == ("UPDATING", "DISABLED")
    assert refusal(batch.delete_compute_environment, computeEnvironment="ce") == "Cannot delete, resource is being modified."
    mock.clock.advance(20)
    batch.delete_compute_environment(computeEnvironment="ce")
    batch.delete_compute_environment(computeEnvironment="ce")
    assert describe(batch)["status"] == "DELETING"
    assert "already exists" in refusal(
        batch.create_compute_environment, computeEnvironmentName="ce", type="MANAGED", computeResources=EC2
    )
    mock.clock.advance(60)
    assert names(batch) == []
