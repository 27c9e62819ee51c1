"""Settings of AWS Batch: `mock.batch.settings`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mock_jobs.core.settings import Settings, flag, limit, names, seconds

# Source: user guide, "Job timeouts": ECS kills a container 30 seconds after it was asked to stop (documented).
_MAX_GRACE_SECONDS = 30


@dataclass(slots=True)
class BatchSettings(Settings):
    """Settings of AWS Batch. A change acts from then on; a delay or a retention that has begun keeps its length.

    An impossible value raises `UsageValueError` or `UsageTypeError` when it is set, an unknown name `UsageNameError`.

    Attributes:
        submitted_seconds: How many seconds a job stays SUBMITTED.
        runnable_seconds: How many seconds a job stays RUNNABLE at least, before it is dispatched.
        scheduled_seconds: How many seconds a service job stays SCHEDULED.
        starting_seconds: How many seconds a job stays STARTING.
        retry_delay_seconds: How many seconds a job stays RUNNABLE at least, before its next attempt.
        terminate_grace_seconds: How many seconds a running container takes to end after TerminateJob; at most 30.
        timeout_grace_seconds: How many seconds a running container takes to end after its timeout; at most 30.
        compute_environment_create_seconds: How many seconds a new compute environment is CREATING.
        compute_environment_update_seconds: How many seconds a changed compute environment is UPDATING.
        compute_environment_delete_seconds: How many seconds a compute environment is DELETING.
        job_queue_create_seconds: How many seconds a new job queue is CREATING.
        job_queue_update_seconds: How many seconds a changed job queue is UPDATING.
        job_queue_delete_seconds: How many seconds a job queue is DELETING.
        service_environment_create_seconds: How many seconds a new service environment is CREATING.
        service_environment_update_seconds: How many seconds a changed service environment is UPDATING.
        service_environment_delete_seconds: How many seconds a service environment is DELETING.
        quota_share_create_seconds: How many seconds a new quota share is CREATING.
        quota_share_update_seconds: How many seconds a changed quota share is UPDATING.
        quota_share_delete_seconds: How many seconds a quota share is DELETING.
        more_instance_types: Names of EC2 instance types and families that compute environments may name besides those that
            mock_jobs knows, for example `["m99.large"]`.
        strict_fifo: Whether a job that waits for capacity holds up all jobs behind it in its queue.
        blocked_detection_seconds: How many seconds a job must be at the head of its queue without any prospect of capacity until
            its statusReason says so; it takes minutes on AWS.
        prefix_weight_split: Whether the fair shares under one prefix split its weight factor: each share then has the factor
            times the number of these shares.
        lenient_dependencies: Whether a dependency on an unknown job counts as satisfied, as if that job had succeeded and
            expired.
        terminate_pending_immediately: Whether TerminateJob ends a job at once that waits for other jobs.
        idempotent_delete: Whether deleting an unknown resource succeeds, as on AWS. DeregisterJobDefinition of an unknown
            revision is always an error.
        validate_references: Whether CreateComputeEnvironment and UpdateComputeEnvironment reject subnets, security groups, roles
            and instance profiles that do not exist in moto's EC2 and IAM. AWS finds out later.
        repeat_client_tokens: Whether SubmitServiceJob returns the first job if an equal request used its clientToken; otherwise
            such a request is rejected. A different request with a used clientToken is always rejected.
        submit_job_per_second: How many SubmitJob requests are accepted in a second; more get TooManyRequestsException. None means
            all. AWS accepts 50.
        submit_service_job_per_second: How many SubmitServiceJob requests are accepted in a second; more get
            TooManyRequestsException. None means all. AWS accepts 5.
        job_retention_seconds: How many seconds a job is kept after its end, for jobs that end after the setting was made; None
            keeps them. AWS keeps them at least 7 days, 604800.
        inactive_definition_retention_seconds: How many seconds a job definition is kept after it was deregistered, for
            definitions that are deregistered after the setting was made; None keeps them. AWS keeps them 180 days, 15552000.
        poll_on_empty: Whether at the pace `poll` code that waits for a message in SQS or a line in CloudWatch Logs moves jobs: a
            call that found nothing new moves all unfinished jobs when it is repeated.
        legacy_container_fields: Whether a container always shows `vcpus` and `memory`, as with moto; otherwise only if they were
            sent.
    """

    submitted_seconds: float = seconds()
    runnable_seconds: float = seconds()
    scheduled_seconds: float = seconds()
    starting_seconds: float = seconds()
    retry_delay_seconds: float = seconds()
    terminate_grace_seconds: float = seconds(most=_MAX_GRACE_SECONDS)
    timeout_grace_seconds: float = seconds(most=_MAX_GRACE_SECONDS)
    compute_environment_create_seconds: float = seconds()
    compute_environment_update_seconds: float = seconds()
    compute_environment_delete_seconds: float = seconds()
    job_queue_create_seconds: float = seconds()
    job_queue_update_seconds: float = seconds()
    job_queue_delete_seconds: float = seconds()
    service_environment_create_seconds: float = seconds()
    service_environment_update_seconds: float = seconds()
    service_environment_delete_seconds: float = seconds()
    quota_share_create_seconds: float = seconds()
    quota_share_update_seconds: float = seconds()
    quota_share_delete_seconds: float = seconds()
    more_instance_types: Sequence[str] = names()
    strict_fifo: bool = flag(True)
    blocked_detection_seconds: float = seconds()
    prefix_weight_split: bool = flag(True)
    lenient_dependencies: bool = flag(False)
    terminate_pending_immediately: bool = flag(False)
    idempotent_delete: bool = flag(True)
    validate_references: bool = flag(False)
    repeat_client_tokens: bool = flag(False)
    submit_job_per_second: int | None = limit()
    submit_service_job_per_second: int | None = limit()
    job_retention_seconds: int | None = limit(least=1)
    inactive_definition_retention_seconds: int | None = limit(least=1)
    poll_on_empty: bool = flag(True)
    legacy_container_fields: bool = flag(True)
