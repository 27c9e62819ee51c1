"""The handle: clock, faults, calls, events and services of one world, for tests."""

from __future__ import annotations

import sys
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING

from mock_jobs.core.clock import in_iso
from mock_jobs.core.errors import DroppedEventsWarning, NotActiveError
from mock_jobs.core.events import EVENT_LOG_LENGTH
from mock_jobs.core.summary import counts

if TYPE_CHECKING:
    from mock_jobs.batch.handle import BatchHandle
    from mock_jobs.core.clock import Clock
    from mock_jobs.core.events import Event
    from mock_jobs.core.faults import Faults
    from mock_jobs.core.world import Call, World
    from mock_jobs.iot.handle import IoTHandle
    from mock_jobs.reporting.timeline import Timeline


class Handle(ABC):
    """Controls of one world: its clock, faults, calls, events and services.

    A world is all state of one run of the mock. In process there is one; a server has one for each account. `MockJobs` is the
    handle of the mock in process, `MockJobsServer.account()` returns that of an account.

    Each property of an inactive `MockJobs` raises `NotActiveError`.
    """

    _called = "mock_jobs"
    _why_absent = "not active"

    @property
    @abstractmethod
    def world(self) -> World:
        """The state that this handle controls. Internal: it may change in any release."""

    def __repr__(self) -> str:
        try:
            world = self.world
        except NotActiveError:
            return f"<{self._called}, {self._why_absent}>"
        return f"<{'; '.join([f'{self._called} at {in_iso(world.clock.now)}', *self._shown_pace(), *counts(world)])}>"

    def _shown_pace(self) -> list[str]:
        # Without this module nobody has set a pace, and there are no jobs of Batch.
        return [f"pace {self.batch.pace.mode}"] if "mock_jobs.batch.handle" in sys.modules else []

    @property
    def clock(self) -> Clock:
        """The clock, which a test reads, moves forward and freezes."""
        return self.world.clock

    @property
    def faults(self) -> Faults:
        """The errors that the test injects into operations."""
        return self.world.faults

    @property
    def calls(self) -> tuple[Call, ...]:
        """The requests for IoT Jobs and Batch that were answered.

        Use them to check what the code under test asked for. A copy, in the order of the answers, of at most the last 10,000, whose
        bodies have at most 16 MiB in all. Requests that moto answered are not among them.
        """
        world = self.world
        with world.lock:
            return tuple(call._replace(parameters=deepcopy(call.parameters)) for call in world.calls)

    @property
    def events(self) -> tuple[Event, ...]:
        """The events that AWS IoT would publish and AWS Batch would send.

        Check them, or pass them to event handlers under test. A copy, oldest first, of at most the last 10,000. One array of
        10,000 children makes 40,000 events. The first read after older events were discarded gives a `DroppedEventsWarning`, once
        until the next reset.
        """
        world = self.world
        with world.lock:
            dropped = world.events.unreported_dropped()
            if dropped:
                what = "1 event was" if dropped == 1 else f"{dropped:,} events were"
                text = (
                    f"{what} dropped: `events` holds the last {EVENT_LOG_LENGTH:,} only. Read it earlier, "
                    "before so many jobs have moved, or use fewer jobs."
                )
                warnings.warn(text, DroppedEventsWarning, stacklevel=2)
            return tuple(event._replace(payload=deepcopy(event.payload)) for event in world.events.all())

    @property
    def timeline(self) -> Timeline:
        """What has changed: each change of a job, an execution or a resource, when and why.

        `print(mock.timeline)` shows it as a table. A copy, oldest first, of at most the last 10,000 changes.
        """
        from mock_jobs.reporting.snapshot import content, snapshot  # noqa: PLC0415 - costs nothing until asked for
        from mock_jobs.reporting.timeline import Timeline  # noqa: PLC0415

        world = self.world
        with world.lock:
            shot = snapshot(world, self._called)

            def read_rest() -> Mapping[str, object]:
                with world.lock:
                    return content(shot)

            return Timeline(world.changes.all(), read_rest)

    @property
    def batch(self) -> BatchHandle:
        """The controls of AWS Batch, that is pace, plans, steps, blocked queues and settings."""
        from mock_jobs.transports.services import batch  # noqa: PLC0415 - costs nothing until asked for

        return self.world.shared(batch().handle)

    @property
    def iot(self) -> IoTHandle:
        """The controls of AWS IoT Jobs, that is its settings."""
        from mock_jobs.transports.services import iot  # noqa: PLC0415 - costs nothing until asked for

        return self.world.shared(iot().handle)
