"""The hook into aiobotocore, and with it aioboto3, s3fs and others: its clients act on the same state as those of boto3.

Its requests come to the same handler of moto as those of botocore. Here are the forms of answer and body that it needs, and what is
replaced in it for clients that were made before. Nothing of it is imported for those who do not use it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine, Iterator
from inspect import CO_COROUTINE
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from mock_jobs.core.errors import HIDDEN
from mock_jobs.moto_adapters import core as moto_core
from mock_jobs.transports.async_bodies import answer_read, is_async
from mock_jobs.transports.async_polls import answer_poll
from mock_jobs.transports.either_response import EitherResponse, Turn
from mock_jobs.transports.sessions import new_session
from mock_jobs.wire.origin import is_aws_host

if TYPE_CHECKING:
    from botocore.awsrequest import AWSResponse

__tracebackhide__ = HIDDEN

_QUEUES: Final = "https://sqs."


class Replacement(NamedTuple):
    """What to replace while a mock is active.

    Attributes:
        owner: The class or module.
        name: Name of its attribute.
        value: What to put there.
    """

    owner: Any
    name: str
    value: object


def answer_either(stubber: Any, event_name: str, request: Any, **_: Any) -> Any:  # noqa: ARG001 - botocore calls it by these names
    """Answer `before-send` of botocore and of aiobotocore; in place of `BotocoreStubber.__call__`.

    Args:
        stubber: moto's stubber.
        event_name: Name of the event.
        request: The request, in botocore's form.

    Returns:
        The response, None if the request goes to the network, or what aiobotocore has to await for either.
    """
    if not stubber.enabled:
        return None
    # aiobotocore calls handlers in a coroutine.
    is_awaited = sys._getframe(1).f_code.co_flags & CO_COROUTINE  # noqa: SLF001 - the documented way to the caller
    if is_async(request.body) or (is_awaited and request.url.startswith(_QUEUES)):
        return _answer_awaited(request)
    try:
        return answer(request)
    except Exception as error:
        if is_awaited:
            return _raise_in_turn(error)
        raise


def answer(request: Any) -> EitherResponse | None:
    """Return the response to a request, in botocore's form; None if it goes to the network."""
    answered = moto_core.stubber.process_request(request)
    if answered is None:
        return None
    status, headers, body = answered
    return EitherResponse(request.url, status, headers, moto_core.MockRawResponse(body))  # type: ignore[arg-type]


async def _answer_awaited(request: Any) -> AWSResponse | None:
    """Return the response to a request, in the form of aiobotocore; None if it goes to the network."""
    try:
        if is_async(request.body):
            return await answer_read(answer, request)
        if request.url.startswith(_QUEUES):
            return await answer_poll(answer, request)
        response = answer(request)
    except Exception as error:  # noqa: BLE001 - it is raised again
        return await _raise_in_turn(error)
    return None if response is None else await response


async def _raise_in_turn(error: Exception) -> NoReturn:
    await Turn()
    raise error


def replacements(lenient: Callable[[Callable[..., Any], Any], Callable[..., Any]] | None) -> Iterator[Replacement]:
    """Yield what to replace in the modules of aiobotocore that have been imported.

    Those that are imported later need nothing: their sessions find moto's handler, and credentials, at their start.

    Args:
        lenient: Returns a signer's method that signs with given credentials if a client has none; None leaves signers as they are.
    """
    for module, name in (("aiobotocore.httpsession", "AIOHTTPSession"), ("aiobotocore.httpxsession", "HttpxSession")):
        sender = _imported(module, name)
        if sender is not None:
            yield Replacement(sender, "send", _early_send(sender.send))
    signer = _imported("aiobotocore.signers", "AioRequestSigner")
    credentials = _imported("aiobotocore.credentials", "AioCredentials")
    if lenient is not None and signer is not None and credentials is not None:
        sign = lenient(signer.get_auth_instance, credentials)
        yield Replacement(signer, "get_auth_instance", sign)
        yield Replacement(signer, "get_auth", sign)
    session = _imported("aiobotocore.session", "AioSession")
    emitter = _imported("aiobotocore.hooks", "AioHierarchicalEmitter")
    if session is not None and emitter is not None:

        def get_session(env_vars: dict[str, Any] | None = None) -> Any:
            return new_session(env_vars, session, emitter)

        yield Replacement(sys.modules["aiobotocore.session"], "get_session", get_session)


def _imported(module: str, name: str) -> Any:
    # Another thread may be importing it just now.
    return getattr(sys.modules.get(module), name, None)


def _early_send(send: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Coroutine[Any, Any, Any]]:
    """Mock clients that were made before moto was imported, which lack its handler."""

    async def send_or_answer(session: Any, request: Any) -> Any:
        if is_aws_host(request.url.partition("://")[2].partition("/")[0]):
            response = await _answer_awaited(request)
            if response is not None:
                return response
        return await send(session, request)

    return send_or_answer
