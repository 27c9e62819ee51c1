"""The request for SageMaker in a service job, and how many instances it needs.

Sources: API reference, SubmitServiceJob (*documented*); user guide, service quotas (*documented*); SageMaker's API reference,
ResourceConfig (*documented*). That a request without instances is rejected at once is *inferred*.
"""

from __future__ import annotations

import json

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import invalid
from mock_jobs.batch.service_jobs.capacity import is_instance_type

MAX_PAYLOAD = 10 * 1024


def read_instances(payload: str) -> dict[str, int]:
    """Return how many instances of each type a request for CreateTrainingJob needs.

    Raises:
        ClientException: The text is too long, is not a JSON object, or lacks the number or type of instances.
    """
    if len(payload.encode()) > MAX_PAYLOAD:
        raise invalid(messages.SERVICE_PAYLOAD_TOO_LARGE)
    try:
        request = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise invalid(messages.SERVICE_PAYLOAD) from error
    if not isinstance(request, dict):
        raise invalid(messages.SERVICE_PAYLOAD)
    resources = request.get("ResourceConfig")
    if not isinstance(resources, dict):
        raise invalid(messages.SERVICE_PAYLOAD_INSTANCES)
    groups = resources.get("InstanceGroups") or [resources]
    needed: dict[str, int] = {}
    for group in groups if isinstance(groups, list) else [None]:
        kind, count = (group.get("InstanceType"), group.get("InstanceCount")) if isinstance(group, dict) else (None, None)
        if not isinstance(kind, str) or not is_instance_type(kind) or not isinstance(count, int) or count < 1 or count is True:
            raise invalid(messages.SERVICE_PAYLOAD_INSTANCES)
        needed[kind] = needed.get(kind, 0) + count
    return needed
