"""The consumable resources that the containers of a job need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import invalid

if TYPE_CHECKING:
    from mypy_boto3_batch.type_defs import ConsumableResourcePropertiesOutputTypeDef

    from mock_jobs.batch.names import Arns


@dataclass(frozen=True, slots=True)
class Requirements:
    """The consumable resources that a job needs.

    Attributes:
        properties: As given.
        needs: Quantities by ARN.
    """

    properties: ConsumableResourcePropertiesOutputTypeDef
    needs: Mapping[str, int]


def requirements_of(properties: ConsumableResourcePropertiesOutputTypeDef | None, arns: Arns) -> Requirements | None:
    """Return the requirements in a request, None if it has none.

    Whether the resources exist is not checked.

    Raises:
        ClientException: An entry has no resource or no positive quantity, or two entries mean the same resource.
    """
    if properties is None:
        return None
    needs: dict[str, int] = {}
    for entry in properties.get("consumableResourceList", []):
        reference, quantity = entry.get("consumableResource"), entry.get("quantity")
        if not reference:
            raise invalid(messages.REQUIRED, member="consumableResource")
        if quantity is None:
            raise invalid(messages.REQUIRED, member="quantity")
        if quantity < 1:
            raise invalid(messages.OUT_OF_RANGE, member="quantity", bound=1)
        arn = arns.shown("consumable-resource", reference)
        if arn in needs:
            raise invalid(messages.DUPLICATE_CONSUMABLE, arn=arn)
        needs[arn] = quantity
    return Requirements({"consumableResourceList": [], **properties}, needs)


def sum_of(requirements: Iterable[Requirements | None]) -> Requirements | None:
    """Return what several containers need together, None if they need nothing."""
    needs: dict[str, int] = {}
    for each in requirements:
        for arn, quantity in ({} if each is None else each.needs).items():
            needs[arn] = needs.get(arn, 0) + quantity
    if not needs:
        return None
    entries = [{"consumableResource": arn, "quantity": quantity} for arn, quantity in needs.items()]
    return Requirements({"consumableResourceList": entries}, needs)  # type: ignore[typeddict-item]
