"""moto's own settings for how Batch jobs change state, in process."""

from __future__ import annotations

import boto3
import pytest
from moto.moto_api import state_manager

from mock_jobs import mock_jobs

from support.batch_site import Site
from support.constants import REGION


@pytest.fixture
def transition():
    yield lambda how: state_manager.set_transition("batch::job", how)
    state_manager.unset_transition("batch::job")


def _submit():
    batch = boto3.client("batch", region_name=REGION)
    site = Site(batch)
    site.make_environment()
    site.make_queue()
    site.make_definition()
    job_id = batch.submit_job(jobName="j", jobQueue="q", jobDefinition="d")["jobId"]
    return lambda: batch.describe_jobs(jobs=[job_id])["jobs"][0]["status"]


def test_without_docker_a_job_is_done_at_the_next_call():
    with mock_jobs(config={"batch": {"use_docker": False}}):
        status = _submit()
        assert status() == "SUCCEEDED"


def test_the_configuration_ends_with_its_mock():
    with mock_jobs(config={"batch": {"use_docker": False}}):
        _submit()
    with mock_jobs():
        status = _submit()
        assert status() == "SUBMITTED"


def test_immediate_means_done_at_the_next_call(mock, transition):
    transition({"progression": "immediate"})

    assert _submit()() == "SUCCEEDED"


def test_manual_means_a_move_with_every_so_many_reads(mock, transition):
    transition({"progression": "manual", "times": 2})
    status = _submit()

    assert [status() for _ in range(6)] == ["SUBMITTED", "SUBMITTED", "RUNNABLE", "RUNNABLE", "STARTING", "STARTING"]


def test_time_means_so_many_seconds_in_each_state(mock, transition):
    transition({"progression": "time", "seconds": 60})
    mock.clock.freeze()
    status = _submit()

    assert status() == "SUBMITTED"
    mock.clock.advance(59)
    assert status() == "SUBMITTED"
    mock.clock.advance(1)
    assert status() == "RUNNABLE"
    mock.clock.advance(180)
    assert status() == "SUCCEEDED"


def test_a_switch_that_is_turned_back_gives_the_default_again(mock, transition):
    transition({"progression": "immediate"})
    status = _submit()
    assert status() == "SUCCEEDED"
    assert mock.batch.pace.mode == "clock"

    state_manager.unset_transition("batch::job")
    status()
    assert mock.batch.pace.mode == "poll"


def test_the_pace_of_the_mock_comes_before_motos_switches(transition):
    transition({"progression": "immediate"})
    with mock_jobs(pace="manual"):
        status = _submit()
        assert [status(), status()] == ["SUBMITTED", "SUBMITTED"]


def test_a_transition_that_does_not_exist_is_refused(mock, transition):
    transition({"progression": "sometimes"})

    with pytest.raises(ValueError, match=r"there is no transition .*'sometimes'"):
        _submit()


@pytest.mark.parametrize(
    ("value", "status", "seconds"),
    [
        ("", "SUCCEEDED", 0),
        ("0", "FAILED", 0),
        ("90", "FAILED", 90),
        ("yes", "FAILED", 0),
        ("-1", "FAILED", 0),
        ("1.5", "FAILED", 0),
    ],
)
def test_without_docker_a_variable_of_moto_lets_jobs_fail(monkeypatch, value, status, seconds):
    monkeypatch.setenv("MOTO_SIMPLE_BATCH_FAIL_AFTER", value)
    with mock_jobs(region=REGION, config={"batch": {"use_docker": False}}) as mock:
        mock.clock.freeze()
        begin = mock.clock.now_s

        assert _submit()() == status
        assert mock.clock.now_s - begin == seconds


def test_a_retry_of_a_job_that_is_to_fail_fails_at_once(monkeypatch):
    monkeypatch.setenv("MOTO_SIMPLE_BATCH_FAIL_AFTER", "15")
    with mock_jobs(region=REGION, config={"batch": {"use_docker": False}}) as mock:
        site = Site(boto3.client("batch", region_name=REGION))
        site.make_queue_and_definition()
        mock.clock.freeze()

        job = site.detail(site.submit(retryStrategy={"attempts": 2}))

        assert (job["status"], len(job["attempts"])) == ("FAILED", 2)


def test_the_variable_of_moto_counts_when_a_job_is_submitted(monkeypatch):
    with mock_jobs(region=REGION, config={"batch": {"use_docker": False}}) as mock:
        mock.batch.plan("planned", exit_code=0)
        site = Site(boto3.client("batch", region_name=REGION))
        site.make_queue_and_definition()
        before = site.submit()
        monkeypatch.setenv("MOTO_SIMPLE_BATCH_FAIL_AFTER", "5")
        jobs = [before, site.submit(), site.submit(size=2), site.submit("planned")]
        monkeypatch.delenv("MOTO_SIMPLE_BATCH_FAIL_AFTER")
        jobs.append(site.submit())

        assert site.statuses(*jobs) == ["SUCCEEDED", "FAILED", "FAILED", "SUCCEEDED", "SUCCEEDED"]
        assert site.detail(jobs[1])["container"]["exitCode"] == 1


def test_with_docker_the_variable_of_moto_is_not_heeded(monkeypatch, mock):
    monkeypatch.setenv("MOTO_SIMPLE_BATCH_FAIL_AFTER", "0")
    status = _submit()
    mock.batch.run_all()

    assert status() == "SUCCEEDED"
