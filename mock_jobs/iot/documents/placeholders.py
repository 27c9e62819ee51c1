"""The placeholders in job documents, of all kinds."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_OPENING: Final = "${aws:iot:"
_ANY_OPENING: Final = "${aws:"
# A placeholder, up to its closing brace. The URL of an upload may contain local keywords, which have braces too. A placeholder
# cannot extend past the JSON string that it is in.
_PLACEHOLDER: Final = re.compile(r'\$\{aws:(?:iot:(?P<content>(?:[^}"$]|\$(?!\{)|\$\{[a-zA-Z]+\})*)|[^}"$]*)\}')


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A placeholder.

    Attributes:
        content: The text between `${aws:iot:` and the closing brace.
        start: Where it begins in the device's copy of the document.
        end: Where it ends there.
        is_whole_value: Whether it is the whole of a JSON string that is a value.
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
        found: The `${aws:iot:` placeholders with a closing brace, in their order.
        are_terminated: Whether all placeholders have a closing brace.
    """

    found: Sequence[Placeholder]
    are_terminated: bool


NONE: Final = Placeholders((), are_terminated=True)


def may_have_placeholders(document: str) -> bool:
    r"""Return whether a document may have placeholders; JSON can also write any of their characters like \u0024."""
    return _ANY_OPENING in document or "\\u" in document


def find_placeholders(device_copy: str) -> Placeholders:
    """Find the placeholders in the device's copy of a document.

    In the copy each character has only one form, so placeholders are found however the document was written.
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
