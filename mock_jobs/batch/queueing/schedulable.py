"""What queues, their orders, indexes and the timer batches need to know of a job, ordinary or service job."""

from __future__ import annotations

from typing import Protocol, TypeVar


class QueuedSpec(Protocol):
    """What a submission fixed."""

    @property
    def name(self) -> str:
        """Name of the job."""
        ...

    @property
    def number(self) -> int:
        """Position among all submissions to this account and region."""
        ...

    @property
    def share_identifier(self) -> str | None:
        """Its share, of a queue with fair shares."""
        ...


class Queued(Protocol):
    """A job of any kind.

    Attributes:
        created_ms: When it was created, in milliseconds since the epoch.
        due_ms: When the move that the timer batches hold for it is due.
        moves: Grows with every change that can be seen.
        reads: How often it was read since it moved.
    """

    created_ms: int
    due_ms: int
    moves: int
    reads: int

    @property
    def spec(self) -> QueuedSpec:
        """What its submission fixed."""
        ...

    @property
    def status(self) -> str:
        """The present status."""
        ...

    @property
    def status_reason(self) -> str | None:
        """Why it has that status, if there is anything to say."""
        ...

    @property
    def fifo_rank(self) -> int:
        """Position in a first-in-first-out queue."""
        ...

    @property
    def share_priority(self) -> int:
        """The priority inside of a share."""
        ...

    @property
    def demand(self) -> float:
        """How much it holds of an environment while it runs: vCPUs, or instances."""
        ...

    @property
    def is_terminal(self) -> bool:
        """Whether it has ended."""
        ...


JobT = TypeVar("JobT", bound=Queued)
JobT_contra = TypeVar("JobT_contra", bound=Queued, contravariant=True)
