"""Pages of the listings of AWS IoT."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final, TypeVar

from mock_jobs.core.paging import BadToken, page_token, read_page_token
from mock_jobs.iot import messages
from mock_jobs.iot.exceptions import InvalidRequestException

RecordT = TypeVar("RecordT")

# Source: the largest page size that the model allows; that it is also the default is inferred.
DEFAULT_PAGE: Final = 250


def start_of_page(listing: str, token: str | None, length: int) -> tuple[int, ...] | None:
    """Return the key after which a page starts, None for the first page.

    Args:
        listing: Names the listing with its filters.
        token: The token that the caller gave.
        length: How many numbers a key of this listing has.

    Raises:
        InvalidRequestException: The token was not issued for this listing. Source: observed.
    """
    if token is None:
        return None
    try:
        key = read_page_token(listing, token)
    except BadToken as error:
        raise InvalidRequestException(messages.BAD_TOKEN) from error
    numbers = tuple(each for each in key if isinstance(each, int))
    if len(numbers) != len(key) or len(key) != length:
        raise InvalidRequestException(messages.BAD_TOKEN)
    return numbers


def page(
    listing: str, records: Iterator[RecordT], max_results: int | None, key: Callable[[RecordT], tuple[int, ...]]
) -> tuple[list[RecordT], dict[str, str]]:
    """Return one page of records, and the member `nextToken` unless it is the last page.

    Args:
        listing: Names the listing with its filters.
        records: The records from the start of the page, in order; one more than the page is read.
        max_results: Size of the page.
        key: Returns the key of a record.
    """
    size = max_results or DEFAULT_PAGE
    found = list(islice(records, size + 1))
    if len(found) <= size:
        return found, {}
    found.pop()
    return found, {"nextToken": page_token(listing, key(found[-1]))}
