"""The mocks and servers that are active in a test of pytest, and those that have just ended, for the report if the test fails."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from mock_jobs.core.process import registry_lock
from mock_jobs.reporting.snapshot import Snapshot, snapshot

if TYPE_CHECKING:
    from mock_jobs.core.world import World

_MOST_ENDED: Final = 3
_PATIENCE_S: Final = 1.0

# Returns the worlds of a mock or server, each with its name.
Worlds = Callable[[], Iterable[tuple[str, "World"]]]

_active: dict[object, Worlds] = {}
_ended: deque[Snapshot] = deque(maxlen=_MOST_ENDED)


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
    if worlds is not None and "PYTEST_CURRENT_TEST" in os.environ:
        _ended.extend(_shots(worlds()))


def text() -> str:
    """Return what the active mocks and servers hold, and what those held that ended in this test; empty for nothing."""
    from mock_jobs.reporting import failure  # noqa: PLC0415 - only reports need it

    with registry_lock:
        active = list(_active.values())
    shots = [*_ended, *_shots(pair for worlds in active for pair in worlds())]
    return "\n\n".join("\n".join(lines) for shot in shots if (lines := failure.lines(shot)))


def forget() -> None:
    """Forget what has ended: another test begins."""
    _ended.clear()


def _shots(worlds: Iterable[tuple[str, World]]) -> list[Snapshot]:
    found = []
    for called, world in worlds:
        # The failure of a test may leave a thread behind that holds the lock.
        if world.lock.acquire(timeout=_PATIENCE_S):
            try:
                found.append(snapshot(world, called))
            finally:
                world.lock.release()
    return found
