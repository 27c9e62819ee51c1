"""What the services here need of other services of AWS, whoever mocks those."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from mock_jobs.objects import ObjectStore
from mock_jobs.things import ThingRegistry


class EventBus(Protocol):
    """The default event bus of Amazon EventBridge in one account and region."""

    @property
    def has_rules(self) -> bool:
        """Whether an event could go anywhere; costs next to nothing."""
        ...

    def deliver(self, envelope: Mapping[str, object]) -> None:
        """Hand an event to the targets of all rules that it matches, whatever becomes of it there."""
        ...


class Neighbours(Protocol):
    """The services next door, by account and region."""

    def things(self, account: str, region: str) -> ThingRegistry:
        """Return the registry of things and thing groups."""
        ...

    def objects(self, account: str, region: str) -> ObjectStore:
        """Return the objects in S3 that the account can reach, in the partition of the region."""
        ...

    def event_bus(self, account: str, region: str) -> EventBus:
        """Return the default event bus."""
        ...
