"""One line about a world, for `repr`: a failed test shows it, and a debugger."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mock_jobs.core.service_base import Backend

if TYPE_CHECKING:
    from mock_jobs.core.world import World

_PATIENCE_S = 0.1


def counts(world: World, service: str = "") -> list[str]:
    """Return how many records there are of each kind and status, for example `Batch jobs: 2 FAILED, 1 RUNNABLE`.

    Args:
        world: The world. If another thread changes it for longer than 0.1 s, nothing is counted.
        service: `Batch` or `IoT`, to count only what this service keeps.
    """
    if not world.lock.acquire(timeout=_PATIENCE_S):
        return ["busy"]
    try:
        total: dict[str, Counter[str]] = {}
        for store in world.stores(Backend):  # type: ignore[type-abstract]  # of all services
            for name, by_status in store.census().items():
                total.setdefault(name, Counter()).update(by_status)
    finally:
        world.lock.release()
    found = []
    for name, by_status in total.items():
        shown = ", ".join(f"{number} {status}" for status, number in by_status.items() if number)
        if shown and name.startswith(service):
            found.append(f"{name}: {shown}")
    return found
