"""Things that are found by their name or by how it begins, at the cost of what is found."""

from __future__ import annotations

from bisect import bisect_left, insort_right
from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from itertools import groupby
from typing import Final, Generic, TypeVar

# Up to so many new names are put into their places one by one; with more of them sorting all is cheaper.
_FEW: Final = 64

T = TypeVar("T")


def fits(patterns: Iterable[str], name: str) -> bool:
    """Return whether a name matches one of several filter values; a final asterisk stands for anything (documented)."""
    return any(name.startswith(each[:-1]) if each.endswith("*") else name == each for each in patterns)


class ByName(Generic[T]):
    """One thing for each name.

    Most names are never looked for by how they begin, so they are put in order only when somebody does.

    Args:
        make: Makes the thing of a new name.
    """

    __slots__ = ("_make", "_new", "_ordered", "_things")

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._things: dict[str, T] = {}
        self._ordered: list[str] = []
        self._new: list[str] = []

    def __getitem__(self, name: str) -> T:
        """Return the thing of a name, which is made if there is none."""
        thing = self._things.get(name)
        if thing is None:
            thing = self._things[name] = self._make()
            self._new.append(name)
        return thing

    def matching(self, patterns: Iterable[str], since: str = "") -> Iterator[str]:
        """Yield the names that match one of the patterns, in alphabetical order.

        Args:
            patterns: Names, or how they begin, with a final asterisk.
            since: Begin with this name.
        """
        found = [self._beginning(each[:-1], since) if each.endswith("*") else self._equal(each, since) for each in set(patterns)]
        return (name for name, _ in groupby(merge(*found)))

    def _equal(self, name: str, since: str) -> Iterator[str]:
        return iter([name] if name in self._things and name >= since else [])

    def _beginning(self, start: str, since: str) -> Iterator[str]:
        ordered = self._sorted()
        for position in range(bisect_left(ordered, max(start, since)), len(ordered)):
            if not ordered[position].startswith(start):
                return
            yield ordered[position]

    def _sorted(self) -> list[str]:
        if len(self._new) > _FEW:
            self._ordered += self._new
            self._ordered.sort()
        else:
            for name in self._new:
                insort_right(self._ordered, name)
        self._new.clear()
        return self._ordered
