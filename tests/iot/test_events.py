"""The events that AWS IoT publishes for jobs and job executions: which, in what order, with which members."""

from __future__ import annotations

import re

import pytest

from mock_jobs import DroppedEventsWarning
from mock_jobs.core.events import EVENT_LOG_LENGTH, Event
from mock_jobs.handle import world_of

JOB = "$aws/events/job/J/"
EXECUTION = "$aws/events/jobExecution/J/"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
ARN = "arn:aws:iot:us-east-1:123456789012:"
COUNTED = ("Canceled", "Rejected", "Failed", "Removed", "Succeeded", "TimedOut")


@pytest.fixture(autouse=True)
def clock(mock):
    mock.clock.freeze()
    return mock.clock


def heard(mock):
    return [event.topic.removeprefix("$aws/events/") for event in mock.events]


def payloads(mock, topic):
    return [dict(event.payload) for event in mock.events if event.topic == topic]


def only(mock, topic):
    (payload,) = payloads(mock, topic)
    return payload


def counters(**given):
    return {f"numberOf{name}Things": given.get(name, 0) for name in COUNTED}


def milliseconds(moment):
    return round(moment.timestamp() * 1000)


def test_creating_queueing_and_starting_is_no_event(mock, fleet):
    fleet.things("A")
    fleet.job("A", job_id="J")
    fleet.start("A")
    fleet.report("A", "IN_PROGRESS", "J", statusDetails={"step": "1"})

    assert heard(mock) == []


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "REJECTED"])
def test_a_report_of_the_end_is_an_event_with_these_members(mock, fleet, clock, status):
    fleet.things("A", "B")
    fleet.job("A", "B", job_id="J")

    fleet.report("A", status, "J", statusDetails={"why": "so"})

    payload = only(mock, f"{EXECUTION}{status.lower()}")
    assert UUID.fullmatch(payload.pop("eventId"))
    assert payload == {
        "eventType": "JOB_EXECUTION",
        "timestamp": clock.now_ms // 1000,
        "operation": status.lower(),
        "jobId": "J",
        "thingArn": f"{ARN}thing/A",
        "status": status,
        "executionNumber": 1,
        "statusDetails": {"why": "so"},
    }


@pytest.mark.parametrize("details", [{}, {"statusDetails": {}}], ids=["never reported", "reported empty"])
def test_details_that_are_empty_are_left_out(mock, fleet, details):
    fleet.things("A")
    fleet.job("A", job_id="J")

    fleet.report("A", "SUCCEEDED", "J", **details)

    assert "statusDetails" not in only(mock, f"{EXECUTION}succeeded")


def test_what_the_service_ends_is_an_event_too(mock, fleet, clock):
    fleet.things("A", "B", "C")
    fleet.job("A", "B", "C", job_id="J", timeoutConfig={"inProgressTimeoutInMinutes": 1})
    fleet.start("A")
    clock.advance(60)
    fleet.iot.cancel_job_execution(jobId="J", thingName="B")
    fleet.iot.delete_thing(thingName="C")

    assert heard(mock) == [
        "jobExecution/J/timed_out",
        "jobExecution/J/canceled",
        "jobExecution/J/removed",
        "job/J/completed",
    ]


@pytest.mark.parametrize("force", [True, False])
def test_only_a_canceled_execution_says_whether_that_was_forced(mock, fleet, force):
    fleet.things("A", "B")
    fleet.job("A", "B", job_id="J")
    fleet.report("B", "FAILED", "J")

    fleet.iot.cancel_job_execution(jobId="J", thingName="A", force=force)

    assert only(mock, f"{EXECUTION}canceled")["forceCanceled"] is force
    assert "forceCanceled" not in only(mock, f"{EXECUTION}failed")


def test_each_attempt_has_an_event_of_its_own(mock, fleet):
    fleet.things("A")
    retries = {"criteriaList": [{"failureType": "FAILED", "numberOfRetries": 1}]}
    fleet.job("A", job_id="J", jobExecutionsRetryConfig=retries)
    fleet.report("A", "FAILED", "J")
    fleet.report("A", "FAILED", "J")

    assert [each["executionNumber"] for each in payloads(mock, f"{EXECUTION}failed")] == [1, 2]


def test_a_completed_job_is_an_event_with_these_members(mock, fleet, clock):
    fleet.things("A")
    fleet.job("A", job_id="J", description="all of it")
    clock.advance(1.5)
    fleet.report("A", "SUCCEEDED", "J")

    job = fleet.describe("J")
    payload = only(mock, f"{JOB}completed")
    assert UUID.fullmatch(payload.pop("eventId"))
    assert payload == {
        "eventType": "JOB",
        "timestamp": clock.now_ms // 1000,
        "operation": "completed",
        "jobId": "J",
        "status": "COMPLETED",
        "targetSelection": "SNAPSHOT",
        "targets": [f"{ARN}thing/A"],
        "description": "all of it",
        "createdAt": milliseconds(job["createdAt"]),
        "lastUpdatedAt": milliseconds(job["lastUpdatedAt"]),
        "completedAt": milliseconds(job["completedAt"]),
        "jobProcessDetails": counters(Succeeded=1),
    }
    assert len(str(payload["createdAt"])) == 13


def test_the_last_execution_is_announced_before_its_job(mock, fleet):
    fleet.things("A")
    fleet.job("A", job_id="J")
    fleet.report("A", "SUCCEEDED", "J")

    assert heard(mock) == ["jobExecution/J/succeeded", "job/J/completed"]


def test_a_cancel_is_announced_then_its_executions_then_its_end(mock, fleet):
    fleet.things("A", "B", "C")
    fleet.job("A", "B", "C", job_id="J")
    fleet.start("B")

    fleet.iot.cancel_job(jobId="J", reasonCode="WRONG", comment="not this one")

    assert heard(mock) == [
        "job/J/cancellation_in_progress",
        "jobExecution/J/canceled",
        "jobExecution/J/canceled",
        "job/J/canceled",
    ]
    for operation, extra in (
        ("cancellation_in_progress", {}),
        ("canceled", {"jobProcessDetails": counters(Canceled=2)}),
    ):
        payload = only(mock, JOB + operation)
        assert payload["status"] == operation.upper()
        assert (payload["forceCanceled"], payload["reasonCode"], payload["comment"]) == (False, "WRONG", "not this one")
        assert "completedAt" not in payload
        assert {name: payload[name] for name in ("jobProcessDetails",) if name in payload} == extra


def test_a_cancel_with_force_says_so_and_says_no_reason_that_was_not_given(mock, fleet):
    fleet.things("A")
    fleet.job("A", job_id="J")
    fleet.start("A")

    fleet.iot.cancel_job(jobId="J", force=True)

    payload = only(mock, f"{JOB}canceled")
    assert payload["forceCanceled"] is True
    assert payload["jobProcessDetails"] == counters(Canceled=1)
    assert not {"reasonCode", "comment", "description"} & payload.keys()


def test_what_a_plain_cancel_left_running_makes_its_own_event_only(mock, fleet):
    fleet.things("A")
    fleet.job("A", job_id="J")
    fleet.start("A")
    fleet.iot.cancel_job(jobId="J")
    before = heard(mock)

    fleet.report("A", "SUCCEEDED", "J")

    assert heard(mock)[len(before) :] == ["jobExecution/J/succeeded"]


def test_an_abort_follows_the_report_that_caused_it(mock, fleet):
    fleet.things("A", "B")
    criterion = {"failureType": "FAILED", "action": "CANCEL", "thresholdPercentage": 50, "minNumberOfExecutedThings": 1}
    fleet.job("A", "B", job_id="J", abortConfig={"criteriaList": [criterion]})
    fleet.report("A", "FAILED", "J")

    assert heard(mock) == [
        "jobExecution/J/failed",
        "job/J/cancellation_in_progress",
        "jobExecution/J/canceled",
        "job/J/canceled",
    ]
    assert only(mock, f"{JOB}canceled")["reasonCode"] == "ABORT_CANCEL"


def test_a_deletion_is_announced_then_its_executions_then_its_end(mock, fleet):
    fleet.things("A", "B")
    fleet.job("A", "B", job_id="J")
    fleet.report("A", "SUCCEEDED", "J", statusDetails={"a": "b"})
    before = heard(mock)

    fleet.iot.delete_job(jobId="J", force=True)

    assert heard(mock)[len(before) :] == [
        "job/J/deletion_in_progress",
        "jobExecution/J/deleted",
        "jobExecution/J/deleted",
        "job/J/deleted",
    ]
    assert {each["status"] for each in payloads(mock, f"{EXECUTION}deleted")} == {"DELETED"}
    assert only(mock, f"{JOB}deleted")["status"] == "DELETED"
    assert "jobProcessDetails" not in only(mock, f"{JOB}deleted")


def test_deleting_an_execution_is_an_event_whatever_its_status_was(mock, fleet):
    fleet.things("A", "B")
    fleet.job("A", "B", job_id="J")
    fleet.iot.delete_job_execution(jobId="J", thingName="A", executionNumber=1)

    payload = only(mock, f"{EXECUTION}deleted")
    assert (payload["status"], payload["operation"], payload["thingArn"]) == ("DELETED", "deleted", f"{ARN}thing/A")


def test_a_refused_call_is_no_event(mock, fleet):
    fleet.things("A")
    fleet.job("A", job_id="J")
    fleet.start("A")
    with fleet.refused("InvalidStateTransitionException", 409):
        fleet.iot.cancel_job_execution(jobId="J", thingName="A")
    with fleet.refused("InvalidStateTransitionException", 409):
        fleet.iot.delete_job(jobId="J")

    assert heard(mock) == []


def test_an_event_names_its_service_account_region_and_moment(mock, fleet, clock):
    fleet.things("A")
    fleet.job("A", job_id="J")
    fleet.report("A", "SUCCEEDED", "J")

    event = mock.events[0]

    assert (event.service, event.account, event.region, event.at_ms) == ("iot", "123456789012", "us-east-1", clock.now_ms)


def test_the_list_cannot_be_changed_through_what_is_handed_out(mock, fleet):
    fleet.things("A")
    fleet.job("A", job_id="J", description="mine")
    fleet.iot.cancel_job(jobId="J")

    mock.events[0].payload["description"] = "yours"

    assert mock.events[0].payload["description"] == "mine"


def test_an_event_shows_what_was_when_it_happened(mock, fleet, clock):
    fleet.things("A", "B")
    fleet.job("A", "B", job_id="J", description="first")
    fleet.report("A", "SUCCEEDED", "J", statusDetails={"step": "1"})
    fleet.iot.update_job(jobId="J", description="second")
    fleet.iot.cancel_job(jobId="J", comment="enough")
    clock.advance(60)

    canceled = only(mock, f"{JOB}canceled")
    fleet.iot.delete_job(jobId="J")

    assert only(mock, f"{JOB}canceled") == canceled
    assert (canceled["description"], canceled["timestamp"]) == ("second", clock.now_ms // 1000 - 60)
    assert only(mock, f"{EXECUTION}succeeded")["statusDetails"] == {"step": "1"}


def test_a_reset_forgets_events(mock, fleet):
    fleet.things("A")
    fleet.job("A", job_id="J")
    fleet.iot.cancel_job(jobId="J")
    assert mock.events

    mock.reset()

    assert mock.events == ()


def note(mock, count):
    for number in range(count):
        world_of(mock).events.note(Event(0, "iot", "a", "r", "t", {"number": number}))


def test_only_the_last_events_are_kept_and_who_looks_is_warned_once(mock):
    note(mock, EVENT_LOG_LENGTH + 2)

    with pytest.warns(DroppedEventsWarning, match="^2 events were dropped: `events` holds the last 10,000 only") as warned:
        events = mock.events

    assert [event.payload["number"] for event in (events[0], events[-1])] == [2, EVENT_LOG_LENGTH + 1]
    assert [each.filename for each in warned] == [__file__]
    note(mock, 1)
    assert mock.events[0].payload["number"] == 3


def test_nobody_is_warned_as_long_as_all_events_are_kept(mock):
    note(mock, EVENT_LOG_LENGTH)

    assert len(mock.events) == EVENT_LOG_LENGTH


def test_dropped_events_are_no_matter_until_somebody_looks(mock):
    note(mock, EVENT_LOG_LENGTH + 1)
    mock.reset()
    assert mock.events == ()

    note(mock, EVENT_LOG_LENGTH + 1)

    with pytest.warns(DroppedEventsWarning, match="^1 event was"):
        assert len(mock.events) == EVENT_LOG_LENGTH
