"""Rates: how many calls of a kind an account may make per second in a region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_jobs.core.rate_limiter import RateLimiter
from mock_jobs.iot import messages
from mock_jobs.iot.exceptions import ThrottlingException

if TYPE_CHECKING:
    from mock_jobs.core.world_clock import WorldClock
    from mock_jobs.iot.settings import IoTSettings


class CallRates:
    """Count calls on both planes, and raise an error if there are too many in a second.

    Args:
        settings: The rates.
        clock: The world's.
    """

    __slots__ = ("_limiter", "_settings")

    def __init__(self, settings: IoTSettings, clock: WorldClock) -> None:
        self._settings = settings
        self._limiter = RateLimiter(clock)

    def check_control(self, operation: str, *, is_read: bool) -> None:
        """Count a call of the control plane, or refuse it; operations without `Job` in their name are not counted.

        Raises:
            ThrottlingException: There were too many.
        """
        if "Job" not in operation:
            return
        settings = self._settings
        if operation == "DescribeJobExecution":
            self._check(operation, settings.describe_job_execution_per_second)
        if is_read:
            self._check("control reads", settings.control_reads_per_second)
        else:
            self._check("control writes", settings.control_writes_per_second)

    def check_device(self, *, is_read: bool) -> None:
        """Count a call of the device plane, or refuse it.

        Raises:
            ThrottlingException: There were too many.
        """
        if is_read:
            self._check("device reads", self._settings.device_reads_per_second)
        else:
            self._check("device writes", self._settings.device_writes_per_second)

    def _check(self, kind: str, per_second: int | None) -> None:
        # Source: developer guide, "AWS IoT Core endpoints and quotas" (documented).
        if not self._limiter.allows(kind, per_second):
            raise ThrottlingException(messages.THROTTLED)
