"""The scheduler of one account and region: which RUNNABLE job gets room where.

Sources: API reference, CreateJobQueue.priority and computeEnvironmentOrder (*documented*); user guide, "Job scheduling" and
"Jobs stuck in RUNNABLE" (*documented*). That the head of a queue holds up everything behind it follows from AWS's texts on
blocked queues (*documented*); that a job never exceeds the maximum by an instance is *inferred*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_jobs.batch.blocking import HeadWatch, blocked_reason

if TYPE_CHECKING:
    from mock_jobs.batch.agenda import Agenda
    from mock_jobs.batch.consumables import Stock
    from mock_jobs.batch.job import Job
    from mock_jobs.batch.lifecycle import Lifecycle
    from mock_jobs.batch.resources import ComputeEnvironment, JobQueue
    from mock_jobs.batch.settings import BatchSettings
    from mock_jobs.clock import Clock


class Scheduler:
    """Places RUNNABLE jobs: queues by priority, the jobs of each queue in the order of its line.

    Args:
        lifecycle: Moves the jobs that are placed.
        settings: Tells whether the head of a queue holds up the rest.
        stock: The consumable resources that jobs wait for beside room.
    """

    def __init__(self, lifecycle: Lifecycle, clock: Clock, agenda: Agenda[Job], settings: BatchSettings, stock: Stock) -> None:
        self._lifecycle = lifecycle
        self._clock = clock
        self._agenda = agenda
        self._settings = settings
        self._stock = stock
        self._queues: list[JobQueue] = []
        self.heads: HeadWatch[Job] = HeadWatch(lifecycle, clock, agenda, settings)

    def enlist(self, queue: JobQueue) -> None:
        """Take in a queue, or put one in its new place after its priority changed."""
        self.forget(queue)
        self._queues.append(queue)
        self._queues.sort(key=lambda each: (-each.priority, each.number))

    def forget(self, queue: JobQueue) -> None:
        """Drop a queue."""
        if queue in self._queues:
            self._queues.remove(queue)

    def add(self, job: Job, eligible_ms: int) -> None:
        """Take in a job that has become RUNNABLE and may be placed from a moment on."""
        job.due_ms = eligible_ms
        job.spec.queue.line.join(job, self._clock.now_ms)
        self.look_again(eligible_ms)

    def remove(self, job: Job) -> None:
        """Let a job go that was RUNNABLE until now."""
        queue = job.spec.queue
        queue.line.leave(job, self._clock.now_ms)
        if queue.head is not None and queue.head.job is job:
            self.heads.forget(queue)
        if job.is_terminal:
            # It may have held up those behind it.
            self.look_again()

    def look_again(self, due_ms: int | None = None) -> None:
        """Let a pass happen, by default as soon as the pace allows: there may be room, or a new order."""
        if any(queue.line for queue in self._queues):
            self._agenda.put_pass(self._clock.now_ms if due_ms is None else due_ms, self._run)

    def place_now(self, job: Job) -> bool:
        """Place one job out of its turn if there is room; return whether there was."""
        line = job.spec.queue.line
        line.begin_pass(self._clock.now_ms)
        environment = self._room(job)
        if environment is not None:
            self._lifecycle.place(job, environment)
        line.end_pass()
        return environment is not None

    def _run(self) -> None:
        for queue in self._queues:
            if queue.line and queue.status == "VALID":
                self._serve(queue)

    def _serve(self, queue: JobQueue) -> None:
        now_ms, line = self._clock.now_ms, queue.line
        is_first = True
        line.begin_pass(now_ms)
        while (job := line.head()) is not None:
            is_eligible = job.due_ms <= now_ms
            if is_eligible and (environment := self._room(job)) is not None:
                self._lifecycle.place(job, environment)
                continue
            if is_first:
                reason = blocked_reason(queue, job) if is_eligible else None
                self.heads.see(queue, job, reason, queue.time_limits)
            is_first = False
            line.pass_over(job, is_strict=self._settings.strict_fifo or not _has_any_room(queue))
        line.end_pass()

    def _room(self, job: Job) -> ComputeEnvironment | None:
        """Return where a job fits, if there also is enough of every consumable resource that it needs."""
        spec = job.spec
        queue = spec.queue
        if queue.outages or (spec.requirements is not None and not self._stock.can_give(spec.requirements.needs)):
            return None
        for environment in queue.environments:
            free = queue.usage.usable(environment.capacity) - environment.in_use
            if environment.is_usable and environment.suits(job) and free >= spec.vcpus:
                return environment
        return None


def _has_any_room(queue: JobQueue) -> bool:
    """Return whether it is worth while to ask those behind; without this a full queue would be walked through in each pass."""
    if queue.outages:
        return False
    return any(each.is_usable and queue.usage.usable(each.capacity) > each.in_use for each in queue.environments)
