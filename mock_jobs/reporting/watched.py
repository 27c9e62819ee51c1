"""The mocks and servers that are active in a test of pytest, and those that have just ended, for the report if the test fails."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Final

from mock_jobs.core.process import registry_lock
from mock_jobs.reporting.snapshot import Snapshot, snapshot

if TYPE_CHECKING:
    from mock_jobs.core.timeline import ChangeLog
    from mock_jobs.core.world import World

_MOST_WORLDS: Final = 3
_MOST_UNUSED: Final = 5
_MOST_ENDED: Final = 5
_PATIENCE_S: Final = 1.0

# Returns the worlds of a mock or server, each with its name.
Worlds = Callable[[], Iterable[tuple[str, "World"]]]

_active: dict[object, Worlds] = {}
# By their changes: one state, even if several mocks have ended on it
_ended: dict[ChangeLog, Snapshot] = {}


def begin(owner: object, worlds: Worlds) -> None:
    """Watch a mock or server from now on.

    Args:
        owner: The mock or server.
        worlds: Returns its worlds.
    """
    with registry_lock:
        _active[owner] = worlds


def end(owner: object) -> None:
    """Stop watching a mock or server, whose state is still there. Does nothing if it is not watched."""
    with registry_lock:
        worlds = _active.pop(owner, None)
    # pytest sets it for each phase of a test.
    if worlds is None or "PYTEST_CURRENT_TEST" not in os.environ:
        return
    for called, world in islice(worlds(), _MOST_WORLDS):
        with _held(world):
            unused = [each.unused_text() for each in world.unused()[:_MOST_UNUSED]]
            # The state of a decorated class outlasts the mock of its set-up. What is there last says more.
            _ended[world.changes] = snapshot(world, called, unused)
    for oldest in list(_ended)[:-_MOST_ENDED]:
        del _ended[oldest]


def text() -> str:
    """Return what the active mocks and servers hold, and what those held that ended in this test; empty for nothing."""
    from mock_jobs.reporting import failure  # noqa: PLC0415 - only reports need it

    with registry_lock:
        active = [pair for worlds in _active.values() for pair in islice(worlds(), _MOST_WORLDS)]
    current = [world.changes for _, world in active]
    found = [failure.lines(shot) for changes, shot in _ended.items() if changes not in current]
    for called, world in active:
        with _held(world):
            unused = [each.unused_text() for each in world.unused()[:_MOST_UNUSED]]
            found.append(failure.lines(snapshot(world, called, unused)))
    return "\n\n".join("\n".join(lines) for lines in found if lines)


def forget() -> None:
    """Forget what has ended: another test begins."""
    _ended.clear()


@contextmanager
def _held(world: World) -> Iterator[None]:
    """Hold the lock of a world, unless a thread that the test left behind keeps it."""
    has_lock = world.lock.acquire(timeout=_PATIENCE_S)
    try:
        yield
    finally:
        if has_lock:
            world.lock.release()
