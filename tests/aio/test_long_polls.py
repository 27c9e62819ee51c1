"""Long polls of SQS by coroutines: the other tasks go on while a poll waits."""

from __future__ import annotations

import asyncio
import time

import anyio
import boto3
import pytest
import sniffio
import trio
from aiobotocore.httpxsession import HttpxSession
from aiobotocore.session import get_session
from moto.sqs.models import Queue, SQSBackend

from mock_jobs import mock_jobs
from mock_jobs.transports import async_polls

from support.batch_site import Site
from support.constants import REGION

pytestmark = pytest.mark.anyio
MOST_PAUSES = 3000
GENUINE_TIME = async_polls._time


@pytest.fixture(autouse=True)
def waited(monkeypatch):
    """The names of queues for which a thread was blocked; that ends at once, with a message."""
    names = []

    def wait(queue, timeout):
        names.append(queue.name)
        send(url_of(queue.name), "waited")

    monkeypatch.setattr(Queue, "wait_for_messages", wait)
    return names


@pytest.fixture(autouse=True)
def paused(monkeypatch):
    """Let each pause of a poll take one turn of the event loop; return their seconds."""
    seconds = []

    def sleep_of(library):
        async def sleep(delay):
            assert sniffio.current_async_library() == library.__name__
            seconds.append(delay)
            assert len(seconds) < MOST_PAUSES, "the poll does not end"
            await anyio.lowlevel.checkpoint()

        return sleep

    for library in (asyncio, trio):
        monkeypatch.setattr(library, "sleep", sleep_of(library))
    return seconds


@pytest.fixture(autouse=True)
def _time_of_pauses(monkeypatch, paused):
    """Let time go on by the pauses only."""
    monkeypatch.setattr(async_polls, "_time", lambda: sum(paused))


def url_of(name):
    return boto3.client("sqs", REGION).get_queue_url(QueueName=name)["QueueUrl"]


def send(url, text):
    boto3.client("sqs", REGION).send_message(QueueUrl=url, MessageBody=text)


def receive(url, **asked):
    return bodies_of(boto3.client("sqs", REGION).receive_message(QueueUrl=url, **asked))


def bodies_of(answer):
    return [each["Body"] for each in answer.get("Messages", ())]


async def make_queue(sqs, name="jobs", **attributes):
    return (await sqs.create_queue(QueueName=name, Attributes=attributes))["QueueUrl"]


async def begin_poll(sqs, url, paused, **asked):
    """Return the task of a poll that has found nothing so far."""
    polling = asyncio.ensure_future(sqs.receive_message(QueueUrl=url, **asked))
    while not (paused or polling.done()):
        await anyio.lowlevel.checkpoint()
    return polling


@pytest.mark.parametrize("by_queue", [False, True], ids=["of the request", "of the queue"])
async def test_a_message_that_another_task_sends_is_received(mock, connect, paused, waited, by_queue):
    sqs = await connect("sqs")
    url = await make_queue(sqs, **({"ReceiveMessageWaitTimeSeconds": "20"} if by_queue else {}))
    polling = await begin_poll(sqs, url, paused, **({} if by_queue else {"WaitTimeSeconds": 20}))

    await sqs.send_message(QueueUrl=url, MessageBody="here")

    assert (bodies_of(await polling), waited) == (["here"], [])


ADDRESSES = {
    "HTTP": {"endpoint_url": "http://sqs.us-east-1.amazonaws.com"},
    "FIPS": {"use_fips_endpoint": True},
    "older": {"endpoint_url": "https://us-east-1.queue.amazonaws.com"},
}


@pytest.mark.parametrize("address", ADDRESSES)
async def test_a_message_is_received_at_each_address_of_the_service(mock, connect, paused, waited, address):
    sqs = await connect("sqs", **ADDRESSES[address])
    url = await make_queue(sqs)
    polling = await begin_poll(sqs, url, paused, WaitTimeSeconds=20)

    await sqs.send_message(QueueUrl=url, MessageBody="here")

    assert (bodies_of(await polling), waited) == (["here"], [])


@pytest.mark.parametrize(("anyio_backend", "http_session"), [("trio", HttpxSession)], ids=["trio"])
async def test_a_task_of_trio_goes_on_while_another_one_polls(supports_trio, mock, connect, paused, waited):
    supports_trio()
    sqs, received = await connect("sqs"), []
    url = await make_queue(sqs)

    async def poll():
        received.extend(bodies_of(await sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(poll)
        while not paused:
            await anyio.lowlevel.checkpoint()
        await sqs.send_message(QueueUrl=url, MessageBody="here")

    assert (received, waited) == (["here"], [])


# Its end


async def test_a_poll_without_a_message_ends_with_its_time(mock, connect, paused, waited):
    sqs = await connect("sqs")

    answer = await sqs.receive_message(QueueUrl=await make_queue(sqs), WaitTimeSeconds=2)

    assert (bodies_of(answer), sum(paused), waited) == ([], pytest.approx(2), [])


@pytest.mark.parametrize(("anyio_backend", "http_session"), [("asyncio", HttpxSession), ("trio", HttpxSession)])
async def test_a_poll_ends_although_time_stands_still_for_its_caller(
    supports_trio, mock, connect, paused, monkeypatch, anyio_backend
):
    def passed():
        return sum(paused)

    if anyio_backend == "trio":
        supports_trio()
        monkeypatch.setattr("trio.current_time", passed)
    else:
        monkeypatch.setattr(asyncio.get_running_loop(), "time", passed)
    monkeypatch.setattr(async_polls, "_time", GENUINE_TIME)
    sqs = await connect("sqs")
    url = await make_queue(sqs)
    with monkeypatch.context() as still:
        for name in ("time", "monotonic"):
            still.setattr(time, name, lambda: 1_800_000_000.0)

        answer = await sqs.receive_message(QueueUrl=url, WaitTimeSeconds=2)

    assert bodies_of(answer) == []


async def test_a_poll_can_be_cancelled(mock, connect, paused):
    sqs = await connect("sqs")
    url = await make_queue(sqs)
    polling = await begin_poll(sqs, url, paused, WaitTimeSeconds=20)

    polling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await polling

    await sqs.send_message(QueueUrl=url, MessageBody="later")
    assert bodies_of(await sqs.receive_message(QueueUrl=url)) == ["later"]


async def test_an_error_of_the_service_comes_as_it_is(mock, connect):
    sqs = await connect("sqs")
    url = await make_queue(sqs)

    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        await sqs.receive_message(QueueUrl=f"{url}-gone", WaitTimeSeconds=20)


def test_what_a_poll_has_replaced_is_put_back():
    def replaced():
        return vars(Queue)["wait_for_messages"], vars(SQSBackend)["receive_message"]

    async def poll():
        async with get_session().create_client("sqs", REGION) as sqs:
            return await sqs.receive_message(QueueUrl=await make_queue(sqs), WaitTimeSeconds=1)

    before = replaced()
    for _ in range(2):
        with mock_jobs(region=REGION):
            asyncio.run(poll())
            assert not set(replaced()) & set(before)
        assert replaced() == before


# Beside polls of boto3


async def test_boto3_waits_beside_and_after_a_poll_of_a_task(mock, connect, paused, waited):
    sqs = await connect("sqs")
    first, second = await make_queue(sqs, "first"), await make_queue(sqs, "second")
    polling = await begin_poll(sqs, first, paused, WaitTimeSeconds=20)

    assert (receive(second, WaitTimeSeconds=1), waited) == (["waited"], ["second"])
    await sqs.send_message(QueueUrl=first, MessageBody="here")
    assert bodies_of(await polling) == ["here"]
    assert (receive(first, WaitTimeSeconds=1), waited) == (["waited"], ["second", "first"])


@pytest.fixture
def site(mock):
    site = Site(boto3.client("batch"))
    site.make_queue_and_definition()
    return site


async def test_a_poll_moves_the_batch_jobs_whose_end_it_waits_for(mock, site, connect, waited):
    sqs = await connect("sqs")
    url = await make_queue(sqs)
    mock.batch.plan(run=lambda run: send(url, "done"))
    site.submit()

    assert bodies_of(await sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)) == ["done"]
    assert waited == []


@pytest.mark.parametrize("wait_s", [20, 0], ids=["that waits", "that was made before"])
async def test_a_job_that_a_poll_moves_may_poll_with_boto3(mock, site, connect, waited, wait_s):
    sqs, received = await connect("sqs"), []
    outer, inner = await make_queue(sqs, "outer"), await make_queue(sqs, "inner")

    def work(run):
        send(outer, f"received {receive(inner, WaitTimeSeconds=1)}")

    mock.batch.plan(run=work)
    site.submit()
    for _ in range(1 if wait_s else 20):
        received += bodies_of(await sqs.receive_message(QueueUrl=outer, WaitTimeSeconds=wait_s))

    assert (received, waited) == (["received ['waited']"], ["inner"])
