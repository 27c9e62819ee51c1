"""Checks every answer that a test gets against the service models."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from mock_jobs.transports.services import compiled, declared_errors
from mock_jobs.wire.loader import shared_loader

from support.constants import WRITTEN_FOR, botocore_is_at_least

if TYPE_CHECKING:
    from mock_jobs.core.calls import Call
    from mock_jobs.core.world import Answered

# Codes outside of the models: said by mock_jobs itself, and by AWS for a number in the path that is none.
OUTSIDE_MODEL = {"NotEmulatedYet", "SerializationException"}

# The model requires it, the real service leaves it out until the job has started.
LEFT_OUT_BY_AWS = "startedAt"

# As from AWS, answers have members that an older botocore does not know, and drops.
FORGIVEN = (LEFT_OUT_BY_AWS,) if botocore_is_at_least(WRITTEN_FOR) else (LEFT_OUT_BY_AWS, "Unknown parameter in ")


@cache
def model_of(service: str) -> ServiceModel:
    return ServiceModel(shared_loader().load_service_model(service, "service-2"), service)


# Tests that look again and again at what does not change get the same answer many times.
@lru_cache(maxsize=2048)
def check_body(service: str, operation: str, body: bytes) -> None:
    """Assert that the body of an answer without an error has the shape that the model says."""
    shape = model_of(service).operation_model(operation).output_shape
    if shape is None:
        assert body == b""
        return
    content = json.loads(body) if body else {}
    report = ParamValidator().validate(content, shape)
    problems = [line for line in report.generate_report().splitlines() if not any(each in line for each in FORGIVEN)]
    assert not problems, f"{service} {operation} answered {content}: {problems}"


def check(call: Call, answer: Answered) -> None:
    """Assert that an answer is one that the model of its operation allows."""
    if call.error is None:
        assert answer.status == compiled(call.service).operation(call.operation).success_status
        check_body(call.service, call.operation, answer.body)
        return
    content = json.loads(answer.body) if answer.body else {}
    code = answer.headers["x-amzn-ErrorType"]
    assert code == call.error
    # An injected fault has no error.
    if code in OUTSIDE_MODEL or answer.error is None:
        return
    _, declared = declared_errors(call.service, call.operation)
    assert code in declared, f"{call.service} {call.operation} does not declare {code}"
    assert answer.status == declared[code].status
    assert content["message"]
