"""What a test author may change about AWS Batch as a whole."""

from __future__ import annotations

from dataclasses import dataclass, fields

from mock_jobs.batch.inputs import MAX_SECONDS, check_flag, check_seconds
from mock_jobs.errors import HIDDEN

__tracebackhide__ = HIDDEN

# Source: user guide, "Job timeouts": ECS kills a container 30 seconds after it was asked to stop (documented).
_MAX_GRACE_SECONDS = 30


@dataclass(slots=True)
class BatchSettings:
    """Knobs of one world; all act from the next request on. An impossible value is refused when it is set.

    Attributes:
        submitted_seconds: How long a job stays SUBMITTED.
        runnable_seconds: How long a job stays RUNNABLE at least before it is placed.
        starting_seconds: How long a container takes to start.
        retry_delay_seconds: How long a job stays RUNNABLE at least before it is tried again.
        terminate_grace_seconds: How long a running container takes to end after TerminateJob, at most 30.
        timeout_grace_seconds: The same after its timeout.
        ce_create_seconds: How long a new compute environment is CREATING.
        ce_update_seconds: How long a changed compute environment is UPDATING.
        ce_delete_seconds: How long a compute environment is DELETING.
        jq_create_seconds: How long a new job queue is CREATING.
        jq_update_seconds: How long a changed job queue is UPDATING.
        jq_delete_seconds: How long a job queue is DELETING.
        se_create_seconds: How long a new service environment is CREATING.
        se_update_seconds: How long a changed service environment is UPDATING.
        se_delete_seconds: How long a service environment is DELETING.
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
    se_create_seconds: float = 0.0
    se_update_seconds: float = 0.0
    se_delete_seconds: float = 0.0
    strict_fifo: bool = True
    lenient_ids: bool = False
    lenient_dependencies: bool = False
    terminate_pending_immediately: bool = False
    idempotent_delete: bool = False
    legacy_container_fields: bool = True

    def __setattr__(self, name: str, value: object) -> None:
        if name.endswith("_seconds"):
            check_seconds(name, value, _MAX_GRACE_SECONDS if name.endswith("_grace_seconds") else MAX_SECONDS)
        elif name in self.__slots__:
            check_flag(name, value)
        object.__setattr__(self, name, value)

    def restore(self) -> None:
        """Go back to the defaults."""
        for each in fields(self):
            setattr(self, each.name, each.default)
