"""The errors that clients in this process raise if a request gets no answer."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from botocore.exceptions import (
    BotoCoreError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

_TEXT: Final = "injected by the test"


class _Errors(NamedTuple):
    """The errors of one failure of transport.

    Attributes:
        of_botocore: The class that botocore raises.
        below: What it says was raised below it.
        of_requests: Name of the class that the library `requests` raises.
    """

    of_botocore: Callable[..., BotoCoreError]
    below: Exception
    of_requests: str


_ERRORS: Mapping[str, _Errors] = {
    "connect-timeout": _Errors(ConnectTimeoutError, TimeoutError(_TEXT), "ConnectTimeout"),
    "read-timeout": _Errors(ReadTimeoutError, TimeoutError(_TEXT), "ReadTimeout"),
    "connection-closed": _Errors(ConnectionClosedError, ConnectionResetError(_TEXT), "ConnectionError"),
    "unresolvable": _Errors(EndpointConnectionError, socket.gaierror(socket.EAI_NONAME, _TEXT), "ConnectionError"),
}


def lost_error(failure: str, request: Any) -> Exception:
    """Return the error that the client of a request raises.

    Args:
        failure: The failure of transport, for example `read-timeout`.
        request: The request, in botocore's form.
    """
    errors = _ERRORS[failure]
    more = {"request": request} if failure == "connection-closed" else {}
    error = errors.of_botocore(endpoint_url=request.url, error=errors.below, **more)
    # Before moto 5.2.5 a request of the requests library comes as one of werkzeug's.
    return _requests_error(error) if hasattr(request, "environ") else error


def answering_requests(answer: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that answers the library `requests`, with the errors of that library in place of botocore's."""

    def answer_or_raise(request: Any) -> Any:
        try:
            return answer(request)
        except tuple(errors.of_botocore for errors in _ERRORS.values()) as error:  # type: ignore[misc]  # they are classes
            raise _requests_error(error) from None

    return answer_or_raise


def _requests_error(error: BotoCoreError) -> Exception:
    from requests import exceptions  # noqa: PLC0415 - only its users need it

    name = next(errors.of_requests for errors in _ERRORS.values() if errors.of_botocore is type(error))
    made: Exception = getattr(exceptions, name)(f"{error} ({_TEXT})")
    return made
