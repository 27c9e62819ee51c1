"""Retry strategies: when a failed attempt is followed by another.

Sources: user guide, "Automated job retries" (*documented*); API reference, RetryStrategy and EvaluateOnExit (*documented*).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import invalid

if TYPE_CHECKING:
    from mypy_boto3_batch.type_defs import EvaluateOnExitTypeDef, RetryStrategyTypeDef

MAX_ATTEMPTS = 10
MAX_RULES = 5
MAX_PATTERN = 512
# Source: the alphabets are documented for EvaluateOnExit; a final asterisk means a prefix.
_TEXT = re.compile(r"[0-9A-Za-z.:\s]*\*?")
_CODE = re.compile(r"[0-9]*\*?")

EntryT = TypeVar("EntryT")


class Rule(Protocol):
    """One entry of evaluateOnExit, of a job or of a service job."""

    @property
    def is_retry(self) -> bool:
        """Whether a matching attempt is followed by another."""
        ...

    def matches(self, status_reason: str, reason: str, exit_code: str) -> bool:
        """Return whether every present condition matches; missing values count as empty."""
        ...

    def shape(self) -> Mapping[str, str]:
        """Return the wire shape."""
        ...


@dataclass(frozen=True, slots=True)
class ExitRule:
    """One entry of evaluateOnExit; conditions that are None are absent."""

    on_status_reason: str | None
    on_reason: str | None
    on_exit_code: str | None
    is_retry: bool

    def matches(self, status_reason: str, reason: str, exit_code: str) -> bool:
        """Return whether every present condition matches; missing values count as empty."""
        return (
            _fits(self.on_status_reason, status_reason) and _fits(self.on_reason, reason) and _fits(self.on_exit_code, exit_code)
        )

    def shape(self) -> Mapping[str, str]:
        """Return the wire shape; AWS answers actions in lower case (observed)."""
        members = {
            "action": "retry" if self.is_retry else "exit",
            "onStatusReason": self.on_status_reason,
            "onReason": self.on_reason,
            "onExitCode": self.on_exit_code,
        }
        return {member: value for member, value in members.items() if value is not None}


@dataclass(frozen=True, slots=True)
class RetryStrategy:
    """How many attempts a job has, and the rules that decide after a failed one."""

    attempts: int
    rules: tuple[Rule, ...]

    @classmethod
    def parse(cls, attempts: int | None, entries: Sequence[EntryT], parse_rule: Callable[[EntryT], Rule]) -> RetryStrategy:
        """Return the strategy that a request gives.

        Args:
            attempts: As given.
            entries: The entries of evaluateOnExit.
            parse_rule: Checks and reads one of them.

        Raises:
            ClientException: `attempts` is missing or not 1 to 10, there are more than 5 entries, or one is invalid.
        """
        if attempts is None:
            raise invalid(messages.RETRY_WITHOUT_ATTEMPTS)
        if not 1 <= attempts <= MAX_ATTEMPTS:
            raise invalid(messages.RETRY_ATTEMPTS)
        if len(entries) > MAX_RULES:
            raise invalid(messages.TOO_MANY_RULES)
        return cls(attempts, tuple(map(parse_rule, entries)))

    def repeats(self, attempt: int, status_reason: str, reason: str | None, exit_code: int | None) -> bool:
        """Return whether an attempt that failed is followed by another.

        The first rule that matches decides; without one the job is retried. After the last attempt no rule is checked.
        Source: user guide, "Automated job retries" (documented).

        Args:
            attempt: Its number, from 1; attempts of service jobs that were preempted do not count.
            status_reason: The reason of the attempt.
            reason: The reason of its container, None if there is none.
            exit_code: None if there is none.
        """
        if attempt >= self.attempts:
            return False
        code = "" if exit_code is None else str(exit_code)
        for rule in self.rules:
            if rule.matches(status_reason, reason or "", code):
                return rule.is_retry
        return True

    def shape(self) -> Any:
        """Return the wire shape."""
        return {"attempts": self.attempts, "evaluateOnExit": [rule.shape() for rule in self.rules]}


def _parse_rule(entry: EvaluateOnExitTypeDef) -> ExitRule:
    conditions = (
        ("onStatusReason", entry.get("onStatusReason"), _TEXT),
        ("onReason", entry.get("onReason"), _TEXT),
        ("onExitCode", entry.get("onExitCode"), _CODE),
    )
    for member, pattern, alphabet in conditions:
        if pattern is not None and (len(pattern) > MAX_PATTERN or alphabet.fullmatch(pattern) is None):
            raise invalid(messages.RULE_PATTERN, member=member)
    if all(pattern is None for _, pattern, _ in conditions):
        raise invalid(messages.RULE_WITHOUT_CONDITION)
    return ExitRule(
        entry.get("onStatusReason"), entry.get("onReason"), entry.get("onExitCode"), entry["action"].upper() == "RETRY"
    )


def _fits(pattern: str | None, value: str) -> bool:
    if pattern is None:
        return True
    return value.startswith(pattern[:-1]) if pattern.endswith("*") else value == pattern


def strategy_of(given: RetryStrategyTypeDef | None) -> RetryStrategy | None:
    """Return the strategy that a request gives for a job, None if it gives none.

    Raises:
        ClientException: The strategy is invalid, or an entry of evaluateOnExit has no condition or a pattern outside of the
            documented alphabet.
    """
    return None if given is None else RetryStrategy.parse(given.get("attempts"), given.get("evaluateOnExit", []), _parse_rule)
