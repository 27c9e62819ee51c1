"""The WSGI door: our services in front of moto's server application."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from mock_jobs.moto_adapters import core as moto_core
from mock_jobs.moto_adapters.cloudformation import seam as cloudformation_seam
from mock_jobs.moto_adapters.presigned_urls import grant_of
from mock_jobs.transports.control_api import PREFIX, control
from mock_jobs.transports.dispatch import failure
from mock_jobs.transports.worlds import LISTENERS, Worlds
from mock_jobs.wire.http import Answer, Request
from mock_jobs.wire.origin import is_account_id, origin_of, region_of, service_of

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

_log = logging.getLogger(__name__)

# What a path segment holds unescaped (RFC 3986), and the percent sign's own work is done by the server.
_PATH_SAFE = "/:@!$&'()*+,;=~-._"
_REASONS = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class Application:
    """Answers IoT Jobs and Batch for all accounts, each in a world of its own; everything else is moto's.

    Args:
        worlds: The worlds, one for each account.
    """

    def __init__(self, worlds: Worlds) -> None:
        self._worlds = worlds
        self._moto = moto_core.server_application()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one HTTP request."""
        origin = origin_of(environ.get("HTTP_AUTHORIZATION"), environ.get("HTTP_HOST", ""))
        path, query = _target(environ)
        header = environ.get("HTTP_X_MOTO_ACCOUNT_ID")
        if path.startswith(PREFIX):
            account = moto_core.account_of(origin.access_key, header)
            controlled = self._control(environ["REQUEST_METHOD"], path, _body(environ), account)
            return _respond(controlled, start_response)
        service = service_of(origin, path)
        if service is not None:
            account = moto_core.account_of(origin.access_key, header)
            region = region_of(origin, environ.get("HTTP_USER_AGENT", ""))
            body = _body(environ)
            host = environ.get("HTTP_HOST")
            endpoint = f"{environ['wsgi.url_scheme']}://{host}" if host and not origin.is_aws else None
            method = environ["REQUEST_METHOD"]
            answered = self._answer(Request(service, method, path, query, body, account, region, endpoint))
            if answered is not None:
                return _respond(answered, start_response)
            environ["wsgi.input"] = io.BytesIO(body)
        if origin.signing_name in LISTENERS:
            self._worlds.before_moto(moto_core.account_of(origin.access_key, header), origin.signing_name)
        known_account = origin.access_key if is_account_id(origin.access_key) else None
        grant = grant_of(query)
        if grant is not None:
            refused = grant.refusal(self._worlds.of(grant.account).clock.now_ms)
            if refused is not None:
                return _respond(refused, start_response)
            known_account = grant.account
        if header is None and known_account is not None:
            environ["HTTP_X_MOTO_ACCOUNT_ID"] = known_account
        if origin.signing_name == cloudformation_seam.SIGNING_NAME:
            return self._answer_stacks(environ, start_response)
        answered_by_moto: Iterable[bytes] = self._moto(environ, start_response)
        return answered_by_moto

    def _answer_stacks(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        with cloudformation_seam.stack_run(self._worlds.answer) as run:

            def note_status(status: str, *rest: Any) -> Any:
                run.has_succeeded = int(status.partition(" ")[0]) < HTTPStatus.BAD_REQUEST
                return start_response(status, *rest)

            answered_by_moto: Iterable[bytes] = self._moto(environ, note_status)
        return answered_by_moto

    def _answer(self, request: Request) -> Answer | None:
        try:
            return self._worlds.answer(request)
        except Exception as error:  # noqa: BLE001 - the client must hear of it, and so must the log
            return _failure(error, request.method, request.path)

    def _control(self, method: str, path: str, body: bytes, account: str) -> Answer:
        try:
            return control(self._worlds, method, path, body, account)
        except Exception as error:  # noqa: BLE001 - as above
            return _failure(error, method, path)


def _failure(error: Exception, method: str, path: str) -> Answer:
    _log.exception("mock_jobs failed to answer %s %s", method, path)
    return failure(error)


def _target(environ: Environ) -> tuple[str, str]:
    """Return path and query as they came over the wire; WSGI itself gives the path decoded, which loses `%2F`."""
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
    # Without a length only a chunked body has an end of its own.
    return stream.read() if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower() else b""


def _respond(answered: Answer, start_response: StartResponse) -> Iterable[bytes]:
    headers = [*answered.headers.items(), ("Content-Length", str(len(answered.body)))]
    start_response(_REASONS.get(answered.status, str(answered.status)), headers)
    return [answered.body]
