"""The protocol for things and thing groups, independent of what stores them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class ThingRegistry(Protocol):
    """The current things and thing groups of one account and region."""

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
        """Return these groups and all groups below them, each once. Omit groups that do not exist."""
        ...

    def is_member(self, thing_name: str, group_name: str) -> bool:
        """Return whether a registered thing is in this group itself, not in a child group."""
        ...


class ThingEvent(Enum):
    """The kinds of changes of things."""

    CREATED = "registered under a name that was free"
    DELETED = "deleted from the registry, and so from its groups"
    JOINED = "added to a group"
    LEFT = "removed from a group, or the group was deleted"


@dataclass(frozen=True, slots=True)
class ThingChange:
    """A change that the registry has just made.

    Attributes:
        event: What happened.
        thing_names: The things that changed, each once.
        groups: The group that they joined or left, then the groups above it, nearest first. For a deletion, all groups that
            the thing was in, each followed by those above it. Empty for a creation.
    """

    event: ThingEvent
    thing_names: Sequence[str]
    groups: Sequence[str] = ()
