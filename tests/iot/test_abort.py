"""Abort criteria: when a job is aborted, and what that does."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def clock(mock):
    mock.clock.freeze()
    return mock.clock


def abort(*criteria):
    return {
        "abortConfig": {
            "criteriaList": [
                {"failureType": kind, "action": "CANCEL", "thresholdPercentage": percent, "minNumberOfExecutedThings": minimum}
                for kind, percent, minimum in criteria
            ]
        }
    }


def comment(kind, threshold, completed, matching):
    return (
        f"Abort criteria for failure type {kind} with threshold {threshold}% met. "
        f"Total completed executions: {completed}, total {kind} executions: {matching}"
    )


def outcome(fleet):
    job = fleet.describe()
    return job["status"], job.get("comment")


TWO = (("FAILED", 20, 100), ("TIMED_OUT", 50, 200))
GOES_ON = ("IN_PROGRESS", None)


@pytest.mark.parametrize(
    ("criteria", "reports", "expected"),
    [
        pytest.param(TWO, {"FAILED": 99}, GOES_ON, id="99 done, below the minimum"),
        pytest.param(
            TWO, {"SUCCEEDED": 80, "FAILED": 20}, ("CANCELED", comment("FAILED", "20.00", 100, 20)), id="100 done, 20 FAILED"
        ),
        pytest.param(TWO, {"SUCCEEDED": 81, "FAILED": 19}, GOES_ON, id="100 done, 19 FAILED"),
        pytest.param(
            TWO,
            {"TIMED_OUT": 100, "SUCCEEDED": 70, "FAILED": 30},
            ("CANCELED", comment("TIMED_OUT", "50.00", 200, 100)),
            id="200 done, second criterion",
        ),
        pytest.param((("ALL", 10.5, 10),), {"SUCCEEDED": 9, "FAILED": 1}, GOES_ON, id="10 is less than 10.5"),
        pytest.param(
            (("FAILED", 28.57, 7),),
            {"SUCCEEDED": 5, "FAILED": 2},
            ("CANCELED", comment("FAILED", "28.57", 7, 2)),
            id="2 of 7 are more than 28.57",
        ),
        pytest.param((("FAILED", 28.58, 7),), {"SUCCEEDED": 5, "FAILED": 2}, GOES_ON, id="2 of 7 are less than 28.58"),
        pytest.param((("FAILED", 42.86, 7),), {"SUCCEEDED": 4, "FAILED": 3}, GOES_ON, id="3 of 7 are hardly less than 42.86"),
        pytest.param(
            (("FAILED", 0.07, 5),),
            {"SUCCEEDED": 4, "FAILED": 1},
            ("CANCELED", comment("FAILED", "0.07", 5, 1)),
            id="far above the threshold",
        ),
        pytest.param(
            (("FAILED", 50, 2), ("ALL", 50, 2)),
            {"SUCCEEDED": 1, "FAILED": 1},
            ("CANCELED", comment("FAILED", "50.00", 2, 1)),
            id="the first that is met wins",
        ),
        pytest.param((("REJECTED", 1, 1),), {"FAILED": 3}, GOES_ON, id="another type"),
    ],
)
def test_a_job_is_aborted_when_a_criterion_is_met(clock, fleet, fill_group, criteria, reports, expected):
    fill_group("g", sum(reports.values()) + 1)
    fleet.job(groups=["g"], **abort(*criteria))
    names = (f"g-{number}" for number in range(1000))
    for status, number in reports.items():
        assert outcome(fleet) == GOES_ON
        for _ in range(number):
            if status == "TIMED_OUT":
                fleet.start(next(names), stepTimeoutInMinutes=1)
            else:
                fleet.report(next(names), status)
        if status == "TIMED_OUT":
            clock.advance(60)

    assert outcome(fleet) == expected


def test_all_stands_for_failed_rejected_and_timed_out(fleet):
    fleet.things(*"abcdefg")
    fleet.job(*"abcdefg", **abort(("ALL", 50, 4)))
    for thing, status in zip("abc", ("SUCCEEDED", "FAILED", "REJECTED"), strict=True):
        fleet.report(thing, status)
    assert outcome(fleet) == GOES_ON
    fleet.report("d", "SUCCEEDED")

    assert outcome(fleet) == ("CANCELED", comment("ALL", "50.00", 4, 2))
    assert fleet.counters() == {"SUCCEEDED": 2, "FAILED": 1, "REJECTED": 1, "CANCELED": 3}


def test_a_timeout_can_abort(clock, fleet):
    fleet.things("a", "b")
    fleet.job("a", "b", **abort(("ALL", 100, 1)))
    fleet.start("a", stepTimeoutInMinutes=1)
    clock.advance(60)

    assert outcome(fleet) == ("CANCELED", comment("ALL", "100.00", 1, 1))


def test_an_abort_cancels_what_waits_and_leaves_what_runs_alone(fleet):
    fleet.things(*"abcd")
    fleet.job(*"abcd", **abort(("FAILED", 100, 1)))
    fleet.start("b")
    fleet.report("a", "FAILED")

    assert outcome(fleet) == ("CANCELED", comment("FAILED", "100.00", 1, 1))
    assert [fleet.status(thing) for thing in "abcd"] == ["FAILED", "IN_PROGRESS", "CANCELED", "CANCELED"]
    assert [fleet.version(thing) for thing in "abcd"] == [2, 2, 2, 2]
    assert fleet.start("c") is None
    fleet.report("b", "SUCCEEDED")
    assert fleet.counters() == {"FAILED": 1, "SUCCEEDED": 1, "CANCELED": 2}
    assert fleet.describe()["status"] == "CANCELED"


def test_an_aborted_job_says_so(fleet):
    fleet.things("a", "b")
    fleet.job("a", "b", **abort(("FAILED", 100, 1)))
    fleet.report("a", "FAILED")
    job = fleet.describe()

    assert (job["reasonCode"], job["forceCanceled"], "completedAt" in job) == ("ABORT_CANCEL", False, False)
    assert "forceCanceled" not in fleet.execution("b")


def test_an_abort_ends_the_rollout(clock, fleet):
    fleet.things("a", "b")
    fleet.job("a", "b", jobExecutionsRolloutConfig={"maximumPerMinute": 1}, **abort(("FAILED", 100, 1)))
    fleet.report("a", "FAILED")
    assert fleet.describe()["isConcurrent"] is False
    clock.advance(600)

    assert fleet.counters() == {"FAILED": 1}
    assert fleet.describe()["status"] == "CANCELED"


def test_canceled_executions_count_as_completed(fleet):
    fleet.things(*"abcd")
    fleet.job(*"abcd", **abort(("FAILED", 40, 2)))
    fleet.report("a", "FAILED")
    assert outcome(fleet) == GOES_ON
    fleet.iot.cancel_job_execution(jobId="job", thingName="b")

    assert outcome(fleet) == ("CANCELED", comment("FAILED", "40.00", 2, 1))
    assert fleet.counters() == {"FAILED": 1, "CANCELED": 3}


def test_a_job_with_nothing_left_to_do_is_completed_and_not_aborted(fleet):
    fleet.things("a", "b")
    fleet.job("a", "b", **abort(("FAILED", 50, 2)))
    fleet.report("a", "FAILED")
    fleet.report("b", "FAILED")

    assert outcome(fleet) == ("COMPLETED", None)


def test_deleting_an_execution_changes_the_arithmetic(fleet):
    fleet.things(*"abcd")
    fleet.job(*"abcd", **abort(("FAILED", 40, 2)))
    for thing, status in zip("abc", ("SUCCEEDED", "SUCCEEDED", "FAILED"), strict=True):
        fleet.report(thing, status)
    assert outcome(fleet) == GOES_ON
    fleet.iot.delete_job_execution(jobId="job", thingName="a", executionNumber=1)

    assert outcome(fleet) == ("CANCELED", comment("FAILED", "40.00", 2, 1))


def test_removed_executions_count_as_completed(fleet):
    fleet.things(*"abcd")
    fleet.job(*"abcd", **abort(("FAILED", 30, 3)))
    fleet.iot.delete_thing(thingName="a")
    fleet.report("b", "SUCCEEDED")
    assert outcome(fleet) == GOES_ON
    fleet.report("c", "FAILED")

    assert outcome(fleet) == ("CANCELED", comment("FAILED", "30.00", 3, 1))


RETRY = {"jobExecutionsRetryConfig": {"criteriaList": [{"failureType": "FAILED", "numberOfRetries": 3}]}}


def test_each_attempt_counts_by_itself(fleet):
    fleet.things("a", "b")
    fleet.job("a", "b", **RETRY, **abort(("FAILED", 100, 2)))
    fleet.report("a", "FAILED")
    assert outcome(fleet) == GOES_ON
    fleet.report("a", "FAILED")

    assert outcome(fleet) == ("CANCELED", comment("FAILED", "100.00", 2, 2))


def test_no_retry_is_queued_by_a_failure_that_aborts(fleet):
    fleet.things("a", "b")
    fleet.job("a", "b", **RETRY, **abort(("FAILED", 100, 1)))
    fleet.report("a", "FAILED")

    assert fleet.counters() == {"FAILED": 1, "CANCELED": 1}
    assert fleet.execution("a")["executionNumber"] == 1


def test_a_last_failure_that_would_be_retried_aborts(fleet):
    """A retry that is due is something left to do, so the job is not completed first."""
    fleet.things("a")
    fleet.job("a", **RETRY, **abort(("FAILED", 100, 1)))
    fleet.report("a", "FAILED")

    assert outcome(fleet) == ("CANCELED", comment("FAILED", "100.00", 1, 1))
    assert fleet.counters() == {"FAILED": 1}


def test_queued_retries_are_canceled_too(fleet):
    fleet.things("a", "b")
    fleet.job("a", "b", **RETRY, **abort(("REJECTED", 50, 2)))
    fleet.report("a", "FAILED")
    fleet.report("b", "REJECTED")

    assert (fleet.execution("a")["executionNumber"], fleet.status("a")) == (2, "CANCELED")


def test_a_job_shows_its_abort_configuration_with_floats(fleet):
    fleet.things("a")
    config = abort(("FAILED", 25, 1))
    fleet.job("a", **config)
    shown = fleet.describe()["abortConfig"]

    assert shown == config["abortConfig"]
    assert isinstance(shown["criteriaList"][0]["thresholdPercentage"], float)
