"""The two doors by which made-up requests come in, and what must hold for each answer."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import Counter
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch

from mock_jobs.handle import world_of
from mock_jobs.transports.router import ForMoto, HttpRequest
from mock_jobs.wire.service import Operation

from support.constants import ACCOUNT, REGION
from support.fingerprint import difference, fingerprint
from support.fuzz_site import make_site
from support.raw_http import RawConnection
from support.server import authorization

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mock_jobs import MockJobs, MockJobsServer
    from mock_jobs.core.calls import Call
    from mock_jobs.handle import Handle

    from support.shapes import Encoded

# Answers of the wire to requests that break the model
REFUSALS = ("ClientException", "InvalidRequestException", "SerializationException")


class Got(NamedTuple):
    """An answer; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Door(ABC):
    """A way in, and the world behind it.

    Attributes:
        outcomes: How many requests were answered how.
        call: What the world noted of the last request; None if it was none of an operation of mock_jobs.
        arguments: What the operation was given by the last request; empty if the wire refused it.
    """

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.call: Call | None = None
        self.arguments: Mapping[str, Any] = {}

    @property
    @abstractmethod
    def handle(self) -> Handle | MockJobs:
        """The handle of the world."""

    @abstractmethod
    def send(self, request: Encoded, headers: Mapping[str, str]) -> Got | None:
        """Send a request, and return the answer; None if that is moto's concern."""

    @abstractmethod
    def reset(self) -> None:
        """Empty the world."""

    def close(self) -> None:  # noqa: B027 - most have nothing to close
        """Leave."""

    def begin(self) -> None:
        """Make the site in an empty world."""
        self.reset()
        self.site = make_site(self.handle)
        self._before = fingerprint(self.handle)

    def ask(self, request: Encoded, headers: Mapping[str, str] | None = None, *, watches: bool = True) -> Got | None:
        """Send a request, and assert what holds for all requests.

        Args:
            request: The request.
            headers: More headers, or others.
            watches: Whether to look at once for what a refusal has changed.
        """
        calls = world_of(self.handle).calls
        last = _last(calls)
        with _understood() as understood:
            got = self.send(request, headers or {})
        self.arguments = understood[-1] if understood else {}
        call = _last(calls)
        self.call = None if call is last else call
        if got is not None:
            check(request, got, self.call)
            # A region or an account that moto does not have
            assert headers or got.headers.get("x-amzn-errortype") != "MockJobsUsageError", (request, got)
        self._count(got)
        if watches:
            self.look(is_refused=got is not None and got.status >= HTTPStatus.BAD_REQUEST, what=request)
        return got

    def look(self, *, is_refused: bool, what: object) -> None:
        """Assert that a refusal has changed nothing."""
        after = fingerprint(self.handle)
        if is_refused:
            changed = difference(self._before, after)
            assert not changed, f"refused, but not without a trace: {what} changed {changed}"
        self._before = after

    def _count(self, got: Got | None) -> None:
        if self.call is None or got is None:
            self.outcomes["not ours"] += 1
        elif self.call.error is None:
            self.outcomes["accepted"] += 1
        else:
            self.outcomes["refused" if self.arguments else "refused by the model"] += 1


class InProcess(Door):
    """Raw requests to the router of a mock."""

    def __init__(self, mock: MockJobs) -> None:
        super().__init__()
        self._mock = mock

    @property
    def handle(self) -> MockJobs:
        return self._mock

    def reset(self) -> None:
        self._mock.reset()

    def send(self, request: Encoded, headers: Mapping[str, str]) -> Got | None:
        named = {"authorization": authorization(request.service, ACCOUNT, REGION), "host": "", **headers}
        hook: Any = self._mock._active[-1].hook
        sent = HttpRequest(
            request.method,
            "https",
            named["host"],
            request.path,
            request.query,
            lambda: request.body,
            named["authorization"],
            named.get("x-moto-account-id"),
            named.get("user-agent", ""),
        )
        answered = hook._router.route(sent)
        if answered is None or isinstance(answered, ForMoto):
            return None
        return Got(answered.status, {name.lower(): value for name, value in answered.headers.items()}, answered.body)


class OverHttp(Door):
    """Raw requests to a server, over one connection as long as it lasts."""

    def __init__(self, server: MockJobsServer) -> None:
        super().__init__()
        self._server = server
        self._connection: RawConnection | None = None

    @property
    def handle(self) -> Handle:
        return self._server.account(ACCOUNT)

    def reset(self) -> None:
        got = self._send("POST", "/moto-api/reset", b"", {})
        assert got.status == HTTPStatus.OK

    def send(self, request: Encoded, headers: Mapping[str, str]) -> Got | None:
        named = {"Authorization": authorization(request.service, ACCOUNT, REGION), **headers}
        target = f"{request.path}?{request.query}" if request.query else request.path
        return self._send(request.method, target, request.body, named)

    def _send(self, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> Got:
        if self._connection is None:
            self._connection = RawConnection(self._server.host, self._server.port)
        answered = self._connection.request(method, target, body, **headers)
        if answered.headers.get("connection") == "close":
            self.close()
        return Got(*answered)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def check(request: Encoded, got: Got, call: Call | None) -> None:
    """Assert that an answer is one that a service may give. That it fits the model is asserted of all tests, by `contract`."""
    code = got.headers.get("x-amzn-errortype")
    assert b"a bug of mock_jobs" not in got.body, (request, got)
    if call is None:
        # moto's answer, an unknown path, or no HTTP
        return
    assert got.status < HTTPStatus.INTERNAL_SERVER_ERROR or code == "NotEmulatedYet", (request, got)
    assert (got.status >= HTTPStatus.BAD_REQUEST) == (call.error is not None), (request, got)
    if call.error is not None:
        assert code == call.error, (request, got)
        if request.method != "HEAD":
            assert json.loads(got.body)["message"], (request, got)


@contextmanager
def _understood() -> Iterator[list[dict[str, Any]]]:
    """Note the arguments that are read from requests in a `with` block."""
    read = Operation.read
    noted: list[dict[str, Any]] = []

    def read_and_note(operation: Operation, *sent: Any) -> dict[str, Any]:
        noted.append(read(operation, *sent))
        return noted[-1]

    with patch.object(Operation, "read", read_and_note):
        yield noted


def _last(calls: Any) -> Call | None:
    return calls._calls[-1] if calls._calls else None
