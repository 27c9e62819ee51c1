"""UpdateJobExecution and the device's DescribeJobExecution: the decision tables."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from botocore.exceptions import ClientError

NOON = datetime(2030, 6, 1, 12, 0, 0, 987000, tzinfo=timezone.utc)
NOON_S = int(NOON.timestamp())
TERMINAL = ["SUCCEEDED", "FAILED", "REJECTED", "CANCELED"]
SERVICE_ONLY = ["QUEUED", "CANCELED", "TIMED_OUT", "REMOVED"]
DEVICE = ["IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED"]


@pytest.fixture
def one(fleet):
    fleet.things("t", "u")
    fleet.job("t", "u", document='{ "do": "it" }')
    return fleet


# What UpdateJobExecution accepts


@pytest.mark.parametrize("status", DEVICE)
@pytest.mark.parametrize("before", ["QUEUED", "IN_PROGRESS"])
def test_a_device_sets_each_of_its_statuses_from_each_pending_one(one, before, status):
    one.bring("t", before)
    version = one.version("t")
    one.report("t", status)

    assert (one.status("t"), one.version("t")) == (status, version + 1)


def test_an_update_answers_an_empty_object(one):
    one.report("t", "IN_PROGRESS", statusDetails={"step": "1"})

    assert one.json == {}


def test_an_update_raises_the_version_also_if_nothing_differs(mock, one):
    one.report("t", "IN_PROGRESS", statusDetails={"step": "1"})
    before = one.execution("t")
    mock.clock.advance(1)
    one.report("t", "IN_PROGRESS", statusDetails={"step": "1"})

    after = one.execution("t")
    assert after["versionNumber"] == before["versionNumber"] + 1
    assert after["lastUpdatedAt"] > before["lastUpdatedAt"]
    assert after["startedAt"] == before["startedAt"]


def test_details_are_replaced_as_a_whole(one):
    one.report("t", "IN_PROGRESS", statusDetails={"a": "1", "b": "2"})
    one.report("t", "IN_PROGRESS", statusDetails={"b": "3"})

    assert one.execution("t")["statusDetails"] == {"detailsMap": {"b": "3"}}


@pytest.mark.parametrize("status", ["IN_PROGRESS", "SUCCEEDED"])
def test_details_that_are_not_given_stay(one, status):
    one.report("t", "IN_PROGRESS", statusDetails={"a": "1"})
    one.report("t", status)

    assert one.execution("t")["statusDetails"] == {"detailsMap": {"a": "1"}}


def test_an_empty_map_of_details_replaces_them_and_is_shown(one):
    one.report("t", "IN_PROGRESS", statusDetails={"a": "1"})
    one.report("t", "IN_PROGRESS", statusDetails={}, includeJobExecutionState=True)

    assert one.json["executionState"] == {"status": "IN_PROGRESS", "versionNumber": 3, "statusDetails": {}}
    assert one.execution("t")["statusDetails"] == {"detailsMap": {}}


@pytest.mark.parametrize(
    ("members", "answer"),
    [
        ({"includeJobExecutionState": True}, {"executionState": {"status": "FAILED", "versionNumber": 2}}),
        ({"includeJobDocument": True}, {"jobDocument": '{"do":"it"}'}),
        ({"includeJobExecutionState": False, "includeJobDocument": False}, {}),
        (
            {"includeJobExecutionState": True, "includeJobDocument": True, "statusDetails": {"a": "1"}},
            {
                "executionState": {"status": "FAILED", "versionNumber": 2, "statusDetails": {"a": "1"}},
                "jobDocument": '{"do":"it"}',
            },
        ),
    ],
    ids=["state", "document", "neither", "both"],
)
def test_an_update_answers_with_what_is_asked_for(one, members, answer):
    one.report("t", "FAILED", **members)

    assert one.json == answer


@pytest.mark.parametrize(
    "members", [{"expectedVersion": 1}, {"executionNumber": 1}, {"expectedVersion": 1, "executionNumber": 1}]
)
def test_an_update_accepts_the_present_version_and_number(one, members):
    one.report("t", "IN_PROGRESS", **members)

    assert one.version("t") == 2


@pytest.mark.parametrize("version", ["1", 1])
def test_the_expected_version_may_be_digits_in_a_string(one, unchecked_data, version):
    unchecked_data.update_job_execution(thingName="t", jobId="job", status="IN_PROGRESS", expectedVersion=version)

    assert one.version("t") == 2


def test_the_last_report_completes_the_job(one):
    one.report("t", "FAILED")
    assert one.describe()["status"] == "IN_PROGRESS"
    one.report("u", "REJECTED")

    assert one.describe()["status"] == "COMPLETED"


def test_a_step_timer_of_minus_one_turns_off_what_is_not_on(one):
    one.report("t", "IN_PROGRESS", stepTimeoutInMinutes=-1)

    assert one.version("t") == 2


def test_a_step_timer_beside_a_terminal_status_is_ignored(one):
    one.report("t", "SUCCEEDED", stepTimeoutInMinutes=5)

    assert one.status("t") == "SUCCEEDED"


# What UpdateJobExecution refuses, in this order


@pytest.mark.parametrize(
    ("members", "clause"),
    [
        pytest.param(
            {"status": "DONE"},
            "Value 'DONE' at 'status' failed to satisfy constraint: Member must satisfy enum value set: "
            "[REMOVED, SUCCEEDED, TIMED_OUT, IN_PROGRESS, QUEUED, CANCELED, FAILED, REJECTED]",
            id="unknown status",
        ),
        pytest.param(
            {"status": None}, "Value null at 'status' failed to satisfy constraint: Member must not be null", id="no status"
        ),
        pytest.param(
            {"jobId": "$next"},
            "Value '$next' at 'jobId' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+",
            id="$next",
        ),
        pytest.param(
            {"jobId": "j" * 65},
            f"Value '{'j' * 65}' at 'jobId' failed to satisfy constraint: Member must have length less than or equal to 64",
            id="job id of 65",
        ),
        pytest.param(
            {"thingName": "t" * 129},
            f"Value '{'t' * 129}' at 'thingName' failed to satisfy constraint: Member must have length less than or equal to 128",
            id="thing name of 129",
        ),
        pytest.param(
            {"statusDetails": {"k": "v\x07"}},
            "Value 'v\x07' at 'statusDetails.k.member' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [^\\p{C}]+",
            id="details",
        ),
    ],
)
def test_an_update_of_the_wrong_shape_is_refused(one, unchecked_data, members, clause):
    before = one.snapshot()
    request = {"thingName": "t", "jobId": "job", "status": "SUCCEEDED", **members}

    with pytest.raises(ClientError) as caught:
        unchecked_data.update_job_execution(**{name: value for name, value in request.items() if value is not None})

    assert caught.value.response["Error"] == {
        "Code": "InvalidRequestException",
        "Message": f"1 validation error detected: {clause}",
    }
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert one.snapshot() == before


@pytest.mark.parametrize(
    "members",
    [
        {"expectedVersion": "two"},
        {"expectedVersion": "-1"},
        {"expectedVersion": 1.5},
        {"executionNumber": "1"},
        {"statusDetails": {"a": 1}},
    ],
    ids=str,
)
def test_an_update_with_a_wrong_type_is_refused(one, unchecked_data, members):
    with pytest.raises(ClientError) as caught:
        unchecked_data.update_job_execution(thingName="t", jobId="job", status="SUCCEEDED", **members)

    assert caught.value.response["Error"]["Code"] == "InvalidRequestException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert (one.status("t"), one.version("t")) == ("QUEUED", 1)


@pytest.mark.parametrize("minutes", [0, -2, 10081])
def test_a_step_timer_out_of_range_is_refused(one, minutes):
    with one.refused("InvalidRequestException", 400):
        one.report("t", "SUCCEEDED", stepTimeoutInMinutes=minutes)


@pytest.mark.parametrize("status", SERVICE_ONLY)
@pytest.mark.parametrize("job_id", ["job", "nope"])
def test_a_status_that_only_the_service_sets_is_refused_before_the_execution_is_looked_up(one, status, job_id):
    with one.refused("InvalidStateTransitionException", 409, f"The status of job execution cannot be changed to be {status}"):
        one.report("t", status, job_id)
    assert "executionState" not in one.json


@pytest.mark.parametrize(
    ("members", "message"),
    [
        pytest.param({"jobId": "nope"}, "Job nope not found for t", id="no job"),
        pytest.param({"thingName": "nope"}, "Job job not found for nope", id="no thing"),
        pytest.param({"thingName": "idle"}, "Job job not found for idle", id="thing is no target"),
        pytest.param({"executionNumber": 2}, "Job job not found for t", id="no such number"),
        pytest.param({"executionNumber": 2, "expectedVersion": 9}, "Job job not found for t", id="before the version"),
    ],
)
def test_an_update_of_nothing_is_not_found(one, members, message):
    one.things("idle")

    with one.refused("ResourceNotFoundException", 404, message):
        one.data.update_job_execution(**{"thingName": "t", "jobId": "job", "status": "SUCCEEDED", **members})


@pytest.mark.parametrize("before", ["QUEUED", *DEVICE])
def test_another_version_is_refused_with_the_present_state(one, before):
    one.bring("t", before)
    version = one.version("t")

    with one.refused("InvalidRequestException", 400, f"Expected version 99 but found version {version}"):
        one.report("t", "SUCCEEDED", expectedVersion=99)
    assert one.json["executionState"] == {"status": before, "versionNumber": version}


@pytest.mark.parametrize("status", DEVICE)
@pytest.mark.parametrize("before", TERMINAL)
def test_a_finished_execution_cannot_be_updated(one, before, status):
    one.bring("t", before)
    version = one.version("t")

    with one.refused("InvalidStateTransitionException", 409, f"Job job for t has already finished with status {before}"):
        one.report("t", status)
    assert one.json["executionState"] == {"status": before, "versionNumber": version}


def test_a_deleted_things_execution_cannot_be_updated(one):
    one.iot.delete_thing(thingName="t")
    one.names.remove("t")

    with one.refused("ResourceNotFoundException", 404, "Job job not found for t"):
        one.report("t", "SUCCEEDED")


def test_the_removed_execution_of_a_thing_created_again_cannot_be_updated(one):
    one.iot.delete_thing(thingName="t")
    one.iot.create_thing(thingName="t")

    with one.refused("InvalidStateTransitionException", 409, "Job job for t has already finished with status REMOVED"):
        one.report("t", "SUCCEEDED")


# DescribeJobExecution


def test_describe_shows_a_queued_execution_with_the_document(mock, fleet):
    mock.clock.freeze()
    mock.clock.move_to(NOON)
    fleet.things("t")
    fleet.job("t", document='{ "do": "it" }')
    fleet.data.describe_job_execution(thingName="t", jobId="job")

    assert fleet.json == {
        "execution": {
            "jobId": "job",
            "thingName": "t",
            "status": "QUEUED",
            "queuedAt": NOON_S,
            "lastUpdatedAt": NOON_S,
            "versionNumber": 1,
            "executionNumber": 1,
            "jobDocument": '{"do":"it"}',
        }
    }


@pytest.mark.parametrize(
    ("members", "is_there"), [({}, True), ({"includeJobDocument": True}, True), ({"includeJobDocument": False}, False)]
)
def test_the_document_is_left_out_on_request_only(one, members, is_there):
    execution = one.data.describe_job_execution(thingName="t", jobId="job", **members)["execution"]

    assert ("jobDocument" in execution) is is_there


def test_next_is_the_first_pending_execution_and_does_not_start_it(one):
    one.job("t", job_id="later")
    before = one.snapshot()
    execution = one.data.describe_job_execution(thingName="t", jobId="$next")["execution"]

    assert (execution["jobId"], execution["status"]) == ("job", "QUEUED")
    assert one.snapshot() == before


def test_next_is_what_runs_before_what_waits(one):
    one.job("t", job_id="later")
    one.report("t", "IN_PROGRESS", "later", statusDetails={"a": "1"})

    execution = one.data.describe_job_execution(thingName="t", jobId="$next")["execution"]
    assert (execution["jobId"], execution["status"], execution["statusDetails"]) == ("later", "IN_PROGRESS", {"a": "1"})


def test_next_of_an_idle_thing_is_an_empty_object(fleet):
    fleet.things("t")
    fleet.data.describe_job_execution(thingName="t", jobId="$next")

    assert fleet.json == {}


def test_next_of_an_unregistered_thing_is_not_found(fleet):
    """Source: one text for all that the device plane does not find (stated)."""
    with fleet.refused("ResourceNotFoundException", 404, "Job $next not found for nope"):
        fleet.data.describe_job_execution(thingName="nope", jobId="$next")


@pytest.mark.parametrize("members", [{}, {"executionNumber": 1}, {"includeJobDocument": False}], ids=str)
@pytest.mark.parametrize("status", TERMINAL)
def test_a_finished_execution_is_in_a_terminal_state(one, status, members):
    one.bring("t", status)

    with one.refused(
        "TerminalStateException", 410, "Job Execution has reached terminal state. It is neither IN_PROGRESS nor QUEUED"
    ):
        one.data.describe_job_execution(thingName="t", jobId="job", **members)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        pytest.param({"jobId": "nope"}, "Job nope not found for t", id="no job"),
        pytest.param({"thingName": "nope"}, "Job job not found for nope", id="no thing"),
        pytest.param({"executionNumber": 2}, "Job job not found for t", id="no such number"),
        pytest.param({"executionNumber": 0}, "Job job not found for t", id="number zero"),
    ],
)
def test_describe_finds_nothing(one, members, message):
    with one.refused("ResourceNotFoundException", 404, message):
        one.data.describe_job_execution(**{"thingName": "t", "jobId": "job", **members})


@pytest.mark.parametrize(
    ("job_id", "rule"),
    [
        ("j" * 65, "Member must have length less than or equal to 64"),
        ("bad!", "Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+|^\\$next"),
        ("$nextt", "Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+|^\\$next"),
    ],
)
def test_describe_refuses_a_bad_job_id(one, job_id, rule):
    message = f"1 validation error detected: Value '{job_id}' at 'jobId' failed to satisfy constraint: {rule}"

    with one.refused("InvalidRequestException", 400, message):
        one.data.describe_job_execution(thingName="t", jobId=job_id)


def test_a_job_id_that_is_too_long_is_listed_with_a_bad_thing_name(one):
    job_id = "j" * 65
    with one.refused("InvalidRequestException", 400) as caught:
        one.data.describe_job_execution(thingName="bad thing", jobId=job_id)
    message = caught.value.response["Error"]["Message"]

    assert message.startswith("2 validation errors detected: ")
    assert (
        f"Value '{job_id}' at 'jobId' failed to satisfy constraint: Member must have length less than or equal to 64" in message
    )
    assert "Value 'bad thing' at 'thingName' failed to satisfy constraint: Member must satisfy regular" in message


def test_describe_with_a_number_that_is_none_cannot_be_converted(one, unchecked_data):
    with pytest.raises(ClientError) as caught:
        unchecked_data.describe_job_execution(thingName="t", jobId="job", executionNumber="one")

    assert caught.value.response["Error"] == {
        "Code": "SerializationException",
        "Message": "'one' can not be converted to Long",
    }


@pytest.mark.parametrize(
    ("operation", "code", "status"),
    [
        (operation, code, status)
        for operation, own in (
            ("GetPendingJobExecutions", {}),
            ("StartNextPendingJobExecution", {}),
            ("DescribeJobExecution", {"TerminalStateException": 410}),
            ("UpdateJobExecution", {"InvalidStateTransitionException": 409}),
        )
        for code, status in {
            "InvalidRequestException": 400,
            "ResourceNotFoundException": 404,
            "ThrottlingException": 429,
            "ServiceUnavailableException": 503,
            "CertificateValidationException": 400,
            **own,
        }.items()
    ],
)
def test_each_error_that_is_documented_can_be_had_with_its_status(mock, one, operation, code, status):
    calls = {
        "GetPendingJobExecutions": lambda: one.data.get_pending_job_executions(thingName="t"),
        "StartNextPendingJobExecution": lambda: one.start("t"),
        "DescribeJobExecution": lambda: one.data.describe_job_execution(thingName="t", jobId="job"),
        "UpdateJobExecution": lambda: one.report("t", "SUCCEEDED"),
    }
    mock.faults.add("iot-jobs-data", operation, code)

    with pytest.raises(getattr(one.data.exceptions, code)) as caught:
        calls[operation]()

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert (one.status("t"), one.version("t")) == ("QUEUED", 1)
