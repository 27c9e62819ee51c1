"""How requests name resources: revisions of job definitions, and names that are empty.

Documents: API reference, the members of each operation. The text about empty members is known from moto's authors.
"""

from __future__ import annotations

import pytest

from support.batch import refusal
from support.needs import needs

JOB = {"jobName": "j", "jobQueue": "q", "jobDefinition": "d"}


@pytest.fixture(autouse=True)
def _site(site):
    site.make_queue_and_definition()


@pytest.mark.parametrize("revision", ["01", "001", "+1", " 1", "1 ", "1_0", "\u0661"])
def test_a_revision_is_written_in_one_way_only(batch, revision):
    refusal(batch.submit_job, jobName="j", jobQueue="q", jobDefinition=f"d:{revision}")
    refusal(batch.deregister_job_definition, jobDefinition=f"d:{revision}")

    assert batch.describe_job_definitions(jobDefinitions=[f"d:{revision}"])["jobDefinitions"] == []
    assert [each["status"] for each in batch.describe_job_definitions(jobDefinitions=["d:1"])["jobDefinitions"]] == ["ACTIVE"]
    assert batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED")["jobSummaryList"] == []


def test_revision_0_does_not_exist(batch):
    text = refusal(batch.submit_job, jobName="j", jobQueue="q", jobDefinition="d:0")

    assert text == "JobDefinition name d:0 does not exist or is not in ACTIVE status"


EMPTY_REFERENCES = [
    ("cancel_job", "jobId", {"reason": "x"}),
    ("delete_compute_environment", "computeEnvironment", {}),
    ("delete_consumable_resource", "consumableResource", {}),
    ("delete_job_queue", "jobQueue", {}),
    pytest.param("delete_quota_share", "quotaShareArn", {}, marks=needs("batch DeleteQuotaShare")),
    ("delete_scheduling_policy", "arn", {}),
    ("delete_service_environment", "serviceEnvironment", {}),
    ("describe_consumable_resource", "consumableResource", {}),
    pytest.param("describe_quota_share", "quotaShareArn", {}, marks=needs("batch DescribeQuotaShare")),
    ("describe_service_job", "jobId", {}),
    ("get_job_queue_snapshot", "jobQueue", {}),
    pytest.param("list_quota_shares", "jobQueue", {}, marks=needs("batch ListQuotaShares")),
    ("submit_job", "jobQueue", {"jobName": "j", "jobDefinition": "d"}),
    ("terminate_job", "jobId", {"reason": "x"}),
    ("terminate_service_job", "jobId", {"reason": "x"}),
    ("update_compute_environment", "computeEnvironment", {}),
    ("update_consumable_resource", "consumableResource", {}),
    ("update_job_queue", "jobQueue", {}),
    pytest.param("update_quota_share", "quotaShareArn", {}, marks=needs("batch UpdateQuotaShare")),
    ("update_scheduling_policy", "arn", {}),
    ("update_service_environment", "serviceEnvironment", {}),
    pytest.param("update_service_job", "jobId", {"schedulingPriority": 1}, marks=needs("batch UpdateServiceJob")),
]


@pytest.mark.parametrize("is_lenient", [False, True], ids=["strict", "lenient"])
@pytest.mark.parametrize(("operation", "member", "more"), EMPTY_REFERENCES)
def test_an_empty_reference_is_none(mock, batch, operation, member, more, is_lenient):
    mock.batch.settings.idempotent_delete = is_lenient

    text = refusal(getattr(batch, operation), **{member: ""}, **more)

    assert text == f"'{member}' is a required field (cannot be an empty string)"


@pytest.mark.parametrize(
    ("order", "member"),
    [
        ("computeEnvironmentOrder", "computeEnvironment"),
        ("serviceEnvironmentOrder", "serviceEnvironment"),
    ],
)
def test_an_empty_environment_of_a_queue_is_none(batch, order, member):
    text = refusal(batch.create_job_queue, jobQueueName="x", priority=1, **{order: [{"order": 1, member: ""}]})

    assert text == f"'{order}.1.member.{member}' is a required field (cannot be an empty string)"
    assert batch.describe_job_queues(jobQueues=["x"])["jobQueues"] == []


def test_an_empty_scheduling_policy_is_none(batch, site):
    site.make_policy()
    order = [{"order": 1, "computeEnvironment": "ce"}]

    text = refusal(batch.create_job_queue, jobQueueName="x", priority=1, computeEnvironmentOrder=order, schedulingPolicyArn="")

    assert text == "'schedulingPolicyArn' is a required field (cannot be an empty string)"
    assert batch.describe_job_queues(jobQueues=["x"])["jobQueues"] == []


def test_a_parent_that_is_empty_is_not_the_parent_of_a_listing(batch):
    """The one that is given counts; clients send all three."""
    job_id = batch.submit_job(**JOB, arrayProperties={"size": 2})["jobId"]

    assert batch.list_jobs(jobQueue="", arrayJobId=job_id, multiNodeJobId="")["jobSummaryList"] == []
