"""Bodies of requests that only a coroutine can read: streams that a client of aiobotocore sends."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from inspect import isawaitable, iscoroutinefunction
from typing import Any, Final

_AT_HAND: Final = frozenset({bytes, str, type(None)})


def is_async(body: object) -> bool:
    """Return whether a body has to be awaited: an async reader, for example, or aiobotocore's wrapper that sends in chunks."""
    if type(body) in _AT_HAND:
        return False
    return iscoroutinefunction(getattr(body, "read", None)) or hasattr(body, "__aiter__")


async def read(body: Any) -> bytes:
    """Return what is left of a body that has to be awaited."""
    if not hasattr(body, "read"):
        pieces: AsyncIterator[bytes] = body
        return b"".join([piece async for piece in pieces])
    found = body.read()
    if isawaitable(found):
        found = await found
    return found.encode() if isinstance(found, str) else bytes(found)


@contextmanager
def holding(request: Any, data: bytes) -> Iterator[None]:
    """Give a request a body that is at hand, inside a `with` block.

    Its own one is put back afterwards: a client that tries again goes back to the beginning of that.

    Args:
        request: The request, in botocore's form.
        data: What was read from its body.
    """
    body, request.body = request.body, data
    try:
        yield
    finally:
        request.body = body
