"""Faults: what a test lets go wrong with operations, errors as well as answers that come late or never."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from mock_jobs.core.argument_checks import check_flag, check_seconds, check_text, check_whole
from mock_jobs.core.errors import HIDDEN, UsageTypeError, UsageValueError
from mock_jobs.core.fault_rules import Conditions, Effect, Failure, Fault, Outcome, WaitingFault, When, call_text, check_choice

if TYPE_CHECKING:
    from threading import RLock

__tracebackhide__ = HIDDEN

_LOWEST_STATUS, _HIGHEST_STATUS = 400, 599


@dataclass(frozen=True, slots=True)
class DeclaredError:
    """An error that an operation documents: its HTTP status and the text of the service model."""

    status: int
    message: str


class DeclaredOperation(NamedTuple):
    """What is known of an operation before it is called.

    Attributes:
        name: Its name in the model.
        errors: The errors that it may answer, by code.
        check_members: Raises `UsageError` if a mapping has members that no request of the operation can have.
    """

    name: str
    errors: Mapping[str, DeclaredError]
    check_members: Callable[[Mapping[str, object]], None]


# (service, operation) -> what is known of it; raises UsageValueError for unknown names
Declared = Callable[[str, str], DeclaredOperation]


class Faults:
    """The faults of one world, `mock.faults`. They act below botocore's retries: each HTTP request counts.

    A request gets one fault at most. If several wait for it, the one added first acts until it is used up; one with `after`
    lets the others act until its turn has come.

    `len(mock.faults)` is the number of faults that still wait, and `for fault in mock.faults` runs over them, oldest first.
    A reset removes them all.
    """

    def __init__(self, declared: Declared, lock: RLock) -> None:
        self._declared = declared
        self._lock = lock
        self._waiting: dict[tuple[str, str], list[WaitingFault]] = {}
        self._added: list[WaitingFault] = []

    def add(
        self,
        service: str,
        operation: str,
        code: str,
        *,
        times: int | None = 1,
        after: int = 0,
        when: When | None = None,
        probability: float | None = None,
        delay: float = 0.0,
        optional: bool = False,
        message: str | None = None,
        force: bool = False,
        status: int | None = None,
    ) -> Fault:
        """Make the next requests of an operation answer an error; they change nothing.

        Args:
            service: `iot`, `iot-jobs-data` or `batch`.
            operation: Its name in boto3 or in the API: `cancel_job` or `CancelJob`.
            code: One of the errors that the operation documents, for example `ThrottlingException`, or that all services of AWS
                may answer: `AccessDeniedException`, `ExpiredTokenException`, `UnrecognizedClientException`, `InternalFailure`,
                `ServiceUnavailable`, `RequestExpired` and others.
            times: How many requests get the error; None means all, until `remove` or `clear`. botocore retries throttling
                and server errors, and each retry counts.
            after: How many requests pass before, of those that `when` means.
            when: Parameters that a request must have, by the names that boto3 takes, for example `{"jobId": "x"}`. Of nested
                structures the members that are given must be equal; None means that the parameter is not sent. Or a function
                that gets an `IncomingCall` and returns True or False; over HTTP only parameters.
            probability: How probable it is that a request gets the error, above 0 and at most 1. The seed of the mock decides.
            delay: Seconds of the mock's clock that pass before the answer. What falls due meanwhile happens.
            optional: Whether it is all right if no request gets the error.
            message: Message of the error; None means the text of its documentation.
            force: Take any code. Needs `status`.
            status: HTTP status of a code that is forced, 400 to 599.

        Returns:
            The fault: `remove` it, or read from `used` how many requests have got it.

        Raises:
            UsageValueError: The service, the operation, a parameter in `when` or another argument is impossible, or AWS documents
                no such code for the operation.
            UsageTypeError: An argument has the wrong type.

        Example:
            `mock.faults.add("batch", "cancel_job", "ServerException", when={"reason": "too late"})`
        """
        _check_texts(service=service, operation=operation, code=code)
        conditions = Conditions(times, after, when, probability, delay, optional).checked()
        if message is not None:
            check_text("message", message)
        check_flag("force", force)
        known = self._known(service, operation, conditions)
        error = _forced(code, status) if force else known.errors.get(code)
        if error is None:
            raise UsageValueError(
                f"{service} {known.name} never answers {code!r}. It may answer: {', '.join(sorted(known.errors))}. "
                "For any other code give force=True and a status"
            )
        if status is not None and not force:
            raise UsageValueError(f"{code} has the status {error.status}: leave status out, or give force=True as well")
        outcome = Outcome(code, error.status, error.message if message is None else message)
        options = {**conditions._asdict(), "message": message, "force": force, "status": status}
        name = call_text("add", service, known.name, code, **options)
        return self._keep(WaitingFault((service, known.name), outcome, conditions, name, self.remove))

    def add_transport(
        self,
        service: str,
        operation: str,
        failure: Failure,
        *,
        effect: Effect = "none",
        times: int | None = 1,
        after: int = 0,
        when: When | None = None,
        probability: float | None = None,
        delay: float = 0.0,
        optional: bool = False,
    ) -> Fault:
        """Lose the answers to the next requests of an operation.

        In process botocore and `requests` raise at once what they raise for such a failure. A server cannot refuse what its clients
        have sent already: with `connect-timeout` and `read-timeout` it is silent until the client gives up, with
        `connection-closed` and `unresolvable` it closes the connection.

        Args:
            service: `iot`, `iot-jobs-data` or `batch`.
            operation: Its name in boto3 or in the API: `submit_job` or `SubmitJob`.
            failure: `connect-timeout`, `read-timeout`, `connection-closed` or `unresolvable` (the host name is not found).
            effect: `none` if the operation does nothing; `done` if it acts, and only its answer is lost. `done` needs the failure
                `read-timeout` or `connection-closed`.
            times: As `add` takes it.
            after: As `add` takes it.
            when: As `add` takes it.
            probability: As `add` takes it.
            delay: Seconds of the mock's clock that pass before the failure, after the effect.
            optional: As `add` takes it.

        Returns:
            The fault, as `add` returns it.

        Raises:
            UsageValueError: An argument has an impossible value.
            UsageTypeError: An argument has the wrong type.

        Example:
            `mock.faults.add_transport("iot", "create_job", "read-timeout", effect="done")`
        """
        _check_texts(service=service, operation=operation)
        conditions = Conditions(times, after, when, probability, delay, optional).checked()
        check_choice("failure", failure, Failure)
        check_choice("effect", effect, Effect)
        if effect == "done" and failure in ("connect-timeout", "unresolvable"):
            raise UsageValueError(f"no request arrives if the failure is {failure}, so its effect cannot be 'done'")
        known = self._known(service, operation, conditions)
        options = {"effect": effect if effect == "done" else None, **conditions._asdict()}
        name = call_text("add_transport", service, known.name, failure, **options)
        return self._keep(WaitingFault((service, known.name), Outcome(failure, effect=effect), conditions, name, self.remove))

    def add_delay(
        self,
        service: str,
        operation: str,
        seconds: float,
        *,
        times: int | None = 1,
        after: int = 0,
        when: When | None = None,
        probability: float | None = None,
        optional: bool = False,
    ) -> Fault:
        """Delay the answers to the next requests of an operation, on the mock's clock; nobody waits in real time.

        The operation acts when the request arrives. What falls due until the answer happens, but the answer does not show it.

        Args:
            service: `iot`, `iot-jobs-data` or `batch`.
            operation: Its name in boto3 or in the API: `describe_jobs` or `DescribeJobs`.
            seconds: How long the answer takes, in seconds of the mock's clock; above 0.
            times: As `add` takes it.
            after: As `add` takes it.
            when: As `add` takes it.
            probability: As `add` takes it.
            optional: As `add` takes it.

        Returns:
            The fault, as `add` returns it.

        Raises:
            UsageValueError: An argument has an impossible value.
            UsageTypeError: An argument has the wrong type.

        Example:
            `mock.faults.add_delay("batch", "describe_jobs", 90)`
        """
        _check_texts(service=service, operation=operation)
        check_seconds("seconds", seconds)
        conditions = Conditions(times, after, when, probability, seconds, optional).checked()
        if not seconds:
            raise UsageValueError("seconds must be above 0")
        known = self._known(service, operation, conditions)
        name = call_text("add_delay", service, known.name, seconds, **conditions._replace(delay=0)._asdict())
        return self._keep(WaitingFault((service, known.name), Outcome(None, effect="done"), conditions, name, self.remove))

    def remove(self, fault: Fault) -> None:
        """Remove a fault. Does nothing if it is used up or was removed before.

        Args:
            fault: As `add` returned it.

        Raises:
            UsageTypeError: It is no fault.
        """
        if not isinstance(fault, Fault):
            raise UsageTypeError(f"remove() takes a fault, as add() has returned it, got {fault!r}")
        with self._lock:
            if self._unwait(fault):
                self._added[:] = [each for each in self._added if each is not fault]

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._waiting.clear()
            self._added.clear()

    def __repr__(self) -> str:
        return f"<faults: {', '.join(map(repr, self)) or 'none'}>"

    def __len__(self) -> int:
        return sum(map(len, list(self._waiting.values())))

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def __iter__(self) -> Iterator[Fault]:
        with self._lock:
            return iter([each for each in self._added if each.times != 0])

    def _known(self, service: str, operation: str, conditions: Conditions) -> DeclaredOperation:
        known = self._declared(service, operation)
        if isinstance(conditions.when, Mapping):
            known.check_members(conditions.when)
        return known

    def _keep(self, fault: WaitingFault) -> Fault:
        with self._lock:
            self._waiting.setdefault((fault.service, fault.operation), []).append(fault)
            self._added.append(fault)
        return fault

    def _unwait(self, fault: Fault) -> bool:
        """Stop a fault; return whether it could still have acted."""
        key = (fault.service, fault.operation)
        waiting = self._waiting.get(key, [])
        if fault not in waiting:
            return False
        waiting[:] = [each for each in waiting if each is not fault]
        if not waiting:
            del self._waiting[key]
        return True


def _check_texts(**texts: object) -> None:
    for name, text in texts.items():
        check_text(name, text)


def _forced(code: str, status: int | None) -> DeclaredError:
    if status is None:
        raise UsageValueError("force=True needs the HTTP status of the error: status=...")
    check_whole("status", status, _LOWEST_STATUS, _HIGHEST_STATUS)
    if not (code.isascii() and code.isidentifier()):
        raise UsageValueError(f"a code is a name of letters and digits, such as SlowDown, got {code!r}")
    return DeclaredError(status, f"{code} was injected by the test.")
