"""Operations that submit, change and end service jobs.

Sources: API reference, SubmitServiceJob, UpdateServiceJob, TerminateServiceJob and TerminateServiceJobs (*documented*); user
guide, service quotas (*documented*). *Inferred*: the order of the checks, and that a token is remembered while its job is kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import DoesNotExistError, invalid, not_allowed
from mock_jobs.batch.names import NAME, is_job_reference, share_arn
from mock_jobs.batch.operations.checks import check_payload, check_tags
from mock_jobs.batch.operations.stop_jobs import check_bulk, check_reason, stop_each
from mock_jobs.batch.queueing.fair_share_policy import MAX_PRIORITY, is_share_identifier
from mock_jobs.batch.region import BatchRegion
from mock_jobs.batch.service_jobs.job import ServiceJob, ServiceJobSpec, Submission
from mock_jobs.batch.service_jobs.payload import read_instances
from mock_jobs.batch.service_jobs.resources import ServiceQueue
from mock_jobs.batch.service_jobs.retry import service_strategy_of

if TYPE_CHECKING:
    from mypy_boto3_batch.literals import ServiceJobTypeType
    from mypy_boto3_batch.type_defs import (
        ServiceJobPreemptionConfigurationTypeDef,
        ServiceJobRetryStrategyTypeDef,
        ServiceJobTimeoutTypeDef,
    )

    from mock_jobs.batch.service_jobs.resources import QuotaShare


class ServiceJobOperations(BatchRegion):
    """The operations that submit, change and end service jobs."""

    def submit_service_job(
        self,
        *,
        job_name: str,
        job_queue: str,
        service_request_payload: str,
        service_job_type: ServiceJobTypeType,
        retry_strategy: ServiceJobRetryStrategyTypeDef | None = None,
        scheduling_priority: int | None = None,
        share_identifier: str | None = None,
        quota_share_name: str | None = None,
        preemption_configuration: ServiceJobPreemptionConfigurationTypeDef | None = None,
        timeout_config: ServiceJobTimeoutTypeDef | None = None,
        tags: Mapping[str, str] | None = None,
        client_token: str | None = None,
    ) -> dict[str, str]:
        """Submit a service job.

        A repeated client token is rejected (documented), unless `repeat_client_tokens` is set.
        """
        if NAME.fullmatch(job_name) is None:
            raise invalid(messages.JOB_NAME)
        content = json.dumps(
            [
                job_name,
                job_queue,
                service_request_payload,
                service_job_type,
                retry_strategy,
                scheduling_priority,
                share_identifier,
                quota_share_name,
                preemption_configuration,
                timeout_config,
                tags,
            ],
            sort_keys=True,
        )
        check_payload(len(content.encode()))
        instances = read_instances(service_request_payload)
        retry = service_strategy_of(retry_strategy)
        _check_priority(scheduling_priority)
        if share_identifier is not None and not is_share_identifier(share_identifier):
            raise invalid(messages.SHARE_IDENTIFIER)
        if preemption_configuration is not None and preemption_configuration.get("preemptionRetriesBeforeTermination", 0) < 0:
            raise invalid(messages.PREEMPTION_RETRIES)
        timeout_seconds = None if timeout_config is None else timeout_config.get("attemptDurationSeconds")
        if timeout_seconds is not None and timeout_seconds < 1:
            raise invalid(messages.SERVICE_TIMEOUT)
        check_tags(tags)
        before = None if client_token is None else self.submissions.get(client_token)
        if before is not None:
            return self._repeated(before, content)
        queue = self.queue_to_submit(job_queue)
        if not isinstance(queue, ServiceQueue):
            raise not_allowed(messages.NOT_FOR_SERVICE_JOBS, name=queue.name, type=queue.kind)
        self.check_fair_share(queue.usage, share_identifier)
        share = self._share_to_submit(queue, quota_share_name)
        follows = self.world.loops.follow(job_name, queue.name)
        job_id = self.world.ids.uuid()
        spec = ServiceJobSpec(
            name=job_name,
            number=self.next_number(),
            arn=self.arns.of("service-job", job_id),
            queue=queue,
            kind=service_job_type,
            payload=service_request_payload,
            instances=instances,
            retry=retry,
            timeout_seconds=timeout_seconds,
            share_identifier=share_identifier,
            share=share,
            preemption=preemption_configuration,
            tags=dict(tags or {}),
            follows=follows,
        )
        job = ServiceJob(spec, job_id, self.world.clock.now_ms, scheduling_priority)
        self.service_jobs[job_id] = job
        if client_token is not None:
            self.submissions[client_token] = Submission(content, job)
        self.service_lifecycle.submit(job)
        return _named(job)

    def update_service_job(self, *, job_id: str, scheduling_priority: int) -> dict[str, str]:
        """Change the priority of a service job that has not ended."""
        _check_priority(scheduling_priority)
        job = self.find_service_job(job_id)
        if job is None:
            raise not_allowed(messages.SERVICE_JOB_UNKNOWN, job_id=job_id)
        if job.is_terminal:
            raise not_allowed(messages.SERVICE_JOB_ENDED, job_id=job_id)
        self.service_lifecycle.change_priority(job, scheduling_priority)
        return _named(job)

    def terminate_service_job(self, *, job_id: str, reason: str) -> None:
        """End a service job in any state."""
        check_reason(reason)
        if not self.arns.is_like_job_id(job_id, "service-job"):
            raise invalid(messages.INVALID_JOB_ID, job_id=job_id)
        self._stop_service_job(job_id, reason)

    def terminate_service_jobs(self, *, jobs: Sequence[str], reason: str) -> dict[str, object]:
        """Terminate up to 50 service jobs."""
        check_reason(reason)
        check_bulk(jobs)
        return stop_each(
            jobs,
            # The SageMaker SDK passes ARNs (code that works on AWS).
            partial(is_job_reference, kind="service-job"),
            lambda job_id: self._stop_service_job(job_id, reason),
            self.scenario.take_refusal,
        )

    def _stop_service_job(self, job_id: str, reason: str) -> None:
        job = self.find_service_job(job_id)
        if job is not None:
            self.service_lifecycle.stop(job, reason)

    def _repeated(self, before: Submission, content: str) -> dict[str, str]:
        if before.content != content:
            raise not_allowed(messages.TOKEN_REUSED)
        if not self.settings.repeat_client_tokens:
            raise not_allowed(messages.TOKEN_REPEATED)
        return _named(before.job)

    def _share_to_submit(self, queue: ServiceQueue[ServiceJob], name: str | None) -> QuotaShare[ServiceJob] | None:
        if not queue.has_quotas:
            if name is not None:
                raise not_allowed(messages.QUOTA_SHARE_ON_OTHER)
            return None
        if name is None:
            raise not_allowed(messages.QUOTA_SHARE_MISSING)
        share = queue.shares.get(name)
        if share is None:
            raise DoesNotExistError(share_arn(queue.arn, name))
        if share.state != "ENABLED" or share.status != "VALID":
            raise not_allowed(messages.QUOTA_SHARE_NOT_ENABLED, name=name)
        return share


def _check_priority(priority: int | None) -> None:
    if priority is not None and not 0 <= priority <= MAX_PRIORITY:
        raise invalid(messages.SCHEDULING_PRIORITY)


def _named(job: ServiceJob) -> dict[str, str]:
    return {"jobArn": job.arn, "jobName": job.spec.name, "jobId": job.job_id}
