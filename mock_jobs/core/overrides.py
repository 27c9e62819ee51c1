"""A setting that several mocks override. They may end in any order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Override(Generic[T]):
    """Replaces a value; of the overrides that have not ended, the last begun applies.

    Args:
        get: Returns the present value.
        put: Sets it.
    """

    def __init__(self, get: Callable[[], T], put: Callable[[T], None]) -> None:
        self._get = get
        self._put = put
        # The owner of each override, and the value before it
        self._entries: list[tuple[object, T]] = []

    def begin(self, owner: object, value: T) -> None:
        """Set a value until `end` is called for the same owner."""
        before = self._get()
        self._put(value)
        self._entries.append((owner, before))

    def end(self, owner: object) -> None:
        """Restore the value from before this owner began."""
        index = next(index for index, (each, _) in enumerate(self._entries) if each is owner)
        _, before = self._entries.pop(index)
        if index == len(self._entries):
            self._put(before)
        else:
            # Other owners began since. The next of them saved this owner's value; it must restore the value before that.
            following, _ = self._entries[index]
            self._entries[index] = (following, before)
