"""What the core of Batch asks about the wishes of a test: how long, what next, and what a job does when it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from mock_jobs.batch.scenario.pace_stack import PaceStack
from mock_jobs.batch.scenario.settings import BatchSettings

if TYPE_CHECKING:
    from mock_jobs.batch.scenario.plans import JobPlan
    from mock_jobs.core.world import World


class _Counted(Protocol):
    reads: int


class Readable(_Counted, Protocol):
    """Something whose state a request reads: a job, a job queue, the jobs that need a consumable resource.

    Attributes:
        moves: Grows with every change that a read shows.
        reads: How often the present state was read at the pace `poll`.
    """

    moves: int


class ReadableJob(Readable, Protocol):
    """A job of any kind."""

    @property
    def is_terminal(self) -> bool:
        """Whether it has ended."""
        ...


@dataclass(slots=True, eq=False)
class Change:
    """The creation, change or deletion of a resource, while it lasts.

    Attributes:
        due_ms: When it ends, in milliseconds since the epoch.
        reads: How often the resource was read meanwhile.
    """

    due_ms: int
    reads: int = 0


class _Listed(NamedTuple):
    """What the last complete answer of one listing showed.

    Attributes:
        unfinished: The unfinished jobs of its last page, if it had several pages.
        state: How far the queue or array had moved.
        may_take_time: Whether time may pass before the next equal listing, if that shows no unfinished job.
    """

    unfinished: Sequence[ReadableJob]
    state: tuple[int, int]
    may_take_time: bool


@dataclass(slots=True)
class Refusal:
    """What the bulk forms of CancelJob and TerminateJob answer for one job.

    Attributes:
        code: Of the error.
        message: Its text.
        times: How often it is still to be answered.
    """

    code: str
    message: str
    times: int


class Scenario:
    """Pace, settings and plans of one world, for all of its accounts and regions.

    Attributes:
        pace_stack: Which pace counts.
        settings: Latencies and other knobs.
        plans: The one that was added last stands first.
        refusals: What bulk requests answer for a job id, in place of ending the job.
        functions: The jobs whose function has not returned: what begins it, None once it has begun.
    """

    def __init__(self, world: World) -> None:
        self._clock = world.clock
        self.pace_stack = PaceStack(world.clock, world.lock)
        self.settings = BatchSettings()
        self.plans: list[JobPlan] = []
        self.refusals: dict[str, Refusal] = {}
        self.functions: dict[Readable, Callable[[], None] | None] = {}
        self._listed: dict[str, _Listed] = {}

    def reset(self) -> None:
        """Remove jobs and plans and restore the defaults of settings and pace, for `World.reset`.

        The settings object stays the same, so that code that holds it can go on to use it.
        """
        self.plans.clear()
        self.refusals.clear()
        self.functions.clear()
        self._listed.clear()
        self.settings.restore()
        self.pace_stack.reset()

    def take_refusal(self, job_id: str) -> Refusal | None:
        """Return what a bulk request shall answer for a job, None if it shall act; counts as one of the times."""
        refusal = self.refusals.get(job_id)
        if refusal is not None:
            refusal.times -= 1
            if not refusal.times:
                del self.refusals[job_id]
        return refusal

    def latency_ms(self, setting: str | None, *, at_least: bool = True) -> int:
        """Return how many milliseconds a state lasts.

        Args:
            setting: Name of the setting for this state, None if it has none.
            at_least: Whether the pace may make it longer.
        """
        seconds = 0.0 if setting is None else float(getattr(self.settings, setting))
        least = self.pace_stack.pace.transition_seconds
        if at_least and seconds < least:
            seconds = least
        return round(seconds * 1000) if seconds else 0

    def before_read(self, read: Iterable[Readable], *, may_take_time: bool = True) -> bool:
        """With the pace `poll`, move on to the next change of what a call is about to read, if its state was read already.

        What was read last thus holds until the next read: code that waits for a state finds the job in it when it acts.

        Args:
            read: Unfinished jobs, or the queue or array that is read.
            may_take_time: Whether time may pass until the change.

        Returns:
            Whether anything may have changed; the caller then looks up again what it answers.
        """
        ran = False
        if self.functions:
            generation = self._clock.generation
            read, ran = self._without_functions(read)
            if generation is not self._clock.generation:
                return True
        pace = self.pace_stack.pace
        if pace.mode != "poll":
            return ran
        ripe = [(each, each.moves) for each in read if each.reads >= pace.reads]
        if not ripe:
            return ran
        by_ms = None if may_take_time else self._clock.now_ms
        while self._clock.run_next(by_ms):
            if any(each.moves != moves for each, moves in ripe):
                break
        return True

    def after_read(self, read: Iterable[_Counted]) -> None:
        """Count a read of what a call has answered; at other paces than `poll` reads do not count."""
        if self.pace_stack.pace.mode == "poll":
            for each in read:
                each.reads += 1

    def before_description(self, changes: Sequence[Change]) -> bool:
        """With the pace `poll`, move time to the end of the first of these changes of resources, if it was read already.

        Returns:
            Whether anything may have changed.
        """
        pace = self.pace_stack.pace
        if pace.mode != "poll":
            return False
        ripe = [each.due_ms for each in changes if each.reads >= pace.reads]
        if ripe:
            self._clock.move_to(min(ripe) / 1000)
        return bool(ripe)

    def before_listing(self, listing: str, first_page: Sequence[ReadableJob], whole: Sequence[Readable]) -> bool:
        """With the pace `poll`, move on before the first page of a listing; nothing moves between its pages.

        What moves is an unfinished job that was read already: one that the first page is about to show, or one that the last page
        of the last equal listing showed. If there is no unfinished job to show, the last equal listing was a read of the whole
        queue or array, which then moves on.

        Args:
            listing: Names what is listed, filters included.
            first_page: What it would show now.
            whole: What the jobs are listed of: a queue, an array, or the jobs that need a consumable resource.

        Returns:
            Whether anything may have changed; the caller then looks up its page again.
        """
        last = self._listed.get(listing)
        unfinished = [job for job in first_page if not job.is_terminal]
        if last is not None:
            unfinished += [job for job in last.unfinished if not job.is_terminal]
        if unfinished:
            return self.before_read(unfinished)
        return last is not None and self.before_read(whole, may_take_time=last.may_take_time)

    def after_listing(
        self, listing: str, page: Sequence[ReadableJob], whole: Sequence[Readable], *, is_first: bool, is_last: bool
    ) -> None:
        """Count a page of a listing as a read of the unfinished jobs on it; without any, the last page is a read of the whole.

        Code that lists jobs that have ended may only look, so time does not pass before its next equal listing. If nothing has
        moved by then, that code waits for more of them, and time may pass.

        Args:
            listing: Names what was listed, filters included.
            page: What was answered.
            whole: What the jobs are listed of.
            is_first: Whether the page is the first, so that its emptiness says that nothing was found.
            is_last: Whether it is the last.
        """
        unfinished = [job for job in page if not job.is_terminal]
        self.after_read(unfinished)
        if not is_last:
            return
        state = len(whole), sum(each.moves for each in whole)
        may_take_time = True
        if not unfinished and (page or is_first):
            before = self._listed.get(listing)
            may_take_time = not page or (before is not None and before.state == state)
            self.after_read(whole)
        self._listed[listing] = _Listed(() if is_first else unfinished, state, may_take_time)

    def begin_function(self, job: Readable) -> None:
        """Run the function of a job whose turn has come, unless it has begun."""
        begin = self.functions.get(job)
        if begin is not None:
            self.functions[job] = None
            begin()

    def _without_functions(self, read: Iterable[Readable]) -> tuple[list[Readable], bool]:
        # They change only when their function returns. One function may wait for another that stands behind it.
        others: list[Readable] = []
        ran = False
        for each in read:
            if each in self.functions:
                ran = ran or self.functions[each] is not None
                self.begin_function(each)
            else:
                others.append(each)
        return others, ran
