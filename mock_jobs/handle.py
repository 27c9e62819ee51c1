"""What the author of a test holds of a world: clock, faults, calls, events, and how the services behave."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from copy import deepcopy
from typing import TYPE_CHECKING

from mock_jobs.core.errors import DroppedEventsWarning
from mock_jobs.core.events import EVENT_LOG_LENGTH

if TYPE_CHECKING:
    from mock_jobs.batch.handle import BatchHandle
    from mock_jobs.core.clock import Clock
    from mock_jobs.core.events import Event
    from mock_jobs.core.faults import Faults
    from mock_jobs.core.world import Call, World
    from mock_jobs.iot.handle import IoTHandle


class Handle(ABC):
    """Time, faults and the behaviour of jobs, for the author of a test."""

    @property
    @abstractmethod
    def world(self) -> World:
        """Everything that this run of the mock can touch."""

    @property
    def clock(self) -> Clock:
        """The time that the mock lives in."""
        return self.world.clock

    @property
    def faults(self) -> Faults:
        """Errors on demand."""
        return self.world.faults

    @property
    def calls(self) -> tuple[Call, ...]:
        """The requests that were answered so far for IoT Jobs and Batch, oldest first; at most the last 10,000."""
        world = self.world
        with world.lock:
            return tuple(call._replace(parameters=deepcopy(call.parameters)) for call in world.calls)

    @property
    def events(self) -> tuple[Event, ...]:
        """The events of jobs so far, as AWS IoT would publish and AWS Batch would send them; at most the last 10,000.

        One array of 10,000 children makes 40,000. The first read after older ones were dropped, once until the
        next `reset`, warns of it by a `DroppedEventsWarning`.
        """
        world = self.world
        with world.lock:
            dropped = world.events.news_of_dropped()
            if dropped:
                what = "1 event was" if dropped == 1 else f"{dropped:,} events were"
                text = (
                    f"{what} dropped: `events` holds the last {EVENT_LOG_LENGTH:,} only. Look at them earlier, "
                    "before so many jobs have moved, or have fewer jobs."
                )
                warnings.warn(text, DroppedEventsWarning, stacklevel=2)
            return tuple(event._replace(payload=deepcopy(event.payload)) for event in world.events.all())

    @property
    def batch(self) -> BatchHandle:
        """How Batch jobs move and what they do when they run."""
        from mock_jobs.batch.handle import BatchHandle  # noqa: PLC0415 - costs nothing until asked for

        return self.world.shared(BatchHandle)

    @property
    def iot(self) -> IoTHandle:
        """How AWS IoT Jobs behaves: its quotas, and how long it takes."""
        from mock_jobs.iot.handle import IoTHandle  # noqa: PLC0415 - costs nothing until asked for

        return self.world.shared(IoTHandle)
