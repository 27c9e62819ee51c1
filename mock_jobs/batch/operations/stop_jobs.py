"""CancelJob, TerminateJob and their bulk forms.

Sources: API reference, CancelJob, CancelJobs, TerminateJob and TerminateJobs (*documented*): a job that cannot be found counts
as a success in the bulk forms, and an identifier that is not valid is an error there. TerminateJob accepts a text that is no id
(*observed*); that it rejects characters that no id has is *inferred*, and so is all of this for CancelJob.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import ClientException, invalid
from mock_jobs.batch.names import is_job_reference
from mock_jobs.batch.region import BatchRegion
from mock_jobs.batch.states import StopRequest

if TYPE_CHECKING:
    from mock_jobs.batch.scenario.setups import Refusal

MAX_REASON = 1024
MAX_JOBS = 50


class StopJobOperations(BatchRegion):
    """CancelJob, TerminateJob and their bulk forms."""

    def cancel_job(self, *, job_id: str, reason: str) -> None:
        """Cancel a job that has not reached STARTING.

        For any other job the call succeeds without effect.
        """
        self._stop_job(StopRequest.CANCEL, job_id, reason)

    def terminate_job(self, *, job_id: str, reason: str) -> None:
        """End a job in any state."""
        self._stop_job(StopRequest.TERMINATE, job_id, reason)

    def cancel_jobs(self, *, jobs: Sequence[str], reason: str) -> dict[str, object]:
        """Cancel up to 50 jobs."""
        return self._stop_jobs(StopRequest.CANCEL, jobs, reason)

    def terminate_jobs(self, *, jobs: Sequence[str], reason: str) -> dict[str, object]:
        """Terminate up to 50 jobs."""
        return self._stop_jobs(StopRequest.TERMINATE, jobs, reason)

    def _stop_job(self, request: StopRequest, job_id: str, reason: str) -> None:
        check_reason(reason)
        if not self.arns.is_like_job_id(job_id):
            raise invalid(messages.INVALID_JOB_ID, job_id=job_id)
        self._stop_known(request, job_id, reason)

    def _stop_jobs(self, request: StopRequest, jobs: Sequence[str], reason: str) -> dict[str, object]:
        check_reason(reason)
        check_bulk(jobs)
        return stop_each(
            jobs, is_job_reference, lambda job_id: self._stop_known(request, job_id, reason), self.scenario.take_refusal
        )

    def _stop_known(self, request: StopRequest, job_id: str, reason: str) -> None:
        parts = self.arns.read_job_id(job_id)
        job = None if parts is None else self.find_job(parts)
        if job is not None:
            self.stopper.stop(job, request, reason)


def check_reason(reason: str) -> None:
    """Reject a reason that is empty or too long."""
    if not reason:
        raise invalid(messages.EMPTY, member="reason")
    if len(reason) > MAX_REASON:
        raise invalid(messages.REASON_TOO_LONG)


def check_bulk(jobs: Sequence[str]) -> None:
    """Reject a list of jobs that is empty or too long."""
    if not jobs:
        raise invalid(messages.NO_JOBS)
    if len(jobs) > MAX_JOBS:
        raise invalid(messages.TOO_MANY_JOBS)


def stop_each(
    jobs: Sequence[str],
    is_valid: Callable[[str], bool],
    stop: Callable[[str], None],
    take_refusal: Callable[[str], Refusal | None],
) -> dict[str, object]:
    """Stop the job of each well-formed id once, and return the bulk answer.

    An unknown id counts as a success.

    Args:
        jobs: Ids as given.
        is_valid: Returns whether an id, or an ARN, is well-formed.
        stop: Ends the job with an id, if there is one.
        take_refusal: Returns the error that a test has injected for an id, else None.
    """
    successful: list[str] = []
    errors: list[dict[str, str]] = []
    for job_id in dict.fromkeys(jobs):
        if not is_valid(job_id):
            text = messages.INVALID_JOB_ID.format(job_id=job_id)
            errors.append({"job": job_id, "code": "ValidationException", "message": text})
            continue
        refusal = take_refusal(job_id)
        if refusal is not None:
            errors.append({"job": job_id, "code": refusal.code, "message": refusal.message})
            continue
        try:
            stop(job_id)
        except ClientException as error:
            errors.append({"job": job_id, "code": error.code, "message": error.message})
        else:
            successful.append(job_id)
    return {"successful": successful, "errors": errors}
