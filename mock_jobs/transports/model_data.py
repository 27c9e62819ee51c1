"""moto's list of all that it keeps, `/moto-api/data.json`, with the records of mock_jobs beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from mock_jobs.core.service_base import Backend
from mock_jobs.transports.access import MOTO_API

if TYPE_CHECKING:
    from mock_jobs.core.world import World

_PATH: Final = f"{MOTO_API}data.json"


def is_model_data(method: str, path: str) -> bool:
    """Return whether a request gets moto's list.

    Args:
        method: HTTP method in upper case. moto sends the list for all but HEAD.
        path: As sent. moto decodes it.
    """
    return path.endswith("json") and unquote(path) == _PATH and method != "HEAD"


def with_records(answered: str | bytes, worlds: Iterable[World]) -> str:
    """Return moto's list with the records of mock_jobs added.

    moto lists objects by service and class. The records are added by service and kind, for example `batch` and `job queues`, with
    account, region and the members of `Row`.

    Args:
        answered: What moto answered, as JSON.
        worlds: Where the records are.
    """
    found: dict[str, dict[str, list[Any]]] = json.loads(answered)
    for world in worlds:
        with world.lock:
            for backend in world.stores(Backend):  # type: ignore[type-abstract]  # of all services
                _add(found, backend)
    return json.dumps(found)


def _add(found: dict[str, dict[str, list[Any]]], backend: Backend) -> None:
    place = {"account": backend.account, "region": backend.region}
    for kind, rows in backend.rows().items():
        service, _, records = kind.partition(" ")
        listed = found.setdefault(service.lower(), {}).setdefault(records, [])
        listed.extend({**place, **row._asdict()} for row in rows)
