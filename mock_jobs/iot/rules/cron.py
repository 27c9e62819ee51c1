"""Cron expressions as AWS writes them: when a maintenance window opens.

AWS does not document which dialect the service accepts. This module accepts these, always in UTC (inferred):

- seven fields: seconds, minutes, hours, day of month, month, day of week, year;
- six fields as Amazon EventBridge writes them, without the seconds: if `cron( )` is around them, because no other dialect has
  that, or if the third or fifth field is `?`;
- six fields otherwise: the seven without the year;
- five fields: minutes, hours, day of month, month, day of week.

Five and seven fields may also have `cron( )` around them. Days of the week count from 1 for Sunday, but from 0 in five fields, as
in Unix.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final, cast

from mock_jobs.core.service_base import NotEmulatedYet

if TYPE_CHECKING:
    from croniter import croniter

_WRAPPED: Final = re.compile(r"cron\((.*)\)", re.DOTALL)
_NUMBERS: Final = r"[0-9*/,-]+"
# The only letters allowed are the names of months and days, L (last) and W (weekday). The library that computes the moments also
# accepts letters that mean a random moment.
_MONTHS: Final = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"
_DAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_DAY: Final = rf"(?:[0-9]+|{'|'.join(_DAYS)})"
_FIELDS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        _NUMBERS,
        _NUMBERS,
        _NUMBERS,
        rf"\?|L|[0-9]+W|{_NUMBERS}",
        rf"(?:{_MONTHS}|{_NUMBERS})+",
        rf"\?|L|{_DAY}L|{_DAY}#[0-9]|(?:{_DAY}|{_NUMBERS})+",
        _NUMBERS,
    )
)
# Valid in other cron dialects of AWS, but not emulated.
_NOT_EMULATED: Final = re.compile(r"LW|L-[0-9]+")
_DAY_TOKEN: Final = re.compile(rf"(?<![/#0-9A-Z]){_DAY}")
_UNIX: Final = 5
_SECOND: Final = timedelta(seconds=1)


class BadCronError(ValueError):
    """The text is not a cron expression."""


class Cron:
    """The moments that a cron expression names.

    Args:
        text: The expression.

    Raises:
        BadCronError: It is not a cron expression.
        NotEmulatedYet: Its day of the month is `LW` or `L-n`, which is not emulated.
    """

    __slots__ = ("_moments",)

    def __init__(self, text: str) -> None:
        # Imported here so that tests without maintenance windows do not pay for it.
        from croniter import croniter  # noqa: PLC0415

        epoch = datetime.fromtimestamp(0, timezone.utc)
        try:
            self._moments: croniter = croniter(_normalize(text), epoch, second_at_beginning=True)
        except ValueError as error:
            raise BadCronError(text) from error

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first match after a moment, None if there is none within 50 years."""
        return self._find(moment, is_next=True)

    def last_until(self, moment: datetime) -> datetime | None:
        """Return the last match at or before a moment, None if there is none within 50 years."""
        return self._find(moment.replace(microsecond=0) + _SECOND, is_next=False)

    def _find(self, moment: datetime, *, is_next: bool) -> datetime | None:
        from croniter import CroniterBadDateError  # noqa: PLC0415

        search = self._moments.get_next if is_next else self._moments.get_prev
        try:
            return cast("datetime", search(datetime, start_time=moment))
        except CroniterBadDateError:
            return None


def _normalize(text: str) -> str:
    """Return an expression in the form of the library.

    Five fields stay as they are. Six and seven fields become seven, with days of the week counted from 0.
    """
    wrapped = _WRAPPED.fullmatch(text.strip())
    fields = (wrapped[1] if wrapped else text).upper().split()
    patterns = _FIELDS[1:-1] if len(fields) == _UNIX else _FIELDS
    if len(fields) == len(_FIELDS) - 1:
        fields = ["0", *fields] if wrapped or "?" in (fields[2], fields[4]) else [*fields, "*"]
    if len(fields) != len(patterns):
        raise ValueError(text)
    day_of_month = fields[len(fields) // 2]
    if _NOT_EMULATED.fullmatch(day_of_month):
        raise NotEmulatedYet(f"{day_of_month} as day of the month in a maintenance window")
    if not all(pattern.fullmatch(field) for pattern, field in zip(patterns, fields, strict=True)):
        raise ValueError(text)
    if len(fields) != _UNIX:
        fields[-2] = _days_from_zero(fields[-2])
    return " ".join(fields)


def _days_from_zero(field: str) -> str:
    if field == "L":
        return "6"
    field = _DAY_TOKEN.sub(_day_from_zero, field)
    # The last such day of the month: the library writes 6L as L5.
    return f"L{field[:-1]}" if field.endswith("L") else field


def _day_from_zero(match: re.Match[str]) -> str:
    token = match[0]
    number = _DAYS.index(token) if token in _DAYS else int(token) - 1
    if number not in range(len(_DAYS)):
        raise ValueError(token)
    return str(number)
