"""CancelJob, TerminateJob, CancelJobs and TerminateJobs: the decision tables."""

from __future__ import annotations

import pytest

from support.batch import (
    UNKNOWN_ID,
    Timeline,
    children,
    detail,
    make_queue_and_definition,
    reach,
    refusal,
    status,
    statuses,
    submit,
    summary,
)
from support.constants import newer_botocore

CANCEL, TERMINATE = "cancel_job", "terminate_job"
FLAG = {CANCEL: "isCancelled", TERMINATE: "isTerminated"}


@pytest.fixture(autouse=True)
def _site(mock, batch):
    mock.batch.pace = "manual"
    make_queue_and_definition(batch)


def stop(batch, operation, job_id, reason="why"):
    answer = getattr(batch, operation)(jobId=job_id, reason=reason)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


def job_in(mock, batch, state):
    """Return a job in a state of the table, and a job that it still waits for, if any."""
    if state == "PENDING, waiting":
        first = submit(batch, "first")
        job_id = submit(batch, "job", after=[first])
        reach(mock, job_id, "PENDING")
        return job_id, first
    if state == "PENDING, nothing to wait for":
        job_id, first = job_in(mock, batch, "PENDING, waiting")
        reach(mock, first, "SUCCEEDED")
        return job_id, None
    if state == "RUNNABLE between retries":
        mock.batch.plan("job", attempt=1, exit_code=1)
        job_id = submit(batch, "job", retryStrategy={"attempts": 3})
        reach(mock, job_id, "RUNNING")
        reach(mock, job_id, "RUNNABLE")
        return job_id, None
    mock.batch.plan("job", exit_code=1 if state == "FAILED" else 0)
    job_id = submit(batch, "job")
    if state != "SUBMITTED":
        reach(mock, job_id, state)
    return job_id, None


@pytest.mark.parametrize("operation", [CANCEL, TERMINATE])
@pytest.mark.parametrize("state", ["SUBMITTED", "PENDING, nothing to wait for", "RUNNABLE"])
def test_a_job_that_waits_for_no_other_fails_at_once(mock, batch, operation, state):
    job_id, _ = job_in(mock, batch, state)

    stop(batch, operation, job_id)

    job = detail(batch, job_id)
    assert job["status"] == "FAILED"
    assert job["statusReason"] == "why"
    assert job[FLAG[operation]] is True
    assert job["stoppedAt"] >= job["createdAt"]
    assert job["attempts"] == []
    assert "startedAt" not in job
    (other,) = set(FLAG.values()) - {FLAG[operation]}
    assert other not in job


@pytest.mark.parametrize("operation", [CANCEL, TERMINATE])
def test_a_job_between_retries_fails_at_once_and_keeps_its_attempts(mock, batch, operation):
    job_id, _ = job_in(mock, batch, "RUNNABLE between retries")
    before = detail(batch, job_id)

    stop(batch, operation, job_id)

    job = detail(batch, job_id)
    assert job["status"] == "FAILED"
    assert job["statusReason"] == "why"
    assert job["attempts"] == before["attempts"]
    assert len(job["attempts"]) == 1
    assert job["startedAt"] == before["startedAt"]


@pytest.mark.parametrize("operation", [CANCEL, TERMINATE])
@pytest.mark.parametrize("outcome", [0, 1], ids=["succeeds", "fails"])
def test_a_job_that_waits_for_another_fails_when_that_one_ends(mock, batch, operation, outcome):
    mock.batch.plan("first", exit_code=outcome)
    job_id, first = job_in(mock, batch, "PENDING, waiting")

    stop(batch, operation, job_id)
    before = detail(batch, job_id)
    reach(mock, first, "FAILED" if outcome else "SUCCEEDED")

    assert before["status"] == "PENDING"
    assert before[FLAG[operation]] is True
    assert "statusReason" not in before
    after = detail(batch, job_id)
    assert after["status"] == "FAILED"
    assert after["statusReason"] == "why"
    assert after["attempts"] == []
    assert after["stoppedAt"] == detail(batch, first)["stoppedAt"]


@pytest.mark.parametrize("state", ["STARTING", "RUNNING", "SUCCEEDED", "FAILED"])
def test_cancel_changes_nothing_about_a_job_that_has_started(mock, batch, state):
    job_id, _ = job_in(mock, batch, state)
    before = detail(batch, job_id)

    stop(batch, CANCEL, job_id)

    assert detail(batch, job_id) == before
    mock.batch.run_all()
    assert status(batch, job_id) == ("FAILED" if state == "FAILED" else "SUCCEEDED")


@pytest.mark.parametrize("state", ["SUCCEEDED", "FAILED"])
def test_terminate_changes_nothing_about_a_job_that_has_ended(mock, batch, state):
    job_id, _ = job_in(mock, batch, state)
    before = detail(batch, job_id)

    stop(batch, TERMINATE, job_id)

    assert detail(batch, job_id) == before


def test_terminate_fails_a_starting_job_with_an_attempt_that_never_started(mock, batch):
    job_id, _ = job_in(mock, batch, "STARTING")

    stop(batch, TERMINATE, job_id)

    job = detail(batch, job_id)
    (attempt,) = job["attempts"]
    assert job["status"] == "FAILED"
    assert job["isTerminated"] is True
    assert "startedAt" not in attempt
    assert "exitCode" not in attempt["container"]
    assert attempt["statusReason"] == "why"


def test_terminate_kills_a_running_job(mock, batch):
    job_id, _ = job_in(mock, batch, "RUNNING")

    stop(batch, TERMINATE, job_id)

    job = detail(batch, job_id)
    (attempt,) = job["attempts"]
    assert job["status"] == "FAILED"
    assert job["isTerminated"] is True
    assert job["statusReason"] == attempt["statusReason"] == "why"
    assert job["container"]["exitCode"] == attempt["container"]["exitCode"] == 137


def test_a_terminated_job_runs_on_for_its_grace(mock, batch):
    at = Timeline(mock)
    mock.batch.settings.terminate_grace_seconds = 30
    mock.batch.plan(duration=None)
    job_id = submit(batch)
    at.go_to(10)
    assert status(batch, job_id) == "RUNNING"

    stop(batch, TERMINATE, job_id, "first")
    stop(batch, TERMINATE, job_id, "second")
    at.go_to(39)
    during = detail(batch, job_id)
    at.go_to(41)

    assert (during["status"], during["isTerminated"]) == ("RUNNING", True)
    after = detail(batch, job_id)
    assert (after["status"], after["statusReason"]) == ("FAILED", "first")
    assert at.span(after) == (0, 40)


@pytest.mark.parametrize(("state", "attempts"), [("RUNNABLE", 0), ("STARTING", 1), ("RUNNING", 1)])
def test_a_terminated_job_is_never_tried_again(mock, batch, state, attempts):
    job_id = submit(batch, retryStrategy={"attempts": 10})
    reach(mock, job_id, state)

    stop(batch, TERMINATE, job_id)
    mock.batch.run_all()

    assert status(batch, job_id) == "FAILED"
    assert len(detail(batch, job_id)["attempts"]) == attempts


@pytest.mark.parametrize("operation", [CANCEL, TERMINATE])
def test_what_depends_on_a_stopped_job_fails(mock, batch, operation):
    job_id = submit(batch)
    dependent = submit(batch, after=[job_id])
    later = submit(batch, after=[dependent])

    stop(batch, operation, job_id)
    mock.batch.run_all()

    assert statuses(batch, dependent, later) == ["FAILED", "FAILED"]
    assert detail(batch, later)["statusReason"] == "Dependent Job failed"
    assert detail(batch, later)["attempts"] == []


def test_the_first_reason_of_two_delayed_cancellations_counts(mock, batch):
    job_id, first = job_in(mock, batch, "PENDING, waiting")

    stop(batch, CANCEL, job_id, "one")
    stop(batch, CANCEL, job_id, "two")
    reach(mock, first, "SUCCEEDED")

    assert detail(batch, job_id)["statusReason"] == "one"


def test_terminate_replaces_the_reason_of_a_delayed_cancellation(mock, batch):
    job_id, first = job_in(mock, batch, "PENDING, waiting")

    stop(batch, CANCEL, job_id, "one")
    stop(batch, TERMINATE, job_id, "two")
    reach(mock, first, "SUCCEEDED")

    job = detail(batch, job_id)
    assert job["statusReason"] == "two"
    assert job["isCancelled"] is True
    assert job["isTerminated"] is True


def test_terminate_can_be_made_to_end_a_waiting_job_at_once(mock, batch):
    mock.batch.settings.terminate_pending_immediately = True
    job_id, first = job_in(mock, batch, "PENDING, waiting")

    stop(batch, TERMINATE, job_id)

    assert statuses(batch, job_id, first) == ["FAILED", "SUBMITTED"]


# Parents of arrays


@pytest.mark.parametrize("operation", [CANCEL, TERMINATE])
def test_a_submitted_parent_fails_with_all_of_its_children(batch, operation):
    array = submit(batch, size=3)

    stop(batch, operation, array)

    parent = detail(batch, array)
    assert (parent["status"], parent["statusReason"], parent[FLAG[operation]]) == ("FAILED", "why", True)
    for child in children(batch, array, 3):
        assert (child["status"], child["statusReason"], child[FLAG[operation]]) == ("FAILED", "why", True)
    assert summary(batch, array) == {"FAILED": 3}


@pytest.mark.parametrize("operation", [CANCEL, TERMINATE])
def test_a_parent_that_waits_for_another_job_fails_when_that_one_ends(mock, batch, operation):
    first = submit(batch, "first")
    array = submit(batch, size=3, after=[first])
    reach(mock, array, "PENDING")

    stop(batch, operation, array)
    before = detail(batch, array)
    reach(mock, first, "SUCCEEDED")

    assert (before["status"], before[FLAG[operation]]) == ("PENDING", True)
    assert before["arrayProperties"]["statusSummary"]["PENDING"] == 3
    assert (detail(batch, array)["status"], detail(batch, array)["statusReason"]) == ("FAILED", "why")
    assert [child["statusReason"] for child in children(batch, array, 3)] == ["why"] * 3


def live_array(mock, batch):
    """Return an array with a child in each state that a child can be in."""
    mock.batch.plan(array_index=4, exit_code=1)
    array = submit(batch, size=5)
    reach(mock, array, "PENDING")
    for index, state in enumerate(["RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED"]):
        if state != "RUNNABLE":
            reach(mock, f"{array}:{index}", state)
    return array


def test_cancelling_a_live_array_spares_the_children_that_have_started(mock, batch):
    array = live_array(mock, batch)
    before = children(batch, array, 5)

    stop(batch, CANCEL, array)

    assert detail(batch, array)["status"] == "PENDING"
    assert detail(batch, array)["isCancelled"] is True
    after = children(batch, array, 5)
    assert (after[0]["status"], after[0]["statusReason"], after[0]["isCancelled"]) == ("FAILED", "why", True)
    assert after[1:] == before[1:]
    mock.batch.run_all()
    assert [child["status"] for child in children(batch, array, 5)] == ["FAILED", "SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "FAILED"]
    assert (detail(batch, array)["status"], detail(batch, array)["statusReason"]) == ("FAILED", "why")


def test_terminating_a_live_array_kills_all_children_and_the_parent_at_once(mock, batch):
    array = live_array(mock, batch)
    ended = children(batch, array, 5)[3:]

    stop(batch, TERMINATE, array)

    parent, after = detail(batch, array), children(batch, array, 5)
    assert (parent["status"], parent["statusReason"], parent["isTerminated"]) == ("FAILED", "why", True)
    assert [(child["status"], child["statusReason"], child["isTerminated"]) for child in after[:3]] == [
        ("FAILED", "why", True)
    ] * 3
    assert after[3:] == ended


def test_a_cancelled_array_succeeds_if_all_of_its_children_do(mock, batch):
    array = submit(batch, size=2)
    reach(mock, array, "PENDING")
    for index in range(2):
        reach(mock, f"{array}:{index}", "RUNNING")

    stop(batch, CANCEL, array)
    mock.batch.run_all()

    assert detail(batch, array)["status"] == "SUCCEEDED"


@pytest.mark.parametrize("operation", [CANCEL, TERMINATE])
def test_a_finished_array_is_left_alone(mock, batch, operation):
    array = submit(batch, size=2)
    mock.batch.run_all()
    before = detail(batch, array), children(batch, array, 2)

    stop(batch, operation, array)

    assert (detail(batch, array), children(batch, array, 2)) == before


def test_waiting_children_of_a_cancelled_sequential_array_do_not_wait_for_their_siblings(mock, batch):
    array = submit(batch, size=3, after=[{"type": "SEQUENTIAL"}])
    reach(mock, array, "PENDING")
    reach(mock, f"{array}:0", "RUNNING")

    stop(batch, CANCEL, array)

    assert [child["status"] for child in children(batch, array, 3)] == ["RUNNING", "FAILED", "FAILED"]
    assert status(batch, array) == "PENDING"


def array_behind_another(mock, batch, *first):
    """Return two arrays of three, the second N_TO_N behind the first, whose children have these states."""
    other = submit(batch, "other", size=3)
    array = submit(batch, size=3, after=[{"jobId": other, "type": "N_TO_N"}])
    reach(mock, array, "PENDING")
    reach(mock, other, "PENDING")
    for index, state in enumerate(first):
        if state != "RUNNABLE":
            reach(mock, f"{other}:{index}", state)
    return other, array


@pytest.mark.parametrize("operation", [CANCEL, TERMINATE])
def test_a_child_that_waits_for_its_counterpart_in_another_array_ends_with_that_one(mock, batch, operation):
    other, array = array_behind_another(mock, batch, "SUCCEEDED", "SUCCEEDED", "RUNNING")
    reach(mock, f"{array}:1", "RUNNABLE")

    stop(batch, operation, array)

    before = children(batch, array, 3)
    assert [child["status"] for child in before] == ["FAILED", "FAILED", "PENDING"]
    assert before[2][FLAG[operation]] is True
    parent = detail(batch, array)
    assert (parent["status"], parent[FLAG[operation]]) == ("PENDING", True)
    reach(mock, f"{other}:2", "SUCCEEDED")
    after = children(batch, array, 3)
    assert [(child["status"], child["statusReason"]) for child in after] == [("FAILED", "why")] * 3
    assert after[2]["stoppedAt"] == detail(batch, f"{other}:2")["stoppedAt"]
    assert (detail(batch, array)["status"], detail(batch, array)["statusReason"]) == ("FAILED", "why")


@pytest.mark.parametrize("operation", [CANCEL, TERMINATE])
def test_a_child_that_waits_for_its_counterpart_keeps_the_reason_of_the_caller_if_that_one_fails(mock, batch, operation):
    other, array = array_behind_another(mock, batch, "RUNNING", "RUNNING", "RUNNING")
    stop(batch, operation, array)
    before = summary(batch, array)

    batch.terminate_job(jobId=other, reason="other")

    assert before == {"PENDING": 3}
    assert [child["statusReason"] for child in children(batch, array, 3)] == ["why"] * 3


@pytest.mark.parametrize("operation", [CANCEL, TERMINATE])
def test_a_submitted_array_behind_another_fails_at_once(mock, batch, operation):
    other = submit(batch, "other", size=3)
    array = submit(batch, size=3, after=[{"jobId": other, "type": "N_TO_N"}])

    stop(batch, operation, array)

    assert summary(batch, array) == {"FAILED": 3}
    assert detail(batch, array)["status"] == "FAILED"


@pytest.mark.parametrize("operation", [CANCEL, TERMINATE])
def test_stopping_one_child_leaves_its_siblings_alone(mock, batch, operation):
    array = submit(batch, size=3)
    reach(mock, array, "PENDING")

    stop(batch, operation, f"{array}:1")
    mock.batch.run_all()

    assert [child["status"] for child in children(batch, array, 3)] == ["SUCCEEDED", "FAILED", "SUCCEEDED"]
    assert detail(batch, f"{array}:1")["statusReason"] == "why"
    parent = detail(batch, array)
    assert (parent["status"], parent["statusReason"]) == ("FAILED", "Array Child Job failed")
    assert FLAG[operation] not in parent


def test_a_cancelled_child_waits_for_what_its_array_waits_for(mock, batch):
    first = submit(batch, "first")
    array = submit(batch, size=2, after=[first])
    reach(mock, array, "PENDING")

    stop(batch, CANCEL, f"{array}:0")
    before = detail(batch, f"{array}:0")
    reach(mock, first, "SUCCEEDED")

    assert (before["status"], before["isCancelled"]) == ("PENDING", True)
    assert status(batch, f"{array}:0") == "FAILED"
    mock.batch.run_all()
    assert statuses(batch, f"{array}:1", array) == ["SUCCEEDED", "FAILED"]


# Ids and bulk forms

BULK = {"cancel_jobs": "isCancelled", "terminate_jobs": "isTerminated"}


def bulk(batch, operation, jobs, reason="why"):
    answer = getattr(batch, operation)(jobs=jobs, reason=reason)
    return answer["successful"], answer["errors"]


@pytest.mark.parametrize("operation", [CANCEL, TERMINATE])
@pytest.mark.parametrize("job_id", [UNKNOWN_ID, f"{UNKNOWN_ID}:0", f"{UNKNOWN_ID}#0"])
def test_an_unknown_job_is_no_error(batch, operation, job_id):
    job = submit(batch)

    stop(batch, operation, job_id)

    assert status(batch, job) == "SUBMITTED"


@pytest.mark.parametrize("operation", [CANCEL, TERMINATE])
def test_a_malformed_id_can_be_let_through_as_moto_does(mock, batch, operation):
    mock.batch.settings.lenient_ids = True

    stop(batch, operation, "bad id!")


@pytest.mark.parametrize("operation", BULK)
@newer_botocore
def test_bulk_forms_act_on_each_job_and_report_in_order(mock, batch, operation):
    one, two = submit(batch, "one"), submit(batch, "two")

    successful, errors = bulk(batch, operation, [two, "bad id", UNKNOWN_ID, one, two, ""])

    assert successful == [two, UNKNOWN_ID, one]
    assert [(error["job"], error["code"]) for error in errors] == [("bad id", "ValidationException"), ("", "ValidationException")]
    assert all(error["message"] for error in errors)
    for job_id in (one, two):
        job = detail(batch, job_id)
        assert (job["status"], job["statusReason"], job[BULK[operation]]) == ("FAILED", "why", True)


@newer_botocore
def test_bulk_cancel_reports_a_running_job_as_successful_and_leaves_it_alone(mock, batch):
    job_id = submit(batch)
    reach(mock, job_id, "RUNNING")

    assert bulk(batch, "cancel_jobs", [job_id]) == ([job_id], [])
    assert status(batch, job_id) == "RUNNING"
    assert "isCancelled" not in detail(batch, job_id)


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
@newer_botocore
def test_bulk_forms_refuse_the_whole_call(batch, operation, changes, text):
    job_id = submit(batch)

    assert refusal(getattr(batch, operation), **{"jobs": [job_id], "reason": "why", **changes}) == text
    assert status(batch, job_id) == "SUBMITTED"


@pytest.mark.parametrize("operation", BULK)
@newer_botocore
def test_bulk_forms_take_50_jobs(batch, operation):
    jobs = [submit(batch) for _ in range(50)]

    assert bulk(batch, operation, jobs, "r" * 1024) == (jobs, [])
    assert set(statuses(batch, *jobs)) == {"FAILED"}


# The worked example


def worked_example(mock, batch):
    at = Timeline(mock)
    batch.update_compute_environment(computeEnvironment="ce", computeResources={"maxvCpus": 3})
    mock.batch.plan("A", duration=100)
    mock.batch.plan("C", duration=50)
    a = submit(batch, "A")
    b = submit(batch, "B", after=[a])
    c = submit(batch, "C", size=4)
    at.go_to(10)
    assert statuses(batch, a, b, c) == ["RUNNING", "PENDING", "PENDING"]
    assert [child["status"] for child in children(batch, c, 4)] == ["RUNNING", "RUNNING", "RUNNABLE", "RUNNABLE"]
    assert summary(batch, c) == {"RUNNING": 2, "RUNNABLE": 2}
    return at, a, b, c


def test_the_worked_example_with_cancel_job(mock, batch):
    at, a, b, c = worked_example(mock, batch)
    a_before = detail(batch, a)

    stop(batch, CANCEL, b, "x")
    stop(batch, CANCEL, c, "y")
    stop(batch, CANCEL, a, "z")

    assert [(detail(batch, each)["status"], detail(batch, each)["isCancelled"]) for each in (b, c)] == [("PENDING", True)] * 2
    assert [(child["status"], child.get("statusReason")) for child in children(batch, c, 4)] == [
        ("RUNNING", None),
        ("RUNNING", None),
        ("FAILED", "y"),
        ("FAILED", "y"),
    ]
    assert detail(batch, a) == a_before
    at.go_to(50)
    assert [child["status"] for child in children(batch, c, 4)] == ["SUCCEEDED", "SUCCEEDED", "FAILED", "FAILED"]
    assert (detail(batch, c)["status"], detail(batch, c)["statusReason"]) == ("FAILED", "y")
    assert at.seconds(detail(batch, c)["stoppedAt"]) == 50
    at.go_to(100)
    assert detail(batch, a)["status"] == "SUCCEEDED"
    assert not set(FLAG.values()) & set(detail(batch, a))
    ended = detail(batch, b)
    assert (ended["status"], ended["statusReason"], ended["attempts"]) == ("FAILED", "x", [])
    assert at.seconds(ended["stoppedAt"]) == 100


def test_the_worked_example_with_terminate_job(mock, batch):
    at, a, b, c = worked_example(mock, batch)

    stop(batch, TERMINATE, b, "x")
    stop(batch, TERMINATE, c, "y")
    stop(batch, TERMINATE, a, "z")

    jobs = [detail(batch, a), detail(batch, b), detail(batch, c), *children(batch, c, 4)]
    assert [job["status"] for job in jobs] == ["FAILED"] * 7
    assert [at.seconds(job["stoppedAt"]) for job in jobs] == [10] * 7
    assert [job["statusReason"] for job in jobs] == ["z", "x", *["y"] * 5]
