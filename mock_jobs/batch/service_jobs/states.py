"""The states of service jobs, and the tables of the transitions between them.

Sources: user guide, "Service job status", "Service job retry strategies" and "Preemption" (*documented*); API reference of
TerminateServiceJob (*documented*). The model also has PENDING, but service jobs have no dependencies and are never PENDING.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, Literal, get_args

from mock_jobs.batch.states import FAILED, RUNNABLE, RUNNING, STARTING, SUBMITTED, SUCCEEDED, TERMINAL, StopEffect

ServiceJobStatus = Literal["SUBMITTED", "PENDING", "RUNNABLE", "SCHEDULED", "STARTING", "RUNNING", "SUCCEEDED", "FAILED"]

SCHEDULED: Final = "SCHEDULED"

SERVICE_STATUSES: Final[tuple[ServiceJobStatus, ...]] = get_args(ServiceJobStatus)
DISPATCHED: Final[tuple[ServiceJobStatus, ...]] = (SCHEDULED, STARTING, RUNNING)
UNFINISHED: Final[tuple[ServiceJobStatus, ...]] = tuple(status for status in SERVICE_STATUSES if status not in TERMINAL)


class ServiceTrigger(Enum):
    """Why a service job changes its status."""

    EVALUATED = "the scheduler looked at it"
    DISPATCHED = "there is capacity, and SageMaker is asked for a training job"
    CAPACITY_LACKING = "SageMaker has no instances for it"
    ACCEPTED = "SageMaker prepares the training job"
    STARTED = "the training job runs"
    COMPLETED = "the training job succeeded"
    ATTEMPT_FAILED = "the attempt failed and is not repeated"
    RETRIED = "the attempt failed and is repeated"
    TIMED_OUT = "the attempt took longer than its timeout"
    PREEMPTED = "another job takes its capacity"
    PREEMPTED_TOO_OFTEN = "another job takes its capacity, and it may not try again"
    STOPPED = "the job was terminated"
    QUEUE_DELETED = "the job queue was deleted"


SERVICE_TRANSITIONS: Final[dict[tuple[ServiceJobStatus, ServiceTrigger], ServiceJobStatus]] = {
    (SUBMITTED, ServiceTrigger.EVALUATED): RUNNABLE,
    (RUNNABLE, ServiceTrigger.DISPATCHED): SCHEDULED,
    (SCHEDULED, ServiceTrigger.CAPACITY_LACKING): RUNNABLE,
    (SCHEDULED, ServiceTrigger.ACCEPTED): STARTING,
    (STARTING, ServiceTrigger.STARTED): RUNNING,
    (STARTING, ServiceTrigger.ATTEMPT_FAILED): FAILED,
    (STARTING, ServiceTrigger.RETRIED): RUNNABLE,
    (RUNNING, ServiceTrigger.COMPLETED): SUCCEEDED,
    (RUNNING, ServiceTrigger.ATTEMPT_FAILED): FAILED,
    (RUNNING, ServiceTrigger.RETRIED): RUNNABLE,
    (RUNNING, ServiceTrigger.TIMED_OUT): FAILED,
    **{(status, ServiceTrigger.PREEMPTED): RUNNABLE for status in DISPATCHED},
    **{(status, ServiceTrigger.PREEMPTED_TOO_OFTEN): FAILED for status in DISPATCHED},
    **{(status, ServiceTrigger.STOPPED): FAILED for status in UNFINISHED},
    **{(status, ServiceTrigger.QUEUE_DELETED): FAILED for status in UNFINISHED},
}

# What TerminateServiceJob does.
SERVICE_STOP_EFFECTS: Final[dict[ServiceJobStatus, StopEffect]] = {
    SUBMITTED: StopEffect.FAIL_NOW,
    RUNNABLE: StopEffect.FAIL_NOW,
    SCHEDULED: StopEffect.STOP_CONTAINER,
    STARTING: StopEffect.STOP_CONTAINER,
    RUNNING: StopEffect.STOP_CONTAINER,
    SUCCEEDED: StopEffect.NOTHING,
    FAILED: StopEffect.NOTHING,
}
