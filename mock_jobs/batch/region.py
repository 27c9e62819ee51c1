"""All state of AWS Batch in one account and region, and the look-ups in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import DoesNotExistError, TooManyRequestsException, not_allowed
from mock_jobs.batch.lifecycle.announcements import Announcer
from mock_jobs.batch.lifecycle.changes import Recorder, ResourceRecorder, label_of_job
from mock_jobs.batch.lifecycle.clusters import ClusterWriter
from mock_jobs.batch.lifecycle.jobs import Lifecycle
from mock_jobs.batch.lifecycle.logs import LogWriter
from mock_jobs.batch.lifecycle.retention import Retention
from mock_jobs.batch.manual_steps import SteppableJob
from mock_jobs.batch.names import Arns, JobId, parse_share_arn
from mock_jobs.batch.queueing.fair_share_usage import FairShareUsage
from mock_jobs.batch.records.consumable_resources import ConsumableResources
from mock_jobs.batch.records.job import ArrayJob, Job
from mock_jobs.batch.records.node import MultiNodeJob, Node
from mock_jobs.batch.scenario.scenario import Scenario
from mock_jobs.batch.service_jobs.lifecycle import ServiceLifecycle
from mock_jobs.batch.service_jobs.resources import ServiceQueue
from mock_jobs.batch.service_jobs.stepping import SteppableServiceJob
from mock_jobs.core.rate_limiter import RateLimiter
from mock_jobs.core.service_base import Backend

if TYPE_CHECKING:
    from mock_jobs.batch.manual_steps import Steppable
    from mock_jobs.batch.queueing.queue_usage import QueueUsage
    from mock_jobs.batch.queueing.schedulable import JobT
    from mock_jobs.batch.records.compute_environment import ComputeEnvironment
    from mock_jobs.batch.records.consumable_resource import ConsumableResource
    from mock_jobs.batch.records.job_definition import JobDefinition
    from mock_jobs.batch.records.job_queue import ComputeQueue
    from mock_jobs.batch.records.scheduling_policy import SchedulingPolicy
    from mock_jobs.batch.service_jobs.job import ServiceJob, Submission
    from mock_jobs.batch.service_jobs.resources import QuotaShare, ServiceEnvironment
    from mock_jobs.batch.workload.workload import Workload
    from mock_jobs.core.world import World

    AnyQueue: TypeAlias = ComputeQueue[Job] | ServiceQueue[ServiceJob]


class BatchRegion(Backend):
    """All state of AWS Batch in one account and region.

    Attributes:
        environments: By name, in the order of creation.
        queues: By name, in the order of creation.
        service_environments: By name, in the order of creation.
        scheduling_policies: By name, in the order of creation.
        definitions: Revisions by name, the first revision first; revision numbers are never reused.
        default_workloads: By definition, what its jobs run if they override nothing; created for the first such job.
        jobs: By id; children of arrays and nodes are found through their job.
        consumables: The consumable resources.
        clusters: Writes the ECS clusters of the environments.
        service_jobs: By id.
        recorder: Records the changes of queues, environments and quota shares in the timeline.
        submissions: The submissions of service jobs, by client token.
    """

    def __init__(self, world: World, account: str, region: str) -> None:
        super().__init__(world, account, region)
        self.arns = Arns(self.partition, region, account)
        self.environments: dict[str, ComputeEnvironment] = {}
        self.queues: dict[str, AnyQueue] = {}
        self.service_environments: dict[str, ServiceEnvironment] = {}
        self.scheduling_policies: dict[str, SchedulingPolicy] = {}
        self.definitions: dict[str, list[JobDefinition]] = {}
        self.default_workloads: dict[JobDefinition, Workload] = {}
        self.jobs: dict[str, Job] = {}
        self.service_jobs: dict[str, ServiceJob] = {}
        self.submissions: dict[str, Submission] = {}
        self.consumables = ConsumableResources()
        self.scenario = world.shared(Scenario)
        self.settings = self.scenario.settings
        announcer = Announcer(world, self.arns)
        self.recorder = ResourceRecorder(world, self.arns)
        self.retention = Retention(world.clock, self.settings, self._delete_job)
        logs = LogWriter(world, account, region)
        self.lifecycle = Lifecycle(
            world,
            self.scenario,
            announcer,
            logs,
            self.consumables,
            retention=self.retention,
            recorder=Recorder(world, self.arns, label_of_job),
        )
        self.service_lifecycle = ServiceLifecycle(world, self.scenario, self.arns, announcer)
        self.stopper = self.lifecycle.stopper
        self.clusters = ClusterWriter(world, account, region)
        self.created = 0
        self._limiter = RateLimiter(world.clock)

    def check_rate(self, operation: str, *, is_read: bool) -> None:  # noqa: ARG002 - no reads are counted
        """Reject a submission that exceeds its rate.

        Source: user guide, "AWS Batch service quotas" (documented).
        """
        rates = {
            "SubmitJob": self.settings.submit_job_per_second,
            "SubmitServiceJob": self.settings.submit_service_job_per_second,
        }
        if not self._limiter.allows(operation, rates.get(operation)):
            raise TooManyRequestsException

    def _delete_job(self, job: Job) -> None:
        del self.jobs[job.own_id]
        spec = job.spec
        spec.queue.index.remove(job, spec.share_identifier)
        self.consumables.consumers.remove(job)

    def next_number(self) -> int:
        """Return the next position in the order of creation."""
        self.created += 1
        return self.created

    def find_job(self, parts: JobId) -> Job | None:
        """Return the job, child of an array or node with an id, None if there is none."""
        job = self.jobs.get(parts.top)
        if parts.node is not None:
            return job.nodes[parts.node] if isinstance(job, MultiNodeJob) and parts.node < len(job.nodes) else None
        if parts.index is None:
            return job
        if isinstance(job, ArrayJob) and parts.index < len(job.children):
            return job.children[parts.index]
        return None

    def find_steppable(self, job_id: str) -> Steppable | None:
        """Return the job of any kind with an id, for a test to move, else None."""
        service_job = self.find_service_job(job_id)
        if service_job is not None:
            return SteppableServiceJob(service_job, self.service_lifecycle)
        parts = self.arns.read_job_id(job_id)
        job = None if parts is None else self.find_job(parts)
        if isinstance(job, Node) and job.is_main:
            # The main node represents the whole job.
            job = job.whole
        return None if job is None else SteppableJob(job, self.lifecycle)

    def invalidate(self, environment: ComputeEnvironment, problem: str) -> None:
        """Set an environment INVALID, as AWS does when it finds a problem later.

        An update repairs the environment, and it can be deleted.
        Source: user guide, "INVALID compute environment" (documented).
        """
        environment.status = "INVALID"
        environment.problem = problem
        self.recorder.changed(environment, "AWS finds a problem", problem)
        self.lifecycle.scheduler.look_again()

    def find_environment(self, reference: str) -> ComputeEnvironment | None:
        """Return the compute environment that a name or an ARN means."""
        name = self.arns.name_in("compute-environment", reference)
        return None if name is None else self.environments.get(name)

    def find_queue(self, reference: str) -> AnyQueue | None:
        """Return the job queue that a name or an ARN means."""
        name = self.arns.name_in("job-queue", reference)
        return None if name is None else self.queues.get(name)

    def queue_to_submit(self, reference: str) -> AnyQueue:
        """Return the job queue for a submission.

        Raises:
            ClientException: It does not exist, or is not ENABLED and VALID.
        """
        queue = self.find_queue(reference)
        if queue is None:
            raise self.does_not_exist("job-queue", reference)
        if queue.state != "ENABLED" or queue.status != "VALID":
            raise not_allowed(messages.QUEUE_NOT_ENABLED, name=queue.name)
        return queue

    def check_fair_share(self, usage: QueueUsage[JobT], share_identifier: str | None) -> None:
        """Check that a submission names a share if and only if its queue has fair shares.

        Raises:
            ClientException: A share is missing or not allowed, or too many shares are active.
        """
        if not isinstance(usage, FairShareUsage):
            if share_identifier is not None:
                raise not_allowed(messages.SHARE_ON_FIFO)
        elif share_identifier is None:
            raise not_allowed(messages.SHARE_MISSING)
        elif not usage.has_room_for(share_identifier, self.world.clock.now_ms):
            raise not_allowed(messages.TOO_MANY_ACTIVE_SHARES)

    def find_service_environment(self, reference: str) -> ServiceEnvironment | None:
        """Return the service environment that a name or an ARN means."""
        name = self.arns.name_in("service-environment", reference)
        return None if name is None else self.service_environments.get(name)

    def find_consumable(self, reference: str) -> ConsumableResource | None:
        """Return the consumable resource that a name or an ARN means."""
        return self.consumables.by_arn.get(self.arns.shown("consumable-resource", reference))

    def find_scheduling_policy(self, arn: str) -> SchedulingPolicy | None:
        """Return the scheduling policy with an ARN, not with a name (documented)."""
        name = self.arns.name_in("scheduling-policy", arn) if arn.startswith("arn:") else None
        return None if name is None else self.scheduling_policies.get(name)

    def find_quota_share(self, arn: str) -> QuotaShare[ServiceJob] | None:
        """Return the quota share with an ARN; AWS accepts no names here (documented)."""
        parts = parse_share_arn(arn)
        queue = None if parts is None else self.find_queue(parts[0])
        return queue.shares.get(parts[1]) if parts is not None and isinstance(queue, ServiceQueue) else None

    def find_service_job(self, reference: str) -> ServiceJob | None:
        """Return the service job that an id or an ARN means."""
        return self.service_jobs.get(self.arns.name_in("service-job", reference) or "")

    def may_be_gone(self, kind: str, reference: str) -> bool:
        """Return whether deleting a resource that does not exist succeeds.

        Not for an ARN of another kind, account or region, which may mean something that exists.
        """
        return self.settings.idempotent_delete and self.arns.name_in(kind, reference) is not None

    def does_not_exist(self, kind: str, reference: str) -> DoesNotExistError:
        """Return the error for a missing resource; its full ARN is in the text (observed)."""
        return DoesNotExistError(self.arns.shown(kind, reference))
