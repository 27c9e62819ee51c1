"""Consumable resources, for example licenses, and how much of them is left.

Sources: user guide, "Resource-aware scheduling" (*documented*); API reference, CreateConsumableResource and
UpdateConsumableResource (*documented*). *Inferred*: a new total may lie below what is in use; the same client token with
another payload is an error; what a job needs is looked up by ARN, so that a resource that was deleted and recreated counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import invalid, not_allowed

Kind = Literal["REPLENISHABLE", "NON_REPLENISHABLE"]
Operation = Literal["SET", "ADD", "REMOVE"]
# What an attempt holds, or has used up.
Allocation = tuple["ConsumableResource", int]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
OPERATIONS: Final[tuple[Operation, ...]] = get_args(Operation)
# The model's numbers are 64 bits wide.
MAX_QUANTITY: Final = (1 << 63) - 1
# Source: API reference, UpdateConsumableResource.clientToken (documented).
TOKEN_LIFE_MS: Final = 8 * 60 * 60 * 1000

_Update = tuple[Operation, int]


@dataclass(slots=True, eq=False)
class ConsumableResource:
    """A consumable resource and its quantities.

    Attributes:
        number: Position in the order of creation.
        total: Of a REPLENISHABLE resource everything, in use or not; of any other what is not used up yet.
        in_use: What unfinished attempts hold.
    """

    number: int
    name: str
    arn: str
    kind: Kind
    total: int
    created_ms: int
    tags: dict[str, str]
    in_use: int = 0
    _tokens: dict[str, tuple[int, _Update]] = field(default_factory=dict)

    @property
    def available(self) -> int:
        """What can be given to jobs; nothing if the total was set below what is in use."""
        return max(0, self.total - self.in_use) if self.kind == "REPLENISHABLE" else self.total

    def take(self, quantity: int) -> None:
        """Give a quantity to an attempt that begins.

        Of a NON_REPLENISHABLE resource it is used up.
        """
        self.in_use += quantity
        if self.kind == "NON_REPLENISHABLE":
            self.total -= quantity

    def give_back(self, quantity: int) -> None:
        """Subtract what an ended attempt held."""
        self.in_use -= quantity

    def update(self, operation: Operation, quantity: int, token: str | None, now_ms: int) -> None:
        """Change the total, once for each client token in its 8 hours.

        Raises:
            ClientException: The token was used for another change, or the total would be out of range.
        """
        # The oldest token is first.
        while self._tokens and self._tokens[next(iter(self._tokens))][0] <= now_ms:
            del self._tokens[next(iter(self._tokens))]
        if token is not None and token in self._tokens:
            if self._tokens[token][1] != (operation, quantity):
                raise not_allowed(messages.TOKEN_REUSED)
            return
        total = {"SET": quantity, "ADD": self.total + quantity, "REMOVE": self.total - quantity}[operation]
        if total < 0:
            raise invalid(messages.CONSUMABLE_BELOW_ZERO, name=self.name, total=self.total)
        if total > MAX_QUANTITY:
            raise invalid(messages.ABOVE_RANGE, member="totalQuantity", bound=MAX_QUANTITY)
        self.total = total
        if token is not None:
            self._tokens[token] = (now_ms + TOKEN_LIFE_MS, (operation, quantity))
