"""Records of service environments."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mock_jobs.batch.service_jobs.capacity import NUM_INSTANCES

if TYPE_CHECKING:
    from mypy_boto3_batch.literals import ServiceEnvironmentTypeType

    from mock_jobs.batch.resources import State, Status
    from mock_jobs.batch.service_jobs.capacity import Amounts


@dataclass(slots=True, eq=False)
class ServiceEnvironment:
    """A service environment, and how much of it is in use.

    Attributes:
        number: Position in the order of creation.
        limits: How many instances of each unit service jobs may hold.
        in_use: How many placed jobs hold.
        queues: How many job queues refer to it.
    """

    number: int
    name: str
    arn: str
    kind: ServiceEnvironmentTypeType
    state: State
    status: Status
    limits: dict[str, int]
    tags: dict[str, str]
    in_use: dict[str, int] = field(default_factory=dict)
    queues: int = 0

    @property
    def is_usable(self) -> bool:
        """Whether jobs may be placed here."""
        return self.state == "ENABLED" and self.status == "VALID"

    @property
    def counts_types(self) -> bool:
        """Whether its limits are for instance types, as quota management needs it."""
        return NUM_INSTANCES not in self.limits

    def need_of(self, instances: Amounts) -> dict[str, int]:
        """Return what instances, by their type, take of its limits."""
        return dict(instances) if self.counts_types else {NUM_INSTANCES: sum(instances.values())}
