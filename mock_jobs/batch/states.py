"""The states of jobs, and the tables of the transitions between them.

Sources: user guide, "Job states", "Array jobs", "Automated job retries" (*documented*); API reference of CancelJob and
TerminateJob (*documented*). Rows about a job that waits for others while it is terminated are *observed*.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, Literal, get_args

JobStatus = Literal["SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED"]

SUBMITTED: Final = "SUBMITTED"
PENDING: Final = "PENDING"
RUNNABLE: Final = "RUNNABLE"
STARTING: Final = "STARTING"
RUNNING: Final = "RUNNING"
SUCCEEDED: Final = "SUCCEEDED"
FAILED: Final = "FAILED"

STATUSES: Final[tuple[JobStatus, ...]] = get_args(JobStatus)
TERMINAL: Final[frozenset[JobStatus]] = frozenset({SUCCEEDED, FAILED})
UNFINISHED: Final[tuple[JobStatus, ...]] = tuple(status for status in STATUSES if status not in TERMINAL)


class Trigger(Enum):
    """Why a job changes its status."""

    EVALUATED_WAITING = "the scheduler found unfinished dependencies"
    EVALUATED_READY = "the scheduler found nothing to wait for"
    DEPENDENCIES_SUCCEEDED = "it waits for nothing any more"
    DEPENDENCY_FAILED = "a dependency failed"
    DISPATCHED = "a compute environment has room"
    CONTAINER_STARTED = "the container is up"
    EXITED_ZERO = "the container exited with code 0"
    ATTEMPT_FAILED = "the attempt failed and is not repeated"
    RETRIED = "the attempt failed and is repeated"
    TIMED_OUT = "the attempt took longer than its timeout"
    STOPPED = "the job was cancelled or terminated"
    QUEUE_DELETED = "the job queue was deleted"
    JOB_REFUSED = "the job cannot be dispatched"
    CHILDREN_SUCCEEDED = "every child succeeded"
    CHILDREN_FAILED = "every child ended, not all of them well"
    MAIN_NODE_STARTED = "the main node runs"
    JOB_ENDED = "the job that this is a node of has ended"

    # Every move of every job looks up a trigger, and the hash of Enum is slow: it is computed from the name, in Python.
    __hash__ = object.__hash__


# Plain jobs and the children of arrays.
JOB_TRANSITIONS: Final[dict[tuple[JobStatus, Trigger], JobStatus]] = {
    (SUBMITTED, Trigger.EVALUATED_WAITING): PENDING,
    (SUBMITTED, Trigger.EVALUATED_READY): RUNNABLE,
    (PENDING, Trigger.DEPENDENCIES_SUCCEEDED): RUNNABLE,
    (PENDING, Trigger.DEPENDENCY_FAILED): FAILED,
    (RUNNABLE, Trigger.DISPATCHED): STARTING,
    (RUNNABLE, Trigger.JOB_REFUSED): FAILED,
    (STARTING, Trigger.CONTAINER_STARTED): RUNNING,
    (STARTING, Trigger.ATTEMPT_FAILED): FAILED,
    (STARTING, Trigger.RETRIED): RUNNABLE,
    (RUNNING, Trigger.EXITED_ZERO): SUCCEEDED,
    (RUNNING, Trigger.ATTEMPT_FAILED): FAILED,
    (RUNNING, Trigger.RETRIED): RUNNABLE,
    (RUNNING, Trigger.TIMED_OUT): FAILED,
    **{(status, Trigger.STOPPED): FAILED for status in UNFINISHED},
    **{(status, Trigger.QUEUE_DELETED): FAILED for status in UNFINISHED},
}

# Parents of arrays: they never run, and stay PENDING while their children do.
ARRAY_TRANSITIONS: Final[dict[tuple[JobStatus, Trigger], JobStatus]] = {
    (SUBMITTED, Trigger.EVALUATED_WAITING): PENDING,
    (SUBMITTED, Trigger.EVALUATED_READY): PENDING,
    (SUBMITTED, Trigger.CHILDREN_FAILED): FAILED,
    (PENDING, Trigger.CHILDREN_SUCCEEDED): SUCCEEDED,
    (PENDING, Trigger.CHILDREN_FAILED): FAILED,
}

# Nodes of multi-node parallel jobs, except the main node, whose states are those of the job. They wait with the job, and start
# when the main node runs. They end with it at the latest, and start again when the job is retried.
NODE_TRANSITIONS: Final[dict[tuple[JobStatus, Trigger], JobStatus]] = {
    (SUBMITTED, Trigger.EVALUATED_WAITING): PENDING,
    (SUBMITTED, Trigger.EVALUATED_READY): RUNNABLE,
    (PENDING, Trigger.DEPENDENCIES_SUCCEEDED): RUNNABLE,
    (RUNNABLE, Trigger.MAIN_NODE_STARTED): STARTING,
    (STARTING, Trigger.CONTAINER_STARTED): RUNNING,
    (STARTING, Trigger.ATTEMPT_FAILED): FAILED,
    (STARTING, Trigger.STOPPED): FAILED,
    (RUNNING, Trigger.EXITED_ZERO): SUCCEEDED,
    (RUNNING, Trigger.ATTEMPT_FAILED): FAILED,
    (RUNNING, Trigger.STOPPED): FAILED,
    **{(status, Trigger.JOB_ENDED): FAILED for status in UNFINISHED},
    **{(status, Trigger.RETRIED): RUNNABLE for status in (STARTING, RUNNING, SUCCEEDED, FAILED)},
}


class StopRequest(Enum):
    """A request to end a job."""

    CANCEL = "CancelJob"
    TERMINATE = "TerminateJob"


class StopEffect(Enum):
    """What a request to end a job does."""

    FAIL_NOW = "the job is FAILED at once"
    FAIL_LATER = "the request is noted; the job is FAILED when the last of its dependencies has ended"
    STOP_CONTAINER = "the container is stopped, and the job FAILED"
    NOTHING = "nothing, and the call succeeds"


# (status, is it PENDING because of an unfinished job, request) -> effect
STOP_EFFECTS: Final[dict[tuple[JobStatus, bool, StopRequest], StopEffect]] = {
    (SUBMITTED, False, StopRequest.CANCEL): StopEffect.FAIL_NOW,
    (PENDING, False, StopRequest.CANCEL): StopEffect.FAIL_NOW,
    (PENDING, True, StopRequest.CANCEL): StopEffect.FAIL_LATER,
    (RUNNABLE, False, StopRequest.CANCEL): StopEffect.FAIL_NOW,
    (STARTING, False, StopRequest.CANCEL): StopEffect.NOTHING,
    (RUNNING, False, StopRequest.CANCEL): StopEffect.NOTHING,
    (SUCCEEDED, False, StopRequest.CANCEL): StopEffect.NOTHING,
    (FAILED, False, StopRequest.CANCEL): StopEffect.NOTHING,
    (SUBMITTED, False, StopRequest.TERMINATE): StopEffect.FAIL_NOW,
    (PENDING, False, StopRequest.TERMINATE): StopEffect.FAIL_NOW,
    (PENDING, True, StopRequest.TERMINATE): StopEffect.FAIL_LATER,
    (RUNNABLE, False, StopRequest.TERMINATE): StopEffect.FAIL_NOW,
    (STARTING, False, StopRequest.TERMINATE): StopEffect.STOP_CONTAINER,
    (RUNNING, False, StopRequest.TERMINATE): StopEffect.STOP_CONTAINER,
    (SUCCEEDED, False, StopRequest.TERMINATE): StopEffect.NOTHING,
    (FAILED, False, StopRequest.TERMINATE): StopEffect.NOTHING,
}
