"""DeleteJob and DeleteJobExecution: the decision tables."""

from __future__ import annotations

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from support.fleet import ARN

# DeleteJob


@pytest.mark.parametrize("force", [False, True], ids=["plain", "force"])
@pytest.mark.parametrize("end", ["completed", "canceled", "canceled with one in progress"])
def test_delete_job_deletes_a_job_that_is_over(fleet, end, force):
    fleet.things("t")
    fleet.job("t")
    if end == "completed":
        fleet.report("t", "FAILED")
    if end == "canceled with one in progress":
        fleet.report("t", "IN_PROGRESS")
    if end != "completed":
        fleet.iot.cancel_job(jobId="job")

    answer = fleet.iot.delete_job(jobId="job", force=force)

    assert set(answer) == {"ResponseMetadata"}
    assert fleet.body == b""
    assert fleet.iot.list_jobs()["jobs"] == []
    assert fleet.iot.list_job_executions_for_thing(thingName="t")["executionSummaries"] == []


def test_delete_job_refuses_a_job_in_progress(example):
    with example.refused(
        "InvalidStateTransitionException", 409, "Job J is in status IN_PROGRESS and cannot be deleted without force"
    ):
        example.iot.delete_job(jobId="J")


def test_delete_job_with_force_deletes_a_job_in_progress(example):
    example.iot.delete_job(jobId="J", force=True)

    calls = {
        "Job J cannot be found.": [
            lambda: example.describe("J"),
            lambda: example.iot.get_job_document(jobId="J"),
            lambda: example.iot.cancel_job(jobId="J"),
            lambda: example.iot.delete_job(jobId="J", force=True),
            lambda: example.iot.list_job_executions_for_job(jobId="J"),
        ],
        "Job execution cannot be found as the Job J does not exist.": [
            lambda: example.execution("B", "J"),
            lambda: example.iot.cancel_job_execution(jobId="J", thingName="B"),
            lambda: example.iot.delete_job_execution(jobId="J", thingName="B", executionNumber=1),
        ],
        "Job J not found for B": [
            lambda: example.report("B", "SUCCEEDED", "J"),
            lambda: example.data.describe_job_execution(jobId="J", thingName="B"),
        ],
    }
    for message, each_call in calls.items():
        for call in each_call:
            with example.refused("ResourceNotFoundException", 404, message):
                call()
    for thing in "AB":
        assert example.start(thing) is None


def test_the_id_of_a_deleted_job_can_be_used_again(example):
    example.iot.delete_job(jobId="J", force=True)
    example.job("A", job_id="J", document='{"new": true}')

    assert example.counters("J") == {"QUEUED": 1}
    assert (example.execution("A", "J")["executionNumber"], example.version("A", "J")) == (1, 1)
    assert example.iot.get_job_document(jobId="J")["document"] == '{"new": true}'


def test_delete_job_leaves_other_jobs_of_its_things_alone(example):
    example.job("A", "B", job_id="K")
    example.iot.delete_job(jobId="J", force=True)

    assert example.start("B")["jobId"] == "K"
    assert [each["jobId"] for each in example.data.get_pending_job_executions(thingName="A")["queuedJobs"]] == ["K"]


@pytest.mark.parametrize("force", [False, True], ids=["plain", "force"])
def test_delete_job_of_an_unknown_job_is_not_found(example, force):
    with example.refused("ResourceNotFoundException", 404, "Job nope cannot be found."):
        example.iot.delete_job(jobId="nope", force=force)


@pytest.mark.parametrize(("namespace", "is_found"), [(None, True), ("N", True), ("M", False)])
def test_delete_job_finds_a_job_in_its_namespace_only(fleet, namespace, is_found):
    fleet.things("t")
    fleet.job("t", namespaceId="N")
    members = {} if namespace is None else {"namespaceId": namespace}
    if is_found:
        fleet.iot.delete_job(jobId="job", force=True, **members)

        assert fleet.iot.list_jobs()["jobs"] == []
    else:
        with fleet.refused("ResourceNotFoundException", 404, "Job job cannot be found."):
            fleet.iot.delete_job(jobId="job", force=True, **members)


# DeleteJobExecution


@pytest.mark.parametrize("force", [False, True], ids=["plain", "force"])
@pytest.mark.parametrize("status", ["QUEUED", "SUCCEEDED", "FAILED", "REJECTED", "CANCELED", "REMOVED"])
def test_delete_job_execution_deletes_all_but_what_is_in_progress(fleet, status, force):
    fleet.things("t", "u")
    fleet.job("t", "u")
    fleet.bring("t", status)

    answer = fleet.iot.delete_job_execution(jobId="job", thingName="t", executionNumber=1, force=force)

    assert set(answer) == {"ResponseMetadata"}
    assert fleet.body == b""
    assert fleet.counters() == {"QUEUED": 1}
    with fleet.refused("ResourceNotFoundException", 404, "Job execution for thing t cannot be found within job job."):
        fleet.execution("t")


def test_delete_job_execution_refuses_one_in_progress(example):
    with example.refused(
        "InvalidStateTransitionException",
        409,
        "Job execution for thing B within job J in status IN_PROGRESS cannot be deleted without force flag.",
    ):
        example.iot.delete_job_execution(jobId="J", thingName="B", executionNumber=1)


def test_delete_job_execution_with_force_deletes_one_in_progress(example):
    example.iot.delete_job_execution(jobId="J", thingName="B", executionNumber=1, force=True)

    assert example.counters("J") == {"QUEUED": 1, "SUCCEEDED": 1, "FAILED": 1}
    with example.refused("ResourceNotFoundException", 404, "Job J not found for B"):
        example.report("B", "SUCCEEDED", "J")


@pytest.mark.parametrize(
    ("job_id", "thing", "number", "message"),
    [
        pytest.param("nope", "A", 1, "Job execution cannot be found as the Job nope does not exist.", id="no job"),
        pytest.param("J", "nope", 1, "Job execution for thing nope cannot be found within job J.", id="no thing"),
        pytest.param("J", "A", 2, "Job execution for thing A cannot be found within job J.", id="no such number"),
    ],
)
def test_delete_job_execution_finds_nothing(example, job_id, thing, number, message):
    with example.refused("ResourceNotFoundException", 404, message):
        example.iot.delete_job_execution(jobId=job_id, thingName=thing, executionNumber=number, force=True)


@pytest.mark.parametrize("number", [0, -1])
def test_an_execution_number_below_one_is_refused_before_anything_is_looked_up(example, number):
    with example.refused("InvalidRequestException", 400, "Execution number is invalid."):
        example.iot.delete_job_execution(jobId="nope", thingName="A", executionNumber=number)


def test_an_execution_number_that_is_no_number_cannot_be_converted(example, mock):
    unchecked = boto3.client("iot", region_name="us-east-1", config=Config(parameter_validation=False))

    with pytest.raises(ClientError) as caught:
        unchecked.delete_job_execution(jobId="J", thingName="A", executionNumber="one")

    assert caught.value.response["Error"] == {
        "Code": "SerializationException",
        "Message": "'one' can not be converted to Long",
    }
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert example.status("A", "J") == "QUEUED"


def test_deleting_the_last_pending_execution_completes_a_snapshot_job(fleet):
    fleet.things("t", "u")
    fleet.job("t", "u")
    fleet.report("u", "FAILED")
    assert fleet.describe()["status"] == "IN_PROGRESS"
    fleet.iot.delete_job_execution(jobId="job", thingName="t", executionNumber=1)

    job = fleet.describe()
    assert job["status"] == "COMPLETED"
    assert job["completedAt"] == job["lastUpdatedAt"]


def test_deleting_the_only_execution_completes_a_snapshot_job(fleet):
    fleet.things("t")
    fleet.job("t")
    fleet.iot.delete_job_execution(jobId="job", thingName="t", executionNumber=1)

    assert (fleet.describe()["status"], fleet.counters()) == ("COMPLETED", {})


def test_deleting_a_finished_execution_leaves_a_canceled_job_canceled(example):
    example.iot.cancel_job(jobId="J", force=True)
    example.iot.delete_job_execution(jobId="J", thingName="C", executionNumber=1)

    assert example.describe("J")["status"] == "CANCELED"


@pytest.mark.parametrize(("namespace", "is_found"), [(None, True), ("N", True), ("M", False)])
def test_delete_job_execution_finds_a_job_in_its_namespace_only(fleet, namespace, is_found):
    fleet.things("t")
    fleet.job("t", namespaceId="N")
    members = {"jobId": "job", "thingName": "t", "executionNumber": 1}
    if namespace is not None:
        members["namespaceId"] = namespace
    if is_found:
        fleet.iot.delete_job_execution(**members)

        assert fleet.counters() == {}
    else:
        with fleet.refused("ResourceNotFoundException", 404):
            fleet.iot.delete_job_execution(**members)


# Things that are deleted from the registry


@pytest.mark.parametrize(
    ("status", "after", "version"),
    [("QUEUED", "REMOVED", 1), ("IN_PROGRESS", "REMOVED", 2), ("SUCCEEDED", "SUCCEEDED", 3), ("CANCELED", "CANCELED", 2)],
)
def test_deleting_a_thing_removes_what_it_has_not_finished(mock, fleet, status, after, version):
    fleet.things("t", "u")
    fleet.job("t", "u")
    fleet.bring("t", status)
    mock.clock.advance(3)
    fleet.iot.delete_thing(thingName="t")

    execution = fleet.execution("t")
    assert (execution["status"], execution["versionNumber"]) == (after, version)
    moved = (execution["lastUpdatedAt"] - execution["queuedAt"]).total_seconds() >= 3
    assert moved is (after == "REMOVED")


def test_the_records_of_a_deleted_thing_stay_in_the_listing_of_the_job(fleet):
    fleet.things("t", "u")
    fleet.job("t", "u")
    fleet.iot.delete_thing(thingName="t")

    assert fleet.counters() == {"QUEUED": 1, "REMOVED": 1}
    listed = fleet.iot.list_job_executions_for_job(jobId="job", status="REMOVED")["executionSummaries"]
    assert [each["thingArn"] for each in listed] == [f"{ARN}thing/t"]


def test_deleting_the_last_unfinished_thing_completes_a_snapshot_job(fleet):
    fleet.things("t", "u")
    fleet.job("t", "u")
    fleet.report("u", "SUCCEEDED")
    fleet.iot.delete_thing(thingName="t")

    assert fleet.describe()["status"] == "COMPLETED"


def test_a_thing_created_again_has_nothing_pending(fleet):
    fleet.things("t", "u")
    fleet.job("t", "u")
    fleet.iot.delete_thing(thingName="t")
    fleet.iot.create_thing(thingName="t")

    assert fleet.start("t") is None
    assert fleet.status("t") == "REMOVED"
    assert [
        each["jobExecutionSummary"]["status"]
        for each in fleet.iot.list_job_executions_for_thing(thingName="t")["executionSummaries"]
    ] == ["REMOVED"]


def test_a_deleted_thing_that_no_job_concerns_disturbs_nothing(fleet):
    fleet.things("t", "u")
    fleet.job("t")
    before = fleet.describe()
    fleet.iot.delete_thing(thingName="u")

    assert fleet.describe() == before
