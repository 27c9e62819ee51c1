"""`mock.iot`: settings of AWS IoT Jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_jobs.iot.settings import IoTSettings

if TYPE_CHECKING:
    from mock_jobs.core.world import World


class IoTHandle:
    """Controls of AWS IoT Jobs, in all accounts and regions of a mock.

    Attributes:
        settings: Quotas, rates, latencies and switches: set its members, or several at once with `change`.
    """

    def __init__(self, world: World) -> None:  # noqa: ARG002 - a world makes all that it shares in this way
        self.settings = IoTSettings()

    def reset(self) -> None:
        """Restore the defaults, for `World.reset`; the settings object stays the same."""
        self.settings.restore()
