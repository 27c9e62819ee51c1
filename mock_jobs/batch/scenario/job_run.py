"""`JobRun`: the argument of a function that runs in place of a container."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

MAX_EXIT_CODE: Final = 255


@dataclass(frozen=True, slots=True)
class JobRun:
    """An attempt of a job, passed to the function that runs in place of its container.

    Attributes:
        job_id: Id of the job, array child or node.
        job_name: Name of the job.
        job_queue: Name of the job queue.
        job_definition: ARN of the job definition.
        attempt: Number of the attempt, from 1.
        array_index: Index of an array child; None for other jobs.
        node_index: Index of a node of a multi-node parallel job; None for other jobs.
        command: Command of the container, with parameters replaced by their values; empty if there is none.
        environment: Environment variables of the job definition and of the request, and those that AWS Batch adds. Read-only.
        parameters: Parameters of the job definition and of the request. Read-only.
        timeout_seconds: Timeout of the attempt, in seconds; None if it has none.
    """

    job_id: str
    job_name: str
    job_queue: str
    job_definition: str
    attempt: int
    array_index: int | None
    node_index: int | None
    command: tuple[str, ...]
    environment: Mapping[str, str]
    parameters: Mapping[str, str]
    timeout_seconds: int | None


class AttemptTimedOut(Exception):  # noqa: N818 - no error: it is an outcome
    """Raised by a function to end its attempt as timed out.

    An attempt without a timeout fails with exit code 1 instead.
    """


JobFunction = Callable[[JobRun], "int | None"]
