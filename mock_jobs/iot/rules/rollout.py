"""Rollout: the executions of a job are created minute by minute."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_iot.type_defs import JobExecutionsRolloutConfigTypeDef

    from mock_jobs.core.timers import Timer
    from mock_jobs.iot.rules.targets import Expansion

TICK_MS: Final = 60_000

# Source: developer guide, "Specify job configurations" (documented).
DEFAULT_PER_MINUTE: Final = 1000


# The lowest base and factor have reached any maximum by this level: 1.1 ** 73 > 1000.
_TOP_LEVEL: Final = 73


def rate_per_minute(config: JobExecutionsRolloutConfigTypeDef | None, notified: int, succeeded: int) -> int:
    """Return how many executions may be created in the next minute.

    Source: developer guide, "Job rollout configuration" (documented): the rate is multiplied by the factor each time another
    `numberOfNotifiedThings` were notified, or another `numberOfSucceededThings` have succeeded, up to the maximum. The total so
    far sets the rate, not the number since the last increase; this follows from the guide's table. Rates are rounded down
    (inferred).

    Args:
        config: The configuration of the job.
        notified: How many executions the rollout has created so far.
        succeeded: How many executions have succeeded so far.
    """
    maximum = DEFAULT_PER_MINUTE if config is None else config.get("maximumPerMinute", DEFAULT_PER_MINUTE)
    if config is None or (exponential := config.get("exponentialRate")) is None:
        return maximum
    criteria = exponential["rateIncreaseCriteria"]
    per_notified = criteria.get("numberOfNotifiedThings")
    level = succeeded // criteria["numberOfSucceededThings"] if per_notified is None else notified // per_notified
    # Factors have at most one decimal. Fractions keep them exact: 1.4 * 1.4 * 100 is 196, which floats miss.
    factor = Fraction(round(exponential["incrementFactor"] * 10), 10)
    return min(maximum, int(exponential["baseRatePerMinute"] * factor ** min(level, _TOP_LEVEL)))


class Rollout:
    """What is still to be rolled out of one job.

    A tick creates the executions of one minute. Source: the documentation gives rates per minute only. That the executions of a
    minute are created all at once, the first ones when the job starts, is inferred.

    Attributes:
        timer: Fires at the next tick.
        notified: How many executions were created so far.
    """

    __slots__ = (
        "_expansion",
        "_position",
        "_remaining",
        "_started_ms",
        "_ticks",
        "_withdrawn",
        "notified",
        "timer",
    )

    def __init__(self, expansion: Expansion, started_ms: int) -> None:
        self._expansion = expansion
        self._position = 0
        # Position of each thing that still waits. Built on first use: when a thing leaves or may join.
        self._remaining: dict[str, int] | None = None
        # How many things from `_position` on will be skipped.
        self._withdrawn = 0
        self._started_ms = started_ms
        self._ticks = 0
        self.notified = 0
        self.timer: Timer | None = None

    @property
    def is_finished(self) -> bool:
        """Whether no thing is left."""
        return self._position + self._withdrawn == len(self._expansion.thing_names)

    @property
    def next_tick_ms(self) -> int:
        """When the next tick is due, in milliseconds since the epoch."""
        return self._started_ms + self._ticks * TICK_MS

    def take(self, per_minute: int) -> list[str]:
        """Return the names of the things that get an execution with this tick."""
        names = self._expansion.thing_names
        taken: list[str] = []
        while len(taken) < per_minute and self._position < len(names):
            if self._is_withdrawn(self._position):
                self._withdrawn -= 1
            else:
                taken.append(names[self._position])
            self._position += 1
        self._ticks += 1
        self.notified += len(taken)
        return taken

    def waits(self, thing_name: str) -> bool:
        """Return whether a thing still waits for its execution."""
        return self._waiting().get(thing_name, -1) >= self._position

    def withdraw(self, thing_name: str) -> bool:
        """Drop a thing from the rollout; return whether it still waited.

        A thing that was deleted after the job was created, or has left its targets, gets no execution (inferred).
        """
        if not self.waits(thing_name):
            return False
        del self._waiting()[thing_name]
        self._withdrawn += 1
        return True

    def _is_withdrawn(self, position: int) -> bool:
        return self._remaining is not None and self._expansion.thing_names[position] not in self._remaining

    def _waiting(self) -> dict[str, int]:
        if self._remaining is None:
            names = self._expansion.thing_names
            self._remaining = {names[position]: position for position in range(self._position, len(names))}
        return self._remaining

    def processing_targets(self) -> list[str]:
        """Return the ARNs of the targets for which executions are still to be created.

        Source: DescribeJob, API reference, `processingTargets` (documented).
        """
        return [
            arn
            for arn, positions in self._expansion.positions()
            if not all(map(self._is_withdrawn, range(max(self._position, positions.start), positions.stop)))
        ]

    def resume(self, now_ms: int) -> None:
        """Make the next tick due now, after a pause."""
        self._started_ms, self._ticks = now_ms, 0

    def stop(self) -> None:
        """Cancel the next tick, for good or until the rollout resumes."""
        if self.timer is not None:
            self.timer.cancel()
