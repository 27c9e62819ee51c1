"""The seed of a world: everything that the world draws at random repeats with it."""

from __future__ import annotations

from random import SystemRandom

# Short enough to copy from a report by hand
_BITS = 32

_draw = SystemRandom().getrandbits


class Seed:
    """The seed that a world draws from now.

    Args:
        given: The seed that was asked for; None draws one from the operating system, and another one at each reset.

    Attributes:
        value: The seed.
    """

    def __init__(self, given: int | None) -> None:
        self._given = given
        self.value = 0
        self.reset()

    def choose(self, given: int | None) -> bool:
        """Ask for a seed; return whether it applies at once, because it is another one than the present.

        Args:
            given: The seed, which each reset begins anew; None lets each reset draw one.
        """
        self._given = given
        if given is None or given == self.value:
            return False
        self.value = given
        return True

    def reset(self) -> None:
        """Take the seed that was asked for, or draw one."""
        self.value = _draw(_BITS) if self._given is None else self._given
