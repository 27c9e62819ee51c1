"""The events that AWS would publish about jobs, in the order in which they happened."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple, Protocol

EVENT_LOG_LENGTH = 10_000
MOST_BYTES = 16 << 20


class Event(NamedTuple):
    """One event that AWS would publish, from `mock.events`.

    Attributes:
        at_ms: When it happened, in milliseconds since the epoch, on the mock's clock.
        service: `iot` or `batch`.
        account: Account id.
        region: Region.
        topic: The MQTT topic of an event of AWS IoT; the `detail-type` of an event of AWS Batch.
        payload: The message of AWS IoT, or the whole envelope of Amazon EventBridge, as decoded JSON.
    """

    at_ms: int
    service: str
    account: str
    region: str
    topic: str
    payload: Mapping[str, object]


class Draft(Protocol):
    """An event that is computed when it is read."""

    def event(self) -> Event:
        """Return the event as it was when it happened."""
        ...


class EventLog:
    """The events of one world, oldest first; at most the last 10,000."""

    def __init__(self) -> None:
        # With the length of each event that was computed and is kept
        self._events: deque[tuple[Event | Draft, int]] = deque(maxlen=EVENT_LOG_LENGTH)
        self._noted = 0
        self._is_reported = False

    def note(self, event: Event | Draft) -> None:
        """Record an event. A draft is computed when it is read, since most events are never read."""
        self._events.append((event, 0))
        self._noted += 1

    @property
    def total(self) -> int:
        """How many events were recorded."""
        return self._noted

    def unreported_dropped(self) -> int:
        """Return how many events were discarded because there were too many, or 0 if that was reported before."""
        dropped = self._noted - len(self._events)
        if self._is_reported:
            return 0
        self._is_reported = dropped > 0
        return dropped

    def all(self) -> tuple[Event, ...]:
        """Return the recorded events.

        Up to `MOST_BYTES` of them are kept as computed. The others stay drafts, which are much smaller.
        """
        kept = sum(size for _, size in self._events)
        read = []
        for index, (each, _) in enumerate(entries := list(self._events)):
            if isinstance(each, Event):
                read.append(each)
                continue
            event = each.event()
            read.append(event)
            size = len(repr(event.payload))
            if kept + size <= MOST_BYTES:
                kept += size
                entries[index] = event, size
        self._events.clear()
        self._events.extend(entries)
        return tuple(read)
