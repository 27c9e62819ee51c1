"""What the services here need of other services of AWS, whoever mocks those."""

from __future__ import annotations

from typing import Protocol

from mock_jobs.objects import ObjectStore
from mock_jobs.things import ThingRegistry


class Neighbours(Protocol):
    """The services next door, by account and region."""

    def things(self, account: str, region: str) -> ThingRegistry:
        """Return the registry of things and thing groups."""
        ...

    def objects(self, account: str, region: str) -> ObjectStore:
        """Return the objects in S3 that the account can reach, in the partition of the region."""
        ...
