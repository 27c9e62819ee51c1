"""The rules of the device plane: what a thing may see of its executions and do to them."""

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
    from mock_jobs.core.clock import Clock
    from mock_jobs.core.service_base import WireShape
    from mock_jobs.iot.lifecycle.executions import ExecutionLifecycle
    from mock_jobs.iot.lifecycle.presigning import Presigner
    from mock_jobs.iot.records.job import Execution
    from mock_jobs.iot.records.store import JobStore
    from mock_jobs.ports.thing_registry import ThingRegistry

# Stands for the id of the job that is next. Source: DescribeJobExecution, API reference of the data plane (documented).
NEXT: Final = "$next"
# Source: developer guide, "Job limits" (documented).
MAX_PENDING: Final = 10
MAX_PENDING_WITH_WINDOWS: Final = 15


@dataclass(frozen=True, slots=True)
class Report:
    """What a device reports of an execution, as in UpdateJobExecution.

    Attributes:
        status: The new status.
        details: Replace the status details as a whole, unless None.
        step_minutes: New step timer, -1 for none, None to leave it as it is; of no meaning beside a terminal status (inferred).
        expected_version: The version that the device believes to change.
        execution_number: Which execution of the job, None for the latest.
    """

    status: str
    details: Mapping[str, str] | None
    step_minutes: int | None
    expected_version: int | None
    execution_number: int | None


class DevicePlane:
    """Answers and applies what devices ask and report.

    Args:
        store: The records.
        executions: Changes executions.
        presigner: Writes their documents.
        clock: The world's.
        things: Returns the registry of things as it is now.
    """

    __slots__ = ("_clock", "_executions", "_presigner", "_store", "_things")

    def __init__(
        self,
        store: JobStore,
        executions: ExecutionLifecycle,
        presigner: Presigner,
        clock: Clock,
        things: Callable[[], ThingRegistry],
    ) -> None:
        self._store = store
        self._executions = executions
        self._presigner = presigner
        self._clock = clock
        self._things = things

    def get_pending(self, thing_name: str) -> WireShape:
        """List the executions of a thing that run and that wait, those that run first.

        They are 10 at most, or 15 if a job with maintenance windows is among them.

        Source: GetPendingJobExecutions, API reference; developer guide, "Job limits" (documented), where 5 of the 15 are kept for
        jobs with windows; both lists are there even if empty (observed).

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
        """Start the first pending execution of a thing and return it; one that runs already is returned as it is.

        Source: developer guide, "Jobs device HTTP API" (documented); an idle thing gets an empty answer (observed).
        A step timer for one that runs already is set, without a new version (inferred).

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

        Source: DescribeJobExecution, API reference of the data plane (documented); `$next` of an idle thing gets an empty answer
        (observed over MQTT), that of a thing which is not registered the text for all that is not found (observed).

        Raises:
            ResourceNotFoundException: There is no such thing, job or execution.
            TerminalStateException: It is finished, in whatever way.
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

        Source: UpdateJobExecution, API reference (documented). A status that only the service gives is refused before the
        execution is looked up, and a wrong version over HTTP is an InvalidRequestException (observed).

        Raises:
            InvalidRequestException: The step timer is invalid, or the version is another one; in the last case
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
        """Return what UpdateJobExecution answers: nothing, unless state or document are asked for."""
        answer: dict[str, object] = {}
        if with_state:
            answer["executionState"] = views.execution_state(execution)
        if with_document:
            answer["jobDocument"] = self._presigner.document_of(execution)
        return answer

    def _check_registered(self, thing_name: str) -> None:
        # A request that names no job; the text is ours.
        if not self._things().has_thing(thing_name):
            raise ResourceNotFoundException(messages.THING_NOT_FOUND.format(name=thing_name))

    def _find(self, thing_name: str, job_id: str, number: int | None) -> Execution:
        job = self._store.get_job(job_id)
        execution = job.executions.find(thing_name, number) if job is not None and self._things().has_thing(thing_name) else None
        if execution is None:
            raise _not_found(thing_name, job_id)
        return execution


def _not_found(thing_name: str, job_id: str) -> ResourceNotFoundException:
    # One text, whatever is missing (observed).
    return ResourceNotFoundException(messages.DEVICE_JOB_NOT_FOUND.format(job_id=job_id, thing_name=thing_name))
