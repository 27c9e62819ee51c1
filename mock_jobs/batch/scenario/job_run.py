"""What a function of a test that stands for a container is given, and how it ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

MAX_EXIT_CODE: Final = 255


@dataclass(frozen=True, slots=True)
class JobRun:
    """What a function that stands for a container is given.

    Attributes:
        job_id: Of the job, array child or node.
        job_name: Its name.
        job_queue: Name of its queue.
        job_definition: ARN of its definition.
        attempt: Number of the attempt, from 1.
        array_index: Index of an array child, else None.
        node_index: Index of a node of a multi-node parallel job, else None.
        command: The command, parameters put in.
        environment: What job definition and request set, and what AWS Batch adds.
        parameters: Those of the definition and of the request.
        timeout_seconds: How long the attempt may last, None for any time.
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
    """Raised by a function that has noticed that its attempt took longer than its timeout."""


JobFunction = Callable[[JobRun], "int | None"]
