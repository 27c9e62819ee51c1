"""Rates: how many calls of a kind an account may make within a second in a region."""

from __future__ import annotations

from mock_jobs.core.clock import Clock
from mock_jobs.core.rate_limiter import Throttle
from mock_jobs.iot import messages
from mock_jobs.iot.exceptions import ThrottlingException
from mock_jobs.iot.settings import IoTSettings


class CallRates:
    """Refuses calls for their rate alone, on both planes.

    Args:
        settings: The rates.
        clock: The world's.
    """

    __slots__ = ("_settings", "_throttle")

    def __init__(self, settings: IoTSettings, clock: Clock) -> None:
        self._settings = settings
        self._throttle = Throttle(clock)

    def admit_control(self, operation: str, *, is_read: bool) -> None:
        """Count a call of the control plane, or refuse it; calls that are not about jobs are not counted.

        Raises:
            ThrottlingException: There were too many.
        """
        if "Job" not in operation:
            return
        settings = self._settings
        if operation == "DescribeJobExecution":
            self._admit(operation, settings.describe_job_execution_per_second)
        if is_read:
            self._admit("control reads", settings.control_reads_per_second)
        else:
            self._admit("control writes", settings.control_writes_per_second)

    def admit_device(self, *, is_read: bool) -> None:
        """Count a call of the device plane, or refuse it.

        Raises:
            ThrottlingException: There were too many.
        """
        if is_read:
            self._admit("device reads", self._settings.device_reads_per_second)
        else:
            self._admit("device writes", self._settings.device_writes_per_second)

    def _admit(self, kind: str, per_second: int | None) -> None:
        # Source: developer guide, "AWS IoT Core endpoints and quotas" (documented).
        if not self._throttle.admits(kind, per_second):
            raise ThrottlingException(messages.THROTTLED)
