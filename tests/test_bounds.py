"""What a mock remembers is bounded, in number and in bytes."""

from __future__ import annotations

import tracemalloc
from contextlib import suppress
from copy import copy

import boto3
import pytest
from botocore.exceptions import ClientError

from mock_jobs import mock_jobs
from mock_jobs.handle import world_of

_MIB = 1 << 20


def _ask(batch, length):
    batch.describe_jobs(jobs=["x" * length])


def test_the_calls_hold_16_mib_of_bodies():
    with mock_jobs() as mock:
        batch = boto3.client("batch", "us-east-1")
        tracemalloc.start()
        for _ in range(40):
            _ask(batch, _MIB)
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        assert len(mock.calls) == 15
        assert held < 24 * _MIB


def test_a_large_call_drops_the_oldest_and_is_held_itself():
    with mock_jobs() as mock:
        batch = boto3.client("batch", "us-east-1")
        batch.describe_jobs(jobs=["first"])
        for _ in range(5):
            _ask(batch, 4 * _MIB - 100)

        calls = mock.calls
        assert len(calls) == 4
        assert len(calls[-1].parameters["jobs"][0]) == 4 * _MIB - 100


def test_query_strings_count_as_well():
    with mock_jobs() as mock:
        iot = boto3.client("iot", "us-east-1")
        for _ in range(20):
            with suppress(ClientError):
                iot.list_jobs(nextToken="x" * _MIB)

        assert len(mock.calls) == 15


def test_small_calls_are_held_up_to_10_000():
    with mock_jobs() as mock:
        boto3.client("batch", "us-east-1").describe_jobs(jobs=["x"])
        (call,) = mock.calls
        for _ in range(10_000):
            world_of(mock).calls.append(copy(call))

        assert len(mock.calls) == 10_000
        assert call not in mock.calls


def test_a_reset_frees_the_room():
    with mock_jobs() as mock:
        batch = boto3.client("batch", "us-east-1")
        for _ in range(5):
            _ask(batch, 4 * _MIB - 100)
        mock.reset()
        for _ in range(4):
            _ask(batch, 3 * _MIB)

        assert len(mock.calls) == 4


@pytest.mark.parametrize(
    ("service", "ask"),
    [
        ("batch", lambda client, text: client.describe_jobs(jobs=[text])),
        ("iot", lambda client, text: client.create_job(jobId="x", targets=["arn"], document=text)),
        ("iot-jobs-data", lambda client, text: client.start_next_pending_job_execution(thingName="x", statusDetails={"k": text})),
    ],
)
def test_a_body_above_4_mib_is_refused_in_process_too(service, ask):
    with mock_jobs() as mock:
        endpoint = None
        if service == "iot-jobs-data":
            address = boto3.client("iot", "us-east-1").describe_endpoint(endpointType="iot:Jobs")["endpointAddress"]
            endpoint = f"https://{address}"
        client = boto3.client(service, "us-east-1", endpoint_url=endpoint)
        before = mock.calls
        with pytest.raises(ClientError, match=r"RequestEntityTooLargeException.*larger than 4194304 bytes") as caught:
            ask(client, "x" * 4 * _MIB)

        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
        assert mock.calls == before
