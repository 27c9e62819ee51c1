"""Operations on consumable resources.

Sources: API reference, CreateConsumableResource, UpdateConsumableResource, ListConsumableResources and
ListJobsByConsumableResource (*documented*); user guide, "Resource-aware scheduling" (*documented*). *Inferred*: the quantity of
ListJobsByConsumableResource is what the job needs, jobs of all statuses are listed, and an array is listed as one job.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import invalid, not_allowed
from mock_jobs.batch.names import NAME
from mock_jobs.batch.operations.checks import check_tags
from mock_jobs.batch.paging import page_size, read_number
from mock_jobs.batch.queueing.name_patterns import fits
from mock_jobs.batch.records.consumable_resource import KINDS, OPERATIONS, ConsumableResource
from mock_jobs.batch.region import BatchRegion
from mock_jobs.batch.states import STATUSES
from mock_jobs.batch.views.jobs import shows_reason
from mock_jobs.core.paging import page_token

if TYPE_CHECKING:
    from mypy_boto3_batch.type_defs import (
        ConsumableResourceSummaryTypeDef,
        KeyValuesPairTypeDef,
        ListJobsByConsumableResourceSummaryTypeDef,
    )

    from mock_jobs.batch.records.job import Job

_KIND = "consumable-resource"


class ConsumableResourceOperations(BatchRegion):
    """The operations on consumable resources."""

    def create_consumable_resource(
        self,
        *,
        consumable_resource_name: str,
        total_quantity: int | None = None,
        resource_type: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> dict[str, str]:
        """Create a consumable resource; the quantity is 0 if none is given (inferred)."""
        if NAME.fullmatch(consumable_resource_name) is None:
            raise invalid(messages.CONSUMABLE_NAME)
        kind = resource_type or KINDS[0]
        if kind not in KINDS:
            raise invalid(messages.ONE_OF, member="resourceType", values=", ".join(KINDS))
        _check_quantity("totalQuantity", total_quantity)
        check_tags(tags)
        arn = self.arns.of(_KIND, consumable_resource_name)
        if arn in self.consumables.by_arn:
            raise not_allowed(messages.ALREADY_EXISTS)
        self.consumables.by_arn[arn] = ConsumableResource(
            number=self.next_number(),
            name=consumable_resource_name,
            arn=arn,
            kind=kind,
            total=total_quantity or 0,
            created_ms=self.world.clock.now_ms,
            tags=dict(tags or {}),
        )
        # Jobs may wait for a deleted resource of this name.
        self.lifecycle.scheduler.look_again()
        return {"consumableResourceName": consumable_resource_name, "consumableResourceArn": arn}

    def describe_consumable_resource(self, *, consumable_resource: str) -> dict[str, object]:
        """Return a consumable resource with its quantities."""
        resource = self._existing(consumable_resource)
        return {
            "consumableResourceName": resource.name,
            "consumableResourceArn": resource.arn,
            "totalQuantity": resource.total,
            "inUseQuantity": resource.in_use,
            "availableQuantity": resource.available,
            "resourceType": resource.kind,
            "createdAt": resource.created_ms,
            "tags": dict(resource.tags),
        }

    def update_consumable_resource(
        self,
        *,
        consumable_resource: str,
        operation: str | None = None,
        quantity: int | None = None,
        client_token: str | None = None,
    ) -> dict[str, object]:
        """Set, raise or lower the quantity of a consumable resource.

        Jobs that wait for it may start.
        """
        given = operation or OPERATIONS[0]
        if given not in OPERATIONS:
            raise invalid(messages.ONE_OF, member="operation", values=", ".join(OPERATIONS))
        if quantity is None:
            raise invalid(messages.REQUIRED, member="quantity")
        _check_quantity("quantity", quantity)
        resource = self._existing(consumable_resource)
        resource.update(given, quantity, client_token, self.world.clock.now_ms)
        self.lifecycle.scheduler.look_again()
        return {
            "consumableResourceName": resource.name,
            "consumableResourceArn": resource.arn,
            "totalQuantity": resource.total,
        }

    def delete_consumable_resource(self, *, consumable_resource: str) -> None:
        """Delete a consumable resource; jobs that need it stay RUNNABLE (inferred)."""
        resource = self.find_consumable(consumable_resource)
        if resource is not None:
            del self.consumables.by_arn[resource.arn]
        elif not self.may_be_gone(_KIND, consumable_resource):
            raise self.does_not_exist(_KIND, consumable_resource)

    def list_consumable_resources(
        self,
        *,
        filters: Sequence[KeyValuesPairTypeDef] | None = None,
        max_results: int | None = None,
        next_token: str | None = None,
    ) -> dict[str, object]:
        """Return a page of the consumable resources, in the order of creation (inferred)."""
        limit = page_size(max_results)
        wanted = _read_filters("ListConsumableResources", ("CONSUMABLE_RESOURCE_NAME",), filters or [])
        # Without a filter all names match.
        patterns = [each.lower() for each in wanted.get("CONSUMABLE_RESOURCE_NAME", ["*"])]
        listing = self.listing(f"ListConsumableResources/{json.dumps(wanted)}")
        after = 0 if next_token is None else read_number(listing, next_token)
        found = (each for each in self.consumables.by_arn.values() if each.number > after and fits(patterns, each.name.lower()))
        page = list(islice(found, limit + 1))
        answer: dict[str, object] = {"consumableResources": [_summary(each) for each in page[:limit]]}
        if len(page) > limit:
            answer["nextToken"] = page_token(listing, [page[limit - 1].number])
        return answer

    def list_jobs_by_consumable_resource(
        self,
        *,
        consumable_resource: str,
        filters: Sequence[KeyValuesPairTypeDef] | None = None,
        max_results: int | None = None,
        next_token: str | None = None,
    ) -> dict[str, object]:
        """Return a page of the jobs that need a consumable resource.

        The job that was submitted last is first (inferred). With the pace `poll`, jobs move before the first page, as with
        ListJobs.
        """
        limit = page_size(max_results)
        wanted = _read_filters("ListJobsByConsumableResource", ("JOB_STATUS", "JOB_NAME"), filters or [])
        states, names = wanted.get("JOB_STATUS"), wanted.get("JOB_NAME")
        if states is not None and not set(states) <= set(STATUSES):
            raise invalid(messages.ONE_OF, member="JOB_STATUS", values=", ".join(STATUSES))
        resource = self._existing(consumable_resource)
        listing = self.listing(f"ListJobsByConsumableResource/{resource.number}/{json.dumps(wanted)}")
        before = None if next_token is None else read_number(listing, next_token)
        consumers = self.consumables.consumers.of(resource.arn)
        waiting = [consumers] if consumers.has_unfinished else []

        def look_up() -> tuple[list[Job], str | None]:
            page = list(islice(consumers.newest_first(states or STATUSES, names, before), limit + 1))
            token = None if len(page) <= limit else page_token(listing, [page[limit - 1].spec.number])
            return page[:limit], token

        polled = f"ListJobsByConsumableResource/{resource.arn}/{sorted(states or ())}/{sorted(names or ())}"
        page, token = self.scenario.polling.listed(polled, waiting, look_up, is_first=next_token is None)
        answer: dict[str, object] = {"jobs": [_consumer(job, resource.arn) for job in page]}
        if token is not None:
            answer["nextToken"] = token
        return answer

    def _existing(self, reference: str) -> ConsumableResource:
        resource = self.find_consumable(reference)
        if resource is None:
            raise self.does_not_exist(_KIND, reference)
        return resource


def _check_quantity(member: str, quantity: int | None) -> None:
    if quantity is not None and quantity < 0:
        raise invalid(messages.OUT_OF_RANGE, member=member, bound=0)


def _read_filters(operation: str, known: Sequence[str], filters: Sequence[KeyValuesPairTypeDef]) -> dict[str, list[str]]:
    """Return the values of each filter.

    The values of a repeated filter are alternatives, like those of one filter.
    """
    wanted: dict[str, list[str]] = {}
    for each in filters:
        name, values = each.get("name", ""), each.get("values", [])
        if name not in known:
            raise invalid(messages.UNKNOWN_FILTER, operation=operation, name=name)
        if not values:
            raise invalid(messages.FILTER_VALUES, operation=operation)
        wanted.setdefault(name, []).extend(values)
    return wanted


def _summary(resource: ConsumableResource) -> ConsumableResourceSummaryTypeDef:
    return {
        "consumableResourceArn": resource.arn,
        "consumableResourceName": resource.name,
        "totalQuantity": resource.total,
        "inUseQuantity": resource.in_use,
        "resourceType": resource.kind,
    }


def _consumer(job: Job, arn: str) -> ListJobsByConsumableResourceSummaryTypeDef:
    spec = job.spec
    assert spec.requirements is not None
    summary: ListJobsByConsumableResourceSummaryTypeDef = {
        "jobArn": job.arn,
        "jobQueueArn": spec.queue.arn,
        "jobName": spec.name,
        "jobDefinitionArn": spec.definition.arn,
        "jobStatus": job.status,
        "quantity": spec.requirements.needs[arn],
        "createdAt": job.created_ms,
        "consumableResourceProperties": spec.requirements.properties,
    }
    if job.status_reason is not None and shows_reason(job):
        summary["statusReason"] = job.status_reason
    if job.started_ms is not None:
        summary["startedAt"] = job.started_ms
    return summary
