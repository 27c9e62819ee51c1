"""Compiles a service from its botocore model: its operations, their arguments, and the errors that each declares."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from mock_jobs.core.faults import DeclaredError
from mock_jobs.core.service_base import AwsError, Backend, NotEmulatedYet, Violation
from mock_jobs.wire.checks import Check, Checks
from mock_jobs.wire.members import check_members
from mock_jobs.wire.routes import Routes

if TYPE_CHECKING:
    from botocore.model import OperationModel, Shape

# 20 digits hold any 64-bit number. Python's int() would also accept underscores and non-ASCII digits.
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,20}")
# JSON can write half of a character as an escape, which no text in UTF-8 can hold.
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_TAGS = re.compile(r"<[^>]+>")

# What an empty member of `Backend.none_if_empty` looks like, by its type.
_EMPTY: Mapping[str, object] = {"map": {}, "string": ""}
_NEVER = object()


def _no_constant(name: str) -> object:
    msg = f"{name} is not JSON"
    raise ValueError(msg)


_raw_decode = json.JSONDecoder(parse_constant=_no_constant).raw_decode


def _parse_json(text: str) -> object:
    # Like JSONDecoder.decode, without its two regular expression searches for white space.
    text = text.strip(" \t\n\r")
    value, end = _raw_decode(text)
    if end != len(text):
        raise ValueError("there is more after the JSON text")
    return value


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    argument: str
    wire_name: str
    is_required: bool
    empty: object
    never_empty: bool
    check: Check
    kind: str


class Operation:
    """One operation; turns a request into the arguments of the backend's method."""

    def __init__(self, service: str, model: OperationModel, backend: type[Backend], checks: Checks) -> None:
        self.service = service
        self.name = model.name
        self.backend = backend
        self.method_name = _snake(model.name)
        self.is_emulated = hasattr(backend, self.method_name)
        self.is_read = model.http["method"] == "GET"
        self.success_status: int = model.http.get("responseCode", 200)
        # Without an output shape AWS sends no body. With one that has no members it sends an empty object.
        self.empty_body = b"" if model.output_shape is None else b"{}"
        self.errors = {
            _error_code(shape): DeclaredError(shape.metadata["error"]["httpStatusCode"], _plain(shape.documentation))
            for shape in model.error_shapes
        }
        taken = set(inspect.signature(getattr(backend, self.method_name)).parameters) if self.is_emulated else set()
        self._not_taken: set[str] = set()
        self._in_uri: list[_Member] = []
        self._in_query: list[_Member] = []
        self._in_body: list[_Member] = []
        by_location = {"uri": self._in_uri, "querystring": self._in_query, None: self._in_body}
        shape = model.input_shape
        for name, member in ({} if shape is None else shape.members).items():
            is_required = shape is not None and name in shape.required_members
            compiled = _Member(
                name,
                _snake(name),
                member.serialization.get("name", name),
                is_required,
                _EMPTY[member.type_name] if not is_required and name in backend.none_if_empty else _NEVER,
                is_required and name in backend.references,
                checks.of(member, name),
                member.type_name,
            )
            if self.is_emulated and compiled.argument not in taken:
                self._not_taken.add(compiled.argument)
            by_location[member.serialization.get("location")].append(compiled)
        self._needs_query = any(member.is_required for member in self._in_query)
        _must_be_plain_json(model.output_shape)

    def read(self, labels: Mapping[str, str], query: str, body: bytes) -> dict[str, Any]:
        """Return the arguments of the backend's method, validated.

        Args:
            labels: Members in the path, decoded.
            query: The query string, encoded, without the question mark.
            body: The body; an empty one counts as an empty object.

        Raises:
            AwsError: The request violates the model, or has a member that is not emulated.
        """
        arguments: dict[str, Any] = {}
        notes: list[Violation] = []
        self._read_labels(labels, arguments, notes)
        if query or self._needs_query:
            self._read_query(query, arguments, notes)
        if self._in_body:
            self._read_body(body, arguments, notes)
        if notes:
            raise self.backend.validation_error(notes)
        if self._not_taken:
            for argument in arguments:
                if argument in self._not_taken:
                    raise NotEmulatedYet(f"the member {argument!r} of {self.service} {self.name}")
        return arguments

    def sent(self, labels: Mapping[str, str], query: str, body: bytes) -> dict[str, Any]:
        """Return the members of a request as they were sent, unchecked, for who wants to see them.

        Members in the URL have the type that the model gives them, if they can be read as that type; else they are texts.

        Args:
            labels: Members in the path, decoded.
            query: The query string, encoded, without the question mark.
            body: The body. Its members are left out if it is no JSON object.
        """
        given = parse_qs(query, keep_blank_values=True)
        return {
            **{each.name: _as_sent(each, [labels[each.wire_name]]) for each in self._in_uri},
            **{each.name: _as_sent(each, given[each.wire_name]) for each in self._in_query if each.wire_name in given},
            **(self._sent_in_body(body) or {}),
        }

    def is_readable(self, body: bytes) -> bool:
        """Return whether the body of a request can be read at all."""
        return self._sent_in_body(body) is not None

    def _sent_in_body(self, body: bytes) -> dict[str, Any] | None:
        try:
            content = _parse_json(body.decode()) if self._in_body and body else {}
        except (ValueError, RecursionError):
            return None
        return content if isinstance(content, dict) else None

    def _read_labels(self, labels: Mapping[str, str], arguments: dict[str, Any], notes: list[Violation]) -> None:
        for member in self._in_uri:
            text = labels[member.wire_name]
            if member.kind == "string":
                arguments[member.argument] = member.check(text, member.name, notes)
            else:
                arguments[member.argument] = _from_text(member, text, notes)

    def _read_query(self, query: str, arguments: dict[str, Any], notes: list[Violation]) -> None:
        given = parse_qs(query, keep_blank_values=True)
        for member in self._in_query:
            texts = given.get(member.wire_name)
            if texts is None:
                if member.is_required:
                    notes.append(Violation(member.name, None, "required"))
            elif texts[-1] == member.empty:
                continue
            elif member.kind == "list":
                arguments[member.argument] = member.check(texts, member.name, notes)
            else:
                arguments[member.argument] = _from_text(member, texts[-1], notes)

    def _read_body(self, body: bytes, arguments: dict[str, Any], notes: list[Violation]) -> None:
        content = self._content(body)
        for member in self._in_body:
            value = content.get(member.wire_name)
            if value == member.empty:
                continue
            if member.never_empty and value == "":
                notes.append(Violation(member.name, value, "empty"))
            elif value is not None:
                arguments[member.argument] = member.check(value, member.name, notes)
            elif member.is_required:
                notes.append(Violation(member.name, None, "required"))

    def _content(self, body: bytes) -> dict[str, Any]:
        if not body or body == b"{}":
            return {}
        try:
            content = _parse_json(body.decode())
        except (ValueError, RecursionError) as error:
            raise self.backend.body_error() from error
        if not isinstance(content, dict) or (_SURROGATE.search(body) and _has_lone_surrogate(content)):
            raise self.backend.body_error()
        return content

    def status_of(self, error: AwsError) -> int:
        """Return the HTTP status of an error: the model's if it declares one, else the error's own."""
        declared = self.errors.get(error.code)
        return error.status if declared is None else declared.status


class CompiledService:
    """All operations of a service that mock_jobs answers, by route and by name. Each is compiled when it is first asked for.

    Args:
        name: Name of the service in boto3.
        description: Its botocore model, as the loader returns it.
        backend: The class whose methods are the operations.
        only: Regular expression for the names of the operations to include; by default all.
    """

    def __init__(self, name: str, description: Mapping[str, Any], backend: type[Backend], only: str | None = None) -> None:
        from botocore.model import ServiceModel  # noqa: PLC0415 - comes when a mock starts

        self._model = ServiceModel(description, name)
        self._backend = backend
        self._checks = Checks(
            backend.lenient_numbers, backend.lenient_enums, backend.references, backend.more_bounds, backend.unchecked_enums
        )
        self._compiled: dict[str, Operation] = {}
        self.name = name
        self.names = [each for each in self._model.operation_names if only is None or re.search(only, each)]
        http = {each: self._model.operation_model(each).http for each in self.names}
        self._routes = Routes((http[each]["method"], http[each]["requestUri"], each) for each in self.names)

    @property
    def operations(self) -> Mapping[str, Operation]:
        """All operations by name."""
        return {name: self.operation(name) for name in self.names}

    @property
    def names_by_method(self) -> Mapping[str, str]:
        """The names of all operations in the model, by those in boto3."""
        return {_snake(name): name for name in self.names}

    def operation(self, name: str) -> Operation:
        """Return the operation with this name in the model."""
        found = self._compiled.get(name)
        if found is None:
            made = Operation(self.name, self._model.operation_model(name), self._backend, self._checks)
            found = self._compiled.setdefault(name, made)
        return found

    def check_members(self, name: str, given: Mapping[str, object]) -> None:
        """Check that a request of an operation can have these parameters.

        Args:
            name: The operation.
            given: Some of its parameters, by the names of the model.

        Raises:
            UsageValueError: There is no such parameter.
            UsageTypeError: A value has a type that the parameter never has.
        """
        check_members(given, self._model.operation_model(name).input_shape, self._checks, f"{self.name} {name}")

    def match(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """Return the operation of a request and the decoded labels of its path; None if no operation matches.

        Args:
            method: HTTP method in upper case.
            path: Path as sent, percent-encoded, without the query.
        """
        found = self._routes.match(method, path)
        return None if found is None else (self.operation(found[0]), found[1])


def _has_lone_surrogate(content: object) -> bool:
    try:
        json.dumps(content, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _from_text(member: _Member, text: str, notes: list[Violation]) -> Any:
    value = _typed(member, text)
    if value is text and member.kind in ("integer", "long", "boolean"):
        notes.append(Violation(member.name, text, "type_in_url", member.kind))
        return text
    return member.check(value, member.name, notes)


def _as_sent(member: _Member, texts: list[str]) -> Any:
    return texts if member.kind == "list" else _typed(member, texts[-1])


def _typed(member: _Member, text: str) -> Any:
    """Return a text of the URL in the type of its member, or unchanged if it does not have that type."""
    if member.kind in ("integer", "long"):
        return int(text) if _WHOLE_NUMBER.fullmatch(text) else text
    return {"true": True, "false": False}.get(text.lower(), text) if member.kind == "boolean" else text


def _must_be_plain_json(shape: Shape | None) -> None:
    # All outputs of these services are one JSON body. A later model that differs must fail here, not be served wrongly.
    if shape is None:
        return
    for name, member in shape.members.items():  # type: ignore[attr-defined]  # outputs are structures
        if member.serialization.get("location") or shape.serialization.get("payload"):
            msg = f"cannot serialize {shape.name}.{name} outside of the body"
            raise NotImplementedError(msg)  # a guard against later models; nothing is left open


def _error_code(shape: Shape) -> str:
    return str(shape.metadata.get("error", {}).get("code", shape.name))


def _plain(documentation: str) -> str:
    return " ".join(_TAGS.sub(" ", documentation).split())


def _snake(name: str) -> str:
    from botocore import xform_name  # noqa: PLC0415 - comes when a mock starts

    return str(xform_name(name))
