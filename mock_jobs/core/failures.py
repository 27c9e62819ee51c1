"""Assertions that fail in code of the test which a world calls: they reach the test, whoever swallows what they raise."""

from __future__ import annotations

import logging
from threading import local
from traceback import format_exception
from types import TracebackType

from mock_jobs.core.errors import HIDDEN, FailedAssertionsError, UsageError

__tracebackhide__ = HIDDEN

_log = logging.getLogger("mock_jobs")


class Failures:
    """Assertions that failed in functions of plans, until somebody raises them."""

    def __init__(self) -> None:
        self._waiting: list[BaseException] = []
        self._thread = local()

    def note(self, error: BaseException) -> None:
        """Keep a failed assertion. The call of the handle that is going on in this thread raises it, else the end of the mock."""
        calls = self._calls
        kept = calls[-1] if calls else self._waiting
        if not any(each is error for each in kept):
            kept.append(error)

    def raised(self) -> _Call:
        """Return a context manager for a call of the handle: at its end it raises what has failed inside of it."""
        return _Call(self._calls)

    def take(self) -> list[BaseException]:
        """Return the failed assertions that nobody has raised, and forget them."""
        taken, self._waiting = self._waiting, []
        return taken

    @property
    def _calls(self) -> list[list[BaseException]]:
        """What has failed in each call of the handle that is going on in this thread, the innermost last."""
        if not hasattr(self._thread, "calls"):
            self._thread.calls = []
        calls: list[list[BaseException]] = self._thread.calls
        return calls


class _Call:
    def __init__(self, calls: list[list[BaseException]]) -> None:
        self._calls = calls

    def __enter__(self) -> None:
        self._calls.append([])

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        found = self._calls.pop()
        # That a job did not get where it should follows from the assertion.
        if found and (error is None or isinstance(error, UsageError)):
            raise _the_one(found) from None


def report(failed: list[BaseException], error: BaseException | None) -> None:
    """Raise failed assertions at the end of a mock or a server; only log them if there is an error already.

    Args:
        failed: The failed assertions; may be empty.
        error: What the code of the test has raised.
    """
    if failed and error is None:
        raise _the_one(failed)
    for each in failed:
        _log.warning("an assertion failed in the function of a plan, beside the error of the test", exc_info=each)


def _the_one(found: list[BaseException]) -> BaseException:
    """Return the failed assertion, or one error that shows all of them."""
    if len(found) == 1:
        return found[0]
    shown = [
        f"{number}. {''.join(format_exception(type(each), each, each.__traceback__))}" for number, each in enumerate(found, 1)
    ]
    return FailedAssertionsError("\n".join([f"{len(found)} assertions failed in functions of plans", *shown]), tuple(found))
