"""The consumable resources of one account and region, and the jobs that need them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mock_jobs.batch.records.consumers import Consumers

if TYPE_CHECKING:
    from mock_jobs.batch.records.consumable_resource import Allocation, ConsumableResource


class ConsumableResources:
    """The consumable resources of one account and region.

    Attributes:
        by_arn: In the order of creation.
        consumers: The jobs that need them.
    """

    def __init__(self) -> None:
        self.by_arn: dict[str, ConsumableResource] = {}
        self.consumers = Consumers()

    def can_give(self, needs: Mapping[str, int]) -> bool:
        """Return whether there is enough of everything that a job needs.

        Args:
            needs: Quantities by ARN.
        """
        return all(arn in self.by_arn and self.by_arn[arn].available >= quantity for arn, quantity in needs.items())

    def take(self, needs: Mapping[str, int]) -> tuple[Allocation, ...]:
        """Take what an attempt needs, and return what to give back at its end."""
        allocations = tuple((self.by_arn[arn], quantity) for arn, quantity in needs.items())
        for resource, quantity in allocations:
            resource.take(quantity)
        return allocations

    def lacking(self, needs: Mapping[str, int]) -> list[str]:
        """Return descriptions of the resources of which there is not enough."""
        return [
            f"{quantity} of {arn} ({self.by_arn[arn].available} available)" if arn in self.by_arn else f"{arn}, which was deleted"
            for arn, quantity in needs.items()
            if not self.can_give({arn: quantity})
        ]
