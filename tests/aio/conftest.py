"""Clients of aiobotocore for the tests of this folder, over both of its HTTP sessions, and a guard that lets no request of them out.

These tests need aiobotocore, which holds botocore back. So they have environments of their own, and a run of all tests leaves them out.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from importlib.util import find_spec
from urllib.parse import urlsplit

import aiobotocore
import aiohttp
import anyio
import pytest
from aiobotocore import httpxsession
from aiobotocore.config import AioConfig
from aiobotocore.httpsession import AIOHTTPSession
from aiobotocore.httpxsession import HttpxSession
from aiobotocore.session import get_session

from support.constants import REGION

# Their tests run with the plugin of anyio, which comes with httpx. pytest-asyncio is what some of them run in a process of its own.


def pytest_configure(config):
    """Let httpx be used, although warnings are errors."""
    # aiobotocore 3.10 prefers httpx2.
    config.addinivalue_line("filterwarnings", "ignore:aiobotocore's httpx backend now prefers httpx2:DeprecationWarning")


@pytest.fixture
def anyio_backend():
    return "asyncio"


HTTP_SESSIONS = {"aiohttp": AIOHTTPSession, "httpx": HttpxSession}
HERE = "127.0.0.1"


class SentError(Exception):
    """A request was about to leave the process."""


@pytest.fixture(autouse=True)
def outgoing(monkeypatch):
    """What was about to leave this machine, as HTTP method and host. A test that expects it empties the list; others fail."""
    seen = []
    request, send = aiohttp.ClientSession.request, httpxsession.httpx.AsyncClient.send

    def note(method, url):
        found = urlsplit(str(url)).hostname
        if found != HERE:
            seen.append((method, found))
            raise SentError(f"{method} {url}")

    def request_here(self, method, url, **more):
        note(method, url)
        return request(self, method, url, **more)

    async def send_here(self, request, **more):
        note(request.method, request.url)
        return await send(self, request, **more)

    monkeypatch.setattr(aiohttp.ClientSession, "request", request_here)
    monkeypatch.setattr(httpxsession.httpx.AsyncClient, "send", send_here)
    yield seen
    assert seen == []


@pytest.fixture(params=HTTP_SESSIONS)
def http_session(request):
    """The class of the HTTP session; a test that asks for it runs with each."""
    return HTTP_SESSIONS[request.param]


@pytest.fixture
async def connect(http_session):
    """Return a coroutine function that makes clients, with options of their config; they are closed after the test."""
    session = get_session()
    async with AsyncExitStack() as stack:

        async def make(service, *, keys=("testing", "testing"), region=REGION, endpoint_url=None, **options):
            config = AioConfig(http_session_cls=http_session, **{"retries": {"max_attempts": 0}, **options})
            client = session.create_client(
                service,
                region,
                endpoint_url=endpoint_url,
                aws_access_key_id=keys[0],
                aws_secret_access_key=keys[1],
                config=config,
            )
            return await stack.enter_async_context(client)

        yield make


@pytest.fixture(scope="session")
def supports_trio():
    """Return a function that skips the test if this version of aiobotocore does not run under trio."""

    def check():
        if find_spec("aiobotocore._async_primitives") is None:
            pytest.skip(f"aiobotocore {aiobotocore.__version__} needs asyncio")

    return check


@pytest.fixture
def slept(monkeypatch):
    """Let sleeps of tasks take one turn of the event loop; return their seconds."""
    seconds = []

    async def note(delay, result=None):
        seconds.append(delay)
        await genuine(0)
        return result

    # That of anyio is right for trio too.
    genuine = anyio.sleep
    monkeypatch.setattr(asyncio, "sleep", note)
    monkeypatch.setattr(anyio, "sleep", note)
    return seconds
