"""The control API: clock, faults, settings, pace, calls and events of a server over HTTP, for tests in another process.

All paths begin with `/mock-jobs-api/`. A request acts on one account: that of `?account=`, of the header `x-moto-account-id` or of its
signature, else moto's default account. `reset` leaves other accounts, and everything that moto keeps, unchanged;
`/moto-api/reset` resets everything.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, fields
from http import HTTPStatus
from importlib.metadata import version
from inspect import Parameter, signature
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs

from mock_jobs.batch.handle import BatchHandle
from mock_jobs.batch.scenario.plans import run_ms
from mock_jobs.batch.scenario.settings import BatchSettings
from mock_jobs.core.calls import call_as_json
from mock_jobs.core.clock import Clock
from mock_jobs.core.errors import UsageError, is_verdict
from mock_jobs.core.faults import Faults
from mock_jobs.core.world import World
from mock_jobs.iot.handle import IoTHandle
from mock_jobs.iot.settings import IoTSettings
from mock_jobs.transports import ui
from mock_jobs.transports.access import CONTROL_API
from mock_jobs.wire.http import Answer
from mock_jobs.wire.origin import is_account_id

if TYPE_CHECKING:
    from mock_jobs.batch.scenario.pace import PaceName
    from mock_jobs.batch.scenario.setups import Plan, Refusal
    from mock_jobs.transports.worlds import Worlds


class Command(NamedTuple):
    """What a path under `/mock-jobs-api/` does.

    Attributes:
        find: Returns the object of a world that the command acts on.
        act: The method that carries it out; its parameters are the members of the JSON body.
        settings: The dataclass whose fields are the members, if `act` takes any settings.
    """

    find: Callable[[World], object]
    act: Callable[..., object]
    settings: type[BatchSettings | IoTSettings] | None = None

    @property
    def members(self) -> tuple[Parameter, ...]:
        """The parameters of the method, without `self`."""
        return tuple(signature(self.act).parameters.values())[1:]


class ControlRequest(NamedTuple):
    """A request for a path under `/mock-jobs-api/`.

    Attributes:
        method: HTTP method in upper case.
        path: The path as sent, without the query.
        query: The query string, encoded, without the question mark.
        body: The body; may be empty.
        account: The account that its header or its signature names, else moto's default account.
    """

    method: str
    path: str
    query: str
    body: bytes
    account: str


class Report(NamedTuple):
    """What a path under `/mock-jobs-api/` shows.

    Attributes:
        member: The member of the answer that holds it.
        read: Returns it from a world, in a form that JSON can hold.
    """

    member: str
    read: Callable[[World], object]


def _advance(clock: Clock, seconds: float) -> None:
    """Move the clock forward, and run everything that falls due on the way.

    Args:
        clock: The clock to move.
        seconds: How far, in seconds; not negative.
    """
    clock.advance(seconds)


def _move_to(clock: Clock, moment: float) -> None:
    """Move the clock forward to a moment, and run everything that falls due on the way.

    Args:
        clock: The clock to move.
        moment: Seconds since the epoch; not in the past of this clock.
    """
    clock.move_to(moment)


def _set_pace(batch: BatchHandle, pace: PaceName) -> None:
    """Set what moves Batch jobs from state to state.

    Args:
        batch: What the pace is set of.
        pace: `poll`, `clock` or `manual`.
    """
    batch.pace = pace


def _change_batch_settings(settings: BatchSettings, **values: object) -> None:
    """Change settings of AWS Batch: all that are named, or none if one of them is wrong."""
    settings.change(**values)


def _change_iot_settings(settings: IoTSettings, **values: object) -> None:
    """Change settings of AWS IoT Jobs: all that are named, or none if one of them is wrong."""
    settings.change(**values)


def _reset(world: World) -> None:
    """Delete the jobs, calls, events, faults, plans and settings of one account, and reset its clock.

    What moto keeps, things and buckets for example, stays: also clusters of compute environments and training jobs, as they were
    written last.
    """
    world.reset()


def _plan(plan: Plan) -> dict[str, object]:
    asked = {each.name: getattr(plan.job_plan, each.name) for each in fields(plan.job_plan) if each.init}
    # JSON has neither infinity nor functions.
    duration = None if run_ms(plan.job_plan) is None else plan.job_plan.duration
    run = None if plan.job_plan.run is None else getattr(plan.job_plan.run, "__name__", repr(plan.job_plan.run))
    return {**asked, "duration": duration, "run": run, "optional": plan.optional, "used": plan.used}


def _refusal(refusal: Refusal) -> dict[str, object]:
    return {name: getattr(refusal, name) for name in ("job_id", "code", "message", "times", "optional", "used")}


def _batch(world: World) -> BatchHandle:
    return world.shared(BatchHandle)


def _iot(world: World) -> IoTHandle:
    return world.shared(IoTHandle)


def _clock(world: World) -> Clock:
    return world.clock


def _faults(world: World) -> Faults:
    return world.faults


COMMANDS: Mapping[str, Command] = {
    "batch/block": Command(_batch, BatchHandle.block),
    "batch/invalidate": Command(_batch, BatchHandle.invalidate),
    "batch/pace": Command(_batch, _set_pace),
    "batch/plan": Command(_batch, BatchHandle.plan),
    "batch/refuse": Command(_batch, BatchHandle.refuse),
    "batch/run-all": Command(_batch, BatchHandle.run_all),
    "batch/run-until": Command(_batch, BatchHandle.run_until),
    "batch/settings": Command(lambda world: _batch(world).settings, _change_batch_settings, BatchSettings),
    "batch/step": Command(_batch, BatchHandle.step),
    "batch/unblock": Command(_batch, BatchHandle.unblock),
    "clock/advance": Command(_clock, _advance),
    "clock/freeze": Command(_clock, Clock.freeze),
    "clock/move-to": Command(_clock, _move_to),
    "clock/unfreeze": Command(_clock, Clock.unfreeze),
    "faults/add": Command(_faults, Faults.add),
    "faults/add-delay": Command(_faults, Faults.add_delay),
    "faults/add-transport": Command(_faults, Faults.add_transport),
    "faults/clear": Command(_faults, Faults.clear),
    "iot/run-execution-until": Command(_iot, IoTHandle.run_execution_until),
    "iot/run-until": Command(_iot, IoTHandle.run_until),
    "iot/settings": Command(lambda world: _iot(world).settings, _change_iot_settings, IoTSettings),
    "reset": Command(lambda world: world, _reset),
    "run-until-idle": Command(lambda world: world, World.run_until_idle),
}


REPORTS: Mapping[str, Report] = {
    "batch/plans": Report("plans", lambda world: [_plan(each) for each in _batch(world).plans]),
    "batch/refusals": Report("refusals", lambda world: [_refusal(each) for each in _batch(world).refusals]),
    "batch/settings": Report("settings", lambda world: asdict(_batch(world).settings)),
    "calls": Report("calls", lambda world: [call_as_json(call) for call in world.calls]),
    "events": Report("events", lambda world: [event._asdict() for event in world.events.all()]),
    "faults": Report("faults", lambda world: [fault.shown() for fault in world.faults.all_added()]),
    "iot/settings": Report("settings", lambda world: asdict(_iot(world).settings)),
    "timeline": Report("changes", lambda world: [change._asdict() for change in world.changes.all()]),
    "unused": Report("unused", lambda world: [each.unused_text() for each in world.unused()]),
}


def page(method: str, path: str) -> Answer | None:
    """Return the answer to a request that no account is needed for: the index, health, or the page. None for any other one."""
    name = path.removeprefix(CONTROL_API)
    if name == path or name not in _PAGES or method not in ("GET", "HEAD"):
        return None
    return _PAGES[name]()


def answer(worlds: Worlds, request: ControlRequest) -> Answer:
    """Run a command (`POST /mock-jobs-api/clock/advance` with `{"seconds": 60}`) or return a report (`GET`).

    Every answer is a JSON object. A successful one has `now`, the clock in seconds since the epoch. A report adds a list, for
    example `calls`, or `settings`, an object. A wrong command gets HTTP 400, an unknown one 404, a wrong method 405, each with a `message`.
    """
    name = request.path[len(CONTROL_API) :]
    allowed = _methods_of(name)
    if not allowed or request.method not in allowed or request.method == "OPTIONS":
        return _without_acting(request, allowed)
    seen = "" if name != _UI_DATA else "".join(parse_qs(request.query).get("seen", []))
    account = _account_of(request, {"seen"} if name == _UI_DATA else set())
    if account is None:
        return _bad(f"?account= must name one account id of 12 digits, got {request.query!r}")
    if not is_account_id(account):
        return _bad(f"x-moto-account-id must be 12 digits, got {account!r}")
    if name == _UI_DATA:
        return ui.data(worlds, account, seen)
    world = worlds.of(account)
    if request.method == "POST":
        return _run(world, name, request.body)
    with world.lock:
        report = REPORTS[name]
        return json_answer(HTTPStatus.OK, {"now": world.clock.now_s, report.member: report.read(world)})


def _without_acting(request: ControlRequest, allowed: list[str]) -> Answer:
    """Return the answer to OPTIONS, to a path that does not exist, or to a method that it does not take."""
    if not allowed:
        known = [f"POST {CONTROL_API}{each}" for each in sorted(COMMANDS)] + [
            f"GET {CONTROL_API}{each}" for each in sorted([*REPORTS, *PAGES])
        ]
        text = f"There is no command {request.method} {request.path}. There are: {', '.join(known)}"
        return json_answer(HTTPStatus.NOT_FOUND, {"message": text})
    if request.method == "OPTIONS":
        return Answer(HTTPStatus.NO_CONTENT, {"Allow": ", ".join(allowed)}, b"")
    refused = json_answer(
        HTTPStatus.METHOD_NOT_ALLOWED, {"message": f"{request.path} takes {' or '.join(allowed)}, not {request.method}"}
    )
    refused.headers["Allow"] = ", ".join(allowed)
    return refused


def _run(world: World, name: str, body: bytes) -> Answer:
    try:
        arguments = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        arguments = None
    if not isinstance(arguments, dict):
        return _bad("the body must be a JSON object")
    command = COMMANDS[name]
    wrong = _wrong_members(command, arguments)
    if wrong is not None:
        return _bad(f"{name} {wrong}")
    try:
        with world.lock:
            command.act(command.find(world), **arguments)
            return json_answer(HTTPStatus.OK, {"now": world.clock.now_s})
    except UsageError as error:
        return _bad(str(error))
    except BaseException as error:
        if not is_verdict(error):
            raise
        # Who sent the command may be no test. The end of the server raises it.
        world.failures.note(f"a function that {CONTROL_API}{name} ran", error)
        return _bad(f"an assertion failed in the function of a plan: {error}")


def _methods_of(name: str) -> list[str]:
    """Return the methods of a path; none if there is no such path."""
    reads = ["GET", "HEAD"] if name in REPORTS or name in _PAGES or name in PAGES else []
    return reads + (["POST"] if name in COMMANDS else []) + (["OPTIONS"] if reads or name in COMMANDS else [])


def _account_of(request: ControlRequest, more: Collection[str] = ()) -> str | None:
    """Return the account that a request acts on, or None if its query string does not name one as it should.

    Args:
        request: The request.
        more: What else the query string may have.
    """
    named = {name: values for name, values in parse_qs(request.query, keep_blank_values=True).items() if name not in more}
    if not named:
        return request.account
    if named.keys() != {"account"} or len(named["account"]) != 1 or not is_account_id(named["account"][0]):
        return None
    return named["account"][0]


def _index() -> dict[str, object]:
    return {
        "version": version("mock_jobs"),
        "commands": [
            {"method": "POST", "path": f"{CONTROL_API}{name}", "does": _first_line(command.act), "members": _members_of(command)}
            for name, command in sorted(COMMANDS.items())
        ],
        "reports": [
            {"method": "GET", "path": f"{CONTROL_API}{name}", "members": ["now", report.member]}
            for name, report in sorted(REPORTS.items())
        ],
        "pages": [{"method": "GET", "path": f"{CONTROL_API}{name}", "does": does} for name, does in sorted(PAGES.items())],
    }


def _health() -> dict[str, object]:
    return {"status": "ok", "version": version("mock_jobs")}


_UI_DATA = "ui/data"

PAGES: Mapping[str, str] = {
    "ui": "Show an account to eyes: a page that renews itself.",
    _UI_DATA: "Return what the page shows, for the page itself.",
}
"""What paths do that serve the page for eyes."""

# What needs no account
_PAGES: Mapping[str, Callable[[], Answer]] = {
    "": lambda: json_answer(HTTPStatus.OK, _index()),
    "health": lambda: json_answer(HTTPStatus.OK, _health()),
    "ui": ui.page,
}


def _members_of(command: Command) -> list[dict[str, object]]:
    if command.settings is not None:
        return [{"name": each.name, "required": False} for each in fields(command.settings)]
    return [
        {"name": each.name, "required": True}
        if each.default is Parameter.empty
        else {"name": each.name, "required": False, "default": each.default}
        for each in command.members
    ]


def _first_line(act: Callable[..., object]) -> str:
    return (act.__doc__ or "").strip().partition("\n")[0]


def _bad(text: str) -> Answer:
    return json_answer(HTTPStatus.BAD_REQUEST, {"message": text})


def _wrong_members(command: Command, arguments: Mapping[str, object]) -> str | None:
    """Return what is wrong with the names of these members, or None."""
    if command.settings is not None:
        # Settings check their names themselves.
        return None
    known = {each.name: each.default is Parameter.empty for each in command.members}
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


def json_answer(status: int, content: Mapping[str, object]) -> Answer:
    """Return an answer whose body is a JSON object."""
    return Answer(status, {"Content-Type": "application/json"}, json.dumps(content).encode())
