"""A request for one of our services, and its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mock_jobs.core.service_base import AwsError


class Request(NamedTuple):
    """A request for one of our services.

    Attributes:
        service: Its name in boto3.
        method: HTTP method in upper case.
        path: As it came over the wire, percent-encoded, without the query.
        query: The query string, encoded, without the question mark.
        body: The body, maybe empty.
        account: Account id.
        region: Region.
        endpoint: Scheme, host and port that a server was reached by; None for the hosts of AWS.
    """

    service: str
    method: str
    path: str
    query: str
    body: bytes
    account: str
    region: str
    endpoint: str | None = None


class Answer(NamedTuple):
    """An HTTP response.

    Attributes:
        status: HTTP status.
        headers: Headers, without those of the connection.
        body: The body, maybe empty.
        error: The service's error that this answers, for callers in this process; None without one, or for an injected fault.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    error: AwsError | None = None
