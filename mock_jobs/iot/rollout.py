"""Rollout: the executions of a job are created minute by minute."""

from __future__ import annotations

from typing import Final

from mock_jobs.clock import Timer
from mock_jobs.iot.targets import Expansion
from mock_jobs.things import ThingRegistry

TICK_MS: Final = 60_000

# Source: developer guide, "Specify job configurations" (documented).
DEFAULT_PER_MINUTE: Final = 1000


class Rollout:
    """What is still to be rolled out of one job.

    Source: the documents give rates per minute only. That the executions of a minute are created at once, the first ones with
    the job itself, is inferred.

    Attributes:
        timer: Waits for the next tick.
        notified: How many executions were created so far.
    """

    __slots__ = ("_expansion", "_position", "_started_ms", "_ticks", "notified", "timer")

    def __init__(self, expansion: Expansion, started_ms: int) -> None:
        self._expansion = expansion
        self._position = 0
        self._started_ms = started_ms
        self._ticks = 0
        self.notified = 0
        self.timer: Timer | None = None

    @property
    def is_finished(self) -> bool:
        """Whether no thing is left."""
        return self._position == len(self._expansion.thing_names)

    @property
    def next_tick_ms(self) -> int:
        """When the next tick is due, in milliseconds since the epoch."""
        return self._started_ms + self._ticks * TICK_MS

    def take(self, per_minute: int, registry: ThingRegistry) -> list[str]:
        """Return the names of the things whose turn comes with this tick.

        A thing that was deleted after the job was created gets no execution any more (inferred).
        """
        names = self._expansion.thing_names
        taken: list[str] = []
        is_first = self._ticks == 0
        while len(taken) < per_minute and self._position < len(names):
            name = names[self._position]
            self._position += 1
            if is_first or registry.has_thing(name):
                taken.append(name)
        self._ticks += 1
        self.notified += len(taken)
        return taken

    def processing_targets(self) -> list[str]:
        """Return the ARNs of the targets for which executions are still to be created.

        Source: DescribeJob, API reference, `processingTargets` (documented).
        """
        return self._expansion.unreached(self._position)

    def stop(self) -> None:
        """Roll out nothing more."""
        if self.timer is not None:
            self.timer.cancel()
