"""What the IoT side must know of things and thing groups, whoever keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol


class ThingRegistry(Protocol):
    """The things and thing groups of one account and region, as they are now."""

    def has_thing(self, thing_name: str) -> bool:
        """Return whether a thing with this name is registered."""
        ...

    def group_id(self, group_name: str) -> str | None:
        """Return the id of a thing group, or None if there is no such group."""
        ...

    def group_name(self, group_id: str) -> str | None:
        """Return the name of the thing group with this id, or None if there is no such group."""
        ...

    def things_in_group(self, group_name: str) -> Iterator[str]:
        """Yield the names of the things in a group in the order of joining, then those of its child groups.

        A thing that is in several of these groups may be yielded several times.
        """
        ...
