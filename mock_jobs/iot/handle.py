"""`mock.iot`: settings of AWS IoT Jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_jobs.core.summary import counts
from mock_jobs.iot.settings import IoTSettings

if TYPE_CHECKING:
    from mock_jobs.core.world import World


class IoTHandle:
    """Controls of AWS IoT Jobs, in all accounts and regions of a mock.

    Attributes:
        settings: Quotas, rates, latencies and switches: set its members, or several at once with `change`.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.settings = IoTSettings()

    def __repr__(self) -> str:
        shown = "; ".join(counts(self._world, "IoT"))
        return f"<iot: {shown or 'no jobs'}>"

    def reset(self) -> None:
        """Restore the defaults, for `World.reset`; the settings object stays the same."""
        self.settings.restore()
