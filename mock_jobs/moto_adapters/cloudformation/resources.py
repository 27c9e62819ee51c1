"""Turns resources of CloudFormation stacks into the requests that create, change and delete them.

A resource is created by the same request that a client would send, so that it passes the same checks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import botocore

from mock_jobs.batch.exceptions import DoesNotExistError
from mock_jobs.wire.http import Answer, Request
from mock_jobs.wire.loader import shared_loader

if TYPE_CHECKING:
    from botocore.model import ServiceModel, Shape

    from mock_jobs.moto_adapters.cloudformation.types import ResourceType


class ResourceRefusedError(Exception):
    """A resource cannot be created, changed or deleted; the text says why."""


@dataclass(frozen=True, slots=True)
class Created:
    """A resource that was created.

    Attributes:
        physical_id: What `Ref` gives.
        attributes: What `Fn::GetAtt` gives.
    """

    physical_id: str
    attributes: Mapping[str, str]


# Sends a request to the world of its account and region
Send = Callable[[Request], Answer | None]


@dataclass(frozen=True, slots=True)
class Caller:
    """Calls operations as a client of an account and region does.

    Attributes:
        account: Account id.
        region: Region.
        send: Sends the requests.
    """

    account: str
    region: str
    send: Send

    def call(
        self, service: str, operation: str, members: Mapping[str, object], *, may_be_gone: bool = False
    ) -> Mapping[str, Any]:
        """Return the answer of an operation, empty if `may_be_gone` and the resource does not exist.

        Raises:
            ResourceRefusedError: The service answers an error.
        """
        from botocore.serialize import create_serializer  # noqa: PLC0415 - only stacks need it

        model = _model(service)
        serializer = create_serializer(model.protocol, include_validation=False)
        sent = serializer.serialize_to_request(dict(members), model.operation_model(operation))
        path, query = str(sent["url_path"]), urlencode(sent["query_string"])
        body = sent["body"]
        content = body.encode() if isinstance(body, str) else bytes(body)
        answer = self.send(Request(service, str(sent["method"]), path, query, content, self.account, self.region))
        assert answer is not None
        told: dict[str, Any] = json.loads(answer.body) if answer.body else {}
        if answer.status < HTTPStatus.BAD_REQUEST:
            return told
        # AWS Batch has no 404.
        is_gone = answer.status == HTTPStatus.NOT_FOUND or isinstance(answer.error, DoesNotExistError)
        if may_be_gone and is_gone:
            return {}
        code, text = answer.headers["x-amzn-ErrorType"], told["message"]
        raise ResourceRefusedError(
            f'Resource handler returned message: "{text} (Service: {service}, Status Code: {answer.status})" ({code})'
        )


def create(kind: ResourceType, name: str, properties: Mapping[str, Any], caller: Caller) -> Created:
    """Create a resource.

    Args:
        kind: Its type.
        name: Its name, unless the properties have one.
        properties: Its properties.
        caller: Calls the operation.

    Raises:
        ResourceRefusedError: Its properties are not those of its type, the service refuses it, or botocore is older than the type.
    """
    if kind.create not in _model(kind.service).operation_names:
        raise ResourceRefusedError(f"botocore {botocore.__version__} has no {kind.create}, which {kind.name} needs")
    if kind.needs_name and kind.identifier not in properties:
        raise ResourceRefusedError(f"Model validation failed (#: required key [{kind.identifier}] not found)")
    given = properties
    for path in kind.not_members:
        given = _without(given, path)
    later = {each: value for each, value in given.items() if each in kind.set_later}
    given = {each: value for each, value in given.items() if each not in later}
    members = _as_members(kind, kind.create, {kind.identifier: name, **given})
    content = caller.call(kind.service, kind.create, members)
    physical_id = content[kind.physical_id]
    attributes = {name: content[member] for name, member in kind.attributes.items()}
    try:
        if later:
            update(kind, physical_id, {}, later, caller)
        attributes |= _looked_up(kind, physical_id, caller)
    except ResourceRefusedError:
        with suppress(ResourceRefusedError):
            delete(kind, physical_id, caller)
        raise
    return Created(physical_id, attributes)


def _looked_up(kind: ResourceType, physical_id: str, caller: Caller) -> Mapping[str, str]:
    if kind.lookup is None:
        return {}
    step = kind.lookup.step
    found = caller.call(kind.service, step.operation, step.members(physical_id))
    return {name: value_of(found) for name, value_of in kind.lookup.attributes.items()}


def update(kind: ResourceType, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any], caller: Caller) -> None:
    """Change a resource in place: all of its changes, or none.

    Raises:
        ResourceRefusedError: Its properties are not those of its type, or the service refuses it.
    """
    done = 0
    try:
        for operation, members in _changes(kind, physical_id, before, after):
            caller.call(kind.service, operation, members)
            done += 1
    except ResourceRefusedError:
        for operation, members in _changes(kind, physical_id, after, before) if done else ():
            with suppress(ResourceRefusedError):
                caller.call(kind.service, operation, members)
        raise


def _changes(
    kind: ResourceType, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Generate the requests that change a resource: operations and their members."""
    assert kind.update is not None
    changes = kind.update.changes(before, after)
    if changes:
        members = _as_members(kind, kind.update.operation, changes)
        yield kind.update.operation, {**members, kind.update.reference: kind.update.reference_of(physical_id)}
    if not kind.update.is_retagged or before.get("Tags") == after.get("Tags"):
        return
    old, new = (_as_members(kind, kind.create, {"Tags": each.get("Tags", [])})["tags"] for each in (before, after))
    added = [tag for tag in new if tag not in old]
    if added:
        yield "TagResource", {"resourceArn": physical_id, "tags": added}
    removed = sorted({tag["Key"] for tag in old} - {tag["Key"] for tag in new})
    if removed:
        yield "UntagResource", {"resourceArn": physical_id, "tagKeys": removed}


def as_read(kind: ResourceType, properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the properties of a template as the handler of the type reads them.

    Source: the AWS CDK writes empty objects and types in lower case, and its stacks deploy (observed).
    """
    read: Any = {name: value for name, value in properties.items() if not (name in kind.dropped_if_empty and value == {})}
    for path in kind.upper_case:
        read = _in_upper_case(read, path)
    kept: Mapping[str, Any] = read
    return kept


def _in_upper_case(value: Any, path: tuple[str, ...]) -> Any:
    if isinstance(value, list):
        return [_in_upper_case(each, path) for each in value]
    if not path:
        return value.upper() if isinstance(value, str) else value
    first, *rest = path
    if not isinstance(value, Mapping) or first not in value:
        return value
    return {**value, first: _in_upper_case(value[first], tuple(rest))}


def is_replaced(kind: ResourceType, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Return whether a change of properties replaces a resource, instead of changing it in place."""
    if kind.update is None:
        return not kind.is_revised
    is_other = any(before.get(each) != after.get(each) for each in kind.update.create_only)
    return is_other or kind.update.replaces(before, after)


def _as_members(kind: ResourceType, operation: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    unknown = kind.not_properties & properties.keys()
    if unknown:
        raise ResourceRefusedError(_extraneous("#", unknown))
    shape = _model(kind.service).operation_model(operation).input_shape
    assert shape is not None
    members: dict[str, Any] = _to_members(shape, dict(properties), kind.renamed, "#")
    return members


def _without(properties: Mapping[str, Any], path: tuple[str, ...]) -> Mapping[str, Any]:
    first, *rest = path
    if first not in properties:
        return properties
    if not rest:
        return {name: value for name, value in properties.items() if name != first}
    inner = properties[first]
    return {**properties, first: _without(inner, tuple(rest))} if isinstance(inner, Mapping) else properties


def delete(kind: ResourceType, physical_id: str, caller: Caller) -> None:
    """Delete a resource, unless it is gone already. Source: handlers of resource types (documented).

    Raises:
        ResourceRefusedError: The service answers an error.
    """
    for step in kind.delete:
        caller.call(kind.service, step.operation, step.members(physical_id), may_be_gone=True)


@cache
def _model(service: str) -> ServiceModel:
    from botocore.model import ServiceModel  # noqa: PLC0415 - comes when a mock starts

    return ServiceModel(shared_loader().load_service_model(service, "service-2"), service)


_CONTAINERS: Final[Mapping[str, tuple[type, str]]] = {
    "structure": (dict, "JSONObject"),
    "map": (dict, "JSONObject"),
    "list": (list, "JSONArray"),
}
_FROM_TEXT: Final[Mapping[str, Callable[[str], object]]] = {
    "boolean": {"true": True, "false": False}.__getitem__,
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
}


def _extraneous(path: str, keys: frozenset[str] | set[str]) -> str:
    return f"Model validation failed ({path}: extraneous key [{min(keys)}] is not permitted)"


def _to_members(shape: Shape, value: Any, renamed: Mapping[str, Mapping[str, str]], path: str) -> Any:
    """Return properties as members of the operation, with values of the types in the model.

    Scalars may be given as strings, and strings as scalars: parameters of templates are strings. Source: CloudFormation user
    guide (documented). A scalar that cannot be converted is unchanged, so that the service rejects it.
    """
    kind = shape.type_name
    if kind in _CONTAINERS:
        python_type, name = _CONTAINERS[kind]
        if not isinstance(value, python_type):
            raise ResourceRefusedError(f"Model validation failed ({path}: expected type: {name}, found: {type(value).__name__})")
    if kind == "structure":
        members = shape.members  # type: ignore[attr-defined]  # it is a structure
        own = renamed.get(shape.name, {})
        names = {f"{each[0].upper()}{each[1:]}": each for each in members if each not in own.values()} | dict(own)
        unknown = value.keys() - names.keys()
        if unknown:
            raise ResourceRefusedError(_extraneous(path, unknown))
        return {
            names[name]: _to_members(members[names[name]], each, renamed, f"{path}/{name}")
            for name, each in value.items()
            if each is not None
        }
    if kind == "list":
        return [_to_members(shape.member, each, renamed, f"{path}/{index}") for index, each in enumerate(value)]  # type: ignore[attr-defined]
    if kind == "map":
        return {key: _to_members(shape.value, each, renamed, f"{path}/{key}") for key, each in value.items()}  # type: ignore[attr-defined]
    return _to_scalar(kind, value)


def _to_scalar(kind: str, value: Any) -> Any:
    if kind == "string" and isinstance(value, (bool, int, float)):
        return str(value).lower() if isinstance(value, bool) else str(value)
    convert = _FROM_TEXT.get(kind)
    if convert is None or not isinstance(value, str):
        return value
    try:
        return convert(value)
    except (KeyError, ValueError):
        return value
