"""What the report of a failed test says about a mock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
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
_MOST_FOLDED: Final = 200
_MOST_PARAMETERS: Final = 80
_MOST_CHANGES: Final = 12
_MOST_OUTPUT: Final = 8
_MOST_HINTS: Final = 5

# Kinds of rows that a report shows, and the statuses in which a record has ended well
_SHOWN: Final = ("Batch jobs", "Batch service jobs", "IoT jobs", "IoT executions")
_FINE: Final = frozenset({"SUCCEEDED", "COMPLETED"})
_WAITING: Final = frozenset({"QUEUED", "SUBMITTED", "PENDING", "SCHEDULED"})
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
        "set up and not used": list(shot.unused),
        "last calls": aligned(_folded(calls)[-_MOST_CALLS:]),
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
    """Return lines about jobs and executions by kind: those in progress first, then other unfinished ones, failed ones, the rest."""
    found = {}
    for kind, rows in shot.rows().items():
        if kind in _SHOWN:
            scanned = list(islice(rows, _MOST_SCANNED))
            ranked = sorted(scanned, key=lambda each: _rank(each[1]))[:_MOST_RECORDS]
            lines = aligned(_record_cells(shot, place, row) for place, row in ranked)
            more = (shot.total(kind) or 0) - len(ranked)
            found[kind] = [*lines, f"and {more:,} more"] if more > 0 else lines
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
    if row.status in _FINE:
        return 3
    if row.status in _OVER:
        return 2
    return 1 if row.status in _WAITING else 0


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


def _folded(calls: Sequence[Call]) -> list[Sequence[str]]:
    """Return the cells of the last calls. Equal calls in a row, as pollers make them, are one line."""
    found: list[Sequence[str]] = []
    for _, group in groupby(calls[-_MOST_FOLDED:], key=_like):
        first, *others = group
        last = others[-1] if others else first
        number = f"call {first.number}" if not others else f"calls {first.number} to {last.number}"
        error = ": ".join(each for each in (first.error, first.error_message) if each is not None)
        found.append((number, first.service, first.operation, str(first.status or "lost"), _parameters(first), error))
    return found


def _like(call: Call) -> tuple[object, ...]:
    return call.service, call.operation, call.status, call.error, _parameters(call)


def _parameters(call: Call) -> str:
    text = ", ".join(f"{name}={value!r}" for name, value in call.parameters.items())
    return text if len(text) <= _MOST_PARAMETERS else f"{text[: _MOST_PARAMETERS - 3]}..."


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
