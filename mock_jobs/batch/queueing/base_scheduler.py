"""The passes of a scheduler: when it looks at which queues, and where jobs wait.

Sources: API reference, CreateJobQueue.priority (*documented*: higher priorities first). That queues of the same priority are
looked at in the order of their creation is *inferred*.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from mock_jobs.batch.queueing.head_of_line import HasHead, HeadOfLineMonitor, Mover
from mock_jobs.batch.queueing.schedulable import JobT

if TYPE_CHECKING:
    from mock_jobs.batch.queueing.queue_order import QueueDiscipline
    from mock_jobs.batch.queueing.timer_batches import TimerBatches
    from mock_jobs.batch.scenario.settings import BatchSettings
    from mock_jobs.core.world_clock import WorldClock


class WaitQueue(HasHead[JobT], Protocol[JobT]):
    """Where jobs wait: a job queue, or a quota share of one."""

    runnable: QueueDiscipline[JobT]


class SchedulableQueue(Protocol[JobT]):
    """A job queue as the scheduler sees it."""

    @property
    def number(self) -> int:
        """Position in the order of creation."""
        ...

    @property
    def priority(self) -> int:
        """Its priority, the highest first."""
        ...

    @property
    def status(self) -> str:
        """Its status; nothing is dispatched from a queue that is not VALID."""
        ...

    @property
    def wait_queues(self) -> Sequence[WaitQueue[JobT]]:
        """Where its RUNNABLE jobs wait."""
        ...


QueueT = TypeVar("QueueT", bound=SchedulableQueue[Any])


class BaseScheduler(ABC, Generic[JobT, QueueT]):
    """Visits queues by priority whenever one of their jobs might be dispatched.

    The subclass for each kind of job dispatches the jobs of a queue.

    Args:
        mover: Sets and clears the reasons of blocked jobs, and ends jobs by time limits.
        settings: Its `strict_fifo` makes the head of a queue hold up the rest.
    """

    def __init__(self, mover: Mover[JobT], clock: WorldClock, timer_batches: TimerBatches[JobT], settings: BatchSettings) -> None:
        self._clock = clock
        self._timer_batches = timer_batches
        self._settings = settings
        self._queues: list[QueueT] = []
        self.heads: HeadOfLineMonitor[JobT] = HeadOfLineMonitor(mover, clock, timer_batches, settings)

    @abstractmethod
    def _wait_queue_of(self, job: JobT) -> WaitQueue[JobT]:
        """Return where a job waits."""

    @abstractmethod
    def _schedule_queue(self, queue: QueueT) -> None:
        """Dispatch what can be dispatched of a VALID queue in which jobs wait."""

    def add_queue(self, queue: QueueT) -> None:
        """Add a queue, or sort it again after its priority changed."""
        self.remove_queue(queue)
        self._queues.append(queue)
        self._queues.sort(key=lambda each: (-each.priority, each.number))

    def remove_queue(self, queue: QueueT) -> None:
        """Remove a queue, if it is there."""
        if queue in self._queues:
            self._queues.remove(queue)

    def add(self, job: JobT, eligible_ms: int) -> None:
        """Add a job that has become RUNNABLE and may be dispatched from `eligible_ms` on."""
        job.due_ms = eligible_ms
        self._wait_queue_of(job).runnable.join(job, self._clock.now_ms)
        self.look_again(eligible_ms)

    def remove(self, job: JobT) -> None:
        """Remove a job that no longer waits."""
        wait_queue = self._wait_queue_of(job)
        wait_queue.runnable.leave(job, self._clock.now_ms)
        if wait_queue.head is not None and wait_queue.head.job is job:
            self.heads.clear(wait_queue)
        if job.is_terminal:
            # It may have held up those behind it.
            self.look_again()

    def look_again(self, due_ms: int | None = None) -> None:
        """Schedule a pass, by default as soon as the pace allows.

        It is called when there may be room, or a new order.
        """
        if due_ms is None:
            due_ms = self._clock.now_ms
        if self._timer_batches.has_pass(due_ms):
            # Many attempts end at one moment, and each asks for a pass.
            return
        if any(wait_queue.runnable for queue in self._queues for wait_queue in queue.wait_queues):
            self._timer_batches.put_pass(due_ms, self._run)

    def _run(self) -> None:
        for queue in self._queues:
            if queue.status == "VALID" and any(wait_queue.runnable for wait_queue in queue.wait_queues):
                self._schedule_queue(queue)
