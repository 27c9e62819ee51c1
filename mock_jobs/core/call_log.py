"""The last calls, bounded in number and in bytes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from mock_jobs.core.calls import kept_bytes

if TYPE_CHECKING:
    from mock_jobs.core.calls import Call

MOST_CALLS: Final = 10_000
MOST_BYTES: Final = 16 << 20


class CallLog:
    """Calls, in the order of their answers: at most `MOST_CALLS`, and `MOST_BYTES` in all. The last one is always kept.

    Attributes:
        total: How many calls were added.
    """

    def __init__(self) -> None:
        self._calls: deque[Call] = deque()
        self._bytes = 0
        self._arrived = 0
        self.total = 0

    def next_number(self) -> int:
        """Return the number of a request that arrives now: 1 for the first since the reset."""
        self._arrived += 1
        return self._arrived

    def give_back(self, number: int) -> None:
        """Take back the number of a request that is none for this log, unless a later one has arrived."""
        if number == self._arrived:
            self._arrived -= 1

    def append(self, call: Call) -> None:
        """Add a call, and remove the oldest ones that are too many."""
        self._calls.append(call)
        self.total += 1
        self._bytes += kept_bytes(call)
        while (len(self._calls) > MOST_CALLS or self._bytes > MOST_BYTES) and len(self._calls) > 1:
            self._bytes -= kept_bytes(self._calls.popleft())

    def __iter__(self) -> Iterator[Call]:
        return iter(self._calls)

    def __len__(self) -> int:
        return len(self._calls)
