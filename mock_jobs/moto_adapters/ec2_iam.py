"""The seam to `moto.ec2` and `moto.iam`: looks up what compute environments refer to.

A test pins each private name of moto that is used here, on the oldest and the newest supported moto.
"""

from __future__ import annotations

from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends


class MotoReferences:
    """Subnets, security groups, roles and instance profiles of an account and region."""

    def __init__(self, account: str, region: str, partition: str) -> None:
        self._ec2 = ec2_backends[account][region]
        self._iam = iam_backends[account][partition]

    def has_subnet(self, subnet_id: str) -> bool:
        """Return whether there is a subnet with this id."""
        return any(subnet_id in of_zone for of_zone in self._ec2.subnets.values())

    def has_security_group(self, group_id: str) -> bool:
        """Return whether there is a security group with this id."""
        return self._ec2.get_security_group_from_id(group_id) is not None

    def has_role(self, role: str) -> bool:
        """Return whether there is a role with this name or ARN."""
        return any(role in (each.name, each.arn) for each in self._iam.get_roles())

    def has_instance_profile(self, profile: str) -> bool:
        """Return whether there is an instance profile with this name or ARN."""
        return any(profile in (each.name, each.arn) for each in self._iam.get_instance_profiles())
