"""Cheaper botocore sessions: their event handlers are registered once per process."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from botocore.handlers import BUILTIN_HANDLERS
from botocore.hooks import HierarchicalEmitter
from botocore.session import Session


def new_session(env_vars: dict[str, Any] | None = None) -> Session:
    """Return a new botocore session, as `botocore.session.get_session` does.

    A session registers some 130 handlers and inspects the signature of each. That takes longer than the rest of its creation.
    All sessions have the same handlers, so a new session gets a copy of an emitter that has them.

    Args:
        env_vars: The `session_vars` of `botocore.session.Session`.
    """
    emitter = _emitter_with(tuple(BUILTIN_HANDLERS))
    return Session(env_vars, event_hooks=copy.copy(emitter), include_builtin_handlers=False)


@lru_cache(maxsize=4)
def _emitter_with(handlers: tuple[tuple[str, Callable[..., Any]], ...]) -> HierarchicalEmitter:  # noqa: ARG001 - the key
    # Code may add handlers to the list, and moto does.
    emitter = HierarchicalEmitter()
    Session(event_hooks=emitter)
    return emitter
