"""Plans and refusals as a test holds them: how often they were used, and how to take them back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from mock_jobs.batch.scenario.plans import plan_text
from mock_jobs.core.argument_checks import check_flag
from mock_jobs.core.errors import HIDDEN, place_outside

if TYPE_CHECKING:
    from mock_jobs.batch.scenario.plans import JobPlan

__tracebackhide__ = HIDDEN


class Keeper(Protocol):
    """Who keeps the plans and refusals of a world."""

    def forget(self, setup: Any) -> None:
        """Stop following a plan or a refusal. Does nothing if it is gone already."""
        ...


@dataclass(slots=True, eq=False, repr=False)
class Plan:
    """What a test has planned for matching jobs. `mock.batch.plan()` returns it.

    Attributes:
        job_plan: What the test asked for.
        optional: Whether a test may leave it unused.
        used: How many attempts have followed it.
        place: File and line of the code that made it.
    """

    job_plan: JobPlan
    optional: bool
    _keeper: Keeper
    _explain: Callable[[Plan], str]
    used: int = field(default=0, init=False)
    place: str = field(default_factory=place_outside, init=False)

    def __post_init__(self) -> None:
        check_flag("optional", self.optional)

    def __repr__(self) -> str:
        return _shown(self.name, self.used)

    @property
    def name(self) -> str:
        """The call that made it, without what was left at its default."""
        return plan_text(self.job_plan)

    @property
    def is_unused(self) -> bool:
        """Whether no attempt has followed it, although it is not optional."""
        return not (self.used or self.optional)

    def unused_text(self) -> str:
        """Return why no attempt has followed it, as far as that can be told now."""
        return f"{self.name} matched no attempt; {self._explain(self)}"

    def remove(self) -> None:
        """Take it back. Attempts that follow it already go on as planned. Does nothing if it is gone."""
        self._keeper.forget(self)


@dataclass(slots=True, eq=False, repr=False)
class Refusal:
    """What the bulk forms of CancelJob and TerminateJob answer for one job. `mock.batch.refuse()` returns it.

    Attributes:
        job_id: The id as requests give it.
        code: The error code.
        message: The error text.
        times: How often it will still be answered; None for always.
        optional: Whether a test may leave it unused.
        used: How often it was answered.
        place: File and line of the code that made it.
    """

    job_id: str
    code: str
    message: str
    times: int | None
    optional: bool
    _keeper: Keeper
    _explain: Callable[[Refusal], str]
    used: int = field(default=0, init=False)
    place: str = field(default_factory=place_outside, init=False)

    def __post_init__(self) -> None:
        check_flag("optional", self.optional)

    def __repr__(self) -> str:
        return _shown(self.name, self.used)

    @property
    def name(self) -> str:
        """The call that made it, in short."""
        return f"refuse({self.job_id!r}, {self.code!r})"

    @property
    def is_unused(self) -> bool:
        """Whether no request has got it, although it is not optional."""
        return not (self.used or self.optional)

    def unused_text(self) -> str:
        """Return why no request has got it, as far as that can be told now."""
        return f"{self.name} met no request; {self._explain(self)}"

    def remove(self) -> None:
        """Take it back. Does nothing if it is gone."""
        self._keeper.forget(self)


def _shown(name: str, used: int) -> str:
    return f"<{name}, used {'once' if used == 1 else f'{used} times'}>"
