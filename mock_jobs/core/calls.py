"""The requests for IoT Jobs and Batch that were answered: `mock.calls`.

What was sent and answered is kept as bytes, and decoded when a test asks for it, because most of it never is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol, overload

from mock_jobs.core.errors import HIDDEN

__tracebackhide__ = HIDDEN

MOST_ANSWER_BYTES: Final = 64 << 10
"""Answers that are longer are not kept."""

_MOST_SHOWN: Final = 20
_LONGEST_LINE: Final = 160
_ATTEMPT: Final = re.compile(r"\battempt=([0-9]{1,9})\b")
# What lets the holder of a presigned URL in, in both versions of signatures. Some JSON writers escape the ampersand.
_SECRET: Final = re.compile(
    rb"((?:[?&]|\\u0026)(?:X-Amz-(?:Signature|Credential|Security-Token)|Signature|AWSAccessKeyId)=)(?:[^&#\s\"'<>\\]|\\/)+",
    re.IGNORECASE,
)


class Received(Protocol):
    """The request of a call, as a transport received it."""

    @property
    def service(self) -> str:
        """Name of the service in boto3."""
        ...

    @property
    def path(self) -> str:
        """Path as sent."""
        ...

    @property
    def query(self) -> str:
        """The query string, encoded."""
        ...

    @property
    def body(self) -> bytes:
        """The body, maybe empty."""
        ...

    @property
    def account(self) -> str:
        """Account id."""
        ...

    @property
    def region(self) -> str:
        """Region."""
        ...

    @property
    def retry_info(self) -> str | bytes | None:
        """The header `amz-sdk-request`."""
        ...


class Described(Protocol):
    """The operation of a call."""

    name: str

    def sent(self, labels: Mapping[str, str], query: str, body: bytes) -> dict[str, Any]:
        """Return the members of a request as they were sent, as far as it can be read."""
        ...


class Call:
    """One request for IoT Jobs or Batch that was answered, from `mock.calls`.

    Signatures are not shown: in URLs, the values of `X-Amz-Signature`, `X-Amz-Credential`, `X-Amz-Security-Token`, `Signature` and
    `AWSAccessKeyId` are `***`. Headers are not kept. Everything else is shown as it was sent and answered.

    Attributes:
        number: Counts the requests in the order of their arrival: 1 for the first one since the reset. A request that the
            function of a plan makes has a higher number than the request during which the function ran.
        at_ms: When it arrived, in milliseconds since the epoch, on the mock's clock. The answer of a read that moves jobs may
            show a later time.
        status: HTTP status of the answer; None if the answer was lost because of `mock.faults.add_transport`.
        error: Code of the error that was answered, or the failure of transport because of which there was no answer, for example
            `read-timeout`; None if the request succeeded.
    """

    __slots__ = ("_body", "_labels", "_operation", "_request", "_size", "at_ms", "error", "number", "status")

    def __init__(
        self,
        number: int,
        at_ms: int,
        operation: Described,
        labels: Mapping[str, str],
        request: Received,
        *,
        status: int | None,
        error: str | None,
        body: bytes,
    ) -> None:
        self.number = number
        self.at_ms = at_ms
        self.status = status
        self.error = error
        self._operation = operation
        self._labels = labels
        self._request = request
        self._body = body if len(body) <= MOST_ANSWER_BYTES else None
        self._size = len(request.body) + len(request.path) + len(request.query) + (0 if self._body is None else len(body))

    @property
    def service(self) -> str:
        """Name of the service in boto3: `iot`, `iot-jobs-data` or `batch`."""
        return self._request.service

    @property
    def operation(self) -> str:
        """Name of the operation in the API, for example `CancelJob`."""
        return self._operation.name

    @property
    def account(self) -> str:
        """Account id."""
        return self._request.account

    @property
    def region(self) -> str:
        """Region."""
        return self._request.region

    @property
    def parameters(self) -> dict[str, Any]:
        """The arguments as they were sent, named as in boto3: `jobId`. A new dictionary at each access.

        They are there for each call, whatever answered it. A body that is no JSON object has none.
        """
        request = self._request
        return self._operation.sent(self._labels, request.query, _without_secrets(request.body))

    @property
    def answer(self) -> dict[str, Any] | None:
        """The answer's body, decoded: empty if there was none, None if it had more than 64 KiB. A new dictionary at each access.

        Of an answer that was lost it is what the operation has answered, empty if it did not act.
        """
        if self._body is None:
            return None
        answered: dict[str, Any] = json.loads(_without_secrets(self._body) or b"{}")
        return answered

    @property
    def error_message(self) -> str | None:
        """Text of the error; None if the request succeeded, if the answer was lost, or if it had more than 64 KiB."""
        if self.error is None or self.status is None:
            return None
        answer = self.answer
        return None if answer is None else str(answer["message"])

    @property
    def attempt(self) -> int | None:
        """Which try of the client it was: 1 for the first, more after errors that it retries. None if the client does not tell."""
        info = self._request.retry_info
        found = _ATTEMPT.search(info.decode("latin-1") if isinstance(info, bytes) else info or "")
        return None if found is None else int(found[1])

    def __repr__(self) -> str:
        return _short(f"<call {self.number}: {self.service} {self.operation}, {_outcome(self)}; {_arguments(self)}>")


_SHOWN_MEMBERS: Final = (
    "number",
    "at_ms",
    "service",
    "operation",
    "account",
    "region",
    "parameters",
    "status",
    "error",
    "error_message",
    "attempt",
    "answer",
)


def call_as_json(call: Call) -> dict[str, Any]:
    """Return all attributes by their names, in a form that JSON can hold: infinity, which it has not, is a text."""
    shown: dict[str, Any] = json.loads(json.dumps({name: getattr(call, name) for name in _SHOWN_MEMBERS}), parse_constant=str)
    return shown


def kept_bytes(call: Call) -> int:
    """Return how many bytes of request and answer a call keeps."""
    return call._size  # noqa: SLF001 - of this module; no matter for tests


class Calls(Sequence[Call]):
    """The calls at one moment: a sequence, in the order of their answers.

    It is equal to a list or tuple of the same calls. `print()` shows one line for each of the last 20.

    Args:
        calls: The calls.
        find: Returns an operation's name in the API from a service and a name of the operation, or raises `UsageValueError`.
    """

    __hash__ = None  # type: ignore[assignment]  # as of a list

    def __init__(self, calls: Sequence[Call], find: Callable[[str, str | None], str | None]) -> None:
        self._calls = tuple(calls)
        self._find = find

    def of(self, service: str, operation: str | None = None) -> Calls:
        """Return the calls of a service, or of one of its operations.

        Args:
            service: Its name in boto3: `iot`, `iot-jobs-data` or `batch`.
            operation: Its name in boto3 or in the API: `submit_job` or `SubmitJob`. None means all.

        Raises:
            UsageValueError: mock_jobs answers no such service or operation.
            UsageTypeError: An argument is not a string.

        Example:
            `[each.parameters["jobId"] for each in mock.calls.of("batch", "cancel_job")]` lists the jobs that were to be cancelled.
        """
        name = self._find(service, operation)
        found = [each for each in self._calls if each.service == service and name in (None, each.operation)]
        return Calls(found, self._find)

    @overload
    def __getitem__(self, index: int) -> Call: ...

    @overload
    def __getitem__(self, index: slice) -> Calls: ...

    def __getitem__(self, index: int | slice) -> Call | Calls:
        if isinstance(index, slice):
            return Calls(self._calls[index], self._find)
        return self._calls[index]

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[Call]:
        return iter(self._calls)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (Calls, tuple, list)):
            return self._calls == tuple(other)
        return NotImplemented

    def __repr__(self) -> str:
        shown = "; ".join(f"{operation} {outcome}" for _, operation, outcome, _ in self._rows())
        return f"<{self._counted}{': ' if shown else ''}{'...; ' if len(self) > _MOST_SHOWN else ''}{shown}>"

    def __str__(self) -> str:
        rows = self._rows()
        first, second, third = (max((len(row[place]) for row in rows), default=0) for place in range(3))
        lines = [_short(f"{row[0]:>{first}}  {row[1]:{second}}  {row[2]:{third}}  {row[3]}") for row in rows]
        return "\n".join([self._counted, *lines])

    def _rows(self) -> list[tuple[str, str, str, str]]:
        return [_cells(each) for each in self._calls[-_MOST_SHOWN:]]

    @property
    def _counted(self) -> str:
        return "1 call" if len(self) == 1 else f"{len(self) or 'no'} calls"


def _outcome(call: Call) -> str:
    return " ".join(str(each) for each in (call.status, call.error) if each is not None)


def _arguments(call: Call) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in call.parameters.items()) or "no parameters"


def _cells(call: Call) -> tuple[str, str, str, str]:
    """Return what a table shows of a call: number, operation, outcome, parameters."""
    return f"{call.number}", f"{call.service} {call.operation}", _outcome(call), _arguments(call)


def _short(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else f"{line[: _LONGEST_LINE - 3]}..."


def _without_secrets(text: bytes) -> bytes:
    return _SECRET.sub(rb"\1***", text)
