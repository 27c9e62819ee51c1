"""What there is once in a process: the locks beside that of the worlds, and what keeps a forked child from waiting for ever."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from threading import RLock, local
from time import monotonic
from typing import Any, Final
from weakref import WeakMethod

start_lock: Final = RLock()
"""Held while a mock starts or stops, since that changes botocore, moto and the environment for all threads.

A thread that holds it may take any other lock, never the other way round.
"""

registry_lock: Final = RLock()
"""Held for a moment while somebody begins or ends to listen (to moto's services, to what a function prints), or a world is made.

A thread that holds it takes no other lock.
"""

FORK_PATIENCE_S: Final = 5.0
"""How long a fork waits for threads that are inside a request, in seconds."""

# Modules that call code of the test, with no state of a world in their hands
_OUTSIDE: Final = ("mock_jobs.mock", __name__)


class _Forks:
    """Forks only while no other thread is amid a change of state.

    If such a thread does not come to an end in time, because it waits for the one that forks, the child gets new locks.

    Args:
        locks: In the order in which threads take them.
    """

    def __init__(self, locks: tuple[Any, ...]) -> None:
        self._locks = locks
        self._own = local()
        self.in_child: list[WeakMethod[Callable[[], None]]] = []

    def before(self) -> None:
        until = monotonic() + FORK_PATIENCE_S
        self._own.held = [lock for lock in self._locks if lock.acquire(timeout=max(0.0, until - monotonic()))]

    def after_in_parent(self) -> None:
        for lock in reversed(self._own.held):
            lock.release()

    def after_in_child(self) -> None:
        for lock in reversed(self._locks):
            if any(lock is each for each in self._own.held):
                lock.release()
            else:
                lock._at_fork_reinit()  # noqa: SLF001 - as the threading module does with its own locks
        if not _is_inside():
            for method in self.in_child:
                act = method()
                if act is not None:
                    act()


def _is_inside() -> bool:
    """Return whether this thread is inside a request, or another call that changes a world."""
    frame: Any = sys._getframe()  # noqa: SLF001 - the documented way to the callers
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name.startswith("mock_jobs.") and name not in _OUTSIDE:
            return True
        frame = frame.f_back
    return False


@cache
def _forks(locks: tuple[Any, ...]) -> _Forks:
    forks = _Forks(locks)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=forks.before, after_in_parent=forks.after_in_parent, after_in_child=forks.after_in_child)
    return forks


def survive_forks(locks: tuple[Any, ...], in_child: Callable[[], None]) -> None:
    """Keep a child usable, with a copy of the state, that is forked while other threads make requests.

    Args:
        locks: Locks of moto that such threads take, in their order. The same ones in every call.
        in_child: A method to call in the child if no state is in the hands of the thread that forks. It is kept weakly.
    """
    forks = _forks((start_lock, *locks, registry_lock))
    forks.in_child = [method for method in forks.in_child if method() is not None]
    forks.in_child.append(WeakMethod(in_child))
