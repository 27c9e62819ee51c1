"""Timeouts, retries, abort criteria, rates and schedules combined: invariants that always hold."""

from __future__ import annotations

from datetime import datetime, timezone
from itertools import pairwise

import boto3
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from mock_jobs import mock_jobs

from support.constants import NO_RETRIES, REGION
from support.fleet import Fleet

THINGS = ("a", "b", "c", "d")
TEN = datetime(2030, 6, 1, 10, 0, tzinfo=timezone.utc)
PENDING = ("QUEUED", "IN_PROGRESS")

things = st.sampled_from(THINGS)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("start"), things, st.sampled_from([None, 1, 3])),
        st.tuples(st.just("report"), things, st.sampled_from(["IN_PROGRESS", "SUCCEEDED", "FAILED", "FAILED", "REJECTED"])),
        st.tuples(st.just("cancel"), things, st.booleans()),
        st.tuples(st.just("wait"), st.integers(1, 70), st.none()),
    ),
    min_size=5,
    max_size=25,
)
criteria = st.sampled_from([None, ("FAILED", 50, 2), ("ALL", 75, 3), ("TIMED_OUT", 30, 1)])
retries = st.sampled_from([None, {"FAILED": 1}, {"FAILED": 1, "TIMED_OUT": 2}, {"ALL": 2}])
schedules = st.sampled_from(
    [
        {},
        {"startTime": "2030-06-01T10:30"},
        {"endTime": "2030-06-01T10:40"},
        {"endTime": "2030-06-01T10:40", "endBehavior": "CANCEL"},
    ]
)


@pytest.mark.long
@given(steps, criteria, retries, schedules, st.sampled_from([1, 3, 1000]), st.sampled_from([None, 2]))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_jobs_and_executions_agree_with_each_other(steps, criterion, allowed, schedule, rate, minutes):
    with mock_jobs(region=REGION) as mock:
        mock.clock.freeze()
        mock.clock.move_to(TEN)
        fleet = Fleet(
            boto3.client("iot", region_name=REGION, config=NO_RETRIES),
            boto3.client("iot-jobs-data", region_name=REGION, config=NO_RETRIES),
        )
        fleet.things(*THINGS)
        fleet.job(*THINGS, **configuration(criterion, allowed, schedule, rate, minutes))
        check(fleet, criterion, allowed)
        for step in steps:
            act(mock, fleet, *step)
            check(fleet, criterion, allowed)


def configuration(criterion, allowed, schedule, rate, minutes):
    members = {"schedulingConfig": schedule, "jobExecutionsRolloutConfig": {"maximumPerMinute": rate}}
    if criterion is not None:
        kind, percent, minimum = criterion
        members["abortConfig"] = {
            "criteriaList": [
                {"failureType": kind, "action": "CANCEL", "thresholdPercentage": percent, "minNumberOfExecutedThings": minimum}
            ]
        }
    if allowed is not None:
        members["jobExecutionsRetryConfig"] = {
            "criteriaList": [{"failureType": kind, "numberOfRetries": number} for kind, number in allowed.items()]
        }
    if minutes is not None:
        members["timeoutConfig"] = {"inProgressTimeoutInMinutes": minutes}
    return members


def act(mock, fleet, name, subject, choice):
    if name == "wait":
        mock.clock.advance(subject * 10)
        return
    waiting = fleet.data.get_pending_job_executions(thingName=subject)
    if name == "start":
        fleet.start(subject, **({} if choice is None else {"stepTimeoutInMinutes": choice}))
    elif name == "report" and (waiting["inProgressJobs"] or waiting["queuedJobs"]):
        fleet.report(subject, choice)
    elif name == "cancel" and waiting["queuedJobs"]:
        fleet.iot.cancel_job_execution(jobId="job", thingName=subject, force=choice)


def check(fleet, criterion, allowed):
    job, counters = fleet.describe(), fleet.counters()
    for each in (job["status"], *counters, job.get("reasonCode", "no abort")):
        event(each)
    summaries = fleet.iot.list_job_executions_for_job(jobId="job")["executionSummaries"]
    statuses = [each["jobExecutionSummary"]["status"] for each in summaries]
    assert counters == {status: statuses.count(status) for status in set(statuses)}

    is_open = any(status in PENDING for status in statuses) or job["isConcurrent"]
    if job["status"] in ("IN_PROGRESS", "COMPLETED"):
        assert is_open is (job["status"] == "IN_PROGRESS")
    if job["status"] in ("SCHEDULED", "CANCELED"):
        assert "QUEUED" not in counters
        assert job["isConcurrent"] is False
    for thing in THINGS:
        check_attempts(attempts(summaries, thing), allowed, job["status"])
    if job["status"] == "IN_PROGRESS" and criterion is not None:
        kind, percent, minimum = criterion
        ended = [status for status in statuses if status not in PENDING]
        bad = [each for each in ended if each == kind or (kind == "ALL" and each in ("FAILED", "REJECTED", "TIMED_OUT"))]
        assert len(ended) < minimum or 100 * len(bad) / len(ended) < percent


def attempts(summaries, thing):
    found = [each["jobExecutionSummary"] for each in summaries if each["thingArn"].endswith(f"/{thing}")]
    return sorted(found, key=lambda each: each["executionNumber"])


def check_attempts(found, allowed, job_status):
    assert [each["executionNumber"] for each in found] == list(range(1, len(found) + 1))
    assert [each["retryAttempt"] for each in found] == list(range(len(found)))
    causes = [each["status"] for each in found[:-1]]
    assert set(causes) <= {"FAILED", "TIMED_OUT"}
    if "ALL" in (allowed or {}):
        assert len(causes) <= allowed["ALL"]
    else:
        assert all(causes.count(cause) <= (allowed or {}).get(cause, 0) for cause in causes)
    assert all(earlier["lastUpdatedAt"] <= later["queuedAt"] for earlier, later in pairwise(found))
    if job_status == "COMPLETED" and found:
        assert found[-1]["status"] not in PENDING
