"""A request for one of our services, and its answer."""

from __future__ import annotations

from typing import NamedTuple


class Request(NamedTuple):
    """A request for one of our services.

    Attributes:
        service: As boto3 names it.
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
    """Status, headers and body of an HTTP response."""

    status: int
    headers: dict[str, str]
    body: bytes
