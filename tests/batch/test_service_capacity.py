"""How many service jobs run at a time: the capacity of service environments."""

from __future__ import annotations

import pytest

from support.batch import Timeline
from support.service_jobs import limit


@pytest.fixture
def at(mock, site):
    timeline = Timeline(mock)
    site.make_service_queue_and_environment()
    return timeline


def spans(site, at, *job_ids):
    return [at.span(site.service_detail(job_id)) for job_id in job_ids]


def submit_together(mock, site, *jobs):
    mock.batch.pace = "manual"
    job_ids = [site.submit_service(name, count, jobQueue=queue) for name, count, queue in jobs]
    mock.batch.pace = "clock"
    return job_ids


def test_the_instances_of_a_service_environment_are_never_exceeded(mock, site, at):
    """The example of the model: capacity for 4, jobs of 2, the third waits until one has ended."""
    mock.batch.plan(duration=10)
    jobs = [site.submit_service(f"job-{number}", 2) for number in range(3)]
    at.go_to(5)
    during = site.service_statuses(*jobs)
    at.go_to(20)

    assert during == ["RUNNING", "RUNNING", "RUNNABLE"]
    assert spans(site, at, *jobs) == [(0, 10), (0, 10), (10, 20)]


@pytest.mark.parametrize(
    ("is_strict", "expected"),
    [(True, [(0, 10), (10, 20), (20, 30)]), (False, [(0, 10), (10, 20), (0, 10)])],
    ids=["strict", "not strict"],
)
def test_the_head_of_the_line_holds_up_the_rest(mock, site, at, is_strict, expected):
    mock.batch.settings.strict_fifo = is_strict
    mock.batch.plan(duration=10)
    jobs = submit_together(mock, site, ("J1", 2, "sq"), ("J2", 4, "sq"), ("J3", 1, "sq"))
    at.go_to(30)

    assert spans(site, at, *jobs) == expected


def test_a_queue_of_higher_priority_goes_first(mock, site, at):
    site.make_service_queue("high", priority=10)
    mock.batch.plan(duration=10)
    low, high = submit_together(mock, site, ("low", 4, "sq"), ("high", 4, "high"))
    at.go_to(20)

    assert spans(site, at, high, low) == [(0, 10), (10, 20)]


def test_a_scheduled_job_holds_its_capacity(mock, site, at):
    mock.batch.settings.scheduled_seconds = 100
    first, second = site.submit_service("first", 4), site.submit_service("second", 1)
    at.go_to(99)

    assert site.service_statuses(first, second) == ["SCHEDULED", "RUNNABLE"]


def test_a_disabled_environment_starts_nothing_and_lets_go_on_what_runs(mock, batch, site, at):
    mock.batch.plan(duration=10)
    running = site.submit_service("running", 4)
    at.go_to(5)
    batch.update_service_environment(serviceEnvironment="se", state="DISABLED")
    waiting = site.submit_service("waiting", 4)
    at.go_to(20)
    during = site.service_statuses(running, waiting)
    batch.update_service_environment(serviceEnvironment="se", state="ENABLED")
    at.go_to(30)

    assert during == ["SUCCEEDED", "RUNNABLE"]
    assert spans(site, at, waiting) == [(20, 30)]


def test_more_capacity_lets_the_next_job_in(mock, batch, site, at):
    mock.batch.plan(duration=10)
    job_id = site.submit_service("big", 5)
    at.go_to(5)
    before = site.service_status(job_id)
    batch.update_service_environment(serviceEnvironment="se", capacityLimits=[limit(5)])
    at.go_to(15)

    assert before == "RUNNABLE"
    assert spans(site, at, job_id) == [(5, 15)]


def test_a_queue_that_moves_to_another_environment_uses_that(batch, site, at):
    site.make_service_environment("large", limit(8))
    job_id = site.submit_service("big", 8)
    at.go_to(1)
    batch.update_job_queue(jobQueue="sq", serviceEnvironmentOrder=[{"order": 1, "serviceEnvironment": "large"}])
    at.go_to(1)

    assert site.service_status(job_id) == "SUCCEEDED"


def test_the_jobs_of_a_disabled_queue_go_on_and_those_of_a_deleted_one_fail(mock, batch, site, at):
    mock.batch.plan(duration=10)
    first, second, third = (site.submit_service(name, 4) for name in ("first", "second", "third"))
    at.go_to(5)
    batch.update_job_queue(jobQueue="sq", state="DISABLED")
    at.go_to(15)
    batch.delete_job_queue(jobQueue="sq")

    jobs = [site.service_detail(job_id) for job_id in (first, second, third)]
    assert [job["status"] for job in jobs] == ["SUCCEEDED", "FAILED", "FAILED"]
    assert [job["statusReason"] for job in jobs[1:]] == ["JobQueue deleted", "JobQueue deleted"]
    assert [len(job["attempts"]) for job in jobs] == [1, 1, 0]
    assert all(at.seconds(job["stoppedAt"]) == 15 for job in jobs[1:])


def test_a_service_job_in_its_grace_keeps_the_reason_of_its_termination_when_its_queue_is_deleted(mock, batch, site, at):
    mock.batch.settings.terminate_grace_seconds = 30
    mock.batch.plan(duration=None)
    job_id = site.submit_service()
    at.go_to(5)
    batch.terminate_service_job(jobId=job_id, reason="why")
    batch.update_job_queue(jobQueue="sq", state="DISABLED")

    batch.delete_job_queue(jobQueue="sq")

    job = site.service_detail(job_id)
    assert (job["status"], job["statusReason"], job["isTerminated"]) == ("FAILED", "why", True)
    assert [attempt["statusReason"] for attempt in job["attempts"]] == ["why"]
    assert at.seconds(job["stoppedAt"]) == 5
