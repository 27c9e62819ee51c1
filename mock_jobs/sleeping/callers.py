"""Who calls a function that is replaced: the code under test, an installed package, or code that keeps real time."""

from __future__ import annotations

import os
from pathlib import Path
from types import FrameType
from typing import Final

TESTED: Final = ""
"""The code under test, and the test itself: all that is neither installed nor part of Python."""

_PYTHON: Final = f"{Path(os.__file__).parent}{os.sep}"
_OURS: Final = f"{Path(__file__).parent.parent}{os.sep}"
_INSTALLED: Final = tuple(f"{os.sep}{folder}{os.sep}" for folder in ("site-packages", "dist-packages"))
_TOOLS: Final = frozenset(
    {"_pytest", "coverage", "execnet", "freezegun", "hypothesis", "pluggy", "pytest", "time_machine", "xdist"}
)
# Modules of Python that call what they were given, and never sleep or read the time by these functions themselves
_CALLING_FOR_OTHERS: Final = frozenset({"asyncio.events", "concurrent.futures.thread", "functools", "sched", "threading"})

_known: dict[tuple[str, str], str | None] = {}


def caller_of(frame: FrameType) -> str | None:
    """Return who calls: `TESTED`, the name of an installed package, or None for code that keeps real time.

    Real time is for Python's standard library, pytest and its plugins, other tools of tests, and mock_jobs.
    """
    key = frame.f_code.co_filename, frame.f_globals.get("__name__") or ""
    try:
        return _known[key]
    except KeyError:
        return _known.setdefault(key, _find(*key))


def _find(file: str, module: str) -> str | None:
    if is_ours(file):
        return None
    if is_installed(file):
        return None if is_of_a_tool(module) else module.partition(".")[0]
    if is_of_python(file):
        return TESTED if module in _CALLING_FOR_OTHERS else None
    return TESTED


def is_of_a_tool(module: str) -> bool:
    """Return whether a module, by its name, is part of pytest, of a plugin of it, or of another tool of tests."""
    package = module.partition(".")[0]
    return package in _TOOLS or package.startswith("pytest_")


def is_installed(file: str) -> bool:
    """Return whether a file belongs to an installed package."""
    return any(folder in file for folder in _INSTALLED)


def is_of_python(file: str | None) -> bool:
    """Return whether a file is part of Python itself; modules without a file are."""
    return file is None or (file.startswith((_PYTHON, "<frozen ")) and not is_installed(file))


def is_ours(file: str) -> bool:
    """Return whether a file is part of mock_jobs."""
    return file.startswith(_OURS)
