"""The passes of a scheduler: when it looks at which queues, and who waits there.

Sources: API reference, CreateJobQueue.priority (*documented*: higher priorities first). That queues of the same priority are
looked at in the order of their creation is *inferred*.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Generic, Protocol

from mock_jobs.batch.queueing.head_of_line import Headed, HeadWatch, Mover
from mock_jobs.batch.queueing.schedulable import JobT

if TYPE_CHECKING:
    from mock_jobs.batch.queueing.queue_order import Line
    from mock_jobs.batch.queueing.timer_batches import Agenda
    from mock_jobs.batch.records.resources import JobQueue
    from mock_jobs.batch.scenario.settings import BatchSettings
    from mock_jobs.core.clock import Clock


class Place(Headed[JobT], Protocol[JobT]):
    """Where jobs wait: a queue, or a part of one."""

    line: Line[JobT]


class Passes(ABC, Generic[JobT]):
    """Looks at queues by priority whenever a job of theirs might be placed; how, is for the scheduler of each kind of job.

    Args:
        mover: Changes the jobs.
        settings: Tells whether the head of a line holds up the rest.
    """

    def __init__(self, mover: Mover[JobT], clock: Clock, agenda: Agenda[JobT], settings: BatchSettings) -> None:
        self._clock = clock
        self._agenda = agenda
        self._settings = settings
        self._queues: list[JobQueue] = []
        self.heads: HeadWatch[JobT] = HeadWatch(mover, clock, agenda, settings)

    @abstractmethod
    def _place_of(self, job: JobT) -> Place[JobT]:
        """Return where a job waits."""

    @abstractmethod
    def _places_of(self, queue: JobQueue) -> Sequence[Place[JobT]]:
        """Return where the jobs of a queue wait."""

    @abstractmethod
    def _serve(self, queue: JobQueue) -> None:
        """Place what can be placed of a VALID queue where somebody waits."""

    def enlist(self, queue: JobQueue) -> None:
        """Take in a queue, or put one in its new place after its priority changed."""
        self.forget(queue)
        self._queues.append(queue)
        self._queues.sort(key=lambda each: (-each.priority, each.number))

    def forget(self, queue: JobQueue) -> None:
        """Drop a queue."""
        if queue in self._queues:
            self._queues.remove(queue)

    def add(self, job: JobT, eligible_ms: int) -> None:
        """Take in a job that has become RUNNABLE and may be placed from a moment on."""
        job.due_ms = eligible_ms
        self._place_of(job).line.join(job, self._clock.now_ms)
        self.look_again(eligible_ms)

    def remove(self, job: JobT) -> None:
        """Let a job go that waits no longer."""
        place = self._place_of(job)
        place.line.leave(job, self._clock.now_ms)
        if place.head is not None and place.head.job is job:
            self.heads.forget(place)
        if job.is_terminal:
            # It may have held up those behind it.
            self.look_again()

    def look_again(self, due_ms: int | None = None) -> None:
        """Let a pass happen, by default as soon as the pace allows: there may be room, or a new order."""
        if any(place.line for queue in self._queues for place in self._places_of(queue)):
            self._agenda.put_pass(self._clock.now_ms if due_ms is None else due_ms, self._run)

    def _run(self) -> None:
        for queue in self._queues:
            if queue.status == "VALID" and any(place.line for place in self._places_of(queue)):
                self._serve(queue)
