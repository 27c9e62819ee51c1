"""The copy of a job document that devices get: the same JSON as given to CreateJob, but reformatted."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any, Final

from mock_jobs.iot.documents.json_text import Number, parse_json
from mock_jobs.iot.documents.placeholders import find_placeholders, may_have_placeholders
from mock_jobs.iot.documents.presigned import Transfer, read_transfer

_SHORT_ESCAPES: Final = {'"': r"\"", "\\": r"\\", "\b": r"\b", "\t": r"\t", "\n": r"\n", "\f": r"\f", "\r": r"\r"}
_ESCAPED: Final = re.compile(r'["\\\x00-\x1f\ud800-\udfff]')

# Java prints doubles from 10^-3 to below 10^7 without an exponent. Source: Double.toString of the Java platform (documented).
_PLAIN_FROM: Final = 1e-3
_PLAIN_BELOW: Final = 1e7


@dataclass(frozen=True, slots=True)
class DeviceDocument:
    """A job document as devices get it, before the presigned URLs of a device are filled in.

    Attributes:
        pieces: Texts, and between them the transfers whose presigned URLs go there.
    """

    pieces: Sequence[str | Transfer]

    def write(self, presign: Callable[[Transfer], str]) -> str:
        """Return the document with its presigned URLs; without placeholders for them it is always the same text.

        Args:
            presign: Returns the URL for a transfer.
        """
        if len(self.pieces) == 1:
            (piece,) = self.pieces
            assert isinstance(piece, str)
            return piece
        # Percent-encoded URLs need no escapes in JSON.
        return "".join(piece if isinstance(piece, str) else presign(piece) for piece in self.pieces)


def device_document(document: str) -> DeviceDocument:
    """Return the copy for devices of a valid job document."""
    copy = device_copy(document)
    if not may_have_placeholders(document):
        return DeviceDocument((copy,))
    pieces: list[str | Transfer] = []
    done = 0
    for placeholder in find_placeholders(copy).found:
        transfer = read_transfer(placeholder)
        if transfer is not None:
            pieces += (copy[done : placeholder.start], transfer)
            done = placeholder.end
    return DeviceDocument((*pieces, copy[done:]))


def device_copy(document: str) -> str:
    r"""Return a job document as devices get it. GetJobDocument returns the original text instead.

    - There is no white space.
    - Members that are null are dropped; nulls in lists stay.
    - A repeated key keeps its first place and its last value.
    - Needless escapes are undone; control characters are written as \u001F or with a short escape.
    - Whole numbers stay unchanged, except that -0 becomes 0. Other numbers look as Java prints a double.

    Source: observed.
    """
    written: list[str] = []
    # A stack of what is still to be written, the next at the end. No recursion, because there may be a thousand levels.
    ahead: list[object] = [parse_json(document)]
    while ahead:
        value = ahead.pop()
        if isinstance(value, dict):
            members = [(_Mark(f"{_string(key)}:"), each) for key, each in value.items() if each is not None]
            ahead += _backwards("{", members, "}")
        elif isinstance(value, list):
            ahead += _backwards("[", [(each,) for each in value], "]")
        else:
            written.append(_WRITERS[type(value)](value))
    return "".join(written)


class _Mark(str):
    """Punctuation of the copy, between values."""

    __slots__ = ()


_COMMA: Final = _Mark(",")


def _backwards(opening: str, entries: Sequence[Iterable[object]], closing: str) -> Iterator[object]:
    pieces: list[object] = [_Mark(opening)]
    for entry in entries:
        pieces += (*entry, _COMMA)
    if entries:
        pieces.pop()
    pieces.append(_Mark(closing))
    return reversed(pieces)


def _string(value: str) -> str:
    return f'"{_ESCAPED.sub(_escape, value)}"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return _SHORT_ESCAPES.get(character) or f"\\u{ord(character):04X}"


def _number(literal: str) -> str:
    if literal == "-0":
        return "0"
    if literal.lstrip("-").isdigit():
        return literal
    return java_double(float(literal))


_WRITERS: Final[Mapping[type, Callable[[Any], str]]] = {
    _Mark: str,
    Number: _number,
    str: _string,
    bool: {True: "true", False: "false"}.__getitem__,
    NoneType: lambda _: "null",
}


def java_double(value: float) -> str:
    """Return a number as Java prints a double; infinity as a JSON string, because JSON has no number for it."""
    if math.isinf(value):
        return '"Infinity"' if value > 0 else '"-Infinity"'
    sign = "-" if math.copysign(1, value) < 0 else ""
    value = abs(value)
    if value == 0:
        return f"{sign}0.0"
    # Like repr, Java prints the shortest digits that read back as the same double. But where one digit would be enough, it prints
    # the closest two, which differ for the smallest doubles. Source: Double.toString of the Java platform (documented).
    two_digits = f"{value:.1e}"
    mantissa, _, exponent = (two_digits if float(two_digits) == value else f"{value!r}").partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    # value = 0.DIGITS * 10^point
    point = len(whole) + int(exponent or 0) if whole != "0" else int(exponent or 0) - (len(fraction) - len(fraction.lstrip("0")))
    digits = digits.rstrip("0") or "0"
    if _PLAIN_FROM <= value < _PLAIN_BELOW:
        if point <= 0:
            return f"{sign}0.{'0' * -point}{digits}"
        return f"{sign}{digits[:point].ljust(point, '0')}.{digits[point:] or '0'}"
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{point - 1}"
