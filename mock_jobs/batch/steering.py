"""What the core of Batch asks about the wishes of a test: how long, what next, and what a job does when it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mock_jobs.batch.pacing import Pacing
from mock_jobs.batch.plans import SUCCESS, JobPlan
from mock_jobs.batch.settings import BatchSettings

if TYPE_CHECKING:
    from mock_jobs.batch.job import Job
    from mock_jobs.batch.lifecycle import Lifecycle
    from mock_jobs.batch.queued import Queued
    from mock_jobs.batch.resources import ComputeEnvironment, JobQueue
    from mock_jobs.batch.service_jobs.job import ServiceJob
    from mock_jobs.batch.service_jobs.lifecycle import ServiceLifecycle
    from mock_jobs.batch.stepping import InHand
    from mock_jobs.world import World


class Region(Protocol):
    """The jobs of one account and region."""

    jobs: dict[str, Job]
    service_jobs: dict[str, ServiceJob]
    environments: dict[str, ComputeEnvironment]
    queues: dict[str, JobQueue]
    lifecycle: Lifecycle
    service_lifecycle: ServiceLifecycle

    def in_hand(self, job_id: str) -> InHand | None:
        """Return a job for the author of a test to move, None if there is none."""
        ...

    def invalidate(self, environment: ComputeEnvironment, problem: str) -> None:
        """Let a compute environment be INVALID."""
        ...


class Readable(Protocol):
    """What a request reads, and its counters."""

    moves: int
    reads: int


@dataclass(slots=True, eq=False)
class Change:
    """The creation, change or deletion of a resource, while it lasts.

    Attributes:
        due_ms: When it ends, in milliseconds since the epoch.
        reads: How often the resource was read meanwhile.
    """

    due_ms: int
    reads: int = 0


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


class Steering:
    """Pace, settings and plans of one world, for all of its accounts and regions.

    Attributes:
        pacing: Which pace counts.
        settings: Latencies and other knobs.
        plans: The one that was added last stands first.
        regions: The accounts and regions that were used.
        refusals: What bulk requests answer for a job id, in place of ending the job.
        functions: The jobs whose function has not returned: what begins it, None once it has begun.
    """

    def __init__(self, world: World) -> None:
        self._clock = world.clock
        self.pacing = Pacing(world.clock, world.lock)
        self.settings = BatchSettings()
        self.plans: list[JobPlan] = []
        self.regions: list[Region] = []
        self.refusals: dict[str, Refusal] = {}
        self.functions: dict[Readable, Callable[[], None] | None] = {}
        self._listed: dict[str, tuple[int, int]] = {}

    def forget(self) -> None:
        """Forget jobs and plans and go back to the defaults of settings and pace, for `World.reset`.

        Who holds the settings can go on to use them.
        """
        self.plans.clear()
        self.regions.clear()
        self.refusals.clear()
        self.functions.clear()
        self._listed.clear()
        self.settings.restore()
        self.pacing.forget()

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
        least = self.pacing.pace.transition_seconds
        if at_least and seconds < least:
            seconds = least
        return round(seconds * 1000) if seconds else 0

    def after_read(self, read: Iterable[Readable], *, may_take_time: bool = True) -> None:
        """Let the world go on to the next change of something that a call read, if the pace says so.

        Args:
            read: Unfinished jobs, or the queue or array whose listing held none.
            may_take_time: Whether time may pass until the change.
        """
        if self.functions:
            life = self._clock.life
            read = self._without_functions(read)
            if life is not self._clock.life:
                return
        pace = self.pacing.pace
        if pace.mode != "poll":
            return
        ripe = list(read)
        if pace.reads > 1:
            for each in ripe:
                each.reads += 1
            ripe = [each for each in ripe if each.reads >= pace.reads]
        if not ripe:
            return
        before = [(each, each.moves) for each in ripe]
        by_ms = None if may_take_time else self._clock.now_ms
        while self._clock.next_wave(by_ms):
            if any(each.moves != moves for each, moves in before):
                return

    def after_description(self, changes: Sequence[Change]) -> None:
        """Let time go on to the end of the first of these changes, if the pace says so."""
        pace = self.pacing.pace
        if pace.mode != "poll":
            return
        for each in changes:
            each.reads += 1
        ripe = [each.due_ms for each in changes if each.reads >= pace.reads]
        if ripe:
            self._clock.move_to(min(ripe) / 1000)

    def after_listing(self, listing: str, last_page: Sequence[Queued], whole: Sequence[Readable], *, is_first: bool) -> None:
        """Let the world go on after a listing; between its pages nothing moves, so that they show every job once.

        Who lists jobs that have ended for the first time may only look: what is due happens, but no time passes. Who lists them
        again when nothing has moved since waits for more of them.

        Args:
            listing: Names what was listed, filters included.
            last_page: What it held.
            whole: What the jobs are listed of: a queue, an array, or who needs a consumable resource.
            is_first: Whether the last page was the first, so that its emptiness says that nothing was found.
        """
        unfinished = [job for job in last_page if not job.is_terminal]
        if unfinished:
            self.after_read(unfinished)
        elif last_page or is_first:
            self.after_read(whole, may_take_time=not last_page or self._is_repeated(listing, whole))

    def _is_repeated(self, listing: str, whole: Sequence[Readable]) -> bool:
        state = len(whole), sum(each.moves for each in whole)
        before, self._listed[listing] = self._listed.get(listing), state
        return before == state

    def plan_for_service_job(self, job: ServiceJob, attempt: int) -> JobPlan:
        """Return the plan of an attempt of a service job."""
        return next((plan for plan in self.plans if plan.matches_service_job(job, attempt)), SUCCESS)

    def begin_function(self, job: Readable) -> None:
        """Let the function of a job run whose turn has come, unless it has begun."""
        begin = self.functions.get(job)
        if begin is not None:
            self.functions[job] = None
            begin()

    def _without_functions(self, read: Iterable[Readable]) -> list[Readable]:
        # They change only when their function returns. One function may wait for another that stands behind it.
        others: list[Readable] = []
        for each in read:
            if each in self.functions:
                self.begin_function(each)
            else:
                others.append(each)
        return others

    def plan_for(self, job: Job, attempt: int) -> JobPlan:
        """Return the plan of an attempt."""
        return next((plan for plan in self.plans if plan.matches(job, attempt)), SUCCESS)
