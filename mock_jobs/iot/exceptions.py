"""The errors of AWS IoT Jobs, both planes; the name of a class is the code on the wire.

HTTP statuses come from the service model; LimitExceededException and TerminalStateException are both 410 there.
"""

from __future__ import annotations

from mock_jobs.core.service_base import AwsError


class InvalidRequestException(AwsError):  # noqa: N818 - the name is the code on the wire
    """The request is not valid."""


class ResourceNotFoundException(AwsError):  # noqa: N818 - the name is the code on the wire
    """The job, the execution or its target does not exist."""


class ResourceAlreadyExistsException(AwsError):  # noqa: N818 - the name is the code on the wire
    """The id is taken; the body also names the resource in `resourceId` and `resourceArn`."""


class ConflictException(AwsError):  # noqa: N818 - the name is the code on the wire
    """The id of a job template is taken. The body names no resource: `resourceId` is null (observed)."""


class InvalidStateTransitionException(AwsError):  # noqa: N818 - the name is the code on the wire
    """The current status does not allow the change."""


class VersionConflictException(AwsError):  # noqa: N818 - the name is the code on the wire
    """CancelJobExecution expected another version; the body also holds the current `executionState`."""


class TerminalStateException(AwsError):  # noqa: N818 - the name is the code on the wire
    """A device asked for an execution that is finished."""


class LimitExceededException(AwsError):  # noqa: N818 - the name is the code on the wire
    """A quota is used up."""


class ThrottlingException(AwsError):  # noqa: N818 - the name is the code on the wire
    """There were too many calls; the status is 400 on the control plane and 429 on the device plane."""


class SerializationException(AwsError):  # noqa: N818 - the name is the code on the wire
    """A member in the URL has the wrong type. The service model does not list this error; its status is 400."""
