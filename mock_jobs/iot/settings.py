"""What a test author may change about AWS IoT Jobs as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from mock_jobs.core.settings import Settings, flag, limit, seconds


@dataclass(slots=True)
class IoTSettings(Settings):
    """Knobs of one world; all act from the next request on. An impossible value is refused when it is set.

    Quotas and rates count per account and region, and None stands for no limit. Those that AWS can raise are off until set.

    Attributes:
        max_targets: How many targets a job may have.
        max_jobs_in_deletion: How many jobs may be DELETION_IN_PROGRESS at a time.
        max_active_continuous_jobs: How many continuous jobs may be SCHEDULED or IN_PROGRESS at a time.
        max_active_snapshot_jobs: How many snapshot jobs may be SCHEDULED or IN_PROGRESS at a time.
        max_concurrent_jobs: How many jobs may be rolled out or canceled at a time; one whose start time finds that many is
            canceled.
        max_job_templates: How many job templates there may be.
        control_reads_per_second: How many GET calls about jobs the control plane lets through within a second.
        control_writes_per_second: The same for all other calls about jobs.
        describe_job_execution_per_second: The same for the control plane's DescribeJobExecution, besides.
        device_reads_per_second: How many GET calls the device plane lets through within a second.
        device_writes_per_second: The same for all its other calls.
        cancellation_seconds: How long the executions of a job that is canceled stay as they are; for so long it is concurrent.
        deletion_seconds: How long a deleted job is DELETION_IN_PROGRESS.
        retention_days: How long a job is kept that is COMPLETED or CANCELED; counts for jobs that end from then on.
        strict_document_sources: Refuse a document source in a bucket that does not exist, as AWS does; else the job gets a
            document that only tells its source.
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
