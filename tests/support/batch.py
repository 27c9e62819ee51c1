"""A small AWS Batch installation for tests: one environment, one queue, one definition, and shorthands to use them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_batch.client import BatchClient
    from mypy_boto3_batch.type_defs import JobDetailTypeDef

ACCOUNT = "123456789012"
PREFIX = f"arn:aws:batch:us-east-1:{ACCOUNT}:"
UNKNOWN_ID = "11111111-2222-4333-8444-555555555555"
EC2 = {
    "type": "EC2",
    "minvCpus": 0,
    "maxvCpus": 16,
    "instanceTypes": ["optimal"],
    "subnets": ["subnet-1"],
    "instanceRole": "ecsInstanceRole",
}
FARGATE = {"type": "FARGATE", "maxvCpus": 16, "subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]}
MANAGED: dict[str, Any] = {
    "type": "ECS_MANAGED_INSTANCES",
    "maxvCpus": 16,
    "managedInstancesProvider": {
        "infrastructureRoleArn": "arn:aws:iam::123456789012:role/x",
        "instanceLaunchTemplate": {
            "ec2InstanceProfileArn": "arn:aws:iam::123456789012:instance-profile/x",
            "networkConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]},
        },
    },
}
FARGATE_CONTAINER = {
    "image": "busybox",
    "executionRoleArn": "arn:aws:iam::123456789012:role/x",
    "resourceRequirements": [{"type": "VCPU", "value": "0.25"}, {"type": "MEMORY", "value": "512"}],
}


def make_environment(batch: BatchClient, name: str = "ce", *, max_vcpus: int = 16, **changes: Any) -> str:
    resources: Any = {**EC2, "maxvCpus": max_vcpus, **changes}
    created = batch.create_compute_environment(computeEnvironmentName=name, type="MANAGED", computeResources=resources)
    return created["computeEnvironmentArn"]


def make_queue(
    batch: BatchClient, name: str = "q", environments: tuple[str, ...] = ("ce",), *, priority: int = 1, **more: Any
) -> str:
    order: Any = [{"order": place, "computeEnvironment": each} for place, each in enumerate(environments, 1)]
    return batch.create_job_queue(jobQueueName=name, priority=priority, computeEnvironmentOrder=order, **more)["jobQueueArn"]


def container(vcpus: float = 1, **more: Any) -> dict[str, Any]:
    requirements = [{"type": "VCPU", "value": str(vcpus)}, {"type": "MEMORY", "value": "128"}]
    return {"image": "busybox", "resourceRequirements": requirements, **more}


def make_definition(batch: BatchClient, name: str = "d", *, vcpus: float = 1, **more: Any) -> str:
    properties = more.pop("containerProperties", container(vcpus))
    registered = batch.register_job_definition(jobDefinitionName=name, type="container", containerProperties=properties, **more)
    return registered["jobDefinitionArn"]


def make_policy(batch: BatchClient, name: str = "fair", **policy: Any) -> str:
    return batch.create_scheduling_policy(name=name, fairsharePolicy=cast("Any", policy))["arn"]


def make_fair_site(batch: BatchClient, *, max_vcpus: int = 16, **policy: Any) -> None:
    """Make what `make_queue_and_definition` makes, but with fair shares in the queue."""
    make_environment(batch, max_vcpus=max_vcpus)
    make_queue(batch, schedulingPolicyArn=make_policy(batch, **policy))
    make_definition(batch)


def make_nodes(
    batch: BatchClient, name: str = "m", *, num_nodes: int = 3, main_node: int = 0, ranges: Any = None, **more: Any
) -> str:
    """Register a definition of a multi-node parallel job; by default all nodes need 2 vCPUs."""
    entries = [{"targetNodes": "0:", "container": container(2)}] if ranges is None else ranges
    properties: Any = {"numNodes": num_nodes, "mainNode": main_node, "nodeRangeProperties": entries}
    registered = batch.register_job_definition(jobDefinitionName=name, type="multinode", nodeProperties=properties, **more)
    return registered["jobDefinitionArn"]


def make_queue_and_definition(batch: BatchClient, *, max_vcpus: int = 16) -> None:
    make_environment(batch, max_vcpus=max_vcpus)
    make_queue(batch)
    make_definition(batch)


def submit(
    batch: BatchClient, name: str = "job", *, vcpus: int | None = None, size: int | None = None, after: Any = (), **more: Any
) -> str:
    """Submit a job to queue `q` with definition `d` and return its id."""
    if vcpus is not None:
        more["containerOverrides"] = {"resourceRequirements": [{"type": "VCPU", "value": str(vcpus)}]}
    if size is not None:
        more["arrayProperties"] = {"size": size}
    if after:
        more["dependsOn"] = [{"jobId": each} if isinstance(each, str) else each for each in after]
    return batch.submit_job(**{"jobName": name, "jobQueue": "q", "jobDefinition": "d", **more})["jobId"]


def detail(batch: BatchClient, job_id: str) -> JobDetailTypeDef:
    (job,) = batch.describe_jobs(jobs=[job_id])["jobs"]
    return job


def status(batch: BatchClient, job_id: str) -> str:
    return detail(batch, job_id)["status"]


def statuses(batch: BatchClient, *job_ids: str) -> list[str]:
    return [job["status"] for job in batch.describe_jobs(jobs=list(job_ids))["jobs"]]


def children(batch: BatchClient, array_id: str, size: int) -> list[JobDetailTypeDef]:
    return batch.describe_jobs(jobs=[f"{array_id}:{index}" for index in range(size)])["jobs"]


def nodes(batch: BatchClient, job_id: str, count: int = 3) -> list[JobDetailTypeDef]:
    return batch.describe_jobs(jobs=[f"{job_id}#{index}" for index in range(count)])["jobs"]


def summary(batch: BatchClient, array_id: str) -> dict[str, int]:
    """Return the summary of an array without its zeros."""
    counts = detail(batch, array_id)["arrayProperties"]["statusSummary"]
    return {status: count for status, count in counts.items() if count}


def reach(mock: Any, job_id: str, wanted: str) -> None:
    """Step a job until it has a status."""
    for _ in range(20):
        (now,) = [mock.batch.step(job_id)]
        if now == wanted:
            return
    raise AssertionError(f"{job_id} never was {wanted}")


def refusal(call: Any, **arguments: Any) -> str:
    """Make a call that must be refused as a client's mistake, and return the text without its wrapping."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response
    assert error["Error"]["Code"] == "ClientException"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 400
    text = error["Error"]["Message"]
    start, end = "Error executing request, Exception : ", f", RequestId: {error['ResponseMetadata']['RequestId']}"
    return text[len(start) : -len(end)] if text.startswith(start) and text.endswith(end) else text


class Timeline:
    """The clock of a test that stands still between its steps; zero is the moment of its making."""

    def __init__(self, mock: Any) -> None:
        mock.batch.pace = "clock"
        mock.clock.freeze()
        self._clock = mock.clock
        self._start_ms = mock.clock.now_ms

    def go_to(self, seconds: float) -> None:
        self._clock.advance(self._start_ms / 1000 + seconds - self._clock.now_s)

    def seconds(self, at_ms: int | None) -> float | None:
        return None if at_ms is None else (at_ms - self._start_ms) / 1000

    def span(self, job: Mapping[str, Any]) -> tuple[float | None, float | None]:
        """Return when a job started and stopped."""
        return self.seconds(job.get("startedAt")), self.seconds(job.get("stoppedAt"))
