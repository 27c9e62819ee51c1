"""Checks that several operations share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import invalid, not_allowed


def check_tag_keys(keys: Iterable[str]) -> None:
    """Reject tag keys that AWS reserves."""
    if any(key.lower().startswith("aws:") for key in keys):
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
