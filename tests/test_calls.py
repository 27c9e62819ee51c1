"""`mock.calls`: what the code under test asked for, and what it was answered."""

from __future__ import annotations

import json
import re
from contextlib import suppress

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from mock_jobs import MockJobsServer, UsageTypeError, UsageValueError, mock_jobs
from mock_jobs.transports.services import compiled
from mock_jobs.wire.service_names import NAMES

from support.batch_site import Site
from support.constants import ACCOUNT, REGION
from support.contract import model_of
from support.server import authorization

URL = "https://bucket.s3.amazonaws.com/key?versionId=7&X-Amz-Credential=AKIA%2F1&X-Amz-Signature=5e1f&x=1"
OLD_URL = "https://bucket.s3.amazonaws.com/key?AWSAccessKeyId=AKIA&Signature=5e1f%3D&Expires=1"


def test_a_call_shows_what_was_sent_and_answered(mock, iot):
    arn = iot.create_thing(thingName="pump")["thingArn"]
    iot.create_job(jobId="j", targets=[arn], document="{}", timeoutConfig={"inProgressTimeoutInMinutes": 5})
    iot.list_jobs(status="IN_PROGRESS", maxResults=5)
    with pytest.raises(ClientError) as caught:
        iot.delete_job(jobId="j", force=False)

    created, listed, deleted = mock.calls
    assert created.parameters == {
        "jobId": "j",
        "targets": [arn],
        "document": "{}",
        "timeoutConfig": {"inProgressTimeoutInMinutes": 5},
    }
    assert (created.service, created.operation, created.account, created.region) == ("iot", "CreateJob", ACCOUNT, REGION)
    assert (created.status, created.error, created.error_message, created.answer["jobId"]) == (200, None, None, "j")
    assert listed.parameters == {"status": "IN_PROGRESS", "maxResults": 5}
    assert deleted.parameters == {"jobId": "j", "force": False}
    error = caught.value.response["Error"]
    assert (deleted.status, deleted.error, deleted.error_message) == (409, error["Code"], error["Message"])


@pytest.mark.parametrize(
    ("asks", "status"),
    [
        (lambda mock: mock.faults.add("batch", "cancel_job", "ServerException"), 500),
        (lambda mock: mock.faults.add("batch", "cancel_job", "TooManyRequestsException"), 429),
        (lambda _: None, 400),
    ],
    ids=["a fault", "a throttle", "the model"],
)
def test_parameters_are_shown_whatever_refused_the_call(asks, status, mock, batch):
    asks(mock)
    with pytest.raises(ClientError):
        batch.cancel_job(jobId="x", reason="")

    (call,) = mock.calls
    assert (call.status, call.parameters) == (status, {"jobId": "x", "reason": ""})


def test_the_attempts_of_botocore_are_told_apart(mock):
    mock.faults.add("batch", "describe_jobs", "ServerException")
    boto3.client("batch", config=Config(retries={"mode": "standard", "max_attempts": 2})).describe_jobs(jobs=["x"])

    assert [(call.attempt, call.error) for call in mock.calls] == [(1, "ServerException"), (2, None)]


def test_signatures_in_urls_are_not_shown(mock, iot, iot_data):
    arn = iot.create_thing(thingName="pump")["thingArn"]
    iot.create_job(jobId="j", targets=[arn], document=json.dumps({"new": URL, "old": OLD_URL}))
    iot_data.start_next_pending_job_execution(thingName="pump")

    created, started = mock.calls
    for document in created.parameters["document"], started.answer["execution"]["jobDocument"]:
        shown = json.loads(document)
        assert shown["new"] == re.sub(r"AKIA%2F1|5e1f", "***", URL)
        assert shown["old"] == "https://bucket.s3.amazonaws.com/key?AWSAccessKeyId=***&Signature=***&Expires=1"
    assert "5e1f" not in repr(mock.calls[0])


def test_no_member_of_the_models_is_marked_as_a_secret():
    """If a later botocore marks one, `Call` has to hide it."""
    shapes = [
        shape
        for service in NAMES
        for name in compiled(service).names
        for shape in (model_of(service).operation_model(name).input_shape, model_of(service).operation_model(name).output_shape)
        if shape is not None
    ]
    seen = set()
    while shapes:
        shape = shapes.pop()
        if shape.name not in seen:
            seen.add(shape.name)
            assert not shape.metadata.get("sensitive"), shape.name
            shapes += {
                "structure": lambda of: list(of.members.values()),
                "list": lambda of: [of.member],
                "map": lambda of: [of.key, of.value],
            }.get(shape.type_name, lambda _: [])(shape)

    assert {"JobDefinition", "JobExecution"} <= seen


def test_a_long_answer_is_not_kept(mock, batch):
    for _ in range(4):
        Site(batch).make_definition(parameters={"text": "x" * 18_000})
    batch.describe_job_definitions(maxResults=3)
    batch.describe_job_definitions()

    assert [None if call.answer is None else len(call.answer["jobDefinitions"]) for call in mock.calls[-2:]] == [3, None]


def test_an_error_whose_text_was_not_kept_has_none(mock, iot):
    with pytest.raises(ClientError):
        iot.describe_job(jobId="x" * 70_000)

    assert (mock.calls[0].error, mock.calls[0].error_message) == ("InvalidRequestException", None)


def test_numbers_follow_the_arrival(mock, batch, iot):
    site = Site(batch)
    site.make_queue_and_definition()
    mock.reset()
    site.make_queue_and_definition()
    mock.batch.plan(run=lambda _: iot.list_jobs() and None)
    job_id = site.submit()
    with suppress(NotImplementedError):
        # moto's, and so no call of the log
        iot.list_tags_for_resource(resourceArn="arn:aws:iot:eu-west-1:123456789012:thinggroup/g")
    mock.clock.advance(1)
    batch.describe_jobs(jobs=[job_id])

    assert [(call.number, call.operation) for call in mock.calls][-3:] == [(4, "SubmitJob"), (5, "ListJobs"), (6, "DescribeJobs")]


def test_a_call_during_another_one_arrives_later(mock, batch, iot):
    site = Site(batch)
    site.make_queue_and_definition()
    mock.batch.pace = "clock"
    mock.batch.plan(run=lambda _: iot.list_jobs() and None)
    job_id = site.submit()
    batch.describe_jobs(jobs=[job_id])

    assert [(call.number, call.operation) for call in mock.calls][-3:] == [(4, "SubmitJob"), (6, "ListJobs"), (5, "DescribeJobs")]


def test_calls_are_a_sequence(mock, batch, iot):
    assert (mock.calls, bool(mock.calls), str(mock.calls), repr(mock.calls)) == ((), False, "no calls", "<no calls>")

    batch.describe_jobs(jobs=["a", "b"])
    with pytest.raises(ClientError):
        iot.describe_job(jobId="j")
    iot.list_jobs()
    calls = mock.calls

    assert len(calls) == 3
    assert calls == list(calls) == mock.calls
    assert calls != (calls[0],)
    assert calls != 3
    assert calls[:2] == [calls[0], calls[1]]
    assert calls[1:].of("iot", "list_jobs") == calls.of("iot", "ListJobs") == calls[2:]
    assert calls.of("iot") == calls[1:]
    assert str(calls).splitlines() == [
        "3 calls",
        "1  batch DescribeJobs  200                            jobs=['a', 'b']",
        "2  iot DescribeJob     404 ResourceNotFoundException  jobId='j'",
        "3  iot ListJobs        200                            no parameters",
    ]
    assert repr(calls) == ("<3 calls: batch DescribeJobs 200; iot DescribeJob 404 ResourceNotFoundException; iot ListJobs 200>")
    assert repr(calls[1]) == "<call 2: iot DescribeJob, 404 ResourceNotFoundException; jobId='j'>"


def test_long_lists_of_calls_are_shown_in_part(mock, batch):
    for _ in range(21):
        batch.describe_jobs(jobs=["x" * 200])

    lines = str(mock.calls).splitlines()
    assert len(lines) == 21
    assert max(map(len, lines)) == 160
    assert lines[-1].endswith("...")
    assert repr(mock.calls).startswith("<21 calls: ...; batch DescribeJobs 200; ")


@pytest.mark.parametrize(
    ("names", "error", "text"),
    [
        (("iot_jobs_data",), UsageValueError, "did you mean 'iot-jobs-data'"),
        (("batch", "sumbit_job"), UsageValueError, "did you mean 'submit_job'"),
        (("batch", "CreateJobs"), UsageValueError, "answers no operation 'CreateJobs' of batch"),
        (("s3",), UsageValueError, "does not serve 's3', only batch, iot, iot-jobs-data"),
        ((1,), UsageTypeError, "service must be a string"),
        (("iot", 1), UsageTypeError, "operation must be a string"),
    ],
)
def test_calls_of_an_unknown_operation_are_refused(names, error, text, mock):
    with pytest.raises(error, match=text):
        mock.calls.of(*names)


def test_a_server_shows_calls_of_other_clients():
    with MockJobsServer() as server:
        headers = {"Authorization": authorization("iot", ACCOUNT)}
        requests.put(f"{server.url}/jobs/j?x=1", data="[]", headers=headers, timeout=5)
        requests.put(f"{server.url}/jobs/j", data='{"targets": [1E400]}', headers=headers, timeout=5)
        headers["amz-sdk-request"] = "attempt=3; max=3"
        requests.get(f"{server.url}/jobs?maxResults=none&status=", headers=headers, timeout=5)
        requests.get(f"{server.url}/jobs/j?force=maybe", headers=headers, timeout=5)
        report = requests.get(f"{server.url}/mock-jobs-api/calls?account={ACCOUNT}", timeout=5)
        shown = report.json()["calls"]
        call = server.account(ACCOUNT).calls[0]

    assert "Infinity" not in report.text.replace('"Infinity"', "")
    assert shown[0] == {name: getattr(call, name) for name in shown[0]}
    assert [each["parameters"] for each in shown] == [
        {"jobId": "j"},
        {"jobId": "j", "targets": ["Infinity"]},
        {"maxResults": "none", "status": ""},
        {"jobId": "j"},
    ]
    assert [each["attempt"] for each in shown] == [None, None, 3, 3]


def test_attempts_in_bytes_and_in_other_words_are_read(mock):
    client = boto3.client("batch")
    for value in ("ttl=20260101T000000Z; attempt=2", b"attempt=4", "no such thing"):
        client.meta.events.register_last(
            "before-send.batch", lambda request, value=value, **_: request.headers.__setitem__("amz-sdk-request", value), "again"
        )
        client.describe_jobs(jobs=["x"])
        client.meta.events.unregister("before-send.batch", unique_id="again")

    assert [call.attempt for call in mock.calls] == [2, 4, None]


def test_calls_outlive_the_mock():
    with mock_jobs(region=REGION) as mock:
        boto3.client("iot").list_jobs()
        calls = mock.calls

    assert calls.of("iot", "list_jobs")[0].answer == {"jobs": []}


def test_a_request_during_which_the_mock_is_reset_is_in_no_new_log(mock, batch):
    site = Site(batch)
    site.make_queue_and_definition()
    mock.batch.plan("resets", run=lambda _: mock.reset())
    job_id = site.submit("resets")
    for _ in range(5):
        batch.describe_jobs(jobs=[job_id])
        if not mock.calls:
            break

    assert list(mock.calls) == []
    batch.describe_job_queues()
    assert [call.number for call in mock.calls] == [1]
