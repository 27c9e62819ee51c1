"""What a test has set for AWS IoT Jobs, and where its jobs are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_jobs.iot.settings import IoTSettings

if TYPE_CHECKING:
    from mock_jobs.core.world import World
    from mock_jobs.iot.records.store import JobStore
    from mock_jobs.iot.rules.arns import Scope


class IoTScenario:
    """Settings and stores of one world, for all of its accounts and regions.

    Attributes:
        settings: Quotas, rates, latencies and switches.
        stores: The jobs, by account and region.
    """

    def __init__(self, _world: World) -> None:
        self.settings = IoTSettings()
        self.stores: dict[Scope, JobStore] = {}

    def reset(self) -> None:
        """Forget the jobs and restore the defaults, for `World.reset`; the settings object stays the same."""
        self.stores.clear()
        self.settings.restore()
