"""Pods, and environments of EKS, for several test modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support.batch import EC2

if TYPE_CHECKING:
    from mypy_boto3_batch.client import BatchClient

CLUSTER = "arn:aws:eks:us-east-1:123456789012:cluster/c"
RESOURCES = {**EC2, "allocationStrategy": "BEST_FIT_PROGRESSIVE"}


def make_eks_environment(batch: BatchClient, name: str = "ce", **more: Any) -> None:
    arguments = {
        "type": "MANAGED",
        "computeResources": RESOURCES,
        "eksConfiguration": {"eksClusterArn": CLUSTER, "kubernetesNamespace": "jobs"},
    }
    batch.create_compute_environment(computeEnvironmentName=name, **{**arguments, **more})


def part(name: str | None = None, cpu: str = "1", **more: Any) -> dict[str, Any]:
    named = {} if name is None else {"name": name}
    return {**named, "image": "busybox", "resources": {"limits": {"cpu": cpu, "memory": "128Mi"}}, **more}


def pod(*containers: Any, **more: Any) -> dict[str, Any]:
    return {"podProperties": {"containers": list(containers), **more}}
