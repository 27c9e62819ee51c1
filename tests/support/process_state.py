"""Sees what is global in the process: attributes of modules, classes and objects, environment, patches, threads and files."""

from __future__ import annotations

import os
import re
import socket
import sys
import threading
import types
import unittest.mock
import warnings
from typing import Any

import boto3
import botocore.session
from botocore.httpsession import URLLib3Session
from botocore.signers import RequestSigner
from moto.core.config import default_user_config
from moto.core.models import MockAWS, botocore_stubber, responses_mock
from moto.moto_api._internal import mock_random

PACKAGES = (
    *("aiohttp", "asyncio", "boto3", "botocore", "http", "httpx", "logging", "mock_jobs", "moto", "requests", "responses"),
    *("s3transfer", "selectors", "socket", "ssl", "subprocess", "time", "unittest", "urllib", "urllib3", "uuid", "warnings"),
)
"""Packages whose modules are looked at, if they are imported."""

MAY_CHANGE = (
    # Counts and caches of Python and botocore
    r".*\.__(slotnames|annotations|annotations_cache|non_callable_proto_members)__",
    r".*\._abc_impl",
    r".*\._value2member_map_",
    r".*\.(logger|LOG|log)\._cache",
    r".*\.manager\.loggerDict",
    r"botocore\._xform_cache",
    r"urllib\.parse\._parse_cache",
    # What the package exports is imported when it is first used.
    r"mock_jobs\.\w+",
    # The plugin follows the running test.
    r"mock_jobs\.pytest_plugin\._(scopes|running|begun)",
    r"mock_jobs\.mock\._nest\._begun",
    r"mock_jobs\.reporting\.watched\._ended",
    # moto counts requests, and tracks the models of its state until it resets it.
    r".*\.ActionAuthenticatorMixin\.request_count",
    r".*\.instances_tracked",
    r".*\.model_data",
    # A reset makes a new registry, which is empty: see "responses".
    r".*\.responses_mock\._registry",
    # moto loads it again for each backend.
    r"moto\.s3\.urls\..*",
)
_MAY_CHANGE = re.compile("|".join(MAY_CHANGE))

# Most globals are of these types, which hold nothing to look into.
_PLAIN = {
    bool,
    bytes,
    int,
    str,
    types.BuiltinFunctionType,
    types.FunctionType,
    types.ModuleType,
    types.NoneType,
    types.WrapperDescriptorType,
}

Snapshot = dict[str, Any]


def patched() -> Snapshot:
    """Return the globals that all mocks change, by name."""
    # Before its first mock a process has no hook.
    hook = getattr(sys.modules.get("mock_jobs.transports.botocore_hook"), "_hook", None)
    return {
        "paces that mocks were made with": [] if hook is None else list(hook.pace_stack._overrides._entries),
        "credentials and region": {name: value for name, value in os.environ.items() if name.startswith("AWS_")},
        "default session": boto3.DEFAULT_SESSION,
        "settings of moto": dict(default_user_config),
        "nesting": (MockAWS._nested_count, MockAWS._mocks_active),
        "class of moto's mocks": dict(vars(MockAWS)),
        "stubber": dict(vars(botocore_stubber)),
        "generator of moto": dict(vars(mock_random)),
        "responses": list(responses_mock.registered()),
        "patches": list(unittest.mock._patch._active_patches),  # type: ignore[attr-defined]
        "class of sockets": dict(vars(socket.socket)),
        "class of HTTP sessions": dict(vars(URLLib3Session)),
        "class of signers": dict(vars(RequestSigner)),
        "functions of sessions": [botocore.session.create_loader, botocore.session.get_session],
    }


def snapshot() -> Snapshot:
    """Return all globals by name; containers with what they hold."""
    found = patched()
    found["environment"] = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    found["warning filters"] = list(warnings.filters)
    found["threads"] = set(threading.enumerate())
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in PACKAGES:
            for attribute, value in list(vars(module).items()):
                _note(found, f"{name}.{attribute}", value, depth=2)
    return found


def _note(found: Snapshot, path: str, value: Any, depth: int) -> None:
    kind = type(value)
    if kind in _PLAIN:
        found[path] = value
        return
    found[path] = kind.copy(value) if kind in (dict, list, set) else value
    owner = value if kind is type or isinstance(value, type) else kind
    if depth and owner.__module__.partition(".")[0] in PACKAGES and hasattr(value, "__dict__"):
        for attribute, inner in list(vars(value).items()):
            _note(found, f"{path}.{attribute}", inner, depth - 1 if owner is value else 0)


def changes(before: Snapshot, after: Snapshot) -> list[str]:
    """Return the names of what differs; a module that was imported meanwhile is no change."""
    gone = before.keys() - after.keys()
    added = [path for path in after.keys() - before.keys() if not isinstance(after[path], types.ModuleType)]
    parents = {path.rpartition(".")[0] for path in before} if added else set()
    new = [path for path in added if path.rpartition(".")[0] in parents]
    other = [
        path for path, value in before.items() if path in after and after[path] is not value and not _is_same(value, after[path])
    ]
    return sorted(path for path in [*gone, *new, *other] if not _MAY_CHANGE.fullmatch(path))


def _is_same(before: Any, after: Any) -> bool:
    if before is after:
        return True
    if type(before) is not type(after):
        return False
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(_is_same(before[key], after[key]) for key in before)
    if isinstance(before, (list, tuple)):
        return len(before) == len(after) and all(map(_is_same, before, after))
    return isinstance(before, (int, str, float, bytes, set, frozenset)) and before == after
