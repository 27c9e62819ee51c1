"""Pods, and the parts of EKS environments, for several test modules."""

from __future__ import annotations

from typing import Any

from support.batch import EC2

CLUSTER = "arn:aws:eks:us-east-1:123456789012:cluster/c"
RESOURCES = {**EC2, "allocationStrategy": "BEST_FIT_PROGRESSIVE"}


def part(name: str | None = None, cpu: str = "1", **more: Any) -> dict[str, Any]:
    named = {} if name is None else {"name": name}
    return {**named, "image": "busybox", "resources": {"limits": {"cpu": cpu, "memory": "128Mi"}}, **more}


def pod(*containers: Any, **more: Any) -> dict[str, Any]:
    return {"podProperties": {"containers": list(containers), **more}}
