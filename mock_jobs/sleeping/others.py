"""The other threads of the process: wait until they have done what they can do for now."""

from __future__ import annotations

import sys
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from pathlib import Path
from types import FrameType
from typing import Final

# What stays at one place for so many looks waits for something.
_LOOKS: Final = 4
_INTERVAL_S: Final = 0.0005
# How many looks to take while threads go on, or may only wait for their turn: 0.2 s
_MOST_LOOKS: Final = 400
# Functions of Python in which threads wait for one another, or for the network
_WAITING: Final = {
    "queue.py": {"get", "put"},
    "selectors.py": {"select"},
    "socket.py": {"accept", "readinto"},
    "thread.py": {"_worker"},
    "threading.py": {"_wait_for_tstate_lock", "join", "wait"},
}

_Place = tuple[int, int]


class OtherThreads:
    """Waits for the other threads.

    Whether a thread waits cannot be asked, so this looks where it is, and looks again. Places where a thread once stayed for all
    looks are remembered.

    Args:
        sleep: Sleeps in real time.
    """

    def __init__(self, sleep: Callable[[float], object]) -> None:
        self._sleep = sleep
        self._stayed: dict[int, _Place] = {}

    def settle(self, asleep: Callable[[], AbstractSet[int]], awake: Callable[[], AbstractSet[int]]) -> None:
        """Wait until no other thread goes on, for 0.2 s at most. Return at once if there is no other thread.

        Args:
            asleep: Returns the threads that do not count: this one, and those that wait for it.
            awake: Returns the threads that were woken and have not gone on.
        """
        places, all_wait = self._look(asleep())
        stayed, unchanged = dict(places), 0
        for _ in range(_MOST_LOOKS):
            if unchanged == _LOOKS or not places:
                return
            self._sleep(_INTERVAL_S)
            before, (places, all_wait) = places, self._look(asleep())
            unchanged = unchanged + 1 if places == before and all_wait and awake().isdisjoint(places) else 0
            stayed = {thread: place for thread, place in stayed.items() if places.get(thread) == place}
        self._stayed = stayed

    def _look(self, asleep: AbstractSet[int]) -> tuple[dict[int, _Place], bool]:
        """Return where each thread is, and whether each of them waits there."""
        frames = sys._current_frames()  # noqa: SLF001 - the documented way to the threads
        places = {thread: (id(frame), frame.f_lasti) for thread, frame in frames.items() if thread not in asleep}
        # Who has moved on since is to stay again; places are used again.
        self._stayed = {thread: place for thread, place in self._stayed.items() if places.get(thread) == place}
        all_wait = all(self._stayed.get(thread) == place or _is_waiting(frames[thread]) for thread, place in places.items())
        return places, all_wait


def _is_waiting(frame: FrameType) -> bool:
    """Return whether a thread is in a function that waits, and what it waits for has not come."""
    code = frame.f_code
    if code.co_name not in _WAITING.get(Path(code.co_filename).name, ()):
        return False
    inside = frame.f_locals
    if code.co_name == "wait":
        # A condition, whose `notify` removes it from those that wait; other functions of this name wait by one.
        return inside.get("waiter") in getattr(inside.get("self"), "_waiters", ()) and not _is_starting_another(frame)
    if "work_queue" in inside:
        return bool(inside["work_queue"].empty())
    loop = None if code.co_name != "select" or frame.f_back is None else frame.f_back.f_locals.get("self")
    return not getattr(loop, "_ready", None)


def _is_starting_another(frame: FrameType) -> bool:
    """Return whether a thread waits for one that it has started, and that has not begun: that one has no place yet."""
    caller = frame.f_back and frame.f_back.f_back
    return caller is not None and caller.f_code.co_name == "start" and "_started" in caller.f_code.co_names
