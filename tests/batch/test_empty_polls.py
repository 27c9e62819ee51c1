"""Code that reads no job, but waits for a message in SQS or for a line in CloudWatch Logs, comes to an end."""

from __future__ import annotations

import inspect
import time
from itertools import count

import boto3
import pytest
import requests
from botocore.exceptions import ClientError
from moto.logs.models import LogsBackend
from moto.sqs.models import Queue, SQSBackend

from mock_jobs import MockJobsServer, Pace, mock_jobs
from mock_jobs.handle import world_of

from support.batch_site import Site
from support.constants import ACCOUNT, REGION
from support.server import authorization, client_of

GROUP = "/aws/batch/job"
PATIENCE = 12


@pytest.fixture
def site(batch):
    made = Site(batch)
    made.make_queue_and_definition()
    return made


@pytest.fixture
def sqs(mock):
    return boto3.client("sqs")


@pytest.fixture
def logs(mock):
    return boto3.client("logs")


@pytest.fixture
def queue(sqs):
    return sqs.create_queue(QueueName="done")["QueueUrl"]


def polls_until(ask):
    """Return how many calls it takes until one returns something."""
    return next((number for number in range(1, PATIENCE + 1) if ask()), None)


def state_of(mock, job_id):
    """Return the status of a job, without counting as a read."""
    return next(region.jobs[job_id].status for region in mock.batch._regions if job_id in region.jobs)


def test_the_timeline_names_the_poll_that_moved_a_job(mock, site, sqs, queue):
    site.submit()
    for _ in range(3):
        sqs.receive_message(QueueUrl=queue)

    assert [change.during for change in mock.timeline.of("job")][-1] == "an empty poll"


def test_a_loop_that_receives_messages_ends(mock, site, sqs, queue):
    mock.batch.plan(run=lambda run: sqs.send_message(QueueUrl=queue, MessageBody=run.job_id) and None)
    job_id = site.submit()
    found = []
    polls = polls_until(lambda: found.extend(sqs.receive_message(QueueUrl=queue).get("Messages", [])) or found)

    assert [each["Body"] for each in found] == [job_id]
    assert polls == 4


@pytest.fixture
def _unwaiting(monkeypatch):
    """Let the test fail if moto waits in real time."""

    def wait(*_):
        raise AssertionError("moto waits")

    monkeypatch.setattr(Queue, "wait_for_messages", wait)


@pytest.mark.usefixtures("_unwaiting")
def test_a_long_poll_does_not_wait_for_real(mock, site, sqs, queue):
    mock.batch.plan(duration=600, run=None)
    mock.batch.plan("second", run=lambda run: sqs.send_message(QueueUrl=queue, MessageBody=run.job_name) and None)
    site.submit("second", after=[site.submit()])
    messages = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]

    assert [each["Body"] for each in messages] == ["second"]


def test_a_long_poll_waits_for_real_if_no_job_can_move(mock, site, sqs, queue):
    site.submit()
    began = time.monotonic()
    received = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1)

    assert "Messages" not in received
    assert time.monotonic() - began >= 1


def test_a_loop_that_reads_a_stream_by_its_tokens_ends(mock, site, logs):
    mock.batch.plan(duration=60, logs=["one", (30, "two"), (60, "three")])
    job_id = site.submit()
    mock.batch.run_until(job_id, "RUNNING")
    name = site.detail(job_id)["container"]["logStreamName"]
    said, token = [], {}
    for _ in range(PATIENCE):
        answered = logs.get_log_events(logGroupName=GROUP, logStreamName=name, startFromHead=True, **token)
        said += [each["message"] for each in answered["events"]]
        token = {"nextToken": answered["nextForwardToken"]}

    assert said == ["one", "two", "three"]


@pytest.mark.parametrize("step", [0, 1], ids=["the same", "a later start each time"])
def test_a_loop_that_filters_a_log_ends(step, mock, site, logs):
    starts = count(1, step)
    mock.batch.plan(duration=60, logs=["one", (60, "done")])
    site.submit()

    def ask():
        try:
            found = logs.filter_log_events(logGroupName=GROUP, filterPattern="done", startTime=next(starts))["events"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        return found

    assert polls_until(ask) is not None


def test_repeated_news_are_no_news(mock, site, logs):
    mock.batch.plan(duration=60, logs=["one", (60, "two")])
    mock.batch.run_until(site.submit(), "RUNNING")

    assert [len(logs.filter_log_events(logGroupName=GROUP)["events"]) for _ in range(4)] == [1, 1, 2, 2]


def test_a_poll_that_finds_something_moves_nothing(mock, site, sqs, queue):
    job_id = site.submit()
    for _ in range(3):
        sqs.send_message(QueueUrl=queue, MessageBody="x")
        assert sqs.receive_message(QueueUrl=queue)["Messages"]

    assert state_of(mock, job_id) == "SUBMITTED"


def test_polls_of_several_queues_move_jobs_once_a_round(mock, site, sqs, queue):
    job_id = site.submit()
    other = sqs.create_queue(QueueName="other")["QueueUrl"]
    seen = []
    for _ in range(3):
        for url in (queue, other):
            sqs.receive_message(QueueUrl=url)
            seen.append(state_of(mock, job_id))

    assert seen == ["SUBMITTED", "SUBMITTED", "RUNNABLE", "RUNNABLE", "STARTING", "STARTING"]


def test_a_read_of_a_job_in_between_moves_jobs_instead(mock, site, sqs, queue):
    job_id = site.submit()
    seen = []
    for _ in range(3):
        sqs.receive_message(QueueUrl=queue)
        seen.append((state_of(mock, job_id), site.status(job_id)))

    assert seen == [("SUBMITTED", "SUBMITTED"), ("SUBMITTED", "RUNNABLE"), ("RUNNABLE", "STARTING")]


@pytest.mark.parametrize(
    ("choose", "status"),
    [
        (lambda batch: None, "RUNNABLE"),
        (lambda batch: setattr(batch, "pace", Pace.every(2)), "SUBMITTED"),
        (lambda batch: setattr(batch, "pace", "manual"), "SUBMITTED"),
        (lambda batch: batch.settings.change(poll_on_empty=False), "SUBMITTED"),
    ],
    ids=["poll", "every second read", "manual", "turned off"],
)
def test_pace_and_setting_decide(choose, status, mock, site, sqs, queue):
    choose(mock.batch)
    job_id = site.submit()
    for _ in range(2):
        sqs.receive_message(QueueUrl=queue)

    assert state_of(mock, job_id) == status


def test_a_reset_forgets_polls(mock, site, sqs):
    def poll():
        sqs.receive_message(QueueUrl=sqs.create_queue(QueueName="done")["QueueUrl"])

    poll()
    mock.reset()
    site.make_queue_and_definition()
    job_id = site.submit()
    poll()

    assert state_of(mock, job_id) == "SUBMITTED"


def test_only_so_many_polls_are_remembered(mock, site, sqs, queue):
    empty_polls = world_of(mock).shared(type(mock.batch._scenario)).empty_polls
    for number in range(1001):
        empty_polls.after(str(number), "")

    assert list(empty_polls._last) == [str(number) for number in range(1, 1001)]


def test_without_batch_a_queue_is_polled_as_ever(mock, sqs, queue):
    with pytest.raises(ClientError):
        sqs.receive_message(QueueUrl=queue + "-unknown")

    assert "Messages" not in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=0)


def test_a_server_moves_the_jobs_of_the_account_and_knows_both_protocols():
    with MockJobsServer() as server:
        site, sqs = Site(client_of(server, "batch", ACCOUNT)), client_of(server, "sqs", ACCOUNT)
        site.make_queue_and_definition()
        url = sqs.create_queue(QueueName="done")["QueueUrl"]
        job_id = site.submit()
        headers = {"Authorization": authorization("sqs", ACCOUNT)}
        for _ in range(2):
            answer = requests.post(server.url, data={"Action": "ReceiveMessage", "QueueUrl": url}, headers=headers, timeout=5)
            assert answer.status_code == 200
        assert state_of(server.account(ACCOUNT), job_id) == "RUNNABLE"
        sqs.receive_message(QueueUrl=url)
        assert state_of(server.account(ACCOUNT), job_id) == "STARTING"

        server.account(ACCOUNT).batch.plan(run=lambda _: "no exit code")
        with pytest.raises(ClientError, match=r"MockJobsUsageError.*return None for success, or an exit code"):
            sqs.receive_message(QueueUrl=url)


def test_the_methods_of_moto_are_those_that_are_replaced():
    """The seam, on each version of moto."""
    known = [Queue.wait_for_messages, SQSBackend.receive_message, LogsBackend.get_log_events, LogsBackend.filter_log_events]
    assert list(inspect.signature(Queue.wait_for_messages).parameters) == ["self", "timeout"]
    assert "queue.wait_for_messages(" in inspect.getsource(SQSBackend.receive_message)
    for method in known[2:]:
        assert {"start_time", "end_time"} <= inspect.signature(method).parameters.keys()
    with mock_jobs(region=REGION):
        sqs, logs = boto3.client("sqs"), boto3.client("logs")
        sqs.list_queues()
        logs.describe_log_groups()
        now = [Queue.wait_for_messages, SQSBackend.receive_message, LogsBackend.get_log_events, LogsBackend.filter_log_events]
        assert not [method for method in now if method in known]
    assert known == [
        Queue.wait_for_messages,
        SQSBackend.receive_message,
        LogsBackend.get_log_events,
        LogsBackend.filter_log_events,
    ]
