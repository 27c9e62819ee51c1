"""What a test holds describes itself: in an assertion that failed, in a debugger, in a log."""

from __future__ import annotations

import threading

import pytest

from mock_jobs import MockJobs, MockJobsServer, mock_jobs
from mock_jobs.handle import world_of

from support.batch_site import Site
from support.constants import ACCOUNT, REGION


@pytest.fixture
def mock():
    """A mock that accepts what nothing uses: the tests only look at it."""
    with mock_jobs(region=REGION, strict=False) as active:
        yield active


@pytest.fixture
def now(mock):
    """The moment at which the clock stands still, as texts show it."""
    mock.clock.move_to(1_893_456_000.007)
    with mock.clock.frozen():
        yield f"{mock.clock.now:%Y-%m-%dT%H:%M:%S}.{mock.clock.now_ms % 1000:03}Z"


@pytest.fixture
def jobs(mock, batch, iot, now):
    mock.batch.pace = "manual"
    site = Site(batch)
    site.make_queue_and_definition()
    job_id = site.submit()
    for _ in range(2):
        mock.batch.step(job_id)
    for _ in range(2):
        site.submit()
    site.submit(size=3)
    for name in ("a", "b"):
        iot.create_thing(thingName=name)
    things = [f"arn:aws:iot:{REGION}:{ACCOUNT}:thing/{name}" for name in ("a", "b")]
    for number in range(3):
        iot.create_job(jobId=f"job-{number}", targets=things, document="{}")
    iot.cancel_job(jobId="job-0")


BATCH_JOBS = "Batch jobs: 3 SUBMITTED, 1 STARTING"
IOT_JOBS = "IoT jobs: 2 IN_PROGRESS, 1 CANCELED; IoT executions: 4 QUEUED, 2 CANCELED"


@pytest.mark.usefixtures("jobs")
def test_a_mock_shows_time_pace_and_how_many_jobs_have_which_status(mock, now):
    assert repr(mock) == f"<mock_jobs at {now}; pace manual; {BATCH_JOBS}; {IOT_JOBS}>"


@pytest.mark.usefixtures("jobs")
def test_parts_of_the_handle_show_what_is_theirs(mock, now):
    mock.batch.plan("a", optional=True)
    mock.batch.plan("b", optional=True)

    assert repr(mock.batch) == f"<batch: pace manual; plans: 2; {BATCH_JOBS}>"
    assert repr(mock.iot) == f"<iot: {IOT_JOBS}>"
    assert repr(mock.clock) == f"<clock at {now}, frozen>"


def test_an_empty_mock_shows_no_counts(mock, now):
    assert repr(mock) == f"<mock_jobs at {now}; pace poll>"
    assert repr(mock.batch) == "<batch: pace poll>"
    assert repr(mock.iot) == "<iot: no jobs>"
    assert repr(mock.faults) == "<faults: none>"


def test_a_clock_that_runs_is_not_called_frozen(mock):
    assert repr(mock.clock).endswith("Z>")


def test_faults_show_what_waits(mock):
    fault = mock.faults.add("batch", "cancel_job", "ServerException", times=2, message="down")

    assert repr(mock.faults) == f"<faults: {fault!r}>"
    assert repr(fault) == (
        "<fault faults.add('batch', 'CancelJob', 'ServerException', times=2, message='down'): HTTP 500 'down', used 0, 2 left>"
    )


def test_a_block_shows_its_reason_and_whether_it_has_ended(mock, batch):
    Site(batch).make_queue_and_definition()
    block = mock.batch.block("q", "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY")

    assert repr(block) == f"<block: {block.reason}>"
    block.clear()
    assert repr(block) == f"<block, cleared: {block.reason}>"


def test_a_mock_that_is_not_active_says_so():
    assert repr(MockJobs()) == "<mock_jobs, not active>"


def test_a_server_shows_its_address_and_a_handle_its_account():
    server = MockJobsServer()
    with server:
        handle = server.account(ACCOUNT)
        running = repr(server)
        url = server.url
        shown = repr(handle)

    assert running == f"<MockJobsServer at {url}>"
    assert shown.startswith(f"<account {ACCOUNT} at 2")
    assert repr(server) == "<MockJobsServer not running>"
    assert repr(handle) == f"<account {ACCOUNT}, not active>"


def test_showing_moves_nothing(mock, batch):
    mock.batch.pace = "clock"
    site = Site(batch)
    site.make_queue_and_definition()
    job_id = site.submit()

    assert "Batch jobs: 1 SUBMITTED" in repr(mock)
    assert mock.calls[-1].operation == "SubmitJob"
    # Its move was due.
    assert site.status(job_id) != "SUBMITTED"


def test_a_world_that_another_thread_holds_is_not_waited_for(mock, monkeypatch):
    monkeypatch.setattr("mock_jobs.core.summary._PATIENCE_S", 0.01)
    has_lock, may_go = threading.Event(), threading.Event()

    def hold():
        with world_of(mock).lock:
            has_lock.set()
            may_go.wait(30)

    holding = threading.Thread(target=hold)
    holding.start()
    try:
        assert has_lock.wait(30)
        assert repr(mock).endswith("; busy>")
    finally:
        may_go.set()
        holding.join()
