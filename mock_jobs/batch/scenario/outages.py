"""Blocked queues whose cause lies on AWS's side: a test makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_jobs.core.errors import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import RLock

    from mock_jobs.batch.records.job_queue import JobQueue

__tracebackhide__ = HIDDEN


class QueueBlock:
    """A reason for which AWS can place no job of a queue, until `clear()` or the end of a `with` block.

    Attributes:
        reason: The statusReason of the job at the head of the queue.
    """

    def __init__(self, queue: JobQueue, reason: str, look_again: Callable[[], None], lock: RLock) -> None:
        self.reason = reason
        self._queue = queue
        self._look_again = look_again
        self._lock = lock
        queue.outages.append(self)
        look_again()

    def clear(self) -> None:
        """Let jobs be placed again; harmless when they are already."""
        with self._lock:
            if self in self._queue.outages:
                self._queue.outages.remove(self)
                self._look_again()

    def __enter__(self) -> QueueBlock:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()
