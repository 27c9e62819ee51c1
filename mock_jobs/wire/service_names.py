"""Names of the services that mock_jobs answers, and their backends."""

from __future__ import annotations

# boto3's name -> module and name of the backend, pattern of the operations that are ours (the rest of `iot` is moto's).
BACKENDS = {
    "batch": ("mock_jobs.batch.backend", "BatchBackend", None),
    "iot": ("mock_jobs.iot.backend", "IoTBackend", r"Job|^(Tag|Untag)Resource$|^ListTagsForResource$"),
    "iot-jobs-data": ("mock_jobs.iot_jobs_data.backend", "IoTJobsDataBackend", None),
}

NAMES = tuple(BACKENDS)
