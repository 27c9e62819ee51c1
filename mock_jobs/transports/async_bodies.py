"""Bodies of requests that only a coroutine can read: streams that a client of aiobotocore sends."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any, Final, TypeVar

from botocore.exceptions import UnseekableStreamError

ResultT = TypeVar("ResultT")

# Most requests have one of these. Any call pays for the question.
_AT_HAND: Final = frozenset({bytes, str, type(None)})


def is_async(body: object) -> bool:
    """Return whether a body has to be awaited: an async reader, for example, or aiobotocore's wrapper that sends in chunks."""
    if type(body) in _AT_HAND:
        return False
    return iscoroutinefunction(getattr(body, "read", None)) or hasattr(body, "__aiter__")


async def answer_read(answer: Callable[[Any], Awaitable[ResultT] | None], request: Any) -> ResultT | None:
    """Answer a request whose body has to be awaited.

    The body is put back afterwards. A client that tries again goes back to its beginning, as if it had been sent.

    Args:
        answer: Answers a request whose body is at hand; returns None if the request goes to the network.
        request: The request, in botocore's form.
    """
    body = request.body
    request.body = sent = await _read(body)
    try:
        answered = answer(request)
        if answered is not None:
            return await answered
    finally:
        request.body = body
    # It has not been sent yet.
    try:
        request.reset_stream()
    except UnseekableStreamError:
        request.body = _ReadBody(sent)
    return None


class _ReadBody:
    """What was read from a stream that cannot go back. It is sent once, and cannot go back either.

    Args:
        data: The whole body.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data

    async def read(self, size: int | None = None) -> bytes:
        """Return up to `size` bytes; all that are left without it."""
        end = len(self._data) if size is None or size < 0 else size
        found, self._data = self._data[:end], self._data[end:]
        return found

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield what is left."""
        if rest := await self.read():
            yield rest


async def _read(body: Any) -> bytes:
    if hasattr(body, "read"):
        found = await body.read()
        return found.encode() if isinstance(found, str) else bytes(found)
    return b"".join([piece async for piece in body])
