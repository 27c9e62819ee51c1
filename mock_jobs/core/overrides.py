"""A setting that several mocks override, in whatever order they end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Override(Generic[T]):
    """Puts a value in the place of another; the innermost that has not ended counts.

    Args:
        get: Returns the present value.
        put: Sets it.
    """

    def __init__(self, get: Callable[[], T], put: Callable[[T], None]) -> None:
        self._get = get
        self._put = put
        # The owner of each override, and what was there before
        self._entries: list[tuple[object, T]] = []

    def begin(self, owner: object, value: T) -> None:
        """Put a value in place until `end` is called for the same owner."""
        self._entries.append((owner, self._get()))
        self._put(value)

    def end(self, owner: object) -> None:
        """Put back what was there before this owner began."""
        index = next(index for index, (each, _) in enumerate(self._entries) if each is owner)
        _, before = self._entries.pop(index)
        if index == len(self._entries):
            self._put(before)
        else:
            # Others began since: the next of them found this owner's value, and must leave what this owner found.
            following, _ = self._entries[index]
            self._entries[index] = (following, before)
