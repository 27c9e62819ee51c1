"""Assertions that fail in code of the test which a world calls: they reach the test, whoever swallows what they raise."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from threading import local
from traceback import format_exception
from types import TracebackType
from typing import Final, NamedTuple, NoReturn
from weakref import WeakSet

from mock_jobs.core.errors import HIDDEN, FailedAssertionsError, UsageError, is_failure
from mock_jobs.core.process import registry_lock
from mock_jobs.core.timeline import Cause, Causes

__tracebackhide__ = HIDDEN

_MOST_SHOWN: Final = 5

_log = logging.getLogger("mock_jobs")


class Failed(NamedTuple):
    """An assertion that failed in a function.

    Attributes:
        where: What names the function and its job.
        error: What the function raised.
    """

    where: str
    error: BaseException


class Failures:
    """Assertions that failed in functions of plans, until somebody raises them.

    Args:
        causes: What is going on in the world.
    """

    def __init__(self, causes: Causes | None = None) -> None:
        self._causes = Causes() if causes is None else causes
        self._waiting: list[Failed] = []
        self._thread = local()
        with registry_lock:
            _all.add(self)

    def note(self, where: str, error: BaseException) -> None:
        """Keep a failed assertion. The call of the handle that is going on in this thread raises it, else the end of the mock.

        Args:
            where: What names the function and its job.
            error: What the function raised.
        """
        calls = self._calls
        kept = calls[-1] if calls else self._waiting
        if not any(each.error is error for each in kept):
            kept.append(Failed(where, error))

    def raised(self, call: str) -> _Call:
        """Return a context manager for a call of the handle: at its end it raises what has failed inside of it.

        Enter it with the lock of the world held.

        Args:
            call: What the timeline calls it, for example `mock.batch.step()`.
        """
        return _Call(self._calls, self._causes, Cause(call))

    def take(self) -> list[Failed]:
        """Return the failed assertions that nobody has raised, and forget them."""
        taken, self._waiting = self._waiting, []
        return taken

    @property
    def _calls(self) -> list[list[Failed]]:
        """What has failed in each call of the handle that is going on in this thread, the innermost last."""
        if not hasattr(self._thread, "calls"):
            self._thread.calls = []
        calls: list[list[Failed]] = self._thread.calls
        return calls


_all: WeakSet[Failures] = WeakSet()


def take_all() -> list[Failed]:
    """Return the failed assertions of all worlds of this process that nobody has raised, and forget them."""
    with registry_lock:
        worlds = list(_all)
    return [failed for each in worlds for failed in each.take()]


class _Call:
    def __init__(self, calls: list[list[Failed]], causes: Causes, cause: Cause) -> None:
        self._calls = calls
        self._causes = causes
        self._cause = cause

    def __enter__(self) -> None:
        self._calls.append([])
        self._before, self._causes.now = self._causes.now, self._cause

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._causes.now = self._before
        found = self._calls.pop()
        others = [each for each in found if each.error is not error]
        if len(others) < len(found):
            report(others, error)
        else:
            # That a job did not get where it should follows from the assertion.
            report(found, None if isinstance(error, UsageError) else error)


def report(failed: Sequence[Failed], error: BaseException | None) -> None:
    """Raise failed assertions; only log them if there is an error already.

    Args:
        failed: The failed assertions; may be empty.
        error: What the code of the test has raised.
    """
    if failed and error is None:
        _raise(_the_one(failed))
    for each in failed:
        if each.error is error:
            continue
        _log.warning("an assertion failed in %s, beside another error", each.where, exc_info=each.error)


def log_late(failed: Sequence[Failed]) -> None:
    """Log assertions that failed after the end of their mock, in a thread that outlived it."""
    for each in failed:
        _log.warning("an assertion failed in %s, after the end of its mock", each.where, exc_info=each.error)


def _raise(error: BaseException) -> NoReturn:
    """Raise an error with the causes that it had."""
    cause, context, suppresses = error.__cause__, error.__context__, error.__suppress_context__
    try:
        raise error
    finally:
        error.__cause__, error.__context__, error.__suppress_context__ = cause, context, suppresses


def _the_one(found: Sequence[Failed]) -> BaseException:
    """Return the failed assertion, or one error that shows all of them. A skip counts only if nothing has failed."""
    failures = [each for each in found if is_failure(each.error)]
    if len(failures) <= 1:
        return (failures or found)[0].error
    lines = [f"{len(failures)} assertions failed in functions of the test"]
    for number, (where, error) in enumerate(failures[:_MOST_SHOWN], 1):
        lines.append(f"{number}. In {where}\n{''.join(format_exception(type(error), error, error.__traceback__))}")
    if failures[_MOST_SHOWN:]:
        lines.append(f"and {len(failures) - _MOST_SHOWN} more, see the attribute `errors`")
    return FailedAssertionsError("\n".join(lines), tuple(each.error for each in failures))
