"""jobStateTimeLimitActions: what happens to a job that blocks a queue too long.

Source: API reference, JobStateTimeLimitAction (*documented*); user guide, "Jobs stuck in RUNNABLE" (*documented*: which reasons
can be acted upon).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import invalid

if TYPE_CHECKING:
    from mypy_boto3_batch.literals import JobStateTimeLimitActionsActionType
    from mypy_boto3_batch.type_defs import JobStateTimeLimitActionTypeDef

LEAST_SECONDS: Final = 600
MOST_SECONDS: Final = 86_400

# The reasons that job queues with compute environments accept, and those that job queues with a service environment accept.
JOB_REASONS: Final = (
    "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY",
    "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
    "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
)
SERVICE_JOB_REASONS: Final = (
    "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY",
    "MISCONFIGURATION:SERVICE_ENVIRONMENT_MAX_RESOURCE",
    "MISCONFIGURATION:QUOTA_MANAGEMENT_LIMIT_EXCEEDED",
)


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """One entry of jobStateTimeLimitActions.

    Attributes:
        code: The code in a job's statusReason that it applies to.
        max_seconds: How long a job may stay at the head with that code.
        action: What happens then: CANCEL for jobs, TERMINATE for service jobs.
    """

    code: str
    max_seconds: int
    action: JobStateTimeLimitActionsActionType

    def shape(self) -> JobStateTimeLimitActionTypeDef:
        """Return the wire shape."""
        return {"reason": self.code, "state": "RUNNABLE", "maxTimeSeconds": self.max_seconds, "action": self.action}

    @property
    def status_reason(self) -> str:
        """The statusReason of a job that the action ends."""
        text = messages.CANCELED_BY_TIME_LIMIT if self.action == "CANCEL" else messages.TERMINATED_BY_TIME_LIMIT
        return text.format(code=self.code)


def checked_time_limits(given: Sequence[JobStateTimeLimitActionTypeDef], *, is_for_service_jobs: bool) -> tuple[TimeLimit, ...]:
    """Return the actions that a request gives a job queue.

    Raises:
        ClientException: A time is out of bounds, or a reason or action is not one of such a queue.
    """
    action = "TERMINATE" if is_for_service_jobs else "CANCEL"
    codes = SERVICE_JOB_REASONS if is_for_service_jobs else JOB_REASONS
    for entry in given:
        if not LEAST_SECONDS <= entry["maxTimeSeconds"] <= MOST_SECONDS:
            raise invalid(messages.TIME_LIMIT_SECONDS)
        if entry["action"] != action:
            raise invalid(messages.TIME_LIMIT_ACTION, action=action)
        if entry["reason"] not in codes:
            raise invalid(messages.TIME_LIMIT_REASON, reason=entry["reason"], codes=", ".join(codes))
    return tuple(TimeLimit(entry["reason"], entry["maxTimeSeconds"], entry["action"]) for entry in given)
