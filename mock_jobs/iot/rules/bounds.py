"""Upper bounds of AWS IoT Jobs that its model lacks, by shape name; checked together with the model's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mock_jobs.core.service_base import Bound

# Source: JobDocument, API reference (documented); the unit is bytes (observed).
MAX_DOCUMENT_BYTES: Final = 32768

MORE_BOUNDS: Final[Mapping[str, Bound]] = {
    # Source: developer guide, "Job configurations" (documented); that a higher value is a violation is observed.
    "MaxJobExecutionsPerMin": Bound(1000),
    # Source: UpdateJobExecution and CancelJobExecution, API reference (documented).
    "DetailsMap": Bound(10),
    # Source: developer guide, "Job limits" (documented).
    "DetailsValue": Bound(1024),
    # Source: CreateJob, API reference (documented).
    "DestinationPackageVersions": Bound(25),
    "JobDocument": Bound(MAX_DOCUMENT_BYTES, in_bytes=True),
    # Job ids in DescribeJobExecution of the device plane; no job can have a longer id (inferred).
    "DescribeJobExecutionJobId": Bound(64),
}
