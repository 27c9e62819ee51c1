"""A small installation for service jobs: an environment of instances, a queue, and shorthands to use them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from support.batch import PREFIX

if TYPE_CHECKING:
    from mypy_boto3_batch.client import BatchClient

NUM_INSTANCES = "NUM_INSTANCES"
M5 = "ml.m5.large"


def limit(most: int, unit: str = NUM_INSTANCES) -> dict[str, Any]:
    return {"maxCapacity": most, "capacityUnit": unit}


def make_service_environment(batch: BatchClient, name: str = "se", *limits: dict[str, Any], **more: Any) -> str:
    created = batch.create_service_environment(
        serviceEnvironmentName=name,
        serviceEnvironmentType="SAGEMAKER_TRAINING",
        capacityLimits=cast("Any", limits or [limit(4)]),
        **more,
    )
    return created["serviceEnvironmentArn"]


def make_service_queue(batch: BatchClient, name: str = "sq", environment: str = "se", *, priority: int = 1, **more: Any) -> str:
    order: Any = [{"order": 1, "serviceEnvironment": environment}]
    return batch.create_job_queue(jobQueueName=name, priority=priority, serviceEnvironmentOrder=order, **more)["jobQueueArn"]


def make_service_site(batch: BatchClient, *, instances: int = 4) -> None:
    make_service_environment(batch, "se", limit(instances))
    make_service_queue(batch)


def make_quota_policy(batch: BatchClient, name: str = "quotas") -> str:
    return batch.create_scheduling_policy(name=name, quotaSharePolicy={"idleResourceAssignmentStrategy": "FIFO"})["arn"]


def make_quota_site(batch: BatchClient, *limits: dict[str, Any], **more: Any) -> None:
    """Make a service environment with limits for instance types, and a queue `sq` that divides it into quota shares."""
    make_service_environment(batch, "se", *limits or [limit(4, M5)])
    make_service_queue(batch, schedulingPolicyArn=make_quota_policy(batch), **more)


def make_share(
    batch: BatchClient,
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
    return batch.create_quota_share(**arguments)["quotaShareArn"]


def payload(instances: int = 1, instance_type: str = M5, **more: Any) -> str:
    """Return a request for CreateTrainingJob."""
    resources = {"InstanceType": instance_type, "InstanceCount": instances, "VolumeSizeInGB": 1}
    return json.dumps({"ResourceConfig": resources, **more})


def submit_service(batch: BatchClient, name: str = "train", instances: int = 1, **more: Any) -> str:
    """Submit a service job to queue `sq` and return its id."""
    arguments = {
        "jobName": name,
        "jobQueue": "sq",
        "serviceJobType": "SAGEMAKER_TRAINING",
        "serviceRequestPayload": payload(instances),
        **more,
    }
    return batch.submit_service_job(**arguments)["jobId"]


def service_detail(batch: BatchClient, job_id: str) -> dict[str, Any]:
    answer: Any = batch.describe_service_job(jobId=job_id)
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def service_status(batch: BatchClient, job_id: str) -> str:
    return batch.describe_service_job(jobId=job_id)["status"]


def service_statuses(batch: BatchClient, *job_ids: str) -> list[str]:
    return [service_status(batch, job_id) for job_id in job_ids]


SERVICE_QUEUE = f"{PREFIX}job-queue/sq"
