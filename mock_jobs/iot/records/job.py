"""The records of a job and of its executions, which refer to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from mock_jobs.iot import states
from mock_jobs.iot.documents.device_document import DeviceDocument, device_document
from mock_jobs.iot.records.job_executions import JobExecutions
from mock_jobs.iot.rules.job_configs import JobConfigs
from mock_jobs.iot.rules.retry import NO_RETRIES, Retries

if TYPE_CHECKING:
    from mypy_boto3_iot.literals import JobExecutionStatusType, JobStatusType, TargetSelectionType
    from mypy_boto3_iot.type_defs import SchedulingConfigTypeDef

    from mock_jobs.core.sorted_records import Key
    from mock_jobs.core.timers import Timer
    from mock_jobs.iot.documents.documents import JobDocument
    from mock_jobs.iot.rules.execution_timers import Timers
    from mock_jobs.iot.rules.maintenance_windows import MaintenanceWindows
    from mock_jobs.iot.rules.rollout import Rollout
    from mock_jobs.iot.rules.schedule import Schedule


class Execution:
    """One attempt of one thing at one job.

    A job may have a million of them, so the record holds only references and small integers.

    Attributes:
        job: The job.
        thing_name: The thing.
        number: Execution number, from 1 per job and thing.
        sequence: Counts all executions of the account and region; the order in which they were queued.
        rank: Sequence of the thing's first execution of this job; orders the executions like the job's targets.
        previous: The execution of the same thing with the next lower number, usually None.
        status: Current status.
        version: Version number, from 1.
        retries: How many retries came before.
        status_details: The details reported last, None until then.
        queued_at_ms: When it was created.
        started_at_ms: When its device first started it or reported IN_PROGRESS, SUCCEEDED or FAILED; None until then.
        updated_at_ms: When it last changed.
        is_force_canceled: Whether a cancel with force ended it.
        timers: The timers that can time it out, usually None.
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

    Source: newest `lastUpdatedAt` first (observed); executions with the same time come in the order of the targets, then the
    highest number first (inferred).
    """
    return (execution.updated_at_ms, -execution.rank, execution.number)


@dataclass(slots=True, eq=False)
class Job:
    """A job.

    Attributes:
        sequence: Counts the jobs of the account and region; the order of their creation.
        job_id: Its id.
        arn: Its ARN.
        targets: ARNs, as given.
        target_selection: SNAPSHOT or CONTINUOUS.
        document: Its document.
        template_arn: ARN of the template that it was made from, which may have been deleted since.
        document_parameters: The parameters given for that template, if AWS provides it.
        created_at_ms: When it was created.
        updated_at_ms: When it last changed; changes of its executions do not count.
        completed_at_ms: When it became COMPLETED.
        status: Current status.
        description: Its description.
        comment: Why it was canceled or aborted.
        reason_code: The same, as a code.
        is_force_canceled: Whether it was canceled with force; None until canceled.
        namespace_id: Label of a product that manages its own jobs.
        configs: Its configurations.
        scheduling_config: As given.
        tags: Its tags.
        executions: Its executions.
        rollout: What is still to be rolled out; None before it starts and once nothing is left.
        schedule: When it starts and ends; None if it starts at once and never ends.
        finishing_timer: Fires when a cancelation or deletion that the settings delay is done.
        expiry: Fires when the retention time is over, and removes the job.
        left_targets: Things of a continuous job that left its targets while they ran it; they get no retries.
    """

    sequence: int
    job_id: str
    arn: str
    targets: list[str]
    target_selection: TargetSelectionType
    document: JobDocument
    created_at_ms: int
    updated_at_ms: int
    completed_at_ms: int | None = None
    status: JobStatusType = "IN_PROGRESS"
    template_arn: str | None = None
    document_parameters: Mapping[str, str] | None = None
    description: str | None = None
    comment: str | None = None
    reason_code: str | None = None
    is_force_canceled: bool | None = None
    namespace_id: str | None = None
    configs: JobConfigs = field(default_factory=JobConfigs)
    scheduling_config: SchedulingConfigTypeDef | None = None
    tags: dict[str, str] = field(default_factory=dict)
    executions: JobExecutions[Execution] = field(default_factory=partial(JobExecutions, listing_key))
    rollout: Rollout | None = None
    schedule: Schedule | None = None
    finishing_timer: Timer | None = None
    expiry: Timer | None = None
    left_targets: set[str] = field(default_factory=set)
    _device_document: DeviceDocument | None = None

    @property
    def is_continuous(self) -> bool:
        """Whether it follows its targets."""
        return self.target_selection == "CONTINUOUS"

    @property
    def has_ended(self) -> bool:
        """Whether its end time has come: no execution is created from then on, not even a retry."""
        return self.schedule is not None and self.schedule.has_ended

    @property
    def windows(self) -> MaintenanceWindows | None:
        """Its maintenance windows, None if it has none."""
        return None if self.schedule is None else self.schedule.windows

    @property
    def is_rolling_out(self) -> bool:
        """Whether executions are still being created."""
        return self.rollout is not None and self.status == states.IN_PROGRESS

    @property
    def hides_queued(self) -> bool:
        """Whether QUEUED executions are hidden from devices.

        Source: developer guide, "Jobs notifications" (documented): those of a job whose maintenance windows are closed.
        """
        return self.windows is not None and not self.windows.is_open

    def withdraw(self, thing_name: str) -> bool:
        """Drop a thing that waits for the rollout or for a maintenance window; return whether it waited."""
        waited = self.windows is not None and self.windows.pending_joins.pop(thing_name, False)
        return (self.rollout is not None and self.rollout.withdraw(thing_name)) or waited

    @property
    def is_concurrent(self) -> bool:
        """Whether executions are still being created, or canceled.

        Source: true during rollout and cancelation, false otherwise (observed). It is false while the rollout waits for a
        maintenance window (inferred).
        """
        return self.is_rolling_out or (self.finishing_timer is not None and self.status == states.CANCELED)

    @property
    def device_document(self) -> DeviceDocument:
        """The document as devices get it; all executions share it."""
        if self._device_document is None:
            self._device_document = device_document(self.document.text)
        return self._device_document
