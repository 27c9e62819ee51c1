"""Clock, faults, settings, pace, calls, events and resets of a server's worlds over HTTP, for tests that run in another process.

All paths begin with `/mock-jobs-api/`. The world is that of the account of the request: from its signature or from the
`x-moto-account-id` header, else moto's default account. `reset` resets this world and leaves those of other accounts, and all
that is moto's, unchanged; `/moto-api/reset` resets everything.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from inspect import Parameter, signature
from typing import TYPE_CHECKING

from mock_jobs.batch.handle import BatchHandle
from mock_jobs.core.errors import UsageError
from mock_jobs.iot.handle import IoTHandle
from mock_jobs.wire.http import Answer

if TYPE_CHECKING:
    from mock_jobs.batch.scenario.pace import PaceName
    from mock_jobs.core.world import World
    from mock_jobs.transports.worlds import Worlds

PREFIX = "/mock-jobs-api/"


def _advance(world: World) -> Callable[..., object]:
    def advance(seconds: float) -> None:
        world.clock.advance(seconds)

    return advance


def _set_pace(world: World) -> Callable[..., object]:
    def set_pace(pace: PaceName) -> None:
        world.shared(BatchHandle).pace = pace

    return set_pace


# What carries out each command; its parameters are the members that the command takes.
_COMMANDS: Mapping[str, Callable[[World], Callable[..., object]]] = {
    "batch/block": lambda world: world.shared(BatchHandle).block,
    "batch/invalidate": lambda world: world.shared(BatchHandle).invalidate,
    "batch/pace": _set_pace,
    "batch/plan": lambda world: world.shared(BatchHandle).plan,
    "batch/refuse": lambda world: world.shared(BatchHandle).refuse,
    "batch/run-all": lambda world: world.shared(BatchHandle).run_all,
    "batch/run-until": lambda world: world.shared(BatchHandle).run_until,
    "batch/settings": lambda world: world.shared(BatchHandle).settings.change,
    "batch/step": lambda world: world.shared(BatchHandle).step,
    "batch/unblock": lambda world: world.shared(BatchHandle).unblock,
    "clock/advance": _advance,
    "clock/freeze": lambda world: world.clock.freeze,
    "clock/move-to": lambda world: world.clock.move_to,
    "clock/unfreeze": lambda world: world.clock.unfreeze,
    "faults/add": lambda world: world.faults.add,
    "faults/clear": lambda world: world.faults.clear,
    "iot/settings": lambda world: world.shared(IoTHandle).settings.change,
    "reset": lambda world: world.reset,
}


# By the path of each report what it tells, and by which name.
_REPORTS: Mapping[str, tuple[str, Callable[[World], object]]] = {
    "batch/settings": ("settings", lambda world: asdict(world.shared(BatchHandle).settings)),
    "calls": ("calls", lambda world: [call._asdict() for call in world.calls]),
    "events": ("events", lambda world: [event._asdict() for event in world.events.all()]),
    "iot/settings": ("settings", lambda world: asdict(world.shared(IoTHandle).settings)),
}


def answer(worlds: Worlds, method: str, path: str, body: bytes, account: str) -> Answer:
    """Carry out a command: `POST /mock-jobs-api/clock/advance` with `{"seconds": 60}` and the like; or `GET` a report.

    Every answer is a JSON object; a good one tells the `now` of the clock in seconds since the epoch, and a report what its
    name says: `calls` and `events` in a list, `settings` in an object. A command that is wrong gets HTTP 400, an unknown one
    404, with a `message`.
    """
    name = path[len(PREFIX) :]
    world = worlds.of(account)
    if method == "GET" and name in _REPORTS:
        with world.lock:
            told, report = _REPORTS[name]
            return _json(200, {"now": world.clock.now_s, told: report(world)})
    if method != "POST" or name not in _COMMANDS:
        known = [f"POST {PREFIX}{each}" for each in sorted(_COMMANDS)] + [f"GET {PREFIX}{each}" for each in sorted(_REPORTS)]
        return _json(404, {"message": f"No command answers {method} {path}. There are: {', '.join(known)}"})
    try:
        arguments = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        arguments = None
    if not isinstance(arguments, dict):
        return _json(400, {"message": "the body must be a JSON object"})
    command = _COMMANDS[name](world)
    wrong = _wrong_members(command, arguments)
    if wrong is not None:
        return _json(400, {"message": f"{name} {wrong}"})
    try:
        with world.lock:
            command(**arguments)
            return _json(200, {"now": world.clock.now_s})
    except UsageError as error:
        return _json(400, {"message": str(error)})


def _wrong_members(command: Callable[..., object], arguments: Mapping[str, object]) -> str | None:
    """Return which members a command takes if these are others, None if they fit."""
    parameters = signature(command).parameters.values()
    if any(each.kind is Parameter.VAR_KEYWORD for each in parameters):
        # It knows by itself which names there are.
        return None
    known = {each.name: each.default is Parameter.empty for each in parameters}
    lacks = {
        "unknown": sorted(arguments.keys() - known),
        "missing": [name for name, is_required in known.items() if is_required and name not in arguments],
    }
    if not any(lacks.values()):
        return None
    members = ", ".join(name if is_required else f"{name} (optional)" for name, is_required in known.items())
    return "; ".join(
        [f"takes {members or 'no members'}", *(f"{how}: {', '.join(names)}" for how, names in lacks.items() if names)]
    )


def _json(status: int, content: Mapping[str, object]) -> Answer:
    return Answer(status, {"Content-Type": "application/json"}, json.dumps(content).encode())
