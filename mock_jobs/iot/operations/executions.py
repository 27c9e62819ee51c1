"""The control plane's operations on job executions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from mock_jobs.iot import messages, states, views
from mock_jobs.iot.exceptions import (
    InvalidRequestException,
    InvalidStateTransitionException,
    ResourceNotFoundException,
    VersionConflictException,
)
from mock_jobs.iot.operations.base import Operations
from mock_jobs.iot.records.job import Execution, listing_key
from mock_jobs.iot.rules.paging import page, start_of_page
from mock_jobs.iot.states import ExecutionTrigger

if TYPE_CHECKING:
    from mypy_boto3_iot.literals import JobExecutionStatusType

    from mock_jobs.core.service_base import WireShape


class ExecutionOperations(Operations):
    """Describe, list, cancel and delete job executions."""

    def describe_job_execution(self, *, job_id: str, thing_name: str, execution_number: int | None = None) -> WireShape:
        """Return an execution in any status, by default the latest of the thing, without its document.

        Source: DescribeJobExecution, API reference; developer guide, "Job management and control API" (documented).

        Raises:
            ResourceNotFoundException: There is no such job or execution.
        """
        execution = self._execution_or_404(job_id, thing_name, execution_number)
        return {"execution": views.describe_execution(execution, self.scope.arn("thing", thing_name), self.world.clock.now_ms)}

    def list_job_executions_for_job(
        self,
        *,
        job_id: str,
        status: JobExecutionStatusType | None = None,
        max_results: int | None = None,
        next_token: str | None = None,
    ) -> WireShape:
        """List the executions of a job, all attempts included, the last changed first.

        Source: ListJobExecutionsForJob, API reference (documented); the order is observed.

        Raises:
            InvalidRequestException: The token is not one of this listing.
            ResourceNotFoundException: There is no such job.
        """
        listing = self.listing(f"ListJobExecutionsForJob {job_id} {status}")
        after = start_of_page(listing, next_token, 3)
        job = self.store.job_or_404(job_id)
        found, token = page(listing, job.executions.newest_first(status, after), max_results, listing_key)
        summaries = [
            {"thingArn": self.scope.arn("thing", each.thing_name), "jobExecutionSummary": views.summarize_execution(each)}
            for each in found
        ]
        return {"executionSummaries": summaries, **token}

    def list_job_executions_for_thing(
        self,
        *,
        thing_name: str,
        status: JobExecutionStatusType | None = None,
        namespace_id: str | None = None,
        max_results: int | None = None,
        next_token: str | None = None,
        job_id: str | None = None,
    ) -> WireShape:
        """List the executions of a thing that pass all given filters, the last queued first.

        Source: ListJobExecutionsForThing, API reference (documented); the order is that of the developer guide's example; that
        the thing must be registered is inferred.

        Raises:
            InvalidRequestException: The token is not one of this listing.
            ResourceNotFoundException: The thing is not registered.
        """
        listing = self.listing(f"ListJobExecutionsForThing {(thing_name, status, namespace_id, job_id)}")
        after = start_of_page(listing, next_token, 1)
        if not self.things().has_thing(thing_name):
            raise ResourceNotFoundException(messages.THING_NOT_FOUND.format(name=thing_name))
        executions = (
            each
            for each in self._executions_of(thing_name, job_id, None if after is None else after[0])
            if status in (None, each.status) and namespace_id in (None, each.job.namespace_id)
        )
        found, token = page(listing, executions, max_results, lambda each: (each.sequence,))
        summaries = [{"jobId": each.job.job_id, "jobExecutionSummary": views.summarize_execution(each)} for each in found]
        return {"executionSummaries": summaries, **token}

    def _executions_of(self, thing_name: str, job_id: str | None, before: int | None) -> Iterator[Execution]:
        if job_id is None:
            return self.store.executions_of_thing(thing_name, before)
        job = self.store.get_job(job_id)
        if job is None:
            return iter(())
        return (each for each in job.executions.of_thing(thing_name) if before is None or each.sequence < before)

    def cancel_job_execution(
        self,
        *,
        job_id: str,
        thing_name: str,
        force: bool = False,
        expected_version: int | None = None,
        status_details: Mapping[str, str] | None = None,
    ) -> None:
        """Cancel the latest execution of a thing; one that is IN_PROGRESS only with `force`.

        Source: CancelJobExecution, API reference (documented). The version is compared before the status (inferred).

        Raises:
            ResourceNotFoundException: There is no such job or execution.
            VersionConflictException: It has another version; the error holds the current state in `executionState`.
            InvalidStateTransitionException: It is finished, or IN_PROGRESS and `force` is not given.
        """
        execution = self._execution_or_404(job_id, thing_name, None)
        if expected_version is not None and expected_version != execution.version:
            text = messages.VERSION_DIFFERS.format(expected=expected_version, found=execution.version)
            raise VersionConflictException(text, executionState=views.execution_state(execution))
        trigger = ExecutionTrigger.FORCE_CANCEL if force else ExecutionTrigger.CANCEL
        if states.next_execution_status(execution.status, trigger) is None:
            is_running = execution.status in states.PENDING
            text = messages.CANCEL_OF_RUNNING if is_running else messages.CANCEL_OF_FINISHED
            raise InvalidStateTransitionException(text.format(thing_name=thing_name, job_id=job_id))
        self.executions.change_one(execution, trigger, status_details)

    def delete_job_execution(
        self,
        *,
        job_id: str,
        thing_name: str,
        execution_number: int,
        force: bool = False,
        namespace_id: str | None = None,
    ) -> None:
        """Delete an execution; one that is IN_PROGRESS only with `force`.

        Source: DeleteJobExecution, API reference (documented). It requires a terminal status, but the developer guide and
        observation allow QUEUED. That a job in another namespace is not found is inferred.

        Raises:
            InvalidRequestException: The number is below 1; checked first (observed).
            ResourceNotFoundException: There is no such job or execution.
            InvalidStateTransitionException: It is IN_PROGRESS and `force` is not given.
        """
        if execution_number < 1:
            raise InvalidRequestException(messages.BAD_EXECUTION_NUMBER)
        execution = self._execution_or_404(job_id, thing_name, execution_number, namespace_id)
        if execution.status == states.IN_PROGRESS and not force:
            text = messages.DELETE_OF_RUNNING.format(thing_name=thing_name, job_id=job_id, status=execution.status)
            raise InvalidStateTransitionException(text)
        self.executions.delete(execution)

    def _execution_or_404(self, job_id: str, thing_name: str, number: int | None, namespace_id: str | None = None) -> Execution:
        job = self.store.job_or_404(job_id, messages.JOB_OF_EXECUTION_NOT_FOUND, namespace_id=namespace_id)
        execution = job.executions.find(thing_name, number)
        if execution is None:
            raise ResourceNotFoundException(messages.EXECUTION_NOT_FOUND.format(thing_name=thing_name, job_id=job_id))
        return execution
