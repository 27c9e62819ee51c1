"""What queues, indexes and timer batches need to know about a job."""

from __future__ import annotations

from typing import Protocol, TypeVar


class QueuedSpec(Protocol):
    """The immutable part of a job, set by its submission."""

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
        """Its share, in a queue with fair shares."""
        ...


class Queued(Protocol):
    """A job of any kind.

    Attributes:
        created_ms: When it was created, in milliseconds since the epoch.
        due_ms: When its scheduled move is due; of a RUNNABLE job, from when it may be dispatched.
        moves: Grows with every visible change.
        reads: How often it was read since its last move.
    """

    created_ms: int
    due_ms: int
    moves: int
    reads: int

    @property
    def spec(self) -> QueuedSpec:
        """The immutable part of the job."""
        ...

    @property
    def status(self) -> str:
        """The current status."""
        ...

    @property
    def status_reason(self) -> str | None:
        """Why it has that status, None if there is no reason to show."""
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
