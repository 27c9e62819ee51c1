"""Pods, and the parts of EKS environments, for several test modules."""

from __future__ import annotations

from typing import Any

from support.batch import EC2

CLUSTER = "arn:aws:eks:us-east-1:123456789012:cluster/c"
RESOURCES = {**EC2, "allocationStrategy": "BEST_FIT_PROGRESSIVE"}


def part(name: str | None = None, cpu: str = "1", **more: Any) -> dict[str, Any]:
    named = {} if name is None else {"name": name}
    return {**named, "image": "busybox", "resources": {"limits": {"cpu": cpu, "memory": "128Mi"}}, **more}


def kept(container: dict[str, Any]) -> dict[str, Any]:
    """Return a container as AWS Batch keeps it."""
    resources = {"limits": {}, "requests": {}, **container["resources"]}
    return {"command": [], "args": [], "env": [], "volumeMounts": [], **container, "resources": resources}


def kept_pod(*containers: Any, init: Any = (), **more: Any) -> dict[str, Any]:
    """Return a pod as AWS Batch keeps it."""
    shown = {"containers": [kept(each) for each in containers], "initContainers": [kept(each) for each in init]}
    return {"podProperties": {"imagePullSecrets": [], "volumes": [], **shown, **more}}


def pod(*containers: Any, **more: Any) -> dict[str, Any]:
    return {"podProperties": {"containers": list(containers), **more}}
