"""What `mock.iot.run_until` and `run_execution_until` wait for, and why that may never come."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from mock_jobs.core.argument_checks import check_text, nearest
from mock_jobs.core.errors import HIDDEN, UsageValueError
from mock_jobs.iot import states

if TYPE_CHECKING:
    from mock_jobs.iot.records.job import Execution, Job
    from mock_jobs.iot.records.store import JobStore
    from mock_jobs.iot.rules.arns import Scope

__tracebackhide__ = HIDDEN

JobStatus = Literal["SCHEDULED", "IN_PROGRESS", "COMPLETED", "CANCELED", "DELETION_IN_PROGRESS"]
ExecutionStatus = Literal["QUEUED", "IN_PROGRESS", "SUCCEEDED", "FAILED", "TIMED_OUT", "REJECTED", "REMOVED", "CANCELED"]

_SHOWN: Final = 10
_COMPARED: Final = 1000
_DEVICES: Final = "devices report with start_next_pending_job_execution and update_job_execution of iot-jobs-data"


def check_status(status: object, known: Any) -> None:
    """Check that a status is one of those of a `Literal`.

    Raises:
        UsageTypeError: It is not a string.
        UsageValueError: There is no such status.
    """
    check_text("status", status)
    names = get_args(known)
    if status not in names:
        raise UsageValueError(f"no such status: {status!r}{nearest(str(status), names) or '.'} There are: {', '.join(names)}")


def the_job(stores: Mapping[Scope, JobStore], reference: str) -> tuple[JobStore, Job]:
    """Return the job with this id or ARN, and the store that has it.

    Raises:
        UsageValueError: There is none, or several accounts or regions have one with this id.
    """
    job_id = reference.partition(":job/")[2] or reference
    found = [(store, job) for store in stores.values() if (job := store.get_job(job_id)) and reference in (job_id, job.arn)]
    if len(found) > 1:
        arns = ", ".join(job.arn for _, job in found)
        raise UsageValueError(f"several jobs have the id {reference!r}; give the ARN of one: {arns}")
    if not found:
        raise UsageValueError(f"no job of AWS IoT has the id {reference!r}{_known_jobs(stores, job_id)}")
    return found[0]


def _known_jobs(stores: Mapping[Scope, JobStore], job_id: str) -> str:
    newest = [job.job_id for store in stores.values() for job in islice(store.newest_jobs(None, None), _COMPARED)]
    return f"{nearest(job_id, newest) or '.'} The newest are: {', '.join(newest[:_SHOWN])}" if newest else "; there are no jobs"


class Wait(ABC):
    """Something that is waited for.

    Args:
        store: The store of the job.
        job: The job.
        status: The status that is waited for.
    """

    def __init__(self, store: JobStore, job: Job, status: str) -> None:
        self._store = store
        self._job = job
        self._status = status

    @abstractmethod
    def is_over(self) -> bool:
        """Return whether the status is reached.

        Raises:
            UsageValueError: It will never be.
        """

    @abstractmethod
    def stuck(self) -> UsageValueError:
        """Return the error to raise when nothing is due any more."""

    @property
    def _is_deleted(self) -> bool:
        return self._store.get_job(self._job.job_id) is not self._job

    def _never(self, why: str) -> UsageValueError:
        return UsageValueError(f"{self._what} will never be {self._status}: {why}")

    @property
    @abstractmethod
    def _what(self) -> str:
        """What has the status, in words."""


class WaitForJob(Wait):
    """A status of a job."""

    @property
    def _what(self) -> str:
        return f"job {self._job.job_id}"

    def is_over(self) -> bool:
        """Return whether the job has the status."""
        job = self._job
        if self._is_deleted:
            raise self._never("it was deleted")
        if job.status == self._status:
            return True
        if job.status not in states.ACTIVE:
            comment = "" if job.comment is None else f" ({job.comment})"
            raise self._never(f"it is {job.status}{comment}")
        return False

    def stuck(self) -> UsageValueError:
        """Return the error that says what the job waits for."""
        return self._never(f"it is {self._job.status}, and {_what_waits(self._job)}")


def _what_waits(job: Job) -> str:
    """Return in words what keeps an active job as it is, when nothing is due."""
    counts = {status: job.executions.count(status) for status in states.PENDING}
    pending = " and ".join(f"{count} {status}" for status, count in counts.items() if count)
    if pending:
        return f"waits for its executions: {pending}; no timer is due, and {_DEVICES}"
    if job.status == states.SCHEDULED:
        return "no maintenance window opens any more"
    return "is CONTINUOUS: without an end time only cancel_job and delete_job end it"


class WaitForExecution(Wait):
    """A status of the execution of a thing.

    Args:
        store: The store of the job.
        job: The job.
        status: The status that is waited for.
        thing_name: The thing.
        number: Number of the execution; None means the latest one now, or the first one.

    Raises:
        UsageValueError: The thing has no execution, and will not get one from what is scheduled.
    """

    def __init__(self, store: JobStore, job: Job, status: str, thing_name: str, number: int | None) -> None:
        super().__init__(store, job, status)
        self._thing_name = thing_name
        self._number = number
        self._found: Execution | None = None
        if job.executions.latest(thing_name) is None and not _may_get_one(job, thing_name):
            known = list(islice(_things_of(job), _COMPARED))
            similar = nearest(thing_name, known) or "."
            things = ", ".join(known[:_SHOWN]) or "none"
            raise UsageValueError(
                f"thing {thing_name!r} has no execution of job {job.job_id}{similar} Things that have one: {things}"
            )

    @property
    def _what(self) -> str:
        number = "" if self._number is None else f" {self._number}"
        return f"execution{number} of thing {self._thing_name} and job {self._job.job_id}"

    def is_over(self) -> bool:
        """Return whether the execution has the status."""
        executions = self._job.executions
        if self._found is None:
            self._found = executions.find(self._thing_name, self._number)
        found = self._found
        if found is not None and (self._is_deleted or found not in executions.of_thing(self._thing_name)):
            raise self._never("it was deleted")
        if found is None and self._is_deleted:
            raise self._never("the job was deleted")
        if found is None or found.status == self._status:
            return found is not None
        if found.status not in states.PENDING:
            raise self._never(f"it is {found.status}")
        return False

    def stuck(self) -> UsageValueError:
        """Return the error that says what the execution waits for."""
        found = self._found
        if found is None:
            return self._never(f"it does not exist; the job is {self._job.status}, and {_what_waits(self._job)}")
        return self._never(f"it is {found.status}: no timer is due, and {_DEVICES}")


def _may_get_one(job: Job, thing_name: str) -> bool:
    is_to_come = job.status == states.SCHEDULED and job.rollout is None
    joins = job.windows is not None and thing_name in job.windows.pending_joins
    return is_to_come or joins or (job.rollout is not None and job.rollout.waits(thing_name))


def _things_of(job: Job) -> Iterator[str]:
    return (execution.thing_name for execution in job.executions)
