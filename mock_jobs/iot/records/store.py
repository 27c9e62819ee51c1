"""The records of AWS IoT Jobs in one account and region, and how they are found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from heapq import merge
from itertools import count
from typing import TYPE_CHECKING, ClassVar

from mock_jobs.core.rate_limiter import Throttle
from mock_jobs.core.service_base import AwsError, Backend, Bound, Violation
from mock_jobs.core.sorted_records import Shelf
from mock_jobs.core.world import World
from mock_jobs.iot import messages, states
from mock_jobs.iot.documents.sources import Sources
from mock_jobs.iot.exceptions import InvalidRequestException, ResourceNotFoundException, ThrottlingException
from mock_jobs.iot.handle import IoTControl
from mock_jobs.iot.records.job import Execution, Job
from mock_jobs.iot.records.quota_usage import Usage
from mock_jobs.iot.records.subscriptions import TargetSubscriptions
from mock_jobs.iot.records.template import JobTemplate, JobTemplates
from mock_jobs.iot.records.thing_queue import ThingQueue
from mock_jobs.iot.rules.arns import Scope
from mock_jobs.iot.rules.bounds import MORE_BOUNDS
from mock_jobs.iot.rules.validation import validation_error
from mock_jobs.ports.object_store import ObjectStore
from mock_jobs.ports.thing_registry import ThingRegistry

if TYPE_CHECKING:
    from mypy_boto3_iot.literals import JobStatusType


class JobStore(Backend):
    """Base of the backend of AWS IoT Jobs: holds the records."""

    more_bounds: ClassVar[Mapping[str, Bound]] = MORE_BOUNDS

    def __init__(self, world: World, account: str, region: str) -> None:
        super().__init__(world, account, region)
        self.scope = Scope(self.partition, region, account)
        self.settings = world.shared(IoTControl).settings
        self.usage = Usage()
        self._throttle = Throttle(world.clock)
        self._jobs: dict[str, Job] = {}
        self._shelves: dict[JobStatusType, Shelf[Job]] = {}
        self._queues: dict[str, ThingQueue] = {}
        self._subscriptions = TargetSubscriptions()
        # Those with something left to roll out, paused ones included.
        self._rollouts: dict[str, Job] = {}
        self._job_sequence = count(1)
        self._execution_sequence = count(1)
        self._template_sequence = count(1)
        self.templates = JobTemplates()

    @classmethod
    def refuse(cls, violations: Sequence[Violation]) -> AwsError:
        """Return the service's error for a request that breaks constraints of the model. Source: observed."""
        return validation_error(violations)

    @classmethod
    def refuse_body(cls) -> AwsError:
        """Return the error for a body that is not a JSON object. Source: the declared errors (code documented, text inferred)."""
        return InvalidRequestException(messages.BODY_UNREADABLE)

    def admit(self, operation: str, *, is_read: bool) -> None:
        """Refuse a call for its rate alone; calls that are not about jobs are not counted."""
        if "Job" not in operation:
            return
        settings = self.settings
        if operation == "DescribeJobExecution":
            self.admit_one(operation, settings.describe_job_execution_per_second)
        if is_read:
            self.admit_one("control reads", settings.control_reads_per_second)
        else:
            self.admit_one("control writes", settings.control_writes_per_second)

    def admit_one(self, kind: str, per_second: int | None) -> None:
        """Let one more call through, of a kind that is counted together.

        Raises:
            ThrottlingException: They are used up. Source: developer guide, "AWS IoT Core endpoints and quotas" (documented).
        """
        if not self._throttle.admits(kind, per_second):
            raise ThrottlingException(messages.THROTTLED)

    # Looking up

    @property
    def registry(self) -> ThingRegistry:
        """The things and thing groups as they are now."""
        return self.world.neighbours.things(self.account, self.region)

    @property
    def objects(self) -> ObjectStore:
        """The objects in S3 as they are now."""
        return self.world.neighbours.objects(self.account, self.region)

    @property
    def sources(self) -> Sources:
        """Where document sources are read."""
        return Sources(self.objects, is_strict=self.settings.strict_document_sources)

    def get_job(self, job_id: str) -> Job | None:
        """Return a job, None if there is none with this id."""
        return self._jobs.get(job_id)

    def job_or_404(self, job_id: str, text: str = messages.JOB_NOT_FOUND, *, namespace_id: str | None = None) -> Job:
        """Return a job.

        Args:
            job_id: Its id.
            text: Message of the error.
            namespace_id: Must be that of the job, unless None. Source: that another one is not found is inferred.

        Raises:
            ResourceNotFoundException: There is none with this id and namespace.
        """
        job = self._jobs.get(job_id)
        if job is None or namespace_id not in (None, job.namespace_id):
            raise ResourceNotFoundException(text.format(job_id=job_id))
        return job

    def next_template_sequence(self) -> int:
        """Return the number of the next job template."""
        return next(self._template_sequence)

    def template_or_404(self, template_id: str) -> JobTemplate:
        """Return a job template.

        Raises:
            ResourceNotFoundException: There is none with this id.
        """
        template = self.templates.get(template_id)
        if template is None:
            raise ResourceNotFoundException(messages.TEMPLATE_NOT_FOUND.format(template_id=template_id))
        return template

    def newest_jobs(self, status: JobStatusType | None, after: tuple[int, ...] | None) -> Iterator[Job]:
        """Yield the jobs with a status or all, the one created last first, those that come after a key."""
        if status is not None:
            return self.shelf(status).downwards(after)
        return merge(*(shelf.downwards(after) for shelf in self._shelves.values()), key=job_key, reverse=True)

    def shelf(self, status: JobStatusType) -> Shelf[Job]:
        """Return the jobs with a status."""
        found = self._shelves.get(status)
        if found is None:
            found = self._shelves[status] = Shelf(job_key)
        return found

    def executions_of_thing(self, thing_name: str, before: int | None) -> Iterator[Execution]:
        """Yield the executions of a thing, the one queued last first, those with a lower sequence than `before`."""
        queue = self._queues.get(thing_name)
        return iter(()) if queue is None else queue.newest_first(before)

    def pending(self, thing_name: str) -> Iterator[Execution]:
        """Yield what a thing has before it, the next first.

        Jobs with a namespace are left out: the product that manages them has interfaces of its own. Source: CreateJob, API
        reference, on MQTT topics (documented); the same over HTTP is inferred. What waits while the maintenance windows of its
        job are closed is left out too (documented), what runs already is not (inferred).
        """
        queue = self._queues.get(thing_name)
        return filter(_is_shown, () if queue is None else queue.pending())


def _is_shown(execution: Execution) -> bool:
    job = execution.job
    return job.namespace_id is None and not (job.hides_queued and execution.status == states.QUEUED)


def job_key(job: Job) -> tuple[int, ...]:
    """Return the key by which jobs are listed, the highest first. Source: newest first (inferred from the guide's example)."""
    return (job.sequence,)
