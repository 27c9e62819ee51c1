"""Skipped sleeps of tasks of trio."""

from __future__ import annotations

import math

import anyio
import pytest
import trio

from mock_jobs import EndlessSleepError, mock_jobs


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
        for number in range(5):
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

    assert log == [0, 1, 2, 3, 4, "slept"]


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
