"""Cheaper botocore sessions: what all sessions share is made once per process."""

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

    A session registers some 130 handlers, and looks at the signature of each, which takes longer than all the rest of it.
    The handlers are the same for all sessions, so a new one gets a copy of an emitter that has them.

    Args:
        env_vars: Other names of configuration variables.
    """
    emitter = _emitter_with(tuple(BUILTIN_HANDLERS))
    return Session(env_vars, event_hooks=copy.copy(emitter), include_builtin_handlers=False)


@lru_cache(maxsize=4)
def _emitter_with(handlers: tuple[tuple[str, Callable[..., Any]], ...]) -> HierarchicalEmitter:  # noqa: ARG001 - the key
    # The list of handlers is open to extension, and moto extends it.
    emitter = HierarchicalEmitter()
    Session(event_hooks=emitter)
    return emitter
