"""Skipped sleeps of tasks of trio."""

from __future__ import annotations

import asyncio
import inspect
import math
import subprocess
import sys
import time

import anyio
import pytest
import trio
from aiobotocore.config import AioConfig
from aiobotocore.httpxsession import HttpxSession
from aiobotocore.session import get_session

from mock_jobs import EndlessSleepError, mock_jobs

from support.constants import REGION
from support.threads import PATIENCE


async def sleep_again_and_again(name, seconds, times, log):
    for _ in range(times):
        await trio.sleep(seconds)
        log.append(name)


def test_tasks_wake_one_after_the_other_each_at_its_own_time():
    async def run(clock):
        log, begin = [], clock.now_s
        async with trio.open_nursery() as nursery:
            nursery.start_soon(sleep_again_and_again, "ten", 10, 3, log)
            nursery.start_soon(sleep_again_and_again, "seven", 7, 4, log)
        return log, clock.now_s - begin

    with mock_jobs(sleep="skip") as mock:
        log, passed_s = trio.run(run, mock.clock)

    assert log == ["seven", "ten", "seven", "ten", "seven", "seven", "ten"]
    assert 30 <= passed_s < 40


@pytest.mark.parametrize("library", [trio, anyio], ids=lambda library: library.__name__)
def test_a_sleep_moves_the_clock_and_takes_no_time(library):
    async def run(clock):
        begin = clock.now_s
        await library.sleep(3600)
        return clock.now_s - begin

    with mock_jobs(sleep="skip") as mock:
        assert 3600 <= trio.run(run, mock.clock) < 3700


def test_other_tasks_do_what_they_can_before_the_clock_moves():
    async def work(log):
        for number in range(30):
            await trio.lowlevel.checkpoint()
            log.append(number)

    async def run(log):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(work, log)
            await trio.sleep(60)
            log.append("slept")

    log = []
    with mock_jobs(sleep="skip"):
        trio.run(run, log)

    assert log == [*range(30), "slept"]


def test_a_task_goes_on_before_the_clock_moves_when_its_threads_have_ended():
    def work():
        end = time.process_time() + 0.01
        while time.process_time() < end:
            pass

    async def work_in_threads(clock, moments):
        for _ in range(5):
            await trio.to_thread.run_sync(work)
            moments.append(clock.now_s)

    async def run(clock):
        moments, begin = [], clock.now_s
        async with trio.open_nursery() as nursery:
            nursery.start_soon(work_in_threads, clock, moments)
            await trio.sleep(3600)
        return [moment - begin for moment in moments]

    with mock_jobs(sleep="skip") as mock:
        passed = trio.run(run, mock.clock)

    assert len(passed) == 5
    assert max(passed) < 60


def test_a_cancelled_sleep_is_forgotten():
    async def run(clock):
        begin = clock.now_s
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep, 1000)
            await trio.sleep(10)
            nursery.cancel_scope.cancel()
        await trio.sleep(5)
        return clock.now_s - begin

    with mock_jobs(sleep="skip") as mock:
        assert 15 <= trio.run(run, mock.clock) < 25


def test_endless_sleeping_is_an_error_of_the_task():
    async def run():
        while True:  # noqa: ASYNC110 - it is what the test is about
            await trio.sleep(1)

    with mock_jobs(sleep="skip"), pytest.raises(EndlessSleepError, match="1,000 skipped sleeps"):
        trio.run(run)


@pytest.mark.parametrize("seconds", [0, -1, math.nan, "1"])
def test_what_is_no_sleep_is_left_to_trio(seconds):
    def outcome():
        try:
            return trio.run(sleep_again_and_again, "x", seconds, 1, [])
        except (TypeError, ValueError) as error:
            return repr(error)

    real = outcome()
    with mock_jobs(sleep="skip"):
        assert outcome() == real


def test_what_was_replaced_is_put_back():
    modules = (trio, trio._timeouts)
    before = [module.sleep for module in modules]
    with mock_jobs(sleep="skip"):
        assert all(module.sleep is not kept for module, kept in zip(modules, before, strict=True))
    assert [module.sleep for module in modules] == before


@pytest.fixture
def rests(monkeypatch):
    """The seconds of sleeps that take real time; they end at once."""
    seconds = []

    async def rest(delay):
        seconds.append(delay)
        await trio.lowlevel.checkpoint()

    monkeypatch.setattr(trio, "sleep", rest)
    return seconds


def test_a_sleep_that_is_awaited_after_the_block_takes_real_time_and_moves_nothing(mock, rests):
    async def nap():
        with mock.clock.skipping_sleep():
            late = trio.sleep(3600)  # noqa: ASYNC105 - it is awaited later
        await late

    with mock.clock.frozen():
        begin = mock.clock.now
        trio.run(nap)
        assert (mock.clock.now, rests) == (begin, [3600])


def test_who_sleeps_when_the_block_ends_sleeps_on_in_real_time(mock, rests):
    async def run():
        async with trio.open_nursery() as nursery:
            with mock.clock.skipping_sleep():
                nursery.start_soon(trio.sleep, 3600)
                await trio.lowlevel.checkpoint()

    with mock.clock.frozen():
        begin = mock.clock.now
        trio.run(run)
        assert (mock.clock.now, rests) == (begin, [3600])


PATCHED_FIRST = """
import trio
from mock_jobs import mock_jobs

async def patch(seconds):
    pass

# In a list: a mock replaces it in modules.
kept = [trio.sleep]
trio.sleep = patch
with mock_jobs(sleep="skip"):
    pass
trio.sleep = kept[0]
with mock_jobs(sleep="skip"):
    assert kept[0] not in (trio.sleep, trio._timeouts.sleep)
assert trio.sleep is trio._timeouts.sleep is kept[0]
"""


@pytest.mark.usefixtures("_unmeasured")
def test_a_patch_that_was_there_first_is_not_taken_for_trio():
    done = subprocess.run([sys.executable, "-c", PATCHED_FIRST], capture_output=True, text=True, timeout=PATIENCE)

    assert (done.returncode, done.stderr) == (0, "")


LATE = """
import asyncio, sys
from mock_jobs import mock_jobs

async def refuse(seconds):
    sys.exit("a real sleep")

assert "trio" not in sys.modules
with mock_jobs(region="us-east-1", sleep="skip") as mock, mock.clock.frozen():
    import trio
    trio.sleep = refuse
    if sys.argv[1] == "a mock":
        with mock_jobs(sleep="skip"):
            pass
    else:
        asyncio.run(asyncio.sleep(1))
    begin = mock.clock.now
    trio.run(trio.sleep, 3600)
    print((mock.clock.now - begin).total_seconds())
assert trio.sleep is refuse
"""


@pytest.mark.usefixtures("_unmeasured")
@pytest.mark.parametrize("what", ["a mock", "a sleep of asyncio"])
def test_a_trio_that_is_imported_in_a_mock_sleeps_on_its_clock_after_what_comes_next(what):
    done = subprocess.run([sys.executable, "-c", LATE, what], capture_output=True, text=True, timeout=PATIENCE)

    assert (done.returncode, done.stdout, done.stderr) == (0, "3600.0\n", "")


def test_the_sleep_is_a_coroutine_function_as_without_a_mock():
    def answers():
        return [inspect.iscoroutinefunction(each) for each in (trio.sleep, asyncio.sleep, time.sleep)]

    assert answers() == [True, True, False]
    with mock_jobs(sleep="skip"):
        assert answers() == [True, True, False]


def test_a_trio_that_runs_as_the_guest_of_asyncio_calls_clients_and_sleeps(supports_trio):
    supports_trio()

    async def call():
        async with get_session().create_client("iot", REGION, config=AioConfig(http_session_cls=HttpxSession)) as iot:
            await iot.create_thing(thingName="pump")
            await trio.sleep(3600)
            return [each["thingName"] for each in (await iot.list_things())["things"]]

    async def host():
        loop = asyncio.get_running_loop()
        outcome = loop.create_future()
        trio.lowlevel.start_guest_run(call, run_sync_soon_threadsafe=loop.call_soon_threadsafe, done_callback=outcome.set_result)
        return (await outcome).unwrap()

    with mock_jobs(region=REGION, sleep="skip") as mock:
        begin = mock.clock.now_s
        assert asyncio.run(host()) == ["pump"]
        assert mock.clock.now_s - begin >= 3600
