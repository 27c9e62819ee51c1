"""A sorted collection that stays fast at a million records: its cost is that of the page, not of the store."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

RecordT = TypeVar("RecordT")
Key = tuple[int, ...]

_BLOCK = 512


class Shelf(Generic[RecordT]):
    """Records in the order of their keys, kept in blocks of bounded length.

    Adding a record with the highest key and removing any cost the same at any size, apart from a logarithm. A record must
    be taken off the shelf before its key changes.

    Args:
        key: Gives the key of a record; no two records on one shelf have the same.
    """

    __slots__ = ("_blocks", "_key", "_length")

    def __init__(self, key: Callable[[RecordT], Key]) -> None:
        self._key = key
        self._blocks: list[list[RecordT]] = []
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def add(self, record: RecordT) -> None:
        """Put one record in its place."""
        self._length += 1
        blocks, key = self._blocks, self._key(record)
        if not blocks:
            blocks.append([record])
            return
        if key > self._key(blocks[-1][-1]):
            index, block = len(blocks) - 1, blocks[-1]
            block.append(record)
        else:
            index = bisect_left(blocks, key, key=self._last_key)
            block = blocks[index]
            block.insert(bisect_left(block, key, key=self._key), record)
        if len(block) > 2 * _BLOCK:
            blocks.insert(index + 1, block[_BLOCK:])
            del block[_BLOCK:]

    def add_all(self, records: Iterable[RecordT]) -> None:
        """Put many records in their places; fast if all their keys are higher than those on the shelf."""
        ordered = sorted(records, key=self._key)
        if len(ordered) <= 1 or (self._blocks and self._key(ordered[0]) <= self._key(self._blocks[-1][-1])):
            for record in ordered:
                self.add(record)
            return
        self._length += len(ordered)
        if self._blocks and len(self._blocks[-1]) + len(ordered) <= 2 * _BLOCK:
            self._blocks[-1].extend(ordered)
            return
        self._blocks.extend(ordered[start : start + 2 * _BLOCK] for start in range(0, len(ordered), 2 * _BLOCK))

    def remove(self, record: RecordT) -> None:
        """Take one record off, which must be there under its present key."""
        blocks = self._blocks
        index = 0 if len(blocks) == 1 else bisect_left(blocks, self._key(record), key=self._last_key)
        block = blocks[index]
        if block[-1] is record:
            block.pop()
        elif block[0] is record:
            del block[0]
        else:
            place = bisect_left(block, self._key(record), key=self._key)
            assert block[place] is record
            del block[place]
        if not block:
            del blocks[index]
        self._length -= 1

    def clear(self) -> list[RecordT]:
        """Take all records off and return them, lowest key first."""
        records = list(self)
        self._blocks = []
        self._length = 0
        return records

    def __iter__(self) -> Iterator[RecordT]:
        for block in self._blocks:
            yield from block

    def downwards(self, below: Key | None = None) -> Iterator[RecordT]:
        """Yield the records with the highest key first, only those with a key lower than `below` if it is given."""
        blocks = self._blocks
        index = len(blocks) - 1
        if below is not None and blocks:
            found = bisect_left(blocks, below, key=self._last_key)
            if found < len(blocks):
                block = blocks[found]
                yield from _downwards(block, bisect_left(block, below, key=self._key))
                index = found - 1
        for each in range(index, -1, -1):
            yield from _downwards(blocks[each], len(blocks[each]))

    def _last_key(self, block: list[RecordT]) -> Key:
        return self._key(block[-1])


def _downwards(block: list[RecordT], end: int) -> Iterator[RecordT]:
    for place in range(end - 1, -1, -1):
        yield block[place]
