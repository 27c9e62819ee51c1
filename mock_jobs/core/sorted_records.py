"""Sorted collections that stay fast at a million records.

A page costs as much as its records, and a change costs a logarithm.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, Final, Generic, Protocol, TypeVar


class Comparable(Protocol):
    """Values of one kind that have an order."""

    def __lt__(self, other: Any, /) -> bool: ...


Key = tuple[int, ...]
RecordT = TypeVar("RecordT")
KeyT = TypeVar("KeyT", bound=Comparable)

# The largest number of records in a block
_BLOCK = 1024

# New records are inserted one by one up to about one per this many existing ones. Beyond that, sorting all is cheaper.
_MANY: Final = 32


class SortedRecords(Generic[RecordT, KeyT]):
    """Records in the order of their keys, kept in blocks of bounded length.

    Adding a record with the highest key and removing any cost the same at any size, apart from a logarithm. A record must
    be removed before its key changes. Keys are not stored but computed for each comparison: `operator.attrgetter` is the
    fastest way.

    Args:
        key: Returns the key of a record; no two records of a collection have the same key.
    """

    __slots__ = ("_blocks", "_key", "_length")

    def __init__(self, key: Callable[[RecordT], KeyT]) -> None:
        self._key = key
        self._blocks: list[list[RecordT]] = []
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[RecordT]:
        for block in self._blocks:
            yield from block

    def append(self, record: RecordT) -> None:
        """Add one record, whose key must be higher than all in the collection."""
        blocks = self._blocks
        if blocks and len(block := blocks[-1]) < _BLOCK:
            block.append(record)
        else:
            blocks.append([record])
        self._length += 1

    def add(self, record: RecordT) -> None:
        """Insert one record."""
        self._length += 1
        blocks, key = self._blocks, self._key(record)
        if not blocks:
            blocks.append([record])
            return
        block = blocks[-1]
        if self._key(block[-1]) < key:
            index = len(blocks) - 1
            block.append(record)
        else:
            index = bisect_left(blocks, key, key=self._last_key)
            block = blocks[index]
            block.insert(bisect_left(block, key, key=self._key), record)
        if len(block) > _BLOCK:
            blocks.insert(index + 1, block[_BLOCK // 2 :])
            del block[_BLOCK // 2 :]

    def add_all(self, records: Iterable[RecordT]) -> None:
        """Insert many records; fastest if their keys are higher than all in the collection."""
        added = sorted(records, key=self._key)
        blocks = self._blocks
        if len(added) > 1 and (not blocks or self._key(blocks[-1][-1]) < self._key(added[0])):
            self._extend(added)
        elif len(added) > 1 + self._length // _MANY:
            self._extend(sorted([*self.clear(), *added], key=self._key))
        else:
            for record in added:
                self.add(record)

    def remove(self, record: RecordT) -> None:
        """Remove one record, which must be in the collection under its present key."""
        blocks = self._blocks
        index = 0 if len(blocks) == 1 else bisect_left(blocks, self._key(record), key=self._last_key)
        block = blocks[index]
        if block[-1] is record:
            block.pop()
        elif block[0] is record:
            del block[0]
        else:
            position = bisect_left(block, self._key(record), key=self._key)
            assert block[position] is record
            del block[position]
        if not block:
            del blocks[index]
        self._length -= 1

    def clear(self) -> list[RecordT]:
        """Remove all records and return them, lowest key first."""
        records = list(self)
        self._blocks = []
        self._length = 0
        return records

    def ascending(self, since: KeyT) -> Iterator[RecordT]:
        """Yield the records whose key is at least `since`, lowest key first."""
        blocks = self._blocks
        index = bisect_left(blocks, since, key=self._last_key)
        if index < len(blocks):
            yield from islice(blocks[index], bisect_left(blocks[index], since, key=self._key), None)
        for each in range(index + 1, len(blocks)):
            yield from blocks[each]

    def descending(self, below: KeyT | None = None) -> Iterator[RecordT]:
        """Yield the records, highest key first, only those with a key lower than `below` if it is given."""
        blocks = self._blocks
        index = len(blocks)
        if below is not None:
            index = bisect_left(blocks, below, key=self._last_key)
            if index < len(blocks):
                block = blocks[index]
                yield from reversed(block[: bisect_left(block, below, key=self._key)])
        for each in range(index - 1, -1, -1):
            yield from reversed(blocks[each])

    def _last_key(self, block: list[RecordT]) -> KeyT:
        return self._key(block[-1])

    def _extend(self, records: list[RecordT]) -> None:
        """Append sorted records with higher keys than all in the collection."""
        self._length += len(records)
        if self._blocks and len(self._blocks[-1]) + len(records) <= _BLOCK:
            self._blocks[-1].extend(records)
            return
        self._blocks.extend(records[start : start + _BLOCK] for start in range(0, len(records), _BLOCK))


class SortedNames(Generic[RecordT]):
    """One record for each name that was ever looked up, such as a collection of the records with that name.

    Names are sorted only when they are listed in order, because most never are.

    Args:
        make: Returns the record for a new name.
    """

    __slots__ = ("_records", "_sorted")

    def __init__(self, make: Callable[[], RecordT]) -> None:
        self._records: defaultdict[str, RecordT] = defaultdict(make)
        self._sorted: SortedRecords[str, str] = SortedRecords(str)

    def __contains__(self, name: str) -> bool:
        return name in self._records

    def __getitem__(self, name: str) -> RecordT:
        """Return the record of a name; make it if there is none."""
        return self._records[name]

    def ascending(self, since: str) -> Iterator[str]:
        """Yield the names in alphabetical order, from `since` on, which need not exist."""
        self._sorted.add_all(islice(reversed(self._records), len(self._records) - len(self._sorted)))
        return self._sorted.ascending(since)
