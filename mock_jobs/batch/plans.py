"""What jobs do when they run, as a test plans it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import translate
from typing import TYPE_CHECKING

from mock_jobs.errors import HIDDEN, UsageTypeError, UsageValueError

if TYPE_CHECKING:
    from mock_jobs.batch.job import Job

__tracebackhide__ = HIDDEN

_REASON_LENGTH = 255
_FOREVER = float("inf")


@dataclass(frozen=True, slots=True)
class JobPlan:
    """What the attempts of matching jobs do.

    Attributes:
        job_name: Pattern of the job name, with `*`, `?` and `[...]`.
        queue: Name of the job queue; None matches all.
        definition: Name of the job definition, without revision; None matches all.
        array_index: Index of an array child; None matches all jobs.
        attempt: Number of the attempt, from 1; None matches all.
        duration: Seconds from RUNNING to the end; infinity hangs until a timeout or TerminateJob ends it.
        exit_code: Exit code of the container; 0 is success.
        reason: The reason of the container, for example `OutOfMemoryError: Container killed due to memory usage`.
        host_lost: Whether the host disappears after `duration`, as with a Spot reclaim; then there is no exit code.
        start_failure: Why the container cannot start, for example `CannotPullContainerError: ...`; None if it can.
    """

    job_name: str = "*"
    queue: str | None = None
    definition: str | None = None
    array_index: int | None = None
    attempt: int | None = None
    duration: float = 0.0
    exit_code: int = 0
    reason: str | None = None
    host_lost: bool = False
    start_failure: str | None = None
    _pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_pattern", re.compile(translate(self.job_name)))
        if isinstance(self.duration, bool) or not isinstance(self.duration, (int, float)):
            msg = f"duration must be a number of seconds, got {self.duration!r}"
            raise UsageTypeError(msg)
        if not self.duration >= 0:
            msg = f"duration must not be negative, got {self.duration!r}"
            raise UsageValueError(msg)
        if isinstance(self.exit_code, bool) or not isinstance(self.exit_code, int):
            msg = f"exit_code must be a whole number, got {self.exit_code!r}"
            raise UsageTypeError(msg)
        if self.attempt is not None and self.attempt < 1:
            msg = f"attempts are numbered from 1, got {self.attempt!r}"
            raise UsageValueError(msg)
        if self.host_lost and self.start_failure is not None:
            msg = "an attempt either fails to start or loses its host: give one of start_failure and host_lost"
            raise UsageValueError(msg)
        for name, text in (("reason", self.reason), ("start_failure", self.start_failure)):
            # Source: API reference, AttemptContainerDetail.reason: at most 255 characters (documented).
            if text is not None and len(text) > _REASON_LENGTH:
                msg = f"{name} must have at most {_REASON_LENGTH} characters, got {len(text)}"
                raise UsageValueError(msg)

    @property
    def duration_ms(self) -> int | None:
        """Milliseconds from RUNNING to the end, None if it hangs."""
        return None if self.duration == _FOREVER else round(self.duration * 1000)

    def matches(self, job: Job, attempt: int) -> bool:
        """Return whether this is the plan of an attempt of a job."""
        spec = job.spec
        return (
            (self.attempt is None or self.attempt == attempt)
            and (self.array_index is None or (job.parent is not None and self.array_index == job.index))
            and (self.queue is None or self.queue == spec.queue.name)
            and (self.definition is None or self.definition == spec.definition.name)
            and self._pattern.match(spec.name) is not None
        )


SUCCESS = JobPlan()
