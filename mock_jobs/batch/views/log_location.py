"""The log group and stream in CloudWatch Logs for the output of an attempt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from mock_jobs.batch.records.job import Attempt, Job

DEFAULT_GROUP: Final = "/aws/batch/job"
_STREAM_NAME_LENGTH = 200


class LogLocation(NamedTuple):
    """Where the output of an attempt goes; `region` is None for the region of the job."""

    region: str | None
    group: str
    stream: str


def log_location(job: Job, attempt: Attempt) -> LogLocation | None:
    """Return where the output of an attempt goes, else None.

    There is no place if it does not run yet, or uses another log driver.
    """
    return container_log_location(job, attempt, 0 if job.spec.task is None else job.spec.task.main)


def container_log_location(job: Job, attempt: Attempt, index: int) -> LogLocation | None:
    """Return where the output of one container of an attempt goes.

    The index is that in the task; a single container has index 0. Pods of EKS write to no log stream of Batch (documented).
    """
    if attempt.started_ms is None or job.spec.pod is not None:
        return None
    task = job.spec.task
    # If there are several containers, each stream is named after its container (not documented, but known).
    configuration = (job.spec.container if task is None else task.containers[index]).get("logConfiguration")
    name = "default" if task is None else task.containers[index].get("name", "default")
    prefix = job.spec.definition.name[:_STREAM_NAME_LENGTH]
    if configuration is None:
        return LogLocation(None, DEFAULT_GROUP, f"{prefix}/{name}/{attempt.task_id}")
    if configuration["logDriver"] != "awslogs":
        return None
    options = configuration.get("options", {})
    prefix = options.get("awslogs-stream-prefix", prefix)
    group = options.get("awslogs-group", DEFAULT_GROUP)
    return LogLocation(options.get("awslogs-region"), group, f"{prefix}/{name}/{attempt.task_id}")
