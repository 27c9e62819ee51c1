"""The device plane of AWS IoT Jobs: operations on the records of the control plane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from mock_jobs.core.service_base import AwsError, Backend, Bound, Violation, WireShape
from mock_jobs.iot.backend import IoTBackend
from mock_jobs.iot.operations.device import DevicePlane, Report
from mock_jobs.iot.rules.bounds import MORE_BOUNDS

if TYPE_CHECKING:
    from mypy_boto3_iot_jobs_data.literals import JobExecutionStatusType

    from mock_jobs.core.world import World


class IoTJobsDataBackend(Backend):
    """The four job operations of devices in one account and region. It keeps no state of its own."""

    # Source: examples of the developer guide send it as a string (inferred).
    lenient_numbers: ClassVar[frozenset[str]] = frozenset({"expectedVersion"})

    more_bounds: ClassVar[Mapping[str, Bound]] = MORE_BOUNDS

    def __init__(self, world: World, account: str, region: str) -> None:
        super().__init__(world, account, region)
        iot = world.store(IoTBackend, account, region)
        self._rates = iot.rates
        self._device = DevicePlane(iot.store, iot.executions, iot.presigner, world.clock, iot.things)

    @classmethod
    def validation_error(cls, violations: Sequence[Violation]) -> AwsError:
        """Return the service's error for a request that breaks constraints of the model."""
        return IoTBackend.validation_error(violations)

    @classmethod
    def body_error(cls) -> AwsError:
        """Return the error for a body that is not a JSON object."""
        return IoTBackend.body_error()

    def check_rate(self, operation: str, *, is_read: bool) -> None:  # noqa: ARG002 - all operations of a kind count together
        """Raise an error if there are too many calls in this second."""
        self._rates.check_device(is_read=is_read)

    def get_pending_job_executions(self, *, thing_name: str) -> WireShape:
        """List the IN_PROGRESS and QUEUED executions of a thing."""
        return self._device.get_pending(thing_name)

    def start_next_pending_job_execution(
        self,
        *,
        thing_name: str,
        status_details: Mapping[str, str] | None = None,
        step_timeout_in_minutes: int | None = None,
    ) -> WireShape:
        """Start and return the next execution of a thing, or return the one that is IN_PROGRESS."""
        return self._device.start_next(thing_name, status_details, step_timeout_in_minutes)

    def describe_job_execution(
        self,
        *,
        job_id: str,
        thing_name: str,
        include_job_document: bool = True,
        execution_number: int | None = None,
    ) -> WireShape:
        """Return a pending execution; the job id `$next` means the next one."""
        return self._device.describe(thing_name, job_id, with_document=include_job_document, execution_number=execution_number)

    def update_job_execution(
        self,
        *,
        job_id: str,
        thing_name: str,
        status: JobExecutionStatusType,
        status_details: Mapping[str, str] | None = None,
        step_timeout_in_minutes: int | None = None,
        expected_version: int | None = None,
        include_job_execution_state: bool = False,
        include_job_document: bool = False,
        execution_number: int | None = None,
    ) -> WireShape:
        """Report progress or the end of an execution."""
        report = Report(status, status_details, step_timeout_in_minutes, expected_version, execution_number)
        execution = self._device.update(thing_name, job_id, report)
        return self._device.answer_update(execution, with_state=include_job_execution_state, with_document=include_job_document)
