"""UpdateJob."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_jobs.iot import messages, states
from mock_jobs.iot.documents.documents import check_role
from mock_jobs.iot.exceptions import InvalidRequestException
from mock_jobs.iot.operations.base import Operations
from mock_jobs.iot.rules import configs
from mock_jobs.iot.rules.job_configs import JobConfigs
from mock_jobs.iot.states import JobTrigger

if TYPE_CHECKING:
    from mypy_boto3_iot.type_defs import (
        AbortConfigTypeDef,
        JobExecutionsRetryConfigTypeDef,
        JobExecutionsRolloutConfigTypeDef,
        PresignedUrlConfigTypeDef,
        TimeoutConfigTypeDef,
    )


class UpdateOperations(Operations):
    """Update jobs."""

    def update_job(
        self,
        *,
        job_id: str,
        description: str | None = None,
        presigned_url_config: PresignedUrlConfigTypeDef | None = None,
        job_executions_rollout_config: JobExecutionsRolloutConfigTypeDef | None = None,
        abort_config: AbortConfigTypeDef | None = None,
        timeout_config: TimeoutConfigTypeDef | None = None,
        namespace_id: str | None = None,
        job_executions_retry_config: JobExecutionsRetryConfigTypeDef | None = None,
    ) -> None:
        """Replace the given members of a SCHEDULED or IN_PROGRESS job, each configuration as a whole.

        Source: UpdateJob, API reference (documented); the order of checks is observed. The changes take effect as follows:

        - a new rate from the next minute of the rollout (inferred);
        - new abort criteria when the next execution ends or is deleted (inferred);
        - a new time limit for executions that start from now on (observed);
        - a new lifetime for presigned URLs that devices get from now on (inferred).

        That a job in another namespace is not found, and that the role cannot be dropped while the document needs it, is
        inferred.

        Raises:
            InvalidRequestException: Nothing is given, a configuration is invalid, or the job's status, its retry configuration
                or its document does not allow the change.
            ResourceNotFoundException: There is no such job.
        """
        given = JobConfigs(
            presigned_url=presigned_url_config,
            rollout=job_executions_rollout_config,
            abort=abort_config,
            timeout=timeout_config,
            retry=job_executions_retry_config,
        )
        if description is None and given.is_empty:
            raise InvalidRequestException(messages.EMPTY_UPDATE.format(job_id=job_id))
        given.check(is_new=False)
        job = self.store.job_or_404(job_id, namespace_id=namespace_id)
        if states.next_job_status(job.status, JobTrigger.UPDATE) is None:
            raise InvalidRequestException(messages.UPDATE_OF_JOB.format(job_id=job_id, status=job.status))
        if given.retry is not None:
            configs.check_retry_update(given.retry, job.configs.retry)
        updated = given.over(job.configs)
        if given.presigned_url is not None:
            check_role(job_id, job.document.text, updated)
        job.configs = updated
        if description is not None:
            job.description = description
        job.updated_at_ms = self.world.clock.now_ms
