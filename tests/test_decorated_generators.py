"""`@mock_jobs` on async generator functions: the mock is active from their first step to their end, and all else passes through."""

from __future__ import annotations

import asyncio
import inspect
from contextlib import aclosing

import boto3
import pytest

from mock_jobs import NotActiveError, UnusedError, current_mock, mock_jobs

REGION = "eu-west-1"


def _create_thing(name):
    boto3.client("iot", region_name=REGION).create_thing(thingName=name)


def _things():
    return [each["thingName"] for each in boto3.client("iot", region_name=REGION).list_things()["things"]]


def _is_active():
    try:
        current_mock()
    except NotActiveError:
        return False
    return True


@mock_jobs
async def fixture(name="pump", *, log=None):
    """Yield the things of the mock."""
    _create_thing(name)
    try:
        got = yield _things()
        while got is not None:
            got = yield f"got {got}"
    except KeyError as error:
        yield f"caught {error!r}"
    finally:
        await asyncio.sleep(0)
        if log is not None:
            log.append(_things())


def test_it_stays_an_async_generator_function_with_its_name_and_text():
    assert inspect.isasyncgenfunction(fixture)
    assert (fixture.__name__, fixture.__doc__) == ("fixture", "Yield the things of the mock.")


def test_the_mock_is_active_from_the_first_step_to_the_end():
    async def use():
        states = [_is_active()]
        steps = fixture("valve")
        states.append(_is_active())
        assert await anext(steps) == ["valve"]
        states.append(_is_active())
        with pytest.raises(StopAsyncIteration):
            await anext(steps)
        return [*states, _is_active()]

    assert asyncio.run(use()) == [False, False, True, False]


def test_what_is_sent_and_thrown_reaches_it():
    async def use():
        async with aclosing(fixture()) as steps:
            await anext(steps)
            return await steps.asend("a"), await steps.asend("b"), await steps.athrow(KeyError("c"))

    assert asyncio.run(use()) == ("got a", "got b", "caught KeyError('c')")


def test_what_it_does_not_catch_comes_out_and_ends_the_mock():
    async def use():
        steps = fixture()
        await anext(steps)
        with pytest.raises(ZeroDivisionError, match="thrown"):
            await steps.athrow(ZeroDivisionError("thrown"))
        return _is_active()

    assert asyncio.run(use()) is False


def test_closed_early_it_cleans_up_inside_the_mock():
    async def use(log):
        steps = fixture(log=log)
        await anext(steps)
        await steps.aclose()
        return log, _is_active()

    assert asyncio.run(use([])) == ([["pump"]], False)


def test_each_run_begins_with_empty_state():
    async def use():
        return [things for name in ("first", "second") async for things in fixture(name)]

    assert asyncio.run(use()) == [["first"], ["second"]]


def test_its_end_complains_of_what_nothing_has_used():
    @mock_jobs
    async def planned():
        current_mock().batch.plan("never-submitted")
        yield

    async def use():
        async for _ in planned():
            pass

    with pytest.raises(UnusedError, match="never-submitted"):
        asyncio.run(use())


def test_in_a_class_it_is_decorated_like_other_methods():
    @mock_jobs(region=REGION)
    class Site:
        async def things(self):
            _create_thing("pump")
            yield _things()

    async def use():
        return [things async for things in Site().things()]

    assert asyncio.run(use()) == [["pump"]]
