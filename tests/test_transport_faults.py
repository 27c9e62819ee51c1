"""Answers that get lost: as clients in this process and clients of a server meet them, before the effect or after it."""

from __future__ import annotations

import threading

import boto3
import botocore.exceptions
import pytest
import requests
from botocore.config import Config
from moto.core.models import botocore_stubber

from mock_jobs import MockJobsServer, UsageTypeError, UsageValueError
from mock_jobs.handle import world_of

from support.batch_site import Site
from support.constants import NO_RETRIES
from support.raw_http import RawConnection
from support.server import ACCOUNT_A, authorization, client_of

FAILURES = {
    "connect-timeout": (botocore.exceptions.ConnectTimeoutError, requests.exceptions.ConnectTimeout),
    "read-timeout": (botocore.exceptions.ReadTimeoutError, requests.exceptions.ReadTimeout),
    "connection-closed": (botocore.exceptions.ConnectionClosedError, requests.exceptions.ConnectionError),
    "unresolvable": (botocore.exceptions.EndpointConnectionError, requests.exceptions.ConnectionError),
}


# In process


@pytest.mark.parametrize("failure", FAILURES)
def test_botocore_and_requests_raise_what_they_raise_for_the_failure(mock, batch, failure):
    of_botocore, of_requests = FAILURES[failure]
    url = "https://batch.us-east-1.amazonaws.com/v1/describejobs"
    fault = mock.faults.add_transport("batch", "describe_jobs", failure, times=2)

    with pytest.raises(of_botocore) as raised:
        batch.describe_jobs(jobs=["x"])
    with pytest.raises(of_requests, match="injected by the test"):
        requests.post(url, json={"jobs": ["x"]}, timeout=5)

    assert type(raised.value) is of_botocore
    assert raised.value.kwargs["endpoint_url"] == url
    assert [call.error for call in mock.calls] == [failure, failure]
    assert (fault.used, batch.describe_jobs(jobs=["x"])["jobs"]) == (2, [])


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
@pytest.mark.parametrize("failure", FAILURES)
def test_botocore_tries_again_in_each_mode_as_after_a_real_failure(mock, monkeypatch, failure, mode):
    monkeypatch.setattr("time.sleep", lambda _: None)
    mock.faults.add_transport("batch", "describe_jobs", failure, times=2)
    batch = boto3.client("batch", config=Config(retries={"total_max_attempts": 3, "mode": mode}))

    answer = batch.describe_jobs(jobs=["x"])

    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    assert [call.error for call in mock.calls] == [failure, failure, None]


def test_a_client_that_was_made_before_moto_meets_the_failure_too(mock):
    """Such a client has no handler of moto, and sends."""
    batch = boto3.client("batch", config=NO_RETRIES)
    batch.meta.events.unregister("before-send", botocore_stubber)
    mock.faults.add_transport("batch", "describe_jobs", "connection-closed")

    with pytest.raises(botocore.exceptions.ConnectionClosedError):
        batch.describe_jobs(jobs=["x"])


@pytest.mark.parametrize("effect", ["none", "done"])
def test_the_effect_decides_whether_a_job_exists_whose_answer_was_lost(mock, batch, effect):
    Site(batch, mock).make_queue_and_definition()
    mock.faults.add_transport("batch", "submit_job", "read-timeout", effect=effect)
    job = {"jobName": "nightly", "jobQueue": "q", "jobDefinition": "d"}

    with pytest.raises(botocore.exceptions.ReadTimeoutError):
        batch.submit_job(**job)

    listed = batch.list_jobs(jobQueue="q", filters=[{"name": "JOB_NAME", "values": ["nightly"]}])["jobSummaryList"]
    assert [each["jobName"] for each in listed] == (["nightly"] if effect == "done" else [])
    (call,) = [call for call in mock.calls if call.operation == "SubmitJob"]
    assert (call.status, call.error, call.parameters["jobName"]) == (None, "read-timeout", "nightly")
    assert (call.answer.get("jobName"), call.error_message) == ("nightly" if effect == "done" else None, None)


def test_a_retry_after_a_lost_answer_does_the_work_twice_unless_the_request_has_a_token(mock, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    batch = boto3.client("batch", config=Config(retries={"total_max_attempts": 2}))
    Site(batch, mock).make_queue_and_definition()
    mock.faults.add_transport("batch", "submit_job", "connection-closed", effect="done")

    batch.submit_job(jobName="twice", jobQueue="q", jobDefinition="d")

    listed = batch.list_jobs(jobQueue="q", filters=[{"name": "JOB_NAME", "values": ["twice"]}])["jobSummaryList"]
    assert len(listed) == 2


def test_an_error_that_is_lost_is_lost(mock, batch):
    mock.faults.add_transport("batch", "submit_job", "read-timeout", effect="done")

    with pytest.raises(botocore.exceptions.ReadTimeoutError):
        batch.submit_job(jobName="j", jobQueue="missing", jobDefinition="d")

    assert mock.calls[-1].error == "read-timeout"


def test_time_passes_until_the_failure(mock, batch):
    mock.clock.freeze()
    before = mock.clock.now_s
    mock.faults.add_transport("batch", "describe_jobs", "read-timeout", delay=60)

    with pytest.raises(botocore.exceptions.ReadTimeoutError):
        batch.describe_jobs(jobs=["x"])

    assert mock.clock.now_s == pytest.approx(before + 60)


def test_a_rule_of_eventbridge_learns_that_its_job_was_not_submitted(mock, batch):
    site = Site(batch, mock)
    site.make_queue_and_definition()
    mock.batch.plan("first")
    queue = batch.describe_job_queues(jobQueues=["q"])["jobQueues"][0]["jobQueueArn"]
    events = boto3.client("events", "us-east-1")
    pattern = '{"source": ["aws.batch"], "detail": {"jobName": ["first"], "status": ["SUCCEEDED"]}}'
    events.put_rule(Name="next", EventPattern=pattern)
    target = {"Id": "1", "Arn": queue, "RoleArn": "arn:aws:iam::123456789012:role/r"}
    events.put_targets(Rule="next", Targets=[target | {"BatchParameters": {"JobDefinition": "d", "JobName": "second"}}])
    fault = mock.faults.add_transport("batch", "submit_job", "connection-closed", when={"jobName": "second"})
    job_id = site.submit(name="first")

    with pytest.warns(match="SubmitJob was not answered: connection-closed"):
        mock.batch.run_until(job_id, "SUCCEEDED")

    assert fault.used == 1


@pytest.mark.parametrize(
    ("arguments", "options", "error", "text"),
    [
        (("batch", "submit_job", "timeout"), {}, UsageValueError, "failure must be one of connect-timeout, read-timeout"),
        (("batch", "submit_job", None), {}, UsageTypeError, "failure must be one of"),
        (("batch", "submit_job", "read-timeot"), {}, UsageValueError, "did you mean 'read-timeout'"),
        (("batch", "submit_job", "read-timeout"), {"effect": "both"}, UsageValueError, "effect must be one of none, done"),
        (
            ("batch", "submit_job", "unresolvable"),
            {"effect": "done"},
            UsageValueError,
            "no request arrives if the failure is unres",
        ),
        (("batch", "submit_jobs", "read-timeout"), {}, UsageValueError, "no operation 'submit_jobs'"),
        ((1, "submit_job", "read-timeout"), {}, UsageTypeError, "service must be a string"),
        (("batch", "submit_job", "read-timeout"), {"times": 0}, UsageValueError, "times must be at least 1"),
    ],
)
def test_failures_that_cannot_be_are_refused(mock, arguments, options, error, text):
    with pytest.raises(error, match=text):
        mock.faults.add_transport(*arguments, **options)

    assert not mock.faults


# On a server


@pytest.fixture
def server():
    with MockJobsServer() as running:
        yield running


@pytest.fixture
def faults(server):
    return server.account(ACCOUNT_A).faults


def _ask(server):
    """Ask by a connection of our own, and return it; nothing is read."""
    connection = RawConnection(server.host, server.port)
    head = f"POST /v1/describejobs HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization('batch')}\r\nContent-Length: 15\r\n\r\n"
    connection.send(head.encode() + b'{"jobs": ["x"]}')
    return connection


@pytest.mark.parametrize("failure", ["connection-closed", "unresolvable"])
def test_a_server_closes_the_connection(server, faults, failure):
    faults.add_transport("batch", "describe_jobs", failure)

    with pytest.raises(botocore.exceptions.ConnectionClosedError):
        client_of(server, "batch").describe_jobs(jobs=["x"])

    assert [call.error for call in server.account(ACCOUNT_A).calls] == [failure]
    assert client_of(server, "batch").describe_jobs(jobs=["x"])["jobs"] == []


@pytest.mark.parametrize("failure", ["read-timeout", "connect-timeout"])
def test_a_server_is_silent_to_one_client_and_answers_all_others(server, faults, failure):
    faults.add_transport("batch", "describe_jobs", failure)
    config = Config(read_timeout=0.2, retries={"max_attempts": 0})
    silent = boto3.client(
        "batch", "us-east-1", endpoint_url=server.url, aws_access_key_id=ACCOUNT_A, aws_secret_access_key="s", config=config
    )

    with pytest.raises(botocore.exceptions.ReadTimeoutError):
        silent.describe_jobs(jobs=["x"])

    assert client_of(server, "batch").describe_jobs(jobs=["x"])["jobs"] == []


def _connections(server):
    return server._running._server._connections()


def _until(is_reached):
    """Wait until the event loop of the server has done what it has to do."""
    reached = threading.Event()
    for _ in range(1000):
        if is_reached():
            return
        reached.wait(0.01)
    pytest.fail("the server did not do it within ten seconds")


def test_a_silent_connection_ends_with_its_client(server, faults):
    faults.add_transport("batch", "describe_jobs", "read-timeout")
    connection = _ask(server)
    _until(lambda: [each.is_silent for each in _connections(server)] == [True])

    connection.close()

    _until(lambda: _connections(server) == [])


def test_a_client_that_sends_no_more_is_not_kept_in_silence(server, faults):
    faults.add_transport("batch", "describe_jobs", "read-timeout")
    with world_of(server.account(ACCOUNT_A)).lock:
        connection = _ask(server)
        connection.socket.shutdown(1)
        _until(lambda: [each._is_at_end for each in _connections(server)] == [True])

    assert connection.is_closed()
    connection.close()


def test_a_server_stops_at_once_in_spite_of_its_silence():
    with MockJobsServer() as server:
        faults = server.account(ACCOUNT_A).faults
        faults.add_transport("batch", "describe_jobs", "read-timeout")
        connection = _ask(server)
        _until(lambda: [each.is_silent for each in _connections(server)] == [True])

    assert connection.is_closed()
    connection.close()


def test_the_job_exists_on_a_server_whose_answer_was_lost(server, faults):
    iot = client_of(server, "iot")
    arn = iot.create_thing(thingName="t")["thingArn"]
    body = {"service": "iot", "operation": "create_job", "failure": "connection-closed", "effect": "done"}
    added = requests.post(f"{server.url}/mock-jobs-api/faults/add-transport", json=body, params={"account": ACCOUNT_A}, timeout=5)
    assert added.status_code == 200

    with pytest.raises(botocore.exceptions.ConnectionClosedError):
        iot.create_job(jobId="j", targets=[arn], document="{}")

    assert iot.describe_job(jobId="j")["job"]["status"] == "IN_PROGRESS"
