"""JSON as the service reads it: strictly, without Python's limits on depth and on the length of numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

# Source: a document nested deeper is refused like one that is not JSON (observed).
MAX_DEPTH: Final = 1000

# One token, with the white space before it. A number is matched greedily, so `01` leaves a second token and is refused.
_TOKEN: Final = re.compile(
    r"[ \t\n\r]*(?:"
    r'(?P<string>"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")'
    r"|(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<word>true|false|null)"
    r"|(?P<mark>[\[\]{}:,])"
    r"|(?P<end>\Z))"
)


class NotJsonError(Exception):
    """The text is not JSON, or nested too deeply."""


class _Expected(Enum):
    VALUE = auto()
    VALUE_OR_CLOSE = auto()
    KEY = auto()
    KEY_OR_CLOSE = auto()
    COLON = auto()
    COMMA_OR_CLOSE = auto()
    END = auto()


_VALUES: Final = frozenset({_Expected.VALUE, _Expected.VALUE_OR_CLOSE})
_KEYS: Final = frozenset({_Expected.KEY, _Expected.KEY_OR_CLOSE})
_CLOSES: Final = frozenset({_Expected.VALUE_OR_CLOSE, _Expected.KEY_OR_CLOSE, _Expected.COMMA_OR_CLOSE})


@dataclass(frozen=True, slots=True)
class Rendering:
    """How the parts of a document are written again.

    Attributes:
        string: Writes the literal of a string.
        number: Writes the literal of a number.
        keeps_null_members: Whether members that are null stay in their objects.
    """

    string: Callable[[str], str]
    number: Callable[[str], str]
    keeps_null_members: bool


class _Array:
    __slots__ = ("items",)
    closing = "]"
    after_comma = _Expected.VALUE

    def __init__(self) -> None:
        self.items: list[str] = []

    def put(self, value: str) -> None:
        self.items.append(value)

    def close(self, rendering: Rendering) -> str:  # noqa: ARG002 - same as for objects
        return f"[{','.join(self.items)}]"


class _Object:
    __slots__ = ("key", "members")
    closing = "}"
    after_comma = _Expected.KEY

    def __init__(self) -> None:
        self.members: dict[str, str] = {}
        self.key = ""

    def put(self, value: str) -> None:
        # A dict keeps a repeated key at its first place, with its last value.
        self.members[self.key] = value

    def close(self, rendering: Rendering) -> str:
        members = self.members.items()
        return f"{{{','.join(f'{k}:{v}' for k, v in members if rendering.keeps_null_members or v != 'null')}}}"


class _Writer:
    """Takes the tokens of a document, one after the other, and writes it again."""

    __slots__ = ("_expected", "_open", "_rendering", "result")

    def __init__(self, rendering: Rendering) -> None:
        self._rendering = rendering
        self._open: list[_Array | _Object] = []
        self._expected = _Expected.VALUE
        self.result = ""

    def string(self, token: str) -> None:
        written = self._rendering.string(token)
        if self._expected in _KEYS:
            container = self._open[-1]
            assert isinstance(container, _Object)
            container.key = written
            self._expected = _Expected.COLON
        else:
            self._value(written)

    def number(self, token: str) -> None:
        self._value(self._rendering.number(token))

    def word(self, token: str) -> None:
        self._value(token)

    def mark(self, token: str) -> None:
        if token == ":":  # noqa: S105 - no secret
            self._demand(self._expected is _Expected.COLON)
            self._expected = _Expected.VALUE
        elif token == ",":  # noqa: S105 - no secret
            self._demand(self._expected is _Expected.COMMA_OR_CLOSE)
            self._expected = self._open[-1].after_comma
        elif token in "[{":  # noqa: S105 - no secret
            self._demand(self._expected in _VALUES and len(self._open) < MAX_DEPTH)
            is_array = token == "["  # noqa: S105 - no secret
            self._open.append(_Array() if is_array else _Object())
            self._expected = _Expected.VALUE_OR_CLOSE if is_array else _Expected.KEY_OR_CLOSE
        else:
            self._demand(self._expected in _CLOSES and token == self._open[-1].closing)
            written = self._open.pop().close(self._rendering)
            self._put(written)

    def end(self, token: str) -> None:  # noqa: ARG002 - same as for the other tokens
        self._demand(self._expected is _Expected.END)

    def _value(self, written: str) -> None:
        self._demand(self._expected in _VALUES)
        self._put(written)

    def _put(self, written: str) -> None:
        if self._open:
            self._open[-1].put(written)
            self._expected = _Expected.COMMA_OR_CLOSE
        else:
            self.result = written
            self._expected = _Expected.END

    @staticmethod
    def _demand(is_legal: bool) -> None:
        if not is_legal:
            raise NotJsonError


def render(text: str, rendering: Rendering) -> str:
    """Return a document written again without white space, each repeated key once.

    Works without recursion: a depth of 1000 exceeds what Python's own parser takes.

    Raises:
        NotJsonError: The text is not JSON, or nested deeper than 1000 levels.
    """
    writer = _Writer(rendering)
    take = {kind: getattr(writer, kind) for kind in _TOKEN.groupindex}
    position, kind = 0, ""
    while kind != "end":
        match = _TOKEN.match(text, position)
        if match is None:
            raise NotJsonError
        kind, position = match.lastgroup or "", match.end()
        take[kind](match[kind])
    return writer.result


def _refuse_constant(name: str) -> str:
    raise NotJsonError(name)


# Numbers are kept as text, so that their length does not matter and 1E400 passes.
_fast_parse = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_refuse_constant).decode
_FAST_BRACKETS: Final = 200
_AS_IS: Final = Rendering(str, str, keeps_null_members=True)


def is_json(text: str) -> bool:
    """Return whether a text is JSON in the sense of the service.

    Source: NaN, Infinity and a nesting deeper than 1000 levels are refused, 1E400 is not (observed).
    """
    if text.count("[") + text.count("{") > _FAST_BRACKETS:
        return is_json_at_any_depth(text)
    try:
        _fast_parse(text)
    except (ValueError, NotJsonError):
        return False
    except RecursionError:
        return is_json_at_any_depth(text)
    return True


def is_json_at_any_depth(text: str) -> bool:
    """Return the same as `is_json`, by slower means that need no stack."""
    try:
        render(text, _AS_IS)
    except NotJsonError:
        return False
    return True
