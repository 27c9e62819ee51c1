"""With the pace `poll`, a read moves jobs that were read before; a job keeps its last read state until then."""

from __future__ import annotations

import time

import pytest

from mock_jobs.batch.scenario.pace import Pace

LIFE = ["SUBMITTED", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]


@pytest.fixture(autouse=True)
def _site(site):
    site.make_queue_and_definition()


def test_polling_is_the_default_and_moves_a_job_by_one_state(mock, site):
    job_id = site.submit()

    assert mock.batch.pace.mode == "poll"
    assert [site.status(job_id) for _ in range(6)] == [*LIFE, "SUCCEEDED"]


def test_a_job_that_nobody_reads_does_not_move(mock, batch, site, monkeypatch):
    job_id = site.submit()
    now_s = time.time()
    monkeypatch.setattr(time, "time", lambda: now_s + 3600)
    batch.describe_job_queues()
    batch.describe_jobs(jobs=[])
    mock.batch.pace = "manual"

    assert site.status(job_id) == "SUBMITTED"


def test_polling_an_array_moves_it_until_its_summary_changes(site):
    array = site.submit(size=2)

    seen = [site.summary(array) for _ in range(5)]

    assert seen == [{state: 2} for state in ("PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED")]


def test_polling_takes_time_to_where_the_job_ends(mock, site):
    mock.clock.freeze()
    before = mock.clock.now_s
    mock.batch.plan(duration=3600)
    job_id = site.submit()

    assert [site.status(job_id) for _ in range(4)] == LIFE[:4]
    assert mock.clock.now_s == before
    job = site.detail(job_id)
    assert job["stoppedAt"] - job["startedAt"] == 3_600_000
    assert mock.clock.now_s - before == 3600


def test_polling_a_waiting_job_moves_what_it_waits_for(site):
    job_id = site.submit("second", after=[site.submit("first")])

    seen = []
    while not seen or seen[-1] != "SUCCEEDED":
        seen.append(site.status(job_id))

    assert seen == ["SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]


def test_polling_a_job_that_hangs_returns(mock, site):
    mock.batch.plan(duration=None)
    job_id = site.submit()

    assert [site.status(job_id) for _ in range(6)] == [*LIFE[:4], "RUNNING", "RUNNING"]


def test_reading_a_finished_job_moves_nothing(mock, site):
    done = site.submit()
    mock.batch.run_until(done, "SUCCEEDED")
    other = site.submit()

    for _ in range(2):
        site.detail(done)
    mock.batch.pace = "manual"

    assert site.status(other) == "SUBMITTED"


def test_submit_then_cancel_works_without_any_preparation(batch, site):
    job_id = site.submit()

    batch.cancel_job(jobId=job_id, reason="x")

    assert site.status(job_id) == "FAILED"


def test_advancing_the_clock_moves_jobs(mock, site):
    mock.batch.plan(duration=10)
    job_id = site.submit()

    mock.clock.advance(9)
    before = site.status(job_id)
    mock.clock.advance(2)

    assert (before, site.status(job_id)) == ("RUNNING", "SUCCEEDED")


def test_reading_a_job_that_hangs_takes_others_on_by_one_step(mock, site):
    mock.clock.freeze()
    mock.batch.plan("hangs", duration=None)
    mock.batch.plan("long", duration=86_400)
    hanging = site.submit("hangs")
    mock.batch.run_until(hanging, "RUNNING")
    before = mock.clock.now_ms
    other = site.submit("long")

    for _ in range(4):
        site.status(hanging)

    assert site.status(other) == "RUNNING"
    assert mock.clock.now_ms == before


def test_a_job_can_move_with_every_third_read_only(mock, site):
    mock.batch.pace = Pace.every(3)
    job_id = site.submit()

    assert [site.status(job_id) for _ in range(7)] == ["SUBMITTED"] * 3 + ["RUNNABLE"] * 3 + ["STARTING"]
