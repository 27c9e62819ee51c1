"""DescribeJob, the control plane's DescribeJobExecution, and the times and numbers they show."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from support.fleet import ARN, COUNTERS

NOON = datetime(2030, 6, 1, 12, 0, 0, 123000, tzinfo=timezone.utc)


@pytest.fixture
def noon(mock):
    mock.clock.freeze()
    mock.clock.move_to(NOON)
    return mock.clock


def test_describe_job_shows_a_plain_job(noon, fleet):
    fleet.things("t")
    fleet.job("t")

    assert fleet.describe() == {
        "jobArn": f"{ARN}job/job",
        "jobId": "job",
        "targetSelection": "SNAPSHOT",
        "status": "IN_PROGRESS",
        "targets": [f"{ARN}thing/t"],
        "presignedUrlConfig": {},
        "jobExecutionsRolloutConfig": {},
        "timeoutConfig": {},
        "schedulingConfig": {},
        "createdAt": NOON,
        "lastUpdatedAt": NOON,
        "jobProcessDetails": {**dict.fromkeys(COUNTERS.values(), 0), "numberOfQueuedThings": 1},
        "isConcurrent": False,
    }
    assert "documentSource" not in fleet.iot.describe_job(jobId="job")


def test_describe_job_shows_what_was_given(fleet):
    fleet.things("t")
    given = {
        "description": "what for",
        "jobExecutionsRolloutConfig": {"maximumPerMinute": 7},
        "presignedUrlConfig": {"expiresInSec": 60},
        "namespaceId": "N_1-a",
    }
    fleet.job("t", **given)

    job = fleet.describe()
    assert {name: job[name] for name in given} == given


def test_describe_job_of_an_unknown_job_is_not_found(fleet):
    with fleet.refused("ResourceNotFoundException", 404, "Job nope cannot be found."):
        fleet.describe("nope")


def test_describing_changes_nothing(example):
    before = example.snapshot()

    assert example.snapshot() == before


@pytest.mark.parametrize("flag", [False, True])
def test_before_substitution_makes_no_difference_where_nothing_is_substituted(example, flag):
    assert example.iot.describe_job(jobId="J", beforeSubstitution=flag)["job"] == example.describe("J")
    assert example.iot.get_job_document(jobId="J", beforeSubstitution=flag)["document"] == "{}"


def test_get_job_document_of_an_unknown_job_is_not_found(fleet):
    with fleet.refused("ResourceNotFoundException", 404, "Job nope cannot be found."):
        fleet.iot.get_job_document(jobId="nope")


@pytest.mark.parametrize("status", ["QUEUED", "IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED", "CANCELED", "REMOVED"])
def test_each_status_has_its_counter(fleet, status):
    fleet.things("t", "u")
    fleet.job("t", "u")
    fleet.bring("t", status)

    assert fleet.counters() == ({"QUEUED": 2} if status == "QUEUED" else {"QUEUED": 1, status: 1})


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "REJECTED", "CANCELED", "REMOVED"])
def test_any_terminal_status_completes_a_snapshot_job(noon, fleet, status):
    fleet.things("t", "u")
    fleet.job("t", "u")
    fleet.bring("u", "FAILED")
    noon.advance(1.5)
    fleet.bring("t", status)

    job = fleet.describe()
    assert job["status"] == "COMPLETED"
    assert job["completedAt"] == job["lastUpdatedAt"] == datetime(2030, 6, 1, 12, 0, 1, 623000, tzinfo=timezone.utc)


def test_progress_of_executions_does_not_move_the_jobs_update_time(noon, fleet):
    fleet.things("t")
    fleet.job("t")
    noon.advance(10)
    fleet.report("t", "IN_PROGRESS")

    assert fleet.describe()["lastUpdatedAt"] == NOON


# Executions


def test_describe_job_execution_shows_a_queued_execution(noon, fleet):
    fleet.things("t")
    fleet.job("t", document='{"a": 1}')

    assert fleet.execution("t") == {
        "jobId": "job",
        "status": "QUEUED",
        "statusDetails": {},
        "thingArn": f"{ARN}thing/t",
        "queuedAt": NOON,
        "lastUpdatedAt": NOON,
        "executionNumber": 1,
        "versionNumber": 1,
    }


def test_times_are_kept_to_the_millisecond(noon, fleet):
    fleet.things("t")
    fleet.job("t")
    noon.advance(0.877)
    fleet.report("t", "IN_PROGRESS", statusDetails={"step": "1"})
    noon.advance(60)
    fleet.report("t", "IN_PROGRESS")

    execution = fleet.execution("t")
    assert execution["startedAt"] == datetime(2030, 6, 1, 12, 0, 1, tzinfo=timezone.utc)
    assert execution["lastUpdatedAt"] == datetime(2030, 6, 1, 12, 1, 1, tzinfo=timezone.utc)
    assert execution["statusDetails"] == {"detailsMap": {"step": "1"}}
    assert execution["versionNumber"] == 3


@pytest.mark.parametrize(("status", "is_started"), [("SUCCEEDED", True), ("FAILED", True), ("REJECTED", False)])
def test_a_terminal_report_straight_from_queued_starts_it_unless_it_rejects(noon, fleet, status, is_started):
    fleet.things("t")
    fleet.job("t")
    noon.advance(5)
    fleet.report("t", status)

    execution = fleet.execution("t")
    assert (execution["status"], execution["versionNumber"]) == (status, 2)
    assert ("startedAt" in execution) is is_started
    if is_started:
        assert execution["startedAt"] == execution["lastUpdatedAt"] > execution["queuedAt"]


@pytest.mark.parametrize("status", ["QUEUED", "IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED", "CANCELED", "REMOVED"])
def test_describe_job_execution_shows_every_status_and_never_the_document(fleet, status):
    fleet.things("t", "u")
    fleet.job("t", "u")
    fleet.bring("t", status)

    execution = fleet.execution("t", executionNumber=1)
    assert execution["status"] == status
    assert "jobDocument" not in execution


@pytest.mark.parametrize(
    ("members", "message"),
    [
        pytest.param({"jobId": "nope"}, "Job execution cannot be found as the Job nope does not exist.", id="job"),
        pytest.param({"thingName": "nope"}, "Job execution for thing nope cannot be found within job J.", id="thing"),
        pytest.param({"executionNumber": 2}, "Job execution for thing A cannot be found within job J.", id="number"),
    ],
)
def test_describe_job_execution_finds_nothing(example, members, message):
    with example.refused("ResourceNotFoundException", 404, message):
        example.iot.describe_job_execution(**{"jobId": "J", "thingName": "A", **members})


def test_next_is_no_job_id_on_the_control_plane(example):
    with example.refused("InvalidRequestException", 400):
        example.execution("A", "$next")


@pytest.mark.parametrize(
    ("operation", "members", "bad", "rule"),
    [
        ("describe_job", {}, "jobId", "length less than or equal to 64"),
        ("get_job_document", {}, "jobId", "length less than or equal to 64"),
        ("delete_job", {}, "jobId", "length less than or equal to 64"),
        ("list_job_executions_for_job", {}, "jobId", "length less than or equal to 64"),
        ("list_job_executions_for_thing", {"thingName": "A"}, "jobId", "length less than or equal to 64"),
        ("describe_job_execution", {"thingName": "A"}, "jobId", "length less than or equal to 64"),
        ("cancel_job_execution", {"thingName": "A"}, "jobId", "length less than or equal to 64"),
        ("delete_job_execution", {"thingName": "A", "executionNumber": 1}, "jobId", "length less than or equal to 64"),
        ("describe_job_execution", {"jobId": "J"}, "thingName", "length less than or equal to 128"),
        ("cancel_job_execution", {"jobId": "J"}, "thingName", "length less than or equal to 128"),
        ("delete_job_execution", {"jobId": "J", "executionNumber": 1}, "thingName", "length less than or equal to 128"),
        ("list_job_executions_for_thing", {}, "thingName", "length less than or equal to 128"),
    ],
)
def test_ids_and_names_beyond_their_limits_are_refused(example, operation, members, bad, rule):
    limit = int(rule.rpartition(" ")[2])
    call = getattr(example.iot, operation)
    with example.refused("InvalidRequestException", 400) as caught:
        call(**members, **{bad: "x" * (limit + 1)})
    assert f"at '{bad}' failed to satisfy constraint: Member must have {rule}" in str(caught.value)
    with example.refused("InvalidRequestException", 400) as caught:
        call(**members, **{bad: "bad!"})
    assert f"at '{bad}' failed to satisfy constraint: Member must satisfy regular expression pattern: " in str(caught.value)


@pytest.mark.parametrize("operation", ["cancel_job_execution", "delete_job_execution", "describe_job_execution"])
def test_ids_and_names_at_their_limits_are_taken(fleet, operation):
    thing, job_id = "t:" * 64, "j" * 64
    fleet.things(thing)
    fleet.job(thing, job_id=job_id)
    number = {"executionNumber": 1} if operation == "delete_job_execution" else {}

    answer = getattr(fleet.iot, operation)(jobId=job_id, thingName=thing, **number)

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize(
    ("details", "clause"),
    [
        pytest.param({"k" * 129: "v"}, "Member must have length less than or equal to 128", id="key of 129"),
        pytest.param({"": "v"}, "Member must have length greater than or equal to 1", id="empty key"),
        pytest.param({"bad key": "v"}, "Member must satisfy regular expression pattern: [a-zA-Z0-9:_-]+", id="key pattern"),
        pytest.param({"k": ""}, "Member must have length greater than or equal to 1", id="empty value"),
        pytest.param({"k": "v" * 1025}, "Member must have length less than or equal to 1024", id="value of 1025"),
        pytest.param({"k": "a\tb"}, r"Member must satisfy regular expression pattern: [^\p{C}]+", id="control character"),
        pytest.param({f"k{n}": "v" for n in range(11)}, "Member must have length less than or equal to 10", id="11 pairs"),
    ],
)
@pytest.mark.parametrize("operation", ["cancel", "report", "start"])
def test_status_details_beyond_their_limits_are_refused(example, unchecked_iot, unchecked_data, operation, details, clause):
    members = {"thingName": "A", "statusDetails": details}
    calls = {
        "cancel": lambda: unchecked_iot.cancel_job_execution(jobId="J", **members),
        "report": lambda: unchecked_data.update_job_execution(jobId="J", status="IN_PROGRESS", **members),
        "start": lambda: unchecked_data.start_next_pending_job_execution(**members),
    }
    with example.refused("InvalidRequestException", 400) as caught:
        calls[operation]()
    assert "validation error" in str(caught.value)
    assert clause in str(caught.value)


@pytest.mark.parametrize("operation", ["cancel", "report", "start"])
def test_all_limits_of_status_details_are_named_at_once(example, unchecked_iot, unchecked_data, operation):
    details = {"bad key": "v" * 1025, **{f"k{number}": "v" for number in range(9)}, "smiles": "\U0001f642" * 513}
    members = {"thingName": "bad thing", "statusDetails": details}
    calls = {
        "cancel": lambda: unchecked_iot.cancel_job_execution(jobId="J", **members),
        "report": lambda: unchecked_data.update_job_execution(jobId="J", status="IN_PROGRESS", **members),
        "start": lambda: unchecked_data.start_next_pending_job_execution(**members),
    }
    with example.refused("InvalidRequestException", 400) as caught:
        calls[operation]()
    message = caught.value.response["Error"]["Message"]

    assert message.startswith("5 validation errors detected: ")
    assert [clause.split("' at '")[1].split("' failed")[0] for clause in message.split("; ")] == [
        "thingName",
        "statusDetails",
        "statusDetails.key",
        "statusDetails.bad key.member",
        "statusDetails.smiles.member",
    ]


@pytest.mark.parametrize("operation", ["cancel", "report", "start"])
def test_status_details_at_their_limits_are_taken(example, operation):
    details = {f"{number}" + "k" * 127: "v" * 1024 for number in range(10)}
    calls = {
        "cancel": lambda: example.iot.cancel_job_execution(jobId="J", thingName="A", statusDetails=details),
        "report": lambda: example.report("A", "IN_PROGRESS", "J", statusDetails=details),
        "start": lambda: example.start("A", statusDetails=details),
    }
    calls[operation]()

    assert example.execution("A", "J")["statusDetails"] == {"detailsMap": details}
