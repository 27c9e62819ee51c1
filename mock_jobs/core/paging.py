"""Page tokens: opaque strings that continue a listing where a page ended."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence


class BadToken(Exception):  # noqa: N818 - each service turns it into its own error
    """A page token that was not made by this listing."""


def page_token(listing: str, key: Sequence[object]) -> str:
    """Return an opaque token that continues a listing after the record with this key.

    Args:
        listing: The listing, as `Backend.listing` names it. The token is valid for this listing only.
        key: The sort key of the last record returned, as JSON values. With a key, inserts do not shift pages.
    """
    return base64.urlsafe_b64encode(json.dumps([listing, *key], separators=(",", ":")).encode()).decode()


def read_page_token(listing: str, token: str) -> tuple[object, ...]:
    """Return the key that `page_token` wrote.

    Raises:
        BadToken: The text is not a token, or it belongs to another listing.
    """
    try:
        made_for, *key = json.loads(base64.b64decode(token.encode(), altchars=b"-_", validate=True))
    except (ValueError, TypeError, RecursionError, binascii.Error) as error:
        raise BadToken from error
    if made_for != listing:
        raise BadToken
    return tuple(key)
