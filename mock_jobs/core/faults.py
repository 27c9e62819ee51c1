"""Faults: errors that a test injects into operations, of those that AWS documents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mock_jobs.core.argument_checks import check_flag, check_text, check_whole
from mock_jobs.core.errors import HIDDEN, UsageTypeError, UsageValueError

if TYPE_CHECKING:
    from threading import RLock

__tracebackhide__ = HIDDEN

_LOWEST_STATUS, _HIGHEST_STATUS = 400, 599


@dataclass(slots=True, eq=False)
class Fault:
    """An error that the next requests of an operation get.

    Attributes:
        service: Its name in boto3, for example `iot-jobs-data`.
        operation: Its name in the API, for example `CancelJob`.
        code: The code of the error.
        status: Its HTTP status.
        message: Its message.
        times: How many more requests get it, counted down; None means all, until the fault is removed.
        after: How many requests pass before that, counted down.
        optional: Whether a test may leave it unused.
        used: How many requests have got it.
    """

    service: str
    operation: str
    code: str
    status: int
    message: str
    times: int | None
    after: int = 0
    optional: bool = field(default=False, repr=False)
    used: int = field(default=0, repr=False)
    _faults: Faults | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The call that made it, in short."""
        return f"fault({self.service!r}, {self.operation!r}, {self.code!r})"

    @property
    def is_unused(self) -> bool:
        """Whether no request has got it, although it is not optional."""
        return not (self.used or self.optional)

    def unused_text(self) -> str:
        """Return its name, and that no request has got it."""
        return f"{self.name} met no request"

    def remove(self) -> None:
        """Take it back."""
        if self._faults is not None:
            self._faults.remove(self)


@dataclass(frozen=True, slots=True)
class DeclaredError:
    """An error that an operation documents: its HTTP status and the text of the service model."""

    status: int
    message: str


# (service, operation) -> (the operation's name in the model, its errors by code); raises UsageValueError for unknown names
Declared = Callable[[str, str], tuple[str, dict[str, DeclaredError]]]


class Faults:
    """The faults of one world, `mock.faults`. They act below botocore's retries: each HTTP request counts.

    `len(mock.faults)` is the number of faults that still wait. A reset removes them all.
    """

    def __init__(self, declared: Declared, lock: RLock) -> None:
        self._declared = declared
        self._lock = lock
        self._waiting: dict[tuple[str, str], list[Fault]] = {}
        self._added: list[Fault] = []

    def add(
        self,
        service: str,
        operation: str,
        code: str,
        *,
        times: int | None = 1,
        after: int = 0,
        message: str | None = None,
        force: bool = False,
        status: int | None = None,
        optional: bool = False,
    ) -> Fault:
        """Make the next requests of an operation answer an error; they change nothing.

        If several faults wait for one operation, the one added first answers until it is used up. One with `after` lets the
        others answer until its turn has come.

        Args:
            service: `iot`, `iot-jobs-data` or `batch`.
            operation: Its name in boto3 or in the API: `cancel_job` or `CancelJob`.
            code: One of the errors that the operation documents, for example `ThrottlingException`, or that all services of AWS
                may answer: `AccessDeniedException`, `ExpiredTokenException`, `UnrecognizedClientException`, `InternalFailure`,
                `ServiceUnavailable`, `RequestExpired` and others.
            times: How many requests get the error; None means all, until `remove` or `clear`. botocore retries throttling
                and server errors, and each retry counts.
            after: How many requests of the operation pass before.
            message: Message of the error; None means the text of its documentation.
            force: Take any code. Needs `status`.
            status: HTTP status of a code that is forced, 400 to 599.
            optional: Whether the test may leave it unused.

        Returns:
            The fault: hand it to `remove`, or read from `times` how many requests are left.

        Raises:
            UsageValueError: The service, the operation, `times`, `after` or `status` is impossible, or AWS documents no such code
                for the operation.
            UsageTypeError: An argument has the wrong type.
        """
        if times is not None and (isinstance(times, bool) or not isinstance(times, int)):
            msg = f"times must be a whole number or None, got {times!r}"
            raise UsageTypeError(msg)
        if times is not None and times < 1:
            msg = f"times must be at least 1, got {times}; None means always"
            raise UsageValueError(msg)
        if message is not None and not isinstance(message, str):
            raise UsageTypeError(f"message must be a string or None, got {message!r}")
        for given, text in (("service", service), ("operation", operation), ("code", code)):
            check_text(given, text)
        check_whole("after", after, 0)
        check_flag("force", force)
        check_flag("optional", optional)
        name, errors = self._declared(service, operation)
        error = self._forced(code, status) if force else errors.get(code)
        if error is None:
            msg = (
                f"{service} {name} never answers {code!r}. It may answer: {', '.join(sorted(errors))}. "
                "For any other code give force=True and a status"
            )
            raise UsageValueError(msg)
        if status is not None and not force:
            raise UsageValueError(f"{code} has the status {error.status}: leave status out, or give force=True as well")
        fault = Fault(service, name, code, error.status, error.message if message is None else message, times, after)
        fault.optional, fault._faults = optional, self  # noqa: SLF001 - part of it
        with self._lock:
            self._waiting.setdefault((service, name), []).append(fault)
            self._added.append(fault)
        return fault

    def _forced(self, code: str, status: int | None) -> DeclaredError:
        if status is None:
            raise UsageValueError("force=True needs the HTTP status of the error: status=...")
        check_whole("status", status, _LOWEST_STATUS, _HIGHEST_STATUS)
        if not (code.isascii() and code.isidentifier()):
            raise UsageValueError(f"a code is a name of letters and digits, such as SlowDown, got {code!r}")
        return DeclaredError(status, f"{code} was injected by the test.")

    def remove(self, fault: Fault) -> None:
        """Remove a fault. Does nothing if it is used up or was removed before.

        Args:
            fault: As `add` returned it.
        """
        with self._lock:
            self._added[:] = [each for each in self._added if each is not fault]
            self._drop(fault)

    def _drop(self, fault: Fault) -> None:
        waiting = self._waiting.get((fault.service, fault.operation), [])
        if fault in waiting:
            waiting.remove(fault)
            if not waiting:
                del self._waiting[fault.service, fault.operation]

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._waiting.clear()
            self._added.clear()

    def all_added(self) -> list[Fault]:
        """Return every fault since the last reset, without those that were removed by hand."""
        return list(self._added)

    def __repr__(self) -> str:
        waiting = [repr(fault) for faults in list(self._waiting.values()) for fault in list(faults)]
        return f"<faults: {', '.join(waiting) or 'none'}>"

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def take(self, service: str, operation: str) -> Fault | None:
        """Return the fault for this request, the one added first, and count it down; None if there is none."""
        if not self._waiting:
            return None
        waiting = self._waiting.get((service, operation))
        if not waiting:
            return None
        fault = next((each for each in waiting if not each.after), None)
        for each in waiting:
            each.after = max(each.after - 1, 0)
        if fault is None:
            return None
        fault.used += 1
        if fault.times is not None:
            fault.times -= 1
            if fault.times == 0:
                self._drop(fault)
        return fault
