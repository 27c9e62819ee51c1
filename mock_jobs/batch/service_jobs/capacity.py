"""Amounts of instances: limits, and what service jobs take of them.

Sources: API reference, CapacityLimit and QuotaShareCapacityLimit (*documented*): the unit is NUM_INSTANCES, or an instance type
where quotas are managed. That a list has each unit once, and the pattern of names of instance types, are *inferred*.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import invalid

NUM_INSTANCES: Final = "NUM_INSTANCES"
MAX_LIMITS: Final = 5

_INSTANCE_TYPE: Final = re.compile(r"ml\.[a-z0-9-]+\.[a-z0-9]+")

Amounts = Mapping[str, int]
"""How many of each unit."""


def is_instance_type(unit: str) -> bool:
    """Return whether a text is the name of an instance type of SageMaker."""
    return _INSTANCE_TYPE.fullmatch(unit) is not None


def read_limits(given: Sequence[Mapping[str, object]], *, only_types: bool = False) -> dict[str, int]:
    """Return the capacity limits that a request gives, by unit.

    Args:
        given: Entries of capacityLimits.
        only_types: Whether every unit must be an instance type.

    Raises:
        ClientException: There are none or more than 5, an entry is incomplete, its maximum is below 1, its unit is unknown or
            repeated, or there are other units besides NUM_INSTANCES.
    """
    if not given:
        raise invalid(messages.NO_CAPACITY_LIMIT)
    if len(given) > MAX_LIMITS:
        raise invalid(messages.TOO_MANY_CAPACITY_LIMITS)
    limits: dict[str, int] = {}
    for entry in given:
        unit, most = entry.get("capacityUnit"), entry.get("maxCapacity")
        if not isinstance(unit, str) or not isinstance(most, int):
            raise invalid(messages.CAPACITY_LIMIT_INCOMPLETE)
        if most < 1:
            raise invalid(messages.CAPACITY_LIMIT_TOO_SMALL)
        if not is_instance_type(unit) and (only_types or unit != NUM_INSTANCES):
            raise invalid(messages.CAPACITY_UNIT, unit=unit)
        if unit in limits:
            raise invalid(messages.CAPACITY_UNIT_TWICE, unit=unit)
        limits[unit] = most
    if NUM_INSTANCES in limits and len(limits) > 1:
        raise invalid(messages.NUM_INSTANCES_ALONE)
    return limits


def shown(limits: Amounts) -> list[dict[str, object]]:
    """Return capacity limits as they go over the wire."""
    return [{"maxCapacity": most, "capacityUnit": unit} for unit, most in limits.items()]


def usage(amounts: Amounts) -> list[dict[str, object]]:
    """Return used amounts as they go over the wire."""
    return [{"capacityUnit": unit, "quantity": float(quantity)} for unit, quantity in amounts.items()]


def fits(need: Amounts, room: Amounts) -> bool:
    """Return whether a need fits into the room.

    A unit that is missing in the room counts as zero.
    """
    return all(room.get(unit, 0) >= quantity for unit, quantity in need.items())


def less(amounts: Amounts, used: Amounts) -> dict[str, int]:
    """Return amounts minus what is used of them; negative where more is used."""
    return {unit: quantity - used.get(unit, 0) for unit, quantity in amounts.items()}


def add(total: dict[str, int], amounts: Amounts, sign: int = 1) -> None:
    """Add amounts to a total, or subtract them with the sign -1.

    Units that become zero are removed.
    """
    for unit, quantity in amounts.items():
        now = total.get(unit, 0) + sign * quantity
        if now:
            total[unit] = now
        else:
            total.pop(unit, None)


def total_of(each: Iterable[Amounts]) -> dict[str, int]:
    """Return the sum of several amounts."""
    total: dict[str, int] = {}
    for amounts in each:
        add(total, amounts)
    return total
