"""The life cycles of jobs and of job executions, as tables."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_iot.literals import JobExecutionStatusType, JobStatusType

QUEUED: Final = "QUEUED"
IN_PROGRESS: Final = "IN_PROGRESS"
SUCCEEDED: Final = "SUCCEEDED"
FAILED: Final = "FAILED"
TIMED_OUT: Final = "TIMED_OUT"
REJECTED: Final = "REJECTED"
REMOVED: Final = "REMOVED"
CANCELED: Final = "CANCELED"
SCHEDULED: Final = "SCHEDULED"
COMPLETED: Final = "COMPLETED"
DELETION_IN_PROGRESS: Final = "DELETION_IN_PROGRESS"

PENDING: Final = (IN_PROGRESS, QUEUED)

# Of jobs. Source: developer guide, "Job limits" (documented).
ACTIVE: Final = (SCHEDULED, IN_PROGRESS)
OVER: Final = (COMPLETED, CANCELED)


class ExecutionTrigger(Enum):
    """What can change the status of a job execution."""

    START = "a device asks for its next job"
    REPORT_IN_PROGRESS = "a device reports IN_PROGRESS"
    REPORT_SUCCEEDED = "a device reports SUCCEEDED"
    REPORT_FAILED = "a device reports FAILED"
    REPORT_REJECTED = "a device reports REJECTED"
    CANCEL = "a cancel without force"
    FORCE_CANCEL = "a cancel with force"
    TIME_OUT = "a timer of it runs out"
    DELETE_THING = "its thing is deleted"
    LEAVE = "its thing leaves the targets of a continuous job"


REPORTS: Final[Mapping[str, ExecutionTrigger]] = {
    IN_PROGRESS: ExecutionTrigger.REPORT_IN_PROGRESS,
    SUCCEEDED: ExecutionTrigger.REPORT_SUCCEEDED,
    FAILED: ExecutionTrigger.REPORT_FAILED,
    REJECTED: ExecutionTrigger.REPORT_REJECTED,
}

# Source: developer guide, "Jobs and job execution states" (documented). That a device may skip IN_PROGRESS is inferred: no page
# forbids it. Deleting a thing also removes its IN_PROGRESS executions, since no device is left to report on them (inferred). When
# a thing leaves the targets, its IN_PROGRESS executions continue (observed).
_EXECUTION: Final[Mapping[ExecutionTrigger, Mapping[str, JobExecutionStatusType]]] = {
    ExecutionTrigger.START: {QUEUED: IN_PROGRESS},
    ExecutionTrigger.REPORT_IN_PROGRESS: {QUEUED: IN_PROGRESS, IN_PROGRESS: IN_PROGRESS},
    ExecutionTrigger.REPORT_SUCCEEDED: {QUEUED: SUCCEEDED, IN_PROGRESS: SUCCEEDED},
    ExecutionTrigger.REPORT_FAILED: {QUEUED: FAILED, IN_PROGRESS: FAILED},
    ExecutionTrigger.REPORT_REJECTED: {QUEUED: REJECTED, IN_PROGRESS: REJECTED},
    ExecutionTrigger.CANCEL: {QUEUED: CANCELED},
    ExecutionTrigger.FORCE_CANCEL: {QUEUED: CANCELED, IN_PROGRESS: CANCELED},
    ExecutionTrigger.TIME_OUT: {IN_PROGRESS: TIMED_OUT},
    ExecutionTrigger.DELETE_THING: {QUEUED: REMOVED, IN_PROGRESS: REMOVED},
    ExecutionTrigger.LEAVE: {QUEUED: REMOVED},
}

# Statuses that set `startedAt` when a device reports them. Source: REJECTED straight from QUEUED does not set it (observed).
STARTING: Final = frozenset({IN_PROGRESS, SUCCEEDED, FAILED})


class JobTrigger(Enum):
    """What can change the status of a job."""

    START = "its start time has come, or a maintenance window opens"
    PAUSE = "its maintenance window closes before its rollout is finished"
    COMPLETE = "all its executions are finished"
    CANCEL = "CancelJob"
    UPDATE = "UpdateJob"
    ASSOCIATE = "AssociateTargetsWithJob"
    DELETE = "DeleteJob"
    FORCE_DELETE = "DeleteJob with force"


# Source: AssociateTargetsWithJob, CancelJob and DeleteJob, API reference; developer guide, "Jobs and job execution states" (documented); UpdateJob is
# observed. A SCHEDULED job is not terminal, so DeleteJob needs force for it (inferred).
_JOB: Final[Mapping[JobTrigger, Mapping[str, JobStatusType]]] = {
    JobTrigger.START: {SCHEDULED: IN_PROGRESS},
    JobTrigger.PAUSE: {IN_PROGRESS: SCHEDULED},
    JobTrigger.COMPLETE: {IN_PROGRESS: COMPLETED},
    JobTrigger.CANCEL: {IN_PROGRESS: CANCELED, SCHEDULED: CANCELED},
    JobTrigger.UPDATE: {IN_PROGRESS: IN_PROGRESS, SCHEDULED: SCHEDULED},
    JobTrigger.ASSOCIATE: {IN_PROGRESS: IN_PROGRESS},
    JobTrigger.DELETE: {COMPLETED: DELETION_IN_PROGRESS, CANCELED: DELETION_IN_PROGRESS},
    JobTrigger.FORCE_DELETE: {
        IN_PROGRESS: DELETION_IN_PROGRESS,
        SCHEDULED: DELETION_IN_PROGRESS,
        COMPLETED: DELETION_IN_PROGRESS,
        CANCELED: DELETION_IN_PROGRESS,
    },
}


def next_execution_status(status: str, trigger: ExecutionTrigger) -> JobExecutionStatusType | None:
    """Return the next status of an execution, or None if the trigger has no effect on it."""
    return _EXECUTION[trigger].get(status)


def sources(trigger: ExecutionTrigger) -> tuple[JobExecutionStatusType, ...]:
    """Return the statuses that a trigger can change."""
    return tuple(_EXECUTION[trigger])  # type: ignore[arg-type]  # the table's keys are execution statuses


def next_job_status(status: str, trigger: JobTrigger) -> JobStatusType | None:
    """Return the next status of a job, or None if the trigger is not allowed."""
    return _JOB[trigger].get(status)
