"""The services that mock_jobs answers. The classes of each are imported, and compiled against botocore's model, on first use."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from mock_jobs.core.argument_checks import check_text, nearest
from mock_jobs.core.errors import HIDDEN, UsageValueError
from mock_jobs.core.faults import DeclaredError, DeclaredOperation
from mock_jobs.wire.service_names import NAMES

if TYPE_CHECKING:
    from mock_jobs.batch.backend import BatchBackend
    from mock_jobs.batch.handle import BatchHandle
    from mock_jobs.batch.scenario.scenario import Scenario
    from mock_jobs.core.service_base import Backend
    from mock_jobs.iot.backend import IoTBackend
    from mock_jobs.iot.handle import IoTHandle
    from mock_jobs.iot_jobs_data.backend import IoTJobsDataBackend
    from mock_jobs.wire.service import CompiledService

__tracebackhide__ = HIDDEN

# The operations of `iot` that are ours; the rest is moto's.
_OURS = {"iot": r"Job|^(Tag|Untag)Resource$|^ListTagsForResource$"}


# Errors that AWS documents for a whole service outside its API model. Source: reports of the answers of the real service.
_OUTSIDE_MODEL: Mapping[str, Mapping[str, DeclaredError]] = {
    "batch": {
        "TooManyRequestsException": DeclaredError(429, "Too Many Requests"),
        "BadRequestException": DeclaredError(400, "The request is not valid."),
        "AccessDeniedException": DeclaredError(403, "User is not authorized to perform this action."),
    },
}


# Errors that every service of AWS may answer. Source: "Common error types" of the API references, in their wording of 2026, and for
# RequestExpired an older one (documented, but not for these services). The texts are ours (inferred), but for
# UnrecognizedClientException.
_COMMON: Mapping[str, DeclaredError] = {
    "AccessDeniedException": DeclaredError(403, "User is not authorized to perform this action."),
    "ExpiredTokenException": DeclaredError(403, "The security token included in the request is expired."),
    "IncompleteSignature": DeclaredError(403, "The request signature does not conform to AWS standards."),
    "InternalFailure": DeclaredError(500, "The request has failed because of an internal error."),
    "MalformedHttpRequestException": DeclaredError(400, "The body of the request cannot be processed."),
    "NotAuthorized": DeclaredError(401, "You do not have permission to perform this action."),
    "OptInRequired": DeclaredError(403, "The account needs a subscription for the service."),
    "RequestAbortedException": DeclaredError(400, "The request was aborted before it was answered."),
    "RequestEntityTooLargeException": DeclaredError(413, "The request is too large."),
    "RequestExpired": DeclaredError(400, "The date stamp of the request is more than 15 minutes off."),
    "RequestTimeoutException": DeclaredError(408, "The request was not received in time."),
    "ServiceUnavailable": DeclaredError(503, "The service is temporarily unavailable."),
    "ThrottlingException": DeclaredError(400, "Rate exceeded"),
    "UnknownOperationException": DeclaredError(404, "There is no such operation."),
    "UnrecognizedClientException": DeclaredError(403, "The security token included in the request is invalid."),
    "ValidationError": DeclaredError(400, "The input does not satisfy the constraints of the service."),
}


# A test that uses one service does not pay for the import of the other. The classes of a service are imported together, and kept:
# pytester removes modules from `sys.modules` that a test run inside a test has imported, and an import after that would make a
# second set of classes.


class Batch(NamedTuple):
    """The classes of AWS Batch."""

    backend: type[BatchBackend]
    handle: type[BatchHandle]
    scenario: type[Scenario]


class IoT(NamedTuple):
    """The classes of AWS IoT Jobs, of both planes."""

    backend: type[IoTBackend]
    data_backend: type[IoTJobsDataBackend]
    handle: type[IoTHandle]


@cache
def batch() -> Batch:
    """Return the classes of AWS Batch, which the first call imports."""
    from mock_jobs.batch.backend import BatchBackend  # noqa: PLC0415 - see above
    from mock_jobs.batch.handle import BatchHandle  # noqa: PLC0415
    from mock_jobs.batch.scenario.scenario import Scenario  # noqa: PLC0415

    return Batch(BatchBackend, BatchHandle, Scenario)


def has_batch() -> bool:
    """Return whether the classes of AWS Batch are imported, because something has asked for Batch."""
    return batch.cache_info().currsize > 0


@cache
def iot() -> IoT:
    """Return the classes of AWS IoT Jobs, which the first call imports."""
    from mock_jobs.iot.backend import IoTBackend  # noqa: PLC0415 - see above
    from mock_jobs.iot.handle import IoTHandle  # noqa: PLC0415
    from mock_jobs.iot_jobs_data.backend import IoTJobsDataBackend  # noqa: PLC0415

    return IoT(IoTBackend, IoTJobsDataBackend, IoTHandle)


@cache
def compiled(name: str) -> CompiledService:
    """Return a service compiled against the installed botocore model; cached per process."""
    from mock_jobs.wire.loader import shared_loader  # noqa: PLC0415 - botocore comes when a mock starts
    from mock_jobs.wire.service import CompiledService  # noqa: PLC0415

    description: Mapping[str, Any] = shared_loader().load_service_model(name, "service-2")
    return CompiledService(name, description, _backend_class(name), _OURS.get(name))


def _backend_class(name: str) -> type[Backend]:
    if name == "batch":
        return batch().backend
    return iot().backend if name == "iot" else iot().data_backend


def declared_operation(service: str, operation: str) -> DeclaredOperation:
    """Return what faults can be about: what `declared_errors` returns, with the errors that all services of AWS may answer.

    Args:
        service: As `declared_errors` takes it.
        operation: As `declared_errors` takes it.

    Raises:
        UsageValueError: There is no such service or operation.
    """
    name, declared = declared_errors(service, operation)
    return DeclaredOperation(name, {**_COMMON, **declared}, partial(compiled(service).check_members, name))


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
    similar = nearest(operation, [each for name, found in operations.items() for each in (name, found.method_name)])
    known = f"; it answers: {', '.join(sorted(operations))}"
    raise UsageValueError(f"mock_jobs answers no operation {operation!r} of {service}{similar or known}")


def find_operation(service: str, operation: str | None) -> str | None:
    """Return an operation's name in the API.

    Args:
        service: Name of the service in boto3.
        operation: Name of the operation in boto3 or in the API; None stands for all, and is returned.

    Raises:
        UsageValueError: There is no such service or operation.
        UsageTypeError: A name is not a string.
    """
    check_text("service", service)
    if service not in NAMES:
        raise UsageValueError(f"mock_jobs does not serve {service!r}, only {', '.join(NAMES)}{nearest(service, NAMES)}")
    if operation is None:
        return None
    check_text("operation", operation)
    known = compiled(service).names_by_method
    name = known.get(operation, operation)
    if name not in known.values():
        similar = nearest(operation, [*known, *known.values()])
        raise UsageValueError(f"mock_jobs answers no operation {operation!r} of {service}{similar}")
    return name
