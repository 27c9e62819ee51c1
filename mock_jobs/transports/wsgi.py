"""A WSGI application: IoT Jobs and Batch in front of moto's server application."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mock_jobs.moto_adapters import core as moto_core
from mock_jobs.transports.dispatch import failure
from mock_jobs.transports.router import HttpRequest, Router
from mock_jobs.wire.http import Answer

if TYPE_CHECKING:
    from mock_jobs.transports.worlds import Worlds

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

_log = logging.getLogger(__name__)

# Characters that a path holds unescaped (RFC 3986). The server has decoded the percent escapes.
_PATH_SAFE = "/:@!$&'()*+,;=~-._"
_REASONS = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class Application:
    """Answers IoT Jobs and Batch, each account in its own world; moto answers everything else.

    Args:
        worlds: The worlds, one for each account.
    """

    def __init__(self, worlds: Worlds) -> None:
        self._router = Router(worlds, has_control_api=True)
        self._moto = moto_core.server_application()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one HTTP request."""
        sent = _read(environ)
        try:
            decided = self._router.route(sent)
        except Exception as error:  # noqa: BLE001 - the client gets it as a response, and the log has the traceback
            _log.exception("mock_jobs failed to answer %s %s", sent.method, sent.path)
            return _respond(failure(error), start_response)
        if isinstance(decided, Answer):
            return _respond(decided, start_response)
        assert decided is not None, "only a router that obeys passthrough leaves a request to the network"
        if decided.account is not None:
            environ["HTTP_X_MOTO_ACCOUNT_ID"] = decided.account
        if decided.is_for_stacks:
            return self._answer_stacks(environ, start_response)
        answered_by_moto: Iterable[bytes] = self._moto(environ, start_response)
        return answered_by_moto

    def _answer_stacks(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        with self._router.stack_run() as note_status:

            def start_and_note(status: str, *rest: Any) -> Any:
                note_status(int(status.partition(" ")[0]))
                return start_response(status, *rest)

            answered_by_moto: Iterable[bytes] = self._moto(environ, start_and_note)
        return answered_by_moto


def _read(environ: Environ) -> HttpRequest:
    path, query = _target(environ)

    def read_body() -> bytes:
        body = _body(environ)
        # moto reads it again if the request turns out to be for moto.
        environ["wsgi.input"] = io.BytesIO(body)
        return body

    return HttpRequest(
        environ["REQUEST_METHOD"],
        environ.get("wsgi.url_scheme", "http"),
        environ.get("HTTP_HOST", ""),
        path,
        query,
        read_body,
        environ.get("HTTP_AUTHORIZATION"),
        environ.get("HTTP_X_MOTO_ACCOUNT_ID"),
        environ.get("HTTP_USER_AGENT", ""),
    )


def _target(environ: Environ) -> tuple[str, str]:
    """Return path and query as sent. WSGI itself decodes the path, which loses `%2F`."""
    raw: str | None = environ.get("REQUEST_URI") or environ.get("RAW_URI")
    if raw is None:
        path = quote(environ.get("PATH_INFO", "").encode("latin-1"), safe=_PATH_SAFE)
        return path, environ.get("QUERY_STRING", "")
    if not raw.startswith("/"):
        raw = "/" + raw.partition("://")[2].partition("/")[2]
    path, _, query = raw.partition("?")
    return path, query


def _body(environ: Environ) -> bytes:
    length = environ.get("CONTENT_LENGTH")
    stream = environ["wsgi.input"]
    if length:
        content: bytes = stream.read(int(length))
        return content
    # Without a length, only a chunked body marks its own end.
    return stream.read() if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower() else b""


def _respond(answered: Answer, start_response: StartResponse) -> Iterable[bytes]:
    headers = [*answered.headers.items(), ("Content-Length", str(len(answered.body)))]
    start_response(_REASONS.get(answered.status, str(answered.status)), headers)
    return [answered.body]
