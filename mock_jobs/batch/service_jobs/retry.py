"""Retry strategies of service jobs, as requests give them.

Sources: user guide, "Service job retry strategies" (*documented*); API reference, ServiceJobRetryStrategy and
ServiceJobEvaluateOnExit (*documented*). That a rule needs both its members, and what a glob pattern may contain besides
asterisks, is *inferred*.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import invalid
from mock_jobs.batch.workload.retry_strategy import MAX_PATTERN, RetryStrategy

if TYPE_CHECKING:
    from mypy_boto3_batch.type_defs import ServiceJobEvaluateOnExitTypeDef, ServiceJobRetryStrategyTypeDef


@dataclass(frozen=True, slots=True)
class ServiceExitRule:
    """One entry of evaluateOnExit.

    Attributes:
        is_retry: Whether a matching attempt is followed by another.
        on_status_reason: The pattern as given.
        pattern: The same, compiled.
    """

    is_retry: bool
    on_status_reason: str
    pattern: re.Pattern[str]

    def matches(self, status_reason: str, reason: str, exit_code: str) -> bool:
        """Return whether its pattern matches the status reason, its only condition."""
        del reason, exit_code
        return self.pattern.fullmatch(status_reason) is not None

    def shape(self) -> Mapping[str, str]:
        """Return the wire shape."""
        return {"action": "RETRY" if self.is_retry else "EXIT", "onStatusReason": self.on_status_reason}


def service_strategy_of(given: ServiceJobRetryStrategyTypeDef | None) -> RetryStrategy | None:
    """Return the strategy in a request for a service job, None without one.

    Raises:
        ClientException: The strategy is invalid, or an entry of evaluateOnExit is incomplete or has an invalid pattern.
    """
    return None if given is None else RetryStrategy.parse(given["attempts"], given.get("evaluateOnExit", []), _parse_rule)


def _parse_rule(entry: ServiceJobEvaluateOnExitTypeDef) -> ServiceExitRule:
    action, text = entry.get("action"), entry.get("onStatusReason")
    if action is None or text is None:
        raise invalid(messages.SERVICE_RULE_INCOMPLETE)
    if not text or len(text) > MAX_PATTERN or not text.isprintable():
        raise invalid(messages.RULE_PATTERN, member="onStatusReason")
    return ServiceExitRule(action == "RETRY", text, _glob(text))


def _glob(text: str) -> re.Pattern[str]:
    # Status reasons contain brackets, so only * and ? are special (inferred).
    signs = {"*": ".*", "?": "."}
    return re.compile("".join(signs.get(sign, re.escape(sign)) for sign in text), re.DOTALL)
