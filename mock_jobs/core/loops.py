"""Jobs that follow from one another without end: the detection of such loops.

A rule of EventBridge or a function of a plan may submit a job because of another job. If that goes on without end, and takes no
time, the call that moves the clock would never return. Only submissions are counted, by what caused them. Jobs that were
submitted beforehand and merely wait for one another are no loop, however many they are.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from threading import get_ident
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from mock_jobs.core.errors import HIDDEN, EndlessLoopError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_jobs.core.world_clock import WorldClock

__tracebackhide__ = HIDDEN

# How many jobs may follow from one another, each from the one before.
MOST_IN_A_ROW: Final = 4_000
# How many submissions may repeat what led to them, at one moment or during one call. This finds loops that branch, and many at once.
MOST_REPEATS: Final = 4_000
# How often a row may begin again because something that is due later than its begin may end it.
_MOST_PARDONS: Final = 10
# Functions may wait for jobs that they submit, whose functions do the same. In one thread each takes about 40 frames of the stack;
# through a server each takes one of its threads.
_FREE_FRAMES: Final = 300
_MOST_THREADS: Final = 24
_SHOWN: Final = 6


class JobLabel(NamedTuple):
    """What names a job in a text.

    Attributes:
        name: Job name.
        queue: Name of its queue.
        definition: ARN of its definition; empty for a service job, which has none.
    """

    name: str
    queue: str
    definition: str

    def __str__(self) -> str:
        definition = f", definition {self.definition.rpartition('/')[2]!r}" if self.definition else ""
        return f"job {self.name!r} (queue {self.queue!r}{definition})"


_Key = tuple[str, str, str]


@dataclass(slots=True)
class _Row:
    """Jobs that follow from one another.

    Attributes:
        began_ms: When the first one was submitted, in milliseconds since the epoch.
        search: The call during which that was, if it moves the clock without a limit.
        timers_made: How many timers there had been.
        pardons: How often it began again.
    """

    began_ms: int
    search: object | None
    timers_made: int
    pardons: int = 0


@dataclass(slots=True, eq=False, repr=False)
class Step:
    """One submission that followed from another job.

    Attributes:
        cause: The job that it followed from.
        by: The rule or plan that submitted.
        job: The job that was submitted.
        actor: What was going on.
        at_ms: When, in milliseconds since the epoch.
        timers_made: How many timers there had been.
        row: The row that it belongs to.
        number: Its position in the row, from 1.
        before: The step that submitted the cause; None at the begin of a row.
    """

    cause: JobLabel
    by: str
    job: JobLabel
    actor: Actor
    at_ms: int
    timers_made: int
    row: _Row
    number: int
    before: Step | None

    @property
    def key(self) -> _Key:
        """What it has in common with a step that it repeats. Names of jobs are often made up anew."""
        return self.by, self.job.queue, self.job.definition

    @property
    def repeats(self) -> bool:
        """Whether one of the steps that led to it is the same."""
        key, before = self.key, self.before
        while before is not None:
            if before.key == key:
                return True
            before = before.before
        return False


class Caused(Protocol):
    """The immutable part of a job, as far as loops are concerned."""

    @property
    def label(self) -> JobLabel:
        """What names it in texts."""
        ...

    @property
    def follows(self) -> Step | None:
        """The step that submitted it; None if the test did."""
        ...


class Actor:
    """A context manager around what acts for a job: its function, or the delivery of one of its events.

    At its end it raises the error of a loop that it took part in, even if the code inside has caught that.

    Attributes:
        by: The rule or plan.
        job: The job.
        follows: The step that submitted the job; None if the test did, and at the end of the block.
        thread: The thread that it acts in.
        is_active: Whether the block has begun and not ended.
    """

    __slots__ = ("_error", "_loops", "_outer", "by", "follows", "is_active", "job", "thread")

    def __init__(self, loops: Loops, spec: Caused, by: str) -> None:
        self._loops = loops
        self._outer: Actor | None = None
        self._error: EndlessLoopError | None = None
        self.by = by
        self.job = spec.label
        self.follows = spec.follows
        self.thread = get_ident()
        self.is_active = False

    def __enter__(self) -> Actor:
        follows = self.follows
        if follows is not None:
            if follows.actor.is_active:
                self._outer = follows.actor
            if self._loops.is_too_deep(self):
                error = EndlessLoopError(_text(_loop_of(follows), _NESTED))
                self.note(error)
                raise error
        self.is_active = True
        self._loops.active.append(self)
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.is_active = False
        # Steps keep their actor: without this, all jobs that ever led to a job would stay.
        self._outer = self.follows = None
        self._loops.active = [each for each in self._loops.active if each is not self]
        if self._error is not None and error is not self._error:
            raise self._error

    def outer(self) -> Iterator[Actor]:
        """Generate the actors that wait for this one: each has submitted the job of the one before."""
        outer = self._outer
        while outer is not None:
            yield outer
            outer = outer._outer  # noqa: SLF001 - of the same class

    def note(self, error: EndlessLoopError) -> None:
        """Raise an error at the end of this actor and of those that wait for it."""
        for each in (self, *self.outer()):
            each._error = error  # noqa: SLF001 - of the same class


class Loops:
    """Follows which job causes which, and refuses the submission that shows a loop.

    Args:
        clock: The world's.

    Attributes:
        active: What acts now for jobs, the latest last.
        is_served: Whether requests come through a server, each in a thread of its own.
    """

    def __init__(self, clock: WorldClock) -> None:
        self._clock = clock
        self.active: list[Actor] = []
        self.is_served = False
        self._repeats = 0
        self._repeated_at: object = None
        self._repeated: set[_Key] = set()
        # By moment and call at which loops were found: how many timers there had been, and the steps that had been repeated
        self._found: dict[object, tuple[int, set[_Key]]] = {}

    def reset(self) -> None:
        """Follow no job that was submitted before."""
        self.active = []
        self._repeats = 0
        self._found.clear()

    def acting(self, spec: Caused, by: str) -> Actor:
        """Return the context manager for code that acts for a job.

        Args:
            spec: The job.
            by: What acts, in words.
        """
        return Actor(self, spec, by)

    def present(self) -> Actor | None:
        """Return what acts now, in this thread; in a server in any thread, since functions act over HTTP there."""
        if not self.active:
            return None
        thread = get_ident()
        return next(
            (each for each in reversed(self.active) if each.thread == thread), self.active[-1] if self.is_served else None
        )

    @contextmanager
    def through(self, by: str) -> Iterator[None]:
        """Name what submits jobs inside of a `with` block, for what acts now."""
        actor = self.present()
        if actor is None:
            yield
            return
        outer, actor.by = actor.by, by
        try:
            yield
        finally:
            actor.by = outer

    def follow(self, job_name: str, queue: str, definition: str = "") -> Step | None:
        """Return the step of a submission that is about to be accepted; None if no other job causes it.

        Args:
            job_name: Name of the new job.
            queue: Name of its queue.
            definition: ARN of its definition.

        Raises:
            EndlessLoopError: It would belong to a loop.
        """
        actor = self.present()
        if actor is None:
            return None
        clock = self._clock
        now_ms, search, before = clock.now_ms, clock.search, actor.follows
        job = JobLabel(job_name, queue, definition)
        if before is not None and _goes_on(before, now_ms, search):
            step = Step(actor.job, actor.by, job, actor, now_ms, clock.timers_made, before.row, before.number + 1, before)
        else:
            row = _Row(now_ms, search, clock.timers_made)
            step = Step(actor.job, actor.by, job, actor, now_ms, clock.timers_made, row, 1, None)
        if before is not None and self._found and self._was_found(before, step.key):
            # A loop that branches has more jobs than the one that raised. Only that one raises where the clock was moved.
            raise EndlessLoopError(_text([step], _ENDED))
        if step.before is not None:
            if step.repeats:
                self._count_repeat(step, search or now_ms)
            if step.number > MOST_IN_A_ROW or self._repeats > MOST_REPEATS:
                self._judge(step)
        return step

    def _was_found(self, before: Step, key: _Key) -> bool:
        """Return whether a step belongs to the loops of a moment or a call at which they were found, and came before that."""
        found = self._found.get(before.at_ms) or self._found.get(before.row.search)
        return found is not None and before.timers_made <= found[0] and key in found[1]

    def _count_repeat(self, step: Step, at: object) -> None:
        if at != self._repeated_at:
            self._repeated_at = at
            self._repeats = 0
            self._repeated = set()
        self._repeats += 1
        self._repeated.add(step.key)

    def _judge(self, step: Step) -> None:
        """Refuse a step that makes too many, unless something may still end the row."""
        row = step.row
        has_taken_time = step.at_ms != row.began_ms
        if has_taken_time and row.pardons < _MOST_PARDONS and self._clock.has_gated_before(row.timers_made):
            step.row = _Row(step.at_ms, row.search, self._clock.timers_made, row.pardons + 1)
            step.number, step.before = 1, None
            self._repeats = 0
            return
        self._refuse(step)

    def _refuse(self, step: Step) -> None:
        found = step.timers_made, {*self._repeated, step.key}
        self._found[step.at_ms] = found
        if step.row.search is not None:
            self._found[step.row.search] = found
        self._repeats = 0
        error = EndlessLoopError(_text(_loop_of(step), _IN_ONE_CALL if step.at_ms != step.row.began_ms else _AT_ONCE))
        step.actor.note(error)
        raise error

    def is_too_deep(self, actor: Actor) -> bool:
        """Return whether so many functions wait for one another that there is no room for one more."""
        threads = {each.thread for each in actor.outer()} | {actor.thread}
        if len(threads) > _MOST_THREADS:
            return True
        return self._clock.nesting > 1 and _is_stack_nearly_full()


def _is_stack_nearly_full() -> bool:
    try:
        sys._getframe(max(sys.getrecursionlimit() - _FREE_FRAMES, 0))  # noqa: SLF001 - the only way to learn how deep the stack is
    except ValueError:
        return False
    return True


_AT_ONCE: Final = "jobs that follow from one another, all at one moment of the clock. The last submission was refused, and the jobs of the loop submit no more"
_IN_ONE_CALL: Final = "jobs that follow from one another, while one call moves the clock. The last submission was refused, and the jobs of the loop submit no more"
_ENDED: Final = "jobs that follow from one another, which was found before. This submission was refused as well"
_NESTED: Final = "functions that wait for one another. The last one was not called, which ended the loop"


def _text(loop: list[Step], what: str) -> str:
    parts = [str(loop[0].cause)]
    for step in loop:
        parts += [step.by, str(step.job)]
    return (
        f"an endless loop of {what}: {' -> '.join(parts)}. Let the rule match fewer jobs, or the function stop by itself. A loop "
        "that is meant needs jobs that take time (a plan with a duration) and a clock that moves to a fixed time (advance())"
    )


def _goes_on(before: Step, now_ms: int, search: object | None) -> bool:
    """Return whether a step continues the row of the step before: no time has passed, or one call has moved the clock over it."""
    return before.at_ms == now_ms or (search is not None and before.row.search is search)


def _loop_of(last: Step) -> list[Step]:
    """Return the steps from one to the next of the same kind, oldest first; the last few steps if none is like the last."""
    found = [last]
    step = last.before
    while step is not None:
        if step.key == last.key:
            return found[::-1]
        found.append(step)
        step = step.before
    return found[:_SHOWN][::-1]
