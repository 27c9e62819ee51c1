"""The records of AWS IoT Jobs in one account and region, and how they are found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import count
from typing import TYPE_CHECKING

from mock_jobs.core.sorted_records import Key, SortedRecords
from mock_jobs.iot import messages, states
from mock_jobs.iot.exceptions import ResourceNotFoundException
from mock_jobs.iot.records.quota_usage import Usage
from mock_jobs.iot.records.subscriptions import TargetSubscriptions
from mock_jobs.iot.records.template import JobTemplate, JobTemplates

if TYPE_CHECKING:
    from mypy_boto3_iot.literals import JobStatusType

    from mock_jobs.iot.records.job import Execution, Job
    from mock_jobs.iot.records.thing_queue import ThingQueue


class JobStore:
    """Keeps the records.

    Attributes:
        usage: Which jobs count for the quotas.
        queues: The executions of each thing that has some, by its name.
        subscriptions: Which continuous jobs follow which targets.
        rollouts: The jobs with something left to roll out, paused ones included, by their ids.
        templates: The job templates.
        next_job_sequence: Returns the number of the next job.
        next_execution_sequence: The same for executions.
        next_template_sequence: The same for job templates.
    """

    def __init__(self) -> None:
        self.usage = Usage()
        self.queues: dict[str, ThingQueue] = {}
        self.subscriptions = TargetSubscriptions()
        self.rollouts: dict[str, Job] = {}
        self.templates = JobTemplates()
        self.next_job_sequence = count(1).__next__
        self.next_execution_sequence = count(1).__next__
        self.next_template_sequence = count(1).__next__
        self._jobs: dict[str, Job] = {}
        self._by_status: dict[JobStatusType, SortedRecords[Job, Key]] = {}

    def add(self, job: Job) -> None:
        """Add a job, whose id must be free."""
        self._jobs[job.job_id] = job
        self.with_status(job.status).add(job)
        self.usage.follow(job)

    def remove(self, job: Job) -> None:
        """Remove a job whose executions were already removed from the queues of their things."""
        del self._jobs[job.job_id]
        self.with_status(job.status).remove(job)
        self.usage.remove(job)

    @property
    def jobs(self) -> Iterable[Job]:
        """All jobs, oldest first."""
        return self._jobs.values()

    def get_job(self, job_id: str) -> Job | None:
        """Return a job, None if there is none with this id."""
        return self._jobs.get(job_id)

    def job_or_404(self, job_id: str, text: str = messages.JOB_NOT_FOUND, *, namespace_id: str | None = None) -> Job:
        """Return a job.

        Args:
            job_id: Its id.
            text: Message of the error.
            namespace_id: The namespace that the job must have; None for any. Source: that a job in another one is not found is
                inferred.

        Raises:
            ResourceNotFoundException: There is no job with this id and namespace.
        """
        job = self._jobs.get(job_id)
        if job is None or namespace_id not in (None, job.namespace_id):
            raise ResourceNotFoundException(text.format(job_id=job_id))
        return job

    def template_or_404(self, template_id: str) -> JobTemplate:
        """Return a job template.

        Raises:
            ResourceNotFoundException: There is none with this id.
        """
        template = self.templates.get(template_id)
        if template is None:
            raise ResourceNotFoundException(messages.TEMPLATE_NOT_FOUND.format(template_id=template_id))
        return template

    def active_jobs(self) -> list[Job]:
        """Return the jobs that have not ended, oldest first."""
        return [job for job in self._jobs.values() if job.status in states.ACTIVE]

    def count_jobs(self) -> dict[str, int]:
        """Return the number of jobs in each status that occurs or has occurred."""
        return {status: len(records) for status, records in self._by_status.items()}

    def count_executions(self) -> dict[str, int]:
        """Return the number of executions of all jobs in each status that occurs or has occurred."""
        total: Counter[str] = Counter()
        for job in self._jobs.values():
            total.update(job.executions.counts())
        return total

    def newest_jobs(self, status: JobStatusType | None, after: Key | None) -> Iterator[Job]:
        """Yield the jobs with a status, or all, newest first, starting after a key."""
        if status is not None:
            return self.with_status(status).descending(after)
        return merge(*(records.descending(after) for records in self._by_status.values()), key=job_key, reverse=True)

    def with_status(self, status: JobStatusType) -> SortedRecords[Job, Key]:
        """Return the jobs with a status."""
        found = self._by_status.get(status)
        if found is None:
            found = self._by_status[status] = SortedRecords(job_key)
        return found

    def executions_of_thing(self, thing_name: str, before: int | None) -> Iterator[Execution]:
        """Yield the executions of a thing with a lower sequence than `before`, newest first."""
        queue = self.queues.get(thing_name)
        return iter(()) if queue is None else queue.newest_first(before)

    def pending(self, thing_name: str) -> Iterator[Execution]:
        """Yield the pending executions of a thing that its device may see, the next one first.

        Jobs with a namespace are left out, because the product that manages them has its own interfaces. Source: CreateJob, API
        reference, on MQTT topics (documented); the same over HTTP is inferred. QUEUED executions are left out while the
        maintenance windows of their job are closed (documented); IN_PROGRESS ones are not (inferred).
        """
        queue = self.queues.get(thing_name)
        return filter(_is_shown, () if queue is None else queue.pending())


def _is_shown(execution: Execution) -> bool:
    job = execution.job
    return job.namespace_id is None and not (job.hides_queued and execution.status == states.QUEUED)


def job_key(job: Job) -> Key:
    """Return the key by which jobs are listed, the highest first. Source: newest first (inferred from the guide's example)."""
    return (job.sequence,)
