"""Moments: milliseconds since the epoch, datetimes and texts."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Final

from mock_jobs.core.errors import HIDDEN, UsageTypeError, UsageValueError

__tracebackhide__ = HIDDEN

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
# The last moment that a datetime can hold
_LONGEST_S: Final = 253_402_300_799

NEVER_MS: Final = _LONGEST_S * 1000


def in_iso(moment: datetime) -> str:
    """Return a moment in UTC as text, in ISO 8601 with milliseconds."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def as_datetime(at_ms: int) -> datetime:
    """Return a moment (milliseconds since the epoch) as an aware datetime in UTC; one that is too late as the last possible one."""
    return _EPOCH + timedelta(milliseconds=min(at_ms, NEVER_MS))


def moment_ms(moment: object) -> int:
    """Return a moment that a test has given in milliseconds since the epoch.

    Args:
        moment: Seconds since the epoch, or an aware datetime.

    Raises:
        UsageTypeError: It is neither, or a datetime without a time zone.
        UsageValueError: It is impossible.
    """
    if isinstance(moment, timedelta):
        msg = f"move_to() needs a moment, got {moment!r}; use advance() to move by a duration"
        raise UsageTypeError(msg)
    if not isinstance(moment, datetime):
        return milliseconds(moment)
    if moment.tzinfo is None:
        msg = f"move_to() needs an aware datetime, got the naive {moment!r}; add tzinfo=timezone.utc"
        raise UsageTypeError(msg)
    return milliseconds(moment.timestamp())


def milliseconds(delta: object) -> int:
    """Return a duration that a test has given in milliseconds.

    Args:
        delta: Seconds, or a timedelta.

    Raises:
        UsageTypeError: It is neither.
        UsageValueError: It is negative, or too long.
    """
    if isinstance(delta, timedelta):
        delta = delta.total_seconds()
    if isinstance(delta, bool) or not isinstance(delta, (int, float)):
        msg = f"expected seconds, a timedelta (advance) or a datetime (move_to), got {delta!r}"
        raise UsageTypeError(msg)
    if not 0 <= delta <= _LONGEST_S:
        msg = f"the clock moves forward only: expected 0 to {_LONGEST_S} seconds (the year 9999), got {delta!r}"
        raise UsageValueError(msg)
    return round(delta * 1000)
