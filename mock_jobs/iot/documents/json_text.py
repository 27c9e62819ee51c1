"""JSON as the service reads it: strictly, without Python's limits on depth and on the length of numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from json import JSONDecoder
from typing import Final

# Source: a more deeply nested document is refused like one that is not JSON (observed).
MAX_DEPTH: Final = 1000


class NotJsonError(Exception):
    """The text is not JSON, or is nested too deeply."""


class Number(str):
    """The literal of a number, as written in the text."""

    __slots__ = ()


def parse_json(text: str) -> object:
    """Return the value of a JSON text as Python's decoder does, but with numbers as `Number`.

    A repeated key keeps its first place and its last value.

    Source: NaN, Infinity and a nesting deeper than 1000 levels are refused, 1E400 is not (observed).

    Raises:
        NotJsonError: The service would not accept the text as JSON.
    """
    return _parse(text, _decode)


def is_json(text: str) -> bool:
    """Return whether the service accepts a text as JSON."""
    try:
        _parse(text, _decode_roughly)
    except NotJsonError:
        return False
    return True


def _reject_constant(name: str) -> object:
    raise NotJsonError(name)


_decode: Final = JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=_reject_constant).decode
# For `is_json` only: numbers become plain strings, which is faster.
_decode_roughly: Final = JSONDecoder(parse_int=str, parse_float=str, parse_constant=_reject_constant).decode


def _parse(text: str, decode: Callable[[str], object]) -> object:
    try:
        if text.count("[") + text.count("{") <= MAX_DEPTH:
            return decode(text)
    except RecursionError:
        pass
    except ValueError as error:
        raise NotJsonError(text) from error
    return _parse_deep(text)


# Python's decoder needs room on the stack for each level, and there may be little left.
_LEVELS_AT_ONCE: Final = 20
# Strings, brackets, and what is invalid outside of strings: an unclosed quote, and the constants of Python's decoder.
_TOKEN: Final = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"|[\[{]|[\]}]|["NI]')


def _parse_deep(text: str) -> object:
    """Parse a text in parts of a few levels, the innermost first; `NaN` replaces each parsed part in the text around it."""
    # For each open part: its text so far, and the values of the parsed parts in it.
    parts: list[tuple[list[str], list[object]]] = [([], [])]
    depth = done = 0
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in ("[", "{"):
            if depth == MAX_DEPTH:
                raise NotJsonError(text)
            if depth % _LEVELS_AT_ONCE == 0:
                parts[-1][0].append(text[done : match.start()])
                parts.append(([], []))
                done = match.start()
            depth += 1
        elif token in ("]", "}"):
            if depth == 0:
                raise NotJsonError(text)
            depth -= 1
            if depth % _LEVELS_AT_ONCE == 0:
                value = _parse_part(*parts.pop(), text[done : match.end()])
                parts[-1][0].append("NaN")
                parts[-1][1].append(value)
                done = match.end()
        elif token in ('"', "N", "I"):
            raise NotJsonError(text)
    return _parse_part(*parts[-1], text[done:])


def _parse_part(pieces: list[str], inner: list[object], rest: str) -> object:
    values = iter(inner)
    decoder = JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=lambda _: next(values))
    try:
        return decoder.decode("".join((*pieces, rest)))
    except ValueError as error:
        raise NotJsonError(rest) from error
