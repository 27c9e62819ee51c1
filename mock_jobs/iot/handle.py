"""What a test author holds of AWS IoT Jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_jobs.iot.settings import IoTSettings

if TYPE_CHECKING:
    from mock_jobs.core.world import World


class IoTHandle:
    """Says how AWS IoT Jobs behaves in one world, over all of its accounts and regions.

    Attributes:
        settings: Quotas and other knobs; set its members.
    """

    def __init__(self, world: World) -> None:  # noqa: ARG002 - a world makes all that it shares in this way
        self.settings = IoTSettings()

    def reset(self) -> None:
        """Restore the defaults, for `World.reset`; the settings object stays the same."""
        self.settings.restore()
