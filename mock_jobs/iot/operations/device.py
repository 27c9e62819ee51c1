"""The operations of the device plane: what a device may see of its executions and do to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from mock_jobs.iot import messages, states, views
from mock_jobs.iot.exceptions import (
    InvalidRequestException,
    InvalidStateTransitionException,
    ResourceNotFoundException,
    TerminalStateException,
)
from mock_jobs.iot.rules import configs
from mock_jobs.iot.states import ExecutionTrigger

if TYPE_CHECKING:
    from mock_jobs.core.service_base import WireShape
    from mock_jobs.core.world_clock import WorldClock
    from mock_jobs.iot.lifecycle.executions import ExecutionLifecycle
    from mock_jobs.iot.lifecycle.presigning import Presigner
    from mock_jobs.iot.records.job import Execution
    from mock_jobs.iot.records.store import JobStore
    from mock_jobs.ports.thing_registry import ThingRegistry

# In place of a job id: the next job. Source: DescribeJobExecution, API reference of the data plane (documented).
NEXT: Final = "$next"
# Source: developer guide, "Job limits" (documented).
MAX_PENDING: Final = 10
MAX_PENDING_WITH_WINDOWS: Final = 15


@dataclass(frozen=True, slots=True)
class Report:
    """A device's report on an execution, as in UpdateJobExecution.

    Attributes:
        status: The new status.
        details: Replace the status details as a whole, unless None.
        step_minutes: New step timer, -1 for none, None to leave it unchanged; ignored with a terminal status (inferred).
        expected_version: The version that the device expects the execution to have, None for any.
        execution_number: Which execution of the job, None for the latest.
    """

    status: str
    details: Mapping[str, str] | None
    step_minutes: int | None
    expected_version: int | None
    execution_number: int | None


class DevicePlane:
    """Answers the requests of devices and applies their reports.

    Args:
        store: The records.
        executions: Changes executions.
        presigner: Writes their documents.
        clock: The clock of the world.
        things: Returns the current registry of things.
    """

    __slots__ = ("_clock", "_executions", "_presigner", "_store", "_things")

    def __init__(
        self,
        store: JobStore,
        executions: ExecutionLifecycle,
        presigner: Presigner,
        clock: WorldClock,
        things: Callable[[], ThingRegistry],
    ) -> None:
        self._store = store
        self._executions = executions
        self._presigner = presigner
        self._clock = clock
        self._things = things

    def get_pending(self, thing_name: str) -> WireShape:
        """List the pending executions of a thing, taking IN_PROGRESS ones before QUEUED ones.

        The list ends after 10, or after 15 if one of the first 15 is of a job with maintenance windows.

        Source: GetPendingJobExecutions, API reference; developer guide, "Job limits" (documented), where 5 of the 15 are reserved
        for jobs with windows; both lists are present even if empty (observed).

        Raises:
            ResourceNotFoundException: The thing is not registered (inferred).
        """
        self._check_registered(thing_name)
        pending = list(islice(self._store.pending(thing_name), MAX_PENDING_WITH_WINDOWS))
        if all(each.job.windows is None for each in pending):
            del pending[MAX_PENDING:]
        return {
            "inProgressJobs": [views.summarize_to_device(each) for each in pending if each.status == states.IN_PROGRESS],
            "queuedJobs": [views.summarize_to_device(each) for each in pending if each.status == states.QUEUED],
        }

    def start_next(self, thing_name: str, details: Mapping[str, str] | None, step_minutes: int | None) -> WireShape:
        """Return the first pending execution of a thing, and start it unless it is IN_PROGRESS already.

        Source: developer guide, "Jobs device HTTP API" (documented); a thing without pending executions gets an empty response
        (observed). The step timer is set even if the execution is IN_PROGRESS already; its version then stays the same
        (inferred).

        Raises:
            InvalidRequestException: The step timer is invalid.
            ResourceNotFoundException: The thing is not registered (inferred).
        """
        configs.check_step_timeout(step_minutes, may_be_off=False)
        self._check_registered(thing_name)
        execution = next(self._store.pending(thing_name), None)
        if execution is None:
            return {}
        if states.next_execution_status(execution.status, ExecutionTrigger.START) is not None:
            self._executions.change_one(execution, ExecutionTrigger.START, details, step_minutes)
        elif step_minutes is not None:
            self._executions.set_step_timer(execution, step_minutes)
        return {"execution": views.describe_to_device(execution, self._clock.now_ms, self._presigner.document_of(execution))}

    def describe(self, thing_name: str, job_id: str, *, with_document: bool, execution_number: int | None) -> WireShape:
        """Return a pending execution of a thing, by default with the document.

        Source: DescribeJobExecution, API reference of the data plane (documented). `$next` gets an empty response for a thing
        without pending executions (observed over MQTT), and the common not-found text for a thing that is not registered
        (observed).

        Raises:
            ResourceNotFoundException: There is no such thing, job or execution.
            TerminalStateException: It is in a terminal status.
        """
        execution: Execution | None
        if job_id == NEXT:
            if not self._things().has_thing(thing_name):
                raise _not_found(thing_name, job_id)
            execution = next(self._store.pending(thing_name), None)
            if execution is None:
                return {}
        else:
            execution = self._find(thing_name, job_id, execution_number)
            if execution.status not in states.PENDING:
                raise TerminalStateException(messages.TERMINAL_STATE)
        document = self._presigner.document_of(execution) if with_document else None
        return {"execution": views.describe_to_device(execution, self._clock.now_ms, document)}

    def update(self, thing_name: str, job_id: str, report: Report) -> Execution:
        """Apply a device's report, and return the execution.

        Source: UpdateJobExecution, API reference (documented). A status that only the service sets is refused before the
        execution is looked up, and a wrong version over HTTP is an InvalidRequestException (observed).

        Raises:
            InvalidRequestException: The step timer is invalid, or the version differs from the expected one; in the latter case
                the body also holds `executionState`.
            InvalidStateTransitionException: Devices cannot set this status, or the execution is finished.
            ResourceNotFoundException: There is no such thing, job or execution.
        """
        configs.check_step_timeout(report.step_minutes, may_be_off=True)
        trigger = states.REPORTS.get(report.status)
        if trigger is None:
            raise InvalidStateTransitionException(messages.STATUS_NOT_FOR_DEVICES.format(status=report.status))
        execution = self._find(thing_name, job_id, report.execution_number)
        if report.expected_version not in (None, execution.version):
            text = messages.VERSION_DIFFERS.format(expected=report.expected_version, found=execution.version)
            raise InvalidRequestException(text, executionState=views.execution_state(execution))
        if states.next_execution_status(execution.status, trigger) is None:
            text = messages.ALREADY_FINISHED.format(job_id=job_id, thing_name=thing_name, status=execution.status)
            raise InvalidStateTransitionException(text, executionState=views.execution_state(execution))
        self._executions.change_one(execution, trigger, report.details, report.step_minutes)
        return execution

    def answer_update(self, execution: Execution, *, with_state: bool, with_document: bool) -> WireShape:
        """Return the response of UpdateJobExecution: empty unless the request asks for state or document."""
        answer: dict[str, object] = {}
        if with_state:
            answer["executionState"] = views.execution_state(execution)
        if with_document:
            answer["jobDocument"] = self._presigner.document_of(execution)
        return answer

    def _check_registered(self, thing_name: str) -> None:
        # For requests that name no job; that this text is used here is inferred.
        if not self._things().has_thing(thing_name):
            raise ResourceNotFoundException(messages.THING_NOT_FOUND.format(name=thing_name))

    def _find(self, thing_name: str, job_id: str, number: int | None) -> Execution:
        job = self._store.get_job(job_id)
        execution = job.executions.find(thing_name, number) if job is not None and self._things().has_thing(thing_name) else None
        if execution is None:
            raise _not_found(thing_name, job_id)
        return execution


def _not_found(thing_name: str, job_id: str) -> ResourceNotFoundException:
    # The same text whether the thing, the job or the execution is missing (observed).
    return ResourceNotFoundException(messages.DEVICE_JOB_NOT_FOUND.format(job_id=job_id, thing_name=thing_name))
