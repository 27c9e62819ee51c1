"""What a test author holds of AWS Batch: pace, settings, plans, and the moving of jobs by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from mock_jobs.batch.dependencies import waiting_for
from mock_jobs.batch.inputs import check_text
from mock_jobs.batch.job import ArrayJob, Job
from mock_jobs.batch.names import parse_job_id
from mock_jobs.batch.pace import Pace
from mock_jobs.batch.plans import SUCCESS, JobPlan
from mock_jobs.batch.settings import BatchSettings
from mock_jobs.batch.states import PENDING, RUNNABLE, RUNNING, STARTING, STATUSES, SUBMITTED, JobStatus
from mock_jobs.errors import HIDDEN, UsageValueError
from mock_jobs.override import Override

if TYPE_CHECKING:
    from mock_jobs.batch.lifecycle import Lifecycle
    from mock_jobs.batch.names import JobId
    from mock_jobs.world import PaceName, World

__tracebackhide__ = HIDDEN

_SHOWN = 10

# A pace, and the transition of moto that was last taken over
_Choice = tuple[Pace, Mapping[str, object] | None]


class _Region(Protocol):
    """The jobs of one account and region."""

    jobs: dict[str, Job]
    lifecycle: Lifecycle

    def find_job(self, parts: JobId) -> Job | None: ...


class _Readable(Protocol):
    """What a request reads, and its counters."""

    moves: int
    reads: int


class BatchControl:
    """Steers the jobs of AWS Batch in one world, over all of its accounts and regions."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._plans: list[JobPlan] = []
        self._regions: list[_Region] = []
        self._settings = BatchSettings()
        self._followed: Mapping[str, object] | None = None
        self._paces = Override(self._choice, self._choose)
        self.pace = self._default_pace()

    def forget(self) -> None:
        """Forget jobs and plans and go back to the defaults of settings and pace, for `World.reset`.

        Who holds this object or its settings can go on to use them.
        """
        self._plans.clear()
        self._regions.clear()
        self._settings.restore()
        self._followed = None
        self.pace = self._default_pace()

    def enlist(self, region: _Region) -> None:
        """Take in the jobs of one more account and region, for the core."""
        self._regions.append(region)

    @property
    def settings(self) -> BatchSettings:
        """Latencies and other knobs; set its members."""
        return self._settings

    # Pace

    @property
    def pace(self) -> Pace:
        """How queued jobs come to move; may be set to `'poll'`, `'clock'`, `'manual'` or a `Pace`."""
        return self._pace

    @pace.setter
    def pace(self, pace: Pace | PaceName) -> None:
        if not isinstance(pace, Pace):
            pace = Pace(pace)
        with self._world.lock:
            self._pace = pace
            self._world.clock.gate_follows_time = pace.mode == "clock"
            self._world.clock.gate_follows_moves = pace.mode != "manual"

    @contextmanager
    def paced(self, pace: Pace | PaceName) -> Iterator[None]:
        """Let jobs move at a pace for the length of a `with` block; blocks may end in any order.

        At the end everything about the pace is as it was at the beginning, whatever was set inside, moto's transition
        included.

        Args:
            pace: As `pace` takes it.

        Raises:
            UsageValueError: There is no such pace.
        """
        if not isinstance(pace, Pace):
            pace = Pace(pace)
        owner = object()
        with self._world.lock:
            self._paces.begin(owner, (pace, self._followed))
        try:
            yield
        finally:
            with self._world.lock:
                self._paces.end(owner)

    def _choice(self) -> _Choice:
        return self._pace, self._followed

    def _choose(self, choice: _Choice) -> None:
        self.pace, self._followed = choice

    def _default_pace(self) -> Pace:
        return Pace() if self._world.default_pace is None else Pace(self._world.default_pace)

    @property
    def followed(self) -> Mapping[str, object] | None:
        """The transition of moto's that was taken over last, for the doors."""
        return self._followed

    def follow(self, transition: Mapping[str, object] | None) -> None:
        """Take over moto's transition of `batch::job` when it has changed, for the doors.

        A pace that the mock was made with comes first; one that the test sets lasts until moto's switch is turned again.

        Args:
            transition: As `Pace.from_transition` takes it; None if moto says nothing.

        Raises:
            UsageValueError: There is no such transition.
        """
        if transition == self._followed or self._world.default_pace is not None:
            return
        self.pace = self._default_pace() if transition is None else Pace.from_transition(transition)
        self._followed = None if transition is None else dict(transition)

    def latency_ms(self, setting: str | None, *, at_least: bool = True) -> int:
        """Return how many milliseconds a state lasts, for the core.

        Args:
            setting: Name of the setting for this state, None if it has none.
            at_least: Whether the pace may make it longer.
        """
        seconds = 0.0 if setting is None else float(getattr(self._settings, setting))
        if at_least and seconds < self._pace.transition_seconds:
            seconds = self._pace.transition_seconds
        return round(seconds * 1000) if seconds else 0

    def after_read(self, read: Iterable[_Readable], *, may_take_time: bool = True) -> None:
        """Let the world go on to the next change of something that a call read, if the pace says so; for the core.

        Args:
            read: Unfinished jobs, or the queue or array whose listing held none.
            may_take_time: Whether time may pass until the change.
        """
        if self._pace.mode != "poll":
            return
        ripe = list(read)
        if self._pace.reads > 1:
            for each in ripe:
                each.reads += 1
            ripe = [each for each in ripe if each.reads >= self._pace.reads]
        if not ripe:
            return
        before = [(each, each.moves) for each in ripe]
        clock = self._world.clock
        by_ms = None if may_take_time else clock.now_ms
        while clock.next_wave(by_ms):
            if any(each.moves != moves for each, moves in before):
                return

    # Plans

    def plan(
        self,
        job_name: str = "*",
        *,
        queue: str | None = None,
        definition: str | None = None,
        array_index: int | None = None,
        attempt: int | None = None,
        duration: float | None = 0.0,
        exit_code: int | None = None,
        reason: str | None = None,
        host_lost: bool = False,
        start_failure: str | None = None,
    ) -> JobPlan:
        """Plan what matching jobs do when they run; of several plans that match, the one added last counts.

        Without a plan a job succeeds as soon as it runs. A plan is looked up when an attempt's container starts.

        Args:
            job_name: Pattern of the job name, with `*`, `?` and `[...]`.
            queue: Name or ARN of the job queue; None matches all.
            definition: Name or ARN of the job definition, with or without revision; None matches all.
            array_index: Index of an array child; None matches all jobs.
            attempt: Number of the attempt, from 1; None matches all.
            duration: Seconds from RUNNING to the end; None or infinity hangs until a timeout or TerminateJob.
            exit_code: Exit code of the container, 0 to 255; None means 0, success, unless `host_lost` or `start_failure` is given.
            reason: The reason of the container, for example "OutOfMemoryError: Container killed due to memory usage".
            host_lost: Whether the host disappears after `duration`, as with a Spot reclaim.
            start_failure: Why the container cannot start, for example "CannotPullContainerError: ...".

        Returns:
            The plan.

        Raises:
            UsageValueError: A value is impossible.
            UsageTypeError: A value has the wrong type.
        """
        made = JobPlan(
            job_name,
            queue,
            definition,
            array_index,
            attempt,
            float("inf") if duration is None else duration,
            exit_code,
            reason,
            host_lost,
            start_failure,
        )
        with self._world.lock:
            self._plans.insert(0, made)
        return made

    def plan_for(self, job: Job, attempt: int) -> JobPlan:
        """Return the plan of an attempt, for the core."""
        return next((plan for plan in self._plans if plan.matches(job, attempt)), SUCCESS)

    # Moving by hand

    def step(self, job_id: str) -> JobStatus:
        """Move one job by one state, now, whatever the pace; time stands still.

        A RUNNABLE job gets room out of its turn, but never more than there is.

        Args:
            job_id: Of a plain job or an array child in any account and region.

        Returns:
            The status that the job has now.

        Raises:
            UsageValueError: There is no such job, or nothing can move it; the text says what it waits for.
            UsageTypeError: `job_id` is no string.
        """
        check_text("job_id", job_id)
        with self._world.lock, self._world.clock.one_moment():
            self._world.clock.catch_up()
            lifecycle, job = self._find(job_id)
            moves = job.moves
            job.due_ms = min(job.due_ms, self._world.clock.now_ms)
            if job.status == SUBMITTED:
                lifecycle.evaluate(job)
            elif job.status == PENDING:
                lifecycle.resolve(job)
            elif job.status == RUNNABLE:
                lifecycle.scheduler.place_now(job)
            elif job.status == STARTING:
                lifecycle.start(job)
            elif job.status == RUNNING and not _hangs(job):
                lifecycle.end(job)
            if job.moves == moves:
                msg = f"step() cannot move job {job_id}: {_why_stuck(job)}"
                raise UsageValueError(msg)
            return job.status

    def run_until(self, job_id: str, status: JobStatus) -> None:
        """Move the world, time included, until a job has a status, whatever the pace.

        Args:
            job_id: Of a job in any account and region.
            status: What to wait for.

        Raises:
            UsageValueError: There is no such status, in which case nothing has moved, or no such job, or it passed this status,
                or it is stuck; the text says where and why.
            UsageTypeError: An argument is no string.
        """
        check_text("job_id", job_id)
        check_text("status", status)
        if status not in STATUSES:
            msg = f"no such status: {status!r}. There are: {', '.join(STATUSES)}"
            raise UsageValueError(msg)
        with self._world.lock, self._world.clock.one_moment():
            self._world.clock.catch_up()
            _, job = self._find(job_id)
            while job.status != status:
                if job.is_terminal:
                    msg = f"job {job_id} will never be {status}: it is {job.status} ({job.status_reason})"
                    raise UsageValueError(msg)
                if not self._world.clock.next_wave():
                    msg = f"job {job_id} will never be {status}: {_why_stuck(job)}"
                    raise UsageValueError(msg)

    def run_all(self) -> None:
        """Move the world, time included, until no job can move any more, whatever the pace."""
        with self._world.lock, self._world.clock.one_moment():
            self._world.clock.catch_up()
            while self._world.clock.next_wave():
                pass

    def _find(self, job_id: str) -> tuple[Lifecycle, Job]:
        parts = parse_job_id(job_id)
        for region in self._regions:
            job = None if parts is None else region.find_job(parts)
            if job is not None:
                return region.lifecycle, job
        known = [known_id for region in self._regions for known_id in region.jobs][-_SHOWN:]
        available = f"the last submitted are: {', '.join(known)}" if known else "no job was submitted"
        msg = f"no job has the id {job_id!r}; {available}"
        raise UsageValueError(msg)


def _hangs(job: Job) -> bool:
    attempt = job.current
    return attempt is not None and attempt.plan is not None and attempt.plan.duration_ms is None and not attempt.times_out


def _why_stuck(job: Job) -> str:
    if job.is_terminal:
        return f"it is {job.status} ({job.status_reason})"
    if isinstance(job, ArrayJob) and job.status == PENDING and not waiting_for(job):
        summary = ", ".join(f"{count} {status}" for status, count in job.summary.items() if count)
        return f"it is PENDING, its children are what moves: {summary}"
    if job.status == PENDING:
        others = ", ".join(f"{other.job_id} ({other.status})" for other in waiting_for(job))
        return f"it is PENDING and waits for {others or 'its array'}"
    if job.status == RUNNABLE:
        rooms = ", ".join(
            f"{each.name} ({each.state}, {each.status}, {each.in_use:g} of {each.capacity:g} vCPUs in use)"
            for each in job.spec.queue.environments
        )
        blocked = "" if job.status_reason is None else f" ({job.status_reason})"
        return f"it is RUNNABLE{blocked}, needs {job.spec.vcpus:g} vCPUs and waits for room or its turn in {rooms}"
    if job.status == RUNNING and _hangs(job):
        return "it is RUNNING and its plan lets it hang until a timeout or TerminateJob ends it"
    return f"it is {job.status}"
