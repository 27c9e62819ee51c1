"""What the documents on CancelJob and CancelJobExecution state, sentence by sentence."""

from __future__ import annotations

import pytest

# CancelJob: AWS IoT API reference; the same words in the CLI reference of cancel-job


def test_cancel_job_without_force_cancels_what_is_queued_only(example):
    """CancelJob, API reference, force: "otherwise only job executions with status "QUEUED" are canceled"."""
    example.iot.cancel_job(jobId="J", force=False)

    assert [example.status(thing, "J") for thing in "ABCD"] == ["CANCELED", "IN_PROGRESS", "SUCCEEDED", "FAILED"]


def test_cancel_job_with_force_cancels_what_is_in_progress_and_queued(example):
    """CancelJob, API reference, force: "If true job executions with status "IN_PROGRESS" and "QUEUED" are canceled"."""
    example.iot.cancel_job(jobId="J", force=True)

    assert [example.status(thing, "J") for thing in "ABCD"] == ["CANCELED", "CANCELED", "SUCCEEDED", "FAILED"]


def test_force_of_cancel_job_is_false_by_default(example):
    """CancelJob, API reference, force: "The default is false"."""
    example.iot.cancel_job(jobId="J")

    assert [example.status(thing, "J") for thing in "AB"] == ["CANCELED", "IN_PROGRESS"]


@pytest.mark.parametrize("status", ["IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED"])
def test_a_device_whose_running_job_was_canceled_cannot_update_it(example, status):
    """CancelJob, API reference: canceling "will cause a device which is executing the job to be unable to update the job
    execution status"."""
    example.iot.cancel_job(jobId="J", force=True)

    with example.refused("InvalidStateTransitionException", 409, "Job J for B has already finished with status CANCELED"):
        example.report("B", status, "J")


def test_cancel_job_stores_comment_and_reason_code(example):
    """CancelJob, API reference, comment and reasonCode: "explains why the job was canceled"."""
    example.iot.cancel_job(jobId="J", comment="no longer needed", reasonCode="NOT_NEEDED_2")

    job = example.describe("J")
    assert (job["status"], job["comment"], job["reasonCode"]) == ("CANCELED", "no longer needed", "NOT_NEEDED_2")


def test_cancel_job_needs_neither_comment_nor_reason_code(example):
    """CancelJob, API reference, comment and reasonCode: "Required: No"."""
    example.iot.cancel_job(jobId="J")

    assert not {"comment", "reasonCode"} & set(example.describe("J"))


def test_cancel_job_answers_with_description_arn_and_id(fleet):
    """cancel-job, CLI reference, example: a description, a jobArn and a jobId."""
    fleet.things("t")
    fleet.job("t", job_id="example-job-03", description="example job test")

    answer = fleet.iot.cancel_job(jobId="example-job-03")

    assert answer.pop("ResponseMetadata")["HTTPStatusCode"] == 200
    assert answer == {
        "jobArn": "arn:aws:iot:us-east-1:123456789012:job/example-job-03",
        "jobId": "example-job-03",
        "description": "example job test",
    }


def test_cancel_job_of_a_job_without_description_answers_without(fleet):
    fleet.things("t")
    fleet.job("t")

    answer = fleet.iot.cancel_job(jobId="job")

    assert set(answer) == {"jobArn", "jobId", "ResponseMetadata"}


def test_cancel_job_answers_json(example):
    """CancelJob, API reference, response syntax: "HTTP/1.1 200 Content-type: application/json"."""
    answer = example.iot.cancel_job(jobId="J")

    assert answer["ResponseMetadata"]["HTTPHeaders"]["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("members", "clause"),
    [
        pytest.param(
            {"jobId": "j" * 65},
            f"Value '{'j' * 65}' at 'jobId' failed to satisfy constraint: Member must have length less than or equal to 64",
            id="job id longer than 64",
        ),
        pytest.param(
            {"jobId": "bad id!"},
            "Value 'bad id!' at 'jobId' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+",
            id="job id pattern",
        ),
        pytest.param(
            {"comment": "c" * 2029},
            f"Value '{'c' * 2029}' at 'comment' failed to satisfy constraint: Member must have length less than or equal to 2028",
            id="comment longer than 2028",
        ),
        pytest.param(
            {"comment": "a\nb"},
            "Value 'a\nb' at 'comment' failed to satisfy constraint: Member must satisfy regular expression pattern: [^\\p{C}]+",
            id="comment with a control character",
        ),
        pytest.param(
            {"reasonCode": "R" * 129},
            f"Value '{'R' * 129}' at 'reasonCode' failed to satisfy constraint: "
            "Member must have length less than or equal to 128",
            id="reason code longer than 128",
        ),
        pytest.param(
            {"reasonCode": "Because"},
            "Value 'Because' at 'reasonCode' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [\\p{Upper}\\p{Digit}_]+",
            id="reason code with small letters",
        ),
    ],
)
def test_cancel_job_refuses_members_beyond_their_constraints(example, members, clause):
    """CancelJob, API reference: length constraints and patterns; InvalidRequestException, 400."""
    with example.refused("InvalidRequestException", 400, f"1 validation error detected: {clause}"):
        example.iot.cancel_job(**{"jobId": "J", **members})


def test_cancel_job_takes_members_at_their_limits(fleet):
    """CancelJob, API reference: maximum lengths of 64, 2028 and 128."""
    fleet.things("t")
    fleet.job("t", job_id="j" * 64)

    fleet.iot.cancel_job(jobId="j" * 64, comment="c" * 2028, reasonCode="A1_" * 42 + "ZZ")

    job = fleet.describe("j" * 64)
    assert (len(job["comment"]), len(job["reasonCode"])) == (2028, 128)


def test_cancel_job_with_an_empty_job_id_finds_no_operation_to_act_on(example, unchecked_iot):
    """CancelJob, API reference, jobId: "Minimum length of 1". boto3 refuses it before it is sent."""
    with pytest.raises(Exception, match="jobId"):
        example.iot.cancel_job(jobId="")

    assert example.describe("J")["status"] == "IN_PROGRESS"


def test_cancel_job_of_an_unknown_job_is_not_found(example):
    """CancelJob, API reference, ResourceNotFoundException: 404."""
    with example.refused("ResourceNotFoundException", 404, "Job nope cannot be found."):
        example.iot.cancel_job(jobId="nope")


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("InvalidRequestException", 400),
        ("LimitExceededException", 410),
        ("ResourceNotFoundException", 404),
        ("ServiceUnavailableException", 503),
        ("ThrottlingException", 400),
    ],
)
def test_cancel_job_can_be_made_to_answer_each_error_that_it_documents(mock, example, code, status):
    """CancelJob, API reference, Errors: the HTTP status of each."""
    mock.faults.add("iot", "CancelJob", code)

    with pytest.raises(getattr(example.iot.exceptions, code)) as caught:
        example.iot.cancel_job(jobId="J")

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert example.describe("J")["status"] == "IN_PROGRESS"


# CancelJobExecution: boto3 documentation and CLI reference of cancel-job-execution


def test_cancel_job_execution_cancels_the_execution_of_the_given_thing_only(fleet):
    """cancel_job_execution: "Cancels the execution of a job for a given thing"."""
    fleet.things("t", "u")
    fleet.job("t", "u")

    fleet.iot.cancel_job_execution(jobId="job", thingName="t")

    assert (fleet.status("t"), fleet.status("u"), fleet.describe()["status"]) == ("CANCELED", "QUEUED", "IN_PROGRESS")


@pytest.mark.parametrize("thing", ["A", "B"])
def test_cancel_job_execution_with_force_cancels_in_progress_and_queued(example, thing):
    """cancel_job_execution, force: "If true the job execution will be canceled if it has status IN_PROGRESS or QUEUED"."""
    example.iot.cancel_job_execution(jobId="J", thingName=thing, force=True)

    assert example.status(thing, "J") == "CANCELED"


@pytest.mark.parametrize("members", [{}, {"force": False}], ids=["default", "false"])
def test_cancel_job_execution_without_force_refuses_one_in_progress(example, members):
    """cancel_job_execution, force: "If you attempt to cancel a job execution that is IN_PROGRESS, and you do not set force to
    true, then an InvalidStateTransitionException will be thrown. The default is false."."""
    with example.refused(
        "InvalidStateTransitionException", 409, "Job execution is IN_PROGRESS and cannot be canceled without force"
    ):
        example.iot.cancel_job_execution(jobId="J", thingName="B", **members)


@pytest.mark.parametrize("status", ["IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED"])
def test_a_device_whose_running_execution_was_canceled_cannot_update_it(example, status):
    """cancel_job_execution: canceling "will cause the device to be unable to update the job execution status"."""
    example.iot.cancel_job_execution(jobId="J", thingName="B", force=True)

    with example.refused("InvalidStateTransitionException", 409):
        example.report("B", status, "J")


def test_cancel_job_execution_accepts_the_expected_current_version(example):
    """cancel_job_execution, expectedVersion: "The expected current version of the job execution"."""
    example.iot.cancel_job_execution(jobId="J", thingName="A", expectedVersion=1)

    assert example.status("A", "J") == "CANCELED"


def test_each_update_of_a_job_execution_increments_its_version(fleet):
    """cancel_job_execution, expectedVersion: "Each time you update the job execution, its version is incremented"."""
    fleet.things("t")
    fleet.job("t")
    versions = [fleet.version("t")]
    for status in ("IN_PROGRESS", "IN_PROGRESS"):
        fleet.report("t", status)
        versions.append(fleet.version("t"))
    fleet.iot.cancel_job_execution(jobId="job", thingName="t", force=True)

    assert [*versions, fleet.version("t")] == [1, 2, 3, 4]


@pytest.mark.parametrize("thing", list("ABCD"))
def test_cancel_job_execution_with_another_version_is_a_conflict(example, thing):
    """cancel_job_execution, expectedVersion: "If the version of the job execution stored in Jobs does not match, the update is
    rejected with a VersionMismatch error"; the operation declares it as VersionConflictException."""
    version = example.version(thing, "J")

    with example.refused("VersionConflictException", 409, f"Expected version 99 but found version {version}"):
        example.iot.cancel_job_execution(jobId="J", thingName=thing, expectedVersion=99, force=True)


def test_a_version_conflict_carries_the_current_state(example):
    """cancel_job_execution, expectedVersion: "an ErrorResponse that contains the current job execution status data is
    returned"."""
    example.report("B", "IN_PROGRESS", "J", statusDetails={"step": "2"})
    with example.refused("VersionConflictException", 409):
        example.iot.cancel_job_execution(jobId="J", thingName="B", expectedVersion=1, force=True)

    assert example.json["executionState"] == {
        "status": "IN_PROGRESS",
        "versionNumber": 3,
        "statusDetails": {"step": "2"},
    }


def test_the_state_in_a_version_conflict_has_no_details_until_some_were_reported(example):
    with example.refused("VersionConflictException", 409):
        example.iot.cancel_job_execution(jobId="J", thingName="A", expectedVersion=2)

    assert example.json["executionState"] == {"status": "QUEUED", "versionNumber": 1}


def test_cancel_job_execution_replaces_the_status_details(example):
    """cancel_job_execution, statusDetails: "A collection of name/value pairs that describe the status of the job execution"."""
    example.report("B", "IN_PROGRESS", "J", statusDetails={"step": "2", "of": "3"})

    example.iot.cancel_job_execution(jobId="J", thingName="B", force=True, statusDetails={"why": "too slow"})

    assert example.execution("B", "J")["statusDetails"] == {"detailsMap": {"why": "too slow"}}


def test_cancel_job_execution_without_status_details_leaves_them(example):
    """cancel_job_execution, statusDetails: "If not specified, the statusDetails are unchanged"."""
    example.report("B", "IN_PROGRESS", "J", statusDetails={"step": "2"})

    example.iot.cancel_job_execution(jobId="J", thingName="B", force=True)

    assert example.execution("B", "J")["statusDetails"] == {"detailsMap": {"step": "2"}}


def test_cancel_job_execution_takes_ten_status_details(example):
    """cancel_job_execution, statusDetails: "You can specify at most 10 name/value pairs"."""
    details = {f"k{number}": "v" for number in range(10)}

    example.iot.cancel_job_execution(jobId="J", thingName="A", statusDetails=details)

    assert example.execution("A", "J")["statusDetails"] == {"detailsMap": details}


def test_cancel_job_execution_refuses_eleven_status_details(example):
    """cancel_job_execution, statusDetails: "You can specify at most 10 name/value pairs"."""
    with example.refused("InvalidRequestException", 400) as caught:
        example.iot.cancel_job_execution(jobId="J", thingName="A", statusDetails={f"k{number}": "v" for number in range(11)})

    assert "statusDetails" in str(caught.value)


def test_cancel_job_execution_returns_none(example):
    """cancel_job_execution: "Returns: None"; CLI reference: "Output None"."""
    answer = example.iot.cancel_job_execution(jobId="J", thingName="A")

    assert set(answer) == {"ResponseMetadata"}
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert example.body == b""


@pytest.mark.parametrize("missing", ["jobId", "thingName"])
def test_cancel_job_execution_requires_job_and_thing(example, missing):
    """cancel_job_execution: jobId and thingName are "[REQUIRED]"."""
    members = {"jobId": "J", "thingName": "A"}
    del members[missing]

    with pytest.raises(Exception, match=missing):
        example.iot.cancel_job_execution(**members)

    assert example.status("A", "J") == "QUEUED"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("InvalidRequestException", 400),
        ("InvalidStateTransitionException", 409),
        ("ResourceNotFoundException", 404),
        ("ThrottlingException", 400),
        ("ServiceUnavailableException", 503),
        ("VersionConflictException", 409),
    ],
)
def test_cancel_job_execution_can_be_made_to_answer_each_exception_that_it_documents(mock, example, code, status):
    """cancel_job_execution, Exceptions."""
    mock.faults.add("iot", "cancel_job_execution", code)

    with pytest.raises(getattr(example.iot.exceptions, code)) as caught:
        example.iot.cancel_job_execution(jobId="J", thingName="A")

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert example.status("A", "J") == "QUEUED"
