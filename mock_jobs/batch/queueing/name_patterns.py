"""Patterns of names in filters: a whole name, or a prefix with a final asterisk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import groupby, takewhile
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from mock_jobs.core.sorted_records import SortedNames

T = TypeVar("T")


def fits(patterns: Iterable[str], name: str) -> bool:
    """Return whether a name matches one of several filter values.

    A final asterisk matches anything (documented).
    """
    return any(name.startswith(each[:-1]) if each.endswith("*") else name == each for each in patterns)


def matching(names: SortedNames[T], patterns: Iterable[str], since: str = "") -> Iterator[str]:
    """Yield the names that match one of the patterns, in alphabetical order.

    Args:
        names: Where to look for them.
        patterns: Names, or prefixes with a final asterisk.
        since: Begin with this name.
    """
    found = [_matching_one(names, each, since) for each in set(patterns)]
    return (name for name, _ in groupby(merge(*found)))


def _matching_one(names: SortedNames[T], pattern: str, since: str) -> Iterator[str]:
    if not pattern.endswith("*"):
        return iter([pattern] if pattern in names and pattern >= since else [])
    start = pattern[:-1]
    return takewhile(lambda name: name.startswith(start), names.ascending(max(start, since)))
