"""The training jobs of SageMaker behind the attempts of service jobs.

Sources: user guide, "Service job status": SageMaker prepares the training job of a STARTING job (*documented*). *Inferred*: an
attempt that ends for a reason of AWS Batch (a stop, a timeout, a preemption) leaves a Stopped training job, not a Failed one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from mock_jobs.batch import messages
from mock_jobs.batch.service_jobs.states import ServiceTrigger
from mock_jobs.ports.training_jobs import TrainingJob, TrainingStep

if TYPE_CHECKING:
    from mock_jobs.batch.service_jobs.job import ServiceJob
    from mock_jobs.batch.service_jobs.states import ServiceJobStatus
    from mock_jobs.core.world import World
    from mock_jobs.ports.training_jobs import Stage

# The stage that a trigger begins; EVALUATED, DISPATCHED and CAPACITY_LACKING come before the training job exists.
_STAGES: Final[Mapping[ServiceTrigger, Stage]] = {
    ServiceTrigger.ACCEPTED: "Starting",
    ServiceTrigger.STARTED: "Training",
    ServiceTrigger.COMPLETED: "Completed",
    ServiceTrigger.ATTEMPT_FAILED: "Failed",
    ServiceTrigger.RETRIED: "Failed",
    ServiceTrigger.TIMED_OUT: "Stopped",
    ServiceTrigger.PREEMPTED: "Stopped",
    ServiceTrigger.PREEMPTED_TOO_OFTEN: "Stopped",
    ServiceTrigger.STOPPED: "Stopped",
    ServiceTrigger.QUEUE_DELETED: "Stopped",
}
_TEXTS: Final[Mapping[Stage, str]] = {
    "Starting": messages.TRAINING_STARTING,
    "Training": messages.TRAINING_RUNNING,
    "Stopping": messages.TRAINING_STOPPING,
    "Completed": messages.TRAINING_COMPLETED,
    "Stopped": messages.TRAINING_STOPPED,
}
_PREFIX = messages.FROM_SAGEMAKER.format(text="")


class TrainingJobWriter:
    """Writes the training jobs of one account and region.

    They are written only before SageMaker is asked: most tests never ask, and moto's SageMaker is slow to import.

    Args:
        world: Its clock and ports.
        account: Account id.
        region: Region.
    """

    def __init__(self, world: World, account: str, region: str) -> None:
        self._clock = world.clock
        self._ports = world.ports
        self._account = account
        self._region = region
        self._current: dict[ServiceJob, TrainingJob] = {}
        self._new: dict[TrainingJob, None] = {}

    def changed(self, job: ServiceJob, before: ServiceJobStatus, trigger: ServiceTrigger) -> None:
        """Record what a change of a service job means for the training job of its attempt."""
        del before
        attempt, stage = job.latest, _STAGES.get(trigger)
        if attempt is None or stage is None:
            return
        if stage == "Starting":
            self._current[job] = TrainingJob(attempt.resource_arn.rpartition("/")[2], job.spec.payload)
        self._begin(job, stage, attempt.status_reason)

    def stopping(self, job: ServiceJob) -> None:
        """Record that the training job of a RUNNING job was asked to stop, and takes time for it."""
        self._begin(job, "Stopping", None)

    def write_due(self) -> None:
        """Write all training jobs that have changed, oldest first."""
        new, self._new = self._new, {}
        if new:
            training_jobs = self._ports.training_jobs(self._account, self._region)
            for each in new:
                training_jobs.write(each)

    def _begin(self, job: ServiceJob, stage: Stage, reason: str | None) -> None:
        training_job = self._current.get(job)
        if training_job is None:
            # The service job had not come to STARTING.
            return
        text = _TEXTS[stage] if stage in _TEXTS else (reason or "").removeprefix(_PREFIX)
        training_job.steps.append(TrainingStep(stage, self._clock.now_ms, text))
        self._new[training_job] = None
        if training_job.has_ended:
            del self._current[job]
