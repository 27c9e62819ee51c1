"""The events that AWS IoT publishes of jobs and job executions.

Source: developer guide, "Jobs events" (documented): topics and members; that `timestamp` counts seconds and the times of a job
milliseconds, the status DELETED, and which members are left out, is observed. The service sends them only once
UpdateEventConfigurations has turned them on; here they are always written down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mock_jobs.iot import states, views

if TYPE_CHECKING:
    from mock_jobs.iot.executions import Execution
    from mock_jobs.iot.jobs import Job
    from mock_jobs.iot.store import JobStore

CANCELLATION_IN_PROGRESS: Final = "cancellation_in_progress"
CANCELED: Final = "canceled"
COMPLETED: Final = "completed"
DELETION_IN_PROGRESS: Final = "deletion_in_progress"
DELETED: Final = "deleted"

# Counters of executions that wait or run are left out.
_UNFINISHED: Final = ("numberOfQueuedThings", "numberOfInProgressThings", "processingTargets")


def announce_job(store: JobStore, job: Job, operation: str) -> None:
    """Write down what happened to a job.

    Args:
        store: Of the job.
        job: As it is now.
        operation: Last part of the topic; in capitals it is the status that the event shows.
    """
    payload: dict[str, object] = {
        **_head(store, "JOB", operation),
        "jobId": job.job_id,
        "status": operation.upper(),
        "targetSelection": job.target_selection,
        "targets": job.targets,
    }
    if job.description is not None:
        payload["description"] = job.description
    payload["createdAt"] = _job_time(job.created_at_ms)
    payload["lastUpdatedAt"] = _job_time(job.updated_at_ms)
    if operation == COMPLETED and job.completed_at_ms is not None:
        payload["completedAt"] = _job_time(job.completed_at_ms)
    if operation in (CANCELLATION_IN_PROGRESS, CANCELED):
        payload["forceCanceled"] = bool(job.is_force_canceled)
        if job.comment is not None:
            payload["comment"] = job.comment
        if job.reason_code is not None:
            payload["reasonCode"] = job.reason_code
    if operation in (COMPLETED, CANCELED):
        details = views.process_details(job)
        payload["jobProcessDetails"] = {name: each for name, each in details.items() if name not in _UNFINISHED}
    _emit(store, f"$aws/events/job/{job.job_id}/{operation}", payload)


def announce_execution(store: JobStore, execution: Execution, operation: str | None = None) -> None:
    """Write down that an execution came to its end, or was deleted.

    Args:
        store: Of the execution.
        execution: As it is now.
        operation: Last part of the topic, by default its status.
    """
    job_id = execution.job.job_id
    status = execution.status if operation is None else operation.upper()
    operation = status.lower()
    payload: dict[str, object] = {
        **_head(store, "JOB_EXECUTION", operation),
        "jobId": job_id,
        "thingArn": store.arn("thing", execution.thing_name),
        "status": status,
        "executionNumber": execution.number,
    }
    if status == states.CANCELED:
        payload["forceCanceled"] = execution.is_force_canceled
    if execution.status_details:
        payload["statusDetails"] = execution.status_details
    _emit(store, f"$aws/events/jobExecution/{job_id}/{operation}", payload)


def _head(store: JobStore, kind: str, operation: str) -> dict[str, object]:
    world = store.world
    return {
        "eventType": kind,
        "eventId": world.ids.uuid(),
        "timestamp": world.clock.now_ms // 1000,
        "operation": operation,
    }


def _job_time(at_ms: int) -> int:
    # Milliseconds: 13 digits in the developer guide (documented), and so observed.
    return at_ms


def _emit(store: JobStore, topic: str, payload: dict[str, object]) -> None:
    store.world.events.emit("iot", store.account, store.region, topic, payload)
