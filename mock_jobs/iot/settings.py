"""Settings of AWS IoT Jobs: `mock.iot.settings`."""

from __future__ import annotations

from dataclasses import dataclass

from mock_jobs.core.settings import Settings, flag, limit, seconds


@dataclass(slots=True)
class IoTSettings(Settings):
    """Settings of AWS IoT Jobs. A change acts from then on; a delay or a retention that has begun keeps its length.

    An impossible value raises `UsageValueError` or `UsageTypeError` when it is set, an unknown name `UsageNameError`.
    Quotas and rates count per account and region, and None means no limit. Adjustable quotas have no limit by default.

    Attributes:
        max_targets: How many targets a job may have; more get LimitExceededException. AWS documents 100 as fixed.
        max_jobs_in_deletion: How many jobs may be DELETION_IN_PROGRESS at a time; more get LimitExceededException. AWS documents
            10 as fixed.
        max_active_continuous_jobs: How many continuous jobs may be SCHEDULED or IN_PROGRESS at a time; more get
            LimitExceededException.
        max_active_snapshot_jobs: How many snapshot jobs may be SCHEDULED or IN_PROGRESS at a time; more get
            LimitExceededException.
        max_concurrent_jobs: How many jobs may be in rollout or in cancellation at a time; more get LimitExceededException. A
            scheduled job that starts when there are that many is canceled.
        max_job_templates: How many job templates there may be; more get LimitExceededException.
        control_reads_per_second: How many GET requests about jobs the control plane accepts in a second; more get
            ThrottlingException with HTTP 400.
        control_writes_per_second: How many other requests about jobs the control plane accepts in a second; more get
            ThrottlingException with HTTP 400.
        describe_job_execution_per_second: How many requests of the control plane's DescribeJobExecution are accepted in a second;
            more get ThrottlingException with HTTP 400. Accepted ones count to
            `control_reads_per_second` too.
        device_reads_per_second: How many GET requests the device plane accepts in a second; more get ThrottlingException with
            HTTP 429.
        device_writes_per_second: How many other requests the device plane accepts in a second; more get ThrottlingException with
            HTTP 429.
        cancellation_seconds: How many seconds it takes until the executions of a canceled job are canceled. Until then the job
            counts to `max_concurrent_jobs`.
        deletion_seconds: How many seconds a deleted job is DELETION_IN_PROGRESS.
        retention_days: How many days a COMPLETED or CANCELED job is kept, for jobs that end after the setting was made; None
            keeps them.
        strict_document_sources: Whether a `documentSource` in a bucket that does not exist is rejected, as on AWS. If not, the
            document of the job only names its source.
    """

    # Source: AssociateTargetsWithJob, API reference: existing and new targets together (documented).
    max_targets: int | None = limit(100, least=1)
    # Source: DeleteJob, API reference (documented).
    max_jobs_in_deletion: int | None = limit(10)
    max_active_continuous_jobs: int | None = limit()
    max_active_snapshot_jobs: int | None = limit()
    max_concurrent_jobs: int | None = limit()
    max_job_templates: int | None = limit()
    control_reads_per_second: int | None = limit()
    control_writes_per_second: int | None = limit()
    describe_job_execution_per_second: int | None = limit()
    device_reads_per_second: int | None = limit()
    device_writes_per_second: int | None = limit()
    cancellation_seconds: float = seconds()
    deletion_seconds: float = seconds()
    retention_days: int | None = limit(least=1)
    strict_document_sources: bool = flag(default=False)
