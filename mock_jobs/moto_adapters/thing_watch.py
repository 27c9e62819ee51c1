"""Watches moto's registry of things, and calls back when things or groups change.

moto does not announce changes, so the methods of its backend are wrapped while there are watches. All changes go
through these methods: those from boto3, from moto's server, from CloudFormation, and from other parts of moto.
A test pins each private name of moto that is used here, on the oldest and the newest supported moto.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING, Any, Final

from moto.core.base_backend import backend_lock

from mock_jobs.core.process import registry_lock
from mock_jobs.moto_adapters.things import MotoThings
from mock_jobs.ports.thing_registry import ThingChange, ThingEvent

if TYPE_CHECKING:
    from moto.iot.models import IoTBackend as MotoIoTBackend

Watch = Callable[[str, str], AbstractContextManager[Callable[[ThingChange], None]]]
"""(account, region) -> a context manager around the change, which yields the function to call after it."""

# Reads the registry before a call with these arguments. The returned function compares after it, and returns the change.
_Look = Callable[[MotoThings, Mapping[str, Any]], Callable[[], "ThingChange | None"]]


def _look_at_creation(things: MotoThings, call: Mapping[str, Any]) -> Callable[[], ThingChange | None]:
    name = call["thing_name"]
    is_free = not things.has_thing(name)
    if is_free:
        # A new thing is in no group, but moto leaves a deleted thing of the same name in its groups.
        things.remove_from_groups(name)

    def compare() -> ThingChange | None:
        return ThingChange(ThingEvent.CREATED, [name]) if is_free and things.has_thing(name) else None

    return compare


def _look_at_deletion(things: MotoThings, call: Mapping[str, Any]) -> Callable[[], ThingChange | None]:
    name = call["thing_name"]
    groups = things.groups_of(name)

    def compare() -> ThingChange | None:
        return None if things.has_thing(name) else ThingChange(ThingEvent.DELETED, [name], groups)

    return compare


def _look_at_membership(things: MotoThings, call: Mapping[str, Any]) -> Callable[[], ThingChange | None]:
    thing, group = (call[f"{each}_name"] or _name(call[f"{each}_arn"]) for each in ("thing", "thing_group"))
    was_member = things.is_member(thing, group)

    def compare() -> ThingChange | None:
        if things.is_member(thing, group) == was_member:
            return None
        event = ThingEvent.LEFT if was_member else ThingEvent.JOINED
        return ThingChange(event, [thing], list(things.with_groups_above(group)))

    return compare


def _look_at_group_deletion(things: MotoThings, call: Mapping[str, Any]) -> Callable[[], ThingChange | None]:
    group = call["thing_group_name"]
    members, groups = list(things.members(group)), list(things.with_groups_above(group))

    def compare() -> ThingChange | None:
        is_gone = things.group_id(group) is None
        return ThingChange(ThingEvent.LEFT, members, groups) if is_gone and members else None

    return compare


_LOOKS: Final[Mapping[str, _Look]] = {
    "create_thing": _look_at_creation,
    "delete_thing": _look_at_deletion,
    "add_thing_to_thing_group": _look_at_membership,
    "remove_thing_from_thing_group": _look_at_membership,
    "delete_thing_group": _look_at_group_deletion,
}

_watches: list[Watch] = []
_originals: dict[str, Callable[..., Any]] = {}


def watch_things(watch: Watch) -> Callable[[], None]:
    """Call a watch at each change of moto's things and thing groups, by any operation.

    Returns:
        A function that ends the watch.
    """
    from moto.iot.models import IoTBackend as Kept  # noqa: PLC0415 - only jobs need it

    with registry_lock:
        if not _watches:
            _originals.update({name: getattr(Kept, name) for name in _LOOKS})
            for name, look in _LOOKS.items():
                setattr(Kept, name, _heard(_originals[name], look))
        _watches.append(watch)

    def end() -> None:
        with registry_lock:
            _watches.remove(watch)
            if not _watches:
                for name, original in _originals.items():
                    setattr(Kept, name, original)
                _originals.clear()

    return end


# Each mock that uses things does this for the same functions, and `inspect.signature` takes as long as a request.
@functools.lru_cache(maxsize=16)
def _heard(original: Callable[..., Any], look: _Look) -> Callable[..., Any]:
    signature = inspect.signature(original)

    @functools.wraps(original)
    def call(self: MotoIoTBackend, *args: Any, **kwargs: Any) -> Any:
        # moto resets with this lock held, so the backend is never half cleared here.
        # A reset may have replaced it: see `_is_kept`.
        with backend_lock, ExitStack() as stack:
            tells = [stack.enter_context(watch(self.account_id, self.region_name)) for watch in tuple(_watches)]
            compare = look(MotoThings(self), signature.bind(self, *args, **kwargs).arguments)
            result = original(self, *args, **kwargs)
            change = compare()
            if change is not None and _is_kept(self):
                for tell in tells:
                    tell(change)
        return result

    return call


def _is_kept(backend: MotoIoTBackend) -> bool:
    from moto.iot.models import iot_backends  # noqa: PLC0415 - loaded by now

    regions = iot_backends.get(backend.account_id)
    return regions is not None and regions.get(backend.region_name) is backend


def _name(arn: str | None) -> str:
    # The name of a thing or a group. moto rejects a call that has neither name nor ARN.
    return (arn or "").rpartition("/")[2]
