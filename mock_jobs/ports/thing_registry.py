"""What the IoT side must know of things and thing groups, wherever they are kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
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

    def with_child_groups(self, group_names: Iterable[str]) -> list[str]:
        """Return these groups and all below them, each once; those that do not exist are left out."""
        ...

    def is_member(self, thing_name: str, group_name: str) -> bool:
        """Return whether a registered thing is in this group itself, not in a child group."""
        ...


class ThingEvent(Enum):
    """What can happen to things."""

    CREATED = "registered under a name that was free"
    DELETED = "deleted from the registry, and so from its groups"
    JOINED = "added to a group"
    LEFT = "removed from a group, or the group was deleted"


@dataclass(frozen=True, slots=True)
class ThingChange:
    """One change of the registry, after it.

    Attributes:
        event: What happened.
        thing_names: To which things; each once.
        groups: The group that is concerned and then the groups above it, nearest first; for a deletion all that the thing was
            in, with those above; none for a creation.
    """

    event: ThingEvent
    thing_names: Sequence[str]
    groups: Sequence[str] = ()
