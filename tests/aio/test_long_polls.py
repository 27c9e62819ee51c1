"""Long polls of SQS by coroutines: the other tasks go on while a poll waits."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager

import boto3
import pytest
from aiobotocore.session import get_session

from mock_jobs import NotActiveError, mock_jobs

from support.batch_site import Site
from support.constants import REGION


@asynccontextmanager
async def make_queue(**attributes):
    async with get_session().create_client("sqs", region_name=REGION) as sqs:
        url = (await sqs.create_queue(QueueName="jobs", Attributes=attributes))["QueueUrl"]
        yield sqs, url


@mock_jobs
async def receive_while_another_task_sends(*, by_queue):
    attributes = {"ReceiveMessageWaitTimeSeconds": "20"} if by_queue else {}
    asked = {} if by_queue else {"WaitTimeSeconds": 20}
    async with make_queue(**attributes) as (sqs, url):

        async def send():
            await asyncio.sleep(0.05)
            await sqs.send_message(QueueUrl=url, MessageBody="here")

        received, _ = await asyncio.gather(sqs.receive_message(QueueUrl=url, **asked), send())
    return [each["Body"] for each in received["Messages"]]


@pytest.mark.parametrize("by_queue", [False, True], ids=["of the request", "of the queue"])
def test_a_message_that_another_task_sends_is_received(by_queue):
    begin = time.monotonic()

    assert asyncio.run(receive_while_another_task_sends(by_queue=by_queue)) == ["here"]
    # Blocked, the loop would send after 20 s.
    assert time.monotonic() - begin < 15


def test_a_poll_without_a_message_ends_with_its_time():
    @mock_jobs
    async def receive():
        async with make_queue() as (sqs, url):
            begin = time.monotonic()
            received = await sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)
            return received.get("Messages"), time.monotonic() - begin

    messages, took = asyncio.run(receive())

    assert messages is None
    assert took >= 1


def test_a_poll_can_be_cancelled():
    @mock_jobs
    async def receive():
        async with make_queue() as (sqs, url):
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20), 0.05)
            await sqs.send_message(QueueUrl=url, MessageBody="later")
            return await sqs.receive_message(QueueUrl=url)

    assert [each["Body"] for each in asyncio.run(receive())["Messages"]] == ["later"]


def test_a_poll_moves_the_batch_jobs_whose_end_it_waits_for(mock):
    site = Site(boto3.client("batch"))
    site.make_queue_and_definition()
    sender = boto3.client("sqs")

    async def wait():
        async with make_queue() as (sqs, url):
            mock.batch.plan(run=lambda run: sender.send_message(QueueUrl=url, MessageBody="done") and None)
            site.submit()
            return await sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)

    assert [each["Body"] for each in asyncio.run(wait())["Messages"]] == ["done"]


def test_a_poll_that_outlives_its_mock_says_so():
    async def receive():
        mock = mock_jobs()
        mock.start()
        async with make_queue() as (sqs, url):
            polling = asyncio.create_task(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20))
            await asyncio.sleep(0.05)
            mock.stop()
            with pytest.raises(NotActiveError, match="while this long poll of SQS waited"):
                await polling

    asyncio.run(receive())


def test_an_error_of_the_service_comes_as_it_is():
    @mock_jobs
    async def receive():
        async with make_queue() as (sqs, url):
            with pytest.raises(sqs.exceptions.QueueDoesNotExist):
                await sqs.receive_message(QueueUrl=f"{url}-gone", WaitTimeSeconds=20)

    asyncio.run(receive())
