"""httpx2, which aiobotocore prefers to httpx: a proxy gives it no way to AWS."""

from __future__ import annotations

import asyncio
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mock_jobs import UnmockedRequestError, mock_jobs

from support.threads import serving

httpx2 = pytest.importorskip("httpx2", reason="httpx2 is not installed")
URL = "http://batch.us-east-1.amazonaws.com/"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.heard.append(self.path)
        self.send_error(502)

    def log_message(self, *_):
        pass


@pytest.fixture
def proxy():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.heard = []
    with serving(server):
        yield server


def get(proxy, url):
    with httpx2.Client(proxy=f"http://127.0.0.1:{proxy.server_port}", trust_env=False) as client:
        return client.get(url).status_code


def get_in_a_task(proxy, url):
    async def send():
        async with httpx2.AsyncClient(proxy=f"http://127.0.0.1:{proxy.server_port}", trust_env=False) as client:
            return (await client.get(url)).status_code

    return asyncio.run(send())


@pytest.fixture
def outgoing():
    """In place of the guard of this folder, which would stop these requests earlier."""


@pytest.mark.parametrize("ask", [get, get_in_a_task])
def test_no_proxy_hides_a_host_of_aws(ask, proxy):
    with mock_jobs():
        with pytest.raises(UnmockedRequestError):
            ask(proxy, URL)
        assert ask(proxy, "http://example.com/") == 502

    assert proxy.heard == ["http://example.com/"]
