"""The backend of AWS IoT Jobs: the control plane, and the records that the device plane shares."""

from __future__ import annotations

from mock_jobs.iot.operations.associate_targets import AssociateOperations
from mock_jobs.iot.operations.create_job import CreateOperations
from mock_jobs.iot.operations.executions import ExecutionOperations
from mock_jobs.iot.operations.jobs import JobOperations
from mock_jobs.iot.operations.managed_templates import ManagedTemplateOperations
from mock_jobs.iot.operations.tags import TagOperations
from mock_jobs.iot.operations.templates import TemplateOperations
from mock_jobs.iot.operations.update_job import UpdateOperations


class IoTBackend(
    CreateOperations,
    AssociateOperations,
    JobOperations,
    UpdateOperations,
    ExecutionOperations,
    TemplateOperations,
    ManagedTemplateOperations,
    TagOperations,
):
    """The control plane of AWS IoT Jobs in one account and region."""
