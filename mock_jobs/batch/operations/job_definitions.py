"""Operations on job definitions.

Sources: API reference, RegisterJobDefinition, DescribeJobDefinitions and DeregisterJobDefinition (*documented*); user guide,
service quotas (*documented*). That the numbers of deregistered revisions are never reused is *inferred*.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import ClientException, invalid, not_allowed
from mock_jobs.batch.names import DEFINITION_NAME, parse_revision
from mock_jobs.batch.operations.checks import check_tags
from mock_jobs.batch.paging import MAX_LISTED, page_size, read_token
from mock_jobs.batch.queueing.fair_share_policy import MAX_PRIORITY
from mock_jobs.batch.records.job_definition import JobDefinition
from mock_jobs.batch.region import BatchRegion
from mock_jobs.batch.workload.kept import kept_container, kept_pod, kept_task
from mock_jobs.batch.workload.node_properties import NodeLayout, layout_of
from mock_jobs.batch.workload.requirements import requirements_of
from mock_jobs.batch.workload.retry_strategy import strategy_of
from mock_jobs.batch.workload.workload import check_content
from mock_jobs.core.paging import page_token

if TYPE_CHECKING:
    from mypy_boto3_batch.literals import JobDefinitionTypeType, PlatformCapabilityType
    from mypy_boto3_batch.type_defs import (
        ConsumableResourcePropertiesOutputTypeDef,
        ContainerPropertiesOutputTypeDef,
        EcsPropertiesOutputTypeDef,
        EksPropertiesOutputTypeDef,
        JobDefinitionTypeDef,
        JobTimeoutTypeDef,
        NodePropertiesOutputTypeDef,
        RetryStrategyTypeDef,
    )

    from mock_jobs.batch.platforms import Platform

MAX_DEFINITION = 24 * 1024
MIN_TIMEOUT_S = 60


class JobDefinitionOperations(BatchRegion):
    """The operations on job definitions."""

    def register_job_definition(
        self,
        *,
        job_definition_name: str,
        type: JobDefinitionTypeType,  # noqa: A002 - AWS's name
        parameters: Mapping[str, str] | None = None,
        scheduling_priority: int | None = None,
        container_properties: ContainerPropertiesOutputTypeDef | None = None,
        node_properties: NodePropertiesOutputTypeDef | None = None,
        retry_strategy: RetryStrategyTypeDef | None = None,
        propagate_tags: bool | None = None,
        timeout: JobTimeoutTypeDef | None = None,
        tags: Mapping[str, str] | None = None,
        platform_capabilities: Sequence[PlatformCapabilityType] | None = None,
        eks_properties: EksPropertiesOutputTypeDef | None = None,
        ecs_properties: EcsPropertiesOutputTypeDef | None = None,
        consumable_resource_properties: ConsumableResourcePropertiesOutputTypeDef | None = None,
    ) -> dict[str, object]:
        """Register the next revision of a job definition.

        It runs a container, a task, a pod or several nodes.
        """
        if DEFINITION_NAME.fullmatch(job_definition_name) is None:
            raise not_allowed(messages.DEFINITION_NAME, name=job_definition_name)
        capabilities = list(platform_capabilities or [])
        if len(capabilities) > 1:
            raise invalid(messages.PLATFORMS)
        kinds = {
            "containerProperties": container_properties,
            "ecsProperties": ecs_properties,
            "eksProperties": eks_properties,
            "consumableResourceProperties": consumable_resource_properties,
        }
        nodes: NodeLayout | None = None
        platform: Platform = capabilities[0] if capabilities else "EC2"
        if type == "multinode":
            _check_multinode(capabilities, kinds, node_properties)
            assert node_properties is not None
            nodes = layout_of(node_properties, self.arns)
        else:
            if node_properties is not None:
                raise invalid(messages.NOT_FOR_TYPE, member="nodeProperties", type=type)
            if "MANAGED_INSTANCES" in capabilities and ecs_properties is None:
                raise invalid(messages.MANAGED_INSTANCES)
            check_content(container_properties, ecs_properties, eks_properties, platform)
        if eks_properties is not None or (nodes is not None and nodes.is_on_eks):
            _check_for_pod(propagateTags=propagate_tags, platformCapabilities=platform_capabilities)
        retry = strategy_of(retry_strategy)
        timeout_seconds = checked_timeout(timeout)
        if scheduling_priority is not None and not 0 <= scheduling_priority <= MAX_PRIORITY:
            raise invalid(messages.SCHEDULING_PRIORITY)
        requirements = requirements_of(consumable_resource_properties, self.arns)
        check_tags(tags)
        content = (
            job_definition_name,
            parameters,
            container_properties,
            node_properties,
            eks_properties,
            ecs_properties,
            retry_strategy,
            timeout,
            tags,
            consumable_resource_properties,
        )
        if len(json.dumps(content).encode()) > MAX_DEFINITION:
            raise invalid(messages.DEFINITION_TOO_LARGE)
        revisions = self.definitions.setdefault(job_definition_name, [])
        revision = len(revisions) + 1
        definition = JobDefinition(
            name=job_definition_name,
            revision=revision,
            arn=self.arns.of("job-definition", f"{job_definition_name}:{revision}"),
            is_active=True,
            container=None if container_properties is None else kept_container(container_properties, platform),
            task=None if ecs_properties is None else kept_task(ecs_properties, platform),
            pod=None if eks_properties is None else kept_pod(eks_properties),
            nodes=nodes,
            parameters=dict(parameters or {}),
            retry=retry,
            timeout_seconds=timeout_seconds,
            propagate_tags=propagate_tags,
            platform_capabilities=None if platform_capabilities is None else capabilities,
            scheduling_priority=scheduling_priority,
            requirements=requirements,
            tags=dict(tags or {}),
        )
        revisions.append(definition)
        return {
            "jobDefinitionName": definition.name,
            "jobDefinitionArn": definition.arn,
            "revision": definition.revision,
        }

    def describe_job_definitions(
        self,
        *,
        job_definitions: Sequence[str] | None = None,
        max_results: int | None = None,
        job_definition_name: str | None = None,
        status: str | None = None,
        next_token: str | None = None,
    ) -> dict[str, object]:
        """Return the named job definitions, or a page of all.

        They are sorted by name, the latest revision first (inferred).
        """
        if job_definitions:
            if max_results is not None:
                raise invalid(messages.LIST_AND_MAX_RESULTS, list="JobDefinitions")
            if job_definition_name is not None or status is not None or next_token is not None:
                raise invalid(messages.NAMES_AND_FILTERS)
            if len(job_definitions) > MAX_LISTED:
                raise invalid(messages.TOO_MANY_LISTED, what="job definitions")
            named = {each.arn: each for entry in job_definitions for each in self._definitions_meant(entry)}
            return {"jobDefinitions": [_detail(each) for each in named.values()]}
        limit = page_size(max_results)
        listing = self.listing(f"JobDefinitions/{job_definition_name}/{status}")
        found = list(self._definitions_listed(job_definition_name, status))
        if next_token is not None:
            key = read_token(listing, next_token)
            match key:
                case [str() as name, int() as revision]:
                    found = [each for each in found if (each.name, -each.revision) > (name, -revision)]
                case _:
                    raise not_allowed(messages.BAD_TOKEN)
        page = found[:limit]
        answer: dict[str, object] = {"jobDefinitions": [_detail(each) for each in page]}
        if len(found) > limit:
            answer["nextToken"] = page_token(listing, [page[-1].name, page[-1].revision])
        return answer

    def deregister_job_definition(self, *, job_definition: str) -> None:
        """Set a revision INACTIVE; jobs that were submitted with it continue."""
        name = self.arns.name_in("job-definition", job_definition)
        if name is not None and ":" not in name:
            raise invalid(messages.NO_REVISION)
        definition = self._revision(name)
        if definition is None:
            raise self.does_not_exist("job-definition", job_definition)
        if definition.is_active:
            definition.is_active = False
            self.retention.definition_deregistered(definition)

    def definition_to_submit(self, reference: str) -> JobDefinition:
        """Return the ACTIVE revision for a name, a name with a revision, or an ARN.

        Raises:
            ClientException: There is none, or the text is not a reference to a job definition.
        """
        name = self.arns.name_in("job-definition", reference)
        base, _, revision = ("", "", "") if name is None else name.partition(":")
        well_formed = DEFINITION_NAME.fullmatch(base) and (":" not in (name or "") or parse_revision(revision) is not None)
        if not well_formed:
            if reference.startswith("arn:") and ":job-definition/" in reference:
                raise not_allowed(messages.DEFINITION_NOT_FOUND, arn=reference)
            raise not_allowed(messages.DEFINITION_NAME, name=reference)
        revisions = self.definitions.get(base, [])
        if reference.startswith("arn:") and revision and self._revision(name) is None:
            raise not_allowed(messages.DEFINITION_NOT_FOUND, arn=reference)
        for definition in reversed(revisions):
            if definition.is_active and (not revision or int(revision) == definition.revision):
                return definition
        raise ClientException(messages.DEFINITION_NOT_ACTIVE.format(name=name))

    def _revision(self, name: str | None) -> JobDefinition | None:
        base, _, text = (name or "").partition(":")
        revision = parse_revision(text)
        revisions = self.definitions.get(base, [])
        if revision is None or not 0 < revision <= len(revisions) or revisions[revision - 1].is_deleted:
            return None
        return revisions[revision - 1]

    def _definitions_meant(self, reference: str) -> list[JobDefinition]:
        name = self.arns.name_in("job-definition", reference)
        # A name without a revision finds nothing (observed: boto3 #2908).
        definition = self._revision(name)
        return [] if definition is None else [definition]

    def _definitions_listed(self, name: str | None, status: str | None) -> Iterator[JobDefinition]:
        for each in sorted(self.definitions) if name is None else [name]:
            for definition in reversed(self.definitions.get(each, [])):
                if not definition.is_deleted and (status is None or status == _status(definition)):
                    yield definition


def checked_timeout(timeout: JobTimeoutTypeDef | None) -> int | None:
    """Return the seconds that an attempt may take, None for no limit.

    Raises:
        ClientException: There are fewer than 60 seconds (documented limit).
    """
    seconds = None if timeout is None else timeout.get("attemptDurationSeconds")
    if seconds is not None and seconds < MIN_TIMEOUT_S:
        raise invalid(messages.TIMEOUT_TOO_SHORT)
    return seconds


def _check_multinode(
    capabilities: Sequence[str], others: Mapping[str, object], nodes: NodePropertiesOutputTypeDef | None
) -> None:
    for platform in capabilities:
        if platform != "EC2":
            raise invalid(messages.NODES_ON_PLATFORM, platform=platform)
    if nodes is None:
        raise invalid(messages.NO_NODES)
    # These are given for each range of nodes instead.
    for member, value in others.items():
        if value is not None:
            raise invalid(messages.NOT_FOR_TYPE, member=member, type="multinode")


def _check_for_pod(**members: object) -> None:
    for member, value in members.items():
        if value is not None:
            raise invalid(messages.NOT_FOR_EKS, member=member)


def _status(definition: JobDefinition) -> str:
    return "ACTIVE" if definition.is_active else "INACTIVE"


def _detail(definition: JobDefinition) -> JobDefinitionTypeDef:
    detail: JobDefinitionTypeDef = {
        "jobDefinitionName": definition.name,
        "jobDefinitionArn": definition.arn,
        "revision": definition.revision,
        "status": _status(definition),
        "type": "container" if definition.nodes is None else "multinode",
        "containerOrchestrationType": "EKS" if definition.platform == "EKS" else "ECS",
        # These two are shown even if they are empty (observed).
        "parameters": definition.parameters,
        "tags": dict(definition.tags),
    }
    if definition.container is not None:
        detail["containerProperties"] = definition.container
    if definition.task is not None:
        detail["ecsProperties"] = definition.task
    if definition.pod is not None:
        detail["eksProperties"] = definition.pod
    if definition.nodes is not None:
        detail["nodeProperties"] = definition.nodes.shape()
    if definition.scheduling_priority is not None:
        detail["schedulingPriority"] = definition.scheduling_priority
    if definition.retry is not None:
        detail["retryStrategy"] = definition.retry.shape()
    if definition.timeout_seconds is not None:
        detail["timeout"] = {"attemptDurationSeconds": definition.timeout_seconds}
    if definition.propagate_tags is not None:
        detail["propagateTags"] = definition.propagate_tags
    if definition.platform_capabilities is not None:
        detail["platformCapabilities"] = definition.platform_capabilities
    if definition.requirements is not None:
        detail["consumableResourceProperties"] = definition.requirements.properties
    return detail
