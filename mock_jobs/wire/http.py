"""Requests for the services of mock_jobs, and their answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mock_jobs.core.service_base import AwsError


class Request(NamedTuple):
    """A request for a service of mock_jobs.

    Attributes:
        service: Name of the service in boto3.
        method: HTTP method in upper case.
        path: Path as sent, percent-encoded, without the query.
        query: The query string, encoded, without the question mark.
        body: The body; may be empty.
        account: Account id.
        region: Region.
        endpoint: Scheme, host and port of the server that the client called; None for the hosts of AWS.
        retry_info: The header `amz-sdk-request`, which tells the number of the try.
    """

    service: str
    method: str
    path: str
    query: str
    body: bytes
    account: str
    region: str
    endpoint: str | None = None
    retry_info: str | bytes | None = None


class Answer(NamedTuple):
    """An HTTP response.

    Attributes:
        status: HTTP status.
        headers: Headers, without connection headers.
        body: The body; may be empty.
        error: The service's error behind this answer, for callers in this process. None if it is no error, or an injected fault.
        failure: The failure of transport by which a client loses this answer, for example `read-timeout`. Status and body are what
            callers without a transport get in its place. None if the answer arrives.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    error: AwsError | None = None
    failure: str | None = None
