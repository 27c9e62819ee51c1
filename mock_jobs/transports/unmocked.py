"""Errors and answers for a request that neither mock_jobs nor moto answers, or that moto fails to answer."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from mock_jobs.core.errors import NotImplementedByMotoError, UnmockedRequestError, UsageError
from mock_jobs.moto_adapters import gaps
from mock_jobs.transports.dispatch import NO_REQUEST, USAGE_CODE
from mock_jobs.wire.encoding import to_json
from mock_jobs.wire.http import Answer
from mock_jobs.wire.loader import shared_loader
from mock_jobs.wire.origin import is_aws_host, origin_of
from mock_jobs.wire.routes import Routes

if TYPE_CHECKING:
    from botocore.model import OperationModel, ServiceModel

_log = logging.getLogger(__name__)

_PARTS_OF_SCOPE = 5


class AnyRequest(NamedTuple):
    """A request for any service, as far as it shows which operation is meant.

    Attributes:
        method: HTTP method in upper case.
        host: Host name.
        path: Path as sent, percent-encoded, without the query.
        query: The query string, encoded, without the question mark.
        headers: Headers. Names are in lower case, unless the mapping ignores case.
        body: The body, if it is at hand.
    """

    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, Any]
    body: bytes = b""

    def header(self, name: str) -> str:
        """Return a header, named in lower case; empty if it was not sent."""
        value = self.headers.get(name) or ""
        return value.decode("latin-1") if isinstance(value, bytes) else value

    def call(self, named: tuple[str, str] | None = None) -> tuple[str, str]:
        """Return the names of service and operation, as well as they can be known.

        Args:
            named: The names by which moto knows them. Its names of operations are not always those of the API.
        """
        service, operation = named or ("", "")
        service = service or origin_of(self.header("authorization"), self.host).signing_name or self._unsigned_service()
        sent = self.header("x-amz-target").rpartition(".")[2] or self._operation_in_form() or self._operation_of_path(service)
        return service, sent or operation or f"{self.method} {self.path}"

    def _unsigned_service(self) -> str:
        scope = parse_qs(self.query).get("X-Amz-Credential", [""])[0].split("/")
        if len(scope) == _PARTS_OF_SCOPE:
            return scope[3]
        # At another host, moto takes such requests for those of S3.
        return self.host.split(".", 1)[0] if is_aws_host(self.host) else "s3"

    def _operation_in_form(self) -> str:
        if not self.header("content-type").startswith("application/x-www-form-urlencoded"):
            return ""
        return parse_qs(self.body.decode("latin-1")).get("Action", [""])[0]

    def _operation_of_path(self, service: str) -> str:
        model = _model(service)
        # Other protocols use the path / for all operations.
        if model is None or not str(model.protocol).startswith("rest-"):
            return ""
        path = self.path
        if service == "s3" and is_aws_host(self.host) and not self.host.startswith("s3"):
            path = f"/bucket{path.rstrip('/')}"
        sent = parse_qs(self.query, keep_blank_values=True).keys()
        found = []
        for name in model.operation_names:
            operation = model.operation_model(name)
            template, _, literals = operation.http["requestUri"].partition("?")
            # A client of S3 takes the bucket out of the template, and leaves this.
            if "authPath" in operation.http:
                template = operation.http["authPath"].rstrip("/") or "/"
            needed = parse_qs(literals, keep_blank_values=True).keys() | _required_in_query(operation)
            if operation.http["method"] == self.method and needed <= sent and _fits(template, path):
                found.append((-len(needed), template.count("{"), len(name), name))
        return min(found)[-1] if found else ""


def _required_in_query(operation: OperationModel) -> set[str]:
    shape = operation.input_shape
    members = {} if shape is None else {name: shape.members[name].serialization for name in shape.required_members}
    return {each["name"] for each in members.values() if each.get("location") == "querystring"}


def _fits(template: str, path: str) -> bool:
    if template.endswith("+}"):
        slashes = template.count("/")
        path = "/".join([*path.split("/", slashes)[:slashes], "rest"]) if path.count("/") >= slashes else path
    return Routes([("", template, True)]).match("", path) is not None


def unmocked_error(request: AnyRequest) -> UnmockedRequestError:
    """Return the error for a request to a host of AWS that neither mock_jobs nor moto answers."""
    service, operation = request.call()
    return UnmockedRequestError(
        f"The request for {service} {operation} (host {request.host}) was stopped before it left this process: neither mock_jobs "
        f"nor moto answers it. Stub this call in the test, or let it out on purpose with moto's setting "
        f'mock_jobs(config={{"core": {{"passthrough": {{"urls": ["https://{request.host}/"]}}}}}}).'
    )


def not_implemented_error(request: AnyRequest, error: NotImplementedError) -> NotImplementedByMotoError:
    """Return the error for what moto does not implement.

    Args:
        request: The request that moto was answering.
        error: What moto raised.
    """
    return NotImplementedByMotoError(
        f"{_lack(request.call(gaps.call_of(error)), error)} mock_jobs leaves this call to moto; stub it in the test, "
        "for example with botocore.stub.Stubber."
    )


def failure_of_moto(request: AnyRequest, error: Exception) -> Answer:
    """Return the answer where an exception of moto cannot be raised to the caller, and log it in one line.

    It has the form of the service's own errors, so that SDKs show its text. SDKs do not try 501 again.

    Args:
        request: The request that moto was answering.
        error: What moto raised.
    """
    service, operation = call = request.call(gaps.call_of(error))
    if isinstance(error, NotImplementedError):
        code, status, text = "NotImplemented", HTTPStatus.NOT_IMPLEMENTED, _lack(call, error)
        _log.info("%s", text)
    elif isinstance(error, UsageError):
        # A poll may move a job, whose function does something wrong.
        code, status, text = USAGE_CODE, HTTPStatus.BAD_REQUEST, str(error)
    else:
        code, status = "MotoFailure", HTTPStatus.INTERNAL_SERVER_ERROR
        text = f"moto {gaps.VERSION} failed to answer {service} {operation}: {type(error).__name__}: {_one_line(error)}"
        _log.error("%s", text)
    _log.debug("The traceback of moto's error:", exc_info=error)
    kind, body = _error_body(service, request.header("content-type"), code, text)
    headers = {"Content-Type": kind, "x-amzn-RequestId": NO_REQUEST, "x-amzn-ErrorType": code}
    return Answer(status, headers, b"" if request.method == "HEAD" else body.encode())


def _lack(call: tuple[str, str], error: NotImplementedError) -> str:
    part = "" if gaps.is_whole_operation(error) else " in full"
    detail = f" ({_one_line(error)})" if str(error) else ""
    return f"moto {gaps.VERSION} does not implement {' '.join(call)}{part}{detail}."


def _one_line(error: Exception) -> str:
    # Neither a log line nor XML takes every character.
    return "".join(each if each.isprintable() else " " for each in str(error))


def _model(service: str) -> ServiceModel | None:
    from botocore.exceptions import DataNotFoundError  # noqa: PLC0415 - botocore comes when a mock starts
    from botocore.model import ServiceModel  # noqa: PLC0415 - as above

    try:
        return ServiceModel(shared_loader().load_service_model(service, "service-2"), service)
    except DataNotFoundError:
        return None


def _protocol(service: str, content_type: str) -> str:
    model = _model(service)
    protocol = "json" if model is None else str(model.protocol)
    # Services with several protocols answer in that of the request. The content of an object in S3 may have any type.
    if protocol not in ("rest-xml", "ec2"):
        if content_type.startswith("application/x-www-form-urlencoded"):
            return "query"
        if "json" in content_type:
            return "json"
    return protocol


def _error_body(service: str, content_type: str, code: str, text: str) -> tuple[str, str]:
    protocol = _protocol(service, content_type)
    if protocol not in ("query", "ec2", "rest-xml"):
        return "application/json", to_json({"__type": code, "message": text})
    error = f"<Error><Code>{code}</Code><Message>{escape(text)}</Message></Error>"
    if protocol == "ec2":
        error = f"<Response><Errors>{error}</Errors><RequestID>{NO_REQUEST}</RequestID></Response>"
    elif service != "s3":
        error = f"<ErrorResponse>{error}<RequestId>{NO_REQUEST}</RequestId></ErrorResponse>"
    return "text/xml", error
