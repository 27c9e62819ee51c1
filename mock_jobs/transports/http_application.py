"""The application of the server: which requests it obeys, then IoT Jobs and Batch, then moto's server application.

Its interface is ASGI. Requests are read on the event loop, and answered in threads: an answer may wait for a lock, or run code of a
test that calls this server again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from mock_jobs.core import losses
from mock_jobs.moto_adapters import core as moto_core
from mock_jobs.transports import control_api, cors
from mock_jobs.transports.access import is_control_path, refused_host, refused_page
from mock_jobs.transports.control_api import json_answer
from mock_jobs.transports.dispatch import MAX_BODY, failure, too_large
from mock_jobs.transports.moto_server import MotoServer
from mock_jobs.transports.router import RETRY_HEADER, HttpRequest, Router
from mock_jobs.transports.unmocked import AnyRequest, failure_of_moto
from mock_jobs.wire.http import Answer
from mock_jobs.wire.origin import origin_of, service_of

if TYPE_CHECKING:
    from mock_jobs.transports.threads import Threads
    from mock_jobs.transports.worlds import Worlds

Scope = dict[str, Any]
Message = dict[str, Any]

MAX_BODY_OF_MOTO: Final = 1 << 30
"""Bytes that a request for one of moto's services may have: objects of S3, for example."""

LOSE: Final = "mock_jobs.lose"
"""Extension of the scope: a function that ends the connection at once, or as soon as its client gives up."""

# What a server that has received the request can do: the client of the other failures waits in vain.
_CLOSING: Final = ("connection-closed", "unresolvable")

_WITHOUT_BODY: Final = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)

_log = logging.getLogger("mock_jobs.server")


class Sent(NamedTuple):
    """A request as the server received it.

    Attributes:
        http: What the router decides by.
        headers: Headers, names in lower case; equal names are joined with commas.
        body: The body; may be empty.
        version: `1.0` or `1.1`.
    """

    http: HttpRequest
    headers: dict[str, str]
    body: bytes
    version: str


class _Body(NamedTuple):
    """What was read of a request's body.

    Attributes:
        content: The body; empty if it is too large.
        is_whole: Whether it was read to its end, so that the next request can follow.
        is_too_large: Whether it is larger than allowed.
    """

    content: bytes
    is_whole: bool
    is_too_large: bool


_UNREAD = _Body(b"", is_whole=False, is_too_large=True)


class Response(NamedTuple):
    """A response, from mock_jobs or moto.

    Attributes:
        status: HTTP status.
        headers: Headers in order; a Content-Length is added if there is none.
        body: The body; may be empty.
        failure: The failure of transport that the client meets in place of the answer; None if it gets the answer.
    """

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    failure: str | None = None


class Application:
    """Answers IoT Jobs and Batch, each account in its own world; moto answers everything else.

    Args:
        worlds: The worlds, one for each account.
        threads: Where requests are answered.
        allowed_hosts: Host names with a dot that the server obeys, as `access.checked_hosts` returns them.
    """

    def __init__(self, worlds: Worlds, threads: Threads, allowed_hosts: frozenset[str]) -> None:
        self._worlds = worlds
        self._router = Router(worlds, has_control_api=True)
        self._moto = MotoServer(moto_core.server_application())
        self._threads = threads
        self._allowed_hosts = allowed_hosts
        self._adds_cors = moto_core.serves_web_pages()

    async def __call__(
        self, scope: Scope, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        """Answer one HTTP request."""
        try:
            await self._serve(scope, receive, send)
        except asyncio.CancelledError:
            # The server stops, and has closed the connection.
            return

    async def _serve(
        self, scope: Scope, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        headers = _headers_of(scope)
        path = scope["raw_path"].decode("latin-1")
        answered = self._refusal(scope, headers, path)
        limit = _body_limit(scope, headers, path)
        # A client that expects 100-continue has not sent its body yet, and need not send one that is refused anyway.
        is_refused = answered is not None or int(headers.get("content-length", 0)) > limit
        body = _UNREAD if is_refused and "expect" in headers else await _read_body(receive, limit)
        if body is None:
            # The client has gone.
            return
        if answered is None:
            if body.is_too_large:
                answered = _of_answer(too_large(limit))
            elif (page := control_api.page(scope["method"], path)) is not None:
                # Told even if all threads wait.
                answered = _of_answer(page)
            else:
                sent = Sent(_http_request(scope, headers, path, body.content), headers, body.content, scope["http_version"])
                answered = await self._threads.run(self._answer, sent)
        if answered.failure is not None:
            await _lose(scope, receive, answered.failure)
            return
        await _send(send, scope, answered, closes=not body.is_whole)

    def _refusal(self, scope: Scope, headers: dict[str, str], path: str) -> Response | None:
        """Return the 403 for a request that is not obeyed, or None."""
        host = headers.get("host", "")
        text = refused_host(host, self._allowed_hosts)
        if text is None and is_control_path(path):
            text = refused_page(scope["scheme"], host, headers.get("origin"), headers.get("sec-fetch-site"))
        return None if text is None else _of_answer(json_answer(HTTPStatus.FORBIDDEN, {"message": text}))

    def _answer(self, sent: Sent) -> Response:
        origin = sent.headers.get("origin") if self._adds_cors else None
        if origin is not None and cors.is_preflight(sent.http, sent.headers):
            return Response(HTTPStatus.OK, cors.preflight_headers(origin, sent.headers), b"")
        if sent.http.method not in ("GET", "HEAD"):
            self._worlds.is_touched = True
        with losses.expected():
            return self._route(sent, origin)

    def _route(self, sent: Sent, origin: str | None) -> Response:
        try:
            decided = self._router.route(sent.http)
        except BaseException as error:  # noqa: BLE001 - the client gets it as a response, and the log has the traceback
            # pytest.fail() in an observer is no Exception, and must not end the server.
            _log.exception("mock_jobs failed to answer %s %s", sent.http.method, sent.http.path)
            return _of_answer(failure(error))
        if isinstance(decided, Answer):
            answered = _of_answer(decided)
            if origin is not None:
                answered.headers.extend(cors.headers(origin))
            return answered
        assert decided is not None, "only a router that obeys passthrough leaves a request to the network"
        if decided.account is not None:
            sent.headers[moto_core.ACCOUNT_HEADER] = decided.account
        if decided.lists_records:
            listed = self._ask_moto(sent)
            return self._add_records(listed) if listed.status == HTTPStatus.OK else listed
        if not decided.is_for_stacks:
            return self._ask_moto(sent)
        with self._router.stack_run() as note_status:
            answered = self._ask_moto(sent)
            note_status(answered.status)
        return answered

    def _add_records(self, answered: Response) -> Response:
        headers = [(name, value) for name, value in answered.headers if name.lower() != "content-length"]
        return Response(answered.status, headers, self._router.with_records(answered.body).encode())

    def _ask_moto(self, sent: Sent) -> Response:
        try:
            return Response(*self._moto.answer(sent.http, sent.headers, sent.body, sent.version))
        except Exception as error:  # noqa: BLE001 - as above
            http = sent.http
            asked = AnyRequest(http.method, http.host, http.path, http.query, sent.headers, sent.body)
            answered = _of_answer(failure_of_moto(asked, error))
            if self._adds_cors and "origin" in sent.headers:
                answered.headers.extend(cors.headers(sent.headers["origin"]))
            return answered


def _headers_of(scope: Scope) -> dict[str, str]:
    found: dict[str, str] = {}
    repeated: dict[str, list[str]] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if name in found:
            repeated.setdefault(name, [found[name]]).append(value)
        else:
            found[name] = value
    for name, values in repeated.items():
        found[name] = ",".join(values)
    return found


def _http_request(scope: Scope, headers: dict[str, str], path: str, body: bytes) -> HttpRequest:
    return HttpRequest(
        scope["method"],
        scope["scheme"],
        headers.get("host", ""),
        path,
        scope["query_string"].decode("latin-1"),
        lambda: body,
        headers.get("authorization"),
        headers.get(moto_core.ACCOUNT_HEADER),
        headers.get("user-agent", ""),
        headers.get(RETRY_HEADER),
    )


def _body_limit(scope: Scope, headers: dict[str, str], path: str) -> int:
    origin = origin_of(headers.get("authorization"), headers.get("host", ""))
    is_ours = service_of(origin, path, scope["query_string"].decode("latin-1")) is not None
    return MAX_BODY if is_ours or is_control_path(path) else MAX_BODY_OF_MOTO


async def _read_body(receive: Callable[[], Awaitable[Message]], limit: int) -> _Body | None:
    """Return the body; None if the client went away before its end.

    A body that is too large is read and dropped, since most clients read no answer before they have sent their request.
    """
    message = await receive()
    if message["type"] == "http.request" and not message["more_body"]:
        return _Body(message["body"], is_whole=True, is_too_large=len(message["body"]) > limit)
    parts, length = [], 0
    while message["type"] == "http.request":
        length += len(message["body"])
        if length <= limit:
            parts.append(message["body"])
        else:
            parts.clear()
        if not message["more_body"] or length > MAX_BODY_OF_MOTO:
            return _Body(b"".join(parts), is_whole=not message["more_body"], is_too_large=length > limit)
        message = await receive()
    return None


def _of_answer(answer: Answer) -> Response:
    return Response(answer.status, list(answer.headers.items()), answer.body, answer.failure)


async def _lose(scope: Scope, receive: Callable[[], Awaitable[Message]], failure: str) -> None:
    """Close the connection, or be silent, and return when it has ended. Meanwhile no thread waits."""
    scope["extensions"][LOSE](closes=failure in _CLOSING)
    while (await receive())["type"] != "http.disconnect":
        continue


async def _send(send: Callable[[Message], Awaitable[None]], scope: Scope, answered: Response, *, closes: bool) -> None:
    status, sent_headers, body, _ = answered
    names = {name.lower() for name, _ in sent_headers}
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in sent_headers]
    if "date" not in names:
        raw.append((b"date", _date(int(time.time()))))
    if closes:
        # What is left of the request's body would be read as the next request.
        raw.append((b"connection", b"close"))
    if status in _WITHOUT_BODY:
        body = b""
    elif "content-length" not in names:
        raw.append((b"content-length", b"%d" % len(body)))
    if _log.isEnabledFor(logging.DEBUG):
        _log.debug("%s %s %d", scope["method"], scope["raw_path"].decode("latin-1"), status)
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


@lru_cache(maxsize=1)
def _date(second: int) -> bytes:
    return formatdate(second, usegmt=True).encode()
