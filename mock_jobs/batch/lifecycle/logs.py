"""The output of containers in CloudWatch Logs: one stream for each attempt.

Sources: user guide, "Job states" (log group and stream) and "Use the awslogs log driver" (its options), *documented*.
*Inferred*: other drivers have no stream; a missing group is created, whatever `awslogs-create-group` says; empty lines are
dropped.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Final

from mock_jobs.batch.views.log_location import container_log_location

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mock_jobs.batch.records.job import Job, LogEvent, RunningAttempt
    from mock_jobs.core.world import World


_MOST_LATEST: Final = 100


class LogWriter:
    """Writes the output of the containers of one account and region.

    Streams are created, and lines of running containers written, only before logs are read: there are many jobs, and the logs of
    few are read. The output of an attempt is written when it ends, so that CloudWatch Logs can pass it on to subscribers.

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
        self._written: deque[tuple[Job, str]] = deque(maxlen=_MOST_LATEST)

    def open(self, job: Job, attempt: RunningAttempt, lines: Sequence[LogEvent]) -> None:
        """Record an attempt whose container starts now.

        Args:
            job: The job.
            attempt: Its attempt.
            lines: What the container will print, and when; it may end earlier.
        """
        self._new.append((job, attempt))
        if lines:
            attempt.lines = list(lines)
            self._talking[attempt] = job

    def say(self, job: Job, attempt: RunningAttempt, text: str) -> None:
        """Record a line that an attempt prints now, if the attempt has not ended."""
        if job.current is attempt:
            if attempt.lines is None:
                attempt.lines = []
                self._talking[attempt] = job
            attempt.lines.append((self._clock.now_ms, text))

    def close(self, job: Job, attempt: RunningAttempt, *, has_exited: bool) -> None:
        """Write the output of an attempt that has ended.

        Args:
            job: The job.
            attempt: Its attempt.
            has_exited: Whether it ended by itself. If so, all of its lines are written, even if a test ended it early.
        """
        if attempt.lines is None:
            return
        now_ms = self._clock.now_ms
        lines = [(min(at_ms, now_ms), text) for at_ms, text in attempt.lines if has_exited or at_ms <= now_ms]
        attempt.lines = None
        del self._talking[attempt]
        self._clock.call_soon(partial(self._write, job, attempt, lines))

    def write_due(self) -> None:
        """Write all output until now, and create the streams of attempts without output."""
        new, self._new = self._new, []
        for job, attempt in new:
            self._write(job, attempt, ())
        now_ms = self._clock.now_ms
        for attempt, job in self._talking.items():
            lines = attempt.lines or []
            self._write(job, attempt, [line for line in lines if line[0] <= now_ms])
            attempt.lines = [line for line in lines if line[0] > now_ms]

    def latest(self) -> Sequence[tuple[Job, str]]:
        """Return the last lines of output until now, with their jobs, whether they were written or not."""
        now_ms = self._clock.now_ms
        unwritten = [
            (job, text) for attempt, job in self._talking.items() for at_ms, text in attempt.lines or [] if at_ms <= now_ms
        ]
        return [*self._written, *unwritten][-_MOST_LATEST:]

    def _write(self, job: Job, attempt: RunningAttempt, lines: Sequence[LogEvent]) -> None:
        self._written.extend((job, text) for _, text in lines)
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
