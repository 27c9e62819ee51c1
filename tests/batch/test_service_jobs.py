"""Service jobs: SubmitServiceJob, DescribeServiceJob, and the states of a job.

Documents: API reference; user guide, service jobs.
"""

from __future__ import annotations

import json
import re

import pytest

from support.batch import PREFIX, UNKNOWN_ID, Timeline, refusal
from support.needs import needs
from support.service_jobs import M5, SERVICE_QUEUE, payload

SAGEMAKER = "Received status from SageMaker: "


@pytest.fixture
def at(mock, site):
    timeline = Timeline(mock)
    site.make_service_queue_and_environment()
    return timeline


def listed(batch, **more):
    return batch.list_service_jobs(jobQueue="sq", filters=[{"name": "AFTER_CREATED_AT", "values": ["1"]}], **more)[
        "jobSummaryList"
    ]


# Submitting and describing


@needs("batch SubmitServiceJob.preemptionConfiguration")
def test_a_new_service_job_is_described_as_it_was_submitted(mock, batch, site):
    mock.batch.pace = "manual"
    mock.clock.freeze()
    site.make_service_queue_and_environment()
    created = batch.submit_service_job(
        jobName="train",
        jobQueue="sq",
        serviceJobType="SAGEMAKER_TRAINING",
        serviceRequestPayload=payload(2),
        retryStrategy={"attempts": 3, "evaluateOnExit": [{"action": "EXIT", "onStatusReason": "*CapacityError*"}]},
        schedulingPriority=7,
        preemptionConfiguration={"preemptionRetriesBeforeTermination": 2},
        timeoutConfig={"attemptDurationSeconds": 100},
        tags={"a": "b"},
    )
    job_id = created["jobId"]

    assert created["jobName"] == "train"
    assert created["jobArn"] == f"{PREFIX}service-job/{job_id}"
    described = site.service_detail(job_id)
    assert described == {
        "jobArn": created["jobArn"],
        "jobId": job_id,
        "jobName": "train",
        "jobQueue": SERVICE_QUEUE,
        "serviceJobType": "SAGEMAKER_TRAINING",
        "serviceRequestPayload": payload(2),
        "status": "SUBMITTED",
        "createdAt": mock.clock.now_ms,
        "attempts": [],
        "capacityUsage": [{"capacityUnit": M5, "quantity": 2.0}],
        "retryStrategy": {"attempts": 3, "evaluateOnExit": [{"action": "EXIT", "onStatusReason": "*CapacityError*"}]},
        "schedulingPriority": 7,
        "preemptionConfiguration": {"preemptionRetriesBeforeTermination": 2},
        "timeoutConfig": {"attemptDurationSeconds": 100},
        "tags": {"a": "b"},
    }


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"jobName": ""}, "Job name should match valid pattern"),
        ({"jobName": "j" * 129}, "Job name should match valid pattern"),
        ({"jobName": "a b"}, "Job name should match valid pattern"),
        ({"serviceJobType": "X"}, "serviceJobType must be one of SAGEMAKER_TRAINING"),
        (
            {"serviceRequestPayload": payload(HyperParameters="x" * 10_240)},
            "Service job payload size exceeds the maximum of 10 KiB",
        ),
        ({"serviceRequestPayload": "{"}, "serviceRequestPayload must be a JSON object"),
        ({"serviceRequestPayload": "[" * 10_000}, "serviceRequestPayload must be a JSON object"),
        ({"serviceRequestPayload": "[]"}, "serviceRequestPayload must be a JSON object"),
        *(
            (
                {"serviceRequestPayload": json.dumps(request)},
                "serviceRequestPayload must contain a ResourceConfig with InstanceType and InstanceCount, or with InstanceGroups",
            )
            for request in (
                {},
                {"ResourceConfig": 1},
                {"ResourceConfig": {"InstanceType": M5}},
                {"ResourceConfig": {"InstanceType": M5, "InstanceCount": 0}},
                {"ResourceConfig": {"InstanceType": M5, "InstanceCount": True}},
                {"ResourceConfig": {"InstanceType": "m5", "InstanceCount": 1}},
                {"ResourceConfig": {"InstanceGroups": "x"}},
                {"ResourceConfig": {"InstanceGroups": [1]}},
            )
        ),
        ({"retryStrategy": {"attempts": 0}}, "Retry attempts must be between 1 and 10"),
        ({"retryStrategy": {"attempts": 11}}, "Retry attempts must be between 1 and 10"),
        (
            {"retryStrategy": {"attempts": 2, "evaluateOnExit": [{"action": "EXIT", "onStatusReason": "*"}] * 6}},
            "evaluateOnExit can have at most 5 entries",
        ),
        (
            {"retryStrategy": {"attempts": 2, "evaluateOnExit": [{"action": "EXIT"}]}},
            "evaluateOnExit entries need action and onStatusReason",
        ),
        (
            {"retryStrategy": {"attempts": 2, "evaluateOnExit": [{"onStatusReason": "*"}]}},
            "evaluateOnExit entries need action and onStatusReason",
        ),
        (
            {"retryStrategy": {"attempts": 2, "evaluateOnExit": [{"action": "RETRY", "onStatusReason": "x" * 513}]}},
            "onStatusReason should match valid pattern",
        ),
        (
            {"retryStrategy": {"attempts": 2, "evaluateOnExit": [{"action": "RETRY", "onStatusReason": "a\tb"}]}},
            "onStatusReason should match valid pattern",
        ),
        ({"schedulingPriority": -1}, "schedulingPriority must be between 0 and 9999"),
        ({"schedulingPriority": 10_000}, "schedulingPriority must be between 0 and 9999"),
        pytest.param(
            {"preemptionConfiguration": {"preemptionRetriesBeforeTermination": -1}},
            "preemptionRetriesBeforeTermination must not be negative",
            marks=needs("batch SubmitServiceJob.preemptionConfiguration"),
        ),
        ({"timeoutConfig": {"attemptDurationSeconds": 0}}, "attemptDurationSeconds must be at least 1"),
        ({"tags": {"aws:x": "y"}}, "Tag keys must not start with aws:"),
        (
            {"tags": {str(number): "x" * 250 for number in range(50)}, "jobQueue": "q" * 20_000},
            "Job size must be less than 30 KiB, got 33 KiB",
        ),
        ({"jobQueue": "nope"}, f"{PREFIX}job-queue/nope does not exist"),
        ({"jobQueue": "off"}, "Job queue off is not in ENABLED state and VALID status"),
        ({"jobQueue": "q"}, "Job queue q of type ECS does not accept service jobs"),
        (
            {"shareIdentifier": "a"},
            "Job with shareIdentifier or schedulingPriority can onlybe submitted to job queue with fair share scheduling policy.",
        ),
        pytest.param(
            {"quotaShareName": "a"},
            "Job with quotaShareName can only be submitted to job queue with quota share scheduling policy.",
            marks=needs("batch SubmitServiceJob.quotaShareName"),
        ),
    ],
)
def test_a_submission_is_refused(mock, batch, site, changes, text):
    mock.batch.pace = "manual"
    site.make_service_queue_and_environment()
    site.make_service_queue("off", state="DISABLED")
    site.make_environment()
    site.make_queue()

    assert refusal(site.submit_service, **changes) == text
    assert listed(batch) == []


@needs("batch SubmitServiceJob.preemptionConfiguration")
@pytest.mark.parametrize("priority", [0, 9999])
def test_the_bounds_of_priority_attempts_and_timeout_are_allowed(mock, site, priority):
    mock.batch.pace = "manual"
    site.make_service_queue_and_environment()
    job_id = site.submit_service(
        "j" * 128,
        schedulingPriority=priority,
        retryStrategy={"attempts": 10, "evaluateOnExit": [{"action": "RETRY", "onStatusReason": "x" * 512}] * 5},
        timeoutConfig={"attemptDurationSeconds": 1},
        preemptionConfiguration={},
    )

    assert site.service_detail(job_id)["schedulingPriority"] == priority


@needs("batch DescribeServiceJob.capacityUsage")
def test_instance_groups_are_added_up_by_type(mock, site):
    mock.batch.pace = "manual"
    site.make_service_queue_and_environment()
    groups = [("ml.m5.large", 2), ("ml.g5.xlarge", 1), ("ml.m5.large", 1)]
    resources = {"InstanceGroups": [{"InstanceType": kind, "InstanceCount": count} for kind, count in groups]}
    job_id = site.submit_service(serviceRequestPayload=json.dumps({"ResourceConfig": resources}))

    assert site.service_detail(job_id)["capacityUsage"] == [
        {"capacityUnit": "ml.m5.large", "quantity": 3.0},
        {"capacityUnit": "ml.g5.xlarge", "quantity": 1.0},
    ]


def test_a_repeated_client_token_is_refused_unless_set_otherwise(mock, batch, site):
    mock.batch.pace = "manual"
    site.make_service_queue_and_environment()
    first = site.submit_service(clientToken="t")

    text = refusal(site.submit_service, clientToken="t")
    mock.batch.settings.repeat_client_tokens = True
    again = site.submit_service(clientToken="t")

    assert text == "A service job with the same clientToken was already submitted"
    assert again == first
    assert len(listed(batch)) == 1


@pytest.mark.parametrize("may_repeat", [False, True])
def test_a_client_token_belongs_to_one_request(mock, batch, site, may_repeat):
    mock.batch.pace = "manual"
    mock.batch.settings.repeat_client_tokens = may_repeat
    site.make_service_queue_and_environment()
    site.submit_service(clientToken="t")

    text = refusal(site.submit_service, clientToken="t", schedulingPriority=1)

    assert text == "The clientToken was already used for a different request"
    assert len(listed(batch)) == 1


def test_submissions_without_a_token_do_not_know_each_other(mock, batch, site):
    """botocore makes a token where none is given; other clients need not."""
    mock.batch.pace = "manual"
    site.make_service_queue_and_environment()

    def drop_token(params, **_):
        content = json.loads(params["body"])
        del content["clientToken"]
        params["body"] = json.dumps(content).encode()

    batch.meta.events.register("before-call.batch.SubmitServiceJob", drop_token)

    assert site.submit_service() != site.submit_service()
    assert all("clientToken" not in call.parameters for call in mock.calls)


def test_a_refused_submission_does_not_use_up_its_token(mock, site):
    mock.batch.pace = "manual"
    site.make_service_queue_and_environment()
    refusal(site.submit_service, clientToken="t", jobQueue="nope")

    assert site.submit_service(clientToken="t")


@pytest.mark.parametrize("job_id", [UNKNOWN_ID, "nope", f"{PREFIX}job/{UNKNOWN_ID}", f"{UNKNOWN_ID}:0"])
def test_an_unknown_service_job_cannot_be_described(batch, job_id):
    assert refusal(batch.describe_service_job, jobId=job_id) == f"{job_id} does not exist"


def test_a_service_job_is_found_by_its_arn(batch, site):
    site.make_service_queue_and_environment()
    job_id = site.submit_service()

    assert batch.describe_service_job(jobId=f"{PREFIX}service-job/{job_id}")["jobId"] == job_id


def test_ordinary_jobs_and_service_jobs_do_not_know_each_other(batch, site):
    site.make_service_queue_and_environment()
    job_id = site.submit_service()

    assert batch.describe_jobs(jobs=[job_id])["jobs"] == []
    batch.terminate_job(jobId=job_id, reason="x")
    batch.cancel_job(jobId=job_id, reason="x")
    assert site.service_status(job_id) == "SUBMITTED"


def test_service_jobs_have_tags(batch, site):
    site.make_service_queue_and_environment()
    job_id = site.submit_service(tags={"a": "1"})
    arn = f"{PREFIX}service-job/{job_id}"
    batch.tag_resource(resourceArn=arn, tags={"b": "2"})
    batch.untag_resource(resourceArn=arn, tagKeys=["a"])

    assert batch.list_tags_for_resource(resourceArn=arn)["tags"] == site.service_detail(job_id)["tags"] == {"b": "2"}


# The life of a service job


def test_reading_takes_a_service_job_through_every_state(site):
    site.make_service_queue_and_environment()
    job_id = site.submit_service()

    seen = [site.service_status(job_id) for _ in range(7)]

    assert seen == ["SUBMITTED", "RUNNABLE", "SCHEDULED", "STARTING", "RUNNING", "SUCCEEDED", "SUCCEEDED"]


@needs("batch DescribeServiceJob.scheduledAt")
def test_the_members_of_a_service_job_come_with_its_states(mock, site, at):
    settings = mock.batch.settings
    settings.submitted_seconds, settings.runnable_seconds = 1, 2
    settings.scheduled_seconds, settings.starting_seconds = 4, 8
    mock.batch.plan(duration=16)
    job_id = site.submit_service()
    optional = ("statusReason", "scheduledAt", "startedAt", "stoppedAt", "latestAttempt")
    seen = {}
    for second in (0, 1, 3, 7, 15, 31):
        at.go_to(second)
        described = site.service_detail(job_id)
        seen[described["status"]] = {name for name in optional if name in described}
    times = {name: at.seconds(described[name]) for name in ("createdAt", "scheduledAt", "startedAt", "stoppedAt")}

    assert seen == {
        "SUBMITTED": set(),
        "RUNNABLE": set(),
        "SCHEDULED": {"scheduledAt", "latestAttempt"},
        "STARTING": {"scheduledAt", "latestAttempt"},
        "RUNNING": {"scheduledAt", "latestAttempt", "startedAt"},
        "SUCCEEDED": set(optional),
    }
    assert times == {"createdAt": 0, "scheduledAt": 3, "startedAt": 15, "stoppedAt": 31}


def test_a_service_job_that_succeeded_shows_its_training_job(mock, site, at):
    mock.batch.plan(duration=10)
    job_id = site.submit_service("my-job")
    at.go_to(10)

    described = site.service_detail(job_id)

    resource = described["latestAttempt"]["serviceResourceId"]
    assert resource["name"] == "TrainingJobArn"
    assert re.fullmatch(r"arn:aws:sagemaker:us-east-1:123456789012:training-job/AWSBatchmy-job[0-9a-f]{32}", resource["value"])
    assert described["statusReason"] == f"{SAGEMAKER}Training job completed"
    (attempt,) = described["attempts"]
    assert (at.seconds(attempt["startedAt"]), at.seconds(attempt["stoppedAt"])) == (0, 10)
    assert attempt["statusReason"] == described["statusReason"]
    assert attempt["serviceResourceId"] == resource
    assert "isTerminated" not in described


def test_the_name_of_a_training_job_is_one_that_sagemaker_allows(site, at):
    job_id = site.submit_service("my_very_long_name_for_a_training_job")
    at.go_to(0)

    name = site.service_detail(job_id)["latestAttempt"]["serviceResourceId"]["value"].rpartition("/")[2]

    assert re.fullmatch(r"AWSBatchmy-very-long-name-for-a[0-9a-f]{32}", name)
    assert len(name) <= 63


@pytest.mark.parametrize(
    ("plan", "reason", "has_started"),
    [
        ({"exit_code": 3}, "AlgorithmError: , exit code: 3", True),
        ({"exit_code": 3, "reason": "AlgorithmError: no data"}, "AlgorithmError: no data", True),
        ({"host_lost": True}, "InternalServerError: We encountered an internal error. Please try again.", True),
        ({"start_failure": "CapacityError: nothing left"}, "CapacityError: nothing left", False),
    ],
)
def test_a_training_job_fails_as_planned(mock, site, at, plan, reason, has_started):
    mock.batch.plan("train", queue="sq", **plan)
    job_id = site.submit_service()
    at.go_to(0)

    described = site.service_detail(job_id)

    assert (described["status"], described["statusReason"]) == ("FAILED", SAGEMAKER + reason)
    (attempt,) = described["attempts"]
    assert attempt["statusReason"] == SAGEMAKER + reason
    assert ("startedAt" in attempt, "startedAt" in described) == (has_started, has_started)


@pytest.mark.parametrize("other", [{"definition": "d"}, {"array_index": 0}, {"queue": "q"}, {"attempt": 2}, {"job_name": "x*"}])
def test_a_plan_for_other_jobs_does_not_count(mock, site, at, other):
    mock.batch.plan(exit_code=1, optional=True, **other)
    job_id = site.submit_service()
    at.go_to(0)

    assert site.service_status(job_id) == "SUCCEEDED"


@pytest.mark.parametrize(
    ("rules", "failure", "attempts"),
    [
        ([], "AlgorithmError: x", 3),
        ([("EXIT", "*AlgorithmError*")], "AlgorithmError: x", 1),
        ([("EXIT", "AlgorithmError*")], "AlgorithmError: x", 3),
        ([("RETRY", f"{SAGEMAKER}InternalServerError*"), ("EXIT", "*")], "InternalServerError: x", 3),
        ([("RETRY", f"{SAGEMAKER}InternalServerError*"), ("EXIT", "*")], "AlgorithmError: x", 1),
        ([("EXIT", "*algorithmerror*")], "AlgorithmError: x", 3),
        ([("EXIT", "*Error: [x]")], "AlgorithmError: [x]", 1),
        ([("EXIT", "*Error: ?")], "AlgorithmError: x", 1),
        ([("EXIT", "*Error: ?")], "AlgorithmError: xy", 3),
        ([("RETRY", "*"), ("EXIT", "*")], "AlgorithmError: x", 3),
    ],
)
def test_the_first_rule_that_matches_decides_about_a_retry(mock, site, at, rules, failure, attempts):
    mock.batch.plan(duration=10, exit_code=1, reason=failure)
    evaluate = [{"action": action, "onStatusReason": pattern} for action, pattern in rules]
    job_id = site.submit_service(retryStrategy={"attempts": 3, "evaluateOnExit": evaluate})
    at.go_to(60)

    described = site.service_detail(job_id)

    assert described["status"] == "FAILED"
    assert [at.seconds(each["stoppedAt"]) for each in described["attempts"]] == [10 * number for number in range(1, attempts + 1)]
    assert len({each["serviceResourceId"]["value"] for each in described["attempts"]}) == attempts


def test_a_service_job_waits_for_its_retry_with_the_reason_of_its_failure(mock, site, at):
    mock.batch.settings.retry_delay_seconds = 5
    mock.batch.plan(attempt=1, duration=10, exit_code=1)
    job_id = site.submit_service(retryStrategy={"attempts": 2})
    at.go_to(12)
    waiting = site.service_detail(job_id)
    at.go_to(15)
    ended = site.service_detail(job_id)

    assert (waiting["status"], waiting["statusReason"]) == ("RUNNABLE", f"{SAGEMAKER}AlgorithmError: , exit code: 1")
    assert (ended["status"], len(ended["attempts"]), at.seconds(ended["startedAt"])) == ("SUCCEEDED", 2, 15)


@pytest.mark.parametrize(("duration", "status", "end"), [(59, "SUCCEEDED", 59), (60, "SUCCEEDED", 60), (61, "FAILED", 60)])
def test_an_attempt_that_takes_too_long_is_ended_for_good(mock, site, at, duration, status, end):
    mock.batch.plan(duration=duration)
    job_id = site.submit_service(timeoutConfig={"attemptDurationSeconds": 60}, retryStrategy={"attempts": 3})
    at.go_to(100)

    described = site.service_detail(job_id)

    assert (described["status"], at.seconds(described["stoppedAt"])) == (status, end)
    if status == "FAILED":
        assert [each["statusReason"] for each in described["attempts"]] == ["Job attempt duration exceeded timeout"]


def test_an_attempt_that_hangs_is_ended_by_its_timeout(mock, site, at):
    mock.batch.settings.timeout_grace_seconds = 10
    mock.batch.plan(duration=None)
    job_id = site.submit_service(timeoutConfig={"attemptDurationSeconds": 60})
    at.go_to(69)
    before = site.service_status(job_id)
    at.go_to(70)

    assert (before, site.service_status(job_id)) == ("RUNNING", "FAILED")
