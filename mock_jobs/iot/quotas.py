"""Quotas: how much of everything an account may have in a region."""

from __future__ import annotations

from mock_jobs.iot import messages
from mock_jobs.iot.exceptions import LimitExceededException
from mock_jobs.iot.settings import IoTSettings


def check_targets(settings: IoTSettings, job_id: str, count: int) -> None:
    """Refuse more targets of one job than it may have.

    Args:
        settings: The quotas.
        job_id: The job.
        count: How many distinct targets it would have, those that it has already included.

    Raises:
        LimitExceededException: They are too many. Source: AssociateTargetsWithJob, API reference (documented), text ours.
    """
    limit = settings.max_targets
    if limit is not None and count > limit:
        raise LimitExceededException(messages.TOO_MANY_TARGETS.format(job_id=job_id, count=count, limit=limit))
