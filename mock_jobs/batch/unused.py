"""Why nothing has used a plan or a refusal: what there was instead, for the text of `UnusedError`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from mock_jobs.batch.lifecycle.plan_matching import matches, matches_service_job
from mock_jobs.batch.records.job import ArrayJob, Job, RunningAttempt
from mock_jobs.batch.records.node import MultiNodeJob
from mock_jobs.batch.scenario.plans import JobPlan, name_pattern, plan_text
from mock_jobs.batch.service_jobs.job import RunningServiceAttempt

if TYPE_CHECKING:
    from mock_jobs.batch.region import BatchRegion
    from mock_jobs.batch.scenario.setups import Plan, Refusal
    from mock_jobs.batch.service_jobs.job import ServiceJob
    from mock_jobs.core.calls import Call

_MOST_SHOWN: Final = 5
# Names are compared one by one, which takes its time.
_MOST_COMPARED: Final = 1_000
# What narrows a plan beside the name and the attempt
_MEMBERS: Final = ("queue", "definition", "array_index", "node_index", "run")
_BULK: Final = ("CancelJobs", "TerminateJobs", "TerminateServiceJobs")
_SINGLE: Final = ("CancelJob", "TerminateJob", "TerminateServiceJob")


class _Candidate(NamedTuple):
    """What can follow a plan: a job, a child of an array, a node or a service job.

    Attributes:
        label: What names it in the text.
        name: The name of its job.
        status: Its status.
        attempts: How many attempts have looked for a plan.
        fits: Returns whether a plan matches an attempt of it.
    """

    label: str
    name: str
    status: str
    attempts: int
    fits: Callable[[JobPlan, int], bool]


def why_no_attempt(plan: Plan, plans: Sequence[Plan], regions: Iterable[BatchRegion]) -> str:
    """Return why no attempt has followed a plan.

    Args:
        plan: The plan.
        plans: All plans, the one that was added last first.
        regions: Where there may be jobs.
    """
    wanted = plan.job_plan
    candidates = [each for region in regions for each in _candidates(region)]
    fitting = [each for each in candidates if each.fits(wanted, wanted.attempt or 1)]
    if fitting:
        later = [each.job_plan for each in plans[: plans.index(plan)]] if plan in plans else []
        return _why_not_followed(wanted, fitting, later)
    named = [each for each in candidates if name_pattern(wanted.job_name).match(each.name)]
    return _why_not_fitting(wanted, named) if named else _what_there_is(wanted, candidates)


def _candidates(region: BatchRegion) -> Iterator[_Candidate]:
    for job in region.jobs.values():
        yield from map(_candidate, _parts(job))
    yield from map(_service_candidate, region.service_jobs.values())


def _parts(job: Job) -> Iterable[Job]:
    if isinstance(job, ArrayJob):
        return job.children
    return (job, *job.others) if isinstance(job, MultiNodeJob) else (job,)


def _candidate(job: Job) -> _Candidate:
    part = job.job_id.removeprefix(job.own_id)
    attempts = len(job.attempts) + isinstance(job.current, RunningAttempt)
    return _Candidate(
        job.spec.name + part, job.spec.name, job.status, attempts, lambda plan, attempt: matches(plan, job, attempt)
    )


def _service_candidate(job: ServiceJob) -> _Candidate:
    attempts = len(job.attempts) + isinstance(job.current, RunningServiceAttempt)
    return _Candidate(
        job.spec.name,
        job.spec.name,
        job.status,
        attempts,
        lambda plan, attempt: matches_service_job(plan, job.spec.name, job.spec.queue, attempt),
    )


# The texts


def _why_not_followed(wanted: JobPlan, fitting: Sequence[_Candidate], later: Sequence[JobPlan]) -> str:
    ran = [each for each in fitting if each.attempts]
    if not ran:
        waiting = [f"{each.label} is {each.status}" for each in fitting]
        return f"{_number(waiting, 'job matches', 'jobs match')} and did not run: {_list(waiting)}"
    if wanted.attempt is not None and all(each.attempts < wanted.attempt for each in ran):
        made = [f"{each.label} made {each.attempts}" for each in ran]
        return f"{_number(made, 'job matches', 'jobs match')} and did not make so many attempts: {_list(made)}"
    first = next((each for each in later if any(_takes(each, candidate, wanted.attempt) for candidate in ran)), None)
    labels = _list([each.label for each in ran])
    if first is not None:
        return f"{plan_text(first)} was added later and matches too, so it came first for {labels}"
    return f"it was added when the attempts that match had started already: {labels}"


def _takes(plan: JobPlan, candidate: _Candidate, attempt: int | None) -> bool:
    """Return whether a plan matches an attempt of a candidate: this one, or any if it is None."""
    attempts = range(1, candidate.attempts + 1) if attempt is None else (attempt,)
    return any(candidate.fits(plan, each) for each in attempts)


def _why_not_fitting(wanted: JobPlan, named: Sequence[_Candidate]) -> str:
    given = {member: value for member in _MEMBERS if (value := getattr(wanted, member)) is not None}
    labels = _list(dict.fromkeys(each.label for each in named))
    lacking = [member for member, value in given.items() if not any(each.fits(_only(wanted, member, value), 1) for each in named)]
    members = ", ".join(lacking or given)
    return f"the name fits, but not {members}: {labels}" if lacking else f"the name fits, but not all of {members}: {labels}"


def _only(wanted: JobPlan, member: str, value: object) -> JobPlan:
    return JobPlan(wanted.job_name, **cast("Mapping[str, str]", {member: value}))  # type: ignore[arg-type]


def _what_there_is(wanted: JobPlan, candidates: Sequence[_Candidate]) -> str:
    if not candidates:
        return "no job was submitted"
    ran = [each.name for each in candidates if each.attempts]
    names = _nearest_first(wanted.job_name, ran or [each.name for each in candidates])
    what = "jobs that ran" if ran else "no job ran; jobs that were submitted"
    hint = " (patterns are case-sensitive)" if _fits_in_any_case(wanted, names) else ""
    return f"{what}: {_list(names)}{hint}"


def _fits_in_any_case(wanted: JobPlan, names: Iterable[str]) -> bool:
    pattern = re.compile(name_pattern(wanted.job_name).pattern, re.IGNORECASE)
    return any(map(pattern.match, names))


def _nearest_first(pattern: str, names: Iterable[str]) -> list[str]:
    known = list(dict.fromkeys(names))[-_MOST_COMPARED:]
    wanted = pattern.lower()
    return sorted(known, key=lambda name: -SequenceMatcher(None, wanted, name.lower()).ratio())


def _number(things: Sequence[str], one: str, many: str) -> str:
    return f"{len(things):,} {one if len(things) == 1 else many}"


def _list(texts: Iterable[str]) -> str:
    shown = list(texts)
    more = len(shown) - _MOST_SHOWN
    return ", ".join(shown[:_MOST_SHOWN]) + (f" and {more:,} more" if more > 0 else "")


# Refusals


def why_no_request(refusal: Refusal, calls: Iterable[Call]) -> str:
    """Return why no request has got a refusal.

    Args:
        refusal: The refusal.
        calls: The requests that were answered, the oldest first.
    """
    made = [call for call in calls if call.service == "batch"]
    alone = next(
        (call.operation for call in made if call.operation in _SINGLE and call.parameters.get("jobId") == refusal.job_id), None
    )
    if alone is not None:
        return f"{alone} has no list of errors; only {', '.join(_BULK)} have one"
    ids = [
        str(each)
        for call in made
        if call.operation in _BULK
        for each in cast("Iterable[object]", call.parameters.get("jobs", ()))
    ]
    if not ids:
        return f"there was no request of {', '.join(_BULK)}"
    return f"{', '.join(_BULK)} named: {_list(_nearest_first(refusal.job_id, ids))}"
