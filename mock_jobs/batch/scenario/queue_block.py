"""A job queue that a test blocks, as a failure on AWS's side would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_jobs.core.errors import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import RLock

__tracebackhide__ = HIDDEN


class QueueBlock:
    """A block of a job queue, from `mock.batch.block()`; `clear()` or the end of a `with` block ends it.

    Args:
        blocks: All blocks of the queue; this one is added.
        reason: The statusReason of the job at the head of the queue.
        look_again: Makes the scheduler look at the queue again.
        lock: The world's.

    Attributes:
        reason: The statusReason of the job at the head of the queue.
    """

    def __init__(self, blocks: list[QueueBlock], reason: str, look_again: Callable[[], None], lock: RLock) -> None:
        self.reason = reason
        self._blocks = blocks
        self._look_again = look_again
        self._lock = lock
        blocks.append(self)
        look_again()

    def clear(self) -> None:
        """End the block, so that jobs are dispatched again. Does nothing if it has ended."""
        with self._lock:
            if self in self._blocks:
                self._blocks.remove(self)
                self._look_again()

    def __enter__(self) -> QueueBlock:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()
