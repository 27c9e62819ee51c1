"""Cheaper botocore sessions: their event handlers are registered once per process."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from botocore.handlers import BUILTIN_HANDLERS
from botocore.session import Session

if TYPE_CHECKING:
    from botocore.hooks import HierarchicalEmitter


def new_session(env_vars: dict[str, Any] | None = None, kind: Callable[..., Session] = Session) -> Session:
    """Return a new session, as `botocore.session.get_session` or that of aiobotocore does.

    A session registers some 130 handlers and inspects the signature of each. That takes longer than the rest of its creation.
    All sessions have the same handlers, so a new session gets a copy of an emitter that has them.

    Args:
        env_vars: The `session_vars` of `botocore.session.Session`.
        kind: Class of the session.
    """
    emitter = _emitter_of(kind, tuple(BUILTIN_HANDLERS))
    return kind(env_vars, event_hooks=copy.copy(emitter), include_builtin_handlers=False)


@lru_cache(maxsize=8)
def _emitter_of(kind: Callable[..., Session], handlers: tuple[tuple[str, Callable[..., Any]], ...]) -> HierarchicalEmitter:  # noqa: ARG001 - part of the key
    # Code may add handlers to the list, and moto does.
    emitter: HierarchicalEmitter = kind().get_component("event_emitter")
    return emitter
