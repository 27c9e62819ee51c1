"""Lends the same clients to one test after another, because making a client takes longer than what most tests do with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.client import BaseClient


class Kept:
    """A client that is as new for each test: handlers that a test registers with it are gone afterwards.

    Args:
        client: A client that nobody has registered handlers with.
    """

    def __init__(self, client: BaseClient) -> None:
        self._client: Any = client
        self._registry = client.meta.events._emitter  # type: ignore[attr-defined]
        self._as_made = copy(self._registry)

    @contextmanager
    def lent(self) -> Iterator[Any]:
        """Lend the client for the duration of the `with` block."""
        # botocore makes a new one with each change of the handlers.
        found = self._registry._lookup_cache
        yield self._client
        if self._registry._lookup_cache is not found:
            vars(self._registry).update(vars(copy(self._as_made)))
