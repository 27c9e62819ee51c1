"""SubmitJob.

Sources: API reference, SubmitJob (*documented*); user guide, "Submit a job", "Job dependencies", "Array jobs", service quotas
(*documented*). The order of the checks is *inferred*.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import invalid, not_allowed
from mock_jobs.batch.lifecycle.dependencies import check_shapes, register, resolve
from mock_jobs.batch.names import NAME
from mock_jobs.batch.operations.checks import check_payload, check_tags
from mock_jobs.batch.operations.job_definitions import JobDefinitionOperations, checked_timeout
from mock_jobs.batch.queueing.fair_share_policy import MAX_PRIORITY, is_share_identifier
from mock_jobs.batch.queueing.fair_share_usage import FairShareUsage
from mock_jobs.batch.records.job import MAX_ARRAY, ArrayJob, Job, JobSpec
from mock_jobs.batch.records.node import MultiNodeJob, Node
from mock_jobs.batch.service_jobs.resources import ServiceQueue
from mock_jobs.batch.workload.node_properties import ResolvedNodes, resolve_nodes
from mock_jobs.batch.workload.requirements import requirements_of
from mock_jobs.batch.workload.retry_strategy import strategy_of
from mock_jobs.batch.workload.workload import Overrides, Workload, is_default, merged
from mock_jobs.core.errors import HIDDEN

if TYPE_CHECKING:
    from mypy_boto3_batch.type_defs import (
        ArrayPropertiesTypeDef,
        ConsumableResourcePropertiesOutputTypeDef,
        ContainerOverridesTypeDef,
        EcsPropertiesOverrideTypeDef,
        EksPropertiesOverrideTypeDef,
        JobDependencyTypeDef,
        JobTimeoutTypeDef,
        NodeOverridesTypeDef,
        RetryStrategyTypeDef,
    )

    from mock_jobs.batch.records.job_definition import JobDefinition

__tracebackhide__ = HIDDEN

MIN_ARRAY = 2


class SubmitOperations(JobDefinitionOperations):
    """SubmitJob."""

    def submit_job(
        self,
        *,
        job_name: str,
        job_queue: str,
        job_definition: str,
        share_identifier: str | None = None,
        scheduling_priority_override: int | None = None,
        array_properties: ArrayPropertiesTypeDef | None = None,
        depends_on: Sequence[JobDependencyTypeDef] | None = None,
        parameters: Mapping[str, str] | None = None,
        container_overrides: ContainerOverridesTypeDef | None = None,
        node_overrides: NodeOverridesTypeDef | None = None,
        retry_strategy: RetryStrategyTypeDef | None = None,
        propagate_tags: bool | None = None,
        timeout: JobTimeoutTypeDef | None = None,
        tags: Mapping[str, str] | None = None,
        eks_properties_override: EksPropertiesOverrideTypeDef | None = None,
        ecs_properties_override: EcsPropertiesOverrideTypeDef | None = None,
        consumable_resource_properties_override: ConsumableResourcePropertiesOutputTypeDef | None = None,
    ) -> dict[str, str]:
        """Submit a job, an array of up to 10,000, or a multi-node parallel job."""
        if NAME.fullmatch(job_name) is None:
            raise invalid(messages.JOB_NAME)
        _check_size(
            job_name,
            parameters,
            container_overrides,
            node_overrides,
            tags,
            retry_strategy,
            depends_on,
            eks_properties_override,
            ecs_properties_override,
            consumable_resource_properties_override,
        )
        size = array_properties.get("size") if array_properties else None
        if size is not None and not MIN_ARRAY <= size <= MAX_ARRAY:
            raise invalid(messages.ARRAY_SIZE)
        entries = list(depends_on or [])
        check_shapes(entries, size)
        if share_identifier is not None and not is_share_identifier(share_identifier):
            raise invalid(messages.SHARE_IDENTIFIER)
        if scheduling_priority_override is not None and not 0 <= scheduling_priority_override <= MAX_PRIORITY:
            raise invalid(messages.SCHEDULING_PRIORITY_OVERRIDE)
        timeout_seconds = checked_timeout(timeout)
        retry = strategy_of(retry_strategy)
        overrides = Overrides(container_overrides, ecs_properties_override, eks_properties_override, node_overrides)
        overrides.check()
        check_tags(tags)
        override = requirements_of(consumable_resource_properties_override, self.arns)
        definition = self.definition_to_submit(job_definition)
        queue = self.queue_to_submit(job_queue)
        if isinstance(queue, ServiceQueue):
            raise not_allowed(messages.SERVICE_JOBS_ONLY, name=queue.name)
        if definition.platform != queue.platform:
            raise not_allowed(messages.CAPABILITY, capability=definition.platform)
        priority = definition.scheduling_priority if scheduling_priority_override is None else scheduling_priority_override
        if scheduling_priority_override is not None and not isinstance(queue.usage, FairShareUsage):
            raise not_allowed(messages.SHARE_ON_FIFO)
        self.check_fair_share(queue.usage, share_identifier)
        _check_priority(share_identifier, priority)
        values = {**definition.parameters, **(parameters or {})}
        overrides.check_for(definition)
        if definition.nodes is None:
            resolved = None
            workload = self._workload_of(definition, overrides, values)
            requirements = definition.requirements if override is None else override
        else:
            _check_multinode(size, consumable_resource_properties_override)
            resolved = resolve_nodes(definition.nodes, node_overrides or {}, values, self.arns)
            workload, requirements = resolved.workload, resolved.requirements
        for arn in () if requirements is None else requirements.needs:
            if arn not in self.consumables.by_arn:
                raise self.does_not_exist("consumable-resource", arn)
        found = resolve(entries, size, self._find_by_id, lenient=self.settings.lenient_dependencies)
        spec = JobSpec(
            # First: a loop is refused before anything changes.
            follows=self.world.loops.follow(job_name, queue.name, definition.arn),
            name=job_name,
            number=self.next_number(),
            arn_prefix=self.arns.job_prefix,
            queue=queue,
            definition=definition,
            parameters=values,
            container=workload.container,
            vcpus=workload.vcpus,
            task=workload.task,
            pod=workload.pod,
            # A job's own strategy replaces the one of its definition, members are not merged (documented).
            retry=definition.retry if retry is None else retry,
            timeout_seconds=definition.timeout_seconds if timeout_seconds is None else timeout_seconds,
            propagate_tags=definition.propagate_tags if propagate_tags is None else propagate_tags,
            tags=dict(tags or {}),
            depends_on=entries,
            dependencies=found.plain,
            n_to_n=found.n_to_n,
            is_sequential=found.is_sequential,
            requirements=requirements if requirements is not None and requirements.needs else None,
            share_identifier=share_identifier,
            scheduling_priority=priority,
            fallback=self.scenario.fallback,
        )
        job_id, now_ms = self.world.ids.uuid(), self.world.clock.now_ms
        job = _made(spec, job_id, now_ms, size, resolved)
        self.jobs[job_id] = job
        register(job)
        self.lifecycle.submit(job)
        self.scenario.sleep_as_moto()
        return {"jobArn": job.arn, "jobName": job_name, "jobId": job_id}

    def _workload_of(self, definition: JobDefinition, overrides: Overrides, parameters: Mapping[str, str]) -> Workload:
        """Return what a job of a definition without nodes runs.

        Jobs that override nothing share it. This keeps 100,000 such jobs small.
        """
        if not is_default(definition, overrides):
            return merged(definition, overrides, parameters)
        workload = self.default_workloads.get(definition)
        if workload is None:
            workload = self.default_workloads[definition] = merged(definition, overrides, parameters)
        return workload

    def _find_by_id(self, job_id: str) -> Job | None:
        parts = self.arns.read_job_id(job_id)
        job = None if parts is None else self.find_job(parts)
        if isinstance(job, Node):
            raise invalid(messages.DEPENDENCY_ON_NODE, job_id=job_id)
        return job


def _made(spec: JobSpec, job_id: str, now_ms: int, size: int | None, resolved: ResolvedNodes | None) -> Job:
    if resolved is not None:
        return MultiNodeJob(spec, job_id, now_ms, resolved)
    return Job(spec, job_id, now_ms) if size is None else ArrayJob(spec, job_id, now_ms, size)


def _check_priority(share_identifier: str | None, priority: int | None) -> None:
    # Source: nextflow #3505 (observed).
    if share_identifier is not None and priority is None:
        raise not_allowed(messages.PRIORITY_MISSING)


def _check_multinode(size: int | None, consumables: object) -> None:
    if consumables is not None:
        # A job with several nodes is overridden by nodeOverrides.
        raise invalid(messages.NOT_FOR_TYPE, member="consumableResourcePropertiesOverride", type="multinode")
    if size is not None:
        raise invalid(messages.NODES_AND_ARRAY)


def _check_size(job_name: str, *rest: object) -> None:
    if any(rest):
        check_payload(len(json.dumps((job_name, *rest)).encode()))
