"""Abort criteria: whether enough executions failed to cancel the rest of a job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mock_jobs.iot import messages, states

if TYPE_CHECKING:
    from mypy_boto3_iot.literals import JobExecutionStatusType
    from mypy_boto3_iot.type_defs import AbortConfigTypeDef

# The reason code of a job that the service aborts (observed).
REASON_CODE: Final = "ABORT_CANCEL"

# Failure type -> the statuses that it covers. Source: ALL means these three (observed).
_MATCHING: Final[Mapping[str, tuple[JobExecutionStatusType, ...]]] = {
    "FAILED": (states.FAILED,),
    "REJECTED": (states.REJECTED,),
    "TIMED_OUT": (states.TIMED_OUT,),
    "ALL": (states.FAILED, states.REJECTED, states.TIMED_OUT),
}


@dataclass(frozen=True, slots=True)
class MetCriterion:
    """An abort criterion that is met.

    Attributes:
        failure_type: FAILED, REJECTED, TIMED_OUT or ALL.
        threshold: Percentage of the finished executions from which the criterion is met.
        completed: How many executions are finished.
        matching: How many of them have the failure type.
    """

    failure_type: str
    threshold: float
    completed: int
    matching: int

    @property
    def comment(self) -> str:
        """The comment that the service sets on the job. Source: observed."""
        return messages.ABORT_COMMENT.format(
            type=self.failure_type, threshold=self.threshold, completed=self.completed, matching=self.matching
        )


def find_met_criterion(config: AbortConfigTypeDef, counts: Mapping[JobExecutionStatusType, int]) -> MetCriterion | None:
    """Return the first criterion that is met, None if none is.

    Source: developer guide, "Job abort configuration" (documented); all finished executions count, CANCELED and REMOVED ones
    included (observed). Each attempt of a thing counts separately (inferred).

    Args:
        config: The criteria of the job.
        counts: How many executions the job has in each status.
    """
    completed = sum(number for status, number in counts.items() if status not in states.PENDING)
    for criterion in config["criteriaList"]:
        kind, threshold = criterion["failureType"], criterion["thresholdPercentage"]
        if completed < criterion["minNumberOfExecutedThings"]:
            continue
        matching = sum(counts.get(status, 0) for status in _MATCHING[kind])
        # Thresholds have at most two decimals, so this is exact.
        if 10_000 * matching >= round(threshold * 100) * completed:
            return MetCriterion(kind, threshold, completed, matching)
    return None
