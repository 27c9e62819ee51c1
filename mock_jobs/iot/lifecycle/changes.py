"""What the timeline of a world records about IoT jobs and their executions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from mock_jobs.core.timeline import MOST_CHANGES, Cause, Change

if TYPE_CHECKING:
    from enum import Enum

    from mock_jobs.core.world import World
    from mock_jobs.iot.records.job import Execution, Job
    from mock_jobs.iot.rules.arns import Scope

CREATED: Final = "the job was created"
DELETED: Final = "it was deleted"
ROLLOUT: Final = "the rollout reaches its thing"
JOINED: Final = "its thing has joined the targets"
RETRY: Final = "the attempt before is retried"
ABORTED: Final = "an abort criterion is met"
ENDED: Final = "its end time has come"
NO_ROOM: Final = "a quota is used up"
RETENTION: Final = "its retention time is over"


class _JobChange(NamedTuple):
    """A job as a change has left it."""

    scope: Scope
    at_ms: int
    job_id: str
    before: str | None
    after: str | None
    why: Enum | str
    comment: str | None
    cause: Cause

    def change(self) -> Change:
        """Return the change."""
        scope, why, during = self.scope, _text(self.why), str(self.cause)
        job_id, statuses = self.job_id, (self.before, self.after)
        return Change(
            self.at_ms, "iot", scope.account, scope.region, "job", job_id, job_id, job_id, *statuses, why, self.comment, during
        )


class _ExecutionChange(NamedTuple):
    """An execution as a change has left it."""

    scope: Scope
    at_ms: int
    job_id: str
    thing_name: str
    number: int
    before: str | None
    after: str | None
    why: Enum | str
    cause: Cause

    def change(self) -> Change:
        """Return the change."""
        scope, why, during = self.scope, _text(self.why), str(self.cause)
        job_id, statuses = self.job_id, (self.before, self.after)
        name = f"{self.thing_name}/{self.number}"
        return Change(
            self.at_ms, "iot", scope.account, scope.region, "execution", job_id, name, name, *statuses, why, None, during
        )


def _text(why: Enum | str) -> str:
    return why if isinstance(why, str) else str(why.value)


class Recorder:
    """Records the changes of jobs and executions of one account and region in the timeline.

    Args:
        world: Has the timeline and the clock.
        scope: Partition, region and account of the jobs.
    """

    __slots__ = ("_causes", "_changes", "_clock", "_scope")

    def __init__(self, world: World, scope: Scope) -> None:
        self._changes = world.changes
        self._causes = world.causes
        self._clock = world.clock
        self._scope = scope

    def job_changed(self, job: Job, before: str | None, why: Enum | str, *, is_gone: bool = False) -> None:
        """Record that a job was created, has another status, or was deleted.

        Args:
            job: The job as it is now.
            before: Its status before; None if it is new.
            why: The cause, in words.
            is_gone: Whether it was deleted.
        """
        after = None if is_gone else job.status
        self._changes.note(
            _JobChange(self._scope, self._clock.now_ms, job.job_id, before, after, why, job.comment, self._causes.now)
        )

    def executions_changed(self, executions: Sequence[Execution], before: str | None, after: str | None, why: Enum | str) -> None:
        """Record the same change of several executions.

        Args:
            executions: The executions, all of one job.
            before: Their status before; None if they are new.
            after: Their status now; None if they were deleted.
            why: The cause, in words.
        """
        if not executions:
            return
        last = executions[-MOST_CHANGES:]
        # Names, not records: those of a deleted job need not stay.
        rows = zip(
            repeat(self._scope),
            repeat(self._clock.now_ms),
            repeat(executions[0].job.job_id),
            map(attrgetter("thing_name"), last),
            map(attrgetter("number"), last),
            repeat(before),
            repeat(after),
            repeat(why),
            repeat(self._causes.now),
        )
        self._changes.note_all(map(_ExecutionChange._make, rows), len(executions))
