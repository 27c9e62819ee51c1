"""Checks of arguments that tests give."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from inspect import iscoroutinefunction, signature
from typing import Final

from mock_jobs.core.errors import HIDDEN, UsageTypeError, UsageValueError

__tracebackhide__ = HIDDEN

# A century: longer durations leave the range of dates.
MAX_SECONDS: Final = 3_155_760_000


def nearest(name: str, known: Iterable[str]) -> str:
    """Return what to add to the text of an error about an unknown name: the known one that is most like it, if one is."""
    by_folded = {each.casefold(): each for each in known}
    found = get_close_matches(name.casefold(), list(by_folded))
    # Swapped letters are the most frequent slip, and difflib does not favour them.
    found.sort(key=lambda each: sorted(each) != sorted(name.casefold()))
    return f"; did you mean {by_folded[found[0]]!r}?" if found else ""


def check_flag(name: str, value: object) -> None:
    """Check that a value is True or False.

    Raises:
        UsageTypeError: It has another type.
    """
    if not isinstance(value, bool):
        raise UsageTypeError(f"{name} must be True or False, got {value!r}")


def check_text(name: str, value: object, max_length: int | None = None) -> None:
    """Check that a value is a string, and not too long.

    Raises:
        UsageTypeError: It has another type.
        UsageValueError: It has more characters than it may.
    """
    if not isinstance(value, str):
        raise UsageTypeError(f"{name} must be a string, got {value!r}")
    if max_length is not None and len(value) > max_length:
        raise UsageValueError(f"{name} must have at most {max_length} characters, got {len(value)}")


def check_texts(name: str, value: object) -> None:
    """Check that a value is a list, tuple or set of strings.

    Raises:
        UsageTypeError: It has another type.
    """
    if not isinstance(value, (list, tuple, set, frozenset)) or not all(isinstance(each, str) for each in value):
        raise UsageTypeError(f"{name} must be a list of strings, got {value!r}")


def check_whole(name: str, value: object, least: int, most: int | None = None) -> None:
    """Check that a value is a whole number within bounds.

    Raises:
        UsageTypeError: It has another type.
        UsageValueError: It is outside.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise UsageTypeError(f"{name} must be a whole number, got {value!r}")
    if value < least or (most is not None and value > most):
        bounds = f"at least {least}" if most is None else f"from {least} to {most}"
        raise UsageValueError(f"{name} must be {bounds}, got {value!r}")


def check_seconds(name: str, value: object, most: float = MAX_SECONDS) -> None:
    """Check that a value is a number of seconds within bounds.

    Raises:
        UsageTypeError: It has another type.
        UsageValueError: It is negative, too large or no number.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UsageTypeError(f"{name} must be a number of seconds, got {value!r}")
    if not 0 <= value <= most:
        raise UsageValueError(f"{name} must be a number of seconds from 0 to {most}, got {value!r}")


def check_takes_one(name: str, function: Callable[..., object], what: str) -> None:
    """Check that a function can be called with one argument.

    Args:
        name: The name of the argument that holds the function.
        function: The function.
        what: What it is called with, for the text: `a JobRun`.

    Raises:
        UsageTypeError: It cannot, or it is a coroutine function: nothing would await it.
    """
    if iscoroutinefunction(function) or iscoroutinefunction(getattr(function, "__call__", None)):  # noqa: B004 - an object may be called
        raise UsageTypeError(f"{name} must be a function, not a coroutine function, got {function!r}")
    try:
        signature(function).bind(None)
    except TypeError as error:
        raise UsageTypeError(f"{name} must take one argument, {what}, but {function!r} does not: {error}") from None
    except ValueError:
        # Some functions written in C have no signature.
        pass
