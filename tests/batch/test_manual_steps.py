"""Moving jobs by hand: `step`, `run_until` and `run_all`."""

from __future__ import annotations

import boto3
import pytest

from mock_jobs.core.errors import UsageValueError

from support.batch import (
    UNKNOWN_ID,
    detail,
    make_queue_and_definition,
    reach,
    status,
    submit,
)

LIFE = ["SUBMITTED", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]


@pytest.fixture(autouse=True)
def _site(batch):
    make_queue_and_definition(batch)


def test_run_until_takes_the_world_along(mock, batch):
    mock.batch.pace = "manual"
    first, second = submit(batch), submit(batch)

    mock.batch.run_until(first, "RUNNING")

    assert (status(batch, first), status(batch, second)) == ("RUNNING", "RUNNING")


@pytest.mark.parametrize("pace", ["poll", "manual"])
def test_run_all_goes_on_until_nothing_moves(mock, batch, pace):
    mock.batch.pace = pace
    mock.batch.plan(duration=100)
    first = submit(batch)
    jobs = [first, submit(batch, after=[first]), submit(batch, size=3)]

    mock.batch.run_all()

    assert [status(batch, job_id) for job_id in jobs] == ["SUCCEEDED"] * 3


def test_a_step_of_a_running_job_ends_it_now(mock, batch):
    mock.clock.freeze()
    mock.batch.plan(duration=3600, exit_code=3)
    job_id = submit(batch)
    reach(mock, job_id, "RUNNING")
    before = mock.clock.now_ms

    assert mock.batch.step(job_id) == "FAILED"
    assert mock.clock.now_ms == before
    assert detail(batch, job_id)["stoppedAt"] == before
    mock.clock.advance(3600)
    assert len(detail(batch, job_id)["attempts"]) == 1


def test_a_step_never_uses_more_room_than_there_is(mock, batch):
    mock.batch.pace = "manual"
    batch.update_compute_environment(computeEnvironment="ce", computeResources={"maxvCpus": 1})
    first, second = submit(batch), submit(batch)
    reach(mock, first, "RUNNING")
    reach(mock, second, "RUNNABLE")

    with pytest.raises(UsageValueError, match=r"is RUNNABLE, needs 1 vCPUs and waits for room .* 1 of 1 vCPUs in use"):
        mock.batch.step(second)

    reach(mock, first, "SUCCEEDED")
    assert mock.batch.step(second) == "STARTING"


def test_a_step_that_is_impossible_says_why(mock, batch):
    mock.batch.pace = "manual"
    mock.batch.plan("hangs", duration=None)
    hanging, array = submit(batch, "hangs"), submit(batch, size=2)
    waiting = submit(batch, after=[hanging])
    done = submit(batch)
    reach(mock, hanging, "RUNNING")
    reach(mock, waiting, "PENDING")
    reach(mock, array, "PENDING")
    reach(mock, done, "SUCCEEDED")

    for job_id, reason in {
        hanging: "lets it hang until a timeout or TerminateJob",
        waiting: rf"waits for {hanging} \(RUNNING\)",
        array: "its children are what moves: 2 RUNNABLE",
        done: r"it is SUCCEEDED \(Essential container in task exited\)",
    }.items():
        with pytest.raises(UsageValueError, match=reason):
            mock.batch.step(job_id)


def test_run_until_says_what_a_job_waits_for(mock, batch):
    mock.batch.plan("hangs", duration=None)
    hanging = submit(batch, "hangs")
    waiting = submit(batch, after=[hanging])

    with pytest.raises(UsageValueError, match=rf"{waiting} will never be RUNNING: it is PENDING and waits for {hanging}"):
        mock.batch.run_until(waiting, "RUNNING")


def test_run_until_refuses_a_status_that_is_past(mock, batch):
    job_id = submit(batch)

    with pytest.raises(UsageValueError, match="will never be PENDING: it is SUCCEEDED"):
        mock.batch.run_until(job_id, "PENDING")


@pytest.mark.parametrize("job_id", [UNKNOWN_ID, "nonsense"])
def test_an_unknown_job_lists_those_that_there_are(mock, batch, job_id):
    known = submit(batch)

    with pytest.raises(UsageValueError, match=known):
        mock.batch.step(job_id)


def test_jobs_are_found_in_every_region(mock, batch):
    elsewhere = boto3.client("batch", region_name="eu-west-1")
    make_queue_and_definition(elsewhere)
    job_id = submit(elsewhere)

    mock.batch.run_until(job_id, "SUCCEEDED")

    assert status(elsewhere, job_id) == "SUCCEEDED"
