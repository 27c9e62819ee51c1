"""Reads moto's registry of things.

A test pins each private name of moto that is used here, on the oldest and the newest supported moto.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from mock_jobs.core.errors import UsageValueError

if TYPE_CHECKING:
    from moto.iot.models import FakeThingGroup
    from moto.iot.models import IoTBackend as MotoIoTBackend


class MotoThings:
    """moto's registry of things for an account and region.

    Use it during one request only: a reset of moto replaces the backend.

    Args:
        kept: moto's backend.
    """

    def __init__(self, kept: MotoIoTBackend) -> None:
        self._kept = kept

    def has_thing(self, thing_name: str) -> bool:
        """Return whether a thing with this name is registered."""
        return self.arn("thing", thing_name) in self._kept.things

    def group_id(self, group_name: str) -> str | None:
        """Return the id of a thing group, or None if there is no such group."""
        group = self._group(group_name)
        return None if group is None else group.thing_group_id

    def group_name(self, group_id: str) -> str | None:
        """Return the name of the thing group with this id, or None if there is no such group."""
        groups = self._groups()
        return next((group.thing_group_name for group in groups if group.thing_group_id == group_id), None)

    def things_in_group(self, group_name: str) -> Iterator[str]:
        """Yield the names of the things in a group in the order of joining, then those of its child groups."""
        for name in self.with_child_groups([group_name]):
            yield from self.members(name)

    def with_child_groups(self, group_names: Iterable[str]) -> list[str]:
        """Return these groups and all below them, each once, a group before its child groups."""
        children: dict[str, list[str]] = {}
        for group in self._groups():
            children.setdefault(group.parent_group_name, []).append(group.thing_group_name)
        found: dict[str, None] = {}
        ahead = [name for name in group_names if self._group(name) is not None][::-1]
        while ahead:
            name = ahead.pop()
            if name not in found:
                found[name] = None
                ahead += children.get(name, [])[::-1]
        return list(found)

    def is_member(self, thing_name: str, group_name: str) -> bool:
        """Return whether a registered thing is in this group itself, not in a child group."""
        group = self._group(group_name)
        arn = self.arn("thing", thing_name)
        return group is not None and arn in group.things and arn in self._kept.things

    # Not in the protocol: used by `thing_watch`

    def members(self, group_name: str) -> Iterator[str]:
        """Yield the names of the things in this group itself, without child groups, in the order of joining."""
        group = self._group(group_name)
        if group is not None:
            # moto does not remove a deleted thing from its groups.
            yield from (thing.thing_name for arn, thing in group.things.items() if arn in self._kept.things)

    def groups_of(self, thing_name: str) -> list[str]:
        """Return the groups that a registered thing is in, each followed by those above it, each once."""
        groups = self._groups()
        direct = [group.thing_group_name for group in groups if self.is_member(thing_name, group.thing_group_name)]
        return list(dict.fromkeys(name for each in direct for name in self.with_groups_above(each)))

    def with_groups_above(self, group_name: str) -> Iterator[str]:
        """Yield a group and those above it, nearest first."""
        group = self._group(group_name)
        while group is not None:
            yield group.thing_group_name
            group = self._group(group.parent_group_name)

    def remove_from_groups(self, thing_name: str) -> None:
        """Remove a thing from all groups."""
        arn = self.arn("thing", thing_name)
        for group in self._groups():
            group.things.pop(arn, None)

    def arn(self, kind: str, name: str) -> str:
        """Return the ARN of a thing or a group, which is its key in moto."""
        kept = self._kept
        return f"arn:{kept.partition}:iot:{kept.region_name}:{kept.account_id}:{kind}/{name}"

    def _groups(self) -> Iterable[FakeThingGroup]:
        # A copy: other threads may add groups, and a dictionary must not change during an iteration.
        return tuple(self._kept.thing_groups.values())

    def _group(self, name: str) -> FakeThingGroup | None:
        return self._kept.thing_groups.get(self.arn("thinggroup", name))


def things_of(account: str, region: str) -> MotoThings:
    """Return the registry of an account and region.

    Raises:
        UsageValueError: moto does not know the region.
    """
    from moto.iot.models import iot_backends  # noqa: PLC0415 - only jobs need it

    try:
        return MotoThings(iot_backends[account][region])
    except KeyError:
        raise UsageValueError(
            f"moto, which stores the things, has no AWS IoT in the region {region!r}; "
            "set the environment variable MOTO_ALLOW_NONEXISTENT_REGION=true to allow any region"
        ) from None
