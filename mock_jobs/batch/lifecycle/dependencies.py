"""What a job waits for.

Sources: user guide, "Job dependencies" and "Array jobs" (*documented*); API reference, JobDependency (*documented*). That the
arrays of an N_TO_N dependency need the same size, and that a child may be depended on, is *inferred*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import invalid
from mock_jobs.batch.names import is_job_reference
from mock_jobs.batch.records.job import ArrayJob, Job
from mock_jobs.batch.states import FAILED, SUCCEEDED

if TYPE_CHECKING:
    from mypy_boto3_batch.type_defs import JobDependencyTypeDef

MAX_DEPENDENCIES = 20


class DependencyState(Enum):
    """The combined state of the jobs that a job waits for."""

    READY = "all succeeded"
    WAITING = "some have not ended, none failed"
    FAILED = "some failed"


@dataclass(frozen=True, slots=True)
class Dependencies:
    """The dependencies of a request, resolved."""

    plain: tuple[Job, ...] = ()
    n_to_n: tuple[ArrayJob, ...] = ()
    is_sequential: bool = False


def check_shapes(depends_on: Sequence[JobDependencyTypeDef], size: int | None) -> None:
    """Check the entries of dependsOn, without looking up any job.

    Args:
        depends_on: As given in the request.
        size: Size of the array that is submitted, None for a plain job.

    Raises:
        ClientException: There are more than 20 entries, or one is invalid.
    """
    if len(depends_on) > MAX_DEPENDENCIES:
        raise invalid(messages.TOO_MANY_DEPENDENCIES)
    for entry in depends_on:
        job_id, kind = entry.get("jobId"), entry.get("type")
        if size is None and (kind == "N_TO_N" or (kind == "SEQUENTIAL" and not job_id)):
            raise invalid(messages.DEPENDENCY_ONLY_ARRAY, type=kind)
        if not job_id:
            if kind != "SEQUENTIAL":
                raise invalid(messages.DEPENDENCY_WITHOUT_ID)
        elif not is_job_reference(job_id):
            raise invalid(messages.DEPENDENCY_MALFORMED)


def resolve(
    depends_on: Sequence[JobDependencyTypeDef], size: int | None, find: Callable[[str], Job | None], *, lenient: bool
) -> Dependencies:
    """Return the jobs that the entries of dependsOn mean.

    Args:
        depends_on: As given in the request, checked.
        size: Size of the array that is submitted, None for a plain job.
        find: Finds a job by its id.
        lenient: Whether an unknown job counts as one that succeeded and expired.

    Raises:
        ClientException: A job does not exist, or is not an array of the size that N_TO_N needs.
    """
    plain: dict[Job, None] = {}
    n_to_n: dict[ArrayJob, None] = {}
    is_sequential = False
    for entry in depends_on:
        job_id = entry.get("jobId")
        if not job_id:
            is_sequential = True
            continue
        job = find(job_id)
        if job is None:
            if not lenient:
                raise invalid(messages.DEPENDENCY_UNKNOWN, job_id=job_id)
        elif entry.get("type") == "N_TO_N":
            if not isinstance(job, ArrayJob) or len(job.children) != size:
                raise invalid(messages.DEPENDENCY_SIZES, job_id=job_id)
            n_to_n[job] = None
        else:
            # Clients send SEQUENTIAL with a jobId, and AWS treats it like a plain dependency (observed).
            plain[job] = None
    return Dependencies(tuple(plain), tuple(n_to_n), is_sequential)


def register(job: Job) -> None:
    """Add a new job to the dependents of the unfinished jobs that it waits for."""
    for other in job.spec.dependencies:
        if not other.is_terminal:
            if other.dependents is None:
                other.dependents = []
            other.dependents.append(job)
    if isinstance(job, ArrayJob):
        for array in job.spec.n_to_n:
            if not array.is_terminal:
                array.followers.append(job)


def awaited(job: Job) -> Iterator[Job]:
    """Yield every job that this one waits for, ended or not.

    A child also waits for what its parent waits for.
    """
    spec, parent = job.spec, job.parent
    yield from spec.dependencies
    if parent is not None:
        if spec.is_sequential and job.index > 0:
            yield parent.children[job.index - 1]
        for array in spec.n_to_n:
            yield array.children[job.index]


def dependency_state(job: Job) -> DependencyState:
    """Return the combined state of the jobs that this one waits for."""
    result = DependencyState.READY
    for other in awaited(job):
        if other.status == FAILED:
            return DependencyState.FAILED
        if other.status != SUCCEEDED:
            result = DependencyState.WAITING
    return result


def is_waiting(job: Job) -> bool:
    """Return whether any job that this one waits for is unfinished.

    This holds even if another one has failed.
    """
    return any(not other.is_terminal for other in awaited(job))


def waiting_for(job: Job) -> list[Job]:
    """Return the unfinished jobs that this one waits for."""
    return [other for other in awaited(job) if not other.is_terminal]


def released_by(job: Job) -> Iterator[Job]:
    """Yield the jobs that may proceed, or must fail, because this one has ended."""
    yield from job.dependents or ()
    parent = job.parent
    if parent is not None:
        following = job.index + 1
        if job.spec.is_sequential and following < len(parent.children):
            yield parent.children[following]
        for array in parent.followers:
            yield array.children[job.index]
