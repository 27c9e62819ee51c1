"""Operations on job queues.

Sources: API reference, CreateJobQueue, UpdateJobQueue and DeleteJobQueue (*documented*); user guide, service quotas
(*documented*). That unfinished jobs of a deleted queue fail with "JobQueue deleted" is *observed*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import DoesNotExistError, invalid, not_allowed
from mock_jobs.batch.names import NAME
from mock_jobs.batch.operations.checks import check_deletable, check_tags
from mock_jobs.batch.operations.descriptions import DescribedResources
from mock_jobs.batch.queueing.job_index import JobIndex
from mock_jobs.batch.queueing.time_limits import TimeLimit, checked_time_limits
from mock_jobs.batch.records.compute_environment import ComputeEnvironment
from mock_jobs.batch.records.job_queue import ComputeQueue
from mock_jobs.batch.service_jobs.resources import ServiceEnvironment, ServiceQueue
from mock_jobs.batch.views.labels import definition_labels

if TYPE_CHECKING:
    from mypy_boto3_batch.literals import JobQueueTypeType, JQStateType, JQStatusType
    from mypy_boto3_batch.type_defs import (
        ComputeEnvironmentOrderTypeDef,
        JobQueueDetailTypeDef,
        JobStateTimeLimitActionTypeDef,
        ServiceEnvironmentOrderTypeDef,
    )

    from mock_jobs.batch.platforms import Platform, State
    from mock_jobs.batch.records.scheduling_policy import SchedulingPolicy
    from mock_jobs.batch.region import AnyQueue


MAX_QUEUES = 50
MAX_ENVIRONMENTS_OF_QUEUE = 3
MAX_SERVICE_ENVIRONMENTS_OF_QUEUE = 1
MAX_QUEUES_OF_QUOTAS = 1

_KINDS: Mapping[Platform, JobQueueTypeType] = {
    "EC2": "ECS",
    "FARGATE": "ECS_FARGATE",
    "MANAGED_INSTANCES": "ECS_MANAGED_INSTANCES",
    "EKS": "EKS",
}

_Order = list[tuple[int, ComputeEnvironment]]
_ServiceOrder = list[tuple[int, ServiceEnvironment]]


class _Common(TypedDict):
    """The arguments that both kinds of job queues share."""

    number: int
    name: str
    arn: str
    state: State
    status: JQStatusType
    priority: int
    kind: JobQueueTypeType
    tags: dict[str, str]
    policy: SchedulingPolicy | None
    time_limits: tuple[TimeLimit, ...]


class JobQueueOperations(DescribedResources):
    """The operations on job queues."""

    def create_job_queue(
        self,
        *,
        job_queue_name: str,
        priority: int,
        state: JQStateType | None = None,
        scheduling_policy_arn: str | None = None,
        compute_environment_order: Sequence[ComputeEnvironmentOrderTypeDef] | None = None,
        service_environment_order: Sequence[ServiceEnvironmentOrderTypeDef] | None = None,
        job_queue_type: JobQueueTypeType | None = None,
        tags: Mapping[str, str] | None = None,
        job_state_time_limit_actions: Sequence[JobStateTimeLimitActionTypeDef] | None = None,
    ) -> dict[str, str]:
        """Create a job queue, on compute environments or on a service environment.

        It is first in, first out unless it has a scheduling policy.
        """
        if NAME.fullmatch(job_queue_name) is None:
            raise invalid(messages.JOB_QUEUE_NAME)
        if priority < 0:
            raise invalid(messages.NEGATIVE_PRIORITY)
        check_tags(tags)
        if job_queue_name in self.queues:
            raise not_allowed(messages.ALREADY_EXISTS)
        if compute_environment_order and service_environment_order:
            raise invalid(messages.BOTH_ORDERS)
        service_order = self._checked_service_order(service_environment_order) if service_environment_order else []
        order = [] if service_order else self._checked_order(compute_environment_order or [])
        kind = _kind(order)
        policy = None if scheduling_policy_arn is None else self._checked_policy(scheduling_policy_arn, kind)
        has_quotas = policy is not None and policy.quota_share is not None
        if service_order:
            _check_units(service_order[0][1], has_quotas=has_quotas)
        if job_queue_type is not None and job_queue_type != kind:
            raise invalid(messages.QUEUE_TYPE, given=job_queue_type, derived=kind)
        limits = checked_time_limits(job_state_time_limit_actions or (), is_for_service_jobs=bool(service_order))
        if len(self.queues) >= MAX_QUEUES:
            raise invalid(messages.JOB_QUEUE_QUOTA)
        common: _Common = {
            "number": self.next_number(),
            "name": job_queue_name,
            "arn": self.arns.of("job-queue", job_queue_name),
            "state": state or "ENABLED",
            "status": "CREATING",
            "priority": priority,
            "kind": kind,
            "tags": dict(tags or {}),
            "policy": policy,
            "time_limits": limits,
        }
        queue: AnyQueue
        if service_order:
            queue = ServiceQueue(order=service_order, has_quotas=has_quotas, **common)
        else:
            queue = ComputeQueue(order=order, index=JobIndex(definition_labels), **common)
        if policy is not None and policy.fair_share is not None:
            queue.share_fairly(policy.fair_share, self.settings)
        _attach(queue)
        self.queues[queue.name] = queue
        self._enlist(queue)
        self.change(queue, self.settings.job_queue_create_seconds, lambda: self._settle_queue(queue))
        return {"jobQueueName": queue.name, "jobQueueArn": queue.arn}

    def describe_job_queues(
        self, *, job_queues: Sequence[str] | None = None, max_results: int | None = None, next_token: str | None = None
    ) -> dict[str, object]:
        """Return the named job queues, or a page of all."""
        return self.described(
            self.queues,
            "JobQueues",
            job_queues,
            max_results,
            next_token,
            find=self.find_queue,
            view=_detail,
            what="job queues",
        )

    def update_job_queue(
        self,
        *,
        job_queue: str,
        state: JQStateType | None = None,
        scheduling_policy_arn: str | None = None,
        priority: int | None = None,
        compute_environment_order: Sequence[ComputeEnvironmentOrderTypeDef] | None = None,
        service_environment_order: Sequence[ServiceEnvironmentOrderTypeDef] | None = None,
        job_state_time_limit_actions: Sequence[JobStateTimeLimitActionTypeDef] | None = None,
    ) -> dict[str, str]:
        """Change the given members of a job queue.

        A list of environments replaces the whole list.
        """
        if priority is not None and priority < 0:
            raise invalid(messages.NEGATIVE_PRIORITY)
        queue = self.find_queue(job_queue)
        if queue is None:
            raise self.does_not_exist("job-queue", job_queue)
        if queue.status in ("CREATING", "UPDATING", "DELETING"):
            raise not_allowed(messages.BEING_DELETED_OR_CHANGED)
        if compute_environment_order is not None and service_environment_order is not None:
            raise invalid(messages.BOTH_ORDERS)
        order: _Order = []
        service_order: _ServiceOrder = []
        if service_environment_order is not None:
            if not isinstance(queue, ServiceQueue):
                raise not_allowed(messages.OTHER_ENVIRONMENTS, member="serviceEnvironmentOrder", type=queue.kind)
            service_order = self._checked_service_order(service_environment_order)
            if service_order[0][1] is not queue.environment:
                _check_units(service_order[0][1], has_quotas=queue.has_quotas)
        if compute_environment_order is not None:
            if isinstance(queue, ServiceQueue):
                raise not_allowed(messages.OTHER_ENVIRONMENTS, member="computeEnvironmentOrder", type=queue.kind)
            order = self._checked_order(compute_environment_order)
            if _kind(order) != queue.kind:
                raise not_allowed(messages.MIXED_ENVIRONMENTS)
        policy = queue.policy if scheduling_policy_arn is None else self._replacing_policy(scheduling_policy_arn, queue)
        limits = queue.time_limits
        if job_state_time_limit_actions is not None:
            limits = checked_time_limits(job_state_time_limit_actions, is_for_service_jobs=isinstance(queue, ServiceQueue))
        _detach(queue)
        queue.policy = policy
        if isinstance(queue, ServiceQueue):
            queue.order = service_order or queue.order
        else:
            queue.order = order or queue.order
        _attach(queue)
        if policy is not None and policy.fair_share is not None:
            queue.change_share_rules(policy.fair_share)
        if limits != queue.time_limits:
            queue.time_limits = limits
            self._limit_time(queue)
        queue.state = state or queue.state
        if priority is not None:
            queue.priority = priority
        queue.status = "UPDATING"
        self._enlist(queue)
        self.change(queue, self.settings.job_queue_update_seconds, lambda: self._settle_queue(queue))
        return {"jobQueueName": queue.name, "jobQueueArn": queue.arn}

    def delete_job_queue(self, *, job_queue: str) -> None:
        """Delete a job queue that is DISABLED.

        Its unfinished jobs fail at once; the records of its jobs stay.
        """
        queue = self.find_queue(job_queue)
        if queue is None:
            if self.may_be_gone("job-queue", job_queue):
                return
            raise self.does_not_exist("job-queue", job_queue)
        if check_deletable(queue.state, queue.status) == "deleting":
            return
        queue.status = "DELETING"
        if isinstance(queue, ServiceQueue):
            self.service_lifecycle.delete_with_queue(queue.index.unfinished())
            self.service_lifecycle.scheduler.remove_queue(queue)
        else:
            self.lifecycle.delete_with_queue(queue.index.unfinished())
            self.lifecycle.scheduler.remove_queue(queue)
        self.change(queue, self.settings.job_queue_delete_seconds, lambda: self._drop_queue(queue))

    def _checked_order(self, given: Sequence[ComputeEnvironmentOrderTypeDef]) -> _Order:
        if not given:
            raise not_allowed(messages.NO_COMPUTE_ENVIRONMENT)
        if len(given) > MAX_ENVIRONMENTS_OF_QUEUE:
            raise invalid(messages.TOO_MANY_COMPUTE_ENVIRONMENTS)
        if len({entry["order"] for entry in given}) < len(given):
            raise invalid(messages.ORDER_NOT_DISTINCT)
        order: _Order = []
        for entry in sorted(given, key=lambda each: each["order"]):
            environment = self.find_environment(entry["computeEnvironment"])
            if environment is None:
                raise self.does_not_exist("compute-environment", entry["computeEnvironment"])
            order.append((entry["order"], environment))
        if len({environment.name for _, environment in order}) < len(order):
            raise invalid(messages.ORDER_NOT_DISTINCT)
        for _, environment in order:
            if environment.status != "VALID":
                raise not_allowed(messages.NOT_VALID_YET, arn=environment.arn)
        if len({environment.platform for _, environment in order}) > 1:
            raise not_allowed(messages.MIXED_ENVIRONMENTS)
        return order

    def _checked_service_order(self, given: Sequence[ServiceEnvironmentOrderTypeDef]) -> _ServiceOrder:
        if not given:
            raise invalid(messages.NO_SERVICE_ENVIRONMENT)
        if len(given) > MAX_SERVICE_ENVIRONMENTS_OF_QUEUE:
            raise invalid(messages.TOO_MANY_SERVICE_ENVIRONMENTS)
        order: _ServiceOrder = []
        for entry in given:
            environment = self.find_service_environment(entry["serviceEnvironment"])
            if environment is None:
                raise self.does_not_exist("service-environment", entry["serviceEnvironment"])
            if environment.status != "VALID":
                raise not_allowed(messages.NOT_VALID_YET, arn=environment.arn)
            order.append((entry["order"], environment))
        return order

    def _checked_policy(self, arn: str, kind: JobQueueTypeType) -> SchedulingPolicy:
        if not arn:
            raise invalid(messages.EMPTY, member="schedulingPolicyArn")
        policy = self.find_scheduling_policy(arn)
        if policy is None:
            raise DoesNotExistError(arn)
        if policy.quota_share is not None:
            if kind != "SAGEMAKER_TRAINING":
                raise not_allowed(messages.QUOTA_POLICY_QUEUE)
            return policy
        return policy

    def _replacing_policy(self, arn: str, queue: AnyQueue) -> SchedulingPolicy:
        if queue.policy is None:
            raise not_allowed(messages.POLICY_NOT_ADDABLE)
        if not arn:
            raise not_allowed(messages.POLICY_NOT_REMOVABLE)
        policy = self._checked_policy(arn, queue.kind)
        if (policy.fair_share is None) != (queue.policy.fair_share is None):
            raise not_allowed(messages.POLICY_OF_OTHER_KIND)
        return policy

    def _enlist(self, queue: AnyQueue) -> None:
        if isinstance(queue, ServiceQueue):
            self.service_lifecycle.scheduler.add_queue(queue)
        else:
            self.lifecycle.scheduler.add_queue(queue)

    def _limit_time(self, queue: AnyQueue) -> None:
        if isinstance(queue, ServiceQueue):
            for wait_queue in queue.wait_queues:
                self.service_lifecycle.scheduler.heads.limit_time(wait_queue, queue.time_limits)
        else:
            self.lifecycle.scheduler.heads.limit_time(queue, queue.time_limits)

    def _settle_queue(self, queue: AnyQueue) -> None:
        queue.status = "VALID"
        lifecycle = self.service_lifecycle if isinstance(queue, ServiceQueue) else self.lifecycle
        lifecycle.scheduler.look_again()

    def _drop_queue(self, queue: AnyQueue) -> None:
        _detach(queue)
        del self.queues[queue.name]


def _check_units(environment: ServiceEnvironment, *, has_quotas: bool) -> None:
    """Reject a service environment that does not fit a job queue.

    Its capacity units must match the queue's policy; with quota shares, no other queue may use it.
    """
    if environment.counts_types != has_quotas:
        raise not_allowed(messages.QUOTA_POLICY_UNITS)
    if has_quotas and environment.queues >= MAX_QUEUES_OF_QUOTAS:
        raise not_allowed(messages.QUOTA_ENVIRONMENT_IN_USE, arn=environment.arn)


def _kind(order: _Order) -> JobQueueTypeType:
    # Inferred from the list of types; a queue without compute environments has a service environment.
    if not order:
        return "SAGEMAKER_TRAINING"
    return _KINDS[order[0][1].platform]


def _attach(queue: AnyQueue) -> None:
    _count(queue, 1)


def _detach(queue: AnyQueue) -> None:
    _count(queue, -1)


def _count(queue: AnyQueue, change: int) -> None:
    for _, environment in queue.order:
        environment.queues += change
    if queue.policy is not None:
        queue.policy.queues += change


def _detail(queue: AnyQueue) -> JobQueueDetailTypeDef:
    detail: JobQueueDetailTypeDef = {
        "jobQueueName": queue.name,
        "jobQueueArn": queue.arn,
        "state": queue.state,
        "status": queue.status,
        "priority": queue.priority,
        "computeEnvironmentOrder": [],
        "jobQueueType": queue.kind,
        "tags": dict(queue.tags),
    }
    if isinstance(queue, ServiceQueue):
        detail["serviceEnvironmentOrder"] = [
            {"order": order, "serviceEnvironment": environment.arn} for order, environment in queue.order
        ]
    else:
        detail["computeEnvironmentOrder"] = [
            {"order": order, "computeEnvironment": environment.arn} for order, environment in queue.order
        ]
    if queue.policy is not None:
        detail["schedulingPolicyArn"] = queue.policy.arn
    if queue.time_limits:
        detail["jobStateTimeLimitActions"] = [limit.shape() for limit in queue.time_limits]
    if queue.status == "VALID":
        detail["statusReason"] = messages.QUEUE_HEALTHY
    return detail
