"""Retries: which failed or timed out executions are followed by another attempt of the same thing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from mock_jobs.iot import states

if TYPE_CHECKING:
    from mypy_boto3_iot.type_defs import JobExecutionsRetryConfigTypeDef


class Retries(NamedTuple):
    """How many retries came before an attempt, by what caused them.

    Shared by most executions of a job, so that a count of causes costs them nothing.
    """

    after_failure: int
    after_timeout: int

    @property
    def attempt(self) -> int:
        """How many there were in all. Source: `retryAttempt` of JobExecutionSummary, API reference (documented)."""
        return self.after_failure + self.after_timeout


NO_RETRIES: Final = Retries(0, 0)

# What the end of an attempt adds. Source: developer guide, "Job executions retry configuration" (documented): nothing else is
# ever retried.
_COUNTED: Final[Mapping[str, Retries]] = {states.FAILED: Retries(1, 0), states.TIMED_OUT: Retries(0, 1)}


def next_retries(config: JobExecutionsRetryConfigTypeDef | None, used: Retries, status: str) -> Retries | None:
    """Return the count of retries that the next attempt has, None if none follows.

    Source: developer guide, "Job executions retry configuration" (documented): a criterion allows so many retries for its
    failure type, ALL so many for both together.

    Args:
        config: The criteria of the job.
        used: Retries before the attempt that ended.
        status: How it ended.
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
