"""Calls that are waiting when their mock ends: they say so, and touch nothing of the mock that comes next."""

from __future__ import annotations

import asyncio

import boto3
import pytest

from mock_jobs import NotActiveError, mock_jobs
from mock_jobs.transports import async_polls

from support.async_streams import Reader
from support.constants import REGION

pytestmark = pytest.mark.anyio
ENDED = "the mock has ended while this call was waiting"


@pytest.fixture
def mocks():
    """Return a function that ends the mock and begins another one."""
    active = [mock_jobs(region=REGION).start()]

    def begin_another():
        active.pop().stop()
        active.append(mock_jobs(region=REGION).start())

    yield begin_another
    active.pop().stop()


class SlowReader(Reader):
    """A stream that arrives when it is told to."""

    def __init__(self, data):
        super().__init__(data)
        self.is_read, self.may_arrive = asyncio.Event(), asyncio.Event()

    async def read(self, size=-1):
        self.is_read.set()
        await self.may_arrive.wait()
        return await super().read(size)


async def test_an_object_whose_stream_arrives_in_the_next_mock_is_not_stored_there(mocks, connect):
    s3, body = await connect("s3"), SlowReader(b"late")
    await s3.create_bucket(Bucket="files")
    sending = asyncio.ensure_future(s3.put_object(Bucket="files", Key="k", Body=body, ContentLength=4))
    await body.is_read.wait()

    mocks()
    await s3.create_bucket(Bucket="files")
    body.may_arrive.set()

    with pytest.raises(NotActiveError, match=ENDED):
        await sending
    assert boto3.client("s3").list_objects_v2(Bucket="files")["KeyCount"] == 0


async def test_a_poll_takes_no_message_of_the_next_mock(mocks, connect, monkeypatch):
    is_waiting, may_go_on = asyncio.Event(), asyncio.Event()

    async def pause(_):
        is_waiting.set()
        await may_go_on.wait()

    monkeypatch.setattr(async_polls, "_pause", pause)
    sqs, sync = await connect("sqs"), boto3.client("sqs")
    url = (await sqs.create_queue(QueueName="jobs"))["QueueUrl"]
    polling = asyncio.ensure_future(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20))
    await is_waiting.wait()

    mocks()
    assert (await sqs.create_queue(QueueName="jobs"))["QueueUrl"] == url
    sync.send_message(QueueUrl=url, MessageBody="of the second")
    may_go_on.set()

    with pytest.raises(NotActiveError, match=ENDED):
        await polling
    assert [each["Body"] for each in sync.receive_message(QueueUrl=url)["Messages"]] == ["of the second"]
