"""Maintenance windows: when a job is rolled out, and when its devices see their executions."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING, Final

from mock_jobs.iot import messages
from mock_jobs.iot.exceptions import InvalidRequestException
from mock_jobs.iot.rules.cron import BadCronError, Cron

if TYPE_CHECKING:
    from mypy_boto3_iot.type_defs import MaintenanceWindowTypeDef

    from mock_jobs.core.timers import Timer
    from mock_jobs.core.world_clock import WorldClock

MINUTE_MS: Final = 60_000


class Window:
    """One recurring maintenance window.

    Raises:
        BadCronError: The start time is not a cron expression.
    """

    __slots__ = ("_cron", "_duration")

    def __init__(self, start_time: str, duration_minutes: int) -> None:
        self._cron = Cron(start_time)
        self._duration = timedelta(minutes=duration_minutes)

    def closing_after(self, moment: datetime) -> datetime | None:
        """Return when this window closes if it is open at this moment, else None."""
        opened = self._cron.last_until(moment)
        if opened is None or moment >= opened + self._duration:
            return None
        return opened + self._duration

    def openings_after(self, moment: datetime) -> Iterator[datetime]:
        """Yield the openings of this window after a moment."""
        following = self._cron.next_after(moment)
        while following is not None:
            yield following
            following = self._cron.next_after(following)


class MaintenanceWindows:
    """The windows of one job, and whether one of them is open.

    Source: developer guide, "Job scheduling configuration" (documented). Windows that overlap count as one (inferred).

    Attributes:
        is_open: Whether one is open now; false until the job has started.
        pending_joins: Names of the things that became targets while all windows were closed, in that order.
    """

    __slots__ = ("_alarm", "_windows", "is_open", "pending_joins")

    def __init__(self, windows: Sequence[Window]) -> None:
        self._windows = windows
        self._alarm: Timer | None = None
        self.is_open = False
        self.pending_joins: dict[str, bool] = {}

    def closing_after_ms(self, at_ms: int) -> int | None:
        """Return when the last window that is open at this moment closes, None if all are closed.

        Both are in milliseconds since the epoch.
        """
        moment = _datetime(at_ms)
        closings = [closing for each in self._windows if (closing := each.closing_after(moment)) is not None]
        return _milliseconds(max(closings)) if closings else None

    def openings_after_ms(self, at_ms: int) -> Iterator[int]:
        """Yield the openings of all windows after a moment, without repeats, in milliseconds since the epoch."""
        moment = _datetime(at_ms)
        last_ms = at_ms
        for opening in heapq.merge(*(each.openings_after(moment) for each in self._windows)):
            opening_ms = _milliseconds(opening)
            if opening_ms > last_ms:
                yield opening_ms
            last_ms = opening_ms

    def watch(
        self, clock: WorldClock, opened: Callable[[], None], closed: Callable[[], None], is_awaited: Callable[[], bool]
    ) -> None:
        """Call `opened` now if a window is open, and later `opened` or `closed` on each change between open and closed.

        Only one timer is set at a time. Once no window opens again, nothing more is called.

        Args:
            clock: Its timers make the calls.
            opened: Called when a window opens.
            closed: Called when the last one closes.
            is_awaited: Returns whether such a change would matter, as `WorldClock.call_at` takes it.
        """
        was_open = self.is_open
        closing_ms = self.closing_after_ms(clock.now_ms)
        self.is_open = closing_ms is not None
        next_ms = next(self.openings_after_ms(clock.now_ms), None) if closing_ms is None else closing_ms
        if next_ms is not None:
            name = "opening of a maintenance window" if closing_ms is None else "closing of a maintenance window"
            watch_on = partial(self.watch, clock, opened, closed, is_awaited)
            self._alarm = clock.call_at(next_ms, watch_on, is_awaited=is_awaited, name=name)
        if self.is_open and not was_open:
            opened()
        if was_open and not self.is_open:
            closed()

    def stop(self) -> None:
        """Cancel the timer, so that no window opens or closes any more."""
        if self._alarm is not None:
            self._alarm.cancel()


def read_windows(configs: Sequence[MaintenanceWindowTypeDef]) -> MaintenanceWindows:
    """Return the windows that a configuration describes.

    Raises:
        InvalidRequestException: A start time is not a cron expression (inferred, text ours).
        NotEmulatedYet: The day of the month of a start time is `LW` or `L-n`, which is not emulated.
    """
    return MaintenanceWindows([_read_window(each) for each in configs])


def _read_window(config: MaintenanceWindowTypeDef) -> Window:
    try:
        return Window(config["startTime"], config["durationInMinutes"])
    except BadCronError:
        raise InvalidRequestException(messages.WINDOW_START_INVALID.format(value=config["startTime"])) from None


def first_openings(windows: MaintenanceWindows, after_ms: int, before_ms: int | None, count: int) -> list[int]:
    """Return the first openings between two moments, in milliseconds since the epoch, at most one per minute.

    The service shows openings to the minute, so two in one minute would look the same.

    Args:
        windows: The windows.
        after_ms: Only openings after this moment.
        before_ms: Only openings before this moment; None for no limit.
        count: How many at most.
    """
    found: list[int] = []
    while len(found) < count:
        opening_ms = next(windows.openings_after_ms(after_ms), None)
        if opening_ms is None or (before_ms is not None and opening_ms >= before_ms):
            break
        found.append(opening_ms)
        # The last second of its minute; cron has no finer unit than a second.
        after_ms = opening_ms - opening_ms % MINUTE_MS + MINUTE_MS - 1000
    return found


def _datetime(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms // 1000, timezone.utc).replace(microsecond=at_ms % 1000 * 1000)


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
