"""Clients over httpx under trio, alone and through anyio."""

from __future__ import annotations

import io
from functools import partial

import pytest
import trio
import trio.testing
from aiobotocore.config import AioConfig
from aiobotocore.httpxsession import HttpxSession
from aiobotocore.session import get_session

from mock_jobs import NotImplementedByMotoError, mock_jobs

from support.async_streams import Reader
from support.constants import REGION

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend(supports_trio):
    supports_trio()
    return "trio"


@pytest.fixture
def http_session():
    return HttpxSession


async def test_a_device_works_on_its_jobs(mock, connect):
    iot, device = await connect("iot"), await connect("iot-jobs-data")
    arn = (await iot.create_thing(thingName="pump"))["thingArn"]
    await iot.create_job(jobId="job", targets=[arn], document="{}")

    started = (await device.start_next_pending_job_execution(thingName="pump"))["execution"]
    with pytest.raises(iot.exceptions.InvalidStateTransitionException):
        await iot.cancel_job_execution(jobId="job", thingName="pump")
    pages = [page async for page in iot.get_paginator("list_jobs").paginate()]

    assert started["jobId"] == "job"
    assert [each["jobId"] for page in pages for each in page["jobs"]] == ["job"]


@pytest.mark.parametrize(
    "body", [b"of a test", io.BytesIO(b"of a test"), Reader(b"of a test")], ids=["bytes", "BytesIO", "stream"]
)
async def test_objects_are_sent_and_read(mock, connect, body):
    s3 = await connect("s3")
    await s3.create_bucket(Bucket="files")

    await s3.put_object(Bucket="files", Key="k", Body=body, ContentLength=9)

    async with (await s3.get_object(Bucket="files", Key="k"))["Body"] as stream:
        assert await stream.read() == b"of a test"
    with pytest.raises(s3.exceptions.NoSuchKey):
        await s3.get_object(Bucket="files", Key="missing")


async def test_many_calls_run_at_once(mock, connect):
    iot = await connect("iot")
    arn = (await iot.create_thing(thingName="pump"))["thingArn"]

    async with trio.open_nursery() as nursery:
        for number in range(50):
            nursery.start_soon(partial(iot.create_job, jobId=f"job-{number}", targets=[arn], document="{}"))

    assert len((await iot.list_jobs(maxResults=100))["jobs"]) == 50


async def test_a_time_limit_ends_a_loop_that_polls_without_sleeping(mock, connect):
    batch = await connect("batch")

    with trio.move_on_after(0.05) as limit:
        for _ in range(3000):
            await batch.describe_jobs(jobs=["x"])

    assert limit.cancelled_caught


async def test_a_call_that_raises_is_a_checkpoint_too(mock, connect):
    iot = await connect("iot")

    with trio.testing.assert_checkpoints(), pytest.raises(NotImplementedByMotoError):
        await iot.list_commands()


async def test_a_call_that_is_cancelled_has_acted(mock, connect):
    iot = await connect("iot")
    arn = (await iot.create_thing(thingName="pump"))["thingArn"]

    with trio.CancelScope() as scope:
        scope.cancel()
        await iot.create_job(jobId="job", targets=[arn], document="{}")

    assert scope.cancelled_caught
    assert [each["jobId"] for each in (await iot.list_jobs())["jobs"]] == ["job"]


async def test_throttled_calls_are_tried_again(mock, connect, slept):
    iot = await connect("iot", retries={"max_attempts": 2})
    mock.faults.add("iot", "list_jobs", "ThrottlingException", times=2)

    assert (await iot.list_jobs())["ResponseMetadata"]["RetryAttempts"] == 2
    assert len(slept) == 2


@mock_jobs(region=REGION)
async def work(things):
    async with get_session().create_client("iot", config=AioConfig(http_session_cls=HttpxSession)) as iot:
        await iot.create_thing(thingName="pump")
        things.extend(each["thingName"] for each in (await iot.list_things())["things"])


def test_a_decorated_coroutine_function_runs_in_trio(supports_trio):
    supports_trio()
    things = []

    trio.run(work, things)

    assert things == ["pump"]
