"""Requests that go to another host than AWS's, or that moto's `passthrough` lets out: they arrive whole, streams included."""

from __future__ import annotations

import io
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import aiofiles
import pytest
from botocore import UNSIGNED
from botocore.exceptions import ClientError, UnseekableStreamError

from mock_jobs import mock_jobs
from mock_jobs.transports.either_response import EitherResponse

from support.async_streams import Reader, SeekableReader
from support.constants import REGION
from support.threads import serving

pytestmark = pytest.mark.anyio
BUSY = b"<Error><Code>SlowDown</Code></Error>"
DATA = b"0123456789" * 20_000


class Store(ThreadingHTTPServer):
    """A server that keeps the bodies of what it gets, and answers with the statuses that it was told, then with 200."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies = []
        self.statuses = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_PUT(self):
        self.server.bodies.append(b"".join(self._pieces()))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _pieces(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            yield self.rfile.read(int(self.headers["Content-Length"]))
            return
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def log_message(self, *_):
        pass


@pytest.fixture(params=[True, False], ids=["in a mock", "without"])
def maybe_mocked(request):
    """The network is the same with a mock and without."""
    with mock_jobs(region=REGION) if request.param else nullcontext():
        yield


@pytest.fixture
def store():
    server = Store()
    with serving(server):
        yield server


@pytest.fixture
async def connect_to_store(maybe_mocked, connect, store):
    """Return what makes a client for the server that sends streams as they are: checksums and signatures over HTTP read them."""

    async def make(**options):
        plain = {"signature_version": UNSIGNED, "request_checksum_calculation": "when_required", "read_timeout": 5}
        return await connect("s3", endpoint_url=store.url, **plain, **options)

    return make


@pytest.mark.parametrize("kind", [Reader, SeekableReader])
async def test_a_stream_reaches_another_server_whole(connect_to_store, store, kind):
    s3 = await connect_to_store()

    await s3.put_object(Bucket="files", Key="k", Body=kind(DATA), ContentLength=len(DATA))

    assert store.bodies == [DATA]


async def test_another_server_gets_a_stream_from_where_it_stands(connect_to_store, store):
    s3 = await connect_to_store()
    body = SeekableReader(b"read:left!")
    body.seek(5)

    await s3.put_object(Bucket="files", Key="k", Body=body, ContentLength=5)

    assert store.bodies == [b"left!"]


async def test_another_server_gets_an_async_file(connect_to_store, store, tmp_path):
    s3 = await connect_to_store()
    path = tmp_path / "sent"
    path.write_bytes(DATA)

    async with aiofiles.open(path, "rb") as body:
        await s3.put_object(Bucket="files", Key="k", Body=body, ContentLength=len(DATA))

    assert store.bodies == [DATA]


class ReadNow(Reader):
    """A stream whose `read` needs no waiting, although it is iterated over by coroutines."""

    def read(self, size=-1):
        return self._data.read(size)


async def test_another_server_gets_a_stream_whose_read_is_no_coroutine_function(connect_to_store, store):
    s3 = await connect_to_store()

    await s3.put_object(Bucket="files", Key="k", Body=ReadNow(DATA), ContentLength=len(DATA))

    assert store.bodies == [DATA]


async def test_another_server_gets_a_stream_again_if_it_can_go_back(connect_to_store, store, slept):
    s3 = await connect_to_store(retries={"max_attempts": 2})
    store.statuses = [503, 503]

    await s3.put_object(Bucket="files", Key="k", Body=SeekableReader(DATA), ContentLength=len(DATA))

    assert store.bodies == [DATA, DATA, DATA]


async def test_another_server_gets_no_stream_again_that_cannot_go_back(connect_to_store, store, slept):
    s3 = await connect_to_store(retries={"max_attempts": 2})
    store.statuses = [503, 503]

    with pytest.raises(UnseekableStreamError):
        await s3.put_object(Bucket="files", Key="k", Body=Reader(DATA), ContentLength=len(DATA))

    assert store.bodies == [DATA]


@pytest.fixture
def network(monkeypatch, http_session):
    """What is sent to AWS: statuses to answer with, and the bodies, decoded."""
    found = SimpleNamespace(statuses=[], bodies=[], before=lambda: None)

    async def send(_, request):
        found.before()
        body = b"".join([piece async for piece in request.body])
        found.bodies.append(_decoded(body))
        status = found.statuses.pop(0) if found.statuses else 200
        return await EitherResponse(request.url, status, {}, io.BytesIO(BUSY if status == 503 else b""))

    monkeypatch.setattr(http_session, "send", send)
    return found


def _decoded(body):
    """Return what is in a body that was sent in chunks with a checksum at its end."""
    found = b""
    while True:
        size, _, body = body.partition(b"\r\n")
        count = int(size, 16)
        if not count:
            assert body.startswith(b"x-amz-checksum-")
            return found
        found, body = found + body[:count], body[count + 2 :]


LET_OUT = [{"services": ["s3"]}, {"urls": ["https://files.s3.amazonaws.com/k"]}]


@pytest.mark.parametrize("kind", [Reader, SeekableReader])
@pytest.mark.parametrize("passthrough", LET_OUT, ids=["service", "url"])
async def test_what_passthrough_lets_out_arrives_whole(connect, network, passthrough, kind):
    s3 = await connect("s3")

    with mock_jobs(config={"core": {"passthrough": passthrough}}):
        await s3.put_object(Bucket="files", Key="k", Body=kind(DATA), ContentLength=len(DATA))

    assert network.bodies == [DATA]


@pytest.mark.parametrize("passthrough", LET_OUT, ids=["service", "url"])
async def test_what_passthrough_lets_out_is_read_by_nobody_before_it_is_sent(connect, network, passthrough):
    s3, body, places = await connect("s3"), SeekableReader(DATA), []
    network.before = lambda: places.append((body.tell(), body.reads))

    with mock_jobs(config={"core": {"passthrough": passthrough}}):
        await s3.put_object(Bucket="files", Key="k", Body=body, ContentLength=len(DATA))

    assert places == [(0, 0)]


async def test_what_passthrough_lets_out_is_sent_again_if_it_can_go_back(connect, network, slept):
    s3 = await connect("s3", retries={"max_attempts": 2})
    network.statuses = [503, 503]

    with mock_jobs(config={"core": {"passthrough": LET_OUT[0]}}):
        await s3.put_object(Bucket="files", Key="k", Body=SeekableReader(DATA), ContentLength=len(DATA))

    assert network.bodies == [DATA, DATA, DATA]


async def test_what_passthrough_lets_out_is_not_sent_again_if_it_cannot_go_back(connect, network, slept):
    s3 = await connect("s3", retries={"max_attempts": 2})
    network.statuses = [503, 503]

    with mock_jobs(config={"core": {"passthrough": LET_OUT[0]}}), pytest.raises(UnseekableStreamError):
        await s3.put_object(Bucket="files", Key="k", Body=Reader(DATA), ContentLength=len(DATA))

    assert network.bodies == [DATA]


@pytest.mark.usefixtures("mock")
async def test_an_error_of_another_server_is_one(connect, store):
    s3 = await connect("s3", endpoint_url=store.url)
    store.statuses = [403]

    with pytest.raises(ClientError) as caught:
        await s3.put_object(Bucket="files", Key="k", Body=b"x")

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
