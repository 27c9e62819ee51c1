"""Base of the settings of all services: checked when they are set, restored by a reset."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import Field, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from mock_jobs.core.argument_checks import MAX_SECONDS, check_flag, check_seconds, check_texts, check_whole
from mock_jobs.core.errors import HIDDEN, UsageNameError

__tracebackhide__ = HIDDEN

_Check = Callable[[str, object], None]
DefaultT = TypeVar("DefaultT")


class Settings:
    """Settings of one service. A value is checked when it is set; a reset restores the defaults."""

    __slots__ = ()

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    # With it in sight type checkers would accept any name, misspelt ones too.
    if not TYPE_CHECKING:

        def __setattr__(self, name: str, value: object) -> None:
            _check(type(self), name, value)
            object.__setattr__(self, name, value)

    def change(self, /, **values: object) -> None:
        """Set several settings at once, or none if one of them is wrong.

        Args:
            values: New values by the names of the settings.

        Raises:
            UsageNameError: There is no such setting.
            UsageTypeError: A value has the wrong type.
            UsageValueError: A value is impossible.

        Example:
            `mock.iot.settings.change(max_targets=2, deletion_seconds=5)`
        """
        for name, value in values.items():
            _check(type(self), name, value)
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def restore(self) -> None:
        """Restore the defaults of all settings."""
        # A mock does this when it starts and when it ends, and defaults need no check.
        for each in fields(self):
            object.__setattr__(self, each.name, each.default)


def flag(default: bool) -> bool:
    """Declare a setting that is True or False."""
    return _declare(default, check_flag)


def seconds(default: float = 0.0, *, most: float = MAX_SECONDS) -> float:
    """Declare a setting that is a number of seconds."""
    return _declare(default, lambda name, value: check_seconds(name, value, most))


def limit(default: int | None = None, *, least: int = 0) -> int | None:
    """Declare a setting that is a whole number, or None for no limit."""

    def check(name: str, value: object) -> None:
        if value is not None:
            check_whole(name, value, least)

    return _declare(default, check)


def names() -> Sequence[str]:
    """Declare a setting that is a list of names, empty by default."""
    return _declare((), check_texts)


def _declare(default: DefaultT, check: _Check) -> DefaultT:
    return field(default=default, metadata={"check": check})


def _check(kind: type[Settings], name: str, value: object) -> None:
    known = kind.__dataclass_fields__
    if name not in known:
        raise UsageNameError(f"there is no setting {name!r}; there are: {', '.join(sorted(known))}")
    known[name].metadata["check"](name, value)
