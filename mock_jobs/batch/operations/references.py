"""The optional check that the references of a compute environment exist.

AWS Batch itself accepts such names unchecked, and finds missing resources later. Source: user guide, "Troubleshooting"
(*documented*); text and code of the error are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, cast

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import not_allowed

if TYPE_CHECKING:
    from mock_jobs.ports.ports import References


def check_references(references: References, resources: Mapping[str, object], service_role: str | None) -> None:
    """Reject a compute environment that refers to a resource that does not exist.

    Args:
        references: The resources that exist.
        resources: The `computeResources` of a request.
        service_role: Name or ARN, None for the role that AWS creates.

    Raises:
        ClientException: A subnet, a security group, a role or an instance profile does not exist.
    """
    for kind, name, exists in _named(references, resources, service_role):
        if not exists(name):
            raise not_allowed(messages.REFERENCE_MISSING, kind=kind, name=name)


def _named(
    references: References, resources: Mapping[str, object], service_role: str | None
) -> Iterator[tuple[str, str, Callable[[str], bool]]]:
    for subnet in cast("list[str]", resources.get("subnets", ())):
        yield "subnet", subnet, references.has_subnet
    for group in cast("list[str]", resources.get("securityGroupIds", ())):
        yield "security group", group, references.has_security_group
    if "instanceRole" in resources:
        yield "instance profile", cast("str", resources["instanceRole"]), references.has_instance_profile
    if "spotIamFleetRole" in resources:
        yield "role", cast("str", resources["spotIamFleetRole"]), references.has_role
    if service_role is not None:
        yield "role", service_role, references.has_role
