"""The record of a job."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mock_jobs.iot.device_document import device_copy
from mock_jobs.iot.executions import JobExecutions

if TYPE_CHECKING:
    from mypy_boto3_iot.literals import JobStatusType, TargetSelectionType
    from mypy_boto3_iot.type_defs import (
        AbortConfigTypeDef,
        JobExecutionsRetryConfigTypeDef,
        JobExecutionsRolloutConfigTypeDef,
        PresignedUrlConfigTypeDef,
        SchedulingConfigTypeDef,
        TimeoutConfigTypeDef,
    )

    from mock_jobs.iot.rollout import Rollout
    from mock_jobs.iot.schedule import Schedule


@dataclass(slots=True, eq=False)
class Job:
    """A job.

    Attributes:
        sequence: Counts the jobs of the account and region; the order of their creation.
        job_id: Its id.
        arn: Its ARN.
        targets: ARNs, as given.
        target_selection: SNAPSHOT or CONTINUOUS.
        document: The document, byte for byte as given.
        created_at_ms: When it was created.
        updated_at_ms: When it last changed; its executions do not count.
        completed_at_ms: When it became COMPLETED.
        status: Present status.
        description: Its description.
        comment: Why it was canceled or aborted.
        reason_code: The same as a code.
        is_force_canceled: None until canceled.
        namespace_id: Label of a product that manages its own jobs.
        presigned_url_config: As given.
        rollout_config: As given.
        abort_config: As given.
        retry_config: As given.
        timeout_config: As given; counts for the executions that start from now on.
        scheduling_config: As given.
        tags: Its tags.
        executions: Its executions.
        rollout: What is still to be rolled out, None in every steady state.
        schedule: When it starts and ends, None for at once and never.
    """

    sequence: int
    job_id: str
    arn: str
    targets: list[str]
    target_selection: TargetSelectionType
    document: str
    created_at_ms: int
    updated_at_ms: int
    completed_at_ms: int | None = None
    status: JobStatusType = "IN_PROGRESS"
    description: str | None = None
    comment: str | None = None
    reason_code: str | None = None
    is_force_canceled: bool | None = None
    namespace_id: str | None = None
    presigned_url_config: PresignedUrlConfigTypeDef | None = None
    rollout_config: JobExecutionsRolloutConfigTypeDef | None = None
    abort_config: AbortConfigTypeDef | None = None
    retry_config: JobExecutionsRetryConfigTypeDef | None = None
    timeout_config: TimeoutConfigTypeDef | None = None
    scheduling_config: SchedulingConfigTypeDef | None = None
    tags: dict[str, str] = field(default_factory=dict)
    executions: JobExecutions = field(default_factory=JobExecutions)
    rollout: Rollout | None = None
    schedule: Schedule | None = None
    _device_document: str | None = None

    @property
    def is_concurrent(self) -> bool:
        """Whether executions are still being created.

        Source: true during rollout and cancelation, false in every steady state (observed).
        """
        return self.rollout is not None

    @property
    def device_document(self) -> str:
        """The copy of the document that devices get."""
        if self._device_document is None:
            self._device_document = device_copy(self.document)
        return self._device_document
