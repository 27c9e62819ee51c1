"""The seed of moto's generator, from which moto draws its ids: set it, and hear when the test sets it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from moto.moto_api._internal import mock_random

_listeners: list[Callable[[int | None], None]] = []


def on_seed(listener: Callable[[int | None], None]) -> Callable[[], None]:
    """Call a listener whenever a test seeds moto's generator: by `mock_random.seed(n)` or `POST /moto-api/seed?a=n`.

    Args:
        listener: Gets the seed, not negative; None if the generator begins with a state that nobody can repeat.

    Returns:
        A function that removes the listener.
    """
    _listeners.append(listener)
    vars(mock_random)["seed"] = _seed_and_tell

    def end() -> None:
        _listeners.remove(listener)
        if not _listeners:
            del vars(mock_random)["seed"]

    return end


class MotoSeed:
    """Seeds moto's generator while a mock is active, and restores chance afterwards."""

    def __init__(self) -> None:
        self._seed: int | None = None
        self._left: tuple[int | None, Any] = (None, None)

    def begin(self, seed: int) -> None:
        """Begin the sequence of a seed."""
        self._seed = seed
        Random.seed(mock_random, seed)

    def resume(self, seed: int) -> None:
        """Go on where `end` has left the sequence of a seed, because moto has kept what it had drawn. Else begin it."""
        left, state = self._left
        self.begin(seed)
        if left == seed:
            mock_random.setstate(state)

    def note(self, seed: int | None) -> None:
        """Learn that a test has seeded the generator."""
        self._seed = seed

    def restart(self) -> None:
        """Begin the present seed anew, after a reset of moto."""
        self._left = (None, None)
        if self._seed is not None:
            self.begin(self._seed)

    def end(self) -> None:
        """Let moto draw what nobody can repeat, if the generator has a seed."""
        if self._seed is not None:
            self._left = (self._seed, mock_random.getstate())
            self._seed = None
            Random.seed(mock_random)


def _seed_and_tell(a: Any = None, version: int = 2) -> None:
    Random.seed(mock_random, a, version)
    for listener in tuple(_listeners):
        listener(_as_number(a))


def _as_number(seed: Any) -> int | None:
    if seed is None:
        return None
    # Random takes texts and other numbers as well, and -1 for 1.
    return abs(seed) if isinstance(seed, int) else Random(seed).getrandbits(32)
