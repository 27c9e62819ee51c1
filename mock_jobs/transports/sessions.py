"""Cheaper botocore sessions: their event handlers are registered once per process."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from botocore.handlers import BUILTIN_HANDLERS
from botocore.hooks import HierarchicalEmitter
from botocore.session import Session

_Kind = Callable[..., Session]
_MakeEmitter = Callable[[], HierarchicalEmitter]


def new_session(
    env_vars: dict[str, Any] | None = None, kind: _Kind = Session, make_emitter: _MakeEmitter = HierarchicalEmitter
) -> Session:
    """Return a new session, as `botocore.session.get_session` or that of aiobotocore does.

    A session registers some 130 handlers and inspects the signature of each. That takes longer than the rest of its creation.
    All sessions have the same handlers, so a new session gets a copy of an emitter that has them.

    Args:
        env_vars: The `session_vars` of `botocore.session.Session`.
        kind: Class of the session.
        make_emitter: Class of its emitter.
    """
    emitter = _emitter_with(tuple(BUILTIN_HANDLERS), kind, make_emitter)
    return kind(env_vars, event_hooks=copy.copy(emitter), include_builtin_handlers=False)


@lru_cache(maxsize=8)
def _emitter_with(
    handlers: tuple[tuple[str, Callable[..., Any]], ...],  # noqa: ARG001 - part of the key
    kind: _Kind,
    make_emitter: _MakeEmitter,
) -> HierarchicalEmitter:
    # Code may add handlers to the list, and moto does.
    emitter = make_emitter()
    kind(event_hooks=emitter)
    return emitter
