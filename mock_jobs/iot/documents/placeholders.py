"""The placeholders in job documents, of all kinds."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_OPENING: Final = "${aws:iot:"
_ANY_OPENING: Final = "${aws:"
# Up to the brace that closes it. The URL of an upload may hold local keywords, with braces of their own. A placeholder cannot run
# past the string that it stands in.
_PLACEHOLDER: Final = re.compile(r'\$\{aws:(?:iot:(?P<content>(?:[^}"$]|\$(?!\{)|\$\{[a-zA-Z]+\})*)|[^}"$]*)\}')


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A placeholder.

    Attributes:
        content: What stands between `${aws:iot:` and the closing brace.
        start: Where it begins in the device's copy of the document.
        end: Where it ends.
        is_whole_value: Whether it stands alone as a JSON value.
    """

    content: str
    start: int
    end: int
    is_whole_value: bool

    def __str__(self) -> str:
        return f"{_OPENING}{self.content}}}"


@dataclass(frozen=True, slots=True)
class Placeholders:
    """The placeholders of a document.

    Attributes:
        found: Those that have an end, in their order.
        are_terminated: Whether all have one.
    """

    found: Sequence[Placeholder]
    are_terminated: bool


NONE: Final = Placeholders((), are_terminated=True)


def may_have_placeholders(document: str) -> bool:
    r"""Return whether a document, as given, must be searched: in JSON any character can be written as \u0024."""
    return _ANY_OPENING in document or "\\u" in document


def find_placeholders(device_copy: str) -> Placeholders:
    """Find the placeholders in the device's copy of a document.

    In the copy a character has one form only, so that placeholders are found however the document was written.
    """
    found = []
    are_terminated = True
    start = device_copy.find(_ANY_OPENING)
    while start >= 0:
        match = _PLACEHOLDER.match(device_copy, start)
        if match is None:
            are_terminated = False
        elif match["content"] is not None:
            end = match.end()
            found.append(Placeholder(json.loads(f'"{match["content"]}"'), start, end, _is_whole_value(device_copy, start, end)))
        start = device_copy.find(_ANY_OPENING, start + 1 if match is None else match.end())
    return Placeholders(found, are_terminated)


def _is_whole_value(device_copy: str, start: int, end: int) -> bool:
    if device_copy[start - 1] != '"' or device_copy[end] != '"' or device_copy[end + 1 : end + 2] == ":":
        return False
    before = device_copy[: start - 1]
    backslashes = len(before) - len(before.rstrip("\\"))
    return backslashes % 2 == 0
