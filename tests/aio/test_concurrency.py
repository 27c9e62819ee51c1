"""Many calls at once, and the turn that each call gives to the other tasks of its event loop."""

from __future__ import annotations

import asyncio
from functools import partial

import boto3
import pytest
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import ClientError, ReadTimeoutError
from moto.core.models import botocore_stubber

from mock_jobs import NotImplementedByMotoError, UnmockedRequestError

from support.async_streams import Reader
from support.batch_site import Site
from support.constants import REGION
from support.threads import at_once

pytestmark = pytest.mark.anyio
JOB = {"jobName": "nightly", "jobQueue": "q", "jobDefinition": "d"}


async def turns_during(call):
    """Return how many turns another task gets while a coroutine runs, and what that raises, if anything."""
    turns = 0

    async def count():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.ensure_future(count())
    await asyncio.sleep(0)
    before = turns
    try:
        await call
    except Exception as error:  # noqa: BLE001 - the test looks at it
        raised = error
    else:
        raised = None
    found = turns - before
    counting.cancel()
    return found, raised


async def test_fifty_jobs_are_created_at_once(mock, connect):
    iot = await connect("iot")
    arn = (await iot.create_thing(thingName="pump"))["thingArn"]

    created = await asyncio.gather(*(iot.create_job(jobId=f"job-{n}", targets=[arn], document="{}") for n in range(50)))

    assert [each["jobId"] for each in created] == [f"job-{n}" for n in range(50)]
    assert len((await iot.list_jobs(maxResults=100))["jobs"]) == 50


async def test_fifty_calls_poll_at_once(mock, connect):
    site = Site(boto3.client("batch"), mock)
    site.make_queue_and_definition()
    mock.batch.pace = "manual"
    ids = [site.submit(f"job-{n}") for n in range(50)]
    batch = await connect("batch")

    answers = await asyncio.gather(*(batch.describe_jobs(jobs=[each]) for each in ids))

    assert [job["jobId"] for answer in answers for job in answer["jobs"]] == ids


def test_four_threads_have_a_loop_each(mock, http_session):
    Site(boto3.client("batch"), mock).make_queue_and_definition()

    async def work(name):
        config = AioConfig(http_session_cls=http_session)
        async with get_session().create_client("batch", REGION, config=config) as batch:
            submitted = await asyncio.gather(*(batch.submit_job(**{**JOB, "jobName": f"{name}-{n}"}) for n in range(10)))
            (job,) = (await batch.describe_jobs(jobs=[submitted[3]["jobId"]]))["jobs"]
            assert job["jobName"] == f"{name}-3"

    at_once(*(partial(asyncio.run, work(f"thread-{number}")) for number in range(4)))

    names = {call.parameters["jobName"] for call in mock.calls if call.operation == "SubmitJob"}
    assert len(names) == 40


async def test_a_time_limit_ends_a_loop_that_polls_without_sleeping(mock, connect):
    batch = await connect("batch")

    async def poll():
        for _ in range(3000):
            await batch.describe_jobs(jobs=["x"])

    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(poll(), 0.05)


async def test_a_call_gives_the_other_tasks_one_turn(mock, connect):
    iot, s3 = await connect("iot"), await connect("s3")
    await s3.create_bucket(Bucket="files")

    assert await turns_during(iot.list_jobs()) == (1, None)
    assert await turns_during(s3.put_object(Bucket="files", Key="k", Body=b"x")) == (1, None)
    assert await turns_during(s3.put_object(Bucket="files", Key="k", Body=Reader(b"x"), ContentLength=1)) == (1, None)


async def refuses(mock, connect):
    """An error of the service."""
    batch = await connect("batch")
    return batch, batch.submit_job(**JOB), ClientError


async def loses(mock, connect):
    """An answer that is lost on its way."""
    mock.faults.add_transport("batch", "submit_job", "read-timeout")
    batch = await connect("batch")
    return batch, batch.submit_job(**JOB), ReadTimeoutError


async def lacks(mock, connect):
    """An operation that moto lacks."""
    iot = await connect("iot")
    return iot, iot.list_commands(), NotImplementedByMotoError


async def stops(mock, connect):
    """A stream for a host that nobody answers."""
    s3 = await connect("s3", endpoint_url="https://unheard.us-east-1.amazonaws.com")
    return s3, s3.put_object(Bucket="files", Key="k", Body=Reader(b"x"), ContentLength=1), UnmockedRequestError


@pytest.mark.parametrize("is_early", [False, True], ids=["handler of moto", "from before"])
@pytest.mark.parametrize("prepare", [refuses, loses, lacks, stops])
async def test_a_call_that_raises_gives_one_turn_too(mock, connect, prepare, is_early):
    client, call, expected = await prepare(mock, connect)
    if is_early:
        client.meta.events.unregister("before-send", botocore_stubber)

    turns, raised = await turns_during(call)

    assert isinstance(raised, expected)
    assert turns == 1


async def test_a_call_that_is_cancelled_has_acted(mock, connect):
    iot = await connect("iot")
    arn = (await iot.create_thing(thingName="pump"))["thingArn"]

    creating = asyncio.ensure_future(iot.create_job(jobId="job", targets=[arn], document="{}"))
    await asyncio.sleep(0)
    creating.cancel()
    with pytest.raises(asyncio.CancelledError):
        await creating

    assert [each["jobId"] for each in boto3.client("iot").list_jobs()["jobs"]] == ["job"]
