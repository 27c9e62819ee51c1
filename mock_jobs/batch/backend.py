"""The backend of AWS Batch: all of its operations over one account and region."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import invalid, not_allowed
from mock_jobs.batch.operations.compute_environments import ComputeEnvironmentOperations
from mock_jobs.batch.operations.consumable_resources import ConsumableResourceOperations
from mock_jobs.batch.operations.job_queues import JobQueueOperations
from mock_jobs.batch.operations.quota_shares import QuotaShareOperations
from mock_jobs.batch.operations.read_jobs import ReadJobOperations
from mock_jobs.batch.operations.read_service_jobs import ReadServiceJobOperations
from mock_jobs.batch.operations.scheduling_policies import SchedulingPolicyOperations
from mock_jobs.batch.operations.service_environments import ServiceEnvironmentOperations
from mock_jobs.batch.operations.service_jobs import ServiceJobOperations
from mock_jobs.batch.operations.snapshots import SnapshotOperations
from mock_jobs.batch.operations.stop_jobs import StopJobOperations
from mock_jobs.batch.operations.submit import SubmitOperations
from mock_jobs.batch.operations.tags import TagOperations
from mock_jobs.batch.service_jobs.states import SERVICE_STATUSES
from mock_jobs.batch.states import STATUSES

if TYPE_CHECKING:
    from mock_jobs.core.service_base import AwsError, Violation

# Kind of a violated constraint of the model -> text. "required", "empty" and "enum" are handled in `validation_error`.
_TEXTS = {
    "type": messages.WRONG_TYPE,
    "min": messages.OUT_OF_RANGE,
    "max": messages.ABOVE_RANGE,
    "min_length": messages.TOO_FEW,
    "max_length": messages.TOO_MANY,
    "pattern": messages.NOT_MATCHING,
}

# Signing names of the services that read what AWS Batch writes
_READ_CLUSTERS = ("cloudformation", "ecs", "tagging")
_READ_TRAINING_JOBS = ("sagemaker", "tagging")


class BatchBackend(
    ComputeEnvironmentOperations,
    ServiceEnvironmentOperations,
    SchedulingPolicyOperations,
    QuotaShareOperations,
    ServiceJobOperations,
    ReadServiceJobOperations,
    JobQueueOperations,
    SubmitOperations,
    ReadJobOperations,
    SnapshotOperations,
    StopJobOperations,
    TagOperations,
    ConsumableResourceOperations,
):
    """AWS Batch in one account and region."""

    # The action of evaluateOnExit is not case-sensitive (documented), and is answered in lower case (observed).
    lenient_enums = frozenset({"RetryAction"})

    # CreateComputeEnvironment misses a service role before it looks at the type (observed by moto's authors).
    unchecked_enums = frozenset({"CEType"})

    # Optional members that count as not given if they are empty, because clients send them anyway (observed of Airflow).
    none_if_empty = SubmitOperations.none_if_empty | {"tags"}

    references = frozenset(
        {
            "arn",
            "computeEnvironment",
            "consumableResource",
            "jobId",
            "jobQueue",
            "quotaShareArn",
            "resourceArn",
            "serviceEnvironment",
        }
    )

    names_code_in_body = True

    def write_due(self, signing_name: str) -> None:
        """Write the clusters, logs or training jobs that the other service keeps."""
        if signing_name in _READ_CLUSTERS:
            self.clusters.write_due()
        if signing_name in _READ_TRAINING_JOBS:
            self.service_lifecycle.training_jobs.write_due()
        if signing_name == "logs":
            self.lifecycle.logs.write_due()

    def census(self) -> Mapping[str, Mapping[str, int]]:
        """Return how many jobs and service jobs there are, by status. An array is one job."""
        jobs = Counter(job.status for job in self.jobs.values())
        service_jobs = Counter(job.status for job in self.service_jobs.values())
        return {
            "Batch jobs": {status: jobs[status] for status in STATUSES},
            "Batch service jobs": {status: service_jobs[status] for status in SERVICE_STATUSES},
        }

    def unfinished(self) -> Iterable[str]:
        """Return a text about each job and service job that has not ended."""
        for job in self.jobs.values():
            if not job.is_terminal:
                yield f"Batch job {job.spec.name!r} ({job.job_id}) {job.status}"
        for service_job in self.service_jobs.values():
            if not service_job.is_terminal:
                yield f"Batch service job {service_job.spec.name!r} ({service_job.job_id}) {service_job.status}"

    @classmethod
    def validation_error(cls, violations: Sequence[Violation]) -> AwsError:
        """Return the error for the first constraint of the model that a request violates."""
        first = violations[0]
        if first.kind == "required":
            return invalid(messages.REQUIRED, member=first.member)
        if first.kind == "empty":
            return invalid(messages.EMPTY, member=first.member)
        if first.kind == "enum":
            values = list(map(str, first.bound)) if isinstance(first.bound, Sequence) else [str(first.bound)]
            if first.member == "state":
                return not_allowed(messages.STATE, value=first.value, values=" | ".join(values))
            return invalid(messages.ONE_OF, member=first.member, values=", ".join(values))
        text = _TEXTS.get(first.kind, messages.WRONG_TYPE)
        one, many = ("character", "characters") if isinstance(first.value, str) else ("entry", "entries")
        unit = one if first.bound == 1 else many
        return invalid(text, member=first.member, bound=first.bound, type=first.bound, unit=unit)

    @classmethod
    def body_error(cls) -> AwsError:
        """Return the error for a body that is not a JSON object (observed text)."""
        return invalid(messages.BAD_JSON)
