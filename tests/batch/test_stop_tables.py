"""CancelJob, TerminateJob, CancelJobs and TerminateJobs: the decision tables."""

from __future__ import annotations

import pytest

from support.batch import UNKNOWN_ID, Timeline, refusal
from support.needs import needs

CANCEL, TERMINATE = "cancel_job", "terminate_job"
FLAG = {CANCEL: "isCancelled", TERMINATE: "isTerminated"}


@pytest.fixture(autouse=True)
def _site(mock, site):
    mock.batch.pace = "manual"
    site.make_queue_and_definition()


def stop(batch, operation, job_id, reason="why"):
    answer = getattr(batch, operation)(jobId=job_id, reason=reason)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


def job_in(mock, site, state):
    """Return a job in a state of the table, and a job that it still waits for, if any."""
    if state == "PENDING, waiting":
        first = site.submit("first")
        job_id = site.submit("job", after=[first])
        site.reach(job_id, "PENDING")
        return job_id, first
    if state == "PENDING, nothing to wait for":
        job_id, first = job_in(mock, site, "PENDING, waiting")
        site.reach(first, "SUCCEEDED")
        return job_id, None
    if state == "RUNNABLE between retries":
        mock.batch.plan("job", attempt=1, exit_code=1)
        job_id = site.submit("job", retryStrategy={"attempts": 3})
        site.reach(job_id, "RUNNING")
        site.reach(job_id, "RUNNABLE")
        return job_id, None
    mock.batch.plan("job", exit_code=1 if state == "FAILED" else 0, optional=True)
    job_id = site.submit("job")
    if state != "SUBMITTED":
        site.reach(job_id, state)
    return job_id, None


@pytest.mark.parametrize("operation", [CANCEL, TERMINATE])
@pytest.mark.parametrize("state", ["SUBMITTED", "PENDING, nothing to wait for", "RUNNABLE"])
def test_a_job_that_waits_for_no_other_fails_at_once(mock, batch, site, operation, state):
    job_id, _ = job_in(mock, site, state)

    stop(batch, operation, job_id)

    job = site.detail(job_id)
    assert job["status"] == "FAILED"
    assert job["statusReason"] == "why"
    assert job[FLAG[operation]] is True
    assert job["stoppedAt"] >= job["createdAt"]
    assert job["attempts"] == []
    assert "startedAt" not in job
    (other,) = set(FLAG.values()) - {FLAG[operation]}
    assert other not in job


@pytest.mark.parametrize("operation", [CANCEL, TERMINATE])
def test_a_job_between_retries_fails_at_once_and_keeps_its_attempts(mock, batch, site, operation):
    job_id, _ = job_in(mock, site, "RUNNABLE between retries")
    before = site.detail(job_id)

    stop(batch, operation, job_id)

    job = site.detail(job_id)
    assert job["status"] == "FAILED"
    assert job["statusReason"] == "why"
    assert job["attempts"] == before["attempts"]
    assert len(job["attempts"]) == 1
    assert job["startedAt"] == before["startedAt"]


@pytest.mark.parametrize("operation", [CANCEL, TERMINATE])
@pytest.mark.parametrize("outcome", [0, 1], ids=["succeeds", "fails"])
def test_a_job_that_waits_for_another_fails_when_that_one_ends(mock, batch, site, operation, outcome):
    mock.batch.plan("first", exit_code=outcome)
    job_id, first = job_in(mock, site, "PENDING, waiting")

    stop(batch, operation, job_id)
    before = site.detail(job_id)
    site.reach(first, "FAILED" if outcome else "SUCCEEDED")

    assert before["status"] == "PENDING"
    assert before[FLAG[operation]] is True
    assert "statusReason" not in before
    after = site.detail(job_id)
    assert after["status"] == "FAILED"
    assert after["statusReason"] == "why"
    assert after["attempts"] == []
    assert after["stoppedAt"] == site.detail(first)["stoppedAt"]


@pytest.mark.parametrize("state", ["STARTING", "RUNNING", "SUCCEEDED", "FAILED"])
def test_cancel_changes_nothing_about_a_job_that_has_started(mock, batch, site, state):
    job_id, _ = job_in(mock, site, state)
    before = site.detail(job_id)

    stop(batch, CANCEL, job_id)

    assert site.detail(job_id) == before
    mock.batch.run_all()
    assert site.status(job_id) == ("FAILED" if state == "FAILED" else "SUCCEEDED")


@pytest.mark.parametrize("state", ["SUCCEEDED", "FAILED"])
def test_terminate_changes_nothing_about_a_job_that_has_ended(mock, batch, site, state):
    job_id, _ = job_in(mock, site, state)
    before = site.detail(job_id)

    stop(batch, TERMINATE, job_id)

    assert site.detail(job_id) == before


def test_terminate_fails_a_starting_job_with_an_attempt_that_never_started(mock, batch, site):
    job_id, _ = job_in(mock, site, "STARTING")

    stop(batch, TERMINATE, job_id)

    job = site.detail(job_id)
    (attempt,) = job["attempts"]
    assert job["status"] == "FAILED"
    assert job["isTerminated"] is True
    assert "startedAt" not in attempt
    assert "exitCode" not in attempt["container"]
    assert attempt["statusReason"] == "why"


def test_terminate_kills_a_running_job(mock, batch, site):
    job_id, _ = job_in(mock, site, "RUNNING")

    stop(batch, TERMINATE, job_id)

    job = site.detail(job_id)
    (attempt,) = job["attempts"]
    assert job["status"] == "FAILED"
    assert job["isTerminated"] is True
    assert job["statusReason"] == attempt["statusReason"] == "why"
    assert job["container"]["exitCode"] == attempt["container"]["exitCode"] == 137


def test_a_terminated_job_runs_on_for_its_grace(mock, batch, site):
    at = Timeline(mock)
    mock.batch.settings.terminate_grace_seconds = 30
    mock.batch.plan(duration=None)
    job_id = site.submit()
    at.go_to(10)
    assert site.status(job_id) == "RUNNING"

    stop(batch, TERMINATE, job_id, "first")
    stop(batch, TERMINATE, job_id, "second")
    at.go_to(39)
    during = site.detail(job_id)
    at.go_to(41)

    assert (during["status"], during["isTerminated"]) == ("RUNNING", True)
    after = site.detail(job_id)
    assert (after["status"], after["statusReason"]) == ("FAILED", "first")
    assert at.span(after) == (0, 40)


@pytest.mark.parametrize(("state", "attempts"), [("RUNNABLE", 0), ("STARTING", 1), ("RUNNING", 1)])
def test_a_terminated_job_is_never_tried_again(mock, batch, site, state, attempts):
    job_id = site.submit(retryStrategy={"attempts": 10})
    site.reach(job_id, state)

    stop(batch, TERMINATE, job_id)
    mock.batch.run_all()

    assert site.status(job_id) == "FAILED"
    assert len(site.detail(job_id)["attempts"]) == attempts


@pytest.mark.parametrize("operation", [CANCEL, TERMINATE])
def test_what_depends_on_a_stopped_job_fails(mock, batch, site, operation):
    job_id = site.submit()
    dependent = site.submit(after=[job_id])
    later = site.submit(after=[dependent])

    stop(batch, operation, job_id)
    mock.batch.run_all()

    assert site.statuses(dependent, later) == ["FAILED", "FAILED"]
    assert site.detail(later)["statusReason"] == "Dependent Job failed"
    assert site.detail(later)["attempts"] == []


def test_the_first_reason_of_two_delayed_cancellations_counts(mock, batch, site):
    job_id, first = job_in(mock, site, "PENDING, waiting")

    stop(batch, CANCEL, job_id, "one")
    stop(batch, CANCEL, job_id, "two")
    site.reach(first, "SUCCEEDED")

    assert site.detail(job_id)["statusReason"] == "one"


def test_terminate_replaces_the_reason_of_a_delayed_cancellation(mock, batch, site):
    job_id, first = job_in(mock, site, "PENDING, waiting")

    stop(batch, CANCEL, job_id, "one")
    stop(batch, TERMINATE, job_id, "two")
    site.reach(first, "SUCCEEDED")

    job = site.detail(job_id)
    assert job["statusReason"] == "two"
    assert job["isCancelled"] is True
    assert job["isTerminated"] is True


def test_terminate_can_be_made_to_end_a_waiting_job_at_once(mock, batch, site):
    mock.batch.settings.terminate_pending_immediately = True
    job_id, first = job_in(mock, site, "PENDING, waiting")

    stop(batch, TERMINATE, job_id)

    assert site.statuses(job_id, first) == ["FAILED", "SUBMITTED"]


# Ids and bulk forms

BULK = {"cancel_jobs": "isCancelled", "terminate_jobs": "isTerminated"}


def bulk(batch, operation, jobs, reason="why"):
    answer = getattr(batch, operation)(jobs=jobs, reason=reason)
    return answer["successful"], answer["errors"]


@pytest.mark.parametrize("operation", [CANCEL, TERMINATE])
@pytest.mark.parametrize("job_id", [UNKNOWN_ID, f"{UNKNOWN_ID}:0", f"{UNKNOWN_ID}#0"])
def test_an_unknown_job_is_no_error(batch, site, operation, job_id):
    job = site.submit()

    stop(batch, operation, job_id)

    assert site.status(job) == "SUBMITTED"


@needs("batch CancelJobs", "batch TerminateJobs")
@pytest.mark.parametrize("operation", BULK)
def test_bulk_forms_act_on_each_job_and_report_in_order(batch, site, operation):
    one, two = site.submit("one"), site.submit("two")

    successful, errors = bulk(batch, operation, [two, "bad id", UNKNOWN_ID, one, two, ""])

    assert successful == [two, UNKNOWN_ID, one]
    assert [(error["job"], error["code"]) for error in errors] == [("bad id", "ValidationException"), ("", "ValidationException")]
    assert all(error["message"] for error in errors)
    for job_id in (one, two):
        job = site.detail(job_id)
        assert (job["status"], job["statusReason"], job[BULK[operation]]) == ("FAILED", "why", True)


@needs("batch CancelJobs")
def test_bulk_cancel_reports_a_running_job_as_successful_and_leaves_it_alone(batch, site):
    job_id = site.submit()
    site.reach(job_id, "RUNNING")

    assert bulk(batch, "cancel_jobs", [job_id]) == ([job_id], [])
    assert site.status(job_id) == "RUNNING"
    assert "isCancelled" not in site.detail(job_id)


@needs("batch CancelJobs", "batch TerminateJobs")
@pytest.mark.parametrize("operation", BULK)
@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"jobs": []}, "At least one job must be specified"),
        ({"jobs": [UNKNOWN_ID] * 51}, "Maximum number of jobs supported is 50"),
        ({"reason": ""}, "'reason' is a required field (cannot be an empty string)"),
        ({"reason": "r" * 1025}, "The reason must be at most 1024 characters"),
    ],
    ids=["no job", "51 jobs", "empty reason", "long reason"],
)
def test_bulk_forms_refuse_the_whole_call(batch, site, operation, changes, text):
    job_id = site.submit()

    assert refusal(getattr(batch, operation), **{"jobs": [job_id], "reason": "why", **changes}) == text
    assert site.status(job_id) == "SUBMITTED"


@needs("batch CancelJobs", "batch TerminateJobs")
@pytest.mark.parametrize("operation", BULK)
def test_bulk_forms_take_50_jobs(batch, site, operation):
    jobs = [site.submit() for _ in range(50)]

    assert bulk(batch, operation, jobs, "r" * 1024) == (jobs, [])
    assert set(site.statuses(*jobs)) == {"FAILED"}


# The worked example


def worked_example(mock, site):
    at = Timeline(mock)
    site.batch.update_compute_environment(computeEnvironment="ce", computeResources={"maxvCpus": 3})
    mock.batch.plan("A", duration=100)
    mock.batch.plan("C", duration=50)
    a = site.submit("A")
    b = site.submit("B", after=[a])
    c = site.submit("C", size=4)
    at.go_to(10)
    assert site.statuses(a, b, c) == ["RUNNING", "PENDING", "PENDING"]
    assert [child["status"] for child in site.children(c, 4)] == ["RUNNING", "RUNNING", "RUNNABLE", "RUNNABLE"]
    assert site.summary(c) == {"RUNNING": 2, "RUNNABLE": 2}
    return at, a, b, c


def test_the_worked_example_with_cancel_job(mock, batch, site):
    at, a, b, c = worked_example(mock, site)
    a_before = site.detail(a)

    stop(batch, CANCEL, b, "x")
    stop(batch, CANCEL, c, "y")
    stop(batch, CANCEL, a, "z")

    assert [(site.detail(each)["status"], site.detail(each)["isCancelled"]) for each in (b, c)] == [("PENDING", True)] * 2
    assert [(child["status"], child.get("statusReason")) for child in site.children(c, 4)] == [
        ("RUNNING", None),
        ("RUNNING", None),
        ("FAILED", "y"),
        ("FAILED", "y"),
    ]
    assert site.detail(a) == a_before
    at.go_to(50)
    assert [child["status"] for child in site.children(c, 4)] == ["SUCCEEDED", "SUCCEEDED", "FAILED", "FAILED"]
    assert (site.detail(c)["status"], site.detail(c)["statusReason"]) == ("FAILED", "y")
    assert at.seconds(site.detail(c)["stoppedAt"]) == 50
    at.go_to(100)
    assert site.detail(a)["status"] == "SUCCEEDED"
    assert not set(FLAG.values()) & set(site.detail(a))
    ended = site.detail(b)
    assert (ended["status"], ended["statusReason"], ended["attempts"]) == ("FAILED", "x", [])
    assert at.seconds(ended["stoppedAt"]) == 100


def test_the_worked_example_with_terminate_job(mock, batch, site):
    at, a, b, c = worked_example(mock, site)

    stop(batch, TERMINATE, b, "x")
    stop(batch, TERMINATE, c, "y")
    stop(batch, TERMINATE, a, "z")

    jobs = [site.detail(a), site.detail(b), site.detail(c), *site.children(c, 4)]
    assert [job["status"] for job in jobs] == ["FAILED"] * 7
    assert [at.seconds(job["stoppedAt"]) for job in jobs] == [10] * 7
    assert [job["statusReason"] for job in jobs] == ["z", "x", *["y"] * 5]
