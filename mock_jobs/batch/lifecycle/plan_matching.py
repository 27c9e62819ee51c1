"""The plan that an attempt follows: the last added of all that match."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from mock_jobs.batch.scenario.plans import FAILURE, SUCCESS, name_pattern

if TYPE_CHECKING:
    from mock_jobs.batch.records.job import Job
    from mock_jobs.batch.records.job_definition import JobDefinition
    from mock_jobs.batch.records.job_queue import JobQueue
    from mock_jobs.batch.scenario.plans import JobPlan
    from mock_jobs.batch.scenario.setups import Plan


def take_plan(plans: Iterable[Plan], job: Job, attempt: int) -> JobPlan:
    """Return the plan of an attempt of a job, by default that of its submission, and count it as used.

    Args:
        plans: All plans, the one that was added last first.
        job: The job.
        attempt: Number of the attempt, from 1.
    """
    found = next((plan for plan in plans if matches(plan.job_plan, job, attempt)), None)
    if found is not None:
        found.used += 1
        return found.job_plan
    fallback = job.spec.fallback
    if fallback is None:
        return SUCCESS
    # A retry fails at once: the clock moves only as long as moto sleeps, which does not retry.
    return fallback if attempt == 1 else FAILURE


def take_plan_for_service_job(plans: Iterable[Plan], name: str, queue: JobQueue[Any], attempt: int) -> JobPlan:
    """Return the plan of an attempt of a service job, by default one that succeeds, and count it as used.

    Args:
        plans: All plans, the one that was added last first.
        name: Name of the job.
        queue: Queue of the job.
        attempt: Number of the attempt, from 1.
    """
    found = next((plan for plan in plans if matches_service_job(plan.job_plan, name, queue, attempt)), None)
    if found is None:
        return SUCCESS
    found.used += 1
    return found.job_plan


def matches(plan: JobPlan, job: Job, attempt: int) -> bool:
    """Return whether a plan matches an attempt of a job, of a child of an array, or of a node."""
    return (
        _fits(plan, job.spec.name, job.spec.queue, attempt)
        and (plan.array_index is None or (job.parent is not None and plan.array_index == job.index))
        and (plan.node_index is None or plan.node_index == job.node_index)
        and (plan.definition is None or _means(plan.definition, job.spec.definition))
    )


def matches_service_job(plan: JobPlan, name: str, queue: JobQueue[Any], attempt: int) -> bool:
    """Return whether a plan matches an attempt of a service job.

    Plans for a definition, array, node or function do not apply to service jobs.
    """
    return not _is_for_jobs_only(plan) and _fits(plan, name, queue, attempt)


def _is_for_jobs_only(plan: JobPlan) -> bool:
    return any(each is not None for each in (plan.definition, plan.array_index, plan.node_index, plan.run))


def _fits(plan: JobPlan, name: str, queue: JobQueue[Any], attempt: int) -> bool:
    return (
        (plan.attempt is None or plan.attempt == attempt)
        and (plan.queue is None or plan.queue in (queue.name, queue.arn))
        and name_pattern(plan.job_name).match(name) is not None
    )


def _means(reference: str, definition: JobDefinition) -> bool:
    revision = f":{definition.revision}"
    return reference in (
        definition.name,
        definition.name + revision,
        definition.arn,
        definition.arn.removesuffix(revision),
    )
