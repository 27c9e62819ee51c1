"""The events about service jobs that AWS Batch sends to Amazon EventBridge.

Source: user guide, "Service job events" with its samples (*documented*): the detail is the answer of DescribeServiceJob without
the tags and the payload.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from mock_jobs.batch import messages
from mock_jobs.batch.lifecycle.announcements import envelope
from mock_jobs.batch.service_jobs.views import preemption_summary, service_job_detail

if TYPE_CHECKING:
    from mock_jobs.batch.lifecycle.announcements import Announcer
    from mock_jobs.batch.names import Arns
    from mock_jobs.batch.service_jobs.job import ServiceJob
    from mock_jobs.batch.service_jobs.states import ServiceJobStatus, ServiceTrigger
    from mock_jobs.core.events import Event
    from mock_jobs.core.world_clock import WorldClock

STATE_CHANGE: Final = "Batch Service Job State Change"
QUEUE_BLOCKED: Final = "Batch Service Job Queue Blocked"
PREEMPTION_STARTED: Final = "Batch Service Job Preemption Started"
PREEMPTION_COMPLETED: Final = "Batch Service Job Preemption Completed"

_NOT_IN_EVENTS = ("tags", "serviceRequestPayload")


class ServiceJobEvent(NamedTuple):
    """An event about a service job; its envelope is created when it is read."""

    arns: Arns
    at_ms: int
    detail_type: str
    job: ServiceJob
    moves: int
    detail: Mapping[str, object]

    def event(self) -> Event:
        """Return the event."""
        resources, key = [self.job.arn], f"{self.moves} {self.job.job_id}"
        return envelope(self.arns, self.at_ms, self.detail_type, resources=resources, key=key, detail=self.detail)


class ServiceAnnouncer:
    """Announces what happens to the service jobs of one account and region.

    Args:
        announcer: Records and delivers the events.
        clock: Gives the times of the events.
        arns: ARNs of the account and region.
    """

    def __init__(self, announcer: Announcer, clock: WorldClock, arns: Arns) -> None:
        self._announcer = announcer
        self._clock = clock
        self._arns = arns

    def changed(self, job: ServiceJob, before: ServiceJobStatus, trigger: ServiceTrigger) -> None:
        """Announce that a job has a new status."""
        del before, trigger
        self._announce(STATE_CHANGE, job, _detail(job))

    def blocked(self, job: ServiceJob) -> None:
        """Announce that the job at the head of a queue can currently never be dispatched."""
        self._announce(QUEUE_BLOCKED, job, _detail(job))

    def preemption_started(self, job: ServiceJob, reason: str) -> None:
        """Announce that a job is about to lose its capacity."""
        text = messages.PREEMPTION_IN_PROGRESS.format(reason=reason)
        self._announce(PREEMPTION_STARTED, job, {"statusReason": text, "preemptedJobArn": job.arn, "status": job.status})

    def preemption_completed(self, job: ServiceJob) -> None:
        """Announce that a job has lost its capacity."""
        detail = {"preemptedJobArn": job.arn, "preemptionSummary": preemption_summary(job), "status": job.status}
        self._announce(PREEMPTION_COMPLETED, job, detail)

    def _announce(self, detail_type: str, job: ServiceJob, detail: Mapping[str, object]) -> None:
        self._announcer.announce(ServiceJobEvent(self._arns, self._clock.now_ms, detail_type, job, job.moves, detail))


def _detail(job: ServiceJob) -> dict[str, object]:
    return {name: value for name, value in service_job_detail(job).items() if name not in _NOT_IN_EVENTS}
