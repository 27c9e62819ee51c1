"""Tasks of ECS for several test modules."""

from __future__ import annotations

from typing import Any


def part(name: str | None, vcpus: str = "1", memory: str = "128", **more: Any) -> dict[str, Any]:
    requirements = [{"type": "VCPU", "value": vcpus}, {"type": "MEMORY", "value": memory}]
    named = {} if name is None else {"name": name}
    return {**named, "image": "busybox", "resourceRequirements": requirements, **more}


def properties(*containers: Any, **task: Any) -> dict[str, Any]:
    return {"taskProperties": [{"containers": list(containers), **task}]}
