"""Requests to stop a job that waits for others: it ends when the last of them ends, with the caller's reason."""

from __future__ import annotations

import pytest

from mock_jobs.core.errors import UsageError

CANCEL, TERMINATE = "cancel_job", "terminate_job"
FLAG = {CANCEL: "isCancelled", TERMINATE: "isTerminated"}

pytestmark = pytest.mark.parametrize("operation", [CANCEL, TERMINATE])


@pytest.fixture(autouse=True)
def _site(mock, site):
    mock.batch.pace = "manual"
    site.make_queue_and_definition()


def stop(batch, operation, job_id, reason="mine"):
    getattr(batch, operation)(jobId=job_id, reason=reason)


def make_failed_and_live(mock, site):
    """Return a job that failed once others wait for it, and one that goes on; the first fails with its next steps."""
    mock.batch.plan("bad", exit_code=1)
    return site.submit("bad"), site.submit("live")


def check_held(mock, site, job_id, other, operation):
    """Check that a job waits for another one, although it is to be stopped, and cannot be moved by hand."""
    with pytest.raises(UsageError, match=f"it is PENDING and waits for {other} "):
        mock.batch.step(job_id)
    job = site.detail(job_id)
    assert (job["status"], job[FLAG[operation]]) == ("PENDING", True)
    assert "statusReason" not in job


def check_ended_with(site, job_id, last, operation):
    job = site.detail(job_id)
    assert (job["status"], job["statusReason"], job[FLAG[operation]], job["attempts"]) == ("FAILED", "mine", True, [])
    assert "startedAt" not in job
    assert job["stoppedAt"] == site.detail(last)["stoppedAt"]


@pytest.mark.parametrize("array", [{}, {"size": 2}], ids=["single", "array"])
def test_a_job_ends_with_the_last_of_those_that_it_waits_for(mock, batch, site, operation, array):
    first, last = site.submit(), site.submit()
    job = site.submit(after=[first, last], **array)
    site.reach(job, "PENDING")

    stop(batch, operation, job)

    site.reach(first, "SUCCEEDED")
    check_held(mock, site, job, last, operation)
    site.reach(last, "SUCCEEDED")
    check_ended_with(site, job, last, operation)


# A dependency had failed before


@pytest.mark.parametrize("outcome", [0, 1], ids=["the other succeeds", "the other fails"])
def test_a_job_whose_dependency_has_failed_already_still_ends_with_the_last_of_them(mock, batch, site, operation, outcome):
    mock.batch.plan("live", exit_code=outcome)
    bad, live = make_failed_and_live(mock, site)
    job = site.submit(after=[bad, live])
    site.reach(bad, "FAILED")
    assert mock.batch.step(job) == "PENDING"

    stop(batch, operation, job)

    check_held(mock, site, job, live, operation)
    site.reach(live, "FAILED" if outcome else "SUCCEEDED")
    check_ended_with(site, job, live, operation)


def test_an_array_whose_dependency_has_failed_already_still_ends_with_the_last_of_them(mock, batch, site, operation):
    bad, live = make_failed_and_live(mock, site)
    array = site.submit(size=2, after=[bad, live])
    site.reach(bad, "FAILED")
    assert mock.batch.step(array) == "PENDING"

    stop(batch, operation, array)

    check_held(mock, site, array, live, operation)
    assert site.summary(array) == {"PENDING": 2}
    site.reach(live, "SUCCEEDED")
    for job in (f"{array}:0", f"{array}:1", array):
        check_ended_with(site, job, live, operation)


def test_a_child_of_an_array_whose_dependency_has_failed_outlives_its_siblings(mock, batch, site, operation):
    bad, live = make_failed_and_live(mock, site)
    array = site.submit(size=3, after=[bad, live])
    stop(batch, operation, f"{array}:1")
    site.reach(bad, "FAILED")

    site.reach(array, "PENDING")
    mock.batch.step(array)
    before = [*site.children(array, 3), site.detail(array)]
    site.reach(live, "SUCCEEDED")

    assert [job["status"] for job in before] == ["FAILED", "PENDING", "FAILED", "PENDING"]
    assert [before[index]["statusReason"] for index in (0, 2)] == ["Dependent Job failed"] * 2
    check_ended_with(site, f"{array}:1", live, operation)
    assert (site.detail(array)["status"], site.detail(array)["statusReason"]) == ("FAILED", "Dependent Job failed")
    assert FLAG[operation] not in site.detail(array)


def test_a_child_one_of_whose_counterparts_has_failed_ends_with_the_other_one(mock, batch, site, operation):
    mock.batch.plan("bad", exit_code=1)
    bad, live = site.submit("bad", size=2), site.submit("live", size=2)
    array = site.submit(size=2, after=[{"jobId": other, "type": "N_TO_N"} for other in (bad, live)])
    for job in (bad, live, array):
        site.reach(job, "PENDING")
    site.reach(f"{bad}:0", "FAILED")

    stop(batch, operation, array)

    check_held(mock, site, f"{array}:0", f"{live}:0", operation)
    site.reach(f"{live}:0", "SUCCEEDED")
    assert site.summary(array) == {"PENDING": 1, "FAILED": 1}
    site.reach(f"{bad}:1", "FAILED")
    site.reach(f"{live}:1", "SUCCEEDED")
    check_ended_with(site, f"{array}:0", f"{live}:0", operation)
    check_ended_with(site, f"{array}:1", f"{live}:1", operation)
    assert (site.detail(array)["status"], site.detail(array)["statusReason"]) == ("FAILED", "mine")


def test_a_stopped_array_ends_with_what_it_waits_for_itself_though_counterparts_go_on(mock, batch, site, operation):
    """API reference, CancelJob: a PENDING job ends with its dependencies; so does an array with all its children."""
    live, others = site.submit("live"), site.submit("others", size=2)
    array = site.submit(size=2, after=[live, {"jobId": others, "type": "N_TO_N"}])
    site.reach(array, "PENDING")

    stop(batch, operation, array)

    check_held(mock, site, array, live, operation)
    site.reach(live, "SUCCEEDED")
    for job in (f"{array}:0", f"{array}:1", array):
        check_ended_with(site, job, live, operation)
    assert "stoppedAt" not in site.detail(f"{others}:0")


# The array has not been looked at yet


@pytest.mark.parametrize("pace", ["manual", "poll", "clock"])
@pytest.mark.parametrize("outcome", [0, 1], ids=["the dependency succeeds", "the dependency fails"])
def test_a_child_of_a_submitted_array_ends_with_what_its_array_waits_for(mock, batch, site, operation, outcome, pace):
    mock.batch.plan("first", exit_code=outcome)
    first = site.submit("first")
    site.reach(first, "RUNNING")
    array = site.submit(size=3, after=[first])

    stop(batch, operation, f"{array}:1")
    before = site.detail(f"{array}:1")
    mock.batch.pace = pace
    mock.batch.run_all()

    assert (before["status"], before[FLAG[operation]]) == ("PENDING", True)
    check_ended_with(site, f"{array}:1", first, operation)
    rest = ("FAILED", "Dependent Job failed") if outcome else ("SUCCEEDED", "Essential container in task exited")
    assert [(child["status"], child["statusReason"]) for child in site.children(array, 3)[::2]] == [rest] * 2
    assert site.status(array) == "FAILED"


def test_all_children_of_a_submitted_array_may_end_before_it_is_looked_at(mock, batch, site, operation):
    first = site.submit("first")
    array = site.submit(size=2, after=[first])
    for index in range(2):
        stop(batch, operation, f"{array}:{index}")

    site.reach(first, "SUCCEEDED")

    assert site.statuses(f"{array}:0", f"{array}:1", array) == ["FAILED"] * 3
    mock.batch.run_all()
    assert site.detail(array)["statusReason"] == "Array Child Job failed"


# Children of sequential arrays


@pytest.mark.parametrize("outcome", [0, 1], ids=["it succeeds", "it fails"])
def test_a_child_of_a_sequential_array_ends_with_the_one_before(mock, batch, site, operation, outcome):
    mock.batch.plan(exit_code=outcome)
    array = site.submit(size=3, after=[{"type": "SEQUENTIAL"}])
    site.reach(array, "PENDING")
    site.reach(f"{array}:0", "RUNNING")

    stop(batch, operation, f"{array}:1")
    before = site.summary(array)
    mock.batch.run_all()

    assert before == {"RUNNING": 1, "PENDING": 2}
    check_ended_with(site, f"{array}:1", f"{array}:0", operation)
    assert site.detail(f"{array}:2")["statusReason"] == "Dependent Job failed"


def test_a_child_of_a_sequential_array_outlives_what_its_array_waits_for(mock, batch, site, operation):
    first = site.submit()
    array = site.submit(size=3, after=[first, {"type": "SEQUENTIAL"}])
    site.reach(array, "PENDING")

    stop(batch, operation, f"{array}:1")

    site.reach(first, "SUCCEEDED")
    check_held(mock, site, f"{array}:1", f"{array}:0", operation)
    site.reach(f"{array}:0", "SUCCEEDED")
    check_ended_with(site, f"{array}:1", f"{array}:0", operation)


# Whose reason counts


def test_a_child_that_was_stopped_before_its_array_keeps_its_own_reason(batch, site, operation):
    first = site.submit("first")
    array = site.submit(size=2, after=[first])
    site.reach(array, "PENDING")

    stop(batch, operation, f"{array}:0", "own")
    stop(batch, operation, array, "all")
    site.reach(first, "SUCCEEDED")

    assert [job["statusReason"] for job in [*site.children(array, 2), site.detail(array)]] == ["own", "all", "all"]


def test_the_reason_of_the_caller_also_outlives_the_queue(batch, site, operation):
    live = site.submit("live")
    job, array = site.submit(after=[live]), site.submit(size=2, after=[live])
    for each in (job, array):
        site.reach(each, "PENDING")
        stop(batch, operation, each)

    batch.update_job_queue(jobQueue="q", state="DISABLED")
    batch.delete_job_queue(jobQueue="q")

    assert site.detail(live)["statusReason"] == "JobQueue deleted"
    for each in (job, f"{array}:0", f"{array}:1", array):
        check_ended_with(site, each, live, operation)
