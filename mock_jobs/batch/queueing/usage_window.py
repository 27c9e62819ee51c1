"""The use of vCPUs inside of a window that moves with time."""

from __future__ import annotations

from collections import deque


class UsageWindow:
    """How many vCPUs were held for how long; returns the use inside of a window.

    The sum of all use over time is a line of straight pieces. The use inside of a window is the difference between two points of
    that line, so only the corners inside of the window are kept.
    """

    __slots__ = ("_corners",)

    def __init__(self) -> None:
        # (when, vCPU-milliseconds until then, vCPUs from then on)
        self._corners: deque[tuple[int, float, float]] = deque([(0, 0, 0)])

    def change(self, vcpus: float, now_ms: int) -> None:
        """Record that `vcpus` more vCPUs are held from now on, or fewer if negative."""
        at_ms, total, held = self._corners[-1]
        # The process clock may be set back; what was used stays used.
        now_ms = max(now_ms, at_ms)
        self._corners.append((now_ms, total + held * (now_ms - at_ms), held + vcpus))

    def inside(self, window_ms: int, now_ms: int) -> float:
        """Return the vCPU-milliseconds inside of the window that ends now."""
        corners = self._corners
        at_ms, total, held = corners[-1]
        now_ms = max(now_ms, at_ms)
        start_ms = now_ms - window_ms
        while len(corners) > 1 and corners[1][0] <= start_ms:
            corners.popleft()
        first_ms, before, held_then = corners[0]
        return total + held * (now_ms - at_ms) - before - held_then * max(0, start_ms - first_ms)
