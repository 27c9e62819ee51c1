"""Operations on quota shares.

Sources: API reference, CreateQuotaShare and the related operations (*documented*); user guide, "Quota shares" and service quotas
(*documented*). *Inferred*: that a share has limits only for instance types in the limits of its service environment, the status
reason of the jobs of a deleted share, and that a borrowLimit is dropped when the strategy no longer borrows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import DoesNotExistError, invalid, not_allowed
from mock_jobs.batch.names import NAME, share_arn
from mock_jobs.batch.operations.checks import check_deletable, check_tags
from mock_jobs.batch.operations.descriptions import DescribedResources
from mock_jobs.batch.paging import page_size, read_number
from mock_jobs.batch.service_jobs.capacity import read_limits, shown
from mock_jobs.batch.service_jobs.resources import UNLIMITED, QuotaShare, ServiceQueue, Sharing
from mock_jobs.core.paging import page_token

if TYPE_CHECKING:
    from mypy_boto3_batch.literals import QuotaShareStateType
    from mypy_boto3_batch.type_defs import (
        QuotaShareCapacityLimitTypeDef,
        QuotaShareDetailTypeDef,
        QuotaSharePreemptionConfigurationTypeDef,
        QuotaShareResourceSharingConfigurationTypeDef,
    )

    from mock_jobs.batch.region import AnyQueue
    from mock_jobs.batch.service_jobs.job import ServiceJob

MAX_SHARES_OF_QUEUE = 20


class QuotaShareOperations(DescribedResources):
    """The operations on quota shares."""

    def create_quota_share(
        self,
        *,
        quota_share_name: str,
        job_queue: str,
        capacity_limits: Sequence[QuotaShareCapacityLimitTypeDef],
        resource_sharing_configuration: QuotaShareResourceSharingConfigurationTypeDef,
        preemption_configuration: QuotaSharePreemptionConfigurationTypeDef,
        state: QuotaShareStateType | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> dict[str, str]:
        """Create a quota share of a job queue that has a policy of quota shares."""
        if NAME.fullmatch(quota_share_name) is None:
            raise invalid(messages.QUOTA_SHARE_NAME)
        limits = read_limits(capacity_limits, only_types=True)
        sharing = _sharing(resource_sharing_configuration)
        check_tags(tags)
        queue = self._queue_of_shares(job_queue)
        if not isinstance(queue, ServiceQueue) or not queue.has_quotas:
            raise not_allowed(messages.QUOTA_SHARE_QUEUE, name=queue.name)
        if queue.status != "VALID":
            raise not_allowed(messages.QUEUE_NOT_VALID, name=queue.name)
        _check_units(queue, limits)
        if quota_share_name in queue.shares:
            raise not_allowed(messages.ALREADY_EXISTS)
        if len(queue.shares) >= MAX_SHARES_OF_QUEUE:
            raise invalid(messages.QUOTA_SHARE_QUOTA)
        share = QuotaShare(
            number=self.next_number(),
            name=quota_share_name,
            arn=share_arn(queue.arn, quota_share_name),
            queue=queue,
            limits=limits,
            sharing=sharing,
            preempts=preemption_configuration["inSharePreemption"] == "ENABLED",
            state=state or "ENABLED",
            status="CREATING",
            tags=dict(tags or {}),
        )
        queue.shares[share.name] = share
        self.change(share, self.settings.quota_share_create_seconds, lambda: self._settle_share(share))
        return _named(share)

    def describe_quota_share(self, *, quota_share_arn: str) -> dict[str, object]:
        """Return a quota share."""
        share = self._existing_share(quota_share_arn)
        if self.before_description([share]):
            share = self._existing_share(quota_share_arn)
        self.after_description([share])
        return {**_detail(share), "tags": dict(share.tags)}

    def list_quota_shares(
        self, *, job_queue: str, max_results: int | None = None, next_token: str | None = None
    ) -> dict[str, object]:
        """Return a page of the quota shares of a job queue, without their tags.

        They are in the order of their creation.
        """
        limit = page_size(max_results)
        queue = self._queue_of_shares(job_queue)
        listing = self.listing(f"ListQuotaShares/{queue.number}")
        after = 0 if next_token is None else read_number(listing, next_token)
        shares = _shares_behind(queue, after)
        if next_token is None and self.before_description(shares[:limit]):
            shares = _shares_behind(queue, after)
        shown = shares[:limit]
        answer: dict[str, object] = {"quotaShares": [_detail(share) for share in shown]}
        if len(shares) > limit:
            answer["nextToken"] = page_token(listing, [shown[-1].number])
        self.after_description(shown)
        return answer

    def update_quota_share(
        self,
        *,
        quota_share_arn: str,
        capacity_limits: Sequence[QuotaShareCapacityLimitTypeDef] | None = None,
        resource_sharing_configuration: QuotaShareResourceSharingConfigurationTypeDef | None = None,
        preemption_configuration: QuotaSharePreemptionConfigurationTypeDef | None = None,
        state: QuotaShareStateType | None = None,
    ) -> dict[str, str]:
        """Change the given members of a quota share; running jobs continue."""
        limits = None if capacity_limits is None else read_limits(capacity_limits, only_types=True)
        sharing = None if resource_sharing_configuration is None else _sharing(resource_sharing_configuration)
        share = self._existing_share(quota_share_arn)
        if share.status in ("CREATING", "UPDATING", "DELETING"):
            raise not_allowed(messages.BEING_DELETED_OR_CHANGED)
        if limits is not None:
            _check_units(share.queue, limits)
            share.limits = limits
        share.sharing = sharing or share.sharing
        if preemption_configuration is not None:
            share.preempts = preemption_configuration["inSharePreemption"] == "ENABLED"
        share.state = state or share.state
        share.status = "UPDATING"
        self.change(share, self.settings.quota_share_update_seconds, lambda: self._settle_share(share))
        return _named(share)

    def delete_quota_share(self, *, quota_share_arn: str) -> None:
        """Delete a DISABLED quota share; its unfinished jobs are terminated at once."""
        share = self.find_quota_share(quota_share_arn)
        if share is None:
            if self.may_be_gone("job-queue", quota_share_arn):
                return
            raise DoesNotExistError(quota_share_arn)
        if check_deletable(share.state, share.status) == "deleting":
            return
        share.status = "DELETING"
        for job in share.queue.index.unfinished():
            if job.spec.share is share:
                self.service_lifecycle.kill(job, messages.QUOTA_SHARE_DELETED)
        self.change(share, self.settings.quota_share_delete_seconds, lambda: self._drop_share(share))

    def _existing_share(self, arn: str) -> QuotaShare[ServiceJob]:
        share = self.find_quota_share(arn)
        if share is None:
            raise DoesNotExistError(arn)
        return share

    def _queue_of_shares(self, reference: str) -> AnyQueue:
        queue = self.find_queue(reference)
        if queue is None:
            raise self.does_not_exist("job-queue", reference)
        return queue

    def _settle_share(self, share: QuotaShare[ServiceJob]) -> None:
        share.status = "VALID"
        self.service_lifecycle.scheduler.look_again()

    def _drop_share(self, share: QuotaShare[ServiceJob]) -> None:
        del share.queue.shares[share.name]
        # The capacity that it had reserved is free.
        self.service_lifecycle.scheduler.look_again()


def _sharing(given: QuotaShareResourceSharingConfigurationTypeDef) -> Sharing:
    strategy, limit = given["strategy"], given.get("borrowLimit")
    if limit is None:
        return Sharing(strategy)
    if strategy != "LEND_AND_BORROW":
        raise invalid(messages.BORROW_LIMIT_STRATEGY)
    if limit < UNLIMITED:
        raise invalid(messages.BORROW_LIMIT)
    return Sharing(strategy, limit)


def _check_units(queue: ServiceQueue[ServiceJob], limits: Mapping[str, int]) -> None:
    for unit in limits:
        if unit not in queue.environment.limits:
            raise not_allowed(messages.SHARE_UNIT, unit=unit)


def _named(share: QuotaShare[ServiceJob]) -> dict[str, str]:
    return {"quotaShareName": share.name, "quotaShareArn": share.arn}


def _detail(share: QuotaShare[ServiceJob]) -> QuotaShareDetailTypeDef:
    sharing: QuotaShareResourceSharingConfigurationTypeDef = {"strategy": share.sharing.strategy}
    if share.sharing.borrows:
        sharing["borrowLimit"] = share.sharing.borrow_limit
    return {
        "quotaShareName": share.name,
        "quotaShareArn": share.arn,
        "jobQueueArn": share.queue.arn,
        "capacityLimits": cast("list[QuotaShareCapacityLimitTypeDef]", shown(share.limits)),
        "resourceSharingConfiguration": sharing,
        "preemptionConfiguration": {"inSharePreemption": "ENABLED" if share.preempts else "DISABLED"},
        "state": share.state,
        "status": share.status,
    }


def _shares_behind(queue: AnyQueue, number: int) -> list[QuotaShare[ServiceJob]]:
    """Return the quota shares of a queue created after the one with this number."""
    return [share for share in queue.shares.values() if share.number > number] if isinstance(queue, ServiceQueue) else []
