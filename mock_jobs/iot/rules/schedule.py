"""Schedules: when a job starts and ends, and what its end does to executions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

from mock_jobs.iot import messages
from mock_jobs.iot.exceptions import InvalidRequestException
from mock_jobs.iot.rules.maintenance_windows import MaintenanceWindows, first_openings, read_windows
from mock_jobs.iot.states import ExecutionTrigger

if TYPE_CHECKING:
    from mypy_boto3_iot.literals import TargetSelectionType
    from mypy_boto3_iot.type_defs import SchedulingConfigTypeDef

    from mock_jobs.core.timers import Timer
    from mock_jobs.core.world_clock import WorldClock

_HALF_HOUR: Final = timedelta(minutes=30)
_YEAR: Final = timedelta(days=365)
# Source: DescribeJob, API reference (documented).
SHOWN_ROLLOUTS: Final = 7
_TIME_FORMAT: Final = "%Y-%m-%dT%H:%M"

# What an end does beyond ending the rollout. Source: SchedulingConfig, API reference; developer guide, "Job scheduling
# configuration" (documented).
_END_TRIGGERS: Final[Mapping[str, ExecutionTrigger]] = {
    "CANCEL": ExecutionTrigger.CANCEL,
    "FORCE_CANCEL": ExecutionTrigger.FORCE_CANCEL,
}


class Schedule:
    """The schedule of one job.

    Attributes:
        start_ms: When it starts, in milliseconds since the epoch; None for at once.
        end_ms: When it ends, in milliseconds since the epoch; None for never.
        end_trigger: What its end does to executions; None for nothing.
        windows: When its rollout may proceed once it has started; None for at all times.
        has_ended: Whether its end has come: no execution is created from then on, not even a retry.
    """

    __slots__ = ("_alarms", "end_ms", "end_trigger", "has_ended", "start_ms", "windows")

    def __init__(
        self,
        start_ms: int | None,
        end_ms: int | None,
        end_trigger: ExecutionTrigger | None,
        windows: MaintenanceWindows | None = None,
    ) -> None:
        self.start_ms = start_ms
        self.end_ms = end_ms
        self.end_trigger = end_trigger
        self.windows = windows
        self.has_ended = False
        self._alarms: list[Timer] = []

    def arm(self, clock: WorldClock, start: Callable[[], None], end: Callable[[], None]) -> None:
        """Set the clock's timers for the start and the end.

        The end fires before timers that are set later for the same moment.
        """
        if self.start_ms is not None:
            self._alarms.append(clock.call_at(self.start_ms, start, name="start of the schedule"))
        if self.end_ms is not None:
            self._alarms.append(clock.call_at(self.end_ms, end, name="end of the schedule"))

    def stop(self) -> None:
        """Cancel the timers for start and end."""
        for alarm in self._alarms:
            alarm.cancel()
        if self.windows is not None:
            self.windows.stop()

    def next_rollouts_ms(self, now_ms: int) -> list[int]:
        """Return the next moments at which a maintenance window opens, in milliseconds since the epoch.

        Source: DescribeJob, API reference, `scheduledJobRollouts`: the next seven occurrences (documented). That openings before
        the start of the job, or at or after its end, do not count is inferred.
        """
        if self.windows is None or self.start_ms is None:
            return []
        return first_openings(self.windows, max(now_ms, self.start_ms - 1), self.end_ms, SHOWN_ROLLOUTS)


def read_schedule(config: SchedulingConfigTypeDef, target_selection: TargetSelectionType, now: datetime) -> Schedule:
    """Return the schedule that a configuration describes.

    Source: SchedulingConfig, API reference: the bounds, and that `endBehavior` has no effect without `endTime` (documented).
    The time format and the texts about windows are observed for job templates; that CreateJob does the same is inferred. An end
    without `endBehavior` stops the rollout (inferred).

    Args:
        config: The configuration.
        target_selection: That of the job.
        now: The current moment, as an aware datetime.

    Raises:
        InvalidRequestException: A time or its format is invalid, or the windows do not fit the job.
    """
    start, end = (None if text is None else _parse_time(text) for text in (config.get("startTime"), config.get("endTime")))
    windows = config.get("maintenanceWindows")
    if windows:
        if target_selection == "SNAPSHOT":
            raise InvalidRequestException(messages.WINDOW_WITH_SNAPSHOT)
        if start is None:
            raise InvalidRequestException(messages.WINDOW_WITHOUT_START)
    # Times have no seconds, so the 30 minutes count from the start of the current minute.
    minute = now.replace(second=0, microsecond=0)
    if start is not None and not _HALF_HOUR <= start - minute <= _YEAR:
        raise InvalidRequestException(messages.START_OUT_OF_RANGE)
    if end is not None and not _HALF_HOUR <= end - minute <= 2 * _YEAR:
        raise InvalidRequestException(messages.END_OUT_OF_RANGE)
    if start is not None and end is not None and not _HALF_HOUR <= end - start <= 2 * _YEAR:
        raise InvalidRequestException(messages.SPAN_OUT_OF_RANGE)
    end_trigger = _END_TRIGGERS.get(config.get("endBehavior", "STOP_ROLLOUT"))
    return Schedule(_milliseconds(start), _milliseconds(end), end_trigger, read_windows(windows) if windows else None)


def format_time(at_ms: int) -> str:
    """Format a moment as schedules do: in UTC, without seconds. Source: observed for the times of a schedule."""
    return datetime.fromtimestamp(at_ms // 1000, timezone.utc).strftime(_TIME_FORMAT)


def _parse_time(text: str) -> datetime:
    try:
        parsed = datetime.strptime(text, _TIME_FORMAT).replace(tzinfo=timezone.utc)
    except ValueError:
        parsed = None
    # strptime also accepts fields without leading zeros.
    if parsed is None or parsed.strftime(_TIME_FORMAT) != text:
        raise InvalidRequestException(messages.TIME_FORMAT.format(value=text))
    return parsed


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1000)
