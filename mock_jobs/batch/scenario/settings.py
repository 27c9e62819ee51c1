"""What a test author may change about AWS Batch as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from mock_jobs.core.settings import Settings, flag, limit, seconds

# Source: user guide, "Job timeouts": ECS kills a container 30 seconds after it was asked to stop (documented).
_MAX_GRACE_SECONDS = 30


@dataclass(slots=True)
class BatchSettings(Settings):
    """Knobs of one world; all act from the next request on. An impossible value is refused when it is set.

    Attributes:
        submitted_seconds: How long a job stays SUBMITTED.
        runnable_seconds: How long a job stays RUNNABLE at least before it is dispatched.
        scheduled_seconds: How long a service job stays SCHEDULED.
        starting_seconds: How long a container, or a training job, takes to start.
        retry_delay_seconds: How long a job stays RUNNABLE at least before it is tried again.
        terminate_grace_seconds: How long a running container takes to end after TerminateJob, at most 30.
        timeout_grace_seconds: The same after its timeout.
        compute_environment_create_seconds: How long a new compute environment is CREATING.
        compute_environment_update_seconds: How long a changed compute environment is UPDATING.
        compute_environment_delete_seconds: How long a compute environment is DELETING.
        job_queue_create_seconds: How long a new job queue is CREATING.
        job_queue_update_seconds: How long a changed job queue is UPDATING.
        job_queue_delete_seconds: How long a job queue is DELETING.
        service_environment_create_seconds: How long a new service environment is CREATING.
        service_environment_update_seconds: How long a changed service environment is UPDATING.
        service_environment_delete_seconds: How long a service environment is DELETING.
        quota_share_create_seconds: How long a new quota share is CREATING.
        quota_share_update_seconds: How long a changed quota share is UPDATING.
        quota_share_delete_seconds: How long a quota share is DELETING.
        strict_fifo: Whether a job that waits for room holds up all behind it in its queue.
        blocked_detection_seconds: How long a job must have been at the head of its queue without any prospect of room until its
            statusReason says so; minutes on AWS.
        prefix_weight_split: Whether the fair shares under one prefix split its weight: each counts with the weight times their
            number.
        lenient_ids: Accept malformed job ids where a single job is cancelled or terminated, as moto does.
        lenient_dependencies: Take a dependency on an unknown job as satisfied, as if that job had expired.
        terminate_pending_immediately: Let TerminateJob end a job at once that waits for others.
        idempotent_delete: Let the deletion of an unknown resource succeed.
        validate_references: Refuse a compute environment whose subnets, security groups, roles or instance profile do not exist
            in moto's Amazon EC2 and IAM; AWS finds out later.
        repeat_client_tokens: Answer a repeated SubmitServiceJob of the same clientToken with the first job instead of refusing it.
        submit_job_per_second: How many SubmitJob calls are let through within a second, None for all; 50 on AWS.
        submit_service_job_per_second: The same for SubmitServiceJob; 5 on AWS.
        job_retention_seconds: How long jobs that have ended can be seen, None for no limit; at least 7 days, 604800, on AWS.
        inactive_definition_retention_seconds: How long deregistered job definitions can be seen, None for no limit; 180 days, 15552000,
            on AWS.
        legacy_container_fields: Always show `vcpus` and `memory` of a container, as moto does.
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
    strict_fifo: bool = flag(True)
    blocked_detection_seconds: float = seconds()
    prefix_weight_split: bool = flag(True)
    lenient_ids: bool = flag(False)
    lenient_dependencies: bool = flag(False)
    terminate_pending_immediately: bool = flag(False)
    idempotent_delete: bool = flag(False)
    validate_references: bool = flag(False)
    repeat_client_tokens: bool = flag(False)
    submit_job_per_second: int | None = limit()
    submit_service_job_per_second: int | None = limit()
    job_retention_seconds: int | None = limit(least=1)
    inactive_definition_retention_seconds: int | None = limit(least=1)
    legacy_container_fields: bool = flag(True)
