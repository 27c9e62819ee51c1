"""The last calls, bounded in number and in bytes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final, Generic, TypeVar

ItemT = TypeVar("ItemT")

MOST_CALLS: Final = 10_000
MOST_BYTES: Final = 16 << 20


class CallLog(Generic[ItemT]):
    """Items with a size, oldest first: at most `MOST_CALLS`, and `MOST_BYTES` in all. The last one is always kept.

    Attributes:
        total: How many items were added.
    """

    def __init__(self) -> None:
        self._items: deque[tuple[ItemT, int]] = deque()
        self._bytes = 0
        self._numbers = 0
        self.total = 0

    def next_number(self) -> int:
        """Return the number of a call that has just arrived: 1 for the first one since the last reset."""
        self._numbers += 1
        return self._numbers

    def append(self, item: ItemT, size: int) -> None:
        """Add an item, and remove the oldest ones that are too many.

        Args:
            item: What to add.
            size: Its size in bytes.
        """
        self._items.append((item, size))
        self.total += 1
        self._bytes += size
        while (len(self._items) > MOST_CALLS or self._bytes > MOST_BYTES) and len(self._items) > 1:
            self._bytes -= self._items.popleft()[1]

    def __iter__(self) -> Iterator[ItemT]:
        return (item for item, _ in self._items)

    def __len__(self) -> int:
        return len(self._items)
