"""The record of a job template."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_iot.type_defs import MaintenanceWindowTypeDef

    from mock_jobs.iot.documents import JobDocument
    from mock_jobs.iot.job_configs import JobConfigs


@dataclass(slots=True, eq=False)
class JobTemplate:
    """A job template.

    Attributes:
        sequence: Counts the templates of the account and region; the order of their creation.
        template_id: Its id.
        arn: Its ARN.
        description: Its description.
        document: The document of the jobs that are made from it.
        configs: Their configurations.
        maintenance_windows: When their rollout may go on.
        created_at_ms: When it was created.
        tags: Its tags.
    """

    sequence: int
    template_id: str
    arn: str
    description: str
    document: JobDocument
    configs: JobConfigs
    maintenance_windows: Sequence[MaintenanceWindowTypeDef]
    created_at_ms: int
    tags: dict[str, str] = field(default_factory=dict)
