"""CancelJob and CancelJobExecution: the decision tables."""

from __future__ import annotations

import pytest

# CancelJob


@pytest.mark.parametrize("force", [False, True])
def test_cancel_job_sets_the_job_canceled_at_once_and_says_whether_by_force(example, force):
    example.iot.cancel_job(jobId="J", force=force)

    job = example.describe("J")
    assert (job["status"], job["forceCanceled"], job["isConcurrent"]) == ("CANCELED", force, False)


def test_a_job_that_was_never_canceled_has_no_force_flag(example):
    assert "forceCanceled" not in example.describe("J")


def test_a_canceled_job_has_no_completion_time(example):
    example.iot.cancel_job(jobId="J", force=True)

    assert "completedAt" not in example.describe("J")


def test_cancel_job_moves_the_jobs_update_time(mock, example):
    before = example.describe("J")["lastUpdatedAt"]
    mock.clock.advance(5)
    example.iot.cancel_job(jobId="J")

    assert (example.describe("J")["lastUpdatedAt"] - before).total_seconds() >= 5


@pytest.mark.parametrize(
    ("force", "flags"),
    [
        pytest.param(False, {"A": False, "B": False}, id="plain"),
        pytest.param(True, {"A": True, "B": True}, id="force"),
    ],
)
def test_only_executions_canceled_with_force_are_marked_so(example, force, flags):
    example.iot.cancel_job(jobId="J", force=force)

    assert {thing: example.execution(thing, "J").get("forceCanceled", False) for thing in "AB"} == flags
    assert not any("forceCanceled" in example.execution(thing, "J") for thing in "CD")


@pytest.mark.parametrize("force", [False, True], ids=["plain", "force"])
@pytest.mark.parametrize("end", ["canceled", "force canceled", "completed"])
def test_cancel_job_refuses_a_job_that_is_over(fleet, end, force):
    fleet.things("t")
    fleet.job("t")
    if end == "completed":
        fleet.report("t", "SUCCEEDED")
    else:
        fleet.iot.cancel_job(jobId="job", force=end == "force canceled")
    status = "COMPLETED" if end == "completed" else "CANCELED"
    assert fleet.describe()["status"] == status

    with fleet.refused("InvalidRequestException", 400, f"Job job is in status {status} and cannot be canceled"):
        fleet.iot.cancel_job(jobId="job", force=force, comment="again", reasonCode="AGAIN")


def test_after_a_plain_cancel_the_device_can_finish_what_it_runs(example):
    example.iot.cancel_job(jobId="J")

    execution = example.data.describe_job_execution(thingName="B", jobId="$next")["execution"]
    assert (execution["jobId"], execution["status"], execution["jobDocument"]) == ("J", "IN_PROGRESS", "{}")
    for status in ("IN_PROGRESS", "SUCCEEDED"):
        example.report("B", status, "J")
        assert example.status("B", "J") == status


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "REJECTED"])
def test_a_canceled_job_stays_canceled_when_its_last_execution_ends(example, status):
    example.iot.cancel_job(jobId="J")
    example.report("B", status, "J")

    assert example.describe("J")["status"] == "CANCELED"


def test_cancel_job_empties_the_queues_of_its_things(example):
    example.iot.cancel_job(jobId="J", force=True)

    for thing in "AB":
        pending = example.data.get_pending_job_executions(thingName=thing)
        assert (pending["inProgressJobs"], pending["queuedJobs"]) == ([], [])
        assert example.start(thing) is None


def test_cancel_job_leaves_other_jobs_alone(example):
    example.job("A", job_id="K")
    example.iot.cancel_job(jobId="J", force=True)

    assert (example.describe("K")["status"], example.status("A", "K")) == ("IN_PROGRESS", "QUEUED")


# CancelJobExecution


@pytest.mark.parametrize(
    ("job_id", "thing", "message"),
    [
        pytest.param("nope", "A", "Job execution cannot be found as the Job nope does not exist.", id="no job"),
        pytest.param("J", "nope", "Job execution for thing nope cannot be found within job J.", id="no thing"),
        pytest.param("J", "E", "Job execution for thing E cannot be found within job J.", id="thing without execution"),
    ],
)
def test_cancel_job_execution_finds_nothing_to_cancel(example, job_id, thing, message):
    example.things("E")

    with example.refused("ResourceNotFoundException", 404, message):
        example.iot.cancel_job_execution(jobId=job_id, thingName=thing)


@pytest.mark.parametrize("force", [False, True], ids=["plain", "force"])
@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "REJECTED", "CANCELED", "REMOVED"])
def test_cancel_job_execution_refuses_a_terminal_one_force_or_not(fleet, status, force):
    fleet.things("t", "u")
    fleet.job("t", "u")
    fleet.bring("t", status)

    with fleet.refused("InvalidStateTransitionException", 409, "Job execution for thing t within job job cannot be canceled."):
        fleet.iot.cancel_job_execution(jobId="job", thingName="t", force=force)


@pytest.mark.parametrize("version", [0, 1, 3], ids=["zero", "older", "newer"])
def test_the_version_is_compared_before_the_status(example, version):
    """B is IN_PROGRESS in version 2: without force both checks would refuse."""
    with example.refused("VersionConflictException", 409, f"Expected version {version} but found version 2"):
        example.iot.cancel_job_execution(jobId="J", thingName="B", expectedVersion=version)


def test_the_job_is_looked_up_before_the_version_is_compared(example):
    with example.refused("ResourceNotFoundException", 404):
        example.iot.cancel_job_execution(jobId="nope", thingName="A", expectedVersion=9)


def test_bad_details_are_refused_before_the_job_is_looked_up(example):
    with example.refused("InvalidRequestException", 400):
        example.iot.cancel_job_execution(jobId="nope", thingName="A", statusDetails={"bad key!": "v"})


@pytest.mark.parametrize(("thing", "force"), [("A", False), ("A", True), ("B", True)])
def test_cancel_job_execution_marks_an_execution_if_and_only_if_force_was_given(example, thing, force):
    example.iot.cancel_job_execution(jobId="J", thingName=thing, force=force)

    assert example.execution(thing, "J").get("forceCanceled", False) is force


def test_cancel_job_execution_raises_the_version_and_moves_the_update_time(mock, example):
    before = example.execution("A", "J")
    mock.clock.advance(7)
    example.iot.cancel_job_execution(jobId="J", thingName="A")

    after = example.execution("A", "J")
    assert after["versionNumber"] == before["versionNumber"] + 1
    assert (after["lastUpdatedAt"] - before["lastUpdatedAt"]).total_seconds() >= 7
    assert after["queuedAt"] == before["queuedAt"]
    assert "startedAt" not in after


def test_an_empty_map_of_details_replaces_the_details(example):
    example.report("B", "IN_PROGRESS", "J", statusDetails={"step": "1"})
    example.iot.cancel_job_execution(jobId="J", thingName="B", force=True, statusDetails={})

    assert example.execution("B", "J")["statusDetails"] == {"detailsMap": {}}


def test_a_snapshot_job_whose_executions_were_canceled_one_by_one_is_completed(fleet):
    fleet.things("t", "u")
    fleet.job("t", "u")
    for thing in ("t", "u"):
        fleet.iot.cancel_job_execution(jobId="job", thingName=thing)

    job = fleet.describe()
    assert job["status"] == "COMPLETED"
    assert "forceCanceled" not in job


# The worked example: A QUEUED v1, B IN_PROGRESS v2, C SUCCEEDED v3, D FAILED v3


def cancel(thing, **members):
    return lambda fleet: fleet.iot.cancel_job_execution(jobId="J", thingName=thing, **members)


def cancel_job(**members):
    return lambda fleet: fleet.iot.cancel_job(jobId="J", **members)


def report(thing, status):
    return lambda fleet: fleet.report(thing, status, "J")


def delete_execution(thing):
    return lambda fleet: fleet.iot.delete_job_execution(jobId="J", thingName=thing, executionNumber=1)


@pytest.mark.parametrize(
    ("calls", "job", "executions", "counters"),
    [
        pytest.param(
            [cancel_job()],
            "CANCELED",
            {"A": ("CANCELED", 2), "B": ("IN_PROGRESS", 2)},
            {"IN_PROGRESS": 1, "SUCCEEDED": 1, "FAILED": 1, "CANCELED": 1},
            id="CancelJob",
        ),
        pytest.param(
            [cancel_job(), report("B", "SUCCEEDED")],
            "CANCELED",
            {"A": ("CANCELED", 2), "B": ("SUCCEEDED", 3)},
            {"SUCCEEDED": 2, "FAILED": 1, "CANCELED": 1},
            id="CancelJob then B reports SUCCEEDED",
        ),
        pytest.param(
            [cancel_job(force=True)],
            "CANCELED",
            {"A": ("CANCELED", 2), "B": ("CANCELED", 3)},
            {"SUCCEEDED": 1, "FAILED": 1, "CANCELED": 2},
            id="CancelJob force",
        ),
        pytest.param(
            [cancel("A")],
            "IN_PROGRESS",
            {"A": ("CANCELED", 2), "B": ("IN_PROGRESS", 2)},
            {"IN_PROGRESS": 1, "SUCCEEDED": 1, "FAILED": 1, "CANCELED": 1},
            id="CancelJobExecution A",
        ),
        pytest.param(
            [cancel("B", force=True, expectedVersion=2)],
            "IN_PROGRESS",
            {"A": ("QUEUED", 1), "B": ("CANCELED", 3)},
            {"QUEUED": 1, "SUCCEEDED": 1, "FAILED": 1, "CANCELED": 1},
            id="CancelJobExecution B, force, expectedVersion 2",
        ),
        pytest.param(
            [delete_execution("A")],
            "IN_PROGRESS",
            {"A": None, "B": ("IN_PROGRESS", 2)},
            {"IN_PROGRESS": 1, "SUCCEEDED": 1, "FAILED": 1},
            id="DeleteJobExecution A",
        ),
        pytest.param(
            [delete_execution("A"), report("B", "REJECTED")],
            "COMPLETED",
            {"A": None, "B": ("REJECTED", 3)},
            {"SUCCEEDED": 1, "FAILED": 1, "REJECTED": 1},
            id="DeleteJobExecution A then B reports REJECTED",
        ),
    ],
)
def test_worked_example(example, calls, job, executions, counters):
    for call in calls:
        call(example)

    assert example.describe("J")["status"] == job
    for thing, expected in {**executions, "C": ("SUCCEEDED", 3), "D": ("FAILED", 3)}.items():
        if expected is None:
            with example.refused("ResourceNotFoundException", 404):
                example.execution(thing, "J")
        else:
            found = example.execution(thing, "J")
            assert (found["status"], found["versionNumber"]) == expected
    assert example.counters("J") == counters


@pytest.mark.parametrize(
    ("before", "call", "code", "message"),
    [
        pytest.param(
            [cancel_job(force=True)],
            report("B", "SUCCEEDED"),
            "InvalidStateTransitionException",
            "Job J for B has already finished with status CANCELED",
            id="report",
        ),
        pytest.param(
            [],
            cancel("B"),
            "InvalidStateTransitionException",
            "Job execution is IN_PROGRESS and cannot be canceled without force",
            id="cancel B",
        ),
        pytest.param(
            [],
            cancel("B", force=True, expectedVersion=1),
            "VersionConflictException",
            "Expected version 1 but found version 2",
            id="version",
        ),
        pytest.param(
            [],
            cancel("C", force=True),
            "InvalidStateTransitionException",
            "Job execution for thing C within job J cannot be canceled.",
            id="cancel C",
        ),
        pytest.param(
            [],
            lambda fleet: fleet.iot.delete_job(jobId="J"),
            "InvalidStateTransitionException",
            "Job J is in status IN_PROGRESS and cannot be deleted without force",
            id="delete job",
        ),
        pytest.param(
            [],
            delete_execution("B"),
            "InvalidStateTransitionException",
            "Job execution for thing B within job J in status IN_PROGRESS cannot be deleted without force flag.",
            id="delete B",
        ),
    ],
)
def test_worked_example_of_refusals(example, before, call, code, message):
    for each in before:
        each(example)

    with example.refused(code, 409, message):
        call(example)
