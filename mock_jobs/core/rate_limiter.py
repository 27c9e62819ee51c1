"""Rates: how many calls per second a service accepts."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mock_jobs.core.world_clock import WorldClock

_SECOND_MS = 1000


class RateLimiter:
    """Counts the calls of the last second by kind, on the world's clock."""

    __slots__ = ("_allowed", "_clock")

    def __init__(self, clock: WorldClock) -> None:
        self._clock = clock
        self._allowed: dict[str, deque[int]] = {}

    def allows(self, kind: str, per_second: int | None) -> bool:
        """Return whether one more call is accepted; a call that is not accepted is not counted.

        That AWS uses a sliding second is inferred.

        Args:
            kind: Calls of the same kind are counted together.
            per_second: How many calls of this kind are accepted within any second; None means no limit.
        """
        if per_second is None:
            return True
        now_ms = self._clock.now_ms
        allowed = self._allowed.setdefault(kind, deque())
        # If the clock was set back, calls in the future are removed too.
        while allowed and not now_ms - _SECOND_MS < allowed[0] <= now_ms:
            allowed.popleft()
        if len(allowed) >= per_second:
            return False
        allowed.append(now_ms)
        return True
