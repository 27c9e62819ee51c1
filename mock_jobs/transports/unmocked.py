"""The error for a request to AWS that neither mock_jobs nor moto answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mock_jobs.core.errors import UnmockedRequestError
from mock_jobs.wire.loader import shared_loader
from mock_jobs.wire.origin import origin_of
from mock_jobs.wire.routes import Routes


def unmocked_error(method: str, url: str, headers: Mapping[str, Any]) -> UnmockedRequestError:
    """Return the error for a request to a host of AWS that neither mock_jobs nor moto answers."""
    host, _, rest = url.partition("://")[2].partition("/")
    path = "/" + rest.partition("?")[0]
    service = origin_of(headers.get("Authorization"), host).signing_name or host.split(".", 1)[0]
    target = headers.get("X-Amz-Target")
    if isinstance(target, bytes):
        target = target.decode("latin-1")
    operation = target.rpartition(".")[2] if target else _operation_of(service, method, path) or f"{method} {path}"
    return UnmockedRequestError(
        f"The request for {service} {operation} (host {host}) was stopped before it left this process: neither mock_jobs nor "
        f"moto answers it. Stub this call in the test, or let it out on purpose with moto's setting "
        f'mock_jobs(config={{"core": {{"passthrough": {{"services": ["{service}"]}}}}}}).'
    )


def _operation_of(service: str, method: str, path: str) -> str | None:
    from botocore.exceptions import UnknownServiceError  # noqa: PLC0415 - botocore comes when a mock starts
    from botocore.model import ServiceModel  # noqa: PLC0415

    try:
        model = ServiceModel(shared_loader().load_service_model(service, "service-2"), service)
    except UnknownServiceError:
        return None
    models = [model.operation_model(name) for name in model.operation_names]
    found = Routes((each.http["method"], each.http["requestUri"].partition("?")[0], each.name) for each in models).match(
        method, path
    )
    # Protocols that name the operation elsewhere use the path / for all operations.
    return found[0] if found and path != "/" else None
