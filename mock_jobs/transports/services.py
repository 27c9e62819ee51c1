"""The services that mock_jobs answers, and the backend class of each.

A service is compiled against its botocore model on first use.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from mock_jobs.core.errors import HIDDEN, UsageValueError
from mock_jobs.core.faults import DeclaredError
from mock_jobs.wire.service_names import NAMES

if TYPE_CHECKING:
    from mock_jobs.core.service_base import Backend
    from mock_jobs.wire.service import CompiledService

__tracebackhide__ = HIDDEN

# boto3's name -> module and name of the backend, pattern of the operations that are ours (the rest of `iot` is moto's).
_BACKENDS = {
    "batch": ("mock_jobs.batch.backend", "BatchBackend", None),
    "iot": ("mock_jobs.iot.backend", "IoTBackend", r"Job|^(Tag|Untag)Resource$|^ListTagsForResource$"),
    "iot-jobs-data": ("mock_jobs.iot_jobs_data.backend", "IoTJobsDataBackend", None),
}


# Errors that AWS documents for a whole service outside its API model. Source: reports of the answers of the real service.
_OUTSIDE_MODEL: Mapping[str, Mapping[str, DeclaredError]] = {
    "batch": {
        "TooManyRequestsException": DeclaredError(429, "Too Many Requests"),
        "BadRequestException": DeclaredError(400, "The request is not valid."),
        "AccessDeniedException": DeclaredError(403, "User is not authorized to perform this action."),
    },
}

# Both planes use the same records, so their classes are imported together. pytester removes modules from `sys.modules` that a
# test run inside a test has imported. Importing the second plane after that would make a second set of classes.
_PLANES = ("iot", "iot-jobs-data")


@cache
def compiled(name: str) -> CompiledService:
    """Return a service compiled against the installed botocore model; cached per process."""
    from mock_jobs.wire.loader import shared_loader  # noqa: PLC0415 - botocore comes when a mock starts
    from mock_jobs.wire.service import CompiledService  # noqa: PLC0415

    for each in _PLANES if name in _PLANES else ():
        _backend_class(each)
    description: Mapping[str, Any] = shared_loader().load_service_model(name, "service-2")
    return CompiledService(name, description, _backend_class(name), _BACKENDS[name][2])


@cache
def _backend_class(name: str) -> type[Backend]:
    module, class_name, _ = _BACKENDS[name]
    found: type[Backend] = getattr(import_module(module), class_name)
    return found


def declared_errors(service: str, operation: str) -> tuple[str, dict[str, DeclaredError]]:
    """Return an operation's name in the model and the errors that its documentation lists.

    Args:
        service: Name of the service in boto3.
        operation: Name of the operation in boto3 or in the API.

    Raises:
        UsageValueError: There is no such service or operation.
    """
    if service not in NAMES:
        raise UsageValueError(f"mock_jobs does not serve {service!r}, only {', '.join(NAMES)}")
    operations = compiled(service).operations
    for name, found in operations.items():
        if operation in (name, found.method_name):
            return name, {**found.errors, **_OUTSIDE_MODEL.get(service, {})}
    raise UsageValueError(
        f"mock_jobs answers no operation {operation!r} of {service}; it answers: {', '.join(sorted(operations))}"
    )
