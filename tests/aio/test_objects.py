"""Objects of S3, which moto answers, through aiobotocore: each way to send and to read a body."""

from __future__ import annotations

import asyncio
import io

import boto3
import pytest
import requests
from aiobotocore.response import StreamingBody
from botocore import UNSIGNED
from botocore.exceptions import ClientError, UnseekableStreamError

from mock_jobs.moto_adapters import core as moto_core

from support.async_streams import Reader, SeekableReader

pytestmark = pytest.mark.anyio
DATA = b"first line\nsecond line\n" * 100
BUSY = (
    503,
    {"Content-Type": "application/xml"},
    b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>",
)


@pytest.fixture
async def s3(mock, connect):
    client = await connect("s3")
    await client.create_bucket(Bucket="files")
    return client


@pytest.fixture
async def body(s3):
    """The body of an object, as a client reads it."""
    await s3.put_object(Bucket="files", Key="k", Body=DATA)
    return (await s3.get_object(Bucket="files", Key="k"))["Body"]


def _file(tmp_path):
    path = tmp_path / "sent"
    path.write_bytes(DATA)
    return path.open("rb")


BODIES = {
    "bytes": lambda _: DATA,
    "str": lambda _: DATA.decode(),
    "bytearray": lambda _: bytearray(DATA),
    "BytesIO": lambda _: io.BytesIO(DATA),
    "file": _file,
    "async reader": lambda _: SeekableReader(DATA),
}


@pytest.fixture(params=BODIES)
def sent(request, tmp_path):
    body = BODIES[request.param](tmp_path)
    yield body
    if isinstance(body, io.IOBase):
        body.close()


# Sending


async def test_boto3_reads_what_was_sent(s3, sent):
    await s3.put_object(Bucket="files", Key="k", Body=sent, ContentLength=len(DATA), Metadata={"made": "by-aiobotocore"})

    found = boto3.client("s3").get_object(Bucket="files", Key="k")
    assert found["Body"].read() == DATA
    assert found["Metadata"] == {"made": "by-aiobotocore"}


async def test_a_stream_that_cannot_go_back_is_read(s3):
    await s3.put_object(Bucket="files", Key="k", Body=Reader(DATA), ContentLength=len(DATA))

    assert boto3.client("s3").get_object(Bucket="files", Key="k")["Body"].read() == DATA


class ReadNow(Reader):
    """A stream whose `read` needs no waiting, although it is iterated over by coroutines."""

    def read(self, size=-1):
        return self._data.read(size)


@pytest.mark.parametrize("kind", [Reader, ReadNow])
async def test_a_stream_that_is_sent_as_it_is_is_read(mock, connect, kind):
    s3 = await connect("s3", request_checksum_calculation="when_required", signature_version=UNSIGNED)
    await s3.create_bucket(Bucket="files")

    await s3.put_object(Bucket="files", Key="k", Body=kind(DATA), ContentLength=len(DATA))

    assert boto3.client("s3").get_object(Bucket="files", Key="k")["Body"].read() == DATA


async def test_a_stream_without_a_checksum_is_read(mock, connect):
    s3 = await connect("s3", request_checksum_calculation="when_required", s3={"payload_signing_enabled": False})
    await s3.create_bucket(Bucket="files")

    await s3.put_object(Bucket="files", Key="k", Body=io.BytesIO(DATA))

    assert boto3.client("s3").get_object(Bucket="files", Key="k")["Body"].read() == DATA


async def test_a_retry_sends_the_same_body_again(monkeypatch, mock, connect, slept, sent):
    s3 = await connect("s3", retries={"max_attempts": 3})
    await s3.create_bucket(Bucket="files")
    answer, keys = moto_core.moto_answers, iter(["first", "second"])

    def be_busy_twice(request):
        """Store what was sent under another key, and say that it was not."""
        key = next(keys, None)
        if key is None:
            return answer(request)
        url, request.url = request.url, request.url.replace("/k", f"/{key}")
        assert answer(request)[0] == 200
        request.url = url
        return BUSY

    monkeypatch.setattr(moto_core, "moto_answers", be_busy_twice)
    answered = await s3.put_object(Bucket="files", Key="k", Body=sent, ContentLength=len(DATA))

    assert (answered["ResponseMetadata"]["RetryAttempts"], len(slept)) == (2, 2)
    of_boto3 = boto3.client("s3")
    stored = [of_boto3.get_object(Bucket="files", Key=key)["Body"].read() for key in ("first", "second", "k")]
    assert stored == [DATA, DATA, DATA]


async def test_a_retry_of_a_stream_that_cannot_go_back_fails_as_over_a_network(monkeypatch, mock, connect, slept):
    s3 = await connect("s3", retries={"max_attempts": 3})
    await s3.create_bucket(Bucket="files")
    monkeypatch.setattr(moto_core, "moto_answers", lambda _: BUSY)

    with pytest.raises(UnseekableStreamError):
        await s3.put_object(Bucket="files", Key="k", Body=Reader(DATA), ContentLength=len(DATA))


# Reading


async def test_a_body_is_read_whole_and_in_parts(s3, body):
    assert isinstance(body, StreamingBody)
    assert await body.read(5) == DATA[:5]
    assert body.tell() == 5
    assert await body.read() == DATA[5:]
    assert await body.read() == b""


async def test_a_body_is_read_in_chunks(body):
    chunks = [chunk async for chunk in body.iter_chunks(1000)]

    assert [len(chunk) for chunk in chunks] == [1000, 1000, 300]
    assert b"".join(chunks) == DATA


async def test_a_body_is_read_by_lines(body):
    assert [line async for line in body.iter_lines(chunk_size=7)] == DATA.splitlines()


async def test_a_body_is_iterated_over(body):
    assert b"".join([chunk async for chunk in body]) == DATA


async def test_a_body_is_a_context_manager(body):
    async with body as stream:
        assert await stream.read() == DATA


async def test_a_body_is_read_into_a_buffer(body):
    if not hasattr(type(body), "readinto") or "aiobotocore" not in type(body).readinto.__module__:
        pytest.skip("this version of aiobotocore has no readinto that is awaited")
    buffer = bytearray(2200)

    counts = [await body.readinto(buffer), await body.readinto(buffer), await body.readinto(buffer)]

    assert counts == [2200, 100, 0]
    assert buffer[:100] == DATA[2200:]


def raw_of(body):
    """Return what a body is read from."""
    return getattr(body, "raw_stream", None) or body.__wrapped__


async def test_the_stream_below_a_body_is_read_as_aiohttp_s(s3):
    async def stream():
        await s3.put_object(Bucket="files", Key="k", Body=b"one\ntwo\nthree")
        return raw_of((await s3.get_object(Bucket="files", Key="k"))["Body"])

    raw = await stream()
    content = raw.content
    assert (await content.readexactly(2), await content.readline(), content.at_eof()) == (b"on", b"e\n", False)
    assert ([line async for line in content], content.at_eof()) == ([b"two\n", b"three"], True)
    assert [piece async for piece in (await stream()).content.iter_chunked(5)] == [b"one\nt", b"wo\nth", b"ree"]
    assert [piece async for piece in (await stream()).content.iter_any()] == [b"one\ntwo\nthree"]
    assert [piece async for piece in (await stream()).content.iter_chunks()] == [(b"one\ntwo\nthree", True)]
    assert await (await stream()).content.readany() == b"one\ntwo\nthree"
    assert await (await stream()).content.readchunk() == (b"one\ntwo\nthree", True)
    async with await stream() as entered:
        assert (entered.status, await entered.read()) == (200, b"one\ntwo\nthree")
    names = [name for name, _ in raw.raw_headers]
    assert b"content-length" in names
    assert raw.headers["content-length"] == "13"
    assert str(raw.url).startswith("https://files.s3.")
    raw.close()


async def test_an_answer_below_a_body_is_read_as_aiohttp_s(s3):
    await s3.put_object(Bucket="files", Key="k", Body=b'{"id": "\xc3\xa4"}', ContentType="application/json")
    raw = raw_of((await s3.get_object(Bucket="files", Key="k"))["Body"])

    assert (raw.ok, raw.closed) == (True, False)
    assert {raw.headers[name] for name in ("Content-Type", "content-type", "CONTENT-TYPE")} == {"application/json"}
    assert (await raw.text(), await raw.text("latin-1")) == ('{"id": "\u00e4"}', '{"id": "\u00c3\u00a4"}')
    assert (await raw.json(), await raw.json(loads=len)) == ({"id": "\u00e4"}, 11)
    async with raw as entered:
        assert (entered, raw.closed) == (raw, False)
    assert raw.closed


@pytest.mark.parametrize("close", ["close", "release", "aclose"])
async def test_an_answer_below_a_body_is_closed(body, close):
    raw = raw_of(body)

    closing = getattr(raw, close)()
    if close == "aclose":
        await closing

    assert raw.closed


async def test_a_body_that_is_entered_is_closed_at_the_end(body):
    raw = raw_of(body)

    async with body as stream:
        # Older versions give what is below it.
        found = await stream.text() if stream is raw else (await stream.read()).decode()

    assert (found, raw.closed) == (DATA.decode(), True)


async def test_a_stream_that_ends_early_is_incomplete(body):
    raw = raw_of(body)

    with pytest.raises(EOFError, match="2300 bytes read on a total of 2301 expected bytes"):
        await raw.content.readexactly(len(DATA) + 1)


# Errors and other answers


async def test_an_object_that_does_not_exist_is_an_error_by_its_class(s3):
    with pytest.raises(s3.exceptions.NoSuchKey) as caught:
        await s3.get_object(Bucket="files", Key="missing")

    assert caught.value.response["Error"]["Code"] == "NoSuchKey"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


async def test_a_head_of_an_object_that_does_not_exist_is_404(s3):
    with pytest.raises(ClientError) as caught:
        await s3.head_object(Bucket="files", Key="missing")

    assert caught.value.response["Error"]["Code"] == "404"


async def test_a_head_of_an_object_tells_its_length(s3, body):
    assert (await s3.head_object(Bucket="files", Key="k"))["ContentLength"] == len(DATA)


async def test_pages_of_objects_are_listed(s3):
    for number in range(5):
        await s3.put_object(Bucket="files", Key=f"k{number}", Body=b"x")

    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="files", PaginationConfig={"PageSize": 2})

    assert [[each["Key"] for each in page["Contents"]] async for page in pages] == [["k0", "k1"], ["k2", "k3"], ["k4"]]


async def test_a_selection_comes_as_a_stream_of_events(s3):
    await s3.put_object(Bucket="files", Key="rows.csv", Body=b"id,name\n1,pump\n2,valve")

    answer = await s3.select_object_content(
        Bucket="files",
        Key="rows.csv",
        Expression="SELECT name FROM S3Object",
        ExpressionType="SQL",
        InputSerialization={"CSV": {"FileHeaderInfo": "USE"}},
        OutputSerialization={"CSV": {}},
    )
    events = [event async for event in answer["Payload"]]

    assert b"".join(event["Records"]["Payload"] for event in events if "Records" in event) == b"pump\nvalve\n"
    assert "End" in events[-1]


async def test_a_presigned_url_is_fetched_by_requests(s3, body):
    url = await s3.generate_presigned_url("get_object", Params={"Bucket": "files", "Key": "k"})

    fetched = await asyncio.to_thread(requests.get, url, timeout=5)
    assert fetched.content == DATA
