"""What is raised when the API of this library itself is used wrongly.

Errors that the emulated services answer are another kind: see `mock_jobs.core.service_base`.
"""

from __future__ import annotations

from operator import methodcaller


class UsageError(Exception):
    """Base of all errors about the use of mock_jobs itself, raised at the call that is wrong."""


class UsageTypeError(UsageError, TypeError):
    """An argument has the wrong type."""


class UsageValueError(UsageError, ValueError):
    """An argument has the right type and a value that cannot be served."""


class UsageNameError(UsageError, AttributeError):
    """There is nothing with this name."""


class NotActiveError(UsageError, RuntimeError):
    """The call needs an active mock and none is active."""


class UnmockedRequestError(UsageError):
    """A request to AWS was stopped: neither mock_jobs nor moto answers it."""


class DroppedEventsWarning(UserWarning):
    """The events of a mock were read after older ones had been dropped."""


class UndeliveredEventWarning(UserWarning):
    """An event did not reach the target of an EventBridge rule: the target cannot be reached, or its kind is not emulated."""


# A module that says `__tracebackhide__ = HIDDEN` has no frames in pytest's report of a usage error, so that the report ends
# at the call that was wrong. All other errors keep theirs.
HIDDEN = methodcaller("errisinstance", UsageError)
