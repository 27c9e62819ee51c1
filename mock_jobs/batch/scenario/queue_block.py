"""`QueueBlock`: a block of a job queue, as an AWS-side failure would cause it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_jobs.core.errors import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import RLock

__tracebackhide__ = HIDDEN


class QueueBlock:
    """A block of a job queue, made by `mock.batch.block()`.

    No job is dispatched from the queue while it lasts. `clear()`, `mock.batch.unblock()` or the end of a `with` block ends it.
    If a queue has several blocks, the job at its head shows the reason of the last one.

    Args:
        blocks: All blocks of the queue; this one is appended.
        reason: The statusReason that the job at the head of the queue shows.
        look_again: Makes the scheduler look at the queue again; called when the block begins and ends.
        lock: The lock of the world: all state of one run of the mock.

    Attributes:
        reason: The statusReason that the job at the head of the queue shows.
    """

    def __init__(self, blocks: list[QueueBlock], reason: str, look_again: Callable[[], None], lock: RLock) -> None:
        self.reason = reason
        self._blocks = blocks
        self._look_again = look_again
        self._lock = lock
        blocks.append(self)
        look_again()

    def __repr__(self) -> str:
        return f"<block{'' if self in self._blocks else ', cleared'}: {self.reason}>"

    def clear(self) -> None:
        """End this block; do nothing if it has ended.

        Jobs are dispatched again once the queue has no block left.
        """
        with self._lock:
            if self in self._blocks:
                self._blocks.remove(self)
                self._look_again()

    def __enter__(self) -> QueueBlock:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()
