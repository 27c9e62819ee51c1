"""What has changed in a world, when and why: each change of a status, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple, Protocol

MOST_CHANGES: Final = 10_000


class Change(NamedTuple):
    """One change of a job, an execution or a resource, from `mock.timeline`.

    Attributes:
        at_ms: When it happened, in milliseconds since the epoch, on the mock's clock.
        service: `iot` or `batch`.
        account: Account id.
        region: Region.
        kind: What has changed: `job`, `child`, `node`, `service job` or `execution`, or a resource, for example `job queue`.
        job: Id of the job that it belongs to: the array, the multi-node job, the job of the execution; None for a resource.
        id: Id of the job, child or node, `THING/NUMBER` of an execution, name of a resource.
        name: Name of the job in AWS Batch; else the same as `id`.
        before: Status before; None if it did not exist.
        after: Status after; None if it was deleted. The same as before if only the reason has changed.
        why: What caused it, in words.
        reason: The status reason that AWS shows; None for none.
        during: What was going on: a request (`call 7 SubmitJob`), a call of the test (`mock.clock.advance()`), or `time` if real
            time had passed; after the name of a timer if one was due.
    """

    at_ms: int
    service: str
    account: str
    region: str
    kind: str
    job: str | None
    id: str
    name: str
    before: str | None
    after: str | None
    why: str
    reason: str | None
    during: str


class ChangeDraft(Protocol):
    """A change that is computed when it is read, since most changes are never read."""

    def change(self) -> Change:
        """Return the change as it was when it happened."""
        ...


class Cause(NamedTuple):
    """What was going on when something changed.

    Attributes:
        actor: The number and the name of a request, or a call of the test; None if real time had passed.
        timer: The name of the timer that was due; None if there was none, or if it has no name.
    """

    actor: tuple[int, str] | str | None = None
    timer: str | None = None

    def __str__(self) -> str:
        actor = self.actor
        text = "time" if actor is None else actor if isinstance(actor, str) else f"call {actor[0]} {actor[1]}"
        return text if self.timer is None else f"{self.timer}, {text}"


TIME: Final = Cause()


class Causes:
    """What is going on in a world, for its timeline. Read and set with the lock of the world held.

    Attributes:
        now: What is going on now.
        changes: How many changes of a status there were so far.
    """

    __slots__ = ("changes", "now")

    def __init__(self) -> None:
        self.now = TIME
        self.changes = 0

    @contextmanager
    def acting(self, actor: tuple[int, str] | str | None) -> Iterator[None]:
        """Name what is going on inside a `with` block.

        Args:
            actor: As `Cause.actor`.
        """
        before, self.now = self.now, Cause(actor)
        try:
            yield
        finally:
            self.now = before


class ChangeLog:
    """The changes of one world, oldest first; at most the last 10,000.

    Args:
        causes: Count them too, over all resets.

    Attributes:
        total: How many there were.
    """

    def __init__(self, causes: Causes) -> None:
        self._causes = causes
        self._drafts: deque[Change | ChangeDraft] = deque(maxlen=MOST_CHANGES)
        self.total = 0

    def note(self, change: Change | ChangeDraft) -> None:
        """Record a change."""
        self._drafts.append(change)
        self.total += 1
        self._causes.changes += 1

    def note_all(self, changes: Iterable[Change | ChangeDraft], number: int) -> None:
        """Record changes of which there may be a million.

        Args:
            changes: The changes; the caller may leave out all but the last `MOST_CHANGES`.
            number: How many there are.
        """
        self._drafts.extend(changes)
        self.total += number
        self._causes.changes += number

    def all(self) -> tuple[Change, ...]:
        """Return the recorded changes."""
        return self.latest(MOST_CHANGES)

    def latest(self, number: int) -> tuple[Change, ...]:
        """Return the last of the recorded changes.

        Args:
            number: How many, if there are as many.
        """
        drafts = list(self._drafts)[-number:]
        return tuple(each if isinstance(each, Change) else each.change() for each in drafts)
