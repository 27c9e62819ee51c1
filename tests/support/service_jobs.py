"""Capacity and requests of service jobs."""

from __future__ import annotations

import json
from typing import Any

from support.batch import PREFIX

NUM_INSTANCES = "NUM_INSTANCES"
M5 = "ml.m5.large"


def limit(most: int, unit: str = NUM_INSTANCES) -> dict[str, Any]:
    return {"maxCapacity": most, "capacityUnit": unit}


def payload(instances: int = 1, instance_type: str = M5, **more: Any) -> str:
    """Return a request for CreateTrainingJob."""
    resources = {"InstanceType": instance_type, "InstanceCount": instances, "VolumeSizeInGB": 1}
    return json.dumps({"ResourceConfig": resources, **more})


SERVICE_QUEUE = f"{PREFIX}job-queue/sq"
