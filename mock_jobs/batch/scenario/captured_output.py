"""Capture what a function prints in place of a container, in its own thread only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import local
from typing import Any, Final

from mock_jobs.core.process import registry_lock

Say = Callable[[str], None]

_NAMES: Final = ("stdout", "stderr")


class _Lines:
    """Joins printed pieces of text into lines."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._begun = ""

    def write(self, text: str) -> None:
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            self._say(line)

    def end(self) -> None:
        self._say(self._begun)
        self._begun = ""


class _Caught(local):
    """Where the output of this thread goes, by stream; innermost function last."""

    def __init__(self) -> None:
        self.by_name: dict[str, list[_Lines]] = {name: [] for name in _NAMES}


_caught = _Caught()


class _Switch:
    """Replaces `sys.stdout` or `sys.stderr`; threads that run no function still print to the original."""

    def __init__(self, name: str, original: Any) -> None:
        self._name = name
        self._original = original

    def write(self, text: str) -> int:
        catching = _caught.by_name[self._name]
        if catching:
            catching[-1].write(text)
        else:
            self._original.write(text)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)


class _Switches:
    """Installs the switches while any thread needs them.

    Threads may end in any order, which `redirect_stdout` does not support.
    """

    def __init__(self) -> None:
        self._users = 0
        self._installed: dict[str, tuple[_Switch, Any]] = {}

    def enter(self) -> None:
        with registry_lock:
            self._users += 1
            if self._users == 1:
                for name in _NAMES:
                    original = getattr(sys, name)
                    switch = _Switch(name, original)
                    self._installed[name] = switch, original
                    setattr(sys, name, switch)

    def leave(self) -> None:
        with registry_lock:
            self._users -= 1
            if not self._users:
                for name, (switch, original) in self._installed.items():
                    # Otherwise other code has replaced the switch since, and will restore the stream.
                    if getattr(sys, name) is switch:
                        setattr(sys, name, original)


_switches = _Switches()


@contextmanager
def caught(say: Say) -> Iterator[None]:
    """Send what this thread prints, to standard output or standard error, to `say` line by line inside the `with` block."""
    catchers = {name: _Lines(say) for name in _NAMES}
    _switches.enter()
    for name, lines in catchers.items():
        _caught.by_name[name].append(lines)
    try:
        yield
    finally:
        for name, lines in catchers.items():
            _caught.by_name[name].remove(lines)
            lines.end()
        _switches.leave()
