"""Operations on service environments.

Sources: API reference, CreateServiceEnvironment, UpdateServiceEnvironment and DeleteServiceEnvironment (*documented*); user
guide, service quotas and "Quota management" (*documented*). That an environment in use by a job queue keeps the kind of its
limits is *inferred*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import invalid, not_allowed
from mock_jobs.batch.names import NAME
from mock_jobs.batch.operations.checks import check_deletable, check_tags
from mock_jobs.batch.operations.descriptions import DescribedResources
from mock_jobs.batch.service_jobs.capacity import NUM_INSTANCES, read_limits, shown
from mock_jobs.batch.service_jobs.resources import ServiceEnvironment

if TYPE_CHECKING:
    from mypy_boto3_batch.literals import ServiceEnvironmentStateType, ServiceEnvironmentTypeType
    from mypy_boto3_batch.type_defs import CapacityLimitTypeDef, ServiceEnvironmentDetailTypeDef

MAX_SERVICE_ENVIRONMENTS = 50


class ServiceEnvironmentOperations(DescribedResources):
    """The operations on service environments."""

    def create_service_environment(
        self,
        *,
        service_environment_name: str,
        service_environment_type: ServiceEnvironmentTypeType,
        capacity_limits: Sequence[CapacityLimitTypeDef],
        state: ServiceEnvironmentStateType | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> dict[str, str]:
        """Create a service environment: how many instances service jobs may use at once."""
        if NAME.fullmatch(service_environment_name) is None:
            raise invalid(messages.SERVICE_ENVIRONMENT_NAME)
        limits = read_limits(capacity_limits)
        check_tags(tags)
        if service_environment_name in self.service_environments:
            raise not_allowed(messages.ALREADY_EXISTS)
        if len(self.service_environments) >= MAX_SERVICE_ENVIRONMENTS:
            raise invalid(messages.SERVICE_ENVIRONMENT_QUOTA)
        environment = ServiceEnvironment(
            number=self.next_number(),
            name=service_environment_name,
            arn=self.arns.of("service-environment", service_environment_name),
            kind=service_environment_type,
            state=state or "ENABLED",
            status="CREATING",
            limits=limits,
            tags=dict(tags or {}),
        )
        self.service_environments[environment.name] = environment
        self.change(
            environment, self.settings.service_environment_create_seconds, lambda: self._settle_service_environment(environment)
        )
        return _named(environment)

    def describe_service_environments(
        self,
        *,
        service_environments: Sequence[str] | None = None,
        max_results: int | None = None,
        next_token: str | None = None,
    ) -> dict[str, object]:
        """Return the named service environments, or a page of all."""
        return self.described(
            self.service_environments,
            "ServiceEnvironments",
            service_environments,
            max_results,
            next_token,
            find=self.find_service_environment,
            view=_detail,
            what="service environments",
        )

    def update_service_environment(
        self,
        *,
        service_environment: str,
        state: ServiceEnvironmentStateType | None = None,
        capacity_limits: Sequence[CapacityLimitTypeDef] | None = None,
    ) -> dict[str, str]:
        """Change the given members of a service environment; running jobs continue."""
        limits = None if capacity_limits is None else read_limits(capacity_limits)
        environment = self.find_service_environment(service_environment)
        if environment is None:
            raise self.does_not_exist("service-environment", service_environment)
        if environment.status in ("CREATING", "UPDATING", "DELETING"):
            raise not_allowed(messages.BEING_DELETED_OR_CHANGED)
        if limits is not None and environment.queues and (NUM_INSTANCES not in limits) != environment.counts_types:
            raise not_allowed(messages.CAPACITY_UNITS_KEPT)
        environment.state = state or environment.state
        environment.limits = environment.limits if limits is None else limits
        environment.status = "UPDATING"
        self.change(
            environment, self.settings.service_environment_update_seconds, lambda: self._settle_service_environment(environment)
        )
        return _named(environment)

    def delete_service_environment(self, *, service_environment: str) -> None:
        """Delete a service environment that is DISABLED and in no job queue."""
        environment = self.find_service_environment(service_environment)
        if environment is None:
            if self.may_be_gone("service-environment", service_environment):
                return
            raise self.does_not_exist("service-environment", service_environment)
        if check_deletable(environment.state, environment.status) == "deleting":
            return
        if environment.queues:
            raise not_allowed(messages.CANNOT_DELETE_IN_USE)
        environment.status = "DELETING"
        self.change(
            environment, self.settings.service_environment_delete_seconds, lambda: self._drop_service_environment(environment)
        )

    def _settle_service_environment(self, environment: ServiceEnvironment) -> None:
        environment.status = "VALID"
        self.service_lifecycle.scheduler.look_again()

    def _drop_service_environment(self, environment: ServiceEnvironment) -> None:
        del self.service_environments[environment.name]


def _named(environment: ServiceEnvironment) -> dict[str, str]:
    return {"serviceEnvironmentName": environment.name, "serviceEnvironmentArn": environment.arn}


def _detail(environment: ServiceEnvironment) -> ServiceEnvironmentDetailTypeDef:
    return {
        "serviceEnvironmentName": environment.name,
        "serviceEnvironmentArn": environment.arn,
        "serviceEnvironmentType": environment.kind,
        "state": environment.state,
        "status": environment.status,
        "capacityLimits": cast("list[CapacityLimitTypeDef]", shown(environment.limits)),
        "tags": dict(environment.tags),
    }
