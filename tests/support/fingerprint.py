"""Compares all state of a world before and after a request, down to the last counter."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import Enum
from functools import cache
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from mock_jobs.batch.scenario.scenario import Scenario
from mock_jobs.core.ids import IdSource
from mock_jobs.core.world import World
from mock_jobs.core.world_clock import WorldClock
from mock_jobs.handle import world_of

from support.constants import ACCOUNT, REGION

if TYPE_CHECKING:
    from mock_jobs import MockJobs
    from mock_jobs.handle import Handle

_PLAIN = frozenset({str, bytes, int, float, bool, type(None)})
# The world itself, what it generates from, what the test sets, and code. The clock is described by its timers.
_SKIPPED = (World, WorldClock, IdSource, Scenario, type, FunctionType, MethodType, BuiltinFunctionType)

Fingerprint = list[tuple[str, object]]


def fingerprint(handle: Handle | MockJobs) -> Fingerprint:
    """Return everything that the services keep for the account and region of the tests, as a flat list of places and values."""
    world = world_of(handle)
    found: Fingerprint = []
    seen: dict[int, int] = {}
    with world.lock:
        for (kind, account, region), store in world._stores.items():
            if (account, region) == (ACCOUNT, REGION):
                found.append(("store", kind.__name__))
                _walk(kind.__name__, store, found, seen)
        clock = world.clock
        found.append(("clock", clock.now_ms))
        for heap in (clock._timers, clock._gated):
            found.extend(("timer", (each.due_ms, each.sequence)) for each in heap.waiting if each.callback is not None)
        found.append(("events", world.events._noted))
    return found


def difference(before: Fingerprint, after: Fingerprint) -> list[tuple[str, object]]:
    """Return the first places where two fingerprints differ, of the second one."""
    if before == after:
        return []
    place = next((number for number, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]), len(before))
    return after[place : place + 3] or [("missing at the end", before[len(after)])]


def _walk(place: str, value: Any, found: Fingerprint, seen: dict[int, int]) -> None:
    kind = type(value)
    if kind in _PLAIN:
        found.append((place, value))
    elif isinstance(value, Enum):
        found.append((place, value.name))
    elif isinstance(value, _SKIPPED):
        return
    elif id(value) in seen:
        found.append((place, seen[id(value)]))
    else:
        seen[id(value)] = len(seen)
        _walk_into(place, value, found, seen)


def _walk_into(place: str, value: Any, found: Fingerprint, seen: dict[int, int]) -> None:
    kind: Any = type(value)
    if isinstance(value, Mapping):
        found.append((place, len(value)))
        for key, each in value.items():
            _walk(place, key, found, seen)
            _walk(f"{place} [{key}]" if isinstance(key, str) else place, each, found, seen)
    if isinstance(value, (list, tuple, deque, AbstractSet)):
        found.append((place, len(value)))
        for each in value:
            _walk(place, each, found, seen)
    elif kind.__module__.startswith("mock_jobs."):
        for attribute, label in _slots_of(kind):
            if hasattr(value, attribute):
                _walk(label, getattr(value, attribute), found, seen)
        for attribute, each in getattr(value, "__dict__", {}).items():
            _walk(f"{kind.__name__}.{attribute}", each, found, seen)


@cache
def _slots_of(kind: type[object]) -> list[tuple[str, str]]:
    """Return the attributes that a class keeps in slots, and what to call them."""
    names = []
    for each in kind.__mro__:
        slots = each.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            is_private = name.startswith("__") and not name.endswith("__")
            names.append(f"_{each.__name__.lstrip('_')}{name}" if is_private else name)
    return [(name, f"{kind.__name__}.{name}") for name in names if name != "__weakref__"]
