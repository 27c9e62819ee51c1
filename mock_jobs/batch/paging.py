"""Page sizes and page tokens of AWS Batch."""

from __future__ import annotations

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import invalid, not_allowed
from mock_jobs.core.paging import BadToken, read_page_token

MAX_LISTED = 100


def read_number(listing: str, token: str) -> int:
    """Return the number in a page token.

    Raises:
        ClientException: The token is malformed, or belongs to another listing.
    """
    key = read_token(listing, token)
    if len(key) == 1 and isinstance(key[0], int):
        return key[0]
    raise not_allowed(messages.BAD_TOKEN)


def page_size(max_results: int | None) -> int:
    """Return the size of a page: 1 to 100 (documented), by default 100 (inferred)."""
    if max_results is None:
        return MAX_LISTED
    if not 1 <= max_results <= MAX_LISTED:
        raise invalid(messages.MAX_RESULTS)
    return max_results


def read_token(listing: str, token: str) -> tuple[object, ...]:
    """Return the key in a page token.

    Raises:
        ClientException: The token is malformed, or belongs to another listing.
    """
    try:
        return read_page_token(listing, token)
    except BadToken as error:
        raise not_allowed(messages.BAD_TOKEN) from error
