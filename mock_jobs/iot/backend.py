"""The backend of AWS IoT Jobs: the control plane, and the records that the device plane shares."""

from __future__ import annotations

from mock_jobs.iot.associate_operations import AssociateOperations
from mock_jobs.iot.create_operations import CreateOperations
from mock_jobs.iot.execution_operations import ExecutionOperations
from mock_jobs.iot.job_operations import JobOperations
from mock_jobs.iot.managed_template_operations import ManagedTemplateOperations
from mock_jobs.iot.tag_operations import TagOperations
from mock_jobs.iot.template_operations import TemplateOperations
from mock_jobs.iot.update_operations import UpdateOperations


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
