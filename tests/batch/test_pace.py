"""Choosing the pace of Batch jobs, and the plans that decide what they do."""

from __future__ import annotations

import time

import boto3
import pytest

from mock_jobs.batch.scenario.pace import Pace
from mock_jobs.core.errors import UsageValueError

from support.batch import Timeline
from support.constants import REGION

LIFE = ["SUBMITTED", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]


@pytest.fixture(autouse=True)
def _site(site):
    site.make_queue_and_definition()


# clock


def test_with_the_clock_a_job_without_a_duration_is_done_at_the_next_call(mock, site):
    mock.batch.pace = "clock"

    assert site.status(site.submit()) == "SUCCEEDED"


def test_with_the_clock_real_time_moves_jobs(mock, site, monkeypatch):
    mock.batch.pace = "clock"
    mock.batch.plan(duration=3600)
    job_id = site.submit()
    before = site.status(job_id)
    now_s = time.time()
    monkeypatch.setattr(time, "time", lambda: now_s + 3601)

    assert (before, site.status(job_id)) == ("RUNNING", "SUCCEEDED")


def test_each_state_can_last_a_while(mock, site):
    at = Timeline(mock)
    mock.batch.pace = Pace.timed(5)
    job_id = site.submit()

    seen = []
    for second in (0, 4, 5, 10, 15, 19, 20):
        at.go_to(second)
        seen.append(site.status(job_id))

    assert seen == ["SUBMITTED", "SUBMITTED", "RUNNABLE", "STARTING", "RUNNING", "RUNNING", "SUCCEEDED"]


POLLS = {
    "s3": lambda: boto3.client("s3", region_name=REGION).list_objects_v2(Bucket="results").get("KeyCount"),
    "dynamodb": lambda: boto3.client("dynamodb", region_name=REGION).list_tables() and None,
    "sts": lambda: boto3.client("sts", region_name=REGION).get_caller_identity() and None,
}


@pytest.mark.parametrize("service", POLLS)
def test_with_the_clock_requests_that_moto_answers_move_jobs(mock, site, service):
    mock.batch.pace = "clock"
    s3 = boto3.client("s3", region_name=REGION)
    s3.create_bucket(Bucket="results")
    mock.batch.plan(run=lambda run: s3.put_object(Bucket="results", Key=run.job_id, Body=b"done") and None)
    job_id = site.submit()

    POLLS[service]()
    with mock.batch.paced("manual"):
        assert site.status(job_id) == "SUCCEEDED"
    assert [each["Key"] for each in s3.list_objects_v2(Bucket="results")["Contents"]] == [job_id]


def test_with_the_clock_a_loop_over_s3_alone_ends(mock, site, monkeypatch):
    mock.batch.pace = "clock"
    s3 = boto3.client("s3", region_name=REGION)
    s3.create_bucket(Bucket="results")
    mock.batch.plan(duration=60, run=lambda _: s3.put_object(Bucket="results", Key="k", Body=b"done") and None)
    site.submit()
    mock.clock.freeze()

    rounds = 0
    while not s3.list_objects_v2(Bucket="results")["KeyCount"] and rounds < 20:
        mock.clock.advance(10)
        rounds += 1

    assert rounds <= 6


# manual


def test_by_hand_neither_reads_nor_time_move_a_job(mock, site):
    mock.batch.pace = "manual"
    job_id = site.submit()
    site.status(job_id)
    mock.clock.advance(1000)

    assert site.status(job_id) == "SUBMITTED"
    assert [mock.batch.step(job_id) for _ in range(4)] == LIFE[1:]


# Choosing


@pytest.mark.parametrize(
    ("transition", "pace"),
    [
        ({"progression": "immediate"}, Pace("clock")),
        ({"progression": "manual", "times": 3}, Pace("poll", reads=3)),
        ({"progression": "time", "seconds": 5}, Pace("clock", transition_seconds=5)),
    ],
)
def test_the_transitions_of_moto_are_paces(transition, pace):
    assert Pace.from_transition(transition) == pace


@pytest.mark.parametrize(
    "make",
    [
        lambda: Pace("slow"),  # type: ignore[arg-type]
        lambda: Pace.every(0),
        lambda: Pace.timed(-1),
        lambda: Pace.timed(float("inf")),
        lambda: Pace.from_transition({"progression": "never"}),
        lambda: Pace.from_transition({"progression": "manual", "times": "3"}),
        lambda: Pace.from_transition({}),
    ],
)
def test_an_impossible_pace_is_refused(make):
    with pytest.raises(UsageValueError):
        make()


def test_an_unknown_pace_names_those_that_there_are(mock):
    with pytest.raises(UsageValueError, match="'poll', 'clock', 'manual'"):
        mock.batch.pace = "fast"

    assert mock.batch.pace == Pace("poll")


# Plans


def test_the_plan_added_last_counts(mock, site):
    mock.batch.plan(exit_code=1)
    mock.batch.plan("good-*")
    good, bad = site.submit("good-1"), site.submit("bad-1")
    mock.batch.run_all()

    assert (site.status(good), site.status(bad)) == ("SUCCEEDED", "FAILED")


@pytest.mark.parametrize(
    "pattern",
    [{"job_name": "nightly-?"}, {"queue": "other"}, {"definition": "special"}, {"array_index": 1}, {"attempt": 2}],
    ids=lambda pattern: next(iter(pattern)),
)
def test_a_plan_concerns_only_what_it_names(mock, site, pattern):
    site.make_queue("other")
    site.make_definition("special")
    mock.batch.plan(**pattern, exit_code=9)
    mock.batch.plan("try", attempt=1, exit_code=1)
    concerned = {
        "job_name": site.submit("nightly-1"),
        "queue": site.submit(jobQueue="other"),
        "definition": site.submit(jobDefinition="special"),
        "array_index": site.submit(size=2) + ":1",
        "attempt": site.submit("try", retryStrategy={"attempts": 2}),
    }
    mock.batch.run_all()

    codes = {name: site.detail(job_id)["container"]["exitCode"] for name, job_id in concerned.items()}

    assert codes == {name: 9 if name in pattern else 0 for name in concerned}
