"""The pace `poll`: how reads move jobs.

A read moves a job before the answer, and only if its present state was read already. So the state that was read last stays until
the next read of the job. Only the clock, or a read of something else, can move it earlier: all jobs share one clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeVar

from mock_jobs.core.errors import HIDDEN

if TYPE_CHECKING:
    from mock_jobs.batch.scenario.pace_stack import PaceStack
    from mock_jobs.core.world_clock import WorldClock

__tracebackhide__ = HIDDEN

# At most this many listings are remembered. Beyond that, the one that was requested longest ago is removed.
_MOST_LISTED: Final = 1000


class _Counted(Protocol):
    reads: int


class Readable(Protocol):
    """Something whose state a request reads: a job, a job queue, the jobs that need a consumable resource.

    Attributes:
        moves: Increases with each change that a read shows.
    """

    moves: int


class ReadableJob(Readable, _Counted, Protocol):
    """A job of any kind.

    Attributes:
        reads: How often its present state was read at the pace `poll`.
    """

    @property
    def is_terminal(self) -> bool:
        """Whether it has ended."""
        ...

    @property
    def is_endless(self) -> bool:
        """Whether it runs and, currently, will not end by itself."""
        ...


@dataclass(slots=True, eq=False)
class Change:
    """A creation, change or deletion of a resource that is in progress.

    Attributes:
        due_ms: When it ends, in milliseconds since the epoch.
        reads: How often the resource was read during it.
    """

    due_ms: int
    reads: int = 0


class _Listed(NamedTuple):
    """What the last listing with the same name showed.

    Attributes:
        unfinished: The unfinished jobs of its pages after the first.
        state: How far the queue or array had moved; None if the last page was not requested.
        reads: How often that state was listed.
        may_take_time: Whether the next equal listing may advance the clock, if it shows no unfinished job.
    """

    unfinished: Sequence[ReadableJob]
    state: tuple[int, int] | None
    reads: int
    may_take_time: bool


ReadableJobT = TypeVar("ReadableJobT", bound=ReadableJob)

_NEVER_LISTED: Final = _Listed((), None, 0, may_take_time=False)


class Polling:
    """Counts reads, and moves jobs that were read already.

    Args:
        clock: The world's.
        pace_stack: The pace that applies. At paces other than `poll`, reads are not counted and move no state.

    Attributes:
        functions: By job whose function has not returned: the callback that begins it, None once it has begun.
        reads: How many jobs and changes of resources were read at the pace `poll`.
    """

    def __init__(self, clock: WorldClock, pace_stack: PaceStack) -> None:
        self._clock = clock
        self._pace_stack = pace_stack
        self.functions: dict[Readable, Callable[[], None] | None] = {}
        self.reads = 0
        self._listed: dict[str, _Listed] = {}

    def reset(self) -> None:
        """Remove all jobs and listings."""
        self.functions.clear()
        self._listed.clear()

    def before_read(self, jobs: Iterable[ReadableJob]) -> bool:
        """Advance the clock to the next change of a job about to be read, if its state was read already.

        Functions of these jobs that have not begun are run first, at any pace.

        Returns:
            Whether anything may have changed; the caller then looks up again what it answers.
        """
        ran = False
        if self.functions:
            generation = self._clock.generation
            jobs, ran = self._without_functions(jobs)
            if generation is not self._clock.generation:
                return True
        pace = self._pace_stack.pace
        if pace.mode != "poll":
            return ran
        ripe = [job for job in jobs if job.reads >= pace.reads]
        if not ripe:
            return ran
        # Waiting does not change a job whose plan never ends. Others may move by one step, so that code that waits for those makes progress.
        self._move_on(ripe, only_once=all(job.is_endless for job in ripe))
        return True

    def after_read(self, read: Iterable[_Counted]) -> None:
        """Count a read of what a call has answered."""
        if self._pace_stack.pace.mode == "poll":
            for each in read:
                each.reads += 1
                self.reads += 1

    def before_description(self, changes: Sequence[Change]) -> bool:
        """Advance the clock to the earliest end of those changes of resources that were read already.

        Returns:
            Whether anything may have changed.
        """
        pace = self._pace_stack.pace
        if pace.mode != "poll":
            return False
        ripe = [each.due_ms for each in changes if each.reads >= pace.reads]
        if ripe:
            self._clock.move_to(min(ripe) / 1000)
        return bool(ripe)

    def listed(
        self,
        listing: str,
        whole: Sequence[Readable],
        look_up: Callable[[], tuple[Sequence[ReadableJobT], str | None]],
        *,
        is_first: bool,
    ) -> tuple[Sequence[ReadableJobT], str | None]:
        """Return a page of a listing and the token of the next page, after this read has moved jobs.

        Args:
            listing: Names what is listed, filters included.
            whole: What the listed jobs belong to: a queue, an array, or a consumable resource that they need.
            look_up: Returns the page as it is now.
            is_first: Whether the page is the first.
        """
        page, token = look_up()
        if is_first and self._before_listing(listing, page, whole):
            page, token = look_up()
        self._after_listing(listing, page, whole, is_first=is_first, is_last=token is None)
        return page, token

    def before_snapshot(self, listing: str, queue: Readable) -> None:
        """Move the jobs of a queue before a snapshot, if the last snapshot showed its present state."""
        self._before_listing(listing, (), [queue])
        self._after_listing(listing, (), [queue], is_first=True, is_last=True)

    def move_all(self) -> bool:
        """Advance the clock to the next moment at which any unfinished job may change; return whether there was one."""
        with self._clock.searching():
            return self._clock.run_next()

    def begin_function(self, job: Readable) -> None:
        """Run the function of a job, unless it has begun."""
        begin = self.functions.get(job)
        if begin is not None:
            self.functions[job] = None
            begin()

    def _before_listing(self, listing: str, first_page: Sequence[ReadableJob], whole: Sequence[Readable]) -> bool:
        """Move jobs before the first page of a listing; no job moves between its pages.

        The jobs that move are unfinished and were read already. The first page is about to show them, or a later page of the last
        equal listing showed them. If none of these can move by itself, the whole queue or array moves, provided that the last
        equal listing showed its present state.

        Returns:
            Whether anything may have changed; the caller then looks up its page again.
        """
        last = self._listed.get(listing, _NEVER_LISTED)
        moving = [job for job in (*first_page, *last.unfinished) if self._can_move(job)]
        if moving:
            return self.before_read(moving)
        pace = self._pace_stack.pace
        if pace.mode != "poll" or last.state != _state_of(whole) or last.reads < pace.reads:
            return False
        self._move_on(whole, by_ms=None if last.may_take_time else self._clock.now_ms)
        return True

    def _after_listing(
        self, listing: str, page: Sequence[ReadableJob], whole: Sequence[Readable], *, is_first: bool, is_last: bool
    ) -> None:
        """Count a page of a listing as a read of the unfinished jobs on it, and its last page as a read of the whole.

        After a listing of ended jobs only, the next equal listing does not advance the clock, because the code may only look. If the
        state is still the same then, the code waits for more jobs, and the listing after that may advance the clock.
        """
        unfinished = [job for job in page if not job.is_terminal]
        self.after_read(unfinished)
        if self._pace_stack.pace.mode != "poll":
            return
        last = self._listed.pop(listing, _NEVER_LISTED)
        # The jobs of a first page are looked up again by the next listing.
        shown = [] if is_first else [*last.unfinished, *unfinished]
        if not is_last:
            self._listed[listing] = last._replace(unfinished=shown)
            return
        state = _state_of(whole)
        is_repeated = last.state == state
        self._listed[listing] = _Listed(shown, state, last.reads + 1 if is_repeated else 1, not page or is_repeated)
        if len(self._listed) > _MOST_LISTED:
            del self._listed[next(iter(self._listed))]

    def _can_move(self, job: ReadableJob) -> bool:
        return not job.is_terminal and (not job.is_endless or job in self.functions)

    def _move_on(self, read: Sequence[Readable], *, by_ms: int | None = None, only_once: bool = False) -> None:
        """Advance the clock until one of these has changed, or no gated timer is left.

        Args:
            read: What was read.
            by_ms: The latest time to advance to, in milliseconds since the epoch; None means any time.
            only_once: Whether to stop after the first moment at which gated timers fire.
        """
        before = [(each, each.moves) for each in read]
        with self._clock.searching():
            while self._clock.run_next(by_ms):
                if only_once or any(each.moves != moves for each, moves in before):
                    return

    def _without_functions(self, jobs: Iterable[ReadableJob]) -> tuple[list[ReadableJob], bool]:
        # These jobs change only when their function returns. A function may wait for the one of a later job.
        others: list[ReadableJob] = []
        ran = False
        for job in jobs:
            if job in self.functions:
                ran = ran or self.functions[job] is not None
                self.begin_function(job)
            else:
                others.append(job)
        return others, ran


def _state_of(whole: Sequence[Readable]) -> tuple[int, int]:
    return len(whole), sum(each.moves for each in whole)
