"""TerminateServiceJob, TerminateServiceJobs, UpdateServiceJob. Documents: API reference of these operations."""

from __future__ import annotations

import pytest

from support.batch import PREFIX, UNKNOWN_ID, Timeline, refusal
from support.needs import needs

STATES = ("SUBMITTED", "RUNNABLE", "SCHEDULED", "STARTING", "RUNNING", "SUCCEEDED")


@pytest.fixture(autouse=True)
def _site(mock, site):
    mock.batch.pace = "manual"
    site.make_service_queue_and_environment()


def submitted_in(mock, site, state):
    job_id = site.submit_service(retryStrategy={"attempts": 3})
    mock.batch.run_until(job_id, state)
    return job_id


@pytest.mark.parametrize("state", STATES[:-1])
def test_a_service_job_that_has_not_ended_fails_at_once(mock, batch, site, state):
    job_id = submitted_in(mock, site, state)

    batch.terminate_service_job(jobId=job_id, reason="enough")

    job = site.service_detail(job_id)
    assert (job["status"], job["statusReason"], job["isTerminated"]) == ("FAILED", "enough", True)
    was_dispatched = STATES.index(state) >= STATES.index("SCHEDULED")
    assert [attempt["statusReason"] for attempt in job["attempts"]] == (["enough"] if was_dispatched else [])
    assert ("startedAt" in job) == (state == "RUNNING")
    assert job["stoppedAt"] >= job["createdAt"]


@pytest.mark.parametrize("exit_code", [0, 1])
def test_a_service_job_that_has_ended_is_left_alone(mock, batch, site, exit_code):
    mock.batch.plan(exit_code=exit_code)
    job_id = site.submit_service()
    mock.batch.run_all()
    before = site.service_detail(job_id)

    batch.terminate_service_job(jobId=job_id, reason="enough")

    assert site.service_detail(job_id) == before
    assert "isTerminated" not in before


def test_a_terminated_job_gives_its_capacity_back(mock, batch, site):
    mock.batch.plan(duration=None)
    first, second = site.submit_service("first", 4), site.submit_service("second", 4)
    mock.batch.run_until(first, "RUNNING")

    batch.terminate_service_job(jobId=first, reason="enough")
    mock.batch.run_until(second, "RUNNING")

    assert site.service_statuses(first, second) == ["FAILED", "RUNNING"]


def test_a_terminated_head_of_the_line_makes_way(mock, batch, site):
    too_large, small = site.submit_service("large", 5), site.submit_service("small")
    mock.batch.run_all()

    batch.terminate_service_job(jobId=too_large, reason="enough")
    mock.batch.run_all()

    assert site.service_statuses(too_large, small) == ["FAILED", "SUCCEEDED"]


def test_a_training_job_may_take_its_time_to_stop(mock, batch, site):
    at = Timeline(mock)
    mock.batch.settings.terminate_grace_seconds = 30
    mock.batch.plan(duration=None)
    job_id = site.submit_service()
    at.go_to(10)
    batch.terminate_service_job(jobId=job_id, reason="first")
    at.go_to(20)
    batch.terminate_service_job(jobId=job_id, reason="second")
    at.go_to(39)
    during = site.service_detail(job_id)
    at.go_to(40)
    after = site.service_detail(job_id)

    assert (during["status"], during["isTerminated"], "statusReason" in during) == ("RUNNING", True, False)
    assert (after["status"], after["statusReason"], at.seconds(after["stoppedAt"])) == ("FAILED", "first", 40)


@pytest.mark.parametrize("job_id", [UNKNOWN_ID, f"{UNKNOWN_ID}:1", f"{UNKNOWN_ID}#1"])
def test_an_unknown_service_job_is_no_error(batch, job_id):
    assert batch.terminate_service_job(jobId=job_id, reason="x")["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"jobId": "not a job id!"}, "Invalid job id: not a job id!"),
        ({"jobId": f"{PREFIX}job/{UNKNOWN_ID}"}, f"Invalid job id: {PREFIX}job/{UNKNOWN_ID}"),
        ({"jobId": ""}, "'jobId' is a required field (cannot be an empty string)"),
        ({"reason": ""}, "'reason' is a required field (cannot be an empty string)"),
        ({"reason": "x" * 1025}, "The reason must be at most 1024 characters"),
    ],
)
def test_a_termination_is_refused(batch, site, changes, text):
    job_id = site.submit_service()

    assert refusal(batch.terminate_service_job, **{"jobId": job_id, "reason": "x", **changes}) == text
    assert "isTerminated" not in site.service_detail(job_id)


@needs("batch TerminateServiceJobs")
def test_the_bulk_form_answers_for_each_id(batch, site):
    job_id = site.submit_service()

    answer = batch.terminate_service_jobs(jobs=["bad id", UNKNOWN_ID, job_id, "", job_id], reason="enough")

    assert answer["successful"] == [UNKNOWN_ID, job_id]
    assert answer["errors"] == [
        {"job": bad, "code": "ValidationException", "message": f"Invalid job id: {bad}"} for bad in ("bad id", "")
    ]
    assert site.service_status(job_id) == "FAILED"


@needs("batch TerminateServiceJobs")
@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"jobs": []}, "At least one job must be specified"),
        ({"jobs": [UNKNOWN_ID] * 51}, "Maximum number of jobs supported is 50"),
        ({"reason": ""}, "'reason' is a required field (cannot be an empty string)"),
        ({"reason": "x" * 1025}, "The reason must be at most 1024 characters"),
    ],
)
def test_the_bulk_form_is_refused_as_a_whole(batch, site, changes, text):
    job_id = site.submit_service()

    assert refusal(batch.terminate_service_jobs, **{"jobs": [job_id], "reason": "x", **changes}) == text
    assert site.service_status(job_id) == "SUBMITTED"


# UpdateServiceJob


@needs("batch UpdateServiceJob")
def test_the_priority_of_a_service_job_can_be_changed(batch, site):
    job_id = site.submit_service(schedulingPriority=1)

    updated = batch.update_service_job(jobId=job_id, schedulingPriority=9999)

    assert (updated["jobId"], updated["jobName"], updated["jobArn"]) == (job_id, "train", f"{PREFIX}service-job/{job_id}")
    assert site.service_detail(job_id)["schedulingPriority"] == 9999


@needs("batch UpdateServiceJob")
def test_priority_has_no_effect_in_a_first_in_first_out_queue(mock, batch, site):
    at = Timeline(mock)
    mock.batch.plan(duration=10)
    first, second, third = (site.submit_service(name, 4) for name in ("first", "second", "third"))
    at.go_to(5)
    batch.update_service_job(jobId=third, schedulingPriority=9999)
    at.go_to(30)

    assert [at.span(site.service_detail(job_id)) for job_id in (first, second, third)] == [(0, 10), (10, 20), (20, 30)]


@needs("batch UpdateServiceJob")
@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"jobId": UNKNOWN_ID}, f"{UNKNOWN_ID} does not exist"),
        ({"schedulingPriority": -1}, "schedulingPriority must be between 0 and 9999"),
        ({"schedulingPriority": 10_000}, "schedulingPriority must be between 0 and 9999"),
    ],
)
def test_an_update_is_refused(batch, site, changes, text):
    job_id = site.submit_service(schedulingPriority=1)

    assert refusal(batch.update_service_job, **{"jobId": job_id, "schedulingPriority": 2, **changes}) == text
    assert site.service_detail(job_id)["schedulingPriority"] == 1


@needs("batch UpdateServiceJob")
def test_a_service_job_that_has_ended_cannot_be_updated(mock, batch, site):
    job_id = site.submit_service()
    mock.batch.run_all()

    text = refusal(batch.update_service_job, jobId=job_id, schedulingPriority=2)

    assert text == f"Service job {job_id} has ended and cannot be updated"
    assert "schedulingPriority" not in site.service_detail(job_id)
