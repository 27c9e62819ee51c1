"""The seam to `moto.ecs`, moto's mock of Amazon ECS. Slow to import.

A test pins each private name of moto that is used here, on the oldest and the newest supported moto.
"""

from __future__ import annotations

from collections.abc import Callable

from moto.ecs.models import EC2ContainerServiceBackend, ecs_backends


class MotoClusters:
    """The clusters that moto keeps for an account and region."""

    def __init__(self, account: str, region: str) -> None:
        try:
            self._kept: EC2ContainerServiceBackend | None = ecs_backends[account][region]
        except KeyError:
            # moto does not know the region, so no client can read clusters there.
            self._kept = None

    def write(self, name: str, container_insights: str | None) -> None:
        """Create a cluster, unless it exists, and set its Container Insights."""
        if self._kept is None:
            return
        cluster = self._kept.clusters.get(name)
        if cluster is None:
            cluster = self._kept.create_cluster(name)
        if container_insights is not None:
            cluster.settings = [{"name": "containerInsights", "value": container_insights}]

    def delete(self, name: str) -> None:
        """Delete a cluster, unless a test has done so with moto's reset: it is INACTIVE, and no longer listed."""
        if self._kept is None or name not in self._kept.clusters:
            return
        self._kept.delete_cluster(name)
        _listing_of(self._kept).deleted.add(self._kept.clusters[name].arn)


class _Listing:
    """Lists clusters without those that AWS Batch has deleted; moto lists INACTIVE clusters too.

    Args:
        listed: moto's own method.
    """

    def __init__(self, listed: Callable[[], list[str]]) -> None:
        self._listed = listed
        self.deleted: set[str] = set()

    def __call__(self) -> list[str]:
        return [arn for arn in self._listed() if arn not in self.deleted]


def _listing_of(kept: EC2ContainerServiceBackend) -> _Listing:
    """Return the listing of a backend, which it has until moto resets it."""
    found = vars(kept).get("list_clusters")
    if isinstance(found, _Listing):
        return found
    made = _Listing(kept.list_clusters)
    kept.list_clusters = made  # type: ignore[method-assign]
    return made
