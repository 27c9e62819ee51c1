"""What the report of a failed test says about a mock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final

from mock_jobs.core.moments import as_datetime, in_iso
from mock_jobs.reporting.tables import aligned
from mock_jobs.reporting.timeline import lines as lines_of_changes
from mock_jobs.reporting.timeline import short_id

if TYPE_CHECKING:
    from mock_jobs.core.calls import Call
    from mock_jobs.core.service_base import Row
    from mock_jobs.reporting.snapshot import Place, Snapshot

MOST_LINES: Final = 60
_MOST_CHARACTERS: Final = 240
_MOST_RECORDS: Final = 7
_MOST_SCANNED: Final = 2_000
_MOST_CALLS: Final = 8
_MOST_CHANGES: Final = 12
_MOST_OUTPUT: Final = 8
_MOST_HINTS: Final = 5
_MOST_UNUSED: Final = 5

# Kinds of rows that a report shows, and the statuses in which a record has ended well
_SHOWN: Final = ("Batch jobs", "Batch service jobs", "IoT jobs", "IoT executions")
_FINE: Final = frozenset({"SUCCEEDED", "COMPLETED"})
_OVER: Final = _FINE | {"FAILED", "CANCELED", "TIMED_OUT", "REJECTED", "REMOVED", "DELETION_IN_PROGRESS"}


def lines(shot: Snapshot) -> list[str]:
    """Return a snapshot as at most 60 lines of text; none if nothing has happened in the mock."""
    calls, changes = list(shot.calls), shot.changes.latest(_MOST_CHANGES)
    if not calls and not changes:
        return []
    moment = in_iso(as_datetime(shot.now_ms))
    found = ["; ".join([f"{shot.called} at {moment}", *shot.conditions])]
    sections = {
        "what may help": [*_hints(shot, calls)][:_MOST_HINTS],
        **_records(shot),
        "set up and not used": list(shot.unused[:_MOST_UNUSED]),
        "last calls": aligned(map(_call_cells, calls[-_MOST_CALLS:])),
        "last changes": lines_of_changes(changes),
        "last lines of containers": [
            f"{short_id(job_id)}  {text}" for backend in shot.backends for job_id, text in backend.output()
        ][-_MOST_OUTPUT:],
    }
    for title, shown in sections.items():
        if shown:
            found += [f"{title}:", *(f"  {line}" for line in shown)]
    return [_cut(line.rstrip()) for line in found[:MOST_LINES]]


def _records(shot: Snapshot) -> dict[str, list[str]]:
    """Return lines about jobs and executions by kind: the unfinished ones first, then what failed, then the rest."""
    found = {}
    for kind, rows in shot.rows().items():
        if kind not in _SHOWN:
            continue
        scanned = list(islice(rows, _MOST_SCANNED))
        left = sum(1 for _ in rows)
        ranked = sorted(scanned, key=lambda each: _rank(each[1]))
        cells = [_record_cells(shot, place, row) for place, row in ranked[:_MOST_RECORDS]]
        more = len(scanned) + left - len(cells)
        found[kind] = aligned(cells) + ([f"and {more:,} more"] if more else [])
    return found


def unfinished_jobs(shot: Snapshot) -> Iterator[str]:
    """Yield a text about each job that has not ended: what it is, its status, and what it waits for if there is more to say."""
    for kind, rows in shot.rows().items():
        if kind in _SHOWN and kind.endswith(" jobs"):
            for place, row in rows:
                if row.status not in _OVER:
                    name = repr(row.name) if row.name == row.id else f"{row.name!r} ({row.id})"
                    why = _why(shot, place, row)
                    yield f"{kind.removesuffix('s')} {name} {row.status}{'' if why is None else f': {why}'}"


def _rank(row: Row) -> int:
    return 2 if row.status in _FINE else 1 if row.status in _OVER else 0


def _record_cells(shot: Snapshot, place: Place, row: Row) -> Sequence[str]:
    name = row.id if row.name in row.id else f"{row.name} {short_id(row.id)}"
    if row.status in _OVER:
        return name, row.status, row.reason or ""
    return name, row.status, _why(shot, place, row) or row.reason or ""


def _why(shot: Snapshot, place: Place, row: Row) -> str | None:
    """Return what an unfinished record waits for, None if that is only its status."""
    texts = (each.why_unfinished(row.id) for each in shot.backends if place == (each.account, each.region))
    why = next(filter(None, texts), None)
    return None if why == f"it is {row.status}" else why


def _call_cells(call: Call) -> Sequence[str]:
    error = ": ".join(each for each in (call.error, call.error_message) if each is not None)
    return f"call {call.number}", call.service, call.operation, str(call.status or "lost"), error


def _hints(shot: Snapshot, calls: Sequence[Call]) -> Iterator[str]:
    yield from dict.fromkeys(hint for backend in shot.backends for hint in backend.hints())
    yield from _elsewhere(shot, calls)


def _elsewhere(shot: Snapshot, calls: Sequence[Call]) -> Iterator[str]:
    """Yield a hint if the last call went to an account or region that has no jobs, while another one has."""
    with_jobs = {place for kind, rows in shot.rows().items() if kind in _SHOWN for place, _ in islice(rows, _MOST_SCANNED)}
    called = {(call.account, call.region) for call in calls[-1:]}
    if with_jobs and called and not called & with_jobs:
        yield f"the last call went to {_named(called)}, but the jobs are in {_named(with_jobs)}"


def _named(places: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{region} of account {account}" for account, region in sorted(places))


def _cut(line: str) -> str:
    return line if len(line) <= _MOST_CHARACTERS else f"{line[: _MOST_CHARACTERS - 3]}..."
