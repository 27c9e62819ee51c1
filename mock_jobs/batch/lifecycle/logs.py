"""Where the output of containers goes: into CloudWatch Logs, a stream for each attempt.

Sources: user guide, "Job states" (log group and stream) and "Use the awslogs log driver" (its options), *documented*. *Inferred*: other
drivers have no stream; a group that is missing is made, whatever `awslogs-create-group` says; empty lines are dropped.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mock_jobs.batch.views.log_location import container_log_location

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mock_jobs.batch.records.job import Job, LogEvent, RunningAttempt
    from mock_jobs.core.world import World


class LogWriter:
    """Writes what the containers of one account and region say.

    Streams are made, and lines of running containers written, when they are about to be read: jobs are many, and few are asked for
    their logs. What an attempt said is written when it ends, for those to whom CloudWatch Logs passes it on.

    Args:
        world: Its clock and ports.
        account: Account id.
        region: Region.
    """

    def __init__(self, world: World, account: str, region: str) -> None:
        self._clock = world.clock
        self._ports = world.ports
        self._account = account
        self._region = region
        self._new: list[tuple[Job, RunningAttempt]] = []
        self._talking: dict[RunningAttempt, Job] = {}

    def open(self, job: Job, attempt: RunningAttempt, lines: Sequence[LogEvent]) -> None:
        """Record an attempt that runs from now on.

        Args:
            job: Whose.
            attempt: Which.
            lines: What it will say, if it lasts as long.
        """
        self._new.append((job, attempt))
        if lines:
            attempt.lines = list(lines)
            self._talking[attempt] = job

    def say(self, job: Job, attempt: RunningAttempt, text: str) -> None:
        """Record what a running attempt says now; one that has ended says nothing."""
        if job.current is attempt:
            if attempt.lines is None:
                attempt.lines = []
                self._talking[attempt] = job
            attempt.lines.append((self._clock.now_ms, text))

    def close(self, job: Job, attempt: RunningAttempt, *, has_exited: bool) -> None:
        """Write what an attempt said that has ended.

        Args:
            job: Whose.
            attempt: Which.
            has_exited: Whether it ended by itself, so that it has said everything, however early a test has let it end.
        """
        if attempt.lines is None:
            return
        now_ms = self._clock.now_ms
        lines = [(min(at_ms, now_ms), text) for at_ms, text in attempt.lines if has_exited or at_ms <= now_ms]
        attempt.lines = None
        del self._talking[attempt]
        self._clock.call_soon(partial(self._write, job, attempt, lines))

    def write_due(self) -> None:
        """Write all that was said until now, and make the streams of those that said nothing."""
        new, self._new = self._new, []
        for job, attempt in new:
            self._write(job, attempt, ())
        now_ms = self._clock.now_ms
        for attempt, job in self._talking.items():
            lines = attempt.lines or []
            self._write(job, attempt, [line for line in lines if line[0] <= now_ms])
            attempt.lines = [line for line in lines if line[0] > now_ms]

    def _write(self, job: Job, attempt: RunningAttempt, lines: Sequence[LogEvent]) -> None:
        task = job.spec.task
        for index in range(1 if task is None else len(task.containers)):
            location = container_log_location(job, attempt, index)
            if location is None:
                continue
            groups = self._ports.log_groups(self._account, location.region or self._region)
            groups.make_stream(location.group, location.stream, attempt.started_ms)
            if lines and (task is None or index == task.main):
                in_order = sorted(lines, key=lambda line: line[0])
                groups.write(location.group, location.stream, in_order, self._clock.now_ms)
