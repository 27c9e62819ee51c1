"""Service environments and their queues. Documents: AWS Batch API reference; user guide, service quotas, quota management."""

from __future__ import annotations

import pytest

from support.batch import PREFIX, refusal
from support.needs import needs
from support.service_jobs import M5, limit

UNITS = (
    "A quota share scheduling policy needs a service environment with instance types as capacity units, "
    "and only such a policy can use it"
)
ENVIRONMENT = f"{PREFIX}service-environment/se"
DESCRIBED = {
    "serviceEnvironmentName": "se",
    "serviceEnvironmentArn": ENVIRONMENT,
    "serviceEnvironmentType": "SAGEMAKER_TRAINING",
    "state": "ENABLED",
    "status": "VALID",
    "capacityLimits": [limit(4)],
    "tags": {},
}


def described(batch, *names):
    return batch.describe_service_environments(serviceEnvironments=list(names))["serviceEnvironments"]


def test_a_new_service_environment_is_valid_and_enabled(batch):
    created = batch.create_service_environment(
        serviceEnvironmentName="se", serviceEnvironmentType="SAGEMAKER_TRAINING", capacityLimits=[limit(4)]
    )

    assert (created["serviceEnvironmentName"], created["serviceEnvironmentArn"]) == ("se", ENVIRONMENT)
    assert described(batch) == [DESCRIBED]


def test_limits_for_instance_types_are_kept_in_their_order(batch, site):
    limits = [limit(count, f"ml.{kind}.large") for count, kind in enumerate(("m5", "c5", "g5", "p4d", "trn1"), 1)]
    site.make_service_environment("se", *limits, state="DISABLED", tags={"a": "b"})

    assert described(batch) == [{**DESCRIBED, "state": "DISABLED", "capacityLimits": limits, "tags": {"a": "b"}}]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"serviceEnvironmentName": "-se"}, "Service environment name should match valid pattern"),
        ({"serviceEnvironmentName": "s" * 129}, "Service environment name should match valid pattern"),
        (
            {"serviceEnvironmentType": "SAGEMAKER"},
            "serviceEnvironmentType must be one of SAGEMAKER_TRAINING",
        ),
        ({"state": "on"}, "state on must be one of ENABLED | DISABLED"),
        ({"capacityLimits": []}, "At least 1 capacity limit must be provided"),
        (
            {"capacityLimits": [limit(1, f"ml.m{number}.large") for number in range(6)]},
            "At most 5 capacity limits can be provided",
        ),
        ({"capacityLimits": [{"maxCapacity": 1}]}, "A capacity limit needs maxCapacity and capacityUnit"),
        ({"capacityLimits": [{"capacityUnit": M5}]}, "A capacity limit needs maxCapacity and capacityUnit"),
        ({"capacityLimits": [limit(0)]}, "maxCapacity must be at least 1"),
        ({"capacityLimits": [limit(1, "VCPU")]}, "VCPU is not a valid capacity unit"),
        ({"capacityLimits": [limit(1, M5), limit(2, M5)]}, f"Capacity unit {M5} is given twice"),
        ({"capacityLimits": [limit(1), limit(2, M5)]}, "NUM_INSTANCES cannot be combined with other capacity units"),
        ({"tags": {"AWS:x": "y"}}, "Tag keys must not start with aws:"),
    ],
)
def test_creating_a_service_environment_is_refused(batch, changes, text):
    arguments = {
        "serviceEnvironmentName": "se",
        "serviceEnvironmentType": "SAGEMAKER_TRAINING",
        "capacityLimits": [limit(4)],
        **changes,
    }

    assert refusal(batch.create_service_environment, **arguments) == text
    assert described(batch) == []


def test_a_name_is_taken_until_its_environment_is_gone(mock, batch, site):
    mock.batch.pace = "clock"
    mock.batch.settings.service_environment_delete_seconds = 30
    site.make_service_environment(state="DISABLED")
    batch.delete_service_environment(serviceEnvironment="se")
    batch.delete_service_environment(serviceEnvironment="se")

    assert described(batch)[0]["status"] == "DELETING"
    arguments = {"serviceEnvironmentName": "se", "serviceEnvironmentType": "SAGEMAKER_TRAINING", "capacityLimits": [limit(1)]}
    assert refusal(batch.create_service_environment, **arguments) == "Object already exists"
    mock.clock.advance(30)
    assert described(batch) == []


def test_at_most_50_service_environments_exist(batch, site):
    for number in range(50):
        site.make_service_environment(f"se{number}")

    arguments = {"serviceEnvironmentName": "se", "serviceEnvironmentType": "SAGEMAKER_TRAINING", "capacityLimits": [limit(1)]}
    assert refusal(batch.create_service_environment, **arguments) == "Service environment limit exceeded"
    assert len(described(batch)) == 50


def test_describing_leaves_out_what_is_unknown_and_pages_through_the_rest(batch, site):
    for name in ("b", "a", "c"):
        site.make_service_environment(name)
    pages = batch.get_paginator("describe_service_environments").paginate(PaginationConfig={"PageSize": 2})

    assert [each["serviceEnvironmentName"] for each in described(batch, "c", "nope", f"{PREFIX}service-environment/a")] == [
        "c",
        "a",
    ]
    assert [[each["serviceEnvironmentName"] for each in page["serviceEnvironments"]] for page in pages] == [["b", "a"], ["c"]]


def test_the_states_of_a_life_take_the_time_that_is_set(mock, batch, site):
    mock.batch.pace = "clock"
    mock.batch.settings.service_environment_create_seconds = 10
    mock.batch.settings.service_environment_update_seconds = 20
    mock.clock.freeze()
    site.make_service_environment()
    seen = [described(batch)[0]["status"]]
    for seconds in (9, 1):
        mock.clock.advance(seconds)
        seen.append(described(batch)[0]["status"])
    batch.update_service_environment(serviceEnvironment="se", state="DISABLED")
    for seconds in (0, 19, 1):
        mock.clock.advance(seconds)
        seen.append(described(batch)[0]["status"])

    assert seen == ["CREATING", "CREATING", "VALID", "UPDATING", "UPDATING", "VALID"]


def test_an_update_changes_what_it_names(batch, site):
    site.make_service_environment()

    updated = batch.update_service_environment(serviceEnvironment=ENVIRONMENT, capacityLimits=[limit(9)])
    batch.update_service_environment(serviceEnvironment="se", state="DISABLED")

    assert (updated["serviceEnvironmentName"], updated["serviceEnvironmentArn"]) == ("se", ENVIRONMENT)
    assert described(batch) == [{**DESCRIBED, "state": "DISABLED", "capacityLimits": [limit(9)]}]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"serviceEnvironment": "nope"}, f"{PREFIX}service-environment/nope does not exist"),
        ({"serviceEnvironment": f"{PREFIX}compute-environment/se"}, f"{PREFIX}compute-environment/se does not exist"),
        ({"capacityLimits": []}, "At least 1 capacity limit must be provided"),
        (
            {"capacityLimits": [limit(1, M5)]},
            "NUM_INSTANCES and instance types cannot replace each other while a job queue uses the service environment",
        ),
    ],
)
def test_an_update_is_refused(batch, site, changes, text):
    site.make_service_environment()
    site.make_service_queue()

    assert refusal(batch.update_service_environment, **{"serviceEnvironment": "se", "state": "DISABLED", **changes}) == text
    assert described(batch) == [DESCRIBED]


def test_an_update_waits_for_the_one_before(mock, batch, site):
    site.make_service_environment()
    mock.batch.settings.service_environment_update_seconds = 10
    batch.update_service_environment(serviceEnvironment="se")

    again = refusal(batch.update_service_environment, serviceEnvironment="se", state="DISABLED")

    assert again == "Cannot update, resource is being modified"
    assert described(batch)[0]["state"] == "ENABLED"


def test_a_service_environment_is_deleted_step_by_step(batch, site):
    site.make_service_environment()
    site.make_service_queue()

    assert refusal(batch.delete_service_environment, serviceEnvironment="se") == "Cannot delete, state must be DISABLED"
    batch.update_service_environment(serviceEnvironment="se", state="DISABLED")
    attached = refusal(batch.delete_service_environment, serviceEnvironment="se")
    assert attached == "Cannot delete, found existing JobQueue relationship"
    batch.update_job_queue(jobQueue="sq", state="DISABLED")
    batch.delete_job_queue(jobQueue="sq")
    batch.delete_service_environment(serviceEnvironment="se")
    assert described(batch) == []


def test_deleting_an_unknown_service_environment_succeeds_unless_set_otherwise(mock, batch):
    batch.delete_service_environment(serviceEnvironment="nope")
    mock.batch.settings.idempotent_delete = False
    text = refusal(batch.delete_service_environment, serviceEnvironment="nope")

    assert text == f"{PREFIX}service-environment/nope does not exist"


def test_service_environments_have_tags(batch, site):
    arn = site.make_service_environment(tags={"a": "1"})
    batch.tag_resource(resourceArn=arn, tags={"b": "2"})
    batch.untag_resource(resourceArn=arn, tagKeys=["a"])

    assert batch.list_tags_for_resource(resourceArn=arn)["tags"] == described(batch)[0]["tags"] == {"b": "2"}
    unknown = f"{PREFIX}service-environment/nope"
    assert refusal(batch.list_tags_for_resource, resourceArn=unknown) == f"{unknown} does not exist"


# Job queues on service environments


def order(*names):
    return [{"order": place, "serviceEnvironment": name} for place, name in enumerate(names, 1)]


def test_a_queue_on_a_service_environment_is_for_training(batch, site):
    site.make_service_environment()
    arn = site.make_service_queue(jobQueueType="SAGEMAKER_TRAINING")

    assert batch.describe_job_queues()["jobQueues"] == [
        {
            "jobQueueName": "sq",
            "jobQueueArn": arn,
            "state": "ENABLED",
            "status": "VALID",
            "statusReason": "JobQueue Healthy",
            "priority": 1,
            "computeEnvironmentOrder": [],
            "serviceEnvironmentOrder": [{"order": 1, "serviceEnvironment": ENVIRONMENT}],
            "jobQueueType": "SAGEMAKER_TRAINING",
            "tags": {},
        }
    ]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"computeEnvironmentOrder": [{"order": 1, "computeEnvironment": "ce"}]},
            "computeEnvironmentOrder and serviceEnvironmentOrder cannot both be set",
        ),
        ({"serviceEnvironmentOrder": []}, "At least 1 compute environment must be provided"),
        ({"serviceEnvironmentOrder": order("se", "se2")}, "A job queue can have at most 1 service environment"),
        ({"serviceEnvironmentOrder": order("nope")}, f"{PREFIX}service-environment/nope does not exist"),
        ({"serviceEnvironmentOrder": order("types")}, UNITS),
        pytest.param(
            {"schedulingPolicyArn": f"{PREFIX}scheduling-policy/quotas"},
            UNITS,
            marks=needs("batch CreateSchedulingPolicy.quotaSharePolicy"),
        ),
        ({"schedulingPolicyArn": f"{PREFIX}scheduling-policy/nope"}, f"{PREFIX}scheduling-policy/nope does not exist"),
        ({"serviceEnvironmentOrder": order("new")}, f"{PREFIX}service-environment/new must be valid before attaching"),
        (
            {"jobQueueType": "ECS"},
            "jobQueueType ECS does not agree with the compute environments, which make it SAGEMAKER_TRAINING",
        ),
    ],
)
def test_creating_a_service_queue_is_refused(mock, batch, site, changes, text):
    site.make_environment()
    site.make_service_environment()
    site.make_service_environment("types", limit(1, M5))
    if "quotas" in changes.get("schedulingPolicyArn", ""):
        site.make_quota_policy()
    mock.batch.settings.service_environment_create_seconds = 10
    site.make_service_environment("new")
    arguments = {"jobQueueName": "sq", "priority": 1, "serviceEnvironmentOrder": order("se"), **changes}

    assert refusal(batch.create_job_queue, **arguments) == text
    assert batch.describe_job_queues()["jobQueues"] == []


def test_a_queue_can_move_to_another_service_environment(batch, site):
    site.make_service_environment()
    site.make_service_environment("other", state="DISABLED")
    site.make_service_queue()

    batch.update_job_queue(jobQueue="sq", serviceEnvironmentOrder=order("other"))
    batch.update_service_environment(serviceEnvironment="se", state="DISABLED")
    batch.delete_service_environment(serviceEnvironment="se")

    assert batch.describe_job_queues()["jobQueues"][0]["serviceEnvironmentOrder"] == [
        {"order": 1, "serviceEnvironment": f"{PREFIX}service-environment/other"}
    ]
    text = refusal(batch.delete_service_environment, serviceEnvironment="other")
    assert text == "Cannot delete, found existing JobQueue relationship"


@pytest.mark.parametrize(
    ("queue", "changes", "text"),
    [
        ("sq", {"serviceEnvironmentOrder": []}, "At least 1 service environment must be provided"),
        ("sq", {"serviceEnvironmentOrder": order("nope")}, f"{PREFIX}service-environment/nope does not exist"),
        ("sq", {"serviceEnvironmentOrder": order("types")}, UNITS),
        (
            "sq",
            {"computeEnvironmentOrder": [{"order": 1, "computeEnvironment": "ce"}]},
            "computeEnvironmentOrder cannot be set on a job queue of type SAGEMAKER_TRAINING",
        ),
        ("q", {"serviceEnvironmentOrder": order("se")}, "serviceEnvironmentOrder cannot be set on a job queue of type ECS"),
        (
            "q",
            {"serviceEnvironmentOrder": order("se"), "computeEnvironmentOrder": [{"order": 1, "computeEnvironment": "ce"}]},
            "computeEnvironmentOrder and serviceEnvironmentOrder cannot both be set",
        ),
    ],
)
def test_a_queue_keeps_its_kind_of_environments(batch, site, queue, changes, text):
    site.make_environment()
    site.make_queue()
    site.make_service_environment()
    site.make_service_environment("types", limit(1, M5))
    site.make_service_queue()
    before = batch.describe_job_queues()["jobQueues"]

    assert refusal(batch.update_job_queue, jobQueue=queue, priority=7, **changes) == text
    assert batch.describe_job_queues()["jobQueues"] == before


def test_a_service_queue_takes_no_ordinary_jobs(batch, site):
    site.make_service_environment()
    site.make_service_queue()
    site.make_definition()

    text = refusal(site.submit, jobQueue="sq")

    assert text == "Job queue sq of type SAGEMAKER_TRAINING accepts only service jobs"
    assert batch.list_jobs(jobQueue="sq", jobStatus="SUBMITTED")["jobSummaryList"] == []


@needs("batch CreateSchedulingPolicy.quotaSharePolicy")
def test_an_environment_with_quotas_serves_one_queue(batch, site):
    site.make_service_environment("types", limit(1, M5))
    site.make_service_environment("free", limit(1, M5))
    policy = site.make_quota_policy()
    site.make_service_queue("first", "types", schedulingPolicyArn=policy)
    site.make_service_queue("second", "free", schedulingPolicyArn=policy)
    taken = f"{PREFIX}service-environment/types is used by a job queue, and quotas are managed in one"
    arguments = {"priority": 1, "serviceEnvironmentOrder": order("types"), "schedulingPolicyArn": policy}

    assert refusal(batch.create_job_queue, jobQueueName="third", **arguments) == taken
    assert refusal(batch.update_job_queue, jobQueue="second", serviceEnvironmentOrder=order("types")) == taken
    batch.update_job_queue(jobQueue="first", serviceEnvironmentOrder=order("types"))
    queues = batch.describe_job_queues()["jobQueues"]
    assert [queue["schedulingPolicyArn"] for queue in queues] == [policy, policy]
    assert [queue["serviceEnvironmentOrder"][0]["serviceEnvironment"].rpartition("/")[2] for queue in queues] == ["types", "free"]
