"""The answer to a request in the form that botocore and aiobotocore both take.

botocore uses what a handler of `before-send` returns. aiobotocore awaits it first if it can be awaited. So one object serves both.
This module imports nothing of aiobotocore until something is awaited.
"""

from __future__ import annotations

import asyncio
import io
import json
import sys
from collections.abc import AsyncIterator, Callable, Generator, Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Any

from botocore.awsrequest import AWSResponse, HeadersDict

from mock_jobs.core.errors import HIDDEN

__tracebackhide__ = HIDDEN


class EitherResponse(AWSResponse):
    """The response of botocore. Awaited, it gives other tasks a turn, and becomes the response of aiobotocore."""

    def __await__(self) -> Generator[Any, Any, AWSResponse]:
        """Return the response that aiobotocore takes.

        The request has been answered by now. A task that is cancelled here has made its call, as over a network.
        """
        yield from Turn().__await__()
        return async_response(self.url, self.status_code, self.headers, self.raw.getvalue())


def async_response(url: str, status: int, headers: Mapping[str, Any], body: str | bytes) -> AWSResponse:
    """Return an answer in the form of aiobotocore.

    Args:
        url: URL of the request.
        status: HTTP status.
        headers: Headers. Some services of moto give numbers.
        body: The whole body.
    """
    # Who awaits a response has imported it.
    from aiobotocore.awsrequest import AioAWSResponse  # noqa: PLC0415

    texts = {name.lower(): str(value) for name, value in headers.items()}
    data = body.encode() if isinstance(body, str) else body
    response: AWSResponse = AioAWSResponse(url, status, texts, RawAnswer(url, status, texts, data))
    return response


class Turn:
    """Awaited, it lets the other tasks of the event loop run once. Without it, a loop that polls without sleeping starves them."""

    def __await__(self) -> Generator[Any, Any, None]:
        """Wait for the next turn."""
        # Trio comes first: as the guest of an asyncio loop, it runs inside of that.
        trio = running_trio()
        if trio is not None:
            yield from trio.lowlevel.checkpoint().__await__()
        elif asyncio._get_running_loop() is not None:  # noqa: SLF001 - without an error if there is none
            yield


def running_trio() -> Any:
    """Return the module trio if this is one of its tasks, else None."""
    # Another thread may be importing it just now.
    trio = sys.modules.get("trio")
    is_in_task = getattr(getattr(trio, "lowlevel", None), "in_trio_task", None)
    return trio if is_in_task is not None and is_in_task() else None


class RawAnswer:
    """What a body is read from: in the place of `aiohttp.ClientResponse`, as far as aiobotocore and its users read from that.

    Args:
        url: URL of the request.
        status: HTTP status.
        headers: Headers. Names are in lower case.
        body: The whole body.

    Attributes:
        url: As given.
        status: As given.
        closed: Whether it was closed.
        content: The body as a stream.
    """

    def __init__(self, url: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self._headers = headers
        self._body = body
        self.url = url
        self.status = status
        self.closed = False
        self.content = Content(body)

    @property
    def ok(self) -> bool:
        """Whether the status is no error."""
        return self.status < HTTPStatus.BAD_REQUEST

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, by names in any case."""
        headers: Mapping[str, str] = HeadersDict(self._headers)
        return headers

    @property
    def raw_headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """The headers as they would be sent."""
        return tuple((name.encode(), value.encode()) for name, value in self._headers.items())

    async def read(self) -> bytes:
        """Return the whole body."""
        return self._body

    aread = read

    async def text(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """Return the whole body as text."""
        return self._body.decode(encoding, errors)

    async def json(self, *, encoding: str = "utf-8", loads: Callable[[str], Any] = json.loads, **_: Any) -> Any:
        """Return the whole body, which is JSON. Its content type is not asked."""
        return loads(await self.text(encoding))

    def close(self) -> None:
        """Note that it was closed. No connection is open."""
        self.closed = True

    release = close

    async def aclose(self) -> None:
        """Close it."""
        self.close()

    async def __aenter__(self) -> RawAnswer:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class Content:
    """A body as a stream, in the place of `aiohttp.StreamReader`.

    Args:
        body: The whole body.
    """

    def __init__(self, body: bytes) -> None:
        self._rest = io.BytesIO(body)
        self._size = len(body)

    def at_eof(self) -> bool:
        """Return whether nothing is left."""
        return self._rest.tell() >= self._size

    async def read(self, n: int = -1) -> bytes:
        """Return up to `n` bytes; all that are left if that is negative."""
        return self._rest.read(n)

    async def readany(self) -> bytes:
        """Return what has arrived: all that is left."""
        return self._rest.read()

    async def readexactly(self, n: int) -> bytes:
        """Return `n` bytes.

        Raises:
            asyncio.IncompleteReadError: Fewer are left.
        """
        found = self._rest.read(n)
        if len(found) < n:
            raise asyncio.IncompleteReadError(found, n)
        return found

    async def readline(self) -> bytes:
        """Return the next line with its end; empty if nothing is left."""
        return self._rest.readline()

    async def readchunk(self) -> tuple[bytes, bool]:
        """Return what has arrived, and whether it ends a chunk."""
        return self._rest.read(), True

    async def iter_chunked(self, n: int) -> AsyncIterator[bytes]:
        """Yield the rest in pieces of up to `n` bytes."""
        while piece := self._rest.read(n):
            yield piece

    async def iter_any(self) -> AsyncIterator[bytes]:
        """Yield what arrives."""
        if rest := self._rest.read():
            yield rest

    async def iter_chunks(self) -> AsyncIterator[tuple[bytes, bool]]:
        """Yield what arrives, each time with whether it ends a chunk."""
        if rest := self._rest.read():
            yield rest, True

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the lines that are left."""
        for line in self._rest:
            yield line
