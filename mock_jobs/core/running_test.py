"""What the test runner says about the test that is running: which one it is, and what has become of it so far."""

from __future__ import annotations

import sys
import unittest
from typing import Any, Final, NamedTuple

_PLUGIN: Final = "mock_jobs.pytest_plugin"


class Place(NamedTuple):
    """Where in a run of tests something happens.

    Attributes:
        test: Stands for the running test. Between tests, how many have begun. Equal only to itself.
        is_wide: Whether this is the set-up of a fixture that may outlast the test.
    """

    test: object
    is_wide: bool


def place() -> Place:
    """Return where in a run of pytest the caller is. Outside of pytest it is always the same place."""
    plugin: Any = sys.modules.get(_PLUGIN)
    return Place(None, is_wide=False) if plugin is None else Place(plugin.running_test(), plugin.is_in_wide_fixture())


def is_excused() -> bool:
    """Return whether the running test has failed, was skipped, or is expected to fail, so that it needs no further error."""
    plugin: Any = sys.modules.get(_PLUGIN)
    return (plugin is not None and plugin.is_excused()) or _is_excused_by_unittest()


def _is_excused_by_unittest() -> bool:
    case = _running_case()
    if case is None:
        return False
    method = getattr(case, case._testMethodName)  # noqa: SLF001 - unittest has no public way to ask
    return _has_not_passed(case) or any(getattr(each, "__unittest_expecting_failure__", False) for each in (case, method))


def _has_not_passed(case: Any) -> bool:
    """Return whether a test of unittest has failed or was skipped, in the part that is running or in one before."""
    outcome = case._outcome  # noqa: SLF001
    result = outcome.result
    # Python 3.10 keeps the errors until the test has ended, and pytest keeps them in its own way.
    lists = (getattr(result, "errors", ()), getattr(result, "failures", ()), getattr(outcome, "errors", ()))
    before = any(test is case and error is not None for each in lists for test, error in each)
    return before or not outcome.success or bool(getattr(result, "_excinfo", None))


def _running_case() -> Any:
    """Return the test of unittest that runs in this thread, or None."""
    frame: Any = sys._getframe()  # noqa: SLF001 - the documented way to the callers
    while frame is not None:
        if frame.f_code is unittest.TestCase.run.__code__:
            return frame.f_locals["self"]
        frame = frame.f_back
    return None
