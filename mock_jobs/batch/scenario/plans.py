"""Plans: what matching jobs do when they run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from fnmatch import translate
from functools import lru_cache
from reprlib import Repr
from typing import TYPE_CHECKING

from mock_jobs.batch.names import DEFINITION_NAME, NAME, parse_revision
from mock_jobs.core.argument_checks import check_flag, check_seconds, check_takes_one, check_text, check_whole
from mock_jobs.core.errors import HIDDEN, UsageTypeError, UsageValueError

if TYPE_CHECKING:
    from mock_jobs.batch.scenario.job_run import JobFunction

__tracebackhide__ = HIDDEN

# Source: API reference, AttemptContainerDetail.reason: at most 255 characters (documented).
_MAX_REASON = 255
_MAX_EXIT_CODE = 255
_ARN = re.compile(r"arn:[a-z-]+:batch:[a-z0-9-]+:[0-9]{12}:(?P<kind>[a-z-]+)/(?P<name>.*)")
_FOREVER = float("inf")
_PAIR = 2
# What a pattern of names is made of. A set in brackets may have anything.
_PATTERN = re.compile(r"(?:[A-Za-z0-9_*?-]|\[[^\]]+\])+")
_short = Repr()
_short.maxstring = _short.maxother = 80
_short.maxlist = _short.maxtuple = 3

LogLine = str | tuple[float, str]


@dataclass(frozen=True, slots=True)
class JobPlan:
    """What a plan asks for: which jobs match, and what a matching job does when it runs. `Plan.job_plan` holds it.

    Attributes:
        job_name: Pattern of the job name, with `*`, `?` and `[...]`; `*` matches all.
        queue: Name or ARN of the job queue; None matches all.
        definition: Name or ARN of the job definition, with or without revision; None matches all.
        array_index: Index of an array child, from 0; None matches all jobs.
        attempt: Number of the attempt, from 1; None matches all.
        node_index: Index of a node of a multi-node parallel job, from 0; None matches all jobs and nodes.
        duration: Seconds from RUNNING to the end, on the mock's clock. With infinity the job runs until its timeout or
            TerminateJob ends it.
        exit_code: Exit code of the container, 0 to 255; 0 is success. None with `run`, `host_lost` or `start_failure`.
        reason: Reason of the container, at most 255 characters, for example
            `OutOfMemoryError: Container killed due to memory usage`; None if the plan gives none.
        host_lost: Whether the host is lost after `duration`, as when Spot reclaims it.
        start_failure: Why the container cannot start, at most 255 characters, for example `CannotPullContainerError: ...`;
            None if it can.
        logs: Lines of the log stream, or pairs of seconds after the start (at most `duration`) and a line.
        run: A function that is called with a `JobRun` in place of the container; None for no function. It returns the exit
            code, and what it prints is the log.
        raises: Whether an assertion that fails in `run` fails the test.

    Raises:
        UsageValueError: A value is out of range or malformed, or two values exclude each other.
        UsageTypeError: A value has the wrong type, or `run` cannot be called with one argument.
    """

    job_name: str = "*"
    queue: str | None = None
    definition: str | None = None
    array_index: int | None = None
    attempt: int | None = None
    duration: float = 0.0
    exit_code: int | None = None
    reason: str | None = None
    host_lost: bool = False
    start_failure: str | None = None
    node_index: int | None = None
    logs: Sequence[LogLine] = ()
    run: JobFunction | None = None
    raises: bool = True
    _said: tuple[tuple[int, str], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_text("job_name", self.job_name)
        _check_pattern(self.job_name)
        _check_reference("queue", self.queue, _is_queue)
        _check_reference("definition", self.definition, _is_definition)
        if self.array_index is not None:
            check_whole("array_index", self.array_index, 0)
        if self.node_index is not None:
            check_whole("node_index", self.node_index, 0)
        if self.attempt is not None:
            check_whole("attempt", self.attempt, 1)
        if self.duration != _FOREVER:
            check_seconds("duration", self.duration)
        if self.exit_code is not None:
            check_whole("exit_code", self.exit_code, 0, _MAX_EXIT_CODE)
        for name, text in (("reason", self.reason), ("start_failure", self.start_failure)):
            if text is not None:
                check_text(name, text, _MAX_REASON)
        check_flag("host_lost", self.host_lost)
        if self.host_lost and self.start_failure is not None:
            msg = "an attempt either fails to start or loses its host: give one of start_failure and host_lost"
            raise UsageValueError(msg)
        check_flag("raises", self.raises)
        if self.run is not None:
            self._check_run(self.run)
        elif not self.raises:
            msg = "raises=False is for the assertions of a function: give run as well"
            raise UsageValueError(msg)
        elif self.host_lost or self.start_failure is not None:
            if self.exit_code is not None:
                msg = "a container that loses its host or fails to start has no exit code: leave exit_code out"
                raise UsageValueError(msg)
        elif self.exit_code is None:
            object.__setattr__(self, "exit_code", 0)
        object.__setattr__(self, "_said", tuple(_parsed_logs(self.logs, self.duration)))
        if self._said and self.start_failure is not None:
            msg = "a container that fails to start writes nothing: give one of start_failure and logs"
            raise UsageValueError(msg)

    def _check_run(self, run: object) -> None:
        if not callable(run):
            msg = f"run must be a function, got {run!r}"
            raise UsageTypeError(msg)
        check_takes_one("run", run, "a JobRun")
        if self.exit_code is not None or self.host_lost or self.start_failure is not None:
            msg = "what run returns decides how the container ends: leave exit_code, host_lost and start_failure out"
            raise UsageValueError(msg)


def jobs_text(plan: JobPlan) -> str:
    """Return what names a plan in texts: the jobs that it matches."""
    members = ("queue", "definition", "array_index", "attempt", "node_index")
    given = [f", {member}={value!r}" for member in members if (value := getattr(plan, member)) is not None]
    return f"plan({plan.job_name!r}{''.join(given)})"


def plan_text(plan: JobPlan) -> str:
    """Return the call of `mock.batch.plan` that asks for a plan, without what is at its default; long values in short."""
    given = [(each.name, getattr(plan, each.name)) for each in fields(plan)[1:] if each.init]
    # Without an exit code there is something else that says how the container ends.
    changed = [
        f", {name}={_written(name, value)}"
        for name, value in given
        if value != getattr(SUCCESS, name) and (name, value) != ("exit_code", None)
    ]
    return f"plan({plan.job_name!r}{''.join(changed)})"


def run_ms(plan: JobPlan) -> int | None:
    """Return the milliseconds from RUNNING to the end; None if only a timeout or TerminateJob ends the job."""
    return None if plan.duration == _FOREVER else round(plan.duration * 1000)


def log_lines(plan: JobPlan, started_ms: int) -> list[tuple[int, str]]:
    """Return the log of a container: pairs of milliseconds since the epoch and a line.

    Args:
        plan: What it follows.
        started_ms: When the container starts, in milliseconds since the epoch.
    """
    said = plan._said  # noqa: SLF001 - of this module; no matter for tests
    return [(started_ms + after_ms, text) for after_ms, text in said]


@lru_cache(maxsize=1024)
def name_pattern(job_name: str) -> re.Pattern[str]:
    """Return the pattern of names that the `job_name` of a plan stands for."""
    return re.compile(translate(job_name))


def _parsed_logs(logs: Sequence[LogLine], duration: float) -> Iterator[tuple[int, str]]:
    if isinstance(logs, str) or not isinstance(logs, Sequence):
        msg = f"logs must be a list of lines, or of pairs of seconds and a line, got {logs!r}"
        raise UsageTypeError(msg)
    for entry in logs:
        seconds, text = entry if isinstance(entry, (tuple, list)) and len(entry) == _PAIR else (0.0, entry)
        check_seconds("logs: the seconds after the start", seconds)
        check_text("logs: a line", text)
        if seconds > duration:
            msg = (
                f"logs: a line {seconds} seconds after the start is too late, because the container ends after {duration} seconds"
            )
            raise UsageValueError(msg)
        # The awslogs driver makes an event of each line.
        yield from ((round(seconds * 1000), line) for line in str(text).splitlines() if line)


def _written(name: str, value: object) -> str:
    if name == "run":
        return getattr(value, "__name__", None) or _short.repr(value)
    return "None" if value == _FOREVER else _short.repr(value)


def _check_pattern(job_name: str) -> None:
    if _PATTERN.fullmatch(job_name) is None:
        msg = f"job_name must be a pattern of letters, digits, - and _, with *, ? and [...], got {job_name!r}: no job has such a name"
        raise UsageValueError(msg)


def _is_queue(text: str) -> bool:
    return NAME.fullmatch(_name_in(text, "job-queue")) is not None


def _is_definition(text: str) -> bool:
    name, colon, revision = _name_in(text, "job-definition").partition(":")
    return DEFINITION_NAME.fullmatch(name) is not None and (not colon or parse_revision(revision) is not None)


def _name_in(text: str, kind: str) -> str:
    """Return the name in an ARN of this kind, an empty string for an ARN of another kind, and any other text unchanged."""
    return text if (match := _ARN.fullmatch(text)) is None else match["name"] if match["kind"] == kind else ""


def _check_reference(name: str, text: object, is_well_formed: Callable[[str], bool]) -> None:
    if text is None:
        return
    check_text(name, text)
    if not is_well_formed(str(text)):
        msg = f"{name} must be the name or the ARN of a job {name}, got {text!r}"
        raise UsageValueError(msg)


SUCCESS = JobPlan()
FAILURE = JobPlan(exit_code=1)
