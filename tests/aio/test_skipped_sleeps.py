"""Sleeps of aiobotocore between attempts and between polls of a waiter move the mock's clock and take no time."""

from __future__ import annotations

import asyncio

import boto3
import pytest
from anyio._backends import _asyncio as anyio_on_asyncio
from botocore.exceptions import WaiterError

from mock_jobs import mock_jobs

from support.batch_site import Site
from support.constants import REGION

pytestmark = pytest.mark.anyio


@pytest.fixture
def real_sleeps(monkeypatch):
    """Return the seconds of sleeps that took real time."""
    seconds, genuine = [], asyncio.sleep

    async def sleep(delay, result=None):
        seconds.extend([delay] if delay else [])
        await genuine(0)
        return result

    monkeypatch.setattr(asyncio, "sleep", sleep)
    monkeypatch.setattr(anyio_on_asyncio, "sleep", sleep)
    return seconds


@pytest.fixture
def skipping(real_sleeps):
    """A frozen mock that skips sleeps, so that its times are exact."""
    with mock_jobs(region=REGION, sleep="skip") as mock, mock.clock.frozen():
        yield mock
    assert real_sleeps == []


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
async def test_retries_take_no_time(skipping, connect, mode):
    iot = await connect("iot", retries={"mode": mode, "total_max_attempts": 3})
    skipping.faults.add("iot", "list_jobs", "ThrottlingException", times=2)
    before = skipping.clock.now_s

    answer = await iot.list_jobs()

    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    assert skipping.clock.now_s > before


async def test_a_waiter_takes_no_time(skipping, connect):
    tables = await connect("dynamodb")
    before = skipping.clock.now_s

    with pytest.raises(WaiterError, match="Max attempts exceeded"):
        await tables.get_waiter("table_exists").wait(TableName="missing", WaiterConfig={"Delay": 20, "MaxAttempts": 4})

    assert skipping.clock.now_s - before == 60


async def test_a_loop_that_polls_a_job_takes_no_time(skipping, connect):
    skipping.batch.pace = "clock"
    skipping.batch.plan("nightly", duration=60)
    Site(boto3.client("batch"), skipping).make_queue_and_definition()
    batch = await connect("batch")
    job_id = (await batch.submit_job(jobName="nightly", jobQueue="q", jobDefinition="d"))["jobId"]

    seen = []
    while "SUCCEEDED" not in seen:
        (job,) = (await batch.describe_jobs(jobs=[job_id]))["jobs"]
        seen.append(job["status"])
        await asyncio.sleep(30)

    assert len(seen) > 1


async def test_tasks_that_sleep_wake_in_the_order_of_their_ends(skipping, connect):
    iot, woken = await connect("iot", retries={"max_attempts": 1}), []
    skipping.faults.add("iot", "list_jobs", "ThrottlingException")

    async def nap(seconds):
        await asyncio.sleep(seconds)
        woken.append(seconds)

    async def call():
        await iot.list_jobs()
        woken.append("answered")

    # A first retry comes after at most one second.
    await asyncio.gather(nap(60), call(), nap(2))

    assert woken == ["answered", 2, 60]
