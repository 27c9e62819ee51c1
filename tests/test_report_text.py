"""What the section about a mock says, as pytest asks for it when a test fails."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError

from mock_jobs import MockJobsServer, MockJobsWarning, mock_jobs
from mock_jobs.reporting import watched

from support.batch_site import Site
from support.constants import REGION
from support.fleet import Fleet
from support.server import client_of


@pytest.fixture
def site(mock, batch):
    site = Site(batch, mock)
    site.make_queue_and_definition()
    return site


@pytest.fixture(autouse=True)
def _forget():
    watched.forget()
    yield
    watched.forget()


def test_it_says_nothing_of_a_mock_in_which_nothing_has_happened(mock):
    assert watched.text() == ""


def test_it_shows_what_is_in_progress_first_then_what_waits_then_what_has_failed(mock, fleet_of_ten):
    fleet_of_ten.bring("T7", "IN_PROGRESS", "J")
    fleet_of_ten.bring("T8", "SUCCEEDED", "J")
    fleet_of_ten.bring("T9", "FAILED", "J")
    text = watched.text()

    assert "\nIoT executions:\n  J/T7/1  IN_PROGRESS  it waits for a report of its device\n  J/T6/1  QUEUED " in text
    assert "\n  and 3 more\n" in text
    assert "  7 executions are QUEUED: devices move them, with start_next" in text


@pytest.fixture
def fleet_of_ten(iot, iot_data):
    fleet = Fleet(iot, iot_data)
    fleet.things(*(f"T{number}" for number in range(10)))
    fleet.job(*(f"T{number}" for number in range(10)), job_id="J")
    return fleet


def test_calls_of_a_poller_are_one_line_and_errors_have_their_text(mock, site):
    mock.batch.pace = "manual"
    job_id = site.submit("waits")
    for _ in range(20):
        site.status(job_id)
    with pytest.raises(ClientError):
        site.batch.submit_job(jobName="x" * 200, jobQueue="q", jobDefinition="d")
    text = watched.text()

    assert "  calls 5 to 24  batch  DescribeJobs " in text
    assert "  call 25        batch  SubmitJob                 400  jobName='xxx" in text
    assert "...  ClientException: " in text
    assert max(map(len, text.splitlines())) <= 240
    assert "the pace is manual: only mock.batch.step()" in text


def test_advice_fits_what_waits(mock, site, fleet_of_ten):
    mock.batch.pace = "clock"
    mock.batch.plan("endless", duration=None)
    fleet_of_ten.job("T1", "T2", job_id="slow", jobExecutionsRolloutConfig={"maximumPerMinute": 1})
    site.status(site.submit("endless"))
    assert "1 job is unfinished until a timeout or TerminateJob ends it: its plan has no duration" in watched.text()
    mock.batch.block("q", "UNDETERMINED")
    site.status(site.submit("blocked"))
    site.make_queue("other")
    site.batch.submit_job(jobName="free", jobQueue="other", jobDefinition="d")
    text = watched.text()

    assert "  the test blocks the queue 'q': mock.batch.unblock('q') ends that" in text
    assert "  1 job is unfinished, and the pace is clock: mock.clock.advance() moves jobs, or real time" in text
    assert "  the rollout of 1 job goes on with the clock: mock.clock.advance() or mock.run_until_idle()" in text


def test_failed_jobs_say_how_and_their_output_is_shown(mock, site):
    mock.batch.plan("etl", exit_code=42, reason="OutOfMemory", logs=["one", "two"])
    job_id = site.submit("etl")
    mock.batch.run_all()
    text = watched.text()

    assert f"  etl {job_id[:8]}  FAILED  Essential container in task exited; exit code 42, OutOfMemory" in text
    assert text.endswith(f"last lines of containers:\n  {job_id[:8]}  one\n  {job_id[:8]}  two")


def test_calls_to_another_region_than_that_of_the_jobs_are_pointed_out(mock, site):
    site.submit()
    boto3.client("batch", region_name="eu-west-1").describe_jobs(jobs=["x"])

    assert "the last call went to eu-west-1 of account 123456789012, but the jobs are in us-east-1 of" in watched.text()


def test_it_remembers_the_mocks_and_servers_that_have_ended_until_the_next_test():
    with mock_jobs(region=REGION, strict=False) as mock:
        mock.batch.plan("never")
        Site(boto3.client("batch")).make_environment("of-the-mock")
    with MockJobsServer() as server:
        Site(client_of(server, "batch")).make_environment("of-the-server")
    text = watched.text()

    assert "set up and not used:\n  plan('never') matched no attempt" in text
    assert "compute environment of-the-mock" in text
    assert "account " in text.split("\n\n")[1].splitlines()[0]
    assert "compute environment of-the-server" in text.split("\n\n")[1]
    watched.forget()
    assert watched.text() == ""


def test_a_server_does_not_start_or_end_silently_if_the_warning_is_an_error():
    with MockJobsServer() as first:
        client_of(first, "iot").create_thing_group(thingGroupName="group")
        second = MockJobsServer()
        with pytest.raises(MockJobsWarning, match="the start of <MockJobsServer"):
            second.start()
        assert repr(second) == "<MockJobsServer not running>"
