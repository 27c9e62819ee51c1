"""Checks of values against shapes of the service model: compiled once, run on every request."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from mock_jobs.core.service_base import Bound, Violation
from mock_jobs.wire.patterns import full_matcher

if TYPE_CHECKING:
    from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

# (value, path of the member, list that collects violations) -> the value that the operation gets
Check = Callable[[Any, str, list[Violation]], Any]

_LONG = 1 << 63
_INTEGER = 1 << 31


class _Limits(NamedTuple):
    least: float | None
    most: float | None
    in_bytes: bool = False


class Checks:
    """Compile shapes into checks.

    Args:
        lenient_numbers: Names of the whole-number members that may also be a string of digits.
        lenient_enums: Names of the enum shapes whose values may be in upper or lower case.
        references: Names of the members that must not be empty where they are required.
        more_bounds: Upper bounds by shape name, which replace those of the model.
        unchecked_enums: Names of the enum shapes that accept any text.
    """

    def __init__(
        self,
        lenient_numbers: frozenset[str] = frozenset(),
        lenient_enums: frozenset[str] = frozenset(),
        references: frozenset[str] = frozenset(),
        more_bounds: Mapping[str, Bound] | None = None,
        unchecked_enums: frozenset[str] = frozenset(),
    ) -> None:
        self._lenient_numbers = lenient_numbers
        self._lenient_enums = lenient_enums
        self._references = references
        self._more_bounds = more_bounds or {}
        self._unchecked_enums = unchecked_enums
        self._compiled: dict[str, Check] = {}

    def of(self, shape: Shape, member: str = "") -> Check:
        """Return the check of a shape; `member` is the name of the member that has it."""
        kind = shape.type_name
        if kind in ("integer", "long") and member in self._lenient_numbers:
            return _lenient(_whole_number(self._limits(shape), kind))
        if shape.name in self._compiled:
            return self._compiled[shape.name]

        def later(value: Any, path: str, notes: list[Violation]) -> Any:
            return self._compiled[shape.name](value, path, notes)

        # A shape that contains itself finds this entry while it is being compiled.
        self._compiled[shape.name] = later
        check: Check
        if kind == "string":
            check = self._text(shape)  # type: ignore[arg-type]
        elif kind in ("integer", "long"):
            check = _whole_number(self._limits(shape), kind)
        elif kind in ("double", "float"):
            check = _number(self._limits(shape))
        elif kind == "boolean":
            check = _boolean
        elif kind == "structure":
            check = self._structure(shape)  # type: ignore[arg-type]
        elif kind == "list":
            check = self._list(shape)  # type: ignore[arg-type]
        elif kind == "map":
            check = self._map(shape)  # type: ignore[arg-type]
        else:
            # No emulated operation has timestamps or blobs in its input.
            check = _anything
        self._compiled[shape.name] = check
        return check

    def _text(self, shape: StringShape) -> Check:
        allowed = () if shape.name in self._unchecked_enums else tuple(shape.enum)
        return _string(shape, allowed, self._limits(shape), shape.name in self._lenient_enums)

    def _limits(self, shape: Shape) -> _Limits:
        more = self._more_bounds.get(shape.name)
        least = shape.metadata.get("min")
        return _Limits(least, shape.metadata.get("max")) if more is None else _Limits(least, more.most, more.in_bytes)

    def _structure(self, shape: StructureShape) -> Check:
        members = {name: self.of(member, name) for name, member in shape.members.items()}
        required = tuple(shape.required_members)
        references = tuple(name for name in required if name in self._references)

        def check(value: Any, path: str, notes: list[Violation]) -> Any:
            if not isinstance(value, dict):
                notes.append(Violation(path, value, "type", "structure"))
                return value
            notes.extend(Violation(f"{path}.{name}", None, "required") for name in required if value.get(name) is None)
            notes.extend(Violation(f"{path}.{name}", "", "empty") for name in references if value.get(name) == "")
            return {
                name: members[name](each, f"{path}.{name}", notes)
                for name, each in value.items()
                if each is not None and name in members
            }

        return check

    def _list(self, shape: ListShape) -> Check:
        member = self.of(shape.member)
        length = _length(self._limits(shape))

        def check(value: Any, path: str, notes: list[Violation]) -> Any:
            if not isinstance(value, list):
                notes.append(Violation(path, value, "type", "list"))
                return value
            if length is not None:
                length(value, len(value), path, notes)
            return [_element(member, each, f"{path}.{number}.member", notes) for number, each in enumerate(value, 1)]

        return check

    def _map(self, shape: MapShape) -> Check:
        key_check, value_check = self.of(shape.key), self.of(shape.value)
        length = _length(self._limits(shape))

        def check(value: Any, path: str, notes: list[Violation]) -> Any:
            if not isinstance(value, dict):
                notes.append(Violation(path, value, "type", "map"))
                return value
            if length is not None:
                length(value, len(value), path, notes)
            return {
                key_check(key, f"{path}.key", notes): _element(value_check, each, f"{path}.{key}.member", notes)
                for key, each in value.items()
            }

        return check


def _element(check: Check, value: Any, path: str, notes: list[Violation]) -> Any:
    if value is None:
        notes.append(Violation(path, None, "required"))
        return value
    return check(value, path, notes)


def _length(limits: _Limits) -> Callable[[object, int, str, list[Violation]], None] | None:
    least, most = limits.least, limits.most
    if not least and most is None:
        return None

    def check(value: object, length: int, path: str, notes: list[Violation]) -> None:
        if most is not None and length > most:
            notes.append(Violation(path, value, "max_length", most))
        if least and length < least:
            notes.append(Violation(path, value, "min_length", least))

    return check


def _java_length(value: str) -> int:
    # AWS counts UTF-16 units, as Java does.
    return len(value.encode("utf-16-le", "surrogatepass")) // 2


def _utf8_length(value: str) -> int:
    return len(value.encode("utf-8", "surrogatepass"))


def _string(shape: StringShape, allowed: tuple[str, ...], limits: _Limits, is_lenient: bool) -> Check:
    length = _length(limits)
    measure = _utf8_length if limits.in_bytes else _java_length
    pattern = shape.metadata.get("pattern")
    accepted = {each.lower() for each in allowed} if is_lenient else {*allowed}
    # Patterns are compiled when they are first needed; most of them never are.
    matches: Callable[[str], Any] | None = None

    def check(value: Any, path: str, notes: list[Violation]) -> Any:
        nonlocal matches
        if not isinstance(value, str):
            notes.append(Violation(path, value, "type", "string"))
            return value
        if allowed:
            if (value.lower() if is_lenient else value) not in accepted:
                notes.append(Violation(path, value, "enum", allowed))
            return value
        if length is not None:
            length(value, len(value) if value.isascii() else measure(value), path, notes)
        if pattern is not None:
            if matches is None:
                matches = full_matcher(pattern)
            if not matches(value):
                notes.append(Violation(path, value, "pattern", pattern))
        return value

    return check


def _whole_number(limits: _Limits, kind: str) -> Check:
    bounds = _bounds(limits)
    size = _LONG if kind == "long" else _INTEGER

    def check(value: Any, path: str, notes: list[Violation]) -> Any:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not -size <= value < size:
            notes.append(Violation(path, value, "type", kind))
        elif bounds is not None:
            bounds(value, path, notes)
        return value

    return check


def _lenient(check: Check) -> Check:
    def lenient(value: Any, path: str, notes: list[Violation]) -> Any:
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:  # noqa: PLR2004 - 2**64 has 20
            value = int(value)
        return check(value, path, notes)

    return lenient


def _number(limits: _Limits) -> Check:
    bounds = _bounds(limits)

    def check(value: Any, path: str, notes: list[Violation]) -> Any:
        number = _finite(value)
        if number is None:
            notes.append(Violation(path, value, "type", "double"))
            return value
        value = number
        if bounds is not None:
            bounds(value, path, notes)
        return value

    return check


def _finite(value: object) -> float | None:
    """Return a JSON number as a double, None if it is none or too large for one."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _bounds(limits: _Limits) -> Callable[[float, str, list[Violation]], None] | None:
    least, most = limits.least, limits.most
    if least is None and most is None:
        return None

    def check(value: float, path: str, notes: list[Violation]) -> None:
        if most is not None and value > most:
            notes.append(Violation(path, value, "max", most))
        if least is not None and value < least:
            notes.append(Violation(path, value, "min", least))

    return check


def _boolean(value: Any, path: str, notes: list[Violation]) -> Any:
    if not isinstance(value, bool):
        notes.append(Violation(path, value, "type", "boolean"))
    return value


def _anything(value: Any, path: str, notes: list[Violation]) -> Any:  # noqa: ARG001 - the signature of a check
    return value
