"""The hook into aiobotocore, and with it aioboto3, s3fs and others: its clients act on the same state as those of boto3.

Its requests come to the same handler of moto as those of botocore. Here are the forms of answer and body that it needs, and what is
replaced in it for clients that were made before. Nothing of it is imported for those who do not use it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from inspect import CO_COROUTINE
from typing import TYPE_CHECKING, Any, NamedTuple

from mock_jobs.core.errors import HIDDEN, NotActiveError
from mock_jobs.moto_adapters import core as moto_core
from mock_jobs.transports import async_bodies
from mock_jobs.transports.async_polls import answer_poll, may_wait
from mock_jobs.transports.either_response import EitherResponse, Turn, async_response
from mock_jobs.transports.sessions import new_session
from mock_jobs.wire.origin import is_aws_host

if TYPE_CHECKING:
    from botocore.awsrequest import AWSResponse

__tracebackhide__ = HIDDEN


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


class _Opening:
    """Tells whether the hook is still open that was open when a call began.

    Attributes:
        mark: Stands for the present opening; None while the hook is closed.
    """

    mark: object = None

    def begin(self) -> None:
        """Note that the hook is opened."""
        self.mark = object()

    def end(self) -> None:
        """Note that the hook is closed."""
        self.mark = None

    def check(self, mark: object) -> None:
        """Check that nothing has changed since a call began.

        Raises:
            NotActiveError: The mock of the call has ended.
        """
        if mark is not self.mark:
            raise NotActiveError(
                "the mock has ended while this call was waiting: await the call, or cancel it, before the mock ends"
            )


opening = _Opening()


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
    # The emitter of aiobotocore calls its handlers in a coroutine, and that of botocore in a function.
    if sys._getframe(1).f_code.co_flags & CO_COROUTINE:  # noqa: SLF001 - there is no other way to the caller
        return _answer_awaited(stubber, request)
    return answer(request, stubber)


def answer(request: Any, stubber: Any = moto_core.stubber) -> EitherResponse | None:
    """Return the response to a request, in botocore's form; None if it goes to the network.

    Args:
        request: The request, in botocore's form.
        stubber: Whom to ask: moto's one stubber, or another one that somebody has made.
    """
    answered = stubber.process_request(request)
    if answered is None:
        return None
    status, headers, body = answered
    return EitherResponse(request.url, status, headers, moto_core.MockRawResponse(body))


async def _answer_awaited(stubber: Any, request: Any) -> AWSResponse | None:
    """Return the response to a request, in aiobotocore's form; None if it goes to the network."""
    try:
        answered = await _ask(stubber, request)
    except Exception:
        await Turn()
        raise
    if answered is None:
        return None
    await Turn()
    return async_response(request.url, *answered)


async def _ask(stubber: Any, request: Any) -> moto_core.MotoAnswer | None:
    answer_at_hand: Callable[[], moto_core.MotoAnswer | None] = partial(stubber.process_request, request)
    mark = opening.mark
    if async_bodies.is_async(request.body):
        if moto_core.goes_out(request.url):
            return None
        data = await async_bodies.read(request.body)
        opening.check(mark)
        with async_bodies.holding(request, data):
            return answer_at_hand()
    if may_wait(request.url):
        return await answer_poll(answer_at_hand, partial(opening.check, mark))
    return answer_at_hand()


def replacements(lenient: Callable[[Callable[..., Any], Any], Callable[..., Any]] | None) -> Iterator[Replacement]:
    """Yield what to replace in the modules of aiobotocore that have been imported.

    Those that are imported later need nothing to be answered: their sessions find moto's handler, unless they were told to have no
    handlers, and credentials.

    Args:
        lenient: Returns a signer's method that signs with given credentials if a client has none; None leaves signers as they are.
    """
    endpoint = _imported("aiobotocore.endpoint", "AioEndpoint")
    if endpoint is not None:
        yield Replacement(endpoint, "_send", _early_send(endpoint._send))  # noqa: SLF001 - the seam
    signer = _imported("aiobotocore.signers", "AioRequestSigner")
    credentials = _imported("aiobotocore.credentials", "AioCredentials")
    if lenient is not None and signer is not None and credentials is not None:
        sign = lenient(signer.get_auth_instance, credentials)
        yield Replacement(signer, "get_auth_instance", sign)
        yield Replacement(signer, "get_auth", sign)
    sessions, emitter = sys.modules.get("aiobotocore.session"), _imported("aiobotocore.hooks", "AioHierarchicalEmitter")
    if hasattr(sessions, "get_session") and emitter is not None:

        def get_session(env_vars: dict[str, Any] | None = None) -> Any:
            return new_session(env_vars, sessions.AioSession, emitter)  # type: ignore[union-attr]  # it has one

        yield Replacement(sessions, "get_session", get_session)


def _imported(module: str, name: str) -> Any:
    # Another thread may be importing it just now.
    return getattr(sys.modules.get(module), name, None)


def _early_send(send: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Coroutine[Any, Any, Any]]:
    """Mock clients that were made before moto was imported, which lack its handler."""

    async def send_or_answer(endpoint: Any, request: Any) -> Any:
        if is_aws_host(request.url.partition("://")[2].partition("/")[0]):
            response = await _answer_awaited(moto_core.stubber, request)
            if response is not None:
                return response
        return await send(endpoint, request)

    return send_or_answer
