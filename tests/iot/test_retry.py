"""Retries of failed and timed out executions."""

from __future__ import annotations

from datetime import timedelta

import pytest


@pytest.fixture(autouse=True)
def clock(mock):
    mock.clock.freeze()
    return mock.clock


def retry(**numbers):
    return {
        "jobExecutionsRetryConfig": {
            "criteriaList": [{"failureType": kind, "numberOfRetries": number} for kind, number in numbers.items()]
        }
    }


@pytest.fixture
def fail(clock, fleet):
    """End the first execution of the thing that waits, in a given way."""

    def act(outcome, thing="t"):
        if outcome == "TIMED_OUT":
            fleet.start(thing, stepTimeoutInMinutes=1)
            clock.advance(60)
        else:
            fleet.start(thing)
            fleet.report(thing, outcome)

    return act


def attempts(fleet, thing="t", job_id="job"):
    """Return all executions of a thing, the first attempt first: number, status and attempt."""
    summaries = fleet.iot.list_job_executions_for_thing(thingName=thing, jobId=job_id)["executionSummaries"]
    found = [each["jobExecutionSummary"] for each in reversed(summaries)]
    return [(each["executionNumber"], each["status"], each["retryAttempt"]) for each in found]


@pytest.mark.parametrize(
    ("criteria", "outcomes", "expected"),
    [
        pytest.param(
            {"FAILED": 2},
            ["FAILED", "FAILED", "FAILED"],
            [(1, "FAILED", 0), (2, "FAILED", 1), (3, "FAILED", 2)],
            id="FAILED 2: all three fail",
        ),
        pytest.param(
            {"FAILED": 2}, ["FAILED", "SUCCEEDED"], [(1, "FAILED", 0), (2, "SUCCEEDED", 1)], id="FAILED 2: second succeeds"
        ),
        pytest.param(
            {"FAILED": 1, "TIMED_OUT": 1},
            ["FAILED", "TIMED_OUT", "FAILED"],
            [(1, "FAILED", 0), (2, "TIMED_OUT", 1), (3, "FAILED", 2)],
            id="each type once",
        ),
        pytest.param(
            {"TIMED_OUT": 1, "FAILED": 1},
            ["FAILED", "FAILED"],
            [(1, "FAILED", 0), (2, "FAILED", 1)],
            id="one type does not use the other's",
        ),
        pytest.param({"ALL": 1}, ["TIMED_OUT", "FAILED"], [(1, "TIMED_OUT", 0), (2, "FAILED", 1)], id="ALL 1"),
        pytest.param(
            {"ALL": 2},
            ["TIMED_OUT", "FAILED", "FAILED"],
            [(1, "TIMED_OUT", 0), (2, "FAILED", 1), (3, "FAILED", 2)],
            id="ALL 2 counts both together",
        ),
        pytest.param({"FAILED": 3}, ["REJECTED"], [(1, "REJECTED", 0)], id="REJECTED"),
        pytest.param({"ALL": 3}, ["REJECTED"], [(1, "REJECTED", 0)], id="REJECTED is not in ALL"),
        pytest.param({"FAILED": 0}, ["FAILED"], [(1, "FAILED", 0)], id="FAILED 0"),
        pytest.param({"FAILED": 3}, ["TIMED_OUT"], [(1, "TIMED_OUT", 0)], id="another type"),
    ],
)
def test_so_many_attempts_follow_and_the_last_completes_the_job(fleet, fail, criteria, outcomes, expected):
    fleet.things("t")
    fleet.job("t", **retry(**criteria))
    for number, outcome in enumerate(outcomes, 1):
        assert (fleet.describe()["status"], fleet.execution("t")["executionNumber"]) == ("IN_PROGRESS", number)
        fail(outcome)

    assert attempts(fleet) == expected
    assert fleet.describe()["status"] == "COMPLETED"
    assert fleet.start("t") is None


@pytest.mark.parametrize("outcome", ["FAILED", "TIMED_OUT"])
def test_without_a_retry_configuration_no_attempt_follows(fleet, fail, outcome):
    fleet.things("t")
    fleet.job("t")

    fail(outcome)

    assert attempts(fleet) == [(1, outcome, 0)]
    assert fleet.describe()["status"] == "COMPLETED"


def test_a_new_attempt_begins_with_nothing(clock, fleet):
    fleet.things("t")
    fleet.job("t", **retry(FAILED=1))
    fleet.start("t", statusDetails={"a": "1"})
    clock.advance(7)
    fleet.report("t", "FAILED")
    first, second = (fleet.execution("t", executionNumber=number) for number in (1, 2))

    assert (first["status"], first["versionNumber"], first["statusDetails"]) == ("FAILED", 3, {"detailsMap": {"a": "1"}})
    assert {name: second[name] for name in ("status", "versionNumber", "executionNumber", "statusDetails")} == {
        "status": "QUEUED",
        "versionNumber": 1,
        "executionNumber": 2,
        "statusDetails": {},
    }
    assert "startedAt" not in second
    assert second["queuedAt"] == second["lastUpdatedAt"] == first["queuedAt"] + timedelta(seconds=7)


def test_a_retry_after_a_timeout_is_queued_at_the_deadline(clock, fleet):
    fleet.things("t")
    fleet.job("t", timeoutConfig={"inProgressTimeoutInMinutes": 1}, **retry(TIMED_OUT=1))
    started = fleet.describe()["createdAt"]
    fleet.start("t")
    clock.advance(600)

    assert fleet.execution("t")["queuedAt"] == started + timedelta(minutes=1)


def test_each_attempt_has_the_whole_time_limit(clock, fleet):
    fleet.things("t")
    fleet.job("t", timeoutConfig={"inProgressTimeoutInMinutes": 10}, **retry(FAILED=1))
    fleet.start("t")
    clock.advance(300)
    fleet.report("t", "FAILED")

    assert fleet.start("t")["approximateSecondsBeforeTimedOut"] == 600


def test_each_attempt_counts(fleet, fail):
    fleet.things("t", "u")
    fleet.job("t", "u", **retry(FAILED=2))
    fail("FAILED")
    fail("FAILED")

    assert fleet.counters() == {"FAILED": 2, "QUEUED": 2}


def test_a_retry_goes_to_the_end_of_the_things_queue(fleet, fail):
    fleet.things("t")
    fleet.job("t", **retry(FAILED=1))
    fleet.job("t", job_id="other")
    fail("FAILED")

    assert fleet.start("t")["jobId"] == "other"
    fleet.report("t", "SUCCEEDED", "other")
    again = fleet.start("t")
    assert (again["jobId"], again["executionNumber"]) == ("job", 2)


@pytest.mark.parametrize("number", [None, 2])
def test_a_report_counts_for_the_latest_attempt(fleet, fail, number):
    fleet.things("t")
    fleet.job("t", **retry(FAILED=1))
    fail("FAILED")
    fleet.report("t", "SUCCEEDED", **({} if number is None else {"executionNumber": number}))

    assert attempts(fleet) == [(1, "FAILED", 0), (2, "SUCCEEDED", 1)]


def test_an_older_attempt_is_finished(fleet, fail):
    fleet.things("t")
    fleet.job("t", **retry(FAILED=1))
    fail("FAILED")

    with fleet.refused("InvalidStateTransitionException", 409, "Job job for t has already finished with status FAILED"):
        fleet.report("t", "SUCCEEDED", executionNumber=1)
    with fleet.refused("TerminalStateException", 410):
        fleet.data.describe_job_execution(thingName="t", jobId="job", executionNumber=1)


def test_a_failure_straight_from_the_queue_is_retried(fleet):
    fleet.things("t")
    fleet.job("t", **retry(FAILED=1))
    fleet.report("t", "FAILED")

    assert attempts(fleet) == [(1, "FAILED", 0), (2, "QUEUED", 1)]


def test_all_attempts_of_all_things_are_listed_for_the_job(clock, fleet, fail):
    fleet.things("t", "u")
    fleet.job("t", "u", **retry(FAILED=1))
    clock.advance(1)
    fail("FAILED", "u")
    summaries = fleet.iot.list_job_executions_for_job(jobId="job")["executionSummaries"]
    found = [(each["thingArn"].rpartition("/")[2], each["jobExecutionSummary"]) for each in summaries]

    assert [(thing, each["executionNumber"], each["status"], each["retryAttempt"]) for thing, each in found] == [
        ("u", 2, "QUEUED", 1),
        ("u", 1, "FAILED", 0),
        ("t", 1, "QUEUED", 0),
    ]


@pytest.mark.parametrize("size", [1, 2])
def test_pages_hold_each_attempt_once(fleet, fail, size):
    fleet.things("t", "u")
    fleet.job("t", "u", **retry(FAILED=2))
    for thing in ("t", "u", "t"):
        fail("FAILED", thing)
    pages = fleet.iot.get_paginator("list_job_executions_for_job").paginate(jobId="job", PaginationConfig={"PageSize": size})
    found = [
        (each["thingArn"].rpartition("/")[2], each["jobExecutionSummary"]["executionNumber"])
        for page in pages
        for each in page["executionSummaries"]
    ]

    assert sorted(found) == [("t", 1), ("t", 2), ("t", 3), ("u", 1), ("u", 2)]


@pytest.mark.parametrize("force", [False, True])
def test_a_canceled_job_retries_nothing_any_more(clock, fleet, force):
    fleet.things("t", "u")
    fleet.job("t", "u", **retry(ALL=2))
    fleet.report("t", "FAILED")
    fleet.start("u", stepTimeoutInMinutes=1)
    fleet.iot.cancel_job(jobId="job", force=force)
    clock.advance(60)

    assert attempts(fleet, "t") == [(1, "FAILED", 0), (2, "CANCELED", 1)]
    assert attempts(fleet, "u") == [(1, "CANCELED" if force else "TIMED_OUT", 0)]
    assert fleet.describe()["status"] == "CANCELED"


def test_a_failure_after_a_cancel_is_not_retried(fleet):
    fleet.things("t")
    fleet.job("t", **retry(FAILED=2))
    fleet.start("t")
    fleet.iot.cancel_job(jobId="job")
    fleet.report("t", "FAILED")

    assert attempts(fleet) == [(1, "FAILED", 0)]
    assert fleet.describe()["status"] == "CANCELED"


@pytest.mark.parametrize("is_started", [False, True])
def test_a_canceled_retry_is_the_last(fleet, fail, is_started):
    fleet.things("t")
    fleet.job("t", **retry(FAILED=5))
    fail("FAILED")
    if is_started:
        fleet.start("t")
    fleet.iot.cancel_job_execution(jobId="job", thingName="t", force=is_started)

    assert attempts(fleet) == [(1, "FAILED", 0), (2, "CANCELED", 1)]
    assert fleet.describe()["status"] == "COMPLETED"


def test_a_deleted_thing_is_not_retried(fleet):
    fleet.things("t")
    fleet.job("t", **retry(FAILED=5))
    fleet.start("t")
    fleet.iot.delete_thing(thingName="t")

    assert fleet.counters() == {"REMOVED": 1}
    assert fleet.describe()["status"] == "COMPLETED"


def test_deleting_an_old_attempt_gives_no_retry_back(fleet, fail):
    fleet.things("t")
    fleet.job("t", **retry(FAILED=1))
    fail("FAILED")
    fleet.iot.delete_job_execution(jobId="job", thingName="t", executionNumber=1)
    fail("FAILED")

    assert attempts(fleet) == [(2, "FAILED", 1)]


def test_deleting_the_queued_retry_completes_the_job(fleet, fail):
    fleet.things("t")
    fleet.job("t", **retry(FAILED=1))
    fail("FAILED")
    fleet.iot.delete_job_execution(jobId="job", thingName="t", executionNumber=2)

    assert attempts(fleet) == [(1, "FAILED", 0)]
    assert fleet.describe()["status"] == "COMPLETED"


def test_a_job_shows_its_retry_configuration(fleet):
    fleet.things("t")
    config = retry(FAILED=4, TIMED_OUT=6)
    fleet.job("t", **config)
    fleet.job("t", job_id="plain")

    assert fleet.describe()["jobExecutionsRetryConfig"] == config["jobExecutionsRetryConfig"]
    assert "jobExecutionsRetryConfig" not in fleet.describe("plain")
