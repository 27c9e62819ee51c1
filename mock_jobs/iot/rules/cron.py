"""Cron expressions as AWS writes them: when a maintenance window opens.

Which dialect the service reads is not documented. Here are read, always in UTC (inferred):

- seven fields: seconds, minutes, hours, day of month, month, day of week, year;
- six fields: the same without the year; or without the seconds, as Amazon EventBridge writes it, which `cron( )` around them
  tells, because no other dialect has that, or a `?` at the third or fifth position;
- five fields: minutes, hours, day of month, month, day of week;
- five and seven fields with or without `cron( )` around them.

Days of the week count from 1 for Sunday, but from 0 in five fields, as in Unix.
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
# Letters are those of months, days and of L (last) and W (weekday) only: the library that finds the moments also takes
# letters that stand for a moment at random.
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
# These are valid in AWS's other dialects.
_NOT_EMULATED: Final = re.compile(r"LW|L-[0-9]+")
_DAY_TOKEN: Final = re.compile(rf"(?<![/#0-9A-Z]){_DAY}")
_UNIX: Final = 5
_SECOND: Final = timedelta(seconds=1)


class BadCronError(ValueError):
    """The text is no cron expression."""


class Cron:
    """The moments that a cron expression names.

    Args:
        text: The expression.

    Raises:
        BadCronError: It is none.
        NotEmulatedYet: It is one, but it is not known here how to follow it.
    """

    __slots__ = ("_moments",)

    def __init__(self, text: str) -> None:
        # Costs nothing where no window is used.
        from croniter import croniter  # noqa: PLC0415

        epoch = datetime.fromtimestamp(0, timezone.utc)
        try:
            self._moments: croniter = croniter(_normalize(text), epoch, second_at_beginning=True)
        except ValueError as error:
            raise BadCronError(text) from error

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first moment after another, None if there is none within 50 years."""
        return self._find(moment, is_next=True)

    def last_until(self, moment: datetime) -> datetime | None:
        """Return the last moment up to another, itself included, None if there is none within 50 years."""
        return self._find(moment.replace(microsecond=0) + _SECOND, is_next=False)

    def _find(self, moment: datetime, *, is_next: bool) -> datetime | None:
        from croniter import CroniterBadDateError  # noqa: PLC0415

        search = self._moments.get_next if is_next else self._moments.get_prev
        try:
            return cast("datetime", search(datetime, start_time=moment))
        except CroniterBadDateError:
            return None


def _normalize(text: str) -> str:
    """Return an expression as the library takes it: with seven fields and days of the week from 0, or with five as they are."""
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
    # The last one of its month: 6L is L5 to the library.
    return f"L{field[:-1]}" if field.endswith("L") else field


def _day_from_zero(match: re.Match[str]) -> str:
    token = match[0]
    number = _DAYS.index(token) if token in _DAYS else int(token) - 1
    if number not in range(len(_DAYS)):
        raise ValueError(token)
    return str(number)
