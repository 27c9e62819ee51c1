"""What a test author may change about AWS Batch as a whole."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class BatchSettings:
    """Knobs of one world; all act from the next request on.

    Attributes:
        submitted_seconds: How long a job stays SUBMITTED.
        runnable_seconds: How long a job stays RUNNABLE at least before it is placed.
        starting_seconds: How long a container takes to start.
        retry_delay_seconds: How long a job stays RUNNABLE at least before it is tried again.
        terminate_grace_seconds: How long a running container takes to end after TerminateJob.
        timeout_grace_seconds: The same after its timeout.
        ce_create_seconds: How long a new compute environment is CREATING.
        ce_update_seconds: How long a changed compute environment is UPDATING.
        ce_delete_seconds: How long a compute environment is DELETING.
        jq_create_seconds: How long a new job queue is CREATING.
        jq_update_seconds: How long a changed job queue is UPDATING.
        jq_delete_seconds: How long a job queue is DELETING.
        strict_fifo: Whether a job that waits for room holds up all behind it in its queue.
        lenient_ids: Accept malformed job ids where a single job is cancelled or terminated, as moto does.
        lenient_dependencies: Take a dependency on an unknown job as satisfied, as if that job had expired.
        terminate_pending_immediately: Let TerminateJob end a job at once that waits for others.
        idempotent_delete: Let the deletion of an unknown resource succeed.
        legacy_container_fields: Always show `vcpus` and `memory` of a container, as moto does.
    """

    submitted_seconds: float = 0.0
    runnable_seconds: float = 0.0
    starting_seconds: float = 0.0
    retry_delay_seconds: float = 0.0
    terminate_grace_seconds: float = 0.0
    timeout_grace_seconds: float = 0.0
    ce_create_seconds: float = 0.0
    ce_update_seconds: float = 0.0
    ce_delete_seconds: float = 0.0
    jq_create_seconds: float = 0.0
    jq_update_seconds: float = 0.0
    jq_delete_seconds: float = 0.0
    strict_fifo: bool = True
    lenient_ids: bool = False
    lenient_dependencies: bool = False
    terminate_pending_immediately: bool = False
    idempotent_delete: bool = False
    legacy_container_fields: bool = True
