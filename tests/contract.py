"""The contract with the service models, checked on every answer that any test gets."""

from __future__ import annotations

import json
from functools import cache

from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from mock_jobs.transports.services import declared_errors
from mock_jobs.wire.loader import shared_loader

# Codes outside of the models: said by mock_jobs itself, and by AWS for a number in the path that is none.
OUTSIDE_MODEL = {"NotEmulatedYet", "SerializationException"}

# The model requires it, the real service leaves it out until the job has started.
LEFT_OUT_BY_AWS = "startedAt"


@cache
def model_of(service):
    return ServiceModel(shared_loader().load_service_model(service, "service-2"), service)


def check(operation, answer):
    """Assert that an answer is one that the model of its operation allows."""
    content = json.loads(answer.body) if answer.body else {}
    if answer.status == operation.success_status:
        shape = model_of(operation.service).operation_model(operation.name).output_shape
        if shape is None:
            assert answer.body == b""
            return
        report = ParamValidator().validate(content, shape)
        problems = [line for line in report.generate_report().splitlines() if LEFT_OUT_BY_AWS not in line]
        assert not problems, f"{operation.service} {operation.name} answered {content}: {problems}"
        return
    code = answer.headers["x-amzn-ErrorType"]
    if code in OUTSIDE_MODEL:
        return
    _, declared = declared_errors(operation.service, operation.name)
    assert code in declared, f"{operation.service} {operation.name} does not declare {code}"
    assert answer.status == declared[code].status
    assert content["message"]
