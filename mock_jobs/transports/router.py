"""Decide whether mock_jobs, moto or the network answers a request, for all HTTP transports.

A transport turns what its clients send into an `HttpRequest` and returns the result. Transports contain no rules of a service;
those are behind `dispatch`. A transport that does not get service, account and region from HTTP makes a `Request` itself, and
passes it to `Worlds.answer`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NamedTuple

from mock_jobs.core.errors import HIDDEN
from mock_jobs.moto_adapters import cloudformation
from mock_jobs.moto_adapters import core as moto_core
from mock_jobs.moto_adapters.presigned_urls import grant_of
from mock_jobs.transports.access import CONTROL_API, MOTO_API
from mock_jobs.transports.model_data import is_model_data, with_records
from mock_jobs.wire.http import Answer, Request
from mock_jobs.wire.origin import Origin, is_account_id, origin_of, region_of, service_of

if TYPE_CHECKING:
    from mock_jobs.transports.worlds import Worlds

__tracebackhide__ = HIDDEN

RETRY_HEADER: Final = "amz-sdk-request"


class HttpRequest(NamedTuple):
    """A request as a transport received it, for any service.

    Attributes:
        method: HTTP method in upper case.
        scheme: `http` or `https`.
        host: Host name, with the port if there is one; empty if the client named none.
        path: The path as sent, percent-encoded, without the query.
        query: The query string, encoded, without the question mark.
        read_body: Returns the body. It is called at most once, and only for requests that may be ours.
        authorization: The header of this name.
        account_header: The header `x-moto-account-id`.
        user_agent: The header of this name, where the region may be read from it.
        retry_info: The header `amz-sdk-request`.
    """

    method: str
    scheme: str
    host: str
    path: str
    query: str
    read_body: Callable[[], bytes]
    authorization: str | bytes | None = None
    account_header: str | None = None
    user_agent: str = ""
    retry_info: str | bytes | None = None

    @property
    def url(self) -> str:
        """The URL without the query."""
        return f"{self.scheme}://{self.host}{self.path}"


class ForMoto(NamedTuple):
    """The decision that moto answers a request.

    Attributes:
        account: The account to pass to moto in its header; None if moto finds the account by itself.
        is_for_stacks: Whether the request is for CloudFormation, whose stacks may have resources of mock_jobs.
        lists_records: Whether moto answers a list of all that it keeps, to which `Router.with_records` adds.
    """

    account: str | None
    is_for_stacks: bool
    lists_records: bool = False


class Router:
    """Answers a request, or decides that moto or the network answers it.

    Args:
        worlds: The worlds that requests act on.
        has_control_api: Whether the control API is served.
        obeys_passthrough: Whether moto's `passthrough` and `service_whitelist` settings apply, as they do to requests to AWS.
    """

    def __init__(self, worlds: Worlds, *, has_control_api: bool = False, obeys_passthrough: bool = False) -> None:
        self._worlds = worlds
        self._has_control_api = has_control_api
        self._obeys_passthrough = obeys_passthrough

    def route(self, sent: HttpRequest) -> Answer | ForMoto | None:
        """Return the answer of mock_jobs, the decision that moto answers, or None for the network.

        Due timers fire before moto answers a request to AWS.
        """
        origin = origin_of(sent.authorization, sent.host)
        if self._has_control_api and sent.path.startswith(CONTROL_API):
            from mock_jobs.transports import control_api  # noqa: PLC0415 - imports all services, and only servers have it

            control = control_api.ControlRequest(sent.method, sent.path, sent.query, sent.read_body(), _account_of(sent, origin))
            return control_api.answer(self._worlds, control)
        service = service_of(origin, sent.path, sent.query)
        if service is not None:
            if self._obeys_passthrough and moto_core.leave_to_network(service, sent.url):
                return None
            answered = self._worlds.answer(_request_for(service, sent, origin))
            if answered is not None:
                return answered
        # A reset must not wait for what it deletes.
        if not sent.path.startswith(MOTO_API):
            self._worlds.before_moto(_account_of(sent, origin), origin.signing_name)
        account = origin.access_key if is_account_id(origin.access_key) else None
        grant = grant_of(sent.query)
        if grant is not None:
            expired = grant.expired_answer(self._worlds.of(grant.account).clock.now_ms)
            if expired is not None:
                return expired
            account = grant.account
        # The client's account header takes precedence, and moto reads it by itself.
        named = account if sent.account_header is None else None
        return ForMoto(named, origin.signing_name == cloudformation.SIGNING_NAME, is_model_data(sent.method, sent.path))

    def with_records(self, answered: str | bytes) -> str:
        """Return moto's list of all that it keeps, with the records of mock_jobs."""
        return with_records(answered, self._worlds.all())

    @contextmanager
    def stack_run(self) -> Iterator[Callable[[int], None]]:
        """Support resources of mock_jobs in stacks inside the `with` block.

        Moto answers the request for CloudFormation in the block.

        Yields:
            A function to call with the HTTP status of moto's answer. Without an answer the request counts as failed.
        """
        from mock_jobs.moto_adapters.cloudformation.seam import stack_run  # noqa: PLC0415 - only stacks need it

        with stack_run(self._worlds.answer) as run:

            def note_status(status: int) -> None:
                run.has_succeeded = status < HTTPStatus.BAD_REQUEST

            yield note_status


def _account_of(sent: HttpRequest, origin: Origin) -> str:
    return moto_core.account_of(origin.access_key, sent.account_header)


def _request_for(service: str, sent: HttpRequest, origin: Origin) -> Request:
    endpoint = f"{sent.scheme}://{sent.host}" if sent.host and not origin.is_aws else None
    account, region = _account_of(sent, origin), region_of(origin, sent.user_agent)
    return Request(service, sent.method, sent.path, sent.query, sent.read_body(), account, region, endpoint, sent.retry_info)
