"""Faults of a test, as clients of aiobotocore meet them and try again."""

from __future__ import annotations

import boto3
import botocore.exceptions
import pytest
from botocore.exceptions import ClientError

from support.batch_site import Site

pytestmark = pytest.mark.anyio
FAILURES = {
    "connect-timeout": botocore.exceptions.ConnectTimeoutError,
    "read-timeout": botocore.exceptions.ReadTimeoutError,
    "connection-closed": botocore.exceptions.ConnectionClosedError,
    "unresolvable": botocore.exceptions.EndpointConnectionError,
}
MODES = ["legacy", "standard", "adaptive"]
JOB = {"jobName": "nightly", "jobQueue": "q", "jobDefinition": "d"}


@pytest.mark.parametrize("mode", MODES)
async def test_two_throttlings_are_two_retries(mock, connect, slept, mode):
    iot = await connect("iot", retries={"mode": mode, "total_max_attempts": 3})
    mock.faults.add("iot", "list_jobs", "ThrottlingException", times=2)

    answer = await iot.list_jobs()

    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    assert [call.error for call in mock.calls] == ["ThrottlingException", "ThrottlingException", None]
    assert len(slept) == 2


async def test_a_fault_that_stays_is_raised_by_its_class(mock, connect, slept):
    iot = await connect("iot", retries={"max_attempts": 2})
    mock.faults.add("iot", "list_jobs", "ThrottlingException", times=3)

    with pytest.raises(iot.exceptions.ThrottlingException):
        await iot.list_jobs()

    assert [call.error for call in mock.calls] == ["ThrottlingException"] * 3


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_failure_of_transport_raises_what_botocore_raises(mock, connect, failure):
    batch = await connect("batch")
    mock.faults.add_transport("batch", "describe_jobs", failure)

    with pytest.raises(FAILURES[failure]) as raised:
        await batch.describe_jobs(jobs=["x"])

    assert type(raised.value) is FAILURES[failure]
    assert [call.error for call in mock.calls] == [failure]
    assert (await batch.describe_jobs(jobs=["x"]))["jobs"] == []


@pytest.mark.parametrize(
    ("failure", "mode"),
    [*((failure, "legacy") for failure in FAILURES), ("read-timeout", "standard"), ("read-timeout", "adaptive")],
)
async def test_a_failure_of_transport_is_tried_again(mock, connect, slept, failure, mode):
    batch = await connect("batch", retries={"mode": mode, "total_max_attempts": 3})
    mock.faults.add_transport("batch", "describe_jobs", failure, times=2)

    answer = await batch.describe_jobs(jobs=["x"])

    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    assert [call.error for call in mock.calls] == [failure, failure, None]


@pytest.mark.parametrize("effect", ["none", "done"])
async def test_the_effect_decides_whether_a_job_exists_whose_answer_was_lost(mock, connect, effect):
    Site(boto3.client("batch"), mock).make_queue_and_definition()
    batch = await connect("batch")
    mock.faults.add_transport("batch", "submit_job", "read-timeout", effect=effect)

    with pytest.raises(botocore.exceptions.ReadTimeoutError):
        await batch.submit_job(**JOB)

    found = await batch.list_jobs(jobQueue="q", filters=[{"name": "JOB_NAME", "values": ["nightly"]}])
    assert [each["jobName"] for each in found["jobSummaryList"]] == (["nightly"] if effect == "done" else [])


async def test_a_retry_after_a_lost_answer_does_the_work_twice(mock, connect, slept):
    Site(boto3.client("batch"), mock).make_queue_and_definition()
    batch = await connect("batch", retries={"max_attempts": 1})
    mock.faults.add_transport("batch", "submit_job", "connection-closed", effect="done")

    await batch.submit_job(**JOB)

    found = await batch.list_jobs(jobQueue="q", filters=[{"name": "JOB_NAME", "values": ["nightly"]}])
    assert len(found["jobSummaryList"]) == 2


async def test_a_fault_for_one_request_meets_that_one(mock, connect):
    Site(boto3.client("batch"), mock).make_queue_and_definition()
    batch = await connect("batch")
    mock.faults.add("batch", "submit_job", "ServerException", when={"jobName": "other"})

    await batch.submit_job(**JOB)
    with pytest.raises(ClientError, match="ServerException"):
        await batch.submit_job(**{**JOB, "jobName": "other"})
