"""The rules of a scheduling policy for fair shares.

Sources: API reference, FairsharePolicy and ShareAttributes (*documented*: weights, window, reserved ratio, limits, that entries
must not overlap). The rounding of the reserve is *inferred*.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING, Final

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import invalid

if TYPE_CHECKING:
    from mypy_boto3_batch.type_defs import FairsharePolicyOutputTypeDef, FairsharePolicyUnionTypeDef, ShareAttributesTypeDef

MAX_SHARES: Final = 500
MAX_PRIORITY: Final = 9999
PLAIN_WEIGHT: Final = 1.0
_MAX_WINDOW_SECONDS = 604_800
_DEFAULT_WINDOW_SECONDS = 600
_MAX_RESERVATION = 99
_LEAST_WEIGHT, _GREATEST_WEIGHT = 0.0001, 999.9999
_IDENTIFIER = re.compile(r"[A-Za-z0-9]{1,255}\*?")


def is_share_identifier(text: str) -> bool:
    """Return whether a text can name a share, or several by their prefix."""
    return _IDENTIFIER.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class FairShareRules:
    """The rules of a scheduling policy for fair shares.

    Attributes:
        decay_seconds: Length of the window whose use counts; 0 means 600.
        reservation: Percentage of compute environments that is kept for shares that are not active.
        weights: Weight by identifier or, with a final `*`, by prefix.
    """

    decay_seconds: int
    reservation: int
    weights: dict[str, float]

    @classmethod
    def parse(cls, given: FairsharePolicyUnionTypeDef) -> FairShareRules:
        """Return the rules that a request gives.

        Raises:
            ClientException: A value is out of its documented bounds, or two entries overlap.
        """
        decay, reservation = given.get("shareDecaySeconds", 0), given.get("computeReservation", 0)
        if not 0 <= decay <= _MAX_WINDOW_SECONDS:
            raise invalid(messages.SHARE_DECAY)
        if not 0 <= reservation <= _MAX_RESERVATION:
            raise invalid(messages.COMPUTE_RESERVATION)
        entries = given.get("shareDistribution", [])
        if len(entries) > MAX_SHARES:
            raise invalid(messages.TOO_MANY_SHARES)
        weights: dict[str, float] = {}
        for entry in entries:
            identifier, weight = entry["shareIdentifier"], entry.get("weightFactor", PLAIN_WEIGHT)
            if not is_share_identifier(identifier):
                raise invalid(messages.SHARE_IDENTIFIER)
            if not _LEAST_WEIGHT <= weight <= _GREATEST_WEIGHT:
                raise invalid(messages.SHARE_WEIGHT)
            if identifier in weights:
                raise invalid(messages.SHARES_OVERLAP, first=identifier, second=identifier)
            weights[identifier] = weight
        _check_overlaps(weights)
        return cls(decay, reservation, weights)

    @property
    def window_ms(self) -> int:
        """Length of the window whose use counts."""
        return (self.decay_seconds or _DEFAULT_WINDOW_SECONDS) * 1000

    def entry_for(self, identifier: str) -> str | None:
        """Return the entry that gives a share its weight, None if there is none."""
        if identifier in self.weights:
            return identifier
        return next((each for each in self.weights if each.endswith("*") and identifier.startswith(each[:-1])), None)

    def shape(self) -> FairsharePolicyOutputTypeDef:
        """Return the wire shape, defaults filled in (inferred)."""
        entries: list[ShareAttributesTypeDef] = [
            {"shareIdentifier": identifier, "weightFactor": float(weight)} for identifier, weight in self.weights.items()
        ]
        return {
            "shareDecaySeconds": self.decay_seconds,
            "computeReservation": self.reservation,
            "shareDistribution": entries,
        }


def _check_overlaps(identifiers: dict[str, float]) -> None:
    # Sorted like this, a prefix comes right before the identifiers that it covers.
    ordered = sorted(identifiers, key=lambda each: (each.removesuffix("*"), not each.endswith("*")))
    for first, second in pairwise(ordered):
        if first.endswith("*") and second.startswith(first[:-1]):
            raise invalid(messages.SHARES_OVERLAP, first=first, second=second)


@lru_cache(maxsize=1024)
def usable_vcpus(capacity: float, reservation: int, active_shares: int) -> float:
    """Return how much of a compute environment active shares may use, in whole vCPUs.

    Args:
        capacity: Capacity of the environment.
        reservation: Percentage that is kept for inactive shares while one share is active; it shrinks with each further one.
        active_shares: How many shares are active.
    """
    if not reservation or capacity == inf:
        return capacity
    whole: int = 100**active_shares
    reserved: int = reservation**active_shares
    return int(capacity) * (whole - reserved) // whole
