"""Moving jobs by hand: `step`, `run_until` and `run_all`."""

from __future__ import annotations

import boto3
import pytest

from mock_jobs.core.errors import UsageValueError

from support.batch import UNKNOWN_ID
from support.batch_site import Site

LIFE = ["SUBMITTED", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]


@pytest.fixture(autouse=True)
def _site(site):
    site.make_queue_and_definition()


def test_run_until_takes_the_world_along(mock, site):
    mock.batch.pace = "manual"
    first, second = site.submit(), site.submit()

    mock.batch.run_until(first, "RUNNING")

    assert (site.status(first), site.status(second)) == ("RUNNING", "RUNNING")


@pytest.mark.parametrize("pace", ["poll", "manual"])
def test_run_all_goes_on_until_nothing_moves(mock, site, pace):
    mock.batch.pace = pace
    mock.batch.plan(duration=100)
    first = site.submit()
    jobs = [first, site.submit(after=[first]), site.submit(size=3)]

    mock.batch.run_all()

    assert [site.status(job_id) for job_id in jobs] == ["SUCCEEDED"] * 3


def test_a_step_of_a_running_job_ends_it_now(mock, site):
    mock.clock.freeze()
    mock.batch.plan(duration=3600, exit_code=3)
    job_id = site.submit()
    site.reach(job_id, "RUNNING")
    before = mock.clock.now_ms

    assert mock.batch.step(job_id) == "FAILED"
    assert mock.clock.now_ms == before
    assert site.detail(job_id)["stoppedAt"] == before
    mock.clock.advance(3600)
    assert len(site.detail(job_id)["attempts"]) == 1


def test_a_step_never_uses_more_room_than_there_is(mock, batch, site):
    mock.batch.pace = "manual"
    batch.update_compute_environment(computeEnvironment="ce", computeResources={"maxvCpus": 1})
    first, second = site.submit(), site.submit()
    site.reach(first, "RUNNING")
    site.reach(second, "RUNNABLE")

    with pytest.raises(UsageValueError, match=r"is RUNNABLE, needs 1 vCPUs and waits for room .* 1 of 1 vCPUs in use"):
        mock.batch.step(second)

    site.reach(first, "SUCCEEDED")
    assert mock.batch.step(second) == "STARTING"


def test_a_step_that_is_impossible_says_why(mock, site):
    mock.batch.pace = "manual"
    mock.batch.plan("hangs", duration=None)
    hanging, array = site.submit("hangs"), site.submit(size=2)
    waiting = site.submit(after=[hanging])
    done = site.submit()
    site.reach(hanging, "RUNNING")
    site.reach(waiting, "PENDING")
    site.reach(array, "PENDING")
    site.reach(done, "SUCCEEDED")

    for job_id, reason in {
        hanging: "its plan never ends: a timeout or TerminateJob has to end it",
        waiting: rf"waits for {hanging} \(RUNNING\)",
        array: "moves with its children: 2 RUNNABLE",
        done: r"it is SUCCEEDED \(Essential container in task exited\)",
    }.items():
        with pytest.raises(UsageValueError, match=reason):
            mock.batch.step(job_id)


def test_run_until_says_what_a_job_waits_for(mock, site):
    mock.batch.plan("hangs", duration=None)
    hanging = site.submit("hangs")
    waiting = site.submit(after=[hanging])

    with pytest.raises(UsageValueError, match=rf"{waiting} will never be RUNNING: it is PENDING and waits for {hanging}"):
        mock.batch.run_until(waiting, "RUNNING")


def test_run_until_refuses_a_status_that_is_past(mock, site):
    job_id = site.submit()

    with pytest.raises(UsageValueError, match="will never be PENDING: it is SUCCEEDED"):
        mock.batch.run_until(job_id, "PENDING")


@pytest.mark.parametrize("job_id", [UNKNOWN_ID, "nonsense"])
def test_an_unknown_job_lists_those_that_there_are(mock, site, job_id):
    known = site.submit()

    with pytest.raises(UsageValueError, match=known):
        mock.batch.step(job_id)


def test_jobs_are_found_in_every_region(mock):
    elsewhere = Site(boto3.client("batch", region_name="eu-west-1"))
    elsewhere.make_queue_and_definition()
    job_id = elsewhere.submit()

    mock.batch.run_until(job_id, "SUCCEEDED")

    assert elsewhere.status(job_id) == "SUCCEEDED"
