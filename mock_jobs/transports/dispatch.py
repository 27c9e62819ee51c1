"""Answer a request for IoT Jobs or Batch, for every transport."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

from mock_jobs.core.calls import Call
from mock_jobs.core.errors import HIDDEN, UsageError
from mock_jobs.core.fault_rules import IncomingCall
from mock_jobs.core.service_base import AwsError, NotEmulatedYet, NotOurs
from mock_jobs.core.timeline import Cause
from mock_jobs.transports.services import compiled
from mock_jobs.wire.encoding import to_json
from mock_jobs.wire.http import Answer
from mock_jobs.wire.routes import readings

if TYPE_CHECKING:
    from mock_jobs.core.fault_rules import Fault, WaitingFault
    from mock_jobs.core.world import World
    from mock_jobs.wire.http import Request
    from mock_jobs.wire.service import Operation

__tracebackhide__ = HIDDEN


MAX_BODY: Final = 4 << 20
"""Bytes that the body of a request may have. No operation of mock_jobs takes as much (*inferred*: AWS names no limit for all)."""

NO_REQUEST = "00000000-0000-4000-8000-000000000000"
USAGE_CODE: Final = "MockJobsUsageError"

# mock_jobs answers paths of `iot` that begin like this, even if no operation matches. Moto answers all others.
_OUR_IOT_ROOTS = (["jobs"], ["job-templates"], ["managed-job-templates"])


def is_ours(service: str, path: str, query: str = "") -> bool:
    """Return whether mock_jobs answers a request that matches no operation.

    moto decodes a path, takes a slash too many for a part of a name, and lets a parameter `Action` overrule the path. So what a
    path may mean counts, or moto's own jobs would answer a bent one.
    """
    if service != "iot" or (query and "Action" in parse_qs(query, keep_blank_values=True)):
        return True
    return ("job" in path or "%" in path) and any(map(_is_of_jobs, readings(path)))


def _is_of_jobs(segments: list[str]) -> bool:
    return segments[:1] in _OUR_IOT_ROOTS or (segments[:1] == ["things"] and segments[2:3] == ["jobs"])


def answer(world: World, request: Request) -> Answer | None:
    """Answer a request, or return None if moto answers it."""
    found = compiled(request.service).match(request.method, request.path)
    if found is None:
        return _unknown_route(world, request) if is_ours(request.service, request.path, request.query) else None
    if len(request.body) > MAX_BODY:
        return too_large(MAX_BODY)
    operation, labels = found
    with world.lock, world.clock.pinned():
        # The log of now: a function of a plan may reset the world during the request.
        calls = world.calls
        number = calls.next_number()
        world.clock.run_due()
        world.endpoint = request.endpoint
        causes = world.causes
        before, causes.now = causes.now, Cause((number, operation.name))
        try:
            call, answered = _act(world, operation, labels, request, number)
        except NotOurs:
            calls.give_back(number)
            return None
        else:
            calls.append(call)
            world.tell_observers(call, answered)
            return answered
        finally:
            causes.now = before


def _act(world: World, operation: Operation, labels: Mapping[str, str], request: Request, number: int) -> tuple[Call, Answer]:
    at_ms = world.clock.now_ms
    request_id = world.ids.request_id()
    code: str | None = None
    fault = _fault_for(world, operation, labels, request) if world.faults else None
    try:
        if fault is None or fault.effect == "done":
            if not operation.is_emulated:
                raise NotEmulatedYet(f"{operation.service} {operation.name}")
            backend = world.store(operation.backend, request.account, request.region)
            backend.check_rate(operation.name, is_read=operation.is_read)
            arguments = operation.read(labels, request.query, request.body)
            result = getattr(backend, operation.method_name)(**arguments)
            body = to_json(result).encode() if result else operation.empty_body
            headers = {"Content-Type": "application/json", "x-amzn-RequestId": request_id}
            answered = Answer(operation.success_status, headers, body)
    except NotOurs:
        if fault is not None:
            world.faults.give_back(fault)
        raise
    except AwsError as error:
        code = error.code
        # Without this, the traceback holds this frame, and the frame holds the answer: a reference cycle.
        answered = _error(code, operation.status_of(error), error.body(request_id), request_id, error.with_traceback(None))
    # What the operation has answered, also if the answer is lost
    body = b"" if fault is not None and fault.effect == "none" else answered.body
    if fault is not None:
        if fault.code is not None:
            code = fault.code
            answered = _injected(fault, operation, request_id)
        if fault.delay:
            world.clock.pass_to(world.clock.now_ms + round(fault.delay * 1000))
    is_lost = answered.failure is not None
    status = None if is_lost else answered.status
    call = Call(number, at_ms, operation, labels, request, status=status, error=code, body=body if is_lost else answered.body)
    return call, answered


def _fault_for(world: World, operation: Operation, labels: Mapping[str, str], request: Request) -> WaitingFault | None:
    def read() -> IncomingCall | None:
        if not operation.is_readable(request.body):
            return None
        place = operation.service, operation.name, request.account, request.region
        return IncomingCall(*place, MappingProxyType(operation.sent(labels, request.query, request.body)))

    return world.faults.choose(operation.service, operation.name, read)


def _injected(fault: Fault, operation: Operation, request_id: str) -> Answer:
    code = str(fault.code)
    if fault.status is None:
        # Who has no transport, such as a rule of EventBridge, learns that there was none.
        content = {"message": f"{operation.service} {operation.name} was not answered: {code}, injected by the test."}
        return _error(code, HTTPStatus.SERVICE_UNAVAILABLE, content, request_id)._replace(failure=code)
    content = {"message": fault.message}
    if operation.backend.names_code_in_body:
        content["__type"] = code
    return _error(code, fault.status, content, request_id)


def _error(code: str, status: int, content: Mapping[str, object], request_id: str, error: AwsError | None = None) -> Answer:
    headers = {"Content-Type": "application/json", "x-amzn-RequestId": request_id, "x-amzn-ErrorType": code}
    return Answer(status, headers, to_json(content).encode(), error)


def _unknown_route(world: World, request: Request) -> Answer:
    # Source: AWS's REST-JSON services answer with this error; the text is ours (*inferred*).
    text = f"No operation answers {request.method} {request.path}."
    return _error("UnknownOperationException", 404, {"message": text}, world.ids.request_id())


def too_large(limit: int) -> Answer:
    """Return the answer to a request whose body has more than `limit` bytes."""
    text = f"The body of this request is larger than {limit} bytes."
    return _error("RequestEntityTooLargeException", 413, {"message": text}, NO_REQUEST)


def failure(error: BaseException) -> Answer:
    """Return the answer for an error of mock_jobs itself, where it cannot be raised to the caller."""
    if isinstance(error, UsageError):
        return _error(USAGE_CODE, 400, {"message": str(error)}, NO_REQUEST)
    text = f"mock_jobs failed, which is a bug of mock_jobs: {type(error).__name__}: {error}"
    return _error("MockJobsFailure", 500, {"message": text}, NO_REQUEST)
