"""What a mock holds at one moment, for reports. It can be read after the mock has ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice, repeat
from typing import TYPE_CHECKING, Final, NamedTuple

from mock_jobs.core.calls import call_as_json
from mock_jobs.core.service_base import Backend, Row

if TYPE_CHECKING:
    from mock_jobs.core.call_log import CallLog
    from mock_jobs.core.events import EventLog
    from mock_jobs.core.timeline import ChangeLog
    from mock_jobs.core.world import World

MOST_ROWS: Final = 10_000
MOST_PAYLOADS: Final = 2_000


class Place(NamedTuple):
    """An account and a region."""

    account: str
    region: str


class Snapshot(NamedTuple):
    """The records and logs of a world, as they are when they are read.

    Nothing is copied. A reset leaves them as they were.

    Attributes:
        called: What names the mock.
        now_ms: The moment, in milliseconds since the epoch.
        conditions: What decides how things move, for example `pace poll` and `frozen`.
        backends: The services by account and region.
        calls: The calls.
        events: The events.
        changes: The changes.
        unused: What was set up and not used yet, in words.
    """

    called: str
    now_ms: int
    conditions: Sequence[str]
    backends: Sequence[Backend]
    calls: CallLog
    events: EventLog
    changes: ChangeLog
    unused: Sequence[str] = ()

    def total(self, kind: str) -> int | None:
        """Return how many records of a kind there are; None if only the rows tell."""
        counted = [census[kind] for backend in self.backends if kind in (census := backend.census())]
        return sum(sum(by_status.values()) for by_status in counted) if counted else None

    def rows(self) -> Mapping[str, Iterator[tuple[Place, Row]]]:
        """Return the rows of all records, by their kind; they are made when they are read."""
        found: dict[str, Iterator[tuple[Place, Row]]] = {}
        for backend in self.backends:
            place = Place(backend.account, backend.region)
            for kind, rows in backend.rows().items():
                more = zip(repeat(place), rows)
                found[kind] = chain(found[kind], more) if kind in found else more
        return found


def snapshot(world: World, called: str, unused: Sequence[str] = ()) -> Snapshot:
    """Return what a world holds now; its lock must be held, also while records of a world that is in use are read.

    Args:
        world: The world.
        called: What names the mock.
        unused: What was set up and not used yet, in words.
    """
    backends = world.stores(Backend)  # type: ignore[type-abstract]  # of all services
    conditions = dict.fromkeys(condition for backend in backends for condition in backend.conditions())
    frozen = ["frozen"] if world.clock.is_frozen else []
    conditions_of_all = [*conditions, *frozen, f"seed {world.seed}"]
    return Snapshot(called, world.clock.now_ms, conditions_of_all, backends, world.calls, world.events, world.changes, unused)


def content(shot: Snapshot) -> dict[str, object]:
    """Return a snapshot in a form that JSON can hold, for the page.

    Tables hold at most 10,000 rows each. The payload of an event that has 2,000 later ones is None: it is much text.

    Returns:
        `called`, `now_ms`, `conditions` (texts), `tables` (by kind: `rows`, whose members are those of `Row` with `account` and
        `region`, and `omitted`, the number of rows that are left out), `changed` (the number of changes that there were),
        `changes`, `calls` and `events` (lists of objects).
    """
    tables: dict[str, object] = {}
    for kind, rows in shot.rows().items():
        shown = [{**place._asdict(), **row._asdict()} for place, row in islice(rows, MOST_ROWS)]
        total = shot.total(kind)
        tables[kind] = {"rows": shown, "omitted": sum(1 for _ in rows) if total is None else total - len(shown)}
    return {
        "called": shot.called,
        "now_ms": shot.now_ms,
        "conditions": list(shot.conditions),
        "tables": tables,
        "changed": shot.changes.total,
        "changes": [each._asdict() for each in shot.changes.all()],
        "calls": [call_as_json(each) for each in shot.calls],
        "events": _shown_events(shot.events),
    }


def _shown_events(log: EventLog) -> list[dict[str, object]]:
    shown = [each._asdict() for each in log.all()]
    for each in shown[:-MOST_PAYLOADS]:
        each["payload"] = None
    return shown
