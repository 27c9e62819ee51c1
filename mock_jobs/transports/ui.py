"""The page of a server for eyes, `GET /mock-jobs-api/ui`, and what it asks for, `GET /mock-jobs-api/ui/data`.

Both only read: they make no world for an account, are no calls, and let no time pass.
"""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from mock_jobs.core.call_log import CallLog
from mock_jobs.core.events import EventLog
from mock_jobs.core.timeline import Causes, ChangeLog
from mock_jobs.core.world_clock import WorldClock
from mock_jobs.reporting.page import page_of_server, policy
from mock_jobs.reporting.snapshot import Snapshot, content, snapshot
from mock_jobs.wire.http import Answer

if TYPE_CHECKING:
    from mock_jobs.transports.worlds import Worlds

# A page that was open before must not take what it has for that of a new server.
_PROCESS: Final = uuid4().hex


@cache
def page() -> Answer:
    """Return the page. It is the same for all accounts."""
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": policy("'self'") + "; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Answer(HTTPStatus.OK, headers, page_of_server().encode())


def data(worlds: Worlds, account: str, seen: str) -> Answer:
    """Return what the page shows of an account; without `content` if nothing has changed.

    Args:
        worlds: The worlds of the server.
        account: Account id; an account that no request has used is empty.
        seen: The `version` of the content that the page has; empty if it has none.
    """
    world = worlds.find(account)
    if world is None:
        answered = _shown(_nothing(account), 0, seen)
    else:
        with world.lock:
            answered = _shown(snapshot(world, _called(account)), world.resets, seen)
    answered.update(account=account, accounts=worlds.accounts())
    headers = {"Content-Type": "application/json", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    return Answer(HTTPStatus.OK, headers, json.dumps(answered).encode())


def _called(account: str) -> str:
    return f"account {account}"


def _nothing(account: str) -> Snapshot:
    return Snapshot(_called(account), WorldClock().now_ms, (), (), CallLog(), EventLog(), ChangeLog(Causes()))


def _shown(shot: Snapshot, resets: int, seen: str) -> dict[str, object]:
    version = _version_of(shot, resets)
    shown: dict[str, object] = {"now_ms": shot.now_ms, "version": version}
    if seen != version:
        shown["content"] = content(shot)
    return shown


def _version_of(shot: Snapshot, resets: int) -> str:
    """Return a text that is another one when the page would look different, its clock apart.

    It is made of counters, since tests wait while the page asks.
    """
    census = [each.census() for each in shot.backends]
    counters = (_PROCESS, shot.called, resets, shot.changes.total, shot.calls.total, shot.events.total, shot.conditions, census)
    return sha256(repr(counters).encode()).hexdigest()[:16]
