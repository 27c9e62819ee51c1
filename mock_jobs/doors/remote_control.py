"""Clock, faults, settings, pace, calls and events of a server's worlds over HTTP, for tests that run in another process.

All paths begin with `/mock-jobs-api/`. The world is that of the account of the request: from its signature or from the
`x-moto-account-id` header, else moto's default account.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from mock_jobs.batch.control import BatchControl
from mock_jobs.doors.dispatch import Answer
from mock_jobs.errors import UsageError
from mock_jobs.iot.control import IoTControl

if TYPE_CHECKING:
    from mock_jobs.batch.pace import PaceName
    from mock_jobs.batch.states import JobStatus
    from mock_jobs.doors.worlds import Worlds
    from mock_jobs.world import World

PREFIX = "/mock-jobs-api/"


def _advance(world: World, *, seconds: float) -> None:
    world.clock.advance(seconds)


def _move_to(world: World, *, moment: float) -> None:
    world.clock.move_to(moment)


def _freeze(world: World) -> None:
    world.clock.freeze()


def _unfreeze(world: World) -> None:
    world.clock.unfreeze()


def _add_fault(
    world: World, *, service: str, operation: str, code: str, times: int | None = 1, message: str | None = None
) -> None:
    world.faults.add(service, operation, code, times=times, message=message)


def _clear_faults(world: World) -> None:
    world.faults.clear()


def _pace(world: World, *, pace: PaceName) -> None:
    world.shared(BatchControl).pace = pace


def _batch_settings(world: World, **values: object) -> None:
    world.shared(BatchControl).settings.change(**values)


def _iot_settings(world: World, **values: object) -> None:
    world.shared(IoTControl).settings.change(**values)


def _block(world: World, *, queue: str, code: str, instance_type: str | None = None) -> None:
    world.shared(BatchControl).block(queue, code, instance_type=instance_type)


def _unblock(world: World, *, queue: str) -> None:
    world.shared(BatchControl).unblock(queue)


def _invalidate(world: World, *, compute_environment: str, reason: str) -> None:
    world.shared(BatchControl).invalidate(compute_environment, reason)


def _plan(world: World, **plan: Any) -> None:
    world.shared(BatchControl).plan(**plan)


def _run_all(world: World) -> None:
    world.shared(BatchControl).run_all()


def _step(world: World, *, job_id: str) -> None:
    world.shared(BatchControl).step(job_id)


def _run_until(world: World, *, job_id: str, status: JobStatus) -> None:
    world.shared(BatchControl).run_until(job_id, status)


_COMMANDS: Mapping[str, Callable[..., None]] = {
    "batch/block": _block,
    "batch/invalidate": _invalidate,
    "batch/pace": _pace,
    "batch/plan": _plan,
    "batch/run-all": _run_all,
    "batch/run-until": _run_until,
    "batch/settings": _batch_settings,
    "batch/step": _step,
    "batch/unblock": _unblock,
    "clock/advance": _advance,
    "clock/freeze": _freeze,
    "clock/move-to": _move_to,
    "clock/unfreeze": _unfreeze,
    "faults/add": _add_fault,
    "faults/clear": _clear_faults,
    "iot/settings": _iot_settings,
}


def _calls(world: World) -> list[object]:
    return [call._asdict() for call in world.calls]


def _events(world: World) -> list[object]:
    return [event._asdict() for event in world.events.all()]


_REPORTS: Mapping[str, Callable[[World], list[object]]] = {"calls": _calls, "events": _events}


def control(worlds: Worlds, method: str, path: str, body: bytes, account: str) -> Answer:
    """Carry out a command: `POST /mock-jobs-api/clock/advance` with `{"seconds": 60}` and the like; or `GET` a report.

    Every answer is a JSON object; a good one tells the `now` of the clock in seconds since the epoch, and a report what its
    name says, in a list. A command that is wrong gets HTTP 400, an unknown one 404, with a `message`.
    """
    name = path[len(PREFIX) :]
    world = worlds.of(account)
    if method == "GET" and name in _REPORTS:
        with world.lock:
            return _json(200, {"now": world.clock.now_s, name: _REPORTS[name](world)})
    if method != "POST" or name not in _COMMANDS:
        known = [f"POST {PREFIX}{each}" for each in sorted(_COMMANDS)] + [f"GET {PREFIX}{each}" for each in sorted(_REPORTS)]
        return _json(404, {"message": f"No command answers {method} {path}. There are: {', '.join(known)}"})
    try:
        arguments = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        arguments = None
    if not isinstance(arguments, dict):
        return _json(400, {"message": "the body must be a JSON object"})
    try:
        with world.lock:
            _COMMANDS[name](world, **arguments)
            return _json(200, {"now": world.clock.now_s})
    except (UsageError, TypeError, ValueError, OverflowError) as error:
        return _json(400, {"message": str(error)})


def _json(status: int, content: Mapping[str, object]) -> Answer:
    return Answer(status, {"Content-Type": "application/json"}, json.dumps(content).encode())
