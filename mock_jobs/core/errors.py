"""Errors for wrong use of mock_jobs itself.

Errors that the emulated services answer are `AwsError` of `mock_jobs.core.service_base`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from traceback import walk_stack, walk_tb
from types import FrameType
from typing import Any


class UsageError(Exception):
    """Base of all errors for wrong use of mock_jobs itself, raised by the call that is wrong."""


class UsageTypeError(UsageError, TypeError):
    """An argument has the wrong type."""


class UsageValueError(UsageError, ValueError):
    """An argument has the right type and an impossible value."""


class UsageNameError(UsageError, AttributeError):
    """There is no setting with this name."""


class NotActiveError(UsageError, RuntimeError):
    """The call needs an active mock, or a running server, and there is none."""


class UnmockedRequestError(UsageError):
    """A request to AWS that neither mock_jobs nor moto answers was stopped.

    Where another client than botocore looks the host up, the error is a `socket.gaierror` as well.
    """


class NotImplementedByMotoError(UnmockedRequestError, NotImplementedError):
    """moto, which answers this service, does not implement the operation, or not the part of it that the request needs."""


class EndlessLoopError(UsageError, RuntimeError):
    """Jobs cause one another without end: rules of EventBridge or functions of plans submit jobs again and again.

    Raised by the call during which it happens: one that moves the clock or jobs, or any request. The text names the loop. Its
    last submission was refused, which has ended it; what happened before stays.
    """


class EndlessSleepError(UsageError, RuntimeError):
    """Code sleeps again and again, sleeps are skipped, and meanwhile no job and no execution changes.

    Raised by the sleep that follows 1,000 such sleeps, or up to 10,000 while something is due soon. The text names the pace and
    the jobs that wait. If code swallows it again and again, the
    end of the mock raises it too, and what comes after 100 times is no `Exception`.
    """


class FailedAssertionsError(AssertionError):
    """Several assertions failed in functions of plans. The text shows each one with its traceback.

    Args:
        text: The text.
        errors: The failed assertions.

    Attributes:
        errors: The failed assertions, in the order in which they failed.
    """

    def __init__(self, text: str, errors: tuple[BaseException, ...] = ()) -> None:
        super().__init__(text)
        self.errors = errors


class UnusedError(AssertionError):
    """A test has set up plans, faults or refusals that nothing used. The text says for each what came instead.

    Raised when the mock ends. In a fixture of pytest that is the teardown of the test.

    Args:
        text: The text.
        setups: The plans, faults and refusals.

    Attributes:
        setups: The plans, faults and refusals that were not used, faults first, then in the order in which they were set up.
    """

    def __init__(self, text: str, setups: tuple[object, ...] = ()) -> None:
        super().__init__(text)
        self.setups = setups


class MockJobsWarning(UserWarning):
    """Something will not happen in the mock that would happen on AWS. Base of all warnings of mock_jobs."""


class DroppedEventsWarning(MockJobsWarning):
    """`mock.events` was read after older events had been discarded."""


class UndeliveredEventWarning(MockJobsWarning):
    """An event did not reach the target of an EventBridge rule: moto cannot reach the target, or does not emulate its kind."""


class UnusedWarning(MockJobsWarning):
    """Plans, faults or refusals were not used in a mock that lasted longer than one test, so that no single test is to blame."""


def is_verdict(error: BaseException) -> bool:
    """Return whether an exception says what becomes of the test: a failed assertion, or a failure or skip of pytest."""
    pytest, unittest = sys.modules.get("pytest"), sys.modules.get("unittest")
    outcomes = () if pytest is None else (pytest.fail.Exception, pytest.skip.Exception)
    skips = () if unittest is None else (unittest.SkipTest,)
    if isinstance(error, (AssertionError, *outcomes, *skips)):
        return True
    # A group, as task groups raise it; older Pythons have a package for it.
    return hasattr(error, "subgroup") and any(map(is_verdict, getattr(error, "exceptions", ())))


def is_failure(error: BaseException) -> bool:
    """Return whether a verdict says that the test has failed, and neither that it is skipped nor expected to fail."""
    pytest, unittest = sys.modules.get("pytest"), sys.modules.get("unittest")
    others = () if pytest is None else (pytest.skip.Exception, pytest.xfail.Exception)
    skips = () if unittest is None else (unittest.SkipTest,)
    return not isinstance(error, (*others, *skips))


def ends_the_run(error: BaseException) -> bool:
    """Return whether an exception ends the whole process, or the run of pytest."""
    pytest = sys.modules.get("pytest")
    exits = () if pytest is None else (pytest.exit.Exception,)
    return isinstance(error, exits) or not (isinstance(error, Exception) or is_verdict(error))


def level_outside() -> int:
    """Return the `stacklevel`, for a warning of the caller, of the nearest code that belongs neither to mock_jobs nor to moto."""
    frames = enumerate(walk_stack(sys._getframe(1)), 1)  # noqa: SLF001 - as warnings does
    return next((level for level, (frame, _) in frames if not _is_inside(frame)), 1)


def place_outside() -> str:
    """Return file and line of the nearest code that belongs neither to mock_jobs nor to moto."""
    frames = walk_stack(sys._getframe(1))  # noqa: SLF001 - as above
    found = next(((frame.f_code.co_filename, line) for frame, line in frames if not _is_inside(frame)), ("unknown", 0))
    return f"{Path(found[0]).name}:{found[1]}"


def _is_inside(frame: FrameType) -> bool:
    # A dataclass makes its methods in no file.
    name = frame.f_globals.get("__name__", "").partition(".")[0]
    return name in ("mock_jobs", "moto") or frame.f_code.co_filename.startswith("<")


def _is_of_the_test(info: Any) -> bool:
    """Return whether the test has caused an error: it called us wrongly, or its own assertion failed in a function that we called."""
    if isinstance(info.value, (UsageError, FailedAssertionsError, UnusedError)):
        return True
    if not is_verdict(info.value):
        return False
    *_, (frame, _) = walk_tb(info.tb)
    return not frame.f_globals.get("__name__", "").startswith("mock_jobs.")


# pytest hides the frames of modules with `__tracebackhide__ = HIDDEN` in the report of such an error, so that the report shows
# the lines of the test. It shows them for all other errors.
HIDDEN = _is_of_the_test
