"""Translates the Java regular expressions of the service models for Python."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

# java.util.regex: these classes are US-ASCII unless UNICODE_CHARACTER_CLASS is set, and AWS does not set it.
_ASCII_CLASSES = {
    "Lower": "a-z",
    "Upper": "A-Z",
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Punct": r"!-/:-@\[-`{-~",
    "Graph": "!-~",
    "Print": " -~",
    "Blank": r" \t",
    "Space": r" \t\n\x0B\f\r",
    "XDigit": "0-9a-fA-F",
}
_TOKEN = re.compile(r"\\p\{(?P<class>\w+)\}|\\.|(?P<open>\[)|(?P<close>\])", re.DOTALL)


def _with_ascii_classes(java: str) -> str:
    depth = 0

    def translate(token: re.Match[str]) -> str:
        nonlocal depth
        if token["open"]:
            depth += 1
        elif token["close"]:
            depth = max(depth - 1, 0)
        elif token["class"] in _ASCII_CLASSES:
            members = _ASCII_CLASSES[token["class"]]
            return members if depth else f"[{members}]"
        return token[0]

    return _TOKEN.sub(translate, java)


@cache
def full_matcher(java: str) -> Callable[[str], Any]:
    r"""Return a function that matches whole strings against a Java pattern.

    `\p{C}` and other general categories are Unicode's, as in Java; `\p{Upper}` and other POSIX classes are ASCII.
    """
    pattern = _with_ascii_classes(java)
    if r"\p{" not in pattern and r"\P{" not in pattern:
        return re.compile(pattern, re.ASCII).fullmatch
    import regex  # noqa: PLC0415 - only some operations need it, and it is slow to import

    # V0 reads brackets as the re module does.
    matcher: Callable[[str], Any] = regex.compile(pattern, regex.V0).fullmatch
    return matcher
