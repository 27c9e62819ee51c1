"""The ECS clusters behind compute environments.

Source: user guide, "Unmanaged compute environments": AWS Batch creates a cluster, and instances join it (*documented*). That the
cluster exists from CreateComputeEnvironment until the environment is gone is *inferred*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mock_jobs.batch.records.compute_environment import ComputeEnvironment
    from mock_jobs.core.world import World


class ClusterWriter:
    """Writes the clusters of one account and region.

    They are written only before ECS is asked: most tests never ask, and moto's ECS is slow to import.

    Args:
        world: Its ports.
        account: Account id.
        region: Region.
    """

    def __init__(self, world: World, account: str, region: str) -> None:
        self._ports = world.ports
        self._account = account
        self._region = region
        self._new: list[tuple[str, str | None, bool]] = []

    def changed(self, environment: ComputeEnvironment) -> None:
        """Record that an environment was created, or its settings changed. An environment of EKS has no cluster."""
        if environment.eks is None:
            settings = environment.ecs_settings or {}
            insights = settings.get("containerInsights")
            self._new.append((environment.cluster, None if insights is None else insights.lower(), False))

    def deleted(self, environment: ComputeEnvironment) -> None:
        """Record that an environment is gone."""
        if environment.eks is None:
            self._new.append((environment.cluster, None, True))

    def write_due(self) -> None:
        """Write all changes, oldest first."""
        new, self._new = self._new, []
        if not new:
            return
        clusters = self._ports.clusters(self._account, self._region)
        for name, insights, is_deleted in new:
            if is_deleted:
                clusters.delete(name)
            else:
                clusters.write(name, insights)
