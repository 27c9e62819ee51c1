"""Errors for wrong use of mock_jobs itself.

Errors that the emulated services answer are `AwsError` of `mock_jobs.core.service_base`.
"""

from __future__ import annotations

from operator import methodcaller


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


class MockJobsWarning(UserWarning):
    """Something will not happen in the mock that would happen on AWS. Base of all warnings of mock_jobs."""


class DroppedEventsWarning(MockJobsWarning):
    """`mock.events` was read after older events had been discarded."""


class UndeliveredEventWarning(MockJobsWarning):
    """An event did not reach the target of an EventBridge rule: moto cannot reach the target, or does not emulate its kind."""


# pytest hides the frames of modules with `__tracebackhide__ = HIDDEN` in the report of a usage error, so that the report ends
# at the call that was wrong. It shows them for all other errors.
HIDDEN = methodcaller("errisinstance", UsageError)
