"""Retry strategies of service jobs: when a failed attempt is followed by another.

Sources: user guide, "Service job retry strategies" (*documented*); API reference, ServiceJobRetryStrategy and
ServiceJobEvaluateOnExit (*documented*). That a rule needs both its members, and what a glob pattern may hold besides asterisks,
is *inferred*.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import invalid
from mock_jobs.batch.workload.retry_strategy import MAX_ATTEMPTS, MAX_PATTERN, MAX_RULES

if TYPE_CHECKING:
    from mypy_boto3_batch.literals import ServiceJobRetryActionType
    from mypy_boto3_batch.type_defs import ServiceJobRetryStrategyOutputTypeDef, ServiceJobRetryStrategyTypeDef


@dataclass(frozen=True, slots=True)
class ServiceExitRule:
    """One entry of evaluateOnExit.

    Attributes:
        action: What to do after an attempt that it matches.
        on_status_reason: The pattern as given.
        pattern: The same, compiled.
    """

    action: ServiceJobRetryActionType
    on_status_reason: str
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class ServiceRetryStrategy:
    """How often a service job is tried, and what decides after an attempt that failed."""

    attempts: int
    rules: tuple[ServiceExitRule, ...]

    @classmethod
    def parse(cls, given: ServiceJobRetryStrategyTypeDef) -> ServiceRetryStrategy:
        """Return the strategy that a request gives.

        Raises:
            ClientException: `attempts` is not 1 to 10, or evaluateOnExit has more than 5 entries, or an incomplete one, or one
                with an impossible pattern.
        """
        if not 1 <= given["attempts"] <= MAX_ATTEMPTS:
            raise invalid(messages.RETRY_ATTEMPTS)
        entries = given.get("evaluateOnExit", [])
        if len(entries) > MAX_RULES:
            raise invalid(messages.TOO_MANY_RULES)
        rules: list[ServiceExitRule] = []
        for entry in entries:
            action, text = entry.get("action"), entry.get("onStatusReason")
            if action is None or text is None:
                raise invalid(messages.SERVICE_RULE_INCOMPLETE)
            if not text or len(text) > MAX_PATTERN or not text.isprintable():
                raise invalid(messages.RULE_PATTERN, member="onStatusReason")
            rules.append(ServiceExitRule(action, text, _glob(text)))
        return cls(given["attempts"], tuple(rules))

    def repeats(self, attempt: int, status_reason: str) -> bool:
        """Return whether an attempt that failed is followed by another.

        The first rule that matches decides; without one the job is tried again. Nothing is asked after the last attempt.

        Args:
            attempt: Its number, from 1; attempts that were preempted do not count.
            status_reason: The reason of the attempt.
        """
        if attempt >= self.attempts:
            return False
        for rule in self.rules:
            if rule.pattern.fullmatch(status_reason) is not None:
                return rule.action == "RETRY"
        return True

    def shape(self) -> ServiceJobRetryStrategyOutputTypeDef:
        """Return the wire shape."""
        rules = [{"action": rule.action, "onStatusReason": rule.on_status_reason} for rule in self.rules]
        return {"attempts": self.attempts, "evaluateOnExit": rules}  # type: ignore[typeddict-item]


def _glob(text: str) -> re.Pattern[str]:
    # Status reasons hold brackets, so that only the two common signs are special (inferred).
    signs = {"*": ".*", "?": "."}
    return re.compile("".join(signs.get(sign, re.escape(sign)) for sign in text), re.DOTALL)
