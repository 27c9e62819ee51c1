"""UpdateJob."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_jobs.iot import configs, messages, states
from mock_jobs.iot.exceptions import InvalidRequestException, ResourceNotFoundException
from mock_jobs.iot.states import JobTrigger
from mock_jobs.iot.store import JobStore

if TYPE_CHECKING:
    from mypy_boto3_iot.type_defs import (
        AbortConfigTypeDef,
        JobExecutionsRetryConfigTypeDef,
        JobExecutionsRolloutConfigTypeDef,
        PresignedUrlConfigTypeDef,
        TimeoutConfigTypeDef,
    )


class UpdateOperations(JobStore):
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
        """Replace what is given, each configuration as a whole, of a job that is not over.

        Source: UpdateJob, API reference (documented); the order of checks is observed. A new rate counts from the next minute
        of the rollout on, new abort criteria from the next end of an execution on (inferred); a new time limit counts for
        executions that start from now on (observed). That a wrong namespace is not found is inferred.

        Raises:
            InvalidRequestException: Nothing is given, a configuration is invalid, or the job's status or its retry
                configuration does not allow the change.
            ResourceNotFoundException: There is no such job.
        """
        rollout_config = job_executions_rollout_config
        retry_config = job_executions_retry_config
        if rollout_config is not None:
            configs.check_rollout_bounds(rollout_config)
        given = (description, presigned_url_config, rollout_config, abort_config, timeout_config, retry_config)
        if all(each is None for each in given):
            raise InvalidRequestException(messages.EMPTY_UPDATE.format(job_id=job_id))
        if timeout_config is not None:
            configs.check_timeout(timeout_config)
        if abort_config is not None:
            configs.check_abort(abort_config)
        if rollout_config is not None:
            configs.check_rollout(rollout_config)
        if presigned_url_config is not None:
            configs.check_role(presigned_url_config)
        job = self.job_or_404(job_id)
        if namespace_id is not None and namespace_id != job.namespace_id:
            raise ResourceNotFoundException(messages.JOB_NOT_FOUND.format(job_id=job_id))
        if states.next_job_status(job.status, JobTrigger.UPDATE) is None:
            raise InvalidRequestException(messages.UPDATE_OF_JOB.format(job_id=job_id, status=job.status))
        if retry_config is not None:
            configs.check_retry_update(retry_config, job.retry_config)
            job.retry_config = retry_config
        if description is not None:
            job.description = description
        if presigned_url_config is not None:
            job.presigned_url_config = presigned_url_config
        if rollout_config is not None:
            job.rollout_config = rollout_config
        if abort_config is not None:
            job.abort_config = abort_config
        if timeout_config is not None:
            job.timeout_config = timeout_config
        job.updated_at_ms = self.world.clock.now_ms
