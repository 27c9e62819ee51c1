"""A helper for one account and region of AWS Batch: creates resources, submits jobs, and reads their results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from support.batch import EC2, container
from support.pods import CLUSTER, RESOURCES
from support.service_jobs import M5, limit, payload

if TYPE_CHECKING:
    from mypy_boto3_batch.client import BatchClient
    from mypy_boto3_batch.type_defs import JobDetailTypeDef

    from mock_jobs import MockJobs


class Site:
    """One account and region of AWS Batch, empty at first; all by way of boto3.

    By default the methods speak of one environment `ce`, one queue `q` and one definition `d`, for service jobs of one
    environment `se` and one queue `sq`.

    Attributes:
        batch: The client.
        mock: Whose jobs `reach` moves; nothing else needs it.
    """

    def __init__(self, batch: BatchClient, mock: MockJobs | None = None) -> None:
        self.batch = batch
        self.mock = mock

    def make_environment(self, name: str = "ce", *, max_vcpus: int = 16, **changes: Any) -> str:
        resources: Any = {**EC2, "maxvCpus": max_vcpus, **changes}
        created = self.batch.create_compute_environment(computeEnvironmentName=name, type="MANAGED", computeResources=resources)
        return created["computeEnvironmentArn"]

    def make_eks_environment(self, name: str = "ce", **more: Any) -> None:
        arguments = {
            "type": "MANAGED",
            "computeResources": RESOURCES,
            "eksConfiguration": {"eksClusterArn": CLUSTER, "kubernetesNamespace": "jobs"},
        }
        self.batch.create_compute_environment(computeEnvironmentName=name, **{**arguments, **more})

    def make_queue(self, name: str = "q", environments: tuple[str, ...] = ("ce",), *, priority: int = 1, **more: Any) -> str:
        order: Any = [{"order": place, "computeEnvironment": each} for place, each in enumerate(environments, 1)]
        return self.batch.create_job_queue(jobQueueName=name, priority=priority, computeEnvironmentOrder=order, **more)[
            "jobQueueArn"
        ]

    def make_definition(self, name: str = "d", *, vcpus: float = 1, **more: Any) -> str:
        properties = more.pop("containerProperties", container(vcpus))
        registered = self.batch.register_job_definition(
            jobDefinitionName=name, type="container", containerProperties=properties, **more
        )
        return registered["jobDefinitionArn"]

    def make_policy(self, name: str = "fair", **policy: Any) -> str:
        return self.batch.create_scheduling_policy(name=name, fairsharePolicy=cast("Any", policy))["arn"]

    def make_fair_queue_and_definition(self, *, max_vcpus: int = 16, **policy: Any) -> None:
        """Make what `make_queue_and_definition` makes, but with fair shares in the queue."""
        self.make_environment(max_vcpus=max_vcpus)
        self.make_queue(schedulingPolicyArn=self.make_policy(**policy))
        self.make_definition(schedulingPriority=0)

    def make_nodes(self, name: str = "m", *, num_nodes: int = 3, main_node: int = 0, ranges: Any = None, **more: Any) -> str:
        """Register a definition of a multi-node parallel job; by default all nodes need 2 vCPUs."""
        entries = [{"targetNodes": "0:", "container": container(2)}] if ranges is None else ranges
        properties: Any = {"numNodes": num_nodes, "mainNode": main_node, "nodeRangeProperties": entries}
        registered = self.batch.register_job_definition(
            jobDefinitionName=name, type="multinode", nodeProperties=properties, **more
        )
        return registered["jobDefinitionArn"]

    def make_queue_and_definition(self, *, max_vcpus: int = 16) -> None:
        self.make_environment(max_vcpus=max_vcpus)
        self.make_queue()
        self.make_definition()

    def submit(
        self, name: str = "job", *, vcpus: int | None = None, size: int | None = None, after: Any = (), **more: Any
    ) -> str:
        """Submit a job to queue `q` with definition `d` and return its id."""
        if vcpus is not None:
            more["containerOverrides"] = {"resourceRequirements": [{"type": "VCPU", "value": str(vcpus)}]}
        if size is not None:
            more["arrayProperties"] = {"size": size}
        if after:
            more["dependsOn"] = [{"jobId": each} if isinstance(each, str) else each for each in after]
        return self.batch.submit_job(**{"jobName": name, "jobQueue": "q", "jobDefinition": "d", **more})["jobId"]

    def detail(self, job_id: str) -> JobDetailTypeDef:
        (job,) = self.batch.describe_jobs(jobs=[job_id])["jobs"]
        return job

    def status(self, job_id: str) -> str:
        return self.detail(job_id)["status"]

    def statuses(self, *job_ids: str) -> list[str]:
        return [job["status"] for job in self.batch.describe_jobs(jobs=list(job_ids))["jobs"]]

    def children(self, array_id: str, size: int) -> list[JobDetailTypeDef]:
        return self.batch.describe_jobs(jobs=[f"{array_id}:{index}" for index in range(size)])["jobs"]

    def nodes(self, job_id: str, count: int = 3) -> list[JobDetailTypeDef]:
        return self.batch.describe_jobs(jobs=[f"{job_id}#{index}" for index in range(count)])["jobs"]

    def summary(self, array_id: str) -> dict[str, int]:
        """Return the summary of an array without its zeros."""
        counts = self.detail(array_id)["arrayProperties"]["statusSummary"]
        return {status: count for status, count in counts.items() if count}

    def reach(self, job_id: str, wanted: str) -> None:
        """Step a job until it has a status."""
        assert self.mock is not None
        for _ in range(20):
            (now,) = [self.mock.batch.step(job_id)]
            if now == wanted:
                return
        raise AssertionError(f"{job_id} never was {wanted}")

    def make_service_environment(self, name: str = "se", *limits: dict[str, Any], **more: Any) -> str:
        created = self.batch.create_service_environment(
            serviceEnvironmentName=name,
            serviceEnvironmentType="SAGEMAKER_TRAINING",
            capacityLimits=cast("Any", limits or [limit(4)]),
            **more,
        )
        return created["serviceEnvironmentArn"]

    def make_service_queue(self, name: str = "sq", environment: str = "se", *, priority: int = 1, **more: Any) -> str:
        order: Any = [{"order": 1, "serviceEnvironment": environment}]
        return self.batch.create_job_queue(jobQueueName=name, priority=priority, serviceEnvironmentOrder=order, **more)[
            "jobQueueArn"
        ]

    def make_service_queue_and_environment(self, *, instances: int = 4) -> None:
        self.make_service_environment("se", limit(instances))
        self.make_service_queue()

    def make_quota_policy(self, name: str = "quotas") -> str:
        return self.batch.create_scheduling_policy(name=name, quotaSharePolicy={"idleResourceAssignmentStrategy": "FIFO"})["arn"]

    def make_quota_queue_and_environment(self, *limits: dict[str, Any], **more: Any) -> None:
        """Make a service environment with limits for instance types, and a queue `sq` that divides it into quota shares."""
        self.make_service_environment("se", *limits or [limit(4, M5)])
        self.make_service_queue(schedulingPolicyArn=self.make_quota_policy(), **more)

    def make_share(
        self,
        name: str,
        instances: int = 2,
        strategy: str = "LEND",
        *,
        borrow: int | None = None,
        preempts: bool = False,
        **more: Any,
    ) -> str:
        sharing: dict[str, Any] = {"strategy": strategy}
        if borrow is not None:
            sharing["borrowLimit"] = borrow
        arguments = {
            "quotaShareName": name,
            "jobQueue": "sq",
            "capacityLimits": [limit(instances, M5)],
            "resourceSharingConfiguration": sharing,
            "preemptionConfiguration": {"inSharePreemption": "ENABLED" if preempts else "DISABLED"},
            **more,
        }
        return self.batch.create_quota_share(**arguments)["quotaShareArn"]

    def submit_service(self, name: str = "train", instances: int = 1, **more: Any) -> str:
        """Submit a service job to queue `sq` and return its id."""
        arguments = {
            "jobName": name,
            "jobQueue": "sq",
            "serviceJobType": "SAGEMAKER_TRAINING",
            "serviceRequestPayload": payload(instances),
            **more,
        }
        return self.batch.submit_service_job(**arguments)["jobId"]

    def service_detail(self, job_id: str) -> dict[str, Any]:
        answer: Any = self.batch.describe_service_job(jobId=job_id)
        return {name: value for name, value in answer.items() if name != "ResponseMetadata"}

    def service_status(self, job_id: str) -> str:
        return self.batch.describe_service_job(jobId=job_id)["status"]

    def service_statuses(self, *job_ids: str) -> list[str]:
        return [self.service_status(job_id) for job_id in job_ids]
