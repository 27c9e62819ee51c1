"""Requests made from the shapes of botocore's models: valid ones, and ones in which exactly one constraint is broken."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar
from urllib.parse import quote, urlencode

from mock_jobs.iot.rules.bounds import MORE_BOUNDS
from mock_jobs.transports.services import compiled

from support.contract import model_of

if TYPE_CHECKING:
    from botocore.model import OperationModel, Shape

    from mock_jobs.core.service_base import Backend

T = TypeVar("T")

_TEXTS = (
    "a",
    "x-1",
    "Ab_9",
    "1.0",
    "12",
    "ABC_1",
    "$next",
    "é ☃",
    "a b",
    "arn:aws:iot:us-east-1:123456789012:thing/x",
    "",
    "𝄞/?&=",
)
_MISFITS = ("a!", "é", "a\n", "\n", "a b", "\x00", "\x7f", "a/b", "x" * 36 + "!", "☃☃", "-")
_NUMBERS = (1, 0, 2, 3, 10, 60, 100, 1000, -1, 2**31 - 1)
_FRACTIONS = (1.5, 0.5, 1, 100.0, 0, 1e300, -0.25)
# What stands for a class of Java's patterns in these values, which need no more than that.
_CLASSES = ((r"\p{C}", r"\x00-\x1f\x7f"), (r"\p{Upper}\p{Digit}", "A-Z0-9"), (r"\p{L}\p{Z}\p{N}", "\\w "))
# Longer lists and texts cost time and show nothing new.
_LONGEST_TEXT = 70_000
_LONGEST_EXAMPLE = 300
_LONGEST_LIST = 300
_DEEP = 3

_WRONG_TYPES: Mapping[str, Sequence[Any]] = {
    "string": (5, True, [], {}, ["a"]),
    "integer": ("x", True, 1.5, [], {}, 2**31, -(2**31) - 1, 10**400, "1e3"),
    "long": ("x", True, 1.5, [], {}, 2**63, -(2**63) - 1, 10**400),
    "double": ("x", True, [], {}, 10**400),
    "float": ("x", True, [], {}, 10**400),
    "boolean": ("true", 0, 1, [], {}),
    "structure": ("x", 5, [], True, [{}]),
    "list": ("x", 5, {}, True),
    "map": ("x", 5, [], True),
}
_WRONG_IN_URL: Mapping[str, Sequence[str]] = {
    "integer": ("x", "1.5", "", "1e3", "\u0661", "1_0", "9" * 30, "0x1"),
    "long": ("x", "1.5", "", "1e3", "\u0661", "1_0", "9" * 30),
    "boolean": ("maybe", "", "1", "yes"),
}


class Draw(Protocol):
    """Chooses one of several things, of which the first is the plainest."""

    def __call__(self, options: Sequence[T]) -> T:
        """Return one of the options."""
        ...


class Constraint(NamedTuple):
    """One constraint that a request can break.

    Attributes:
        service: Name of the service in boto3.
        operation: Name of the operation in the API.
        steps: The way to the value: names of members, `[]` for an element of a list, `{key}` and `{value}` for those of a map.
        kind: `missing`, `type`, `enum`, `pattern`, `least`, `most`, `null` or `empty`.
    """

    service: str
    operation: str
    steps: tuple[str, ...]
    kind: str


class Call(NamedTuple):
    """A request, before it is written as HTTP."""

    service: str
    operation: str
    arguments: dict[str, Any]

    def encoded(self) -> Encoded:
        """Return the request as HTTP."""
        model = _operation(self.service, self.operation)
        path, query, body = str(model.http["requestUri"]), [], {}
        members = {} if model.input_shape is None else model.input_shape.members
        for name, value in self.arguments.items():
            serialized = members[name].serialization
            wire_name = serialized.get("name", name)
            if serialized.get("location") == "uri":
                encoded = quote(_url_text(value), safe="")
                path = path.replace(f"{{{wire_name}}}", encoded).replace(f"{{{wire_name}+}}", encoded)
            elif serialized.get("location") == "querystring":
                texts = value if isinstance(value, list) else [value]
                query += [(wire_name, _url_text(each)) for each in texts]
            else:
                body[wire_name] = value
        content = json.dumps(body).encode() if body or _has_body(model) else b""
        return Encoded(self.service, str(model.http["method"]), path, urlencode(query), content)


class Encoded(NamedTuple):
    """A request as HTTP: method, path and query as sent, body."""

    service: str
    method: str
    path: str
    query: str
    body: bytes


class Maker:
    """Makes arguments of operations.

    Args:
        choose: Decides everything that is open.
        names: Member to values that exist, or could.
        bases: Operation to several sets of arguments, each of which succeeds by itself.
    """

    def __init__(
        self, choose: Draw, names: Mapping[str, Sequence[Any]], bases: Mapping[str, Sequence[Mapping[str, Any]]]
    ) -> None:
        self._choose = choose
        self._never_empty: frozenset[str] = frozenset()
        self._names = names
        self._bases = bases

    def valid(self, service: str, operation: str) -> Call:
        """Return a request that keeps to the model."""
        self._never_empty = _backend(service).references
        base = self._choose([*self._bases.get(operation, ()), {}])
        shape = _operation(service, operation).input_shape
        made = {} if shape is None else self._structure(shape, (), None, 0, leave_out=frozenset(base))
        return Call(service, operation, {**base, **made})

    def broken(self, constraint: Constraint) -> Call:
        """Return a request that keeps to the model but for one constraint."""
        shape = _operation(constraint.service, constraint.operation).input_shape
        self._never_empty = _backend(constraint.service).references
        assert shape is not None
        made = self._structure(shape, constraint.steps, constraint.kind, 0)
        return Call(constraint.service, constraint.operation, made)

    def _value(
        self, shape: Any, name: str, steps: tuple[str, ...], kind: str | None, depth: int, location: str | None = None
    ) -> Any:
        if kind is not None and not steps:
            return self._wrong(shape, name, kind, depth, location)
        if shape.type_name == "structure":
            return self._structure(shape, steps, kind, depth)
        if shape.type_name == "list":
            count = self._count(shape, bool(steps))
            first = [self._value(shape.member, name, steps[1:], kind, depth + 1)] if count else []
            return first + [self._value(shape.member, name, (), None, depth + 1) for _ in range(count - 1)]
        if shape.type_name == "map":
            return self._map(shape, name, steps, kind, depth)
        return self._leaf(shape, name)

    def _structure(
        self, shape: Any, steps: tuple[str, ...], kind: str | None, depth: int, leave_out: frozenset[str] = frozenset()
    ) -> dict[str, Any]:
        forced = steps[0] if steps else None
        wanted = {*shape.required_members, *([forced] if forced else [])}
        optional = [each for each in shape.members if each not in wanted]
        for _ in range(
            self._choose((1, 0, 2, 4, 8) if depth == 0 else (0, 1, 2) if depth < _DEEP else (0, 0, 1)) if optional else 0
        ):
            wanted.add(self._choose(optional))
        made = {}
        for name, member in shape.members.items():
            if name not in wanted or name in leave_out or (name == forced and len(steps) == 1 and kind == "missing"):
                continue
            location = member.serialization.get("location")
            way, how = (steps[1:], kind) if name == forced else ((), None)
            made[name] = self._value(member, name, way, how, depth + 1, location)
        return made

    def _map(self, shape: Any, name: str, steps: tuple[str, ...], kind: str | None, depth: int) -> dict[str, Any]:
        made = {}
        count = self._count(shape, bool(steps))
        for number in range(count):
            # The last, because an entry of the same key would replace it
            way, how = (steps, kind) if number == count - 1 else ((), None)
            key_kind, value_kind = (how, None) if way[:1] == ("{key}",) else (None, how)
            key = self._value(shape.key, f"{name}.key", way[1:], key_kind, depth + 1)
            made[key] = self._value(shape.value, f"{name}.value", way[1:], value_kind, depth + 1)
        return made

    def _count(self, shape: Shape, is_forced: bool) -> int:
        least, most = bounds(shape)
        least = max(int(least or 0), int(is_forced))
        return self._choose([each for each in (1, 0, 2, 3, least) if least <= each <= (3 if most is None else most)])

    def _leaf(self, shape: Any, name: str) -> Any:
        if name in self._never_empty:
            return self._choose([each for each in (*self._names.get(name, ()), *_examples(shape)) if each])
        known = [each for each in self._names.get(name, ()) if _fits(shape, each)]
        is_known = bool(known) and self._choose((True, True, True, False))
        return self._choose(known if is_known else _examples(shape))

    def _wrong(self, shape: Any, name: str, kind: str, depth: int, location: str | None) -> Any:
        least, most = bounds(shape)
        if kind in ("null", "empty"):
            return None if kind == "null" else ""
        if kind == "type":
            return self._choose(_WRONG_IN_URL[shape.type_name] if location else _WRONG_TYPES[shape.type_name])
        if kind == "enum":
            return self._choose(("no such value", "", f"{shape.enum[0]} ", f"{shape.enum[0]}\n"))
        if kind == "pattern":
            return self._choose(_misfits(shape))
        if shape.type_name in ("integer", "long", "double", "float"):
            assert (least if kind == "least" else most) is not None
            return self._choose((least - 1, least - 100) if kind == "least" else (most + 1, most + 100))  # type: ignore[operator]
        count = int((least or 0) - 1 if kind == "least" else (most or 0) + 1)
        if shape.type_name == "string":
            return _fill(shape, count)
        if shape.type_name == "list":
            element = self._value(shape.member, name, (), None, depth + 1)
            return [element] * count
        return {f"k{number}": self._value(shape.value, f"{name}.value", (), None, depth + 1) for number in range(count)}


def constraints(service: str) -> list[Constraint]:
    """Return all constraints of the emulated operations of a service that a request can break."""
    found: list[Constraint] = []
    for name, operation in compiled(service).operations.items():
        shape = _operation(service, name).input_shape
        if shape is not None and operation.is_emulated:
            found += [Constraint(service, name, steps, kind) for steps, kind in _within(service, shape, (), ())]
    return found


def _within(
    service: str, shape: Any, steps: tuple[str, ...], above: tuple[str, ...], location: str | None = None
) -> Iterator[tuple[tuple[str, ...], str]]:
    if shape.name in above:
        return
    above = (*above, shape.name)
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            way = (*steps, name)
            where = member.serialization.get("location")
            is_required = name in shape.required_members
            if is_required and where != "uri":
                yield way, "missing"
                if name in _backend(service).references:
                    yield way, "empty"
            may_be_empty = len(way) == 1 and not is_required and name in _backend(service).none_if_empty
            for kind in _kinds(service, member, where, may_be_empty=may_be_empty):
                yield way, kind
            yield from _within(service, member, way, above, where)
    elif shape.type_name == "list":
        if location is None:
            yield (*steps, "[]"), "null"
        yield from (((*steps, "[]"), kind) for kind in _kinds(service, shape.member, location))
        yield from _within(service, shape.member, (*steps, "[]"), above)
    elif shape.type_name == "map":
        yield (*steps, "{value}"), "null"
        # JSON has no keys of another type.
        yield from (((*steps, "{key}"), kind) for kind in _kinds(service, shape.key, None) if kind != "type")
        yield from (((*steps, "{value}"), kind) for kind in _kinds(service, shape.value, None))
        yield from _within(service, shape.value, (*steps, "{value}"), above)


def _kinds(service: str, shape: Any, location: str | None, *, may_be_empty: bool = False) -> Iterator[str]:
    # In a URL everything is text, and a list is a member that is repeated.
    if shape.type_name in (_WRONG_TYPES if location is None else _WRONG_IN_URL):
        yield "type"
    if shape.type_name == "string" and shape.enum:
        if shape.name not in _backend(service).unchecked_enums:
            yield "enum"
        return
    least, most = bounds(shape)
    if shape.type_name == "string" and _pattern(shape) is not None and _misfits(shape):
        yield "pattern"
    is_number = shape.type_name in ("integer", "long", "double", "float")
    # An empty text in a path makes it another path.
    if least is not None and (is_number or (least > 0 and location != "uri" and not may_be_empty)):
        yield "least"
    if most is not None and (is_number or most <= (_LONGEST_TEXT if shape.type_name == "string" else _LONGEST_LIST)):
        yield "most"


def bounds(shape: Shape) -> tuple[float | None, float | None]:
    """Return the least and the greatest value, or length, that a shape allows."""
    more = MORE_BOUNDS.get(shape.name)
    return shape.metadata.get("min"), shape.metadata.get("max") if more is None else more.most


def _examples(shape: Any) -> Sequence[Any]:
    least, most = bounds(shape)
    return _examples_of(shape.type_name, tuple(getattr(shape, "enum", ())), least, most, shape.metadata.get("pattern"))


@cache
def _examples_of(kind: str, enum: tuple[str, ...], least: float | None, most: float | None, pattern: str | None) -> Sequence[Any]:
    if enum:
        return enum
    if kind == "boolean":
        return (True, False)
    if kind == "blob":
        return (base64.b64encode(b"blob").decode(),)
    if kind in ("integer", "long"):
        return [each for each in (*_NUMBERS, *_ends(least, most)) if _is_between(each, least, most)]
    if kind in ("double", "float"):
        return [each for each in (*_FRACTIONS, *_ends(least, most)) if _is_between(each, least, most)]
    assert kind == "string", kind
    ends = [_fill(None, int(each)) for each in _ends(least, most) if each <= _LONGEST_EXAMPLE]
    fitting = [each for each in (*_TEXTS, *ends) if _is_between(len(each), least, most) and _matches(pattern, each)]
    # A pattern of a later model may fit none of them; then the request is refused, which is as good.
    return fitting or ["a"]


def _ends(least: float | None, most: float | None) -> list[float]:
    return [each for each in (least, most) if each is not None]


def _is_between(number: float, least: float | None, most: float | None) -> bool:
    return (least is None or number >= least) and (most is None or number <= most)


def _fits(shape: Any, value: Any) -> bool:
    if shape.type_name != "string":
        return shape.type_name in ("integer", "long") and isinstance(value, int)
    if not isinstance(value, str) or (shape.enum and value not in shape.enum):
        return False
    return _is_between(len(value), *bounds(shape)) and _matches(_pattern(shape), value)


def _pattern(shape: Shape) -> str | None:
    pattern: str | None = shape.metadata.get("pattern")
    return pattern


def _misfits(shape: Shape) -> list[str]:
    least, most = bounds(shape)
    return [each for each in _MISFITS if _is_between(len(each), least, most) and not _matches(_pattern(shape), each)]


def _fill(shape: Shape | None, length: int) -> str:
    pattern = None if shape is None else _pattern(shape)
    return next((letter for letter in "a1A" if _matches(pattern, letter)), "a") * length


def _matches(pattern: str | None, text: str) -> bool:
    return pattern is None or _compiled(pattern).fullmatch(text) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    for written, meant in _CLASSES:
        pattern = pattern.replace(written, meant)
    return re.compile(pattern)


@cache
def _operation(service: str, operation: str) -> OperationModel:
    return model_of(service).operation_model(operation)


def _backend(service: str) -> type[Backend]:
    return next(iter(compiled(service).operations.values())).backend


def _has_body(model: OperationModel) -> bool:
    members = {} if model.input_shape is None else model.input_shape.members
    return any(member.serialization.get("location") is None for member in members.values())


def _url_text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
