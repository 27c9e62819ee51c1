"""Retry strategies: when a failed attempt is followed by another.

Sources: user guide, "Automated job retries" (*documented*); API reference, RetryStrategy and EvaluateOnExit (*documented*).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import invalid

if TYPE_CHECKING:
    from mypy_boto3_batch.type_defs import EvaluateOnExitTypeDef, RetryStrategyOutputTypeDef, RetryStrategyTypeDef

MAX_ATTEMPTS = 10
MAX_RULES = 5
MAX_PATTERN = 512
# Source: the alphabets are documented for EvaluateOnExit; a final asterisk means a prefix.
_TEXT = re.compile(r"[0-9A-Za-z.:\s]*\*?")
_CODE = re.compile(r"[0-9]*\*?")


@dataclass(frozen=True, slots=True)
class ExitRule:
    """One entry of evaluateOnExit; None conditions are absent."""

    on_status_reason: str | None
    on_reason: str | None
    on_exit_code: str | None
    is_retry: bool

    def matches(self, status_reason: str, reason: str, exit_code: str) -> bool:
        """Return whether every present condition matches; what is missing is matched as the empty string."""
        return (
            _fits(self.on_status_reason, status_reason) and _fits(self.on_reason, reason) and _fits(self.on_exit_code, exit_code)
        )


@dataclass(frozen=True, slots=True)
class RetryStrategy:
    """How often a job is tried, and what decides after an attempt that failed."""

    attempts: int
    rules: tuple[ExitRule, ...]

    @classmethod
    def parse(cls, given: RetryStrategyTypeDef) -> RetryStrategy:
        """Return the strategy that a request gives.

        Raises:
            ClientException: `attempts` is missing or not 1 to 10, or evaluateOnExit has more than 5 entries, or one without
                conditions or with a pattern outside the documented alphabet.
        """
        attempts = given.get("attempts")
        if attempts is None:
            raise invalid(messages.RETRY_WITHOUT_ATTEMPTS)
        if not 1 <= attempts <= MAX_ATTEMPTS:
            raise invalid(messages.RETRY_ATTEMPTS)
        entries = given.get("evaluateOnExit", [])
        if len(entries) > MAX_RULES:
            raise invalid(messages.TOO_MANY_RULES)
        return cls(attempts, tuple(map(_rule, entries)))

    def repeats(self, attempt: int, status_reason: str, reason: str | None, exit_code: int | None) -> bool:
        """Return whether an attempt that failed is followed by another.

        The first rule that matches decides; without one the job is tried again. Nothing is asked after the last attempt.
        Source: user guide, "Automated job retries" (documented).

        Args:
            attempt: Its number, from 1.
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

    def shape(self) -> RetryStrategyOutputTypeDef:
        """Return the wire shape; AWS answers actions in lower case whatever was sent (observed)."""
        return {"attempts": self.attempts, "evaluateOnExit": [_entry(rule) for rule in self.rules]}


def _rule(entry: EvaluateOnExitTypeDef) -> ExitRule:
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


def _entry(rule: ExitRule) -> EvaluateOnExitTypeDef:
    # The type definitions know only the upper-case words of requests.
    entry: EvaluateOnExitTypeDef = {"action": "retry" if rule.is_retry else "exit"}  # type: ignore[typeddict-item]
    if rule.on_status_reason is not None:
        entry["onStatusReason"] = rule.on_status_reason
    if rule.on_reason is not None:
        entry["onReason"] = rule.on_reason
    if rule.on_exit_code is not None:
        entry["onExitCode"] = rule.on_exit_code
    return entry


def _fits(pattern: str | None, value: str) -> bool:
    if pattern is None:
        return True
    return value.startswith(pattern[:-1]) if pattern.endswith("*") else value == pattern


def strategy_of(given: RetryStrategyTypeDef | None) -> RetryStrategy | None:
    """Return the strategy that a request gives, None if it gives none."""
    return None if given is None else RetryStrategy.parse(given)
