"""A second, small and slow AWS IoT Jobs, written from the decision tables of its documents, not from the code under test.

Time is in seconds. Nothing is indexed; every answer comes from a full search.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import count

PENDING = ("IN_PROGRESS", "QUEUED")
FAILURES = ("FAILED", "REJECTED", "TIMED_OUT")
MINUTE = 60

# Of what kind, and its name.
Targets = list[tuple[str, str]]

# When, two numbers that order what is due at one moment, and what happens.
Due = tuple[float, int, int, Callable[[], None]]


@dataclass
class Execution:
    thing: str
    number: int
    order: int
    queued_at: float
    attempt: int = 0
    causes: tuple[str, ...] = ()
    status: str = "QUEUED"
    version: int = 1
    details: dict[str, str] | None = None
    started_at: float | None = None
    updated_at: float = 0
    is_forced: bool = False
    in_progress_limit: float | None = None
    step_limit: float | None = None

    @property
    def is_pending(self) -> bool:
        return self.status in PENDING

    @property
    def deadline(self) -> float | None:
        limits = [each for each in (self.in_progress_limit, self.step_limit) if each is not None]
        return min(limits) if self.status == "IN_PROGRESS" and limits else None


@dataclass
class Job:
    job_id: str
    targets: Targets
    is_continuous: bool
    per_minute: int
    criterion: tuple[str, float, int] | None
    retries: dict[str, int]
    timeout_minutes: int | None
    starts_at: float | None
    ends_at: float | None
    end_behavior: str | None
    status: str = "IN_PROGRESS"
    executions: list[Execution] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    next_tick: float | None = None
    has_ended: bool = False
    is_forced: bool | None = None
    is_aborted: bool = False
    # Things that were left IN_PROGRESS when they left, and things all of whose executions were deleted.
    departed: set[str] = field(default_factory=set)
    emptied: set[str] = field(default_factory=set)

    def of(self, thing: str, number: int | None = None) -> Execution | None:
        """Return the execution of a thing with a number, by default the newest."""
        found = [each for each in self.executions if each.thing == thing and number in (None, each.number)]
        return max(found, key=lambda each: each.number, default=None)

    @property
    def has_pending(self) -> bool:
        return any(each.is_pending for each in self.executions)

    def counts(self) -> dict[str, int]:
        statuses = [each.status for each in self.executions]
        return {status: statuses.count(status) for status in set(statuses)}


class Oracle:
    """What AWS would do. Each call returns None, or the code of the error by which it is refused; then nothing has changed."""

    def __init__(self, now: float) -> None:
        self.now = now
        self.things: set[str] = set()
        self.groups: dict[str, list[str]] = {}
        self.parents: dict[str, str] = {}
        self.jobs: dict[str, Job] = {}
        # Executions per minute by template, the oldest template first.
        self.templates: dict[str, int] = {}
        self._orders = count()

    # Things and groups

    def members(self, group: str) -> list[str]:
        """Return the things in a group and below it."""
        found = list(self.groups.get(group, ()))
        for child, parent in self.parents.items():
            if parent == group:
                found += self.members(child)
        return [thing for thing in found if thing in self.things]

    def things_of(self, targets: Targets) -> list[str]:
        found = []
        for kind, name in targets:
            found += self.members(name) if kind == "group" else [name] * (name in self.things)
        return list(dict.fromkeys(found))

    def create_thing(self, thing: str) -> None:
        self.things.add(thing)
        for job in self.live_continuous_jobs():
            if ("thing", thing) in job.targets:
                self.join_job(job, thing)

    def join(self, thing: str, group: str) -> None:
        if thing in self.groups[group]:
            return
        before = {job.job_id: self.ways(job, thing) for job in self.live_continuous_jobs()}
        self.groups[group].append(thing)
        for job in self.live_continuous_jobs():
            if self.ways(job, thing) - before[job.job_id]:
                self.join_job(job, thing)

    def leave(self, thing: str, group: str) -> None:
        if thing not in self.groups[group]:
            return
        before = {job.job_id: self.ways(job, thing) for job in self.live_continuous_jobs()}
        self.groups[group].remove(thing)
        for job in self.live_continuous_jobs():
            if before[job.job_id] and thing not in self.things_of(job.targets):
                self.leave_job(job, thing)

    def ways(self, job: Job, thing: str) -> set[str]:
        """Return the target groups of a job that a thing is in."""
        return {name for kind, name in job.targets if kind == "group" and thing in self.members(name)}

    def live_continuous_jobs(self) -> list[Job]:
        return [job for job in self.jobs.values() if job.is_continuous and job.status == "IN_PROGRESS"]

    def join_job(self, job: Job, thing: str) -> None:
        job.departed.discard(thing)
        newest = job.of(thing)
        is_idle = newest is None or not newest.is_pending
        if is_idle and thing not in job.waiting and not job.has_ended:
            self.queue(job, thing)

    def leave_job(self, job: Job, thing: str) -> None:
        newest = job.of(thing)
        if thing in job.waiting:
            job.waiting.remove(thing)
        elif newest is None:
            if thing in job.emptied:
                self.end(job, self.queue(job, thing), "REMOVED")
        elif newest.status == "QUEUED":
            self.end(job, newest, "REMOVED")
        elif newest.status == "IN_PROGRESS":
            job.departed.add(thing)
        self.settle(job)

    def delete_thing(self, thing: str) -> None:
        self.things.discard(thing)
        for members in self.groups.values():
            if thing in members:
                members.remove(thing)
        for job in self.jobs.values():
            job.departed.discard(thing)
            if thing in job.waiting:
                job.waiting.remove(thing)
                self.settle(job)
        pending = sorted(
            ((job, each) for job in self.jobs.values() for each in job.executions if each.thing == thing and each.is_pending),
            key=lambda found: (found[1].status != "IN_PROGRESS", found[1].order),
        )
        for job, execution in pending:
            self.end(job, execution, "REMOVED")
            self.settle(job)

    # Templates

    def create_template(self, template_id: str, per_minute: int) -> str | None:
        if template_id in self.templates:
            return "ConflictException"
        self.templates[template_id] = per_minute
        return None

    def delete_template(self, template_id: str) -> str | None:
        if template_id not in self.templates:
            return "ResourceNotFoundException"
        del self.templates[template_id]
        return None

    # Jobs

    def create_job(self, job: Job) -> str | None:
        if job.job_id in self.jobs:
            return "ResourceAlreadyExistsException"
        self.jobs[job.job_id] = job
        if job.starts_at is not None:
            job.status = "SCHEDULED"
        else:
            self.begin(job)
        return None

    def begin(self, job: Job) -> None:
        job.status = "IN_PROGRESS"
        job.waiting = self.things_of(job.targets)
        self.tick(job)

    def tick(self, job: Job) -> None:
        for _ in range(min(job.per_minute, len(job.waiting))):
            self.queue(job, job.waiting.pop(0))
        job.next_tick = self.now + MINUTE if job.waiting else None
        self.settle(job)

    def queue(self, job: Job, thing: str, attempt: int = 0, causes: tuple[str, ...] = ()) -> Execution:
        newest = job.of(thing)
        job.emptied.discard(thing)
        number = 1 if newest is None else newest.number + 1
        queued = Execution(thing, number, next(self._orders), self.now, attempt, causes, updated_at=self.now)
        job.executions.append(queued)
        return queued

    def settle(self, job: Job) -> None:
        if job.status != "IN_PROGRESS" or job.waiting or job.has_pending:
            return
        if not job.is_continuous or job.has_ended:
            job.status = "COMPLETED"

    def stop_rollout(self, job: Job) -> None:
        job.waiting = []
        job.next_tick = None

    def cancel_job(self, job_id: str, force: bool) -> str | None:
        job = self.jobs.get(job_id)
        if job is None:
            return "ResourceNotFoundException"
        if job.status not in ("IN_PROGRESS", "SCHEDULED"):
            return "InvalidRequestException"
        self.cancel(job, force)
        return None

    def cancel(self, job: Job, force: bool) -> None:
        job.status = "CANCELED"
        job.is_forced = force
        self.stop_rollout(job)
        for execution in job.executions:
            if execution.status == "QUEUED" or (force and execution.status == "IN_PROGRESS"):
                execution.is_forced = force
                self.end(job, execution, "CANCELED")

    def delete_job(self, job_id: str, force: bool) -> str | None:
        job = self.jobs.get(job_id)
        if job is None:
            return "ResourceNotFoundException"
        if job.status in ("IN_PROGRESS", "SCHEDULED") and not force:
            return "InvalidStateTransitionException"
        del self.jobs[job_id]
        return None

    def associate(self, job_id: str, group: str) -> str | None:
        job = self.jobs.get(job_id)
        if job is None:
            return "ResourceNotFoundException"
        if not job.is_continuous or job.status != "IN_PROGRESS":
            return "InvalidRequestException"
        if ("group", group) not in job.targets:
            job.targets.append(("group", group))
            for thing in dict.fromkeys(self.members(group)):
                job.departed.discard(thing)
                latest = job.of(thing)
                is_free = latest is None or latest.status == "REMOVED"
                if is_free and thing not in job.waiting and not job.has_ended:
                    self.queue(job, thing)
        return None

    # Executions

    def end(self, job: Job, execution: Execution, status: str) -> None:
        execution.status = status
        execution.version += status != "REMOVED"
        execution.updated_at = self.now

    def draw_consequences(self, job: Job, execution: Execution) -> None:
        """Complete or abort the job, or try again; in this order."""
        cause = execution.status
        allowed = 0
        used = 0
        if cause in ("FAILED", "TIMED_OUT") and not job.has_ended and execution.thing not in job.departed:
            kind = "ALL" if "ALL" in job.retries else cause
            allowed = job.retries.get(kind, 0)
            used = len(execution.causes) if kind == "ALL" else execution.causes.count(cause)
        will_retry = job.status == "IN_PROGRESS" and used < allowed
        if not will_retry:
            self.settle(job)
        self.check_abort(job)
        if will_retry and job.status == "IN_PROGRESS":
            self.queue(job, execution.thing, execution.attempt + 1, (*execution.causes, cause))

    def check_abort(self, job: Job) -> None:
        if job.status != "IN_PROGRESS" or job.criterion is None:
            return
        kind, percent, least = job.criterion
        ended = [each.status for each in job.executions if not each.is_pending]
        bad = [each for each in ended if each == kind or (kind == "ALL" and each in FAILURES)]
        if len(ended) >= least and 100 * len(bad) >= percent * len(ended):
            job.is_aborted = True
            self.cancel(job, force=False)

    def start(self, job: Job, execution: Execution, step_minutes: int | None) -> None:
        execution.status = "IN_PROGRESS"
        execution.version += 1
        execution.started_at = execution.updated_at = self.now
        if job.timeout_minutes is not None:
            execution.in_progress_limit = self.now + job.timeout_minutes * MINUTE
        self.set_step(execution, step_minutes)

    def set_step(self, execution: Execution, minutes: int | None) -> None:
        if minutes is not None:
            execution.step_limit = None if minutes == -1 else self.now + minutes * MINUTE

    def pending(self, thing: str) -> list[tuple[Job, Execution]]:
        found = [(job, each) for job in self.jobs.values() for each in job.executions if each.thing == thing and each.is_pending]
        return sorted(found, key=lambda each: (each[1].status != "IN_PROGRESS", each[1].order))

    def start_next(self, thing: str, step_minutes: int | None = None) -> tuple[Job, Execution] | None:
        """Return the job and the execution that the device gets, None if none waits."""
        pending = self.pending(thing)
        if not pending:
            return None
        job, execution = pending[0]
        if execution.status == "QUEUED":
            self.start(job, execution, step_minutes)
        else:
            self.set_step(execution, step_minutes)
        return job, execution

    def find(self, job_id: str, thing: str, number: int | None = None) -> tuple[Job, Execution] | None:
        job = self.jobs.get(job_id)
        execution = None if job is None else job.of(thing, number)
        return None if job is None or execution is None else (job, execution)

    def report(
        self,
        job_id: str,
        thing: str,
        status: str,
        *,
        details: dict[str, str] | None,
        expected_version: int | None,
        step_minutes: int | None,
    ) -> str | None:
        found = self.find(job_id, thing)
        if status not in ("IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED"):
            return "InvalidStateTransitionException"
        if found is None or thing not in self.things:
            return "ResourceNotFoundException"
        job, execution = found
        if expected_version not in (None, execution.version):
            return "InvalidRequestException"
        if not execution.is_pending:
            return "InvalidStateTransitionException"
        if details is not None:
            execution.details = details
        if status == "IN_PROGRESS" and execution.status == "QUEUED":
            self.start(job, execution, step_minutes)
        elif status == "IN_PROGRESS":
            execution.version += 1
            execution.updated_at = self.now
            self.set_step(execution, step_minutes)
        else:
            if execution.started_at is None and status != "REJECTED":
                execution.started_at = self.now
            self.end(job, execution, status)
            self.draw_consequences(job, execution)
        return None

    def cancel_execution(
        self, job_id: str, thing: str, *, force: bool, expected_version: int | None, details: dict[str, str] | None
    ) -> str | None:
        found = self.find(job_id, thing)
        if found is None:
            return "ResourceNotFoundException"
        job, execution = found
        if expected_version not in (None, execution.version):
            return "VersionConflictException"
        if not execution.is_pending or (execution.status == "IN_PROGRESS" and not force):
            return "InvalidStateTransitionException"
        if details is not None:
            execution.details = details
        execution.is_forced = force
        self.end(job, execution, "CANCELED")
        self.draw_consequences(job, execution)
        return None

    def delete_execution(self, job_id: str, thing: str, number: int | None, *, force: bool) -> str | None:
        found = self.find(job_id, thing, number)
        if found is None:
            return "ResourceNotFoundException"
        job, execution = found
        if execution.status == "IN_PROGRESS" and not force:
            return "InvalidStateTransitionException"
        job.executions.remove(execution)
        if job.of(thing) is None:
            job.emptied.add(thing)
        self.settle(job)
        self.check_abort(job)
        return None

    # Time

    def advance(self, seconds: float) -> None:
        """Let time pass, everything due at its own moment: ends, starts and ticks of jobs before the limits of executions."""
        until = self.now + seconds
        while (due := self._next_due(until)) is not None:
            self.now, _, _, act = due
            act()
        self.now = until

    def _next_due(self, until: float) -> Due | None:
        due: list[Due] = []
        for place, job in enumerate(self.jobs.values()):
            live = job.status in ("IN_PROGRESS", "SCHEDULED")
            if live and job.ends_at is not None and not job.has_ended:
                due.append((job.ends_at, 0, place, partial(self._end, job)))
            if job.status == "SCHEDULED" and job.starts_at is not None:
                due.append((job.starts_at, 1, place, partial(self.begin, job)))
            if job.next_tick is not None:
                due.append((job.next_tick, 2, place, partial(self.tick, job)))
            due.extend(
                (each.deadline, 3, each.order, partial(self._time_out, job, each))
                for each in job.executions
                if each.deadline is not None
            )
        due = [each for each in due if each[0] <= until]
        return min(due, key=lambda each: each[:3], default=None)

    def _end(self, job: Job) -> None:
        job.has_ended = True
        self.stop_rollout(job)
        self.settle(job)
        if job.status == "IN_PROGRESS" and job.end_behavior in ("CANCEL", "FORCE_CANCEL"):
            self.cancel(job, job.end_behavior == "FORCE_CANCEL")

    def _time_out(self, job: Job, execution: Execution) -> None:
        self.end(job, execution, "TIMED_OUT")
        self.draw_consequences(job, execution)
