"""Ask moto's server application, which is WSGI."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from werkzeug.test import run_wsgi_app

from mock_jobs.moto_adapters.core import preserved_headers

if TYPE_CHECKING:
    from mock_jobs.transports.router import HttpRequest

# WSGI has names of its own for these. The body has been read whole, so it has a length and is not chunked.
_NOT_AS_HTTP = ("content-type", "content-length", "transfer-encoding")


# Source: RFC 9110, 5.5
_NOT_SENT = re.compile("[\x00-\x08\x0a-\x1f\x7f\u0100-\U0010ffff]")


class MotoServer:
    """moto's server application, for requests that are read already.

    Args:
        application: The WSGI application.
    """

    def __init__(self, application: Callable[..., Any]) -> None:
        self._application = application

    def answer(
        self, sent: HttpRequest, headers: Mapping[str, str], body: bytes, version: str
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Return status, headers and body of moto's answer.

        Raises:
            ValueError: A header cannot be sent.
            Exception: Whatever moto raises.
        """
        environ = _environ(sent, headers, body, version)
        environ.update(preserved_headers(headers))
        parts, status, answered = run_wsgi_app(self._application, environ, buffered=True)
        named = answered.to_wsgi_list()
        for name, value in named:
            if _NOT_SENT.search(value):
                msg = f"the header {name} has characters that HTTP does not send: {value!r}"
                raise ValueError(msg)
        return int(status.partition(" ")[0]), named, b"".join(parts)


def _environ(sent: HttpRequest, headers: Mapping[str, str], body: bytes, version: str) -> dict[str, Any]:
    target = f"{sent.path}?{sent.query}" if sent.query else sent.path
    name, _, port = sent.host.rpartition(":") if sent.host.rpartition(":")[2].isdigit() else (sent.host, "", "80")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": sent.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(sent.path).decode("latin-1"),
        "QUERY_STRING": sent.query,
        "REQUEST_URI": target,
        "RAW_URI": target,
        "SERVER_NAME": name or "localhost",
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{version}",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": sent.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for key, value in headers.items():
        # An underscore would stand in for a dash.
        if key not in _NOT_AS_HTTP and "_" not in key:
            environ[f"HTTP_{key.upper().replace('-', '_')}"] = value
    if "content-type" in headers:
        environ["CONTENT_TYPE"] = headers["content-type"]
    if body or "content-length" in headers:
        environ["CONTENT_LENGTH"] = str(len(body))
    return environ
