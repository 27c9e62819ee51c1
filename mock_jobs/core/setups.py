"""Set-ups: what a test prepares in a world for later, that is plans, faults and refusals, and how it hears of those that nothing used."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Protocol, runtime_checkable

from mock_jobs.core.errors import HIDDEN, UnusedError, UnusedWarning, level_outside
from mock_jobs.core.running_test import Place, is_excused, place

__tracebackhide__ = HIDDEN

_ADVICE = "Mend or remove it, or say optional=True where it is set up; strict=False for the mock accepts all."


class SetUp(Protocol):
    """A plan, a fault or a refusal."""

    @property
    def name(self) -> str:
        """The call that made it, without what was left at its default."""
        ...

    @property
    def place(self) -> str:
        """File and line of the code that made it."""
        ...

    @property
    def used(self) -> int:
        """How often it was used."""
        ...

    @property
    def optional(self) -> bool:
        """Whether a test may leave it unused."""
        ...

    @property
    def is_unused(self) -> bool:
        """Whether nothing has used it, although it is not optional."""
        ...

    def unused_text(self) -> str:
        """Return its name, what it waited for, and what came instead."""
        ...

    def remove(self) -> None:
        """Take it back. Does nothing if it is gone already."""
        ...


@runtime_checkable
class HasSetUps(Protocol):
    """A part of a world that keeps set-ups."""

    def setups(self) -> Iterable[SetUp]:
        """Return those since the last reset, also if they are used up, the oldest first."""
        ...


class Nest:
    """The mocks that are active together. They share one world, so they are checked together, at the end of the outermost one."""

    def __init__(self) -> None:
        self._begun = place()

    def begin(self) -> None:
        """Begin anew, as the outermost mock starts."""
        self._begun = place()

    def was_begun_by(self, test: object) -> bool:
        """Return whether the outermost mock has started in a test, and not in a fixture that may outlast the test."""
        return self._begun.test is test and not self._begun.is_wide

    def complaint(self, unused: Sequence[SetUp]) -> UnusedError | UnusedWarning | None:
        """Return what to raise, or to warn of, when the outermost mock ends. None if the test may leave these set-ups unused.

        Args:
            unused: The set-ups that nothing has used.
        """
        if not unused or is_excused():
            return None
        text = _text([f"{each.unused_text()} (set up at {each.place})" for each in unused])
        return UnusedWarning(text) if _is_wide(self._begun) else UnusedError(text, tuple(unused))


def complain(complaint: UnusedError | UnusedWarning | None) -> None:
    """Raise what `Nest.complaint` has returned, or warn of it."""
    if isinstance(complaint, Warning):
        warnings.warn(complaint, stacklevel=level_outside())
    elif complaint is not None:
        raise complaint


def _is_wide(begun: Place) -> bool:
    """Return whether a mock lasts longer than one test, so that no test is to blame."""
    return begun.is_wide or place().test != begun.test


def _text(lines: Sequence[str]) -> str:
    if len(lines) == 1:
        return f"{lines[0]}\n{_ADVICE}"
    numbered = [f"{number}. {line}" for number, line in enumerate(lines, 1)]
    return "\n".join([f"{len(lines)} set-ups were not used", *numbered, _ADVICE])
