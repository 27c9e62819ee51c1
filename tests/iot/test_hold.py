"""Cancelations and deletions that take time, to test code that polls for their end."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def clock(mock):
    mock.clock.freeze()
    return mock.clock


def told(mock, job_id="J"):
    """Return what the events tell of a job, in their order."""
    return [(each.payload["eventType"], each.payload["operation"]) for each in mock.events if each.payload["jobId"] == job_id]


def pending(fleet, thing):
    answer = fleet.data.get_pending_job_executions(thingName=thing)
    return [each["jobId"] for each in answer["inProgressJobs"] + answer["queuedJobs"]]


# Cancelation


def test_a_canceled_job_is_concurrent_until_its_executions_are_canceled(mock, example, clock):
    mock.iot.settings.cancellation_seconds = 60
    before = len(told(mock))
    example.iot.cancel_job(jobId="J", comment="c", reasonCode="R")

    job = example.describe("J")
    assert (job["status"], job["isConcurrent"], job["forceCanceled"], job["comment"]) == ("CANCELED", True, False, "c")
    assert example.counters("J") == {"QUEUED": 1, "IN_PROGRESS": 1, "SUCCEEDED": 1, "FAILED": 1}
    assert told(mock)[before:] == [("JOB", "cancellation_in_progress")]
    clock.advance(59.999)
    assert (example.status("A", "J"), example.describe("J")["isConcurrent"]) == ("QUEUED", True)
    clock.advance(0.001)
    assert example.describe("J")["isConcurrent"] is False
    assert example.counters("J") == {"CANCELED": 1, "IN_PROGRESS": 1, "SUCCEEDED": 1, "FAILED": 1}
    assert example.execution("A", "J")["lastUpdatedAt"].timestamp() == pytest.approx(clock.now_s, abs=0.001)
    assert told(mock)[before:] == [("JOB", "cancellation_in_progress"), ("JOB_EXECUTION", "canceled"), ("JOB", "canceled")]


def test_a_cancelation_with_force_reaches_what_runs(mock, example, clock):
    mock.iot.settings.cancellation_seconds = 60
    example.iot.cancel_job(jobId="J", force=True)
    clock.advance(60)

    assert example.counters("J") == {"CANCELED": 2, "SUCCEEDED": 1, "FAILED": 1}
    assert [example.execution(thing, "J")["forceCanceled"] for thing in "AB"] == [True, True]


def test_a_device_may_be_faster_than_a_cancelation(mock, example, clock):
    mock.iot.settings.cancellation_seconds = 60
    example.iot.cancel_job(jobId="J")
    assert example.start("A")["jobId"] == "J"
    example.report("B", "SUCCEEDED", "J")
    clock.advance(60)

    assert example.describe("J")["status"] == "CANCELED"
    assert example.counters("J") == {"IN_PROGRESS": 1, "SUCCEEDED": 2, "FAILED": 1}


def test_a_job_in_cancelation_is_not_canceled_again(mock, example):
    mock.iot.settings.cancellation_seconds = 60
    example.iot.cancel_job(jobId="J")

    with example.refused("InvalidRequestException", 400, "Job J is in status CANCELED and cannot be canceled"):
        example.iot.cancel_job(jobId="J", force=True)


def test_no_retry_and_no_rollout_follow_while_a_cancelation_lasts(mock, fleet, clock):
    mock.iot.settings.cancellation_seconds = 600
    fleet.things("t", "u")
    fleet.job(
        "t",
        "u",
        jobExecutionsRolloutConfig={"maximumPerMinute": 1},
        jobExecutionsRetryConfig={"criteriaList": [{"failureType": "ALL", "numberOfRetries": 3}]},
    )
    fleet.report("t", "IN_PROGRESS")
    fleet.iot.cancel_job(jobId="job")
    fleet.report("t", "FAILED")
    clock.advance(120)

    assert fleet.describe()["isConcurrent"] is True
    assert fleet.counters() == {"FAILED": 1}


def test_a_job_that_is_deleted_while_its_cancelation_lasts_tells_of_no_end_of_it(mock, example, clock):
    mock.iot.settings.cancellation_seconds = 60
    example.iot.cancel_job(jobId="J")
    example.iot.delete_job(jobId="J")
    clock.advance(60)

    assert [operation for kind, operation in told(mock) if kind == "JOB"] == [
        "cancellation_in_progress",
        "deletion_in_progress",
        "deleted",
    ]
    assert example.iot.list_jobs()["jobs"] == []


def test_an_abort_takes_its_time_too(mock, fleet, clock):
    mock.iot.settings.cancellation_seconds = 60
    fleet.things("t", "u")
    criterion = {
        "failureType": "FAILED",
        "action": "CANCEL",
        "thresholdPercentage": 1,
        "minNumberOfExecutedThings": 1,
    }
    fleet.job("t", "u", abortConfig={"criteriaList": [criterion]})
    fleet.report("t", "FAILED")
    during = (fleet.describe()["status"], fleet.describe()["isConcurrent"], fleet.status("u"))
    clock.advance(60)

    assert during == ("CANCELED", True, "QUEUED")
    assert (fleet.describe()["isConcurrent"], fleet.status("u")) == (False, "CANCELED")


# Deletion


def test_a_deleted_job_can_be_described_until_it_is_gone(mock, example, clock):
    mock.iot.settings.deletion_seconds = 60
    before = len(told(mock))
    example.iot.delete_job(jobId="J", force=True)

    job = example.describe("J")
    assert (job["status"], job["isConcurrent"]) == ("DELETION_IN_PROGRESS", False)
    assert [each["jobId"] for each in example.iot.list_jobs(status="DELETION_IN_PROGRESS")["jobs"]] == ["J"]
    assert example.counters("J") == {"QUEUED": 1, "IN_PROGRESS": 1, "SUCCEEDED": 1, "FAILED": 1}
    assert told(mock)[before:] == [("JOB", "deletion_in_progress")]
    clock.advance(60)
    assert example.iot.list_jobs()["jobs"] == []
    assert [pending(example, thing) for thing in "AB"] == [[], []]
    assert told(mock)[before:] == [
        ("JOB", "deletion_in_progress"),
        *[("JOB_EXECUTION", "deleted")] * 4,
        ("JOB", "deleted"),
    ]
    example.job("A", job_id="J")
    clock.advance(600)
    assert example.describe("J")["status"] == "IN_PROGRESS"


REFUSED = {
    "CancelJob": (
        lambda fleet: fleet.iot.cancel_job(jobId="J", force=True),
        ("InvalidRequestException", 400, "Job J is in status DELETION_IN_PROGRESS and cannot be canceled"),
    ),
    "DeleteJob": (
        lambda fleet: fleet.iot.delete_job(jobId="J"),
        ("InvalidStateTransitionException", 409, "Job J is in status DELETION_IN_PROGRESS and cannot be deleted again"),
    ),
    "DeleteJob with force": (
        lambda fleet: fleet.iot.delete_job(jobId="J", force=True),
        ("InvalidStateTransitionException", 409, "Job J is in status DELETION_IN_PROGRESS and cannot be deleted again"),
    ),
    "UpdateJob": (
        lambda fleet: fleet.iot.update_job(jobId="J", description="d"),
        ("InvalidRequestException", 400, "Job J in status DELETION_IN_PROGRESS cannot be updated."),
    ),
    "CreateJob": (
        lambda fleet: fleet.job("A", job_id="J"),
        ("ResourceAlreadyExistsException", 409, "Job J already exists."),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_job_in_deletion_refuses_what_would_change_it(mock, example, name):
    call, error = REFUSED[name]
    mock.iot.settings.deletion_seconds = 60
    example.iot.delete_job(jobId="J", force=True)

    with example.refused(*error):
        call(example)


def test_executions_of_a_job_in_deletion_go_on_until_they_are_gone(mock, example, clock):
    mock.iot.settings.deletion_seconds = 60
    example.iot.delete_job(jobId="J", force=True)
    example.iot.delete_job_execution(jobId="J", thingName="A", executionNumber=1)
    example.report("B", "SUCCEEDED", "J")

    assert example.describe("J")["status"] == "DELETION_IN_PROGRESS"
    assert example.counters("J") == {"SUCCEEDED": 2, "FAILED": 1}
    clock.advance(60)
    assert example.iot.list_jobs()["jobs"] == []


def test_a_reset_forgets_what_was_being_deleted(mock, fleet, clock):
    fleet.things("t")
    mock.iot.settings.deletion_seconds = 60
    fleet.job("t")
    fleet.iot.delete_job(jobId="job", force=True)
    mock.reset()
    fleet.things("t")
    fleet.job("t")
    clock.advance(60)

    assert fleet.describe()["status"] == "IN_PROGRESS"
