"""Retries: whether a failed or timed out execution is followed by another attempt on the same thing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from mock_jobs.iot import states

if TYPE_CHECKING:
    from mypy_boto3_iot.type_defs import JobExecutionsRetryConfigTypeDef


class Retries(NamedTuple):
    """How many retries came before an attempt, by their cause.

    Most executions of a job share one instance, so the counts take no memory per execution.
    """

    after_failure: int
    after_timeout: int

    @property
    def attempt(self) -> int:
        """The total. Source: `retryAttempt` of JobExecutionSummary, API reference (documented)."""
        return self.after_failure + self.after_timeout


NO_RETRIES: Final = Retries(0, 0)

# What the final status of an attempt adds to the counts. Source: developer guide, "Job executions retry configuration"
# (documented): no other status is retried.
_COUNTED: Final[Mapping[str, Retries]] = {states.FAILED: Retries(1, 0), states.TIMED_OUT: Retries(0, 1)}


def next_retries(config: JobExecutionsRetryConfigTypeDef | None, used: Retries, status: str) -> Retries | None:
    """Return the counts of the next attempt, None if there is no retry.

    Source: developer guide, "Job executions retry configuration" (documented): the number of a criterion limits the retries for
    its failure type; that of ALL limits both types together.

    Args:
        config: The criteria of the job.
        used: Retries before the attempt that ended.
        status: Final status of that attempt.
    """
    if config is None or (counted := _COUNTED.get(status)) is None:
        return None
    for criterion in config["criteriaList"]:
        kind = criterion["failureType"]
        if kind not in ("ALL", status):
            continue
        so_far = used.attempt if kind == "ALL" else used[counted.index(1)]
        if so_far < criterion["numberOfRetries"]:
            return Retries(used.after_failure + counted.after_failure, used.after_timeout + counted.after_timeout)
    return None
