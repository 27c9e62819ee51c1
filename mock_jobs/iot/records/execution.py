"""One job execution, and its place in the listings of its job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_jobs.core.sorted_records import Key
from mock_jobs.iot.rules.retry import NO_RETRIES, Retries

if TYPE_CHECKING:
    from mypy_boto3_iot.literals import JobExecutionStatusType

    from mock_jobs.iot.records.job import Job
    from mock_jobs.iot.rules.execution_timers import Timers


class Execution:
    """One attempt of one thing at one job.

    A job may have a million of them, so the record holds references and small integers only.

    Attributes:
        job: The job.
        thing_name: The thing.
        number: Execution number, from 1 per job and thing.
        sequence: Counts all executions of the account and region; the order in which they were queued.
        rank: Sequence of the thing's first execution of this job, which is the order of the job's targets.
        previous: The execution of the same thing with the next lower number, None mostly.
        status: Present status.
        version: Version number, from 1.
        retries: How many retries came before.
        status_details: What was reported last; None until then.
        queued_at_ms: When it was created.
        started_at_ms: When the device first reported, None until then.
        updated_at_ms: When it last changed.
        is_force_canceled: Whether a cancel with force ended it.
        timers: What can time it out, None mostly.
    """

    __slots__ = (
        "is_force_canceled",
        "job",
        "number",
        "previous",
        "queued_at_ms",
        "rank",
        "retries",
        "sequence",
        "started_at_ms",
        "status",
        "status_details",
        "thing_name",
        "timers",
        "updated_at_ms",
        "version",
    )

    def __init__(self, job: Job, thing_name: str, sequence: int, now_ms: int, previous: Execution | None) -> None:
        self.job = job
        self.thing_name = thing_name
        self.number: int = 1 if previous is None else previous.number + 1
        self.sequence = sequence
        self.rank: int = sequence if previous is None else previous.rank
        self.previous = previous
        self.status: JobExecutionStatusType = "QUEUED"
        self.version = 1
        self.retries: Retries = NO_RETRIES
        self.status_details: dict[str, str] | None = None
        self.queued_at_ms = now_ms
        self.started_at_ms: int | None = None
        self.updated_at_ms = now_ms
        self.is_force_canceled = False
        self.timers: Timers | None = None


def listing_key(execution: Execution) -> Key:
    """Return the key by which a job's executions are listed, the highest first.

    Source: newest `lastUpdatedAt` first (observed); among equals in the order of the targets, then the newest number first
    (inferred).
    """
    return (execution.updated_at_ms, -execution.rank, execution.number)
