"""The events of service jobs. Document: user guide, service job events, with its samples."""

from __future__ import annotations

import re

import pytest

from support.batch import Timeline
from support.needs import needs
from support.service_jobs import M5, limit

PREEMPTED = "Cross-share preemption triggered to reclaim borrowed capacity"


@pytest.fixture
def at(mock):
    return Timeline(mock)


def events(mock, topic, job_id):
    return [event.payload for event in mock.events if event.topic == topic and event.payload["resources"][0].endswith(job_id)]


def test_every_change_after_the_submission_is_announced(mock, site, at):
    site.make_service_queue_and_environment()
    mock.batch.plan(attempt=1, exit_code=1, duration=10)
    job_id = site.submit_service(retryStrategy={"attempts": 2}, tags={"a": "b"})
    at.go_to(20)

    seen = [event["detail"]["status"] for event in events(mock, "Batch Service Job State Change", job_id)]

    one_try = ["RUNNABLE", "SCHEDULED", "STARTING", "RUNNING"]
    assert seen == [*one_try, *one_try, "SUCCEEDED"]


@needs("batch DescribeServiceJob.capacityUsage")
def test_an_event_holds_what_the_description_does_but_tags_and_payload(mock, site, at):
    site.make_service_queue_and_environment()
    job_id = site.submit_service(retryStrategy={"attempts": 2}, tags={"a": "b"})
    at.go_to(0)
    described = site.service_detail(job_id)

    event = events(mock, "Batch Service Job State Change", job_id)[-1]

    assert event["detail"] == {name: value for name, value in described.items() if name not in ("tags", "serviceRequestPayload")}
    assert {name: value for name, value in event.items() if name not in ("detail", "id", "time")} == {
        "version": "0",
        "detail-type": "Batch Service Job State Change",
        "source": "aws.batch",
        "account": "123456789012",
        "region": "us-east-1",
        "resources": [described["jobArn"]],
    }
    assert re.fullmatch(r"[0-9a-f-]{36}", event["id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", event["time"])


def test_an_event_tells_how_the_job_was_then(mock, site, at):
    site.make_service_queue_and_environment()
    mock.batch.plan(duration=10)
    job_id = site.submit_service()
    at.go_to(10)

    running = events(mock, "Batch Service Job State Change", job_id)[3]["detail"]

    assert (running["status"], running["attempts"], "stoppedAt" in running) == ("RUNNING", [], False)


@needs("batch CreateQuotaShare")
def test_a_preemption_is_announced_at_its_start_and_end(mock, site, at):
    site.make_quota_queue_and_environment(limit(2, M5))
    site.make_share("P", 1, "LEND")
    site.make_share("Q", 1, "LEND_AND_BORROW")
    mock.batch.plan(duration=100)
    jobs = [site.submit_service(f"Q-{number}", quotaShareName="Q") for number in range(2)]
    at.go_to(10)
    site.submit_service("P", quotaShareName="P")
    at.go_to(10)
    victim = site.service_detail(jobs[1])

    (started,) = events(mock, "Batch Service Job Preemption Started", jobs[1])
    (completed,) = events(mock, "Batch Service Job Preemption Completed", jobs[1])

    assert started["detail"] == {
        "statusReason": f"PREEMPTION_IN_PROGRESS: {PREEMPTED}",
        "preemptedJobArn": victim["jobArn"],
        "status": "RUNNING",
    }
    assert completed["detail"] == {
        "preemptedJobArn": victim["jobArn"],
        "preemptionSummary": victim["preemptionSummary"],
        "status": "RUNNABLE",
    }
    topics = [event.topic for event in mock.events if event.payload["resources"] == [victim["jobArn"]]]
    assert topics[-3:] == [
        "Batch Service Job Preemption Started",
        "Batch Service Job State Change",
        "Batch Service Job Preemption Completed",
    ]
