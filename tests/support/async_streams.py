"""Streams that only a coroutine can read."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator


class Reader:
    """A stream that cannot go back.

    Attributes:
        reads: How often it was read from.
    """

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)
        self.reads = 0

    async def read(self, size: int = -1) -> bytes:
        self.reads += 1
        return self._data.read(size)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.reads += 1
        while piece := self._data.read(10_000):
            yield piece


class SeekableReader(Reader):
    """A stream that can go back."""

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._data.seek(offset, whence)

    def tell(self) -> int:
        return self._data.tell()
