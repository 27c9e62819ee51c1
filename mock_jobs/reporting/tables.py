"""Text in aligned columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mock_jobs.core.moments import as_datetime

_GAP = "  "


def aligned(rows: Iterable[Sequence[str]]) -> list[str]:
    """Return rows as lines, each column as wide as its longest cell; the last one is not padded."""
    kept = [list(row) for row in rows]
    if not kept:
        return []
    widths = [max(map(len, column)) for column in zip(*kept, strict=True)]
    return [_GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in kept]


def clock_times(moments_ms: Sequence[int]) -> list[str]:
    """Return moments (milliseconds since the epoch) as texts in UTC, without the date if all are on one day."""
    moments = [as_datetime(each) for each in moments_ms]
    form = "%H:%M:%S" if len({each.date() for each in moments}) == 1 else "%Y-%m-%d %H:%M:%S"
    return [f"{moment:{form}}.{at_ms % 1000:03}" for moment, at_ms in zip(moments, moments_ms, strict=True)]
