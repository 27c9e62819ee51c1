"""Async tests and fixtures of users: as a decorator, a fixture and a marker, under pytest-asyncio, anyio and unittest."""

from __future__ import annotations

import unittest

import pytest
from aiobotocore.session import get_session

from mock_jobs import mock_jobs

pytestmark = pytest.mark.usefixtures("_unmeasured")

CLIENTS = """
import pytest
from aiobotocore.session import get_session
from mock_jobs import current_mock, mock_jobs as mocking

REGION = "us-east-1"

async def create(name):
    async with get_session().create_client("iot", REGION) as iot:
        await iot.create_thing(thingName=name)
        return [each["thingName"] for each in (await iot.list_things())["things"]]
"""
TESTS = """
@MARK
@mocking
async def test_decorated():
    assert await create("a") == ["a"]

@MARK
@mocking(region=REGION, seed=1)
async def test_decorated_with_options():
    assert (await create("b"), current_mock().seed) == (["b"], 1)

@MARK
async def test_with_the_fixture(mock_jobs):
    assert await create("c") == ["c"]
    assert [call.operation for call in mock_jobs.calls] == []

@MARK
@pytest.mark.mock_jobs(region=REGION, seed=2)
async def test_with_the_marker():
    assert (await create("d"), current_mock().seed) == (["d"], 2)

@mocking
class TestDecorated:
    @MARK
    async def test_first(self):
        assert await create("e") == ["e"]

    @MARK
    async def test_second(self):
        assert await create("f") == ["f"]

@FIXTURE
@mocking(seed=3)
async def things():
    yield await create("g")

@FIXTURE
async def more(mock_jobs):
    return await create("h")

@MARK
async def test_with_a_decorated_async_fixture(things):
    assert (await create("i"), current_mock().seed) == (["g", "i"], 3)

@MARK
async def test_with_an_async_fixture_that_has_ours(more):
    assert await create("i") == ["h", "i"]

@MARK
async def test_nothing_is_left():
    with mocking():
        assert await create("j") == ["j"]
"""
COUNT = TESTS.count("async def test_")
RUNS = {
    "pytest-asyncio, strict": (
        "pytest.mark.asyncio",
        "pytest_asyncio.fixture",
        "import pytest_asyncio\n",
        ["--asyncio-mode=strict"],
    ),
    "pytest-asyncio, auto": ("pytest.mark.filterwarnings('error')", "pytest.fixture", "", ["--asyncio-mode=auto"]),
    "anyio on asyncio": ("pytest.mark.anyio", "pytest.fixture", "", ["-p", "no:asyncio"]),
    "anyio on trio": ("pytest.mark.anyio", "pytest.fixture", "", ["-p", "no:asyncio"]),
}
TRIO = """
from functools import partial
from aiobotocore.config import AioConfig
from aiobotocore.httpxsession import HttpxSession

@pytest.fixture
def anyio_backend():
    return "trio"

def get_session():
    from aiobotocore import session
    made = session.get_session()
    made.create_client = partial(made.create_client, config=AioConfig(http_session_cls=HttpxSession))
    return made
"""
ASYNCIO = """
@pytest.fixture
def anyio_backend():
    return "asyncio"
"""


@pytest.mark.parametrize("run", RUNS)
def test_async_tests_and_fixtures_of_users_pass(pytester, run, supports_trio):
    mark, fixture, imports, options = RUNS[run]
    backend = ASYNCIO
    if "trio" in run:
        supports_trio()
        backend = TRIO
    pytester.makepyfile(imports + CLIENTS + backend + TESTS.replace("MARK", mark).replace("FIXTURE", fixture))
    ini = "" if "no:asyncio" in options else "asyncio_default_fixture_loop_scope = function\n"
    pytester.makeini(f"[pytest]\n{ini}filterwarnings =\n    error\n    ignore:aiobotocore's httpx backend:DeprecationWarning\n")

    result = pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:xdist", *options)

    result.assert_outcomes(passed=COUNT)


@mock_jobs(region="us-east-1")
class TestOfUnittest(unittest.IsolatedAsyncioTestCase):
    """`@mock_jobs` on a class of unittest whose tests are coroutine functions."""

    async def asyncSetUp(self):
        self.session = get_session()
        async with self.session.create_client("iot") as iot:
            await iot.create_thing(thingName="of set-up")

    async def asyncTearDown(self):
        async with self.session.create_client("iot") as iot:
            assert len((await iot.list_things())["things"]) == 2

    async def test_first(self):
        await self.look("first")

    async def test_second(self):
        await self.look("second")

    async def look(self, name):
        async with self.session.create_client("iot") as iot:
            await iot.create_thing(thingName=name)
            assert {each["thingName"] for each in (await iot.list_things())["things"]} == {"of set-up", name}
