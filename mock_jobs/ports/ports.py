"""Protocols for the other AWS services that mock_jobs calls, independent of what mocks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from mock_jobs.ports.object_store import ObjectStore
    from mock_jobs.ports.thing_registry import ThingRegistry
    from mock_jobs.ports.training_jobs import TrainingJobs


class EventBus(Protocol):
    """The default event bus of Amazon EventBridge in one account and region."""

    @property
    def has_rules(self) -> bool:
        """Whether the bus has rules. Cheap: read before each event."""
        ...

    def deliver(self, envelope: Mapping[str, object]) -> None:
        """Send an event to the targets of all rules that it matches. A target that fails causes a warning."""
        ...


class LogGroups(Protocol):
    """The log groups of Amazon CloudWatch Logs in one account and region."""

    def make_stream(self, group_name: str, stream_name: str, at_ms: int) -> None:
        """Create a log stream and its group, unless they exist.

        Args:
            group_name: Name of the log group.
            stream_name: Name of the log stream.
            at_ms: Creation time, in milliseconds since the epoch.
        """
        ...

    def write(self, group_name: str, stream_name: str, lines: Sequence[tuple[int, str]], at_ms: int) -> None:
        """Write lines into a log stream.

        Args:
            group_name: Name of the log group.
            stream_name: Name of the log stream.
            lines: Time in milliseconds since the epoch, and text of each line, oldest first; not empty.
            at_ms: Ingestion time, in milliseconds since the epoch.
        """
        ...


class References(Protocol):
    """The resources of Amazon EC2 and IAM that compute environments refer to, in one account and region."""

    def has_subnet(self, subnet_id: str) -> bool:
        """Return whether there is a subnet with this id."""
        ...

    def has_security_group(self, group_id: str) -> bool:
        """Return whether there is a security group with this id."""
        ...

    def has_role(self, role: str) -> bool:
        """Return whether there is a role with this name or ARN."""
        ...

    def has_instance_profile(self, profile: str) -> bool:
        """Return whether there is an instance profile with this name or ARN."""
        ...


class Clusters(Protocol):
    """The clusters of Amazon ECS in one account and region."""

    def write(self, name: str, container_insights: str | None) -> None:
        """Create a cluster, unless it exists.

        Args:
            name: Name of the cluster.
            container_insights: `enhanced`, `enabled` or `disabled`; None leaves the setting as it is.
        """
        ...

    def delete(self, name: str) -> None:
        """Delete a cluster: it is INACTIVE, and no longer listed."""
        ...


class Ports(Protocol):
    """The AWS services that mock_jobs does not mock itself, by account and region."""

    def things(self, account: str, region: str) -> ThingRegistry:
        """Return the registry of things and thing groups."""
        ...

    def objects(self, account: str, region: str) -> ObjectStore:
        """Return the objects in S3 that the account can reach, in the partition of the region."""
        ...

    def event_bus(self, account: str, region: str) -> EventBus:
        """Return the default event bus."""
        ...

    def log_groups(self, account: str, region: str) -> LogGroups:
        """Return the log groups."""
        ...

    def references(self, account: str, region: str) -> References:
        """Return the resources of Amazon EC2 and IAM."""
        ...

    def clusters(self, account: str, region: str) -> Clusters:
        """Return the clusters of Amazon ECS."""
        ...

    def training_jobs(self, account: str, region: str) -> TrainingJobs:
        """Return the training jobs of Amazon SageMaker."""
        ...
