"""Operations on compute environments.

Sources: API reference, CreateComputeEnvironment, UpdateComputeEnvironment, DeleteComputeEnvironment and ComputeResource
(*documented*); user guide, "Update compute environments" (*documented*).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import invalid, not_allowed
from mock_jobs.batch.names import NAME
from mock_jobs.batch.operations.checks import check_deletable, check_tags
from mock_jobs.batch.operations.compute_resources import (
    check_hosts,
    check_resources,
    check_resources_update,
    replaces_hosts,
    with_defaults,
)
from mock_jobs.batch.operations.descriptions import DescribedResources
from mock_jobs.batch.operations.references import check_references
from mock_jobs.batch.records.compute_environment import ComputeEnvironment
from mock_jobs.batch.records.job import ArrayJob
from mock_jobs.batch.service_jobs.resources import ServiceQueue
from mock_jobs.batch.workload.pod import check_namespace

if TYPE_CHECKING:
    from mypy_boto3_batch.literals import CEStateType, CETypeType, EksAccessEntryStatusType
    from mypy_boto3_batch.type_defs import (
        ComputeEnvironmentDetailTypeDef,
        ComputeResourceOutputTypeDef,
        ComputeResourceUpdateTypeDef,
        EcsSettingsTypeDef,
        EksConfigurationTypeDef,
        EksConfigurationUpdateTypeDef,
        UpdatePolicyTypeDef,
    )

MAX_ENVIRONMENTS = 50
MAX_ENVIRONMENTS_OF_CLUSTER = 5
_LINKED_ROLE = "role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch"


class ComputeEnvironmentOperations(DescribedResources):
    """The operations on compute environments."""

    def create_compute_environment(
        self,
        *,
        compute_environment_name: str,
        type: CETypeType,  # noqa: A002 - AWS's name
        state: CEStateType | None = None,
        unmanagedv_cpus: int | None = None,
        compute_resources: ComputeResourceOutputTypeDef | None = None,
        service_role: str | None = None,
        tags: Mapping[str, str] | None = None,
        eks_configuration: EksConfigurationTypeDef | None = None,
        context: str | None = None,
        ecs_settings: EcsSettingsTypeDef | None = None,
    ) -> dict[str, str]:
        """Create a compute environment.

        Whether its references exist is checked only if `validate_references` is set.
        """
        if NAME.fullmatch(compute_environment_name) is None:
            raise invalid(messages.COMPUTE_ENVIRONMENT_NAME)
        check_tags(tags)
        if type.upper() != "MANAGED" and not service_role:
            raise invalid(messages.SERVICE_ROLE_MISSING)
        if type not in ("MANAGED", "UNMANAGED"):
            raise invalid(messages.COMPUTE_ENVIRONMENT_TYPE)
        if type == "UNMANAGED":
            if compute_resources is not None:
                raise invalid(messages.RESOURCES_ON_UNMANAGED)
            _not_negative("unmanagedvCpus", unmanagedv_cpus)
        else:
            if compute_resources is None:
                raise invalid(messages.RESOURCES_MISSING)
            if unmanagedv_cpus is not None:
                raise invalid(messages.UNMANAGED_VCPUS)
            check_resources(compute_resources, is_for_eks=eks_configuration is not None)
            check_hosts(compute_resources, self.settings.more_instance_types)
            check_tags(compute_resources.get("tags"))
        if eks_configuration is not None:
            self._check_eks(eks_configuration, type, service_role)
        if compute_environment_name in self.environments:
            raise not_allowed(messages.ALREADY_EXISTS)
        if len(self.environments) >= MAX_ENVIRONMENTS:
            raise invalid(messages.COMPUTE_ENVIRONMENT_QUOTA)
        self._check_references(compute_resources, service_role)
        ids = self.world.ids
        environment = ComputeEnvironment(
            number=self.next_number(),
            name=compute_environment_name,
            arn=self.arns.of("compute-environment", compute_environment_name),
            kind=type,
            state=state or "ENABLED",
            status="CREATING",
            uuid=ids.uuid(),
            instance_id=f"i-{ids.hex(17)}",
            container_instance=ids.hex(32),
            resources=None
            if compute_resources is None
            else with_defaults(compute_resources, is_for_eks=eks_configuration is not None),
            unmanaged_vcpus=unmanagedv_cpus,
            service_role=service_role or self._linked_role,
            update_policy={"terminateJobsOnUpdate": False, "jobExecutionTimeoutMinutes": 30},
            context=context,
            ecs_settings=None if ecs_settings is None else {"containerInsights": "DISABLED", **ecs_settings},
            eks=None if eks_configuration is None else _with_status(eks_configuration),
            tags=dict(tags or {}),
        )
        self.environments[environment.name] = environment
        self.clusters.changed(environment)
        self.change(environment, self.settings.compute_environment_create_seconds, lambda: self._settle_environment(environment))
        return {"computeEnvironmentName": environment.name, "computeEnvironmentArn": environment.arn}

    def describe_compute_environments(
        self,
        *,
        compute_environments: Sequence[str] | None = None,
        max_results: int | None = None,
        next_token: str | None = None,
    ) -> dict[str, object]:
        """Return the named compute environments, or a page of all."""
        return self.described(
            self.environments,
            "ComputeEnvironments",
            compute_environments,
            max_results,
            next_token,
            find=self.find_environment,
            view=self._environment_detail,
            what="compute environments",
        )

    def update_compute_environment(
        self,
        *,
        compute_environment: str,
        state: CEStateType | None = None,
        unmanagedv_cpus: int | None = None,
        compute_resources: ComputeResourceUpdateTypeDef | None = None,
        service_role: str | None = None,
        update_policy: UpdatePolicyTypeDef | None = None,
        context: str | None = None,
        ecs_settings: EcsSettingsTypeDef | None = None,
        eks_configuration: EksConfigurationUpdateTypeDef | None = None,
    ) -> dict[str, str]:
        """Change the given members of a compute environment."""
        _not_negative("unmanagedvCpus", unmanagedv_cpus)
        environment = self.find_environment(compute_environment)
        if environment is None:
            raise self.does_not_exist("compute-environment", compute_environment)
        if environment.status in ("CREATING", "UPDATING", "DELETING"):
            raise not_allowed(messages.BEING_DELETED_OR_CHANGED)
        if environment.resources is not None and unmanagedv_cpus is not None:
            raise invalid(messages.UNMANAGED_VCPUS)
        if service_role is not None and (service_role == self._linked_role) != (environment.service_role == self._linked_role):
            raise invalid(messages.ROLE_SWITCH)
        if eks_configuration is not None and environment.eks is None:
            raise invalid(messages.EKS_ON_ECS, member="eksConfiguration")
        resources = environment.resources
        if compute_resources is not None:
            if resources is None:
                raise invalid(messages.RESOURCES_ON_UNMANAGED)
            has_linked_role = environment.service_role == self._linked_role
            if environment.eks is not None and "desiredvCpus" in compute_resources:
                raise invalid(messages.NOT_FOR_EKS, member="desiredvCpus")
            resources = check_resources_update(resources, compute_resources, has_linked_role=has_linked_role)
            check_hosts(compute_resources, self.settings.more_instance_types)
            check_tags(compute_resources.get("tags"))
        self._check_references(compute_resources, service_role)
        has_new_hosts = resources is not None and replaces_hosts(environment.resources or {}, compute_resources or {})
        environment.resources = resources
        environment.state = state or environment.state
        environment.service_role = service_role or environment.service_role
        if unmanagedv_cpus is not None:
            environment.unmanaged_vcpus = unmanagedv_cpus
        if update_policy is not None:
            environment.update_policy = {**environment.update_policy, **update_policy}
        environment.context = environment.context if context is None else context
        if ecs_settings is not None:
            environment.ecs_settings = {"containerInsights": "DISABLED", **ecs_settings}
            self.clusters.changed(environment)
        if eks_configuration is not None and environment.eks is not None:
            environment.eks = _with_status({**environment.eks, **eks_configuration})
        if has_new_hosts:
            self._replace_hosts(environment)
        environment.status, environment.problem = "UPDATING", None
        self.change(environment, self.settings.compute_environment_update_seconds, lambda: self._settle_environment(environment))
        return {"computeEnvironmentName": environment.name, "computeEnvironmentArn": environment.arn}

    def delete_compute_environment(self, *, compute_environment: str) -> None:
        """Delete a compute environment that is DISABLED and in no job queue."""
        environment = self.find_environment(compute_environment)
        if environment is None:
            if self.may_be_gone("compute-environment", compute_environment):
                return
            raise self.does_not_exist("compute-environment", compute_environment)
        if check_deletable(environment.state, environment.status) == "deleting":
            return
        if environment.queues:
            raise not_allowed(messages.CANNOT_DELETE_IN_USE)
        environment.status, environment.problem = "DELETING", None
        self.change(environment, self.settings.compute_environment_delete_seconds, lambda: self._drop_environment(environment))

    def _check_eks(self, configuration: EksConfigurationTypeDef, kind: CETypeType, service_role: str | None) -> None:
        if kind == "UNMANAGED":
            raise invalid(messages.EKS_ON_UNMANAGED)
        if service_role:
            raise invalid(messages.NOT_FOR_EKS, member="serviceRole")
        check_namespace(configuration["kubernetesNamespace"])
        cluster = configuration["eksClusterArn"]
        attached = sum(each.eks is not None and each.eks["eksClusterArn"] == cluster for each in self.environments.values())
        if attached >= MAX_ENVIRONMENTS_OF_CLUSTER:
            raise invalid(messages.COMPUTE_ENVIRONMENT_QUOTA)

    def _check_references(self, resources: Mapping[str, object] | None, service_role: str | None) -> None:
        if self.settings.validate_references:
            references = self.world.ports.references(self.account, self.region)
            check_references(references, resources or {}, None if service_role == self._linked_role else service_role)

    @property
    def _linked_role(self) -> str:
        # Documented: without a role, Batch uses its service-linked one.
        return f"arn:{self.partition}:iam::{self.account}:{_LINKED_ROLE}"

    def _replace_hosts(self, environment: ComputeEnvironment) -> None:
        """End the attempts on the hosts that an update replaces.

        They end at once or after a time (documented: UpdatePolicy).
        """
        policy = environment.update_policy
        delay_ms = policy.get("jobExecutionTimeoutMinutes", 0) * 60_000
        queues = [queue for queue in self.queues.values() if not isinstance(queue, ServiceQueue)]
        for job in [job for queue in queues for job in queue.index.unfinished()]:
            for each in job.children if isinstance(job, ArrayJob) else [job]:
                if each.current is None or each.current.environment is not environment:
                    continue
                if policy.get("terminateJobsOnUpdate"):
                    self.lifecycle.lose_host(each)
                else:
                    self.lifecycle.lose_host_later(each, delay_ms)

    def _settle_environment(self, environment: ComputeEnvironment) -> None:
        if environment.status == "INVALID":
            # It became INVALID meanwhile.
            return
        environment.status = "VALID"
        self.lifecycle.scheduler.look_again()

    def _drop_environment(self, environment: ComputeEnvironment) -> None:
        del self.environments[environment.name]
        self.clusters.deleted(environment)

    def _environment_detail(self, environment: ComputeEnvironment) -> ComputeEnvironmentDetailTypeDef:
        detail: ComputeEnvironmentDetailTypeDef = {
            "computeEnvironmentName": environment.name,
            "computeEnvironmentArn": environment.arn,
            "tags": dict(environment.tags),
            "type": environment.kind,
            "state": environment.state,
            "status": environment.status,
            "updatePolicy": environment.update_policy,
            "containerOrchestrationType": "ECS" if environment.eks is None else "EKS",
            "uuid": environment.uuid,
        }
        if environment.eks is None:
            detail["ecsClusterArn"] = self.arns.ecs("cluster", environment.cluster)
        else:
            detail["eksConfiguration"] = environment.eks
        if environment.status == "VALID":
            detail["statusReason"] = messages.ENVIRONMENT_HEALTHY
        elif environment.problem is not None:
            detail["statusReason"] = environment.problem
        if environment.service_role is not None:
            detail["serviceRole"] = environment.service_role
        if environment.resources is not None:
            # dict() makes a copy, but drops the type.
            detail["computeResources"] = cast("ComputeResourceOutputTypeDef", dict(environment.resources))
        if environment.unmanaged_vcpus is not None:
            detail["unmanagedvCpus"] = environment.unmanaged_vcpus
        if environment.context is not None:
            detail["context"] = environment.context
        if environment.ecs_settings is not None:
            detail["ecsSettings"] = environment.ecs_settings
        return detail


def _with_status(configuration: EksConfigurationTypeDef) -> EksConfigurationTypeDef:
    """Return the configuration as it is shown: with the status of the access entry.

    An entry that follows the cluster is ACTIVE, as with the authentication mode of new clusters (inferred).
    """
    entry = configuration.get("accessEntry")
    if entry is None:
        return configuration
    status: EksAccessEntryStatusType = "INACTIVE" if entry["desiredState"] == "DISABLED" else "ACTIVE"
    return {**configuration, "accessEntry": {"desiredState": entry["desiredState"], "status": status}}


def _not_negative(member: str, value: int | None) -> None:
    if value is not None and value < 0:
        raise invalid(messages.NEGATIVE_VCPUS, member=member)
