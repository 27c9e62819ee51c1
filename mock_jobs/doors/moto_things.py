"""The registry of things, which moto keeps: the seam to `moto.iot`.

Each private name that is used here is pinned by a test, on the oldest and the newest moto that we support.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from threading import Lock
from typing import TYPE_CHECKING

from mock_jobs.errors import UsageValueError

if TYPE_CHECKING:
    from moto.iot.models import IoTBackend as MotoIoTBackend


class MotoThings:
    """The registry of things that moto keeps for an account and region."""

    def __init__(self, account: str, region: str) -> None:
        from moto.iot.models import iot_backends  # noqa: PLC0415 - only those who create jobs pay for it

        # Held for the length of a request only: a reset gives each region a new one.
        try:
            self._kept: MotoIoTBackend = iot_backends[account][region]
        except KeyError:
            raise UsageValueError(
                f"moto, which keeps the things, knows no AWS IoT in the region {region!r}; "
                "with the environment variable MOTO_ALLOW_NONEXISTENT_REGION=true it takes any"
            ) from None

    def has_thing(self, thing_name: str) -> bool:
        """Return whether a thing with this name is registered."""
        return self._arn("thing", thing_name) in self._kept.things

    def group_id(self, group_name: str) -> str | None:
        """Return the id of a thing group, or None if there is no such group."""
        group = self._kept.thing_groups.get(self._arn("thinggroup", group_name))
        return None if group is None else group.thing_group_id

    def group_name(self, group_id: str) -> str | None:
        """Return the name of the thing group with this id, or None if there is no such group."""
        groups = self._kept.thing_groups.values()
        return next((group.thing_group_name for group in groups if group.thing_group_id == group_id), None)

    def things_in_group(self, group_name: str) -> Iterator[str]:
        """Yield the names of the things in a group in the order of joining, then those of its child groups."""
        kept = self._kept
        group = kept.thing_groups.get(self._arn("thinggroup", group_name))
        if group is None:
            return
        # moto forgets to take a deleted thing out of its groups.
        yield from (thing.thing_name for arn, thing in group.things.items() if arn in kept.things)
        for child in list(kept.thing_groups.values()):
            if child.parent_group_name == group_name:
                yield from self.things_in_group(child.thing_group_name)

    def _arn(self, kind: str, name: str) -> str:
        kept = self._kept
        return f"arn:{kept.partition}:iot:{kept.region_name}:{kept.account_id}:{kind}/{name}"


# (account, region, thing name), called after moto has deleted a thing
ThingDeleted = Callable[[str, str, str], None]

_listeners: list[ThingDeleted] = []
_listeners_lock = Lock()


def watch_things(deleted: ThingDeleted) -> Callable[[], None]:
    """Call back when moto has deleted a thing, whichever way.

    Returns:
        A function that ends the watch.
    """
    from moto.iot.models import IoTBackend as Kept  # noqa: PLC0415 - only those who create jobs pay for it

    with _listeners_lock:
        if not _listeners:
            original = Kept.delete_thing

            @functools.wraps(original)
            def delete_thing(self: MotoIoTBackend, thing_name: str) -> None:
                original(self, thing_name)
                for listener in _listeners:
                    listener(self.account_id, self.region_name, thing_name)

            Kept.delete_thing = delete_thing  # type: ignore[method-assign]
        _listeners.append(deleted)

    def end() -> None:
        with _listeners_lock:
            _listeners.remove(deleted)
            if not _listeners:
                Kept.delete_thing = Kept.delete_thing.__wrapped__  # type: ignore[attr-defined, method-assign]

    return end
