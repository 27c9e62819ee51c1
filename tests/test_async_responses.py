"""boto3 beside what mock_jobs does for async clients: bodies that look async, and calls inside an event loop."""

from __future__ import annotations

import asyncio
import io
from unittest.mock import MagicMock

import boto3
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.models import botocore_stubber


def test_a_body_that_could_be_iterated_over_by_coroutines_is_read_as_any_other(mock, monkeypatch):
    # A checksum at the end wraps the body.
    monkeypatch.setenv("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required")
    s3, stream = boto3.client("s3"), io.BytesIO(b"of a test")
    s3.create_bucket(Bucket="files")
    body = MagicMock(read=stream.read, seek=stream.seek, tell=stream.tell)
    assert hasattr(body, "__aiter__")

    s3.put_object(Bucket="files", Key="k", Body=body, ContentLength=9)

    assert s3.get_object(Bucket="files", Key="k")["Body"].read() == b"of a test"


def test_a_coroutine_may_call_boto3(mock, iot):
    async def call():
        iot.create_thing(thingName="pump")
        return [each["thingName"] for each in iot.list_things()["things"]]

    assert asyncio.run(call()) == ["pump"]


def test_a_stubber_of_moto_that_a_test_has_made_answers_by_itself(mock):
    iot = boto3.client("iot")
    iot.meta.events.unregister("before-send", botocore_stubber)
    own = BotocoreStubber()
    own.enabled = True
    iot.meta.events.register("before-send", own)

    # moto alone answers.
    iot.list_jobs()

    assert len(mock.calls) == 0
