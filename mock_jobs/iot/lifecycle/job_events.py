"""The events that AWS IoT publishes about jobs and job executions.

Source: developer guide, "Jobs events" (documented): topics and members. Observed: `timestamp` is in seconds and the times of a
job are in milliseconds; the status DELETED; which members are left out. The service sends events only once
UpdateEventConfigurations has turned them on; here they are always recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from mock_jobs.core.events import Event
from mock_jobs.iot import states, views

if TYPE_CHECKING:
    from mypy_boto3_iot.literals import JobExecutionStatusType

    from mock_jobs.core.world import World
    from mock_jobs.iot.records.job import Execution, Job
    from mock_jobs.iot.rules.arns import Scope

CANCELLATION_IN_PROGRESS: Final = "cancellation_in_progress"
CANCELED: Final = "canceled"
COMPLETED: Final = "completed"
DELETION_IN_PROGRESS: Final = "deletion_in_progress"
DELETED: Final = "deleted"

# These counters are left out of events.
_UNFINISHED: Final = ("numberOfQueuedThings", "numberOfInProgressThings")


class _JobChange(NamedTuple):
    """A job as it was when an event happened; values that never change are read from the job itself."""

    scope: Scope
    at_ms: int
    event_id: str
    operation: str
    job: Job
    targets: list[str]
    description: str | None
    updated_at_ms: int
    is_force_canceled: bool | None
    comment: str | None
    reason_code: str | None
    counts: Mapping[JobExecutionStatusType, int] | None

    def event(self) -> Event:
        """Return the event."""
        job, operation = self.job, self.operation
        payload = {
            **_head("JOB", self.event_id, self.at_ms, operation),
            "jobId": job.job_id,
            "status": operation.upper(),
            "targetSelection": job.target_selection,
            "targets": self.targets,
        }
        if self.description is not None:
            payload["description"] = self.description
        payload["createdAt"] = _job_time(job.created_at_ms)
        payload["lastUpdatedAt"] = _job_time(self.updated_at_ms)
        if operation == COMPLETED:
            payload["completedAt"] = _job_time(self.at_ms)
        if operation in (CANCELLATION_IN_PROGRESS, CANCELED):
            payload["forceCanceled"] = bool(self.is_force_canceled)
            if self.comment is not None:
                payload["comment"] = self.comment
            if self.reason_code is not None:
                payload["reasonCode"] = self.reason_code
        if self.counts is not None:
            details = views.counters(self.counts)
            payload["jobProcessDetails"] = {name: each for name, each in details.items() if name not in _UNFINISHED}
        return _event(self.scope, self.at_ms, f"$aws/events/job/{job.job_id}/{operation}", payload)


class _ExecutionChange(NamedTuple):
    """An execution as it was when it ended or was deleted."""

    scope: Scope
    at_ms: int
    event_id: str
    execution: Execution
    status: str
    is_force_canceled: bool
    details: Mapping[str, str] | None

    def event(self) -> Event:
        """Return the event."""
        execution, status = self.execution, self.status
        job_id, operation = execution.job.job_id, status.lower()
        payload = {
            **_head("JOB_EXECUTION", self.event_id, self.at_ms, operation),
            "jobId": job_id,
            "thingArn": self.scope.arn("thing", execution.thing_name),
            "status": status,
            "executionNumber": execution.number,
        }
        if status == states.CANCELED:
            payload["forceCanceled"] = self.is_force_canceled
        if self.details:
            payload["statusDetails"] = self.details
        return _event(self.scope, self.at_ms, f"$aws/events/jobExecution/{job_id}/{operation}", payload)


class Announcer:
    """Records the events of the jobs of one account and region.

    Args:
        world: Provides the events, the clock and the ids.
        scope: Partition, region and account of the jobs.
    """

    __slots__ = ("_clock", "_events", "_ids", "_scope")

    def __init__(self, world: World, scope: Scope) -> None:
        self._events = world.events
        self._clock = world.clock
        self._ids = world.ids
        self._scope = scope

    def announce_job(self, job: Job, operation: str) -> None:
        """Record an event of a job.

        Args:
            job: The job in its current state.
            operation: Last part of the topic; in capitals it is the status that the event shows.
        """
        counts = job.executions.counts() if operation in (COMPLETED, CANCELED) else None
        self._events.note(
            _JobChange(
                self._scope,
                self._clock.now_ms,
                self._ids.request_id(),
                operation,
                job,
                job.targets,
                job.description,
                job.updated_at_ms,
                job.is_force_canceled,
                job.comment,
                job.reason_code,
                counts,
            )
        )

    def announce_execution(self, execution: Execution, operation: str | None = None) -> None:
        """Record that an execution ended or was deleted.

        Args:
            execution: The execution in its current state.
            operation: Last part of the topic, by default the status of the execution.
        """
        self._events.note(
            _ExecutionChange(
                self._scope,
                self._clock.now_ms,
                self._ids.request_id(),
                execution,
                execution.status if operation is None else operation.upper(),
                execution.is_force_canceled,
                execution.status_details,
            )
        )


def _head(kind: str, event_id: str, at_ms: int, operation: str) -> dict[str, object]:
    return {"eventType": kind, "eventId": event_id, "timestamp": at_ms // 1000, "operation": operation}


def _job_time(at_ms: int) -> int:
    # Milliseconds: 13 digits in the developer guide (documented), and observed too.
    return at_ms


def _event(scope: Scope, at_ms: int, topic: str, payload: Mapping[str, object]) -> Event:
    return Event(at_ms, "iot", scope.account, scope.region, topic, payload)
