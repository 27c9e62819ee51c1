"""What AWS would have announced: the events of jobs, in the order in which they happened."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple, Protocol

EVENT_LOG_LENGTH = 10_000


class Event(NamedTuple):
    """One event.

    Attributes:
        at_ms: When, in milliseconds since the epoch, by the world's clock.
        service: `iot` or `batch`.
        account: Account id.
        region: Region.
        topic: The MQTT topic of an event of AWS IoT, the `detail-type` of one of AWS Batch.
        payload: The message of AWS IoT, or the whole envelope as Amazon EventBridge has it; as JSON would hold it.
    """

    at_ms: int
    service: str
    account: str
    region: str
    topic: str
    payload: Mapping[str, object]


class Draft(Protocol):
    """An event that is worked out when it is read."""

    def event(self) -> Event:
        """Return the event, which must be what it was when it happened."""
        ...


class EventLog:
    """The events of one world, oldest first; at most the last 10,000."""

    def __init__(self) -> None:
        self._events: deque[Event | Draft] = deque(maxlen=EVENT_LOG_LENGTH)
        self._noted = 0
        self._has_told = False

    def note(self, event: Event | Draft) -> None:
        """Write down an event, maybe to be worked out later: most are never looked at, and jobs are many."""
        self._events.append(event)
        self._noted += 1

    def clear(self) -> None:
        """Remove all events."""
        self._events.clear()
        self._noted = 0
        self._has_told = False

    def news_of_dropped(self) -> int:
        """Return how many events are no longer here because there were too many, or 0 if that was told before."""
        dropped = self._noted - len(self._events)
        if self._has_told:
            return 0
        self._has_told = dropped > 0
        return dropped

    def all(self) -> tuple[Event, ...]:
        """Return the events so far."""
        events = tuple(each if isinstance(each, Event) else each.event() for each in self._events)
        self._events.clear()
        self._events.extend(events)
        return events
