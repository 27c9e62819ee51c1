"""Each sentence of the AWS Batch API reference, CancelJob, that states behaviour."""

from __future__ import annotations

import json

import pytest
import requests
from botocore.exceptions import ClientError

from support.batch import PREFIX, UNKNOWN_ID, Timeline, refusal


@pytest.fixture(autouse=True)
def _site(mock, site):
    mock.batch.pace = "manual"
    site.make_queue_and_definition()


@pytest.mark.parametrize("state", ["SUBMITTED", "RUNNABLE"])
def test_a_job_that_waits_is_cancelled_and_becomes_failed(batch, site, state):
    """Jobs that are in a SUBMITTED, PENDING, or RUNNABLE state are cancelled and the job status is updated to FAILED."""
    job_id = site.submit()
    if state != "SUBMITTED":
        site.reach(job_id, state)
    assert site.status(job_id) == state

    batch.cancel_job(jobId=job_id, reason="changed my mind")

    assert site.status(job_id) == "FAILED"


def test_a_pending_job_is_cancelled_and_becomes_failed(batch, site):
    """Jobs that are in a SUBMITTED, PENDING, or RUNNABLE state are cancelled and the job status is updated to FAILED."""
    first = site.submit()
    second = site.submit(after=[first])
    site.reach(second, "PENDING")
    site.reach(first, "SUCCEEDED")

    batch.cancel_job(jobId=second, reason="changed my mind")

    assert site.status(second) == "FAILED"


def test_a_pending_job_is_cancelled_only_after_all_its_dependencies_are_completed(batch, site):
    """A PENDING job is canceled after all dependency jobs are completed."""
    first, second = site.submit("first"), site.submit("second")
    waiting = site.submit(after=[first, second])
    site.reach(waiting, "PENDING")

    batch.cancel_job(jobId=waiting, reason="stop")
    seen = [site.status(waiting)]
    site.reach(first, "SUCCEEDED")
    seen.append(site.status(waiting))
    site.reach(second, "SUCCEEDED")
    seen.append(site.status(waiting))

    assert seen == ["PENDING", "PENDING", "FAILED"]
    assert site.detail(waiting)["statusReason"] == "stop"


def test_it_may_take_longer_than_expected_to_cancel_a_pending_job(mock, batch, site):
    """Therefore, it may take longer than expected to cancel a job in PENDING status."""
    at = Timeline(mock)
    mock.batch.plan("slow", duration=3600)
    slow = site.submit("slow")
    waiting = site.submit("waiting", after=[slow])
    at.go_to(1)

    batch.cancel_job(jobId=waiting, reason="stop")
    at.go_to(3599)
    before = site.status(waiting)
    at.go_to(3600)

    assert before == "PENDING"
    assert site.detail(waiting)["status"] == "FAILED"
    assert at.seconds(site.detail(waiting)["stoppedAt"]) == 3600


def test_cancelling_a_pending_array_parent_cancels_its_children(batch, site):
    """When you try to cancel an array parent job in PENDING, AWS Batch attempts to cancel all child jobs."""
    array = site.submit(size=3)
    site.reach(array, "PENDING")

    batch.cancel_job(jobId=array, reason="stop")

    assert [(child["status"], child["statusReason"]) for child in site.children(array, 3)] == [("FAILED", "stop")] * 3


def test_an_array_parent_is_cancelled_when_all_its_children_are_completed(batch, site):
    """The array parent job is canceled when all child jobs are completed."""
    array = site.submit(size=3)
    site.reach(array, "PENDING")
    site.reach(f"{array}:0", "RUNNING")

    batch.cancel_job(jobId=array, reason="stop")
    before = site.status(array), site.summary(array)
    site.reach(f"{array}:0", "SUCCEEDED")

    assert before == ("PENDING", {"RUNNING": 1, "FAILED": 2})
    assert site.status(array) == "FAILED"
    assert site.detail(array)["statusReason"] == "stop"


@pytest.mark.parametrize("state", ["STARTING", "RUNNING"])
def test_cancel_leaves_a_job_alone_that_has_started_and_still_succeeds(batch, site, state):
    """Jobs that progressed to the STARTING or RUNNING state aren't canceled. However, the API operation still succeeds."""
    job_id = site.submit()
    site.reach(job_id, state)
    before = site.detail(job_id)

    answer = batch.cancel_job(jobId=job_id, reason="too late")

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert site.detail(job_id) == before
    site.reach(job_id, "SUCCEEDED")


@pytest.mark.parametrize("state", ["STARTING", "RUNNING"])
def test_a_started_job_must_be_terminated_with_terminate_job(batch, site, state):
    """These jobs must be terminated with the TerminateJob operation."""
    job_id = site.submit()
    site.reach(job_id, state)

    batch.cancel_job(jobId=job_id, reason="too late")
    batch.terminate_job(jobId=job_id, reason="now then")

    assert site.status(job_id) == "FAILED"


def test_the_request_is_a_post_of_json_and_the_answer_is_an_empty_object(site):
    """POST /v1/canceljob; If the action is successful, the service sends back an HTTP 200 response (sample: `{}`)."""
    job_id = site.submit()
    headers = {"Authorization": "AWS4-HMAC-SHA256 Credential=testing/20161130/us-east-1/batch/aws4_request"}

    answer = requests.post(
        "https://batch.us-east-1.amazonaws.com/v1/canceljob",
        data=json.dumps({"reason": "Cancelling job.", "jobId": job_id}),
        headers=headers,
        timeout=5,
    )

    assert answer.status_code == 200
    assert answer.text == "{}"
    assert site.status(job_id) == "FAILED"


def test_an_unknown_job_of_the_sample_request_is_no_error(batch):
    """The sample cancels 1d828f65-7a4d-42e8-996d-3b900ed59dc4 and is answered with `{}`."""
    answer = batch.cancel_job(jobId="1d828f65-7a4d-42e8-996d-3b900ed59dc4", reason="Cancelling job.")

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize("member", ["jobId", "reason"])
def test_job_id_and_reason_are_required(site, member):
    """jobId: Required: Yes. reason: Required: Yes."""
    job_id = site.submit()
    arguments = {"jobId": job_id, "reason": "stop"}
    headers = {"Authorization": "AWS4-HMAC-SHA256 Credential=testing/20161130/us-east-1/batch/aws4_request"}
    del arguments[member]

    answer = requests.post(
        "https://batch.us-east-1.amazonaws.com/v1/canceljob", data=json.dumps(arguments), headers=headers, timeout=5
    )

    assert answer.status_code == 400
    assert answer.headers["x-amzn-ErrorType"] == "ClientException"
    assert f"{member} is required" in answer.json()["message"]
    assert site.status(job_id) == "SUBMITTED"


@pytest.mark.parametrize("member", ["jobId", "reason"])
def test_job_id_and_reason_cannot_be_empty(batch, site, member):
    job_id = site.submit()
    arguments = {"jobId": job_id, "reason": "stop", member: ""}

    text = refusal(batch.cancel_job, **arguments)

    assert text == f"'{member}' is a required field (cannot be an empty string)"
    assert site.status(job_id) == "SUBMITTED"


def test_the_reason_is_returned_by_future_describe_jobs_operations(batch, site):
    """This message is returned by future DescribeJobs operations on the job."""
    job_id = site.submit()

    batch.cancel_job(jobId=job_id, reason="the input was wrong: 42 §")

    assert site.detail(job_id)["statusReason"] == "the input was wrong: 42 §"


def test_the_reason_may_have_1024_characters(batch, site):
    """This parameter has as limit of 1024 characters."""
    job_id = site.submit()

    batch.cancel_job(jobId=job_id, reason="r" * 1024)

    assert site.detail(job_id)["statusReason"] == "r" * 1024


@pytest.mark.parametrize("operation", ["cancel_job", "terminate_job"])
def test_the_reason_cannot_have_1025_characters(batch, site, operation):
    """This parameter has as limit of 1024 characters."""
    job_id = site.submit()

    text = refusal(getattr(batch, operation), jobId=job_id, reason="r" * 1025)

    assert text == "The reason must be at most 1024 characters"
    assert site.status(job_id) == "SUBMITTED"


@pytest.mark.parametrize(
    "job_id",
    [
        "bad id!",
        "not a job id!",
        f" {UNKNOWN_ID}",
        "job/x",
        "j\u00f6b",
        f"{PREFIX}job/bad id!",
        f"{PREFIX}job-queue/{UNKNOWN_ID}",
    ],
)
@pytest.mark.parametrize("operation", ["cancel_job", "terminate_job"])
def test_an_identifier_that_is_not_valid_is_a_client_exception(batch, operation, job_id):
    """ClientException: Another cause is specifying an identifier that's not valid. HTTP Status Code: 400."""
    assert refusal(getattr(batch, operation), jobId=job_id, reason="stop") == f"Invalid job id: {job_id}"


@pytest.mark.parametrize(
    "job_id",
    [
        "Whatever-string",
        "job",
        UNKNOWN_ID[:-1],
        UNKNOWN_ID + "0",
        UNKNOWN_ID + ":",
        UNKNOWN_ID + ":01",
        UNKNOWN_ID + "#x",
        f"{PREFIX}job/Whatever-string",
        f"{PREFIX}job/{UNKNOWN_ID}",
    ],
)
@pytest.mark.parametrize("operation", ["cancel_job", "terminate_job"])
def test_an_id_of_nothing_has_no_effect(batch, site, operation, job_id):
    """Observed for TerminateJob of "Whatever-string": HTTP 200 and an empty object. Source: wire log in aws-cli #2551."""
    job = site.submit()

    answer = getattr(batch, operation)(jobId=job_id, reason="stop")

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert site.status(job) == "SUBMITTED"


@pytest.mark.parametrize("operation", ["cancel_job", "terminate_job"])
def test_the_arn_of_a_job_names_it_too(batch, site, operation):
    """TorchX, for one, ends jobs by their ARNs."""
    plain, array = site.submit(), site.submit(size=2)

    for job_id in (plain, f"{array}:1"):
        getattr(batch, operation)(jobId=f"{PREFIX}job/{job_id}", reason="stop")

    assert (site.status(plain), site.status(f"{array}:1"), site.status(f"{array}:0")) == ("FAILED", "FAILED", "PENDING")


@pytest.mark.parametrize("operation", ["cancel_job", "terminate_job"])
@pytest.mark.parametrize("place", ["eu-west-1:123456789012", "us-east-1:111111111111"])
def test_the_arn_of_a_job_elsewhere_is_no_identifier(batch, site, operation, place):
    job_id = site.submit()
    arn = f"arn:aws:batch:{place}:job/{job_id}"

    assert refusal(getattr(batch, operation), jobId=arn, reason="stop") == f"Invalid job id: {arn}"

    assert site.status(job_id) == "SUBMITTED"


def test_a_server_issue_is_a_server_exception_with_status_500(mock, batch, site):
    """ServerException: These errors are usually caused by a server issue. HTTP Status Code: 500."""
    job_id = site.submit()
    mock.faults.add("batch", "cancel_job", "ServerException")

    with pytest.raises(ClientError) as caught:
        batch.cancel_job(jobId=job_id, reason="stop")

    assert caught.value.response["Error"]["Code"] == "ServerException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert site.status(job_id) == "SUBMITTED"
