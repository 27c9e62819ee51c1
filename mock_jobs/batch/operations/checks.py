"""Checks that several operations share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import ceil
from typing import Final, Literal

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import BadRequestException, invalid, not_allowed

MAX_PAYLOAD: Final = 30 * 1024
# Letters and digits of all languages, white space, and some punctuation. Source: tag restrictions of AWS (documented).
_TAG_TEXT: Final = re.compile(r"[\w\s+=.:/@-]*")


def check_payload(size: int) -> None:
    """Reject a submission of too many bytes."""
    if size > MAX_PAYLOAD:
        raise invalid(messages.PAYLOAD_TOO_LARGE, size=ceil(size / 1024))


def check_tags(tags: Mapping[str, str] | None) -> None:
    """Reject tags with characters that AWS does not allow, and keys that it reserves.

    Source: metaflow #1345 and nf-core/hic #224 (observed for values, inferred for keys).

    Raises:
        BadRequestException: A key or a value has an illegal character.
        ClientException: A key begins with `aws:`.
    """
    for key, value in (tags or {}).items():
        for text, kind in ((key, "TagKey"), (value, "TagValue")):
            if _TAG_TEXT.fullmatch(text) is None:
                raise BadRequestException(text, kind)
    if any(key.lower().startswith("aws:") for key in tags or ()):
        raise invalid(messages.TAG_PREFIX)


def check_deletable(state: str, status: str) -> Literal["delete", "deleting"]:
    """Check that an environment or job queue may be deleted.

    Returns:
        `deleting` if it is being deleted already, so that nothing is to be done, else `delete`.

    Raises:
        ClientException: It is being changed, or ENABLED.
    """
    if status == "DELETING":
        return "deleting"
    if state != "DISABLED":
        raise not_allowed(messages.CANNOT_DELETE_ENABLED)
    if status in ("CREATING", "UPDATING"):
        raise not_allowed(messages.CANNOT_DELETE_BEING_MODIFIED)
    return "delete"
