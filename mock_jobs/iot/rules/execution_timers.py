"""The two timers of an IN_PROGRESS execution: its job's in-progress timer, and the step timer that its device sets."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_iot.type_defs import TimeoutConfigTypeDef

    from mock_jobs.core.timers import Timer
    from mock_jobs.core.world_clock import WorldClock

MINUTE_MS: Final = 60_000

# This value in place of minutes turns the step timer off. Source: UpdateJobExecution, API reference (documented).
OFF: Final = -1


class Timers:
    """The timers of one execution; an execution without timers has no such record.

    Source: TimeoutConfig and UpdateJobExecution, API reference; developer guide, "Job timeout configuration" (documented): the
    in-progress timer is never reset, each new value of the step timer discards the old one, and a step timer cannot pass the
    in-progress timer. The service may be up to a minute late (documented); here it is on time.
    """

    __slots__ = ("_alarm", "_in_progress_ms", "_step_ms")

    def __init__(self, in_progress_ms: int | None) -> None:
        self._in_progress_ms = in_progress_ms
        self._step_ms: int | None = None
        self._alarm: Timer | None = None

    @property
    def deadline_ms(self) -> int | None:
        """When the execution times out, in milliseconds since the epoch; None if no timer runs."""
        if self._step_ms is None or self._in_progress_ms is None:
            return self._in_progress_ms if self._step_ms is None else self._step_ms
        return min(self._in_progress_ms, self._step_ms)

    def set_step(self, minutes: int, now_ms: int) -> None:
        """Restart the step timer, or turn it off."""
        self._step_ms = None if minutes == OFF else now_ms + minutes * MINUTE_MS

    def arm(self, clock: WorldClock, expire: Callable[[], None]) -> None:
        """Set the clock's timer to the deadline, replacing an earlier one."""
        deadline_ms = self.deadline_ms
        if self._alarm is not None:
            if self._alarm.due_ms == deadline_ms:
                return
            self._alarm.cancel()
            self._alarm = None
        if deadline_ms is not None:
            name = "in-progress timeout" if deadline_ms == self._in_progress_ms else "step timeout"
            self._alarm = clock.call_at(deadline_ms, expire, name=name)

    def stop(self) -> None:
        """Cancel the timer."""
        if self._alarm is not None:
            self._alarm.cancel()


def start_timers(config: TimeoutConfigTypeDef | None, step_minutes: int | None, now_ms: int) -> Timers | None:
    """Return the timers of an execution that starts now, None if it has none.

    An execution keeps the time limit that its job had when the execution started, or keeps having none (observed).
    """
    minutes = None if config is None else config.get("inProgressTimeoutInMinutes")
    if minutes is None and step_minutes in (None, OFF):
        return None
    timers = Timers(None if minutes is None else now_ms + minutes * MINUTE_MS)
    if step_minutes is not None:
        timers.set_step(step_minutes, now_ms)
    return timers
