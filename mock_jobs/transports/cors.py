"""Cross-origin requests of web pages to the services, answered as moto answers them for its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mock_jobs.transports.services import compiled
from mock_jobs.wire.service_names import NAMES

if TYPE_CHECKING:
    from mock_jobs.transports.router import HttpRequest

_METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
_EXPOSED = "x-amzn-RequestId, x-amzn-ErrorType"


def is_preflight(sent: HttpRequest, headers: Mapping[str, str]) -> bool:
    """Return whether a browser asks if a page may send a request to an operation of mock_jobs. Such a question is not signed."""
    method = headers.get("access-control-request-method")
    if sent.method != "OPTIONS" or method is None:
        return False
    return any(compiled(name).match(method, sent.path) is not None for name in NAMES)


def headers(origin: str) -> list[tuple[str, str]]:
    """Return the headers that let a page of this origin read an answer."""
    return [("Access-Control-Allow-Origin", origin), ("Access-Control-Expose-Headers", _EXPOSED), ("Vary", "Origin")]


def preflight_headers(origin: str, asked: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the headers that let a page of this origin send the request that it asked about."""
    allowed = [("Access-Control-Allow-Methods", _METHODS)]
    wanted = asked.get("access-control-request-headers")
    if wanted:
        allowed.append(("Access-Control-Allow-Headers", wanted))
    return headers(origin) + allowed
