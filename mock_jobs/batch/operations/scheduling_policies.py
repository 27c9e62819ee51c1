"""Operations on scheduling policies.

Source: API reference, CreateSchedulingPolicy and the related operations (*documented*). That a request without a policy creates
one of fair shares, and the texts, are *inferred*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import DoesNotExistError, invalid, not_allowed
from mock_jobs.batch.names import NAME
from mock_jobs.batch.operations.checks import check_tags
from mock_jobs.batch.paging import MAX_LISTED, page_size, read_number
from mock_jobs.batch.queueing.fair_share_policy import FairShareRules
from mock_jobs.batch.records.scheduling_policy import SchedulingPolicy
from mock_jobs.batch.region import BatchRegion
from mock_jobs.core.paging import page_token

if TYPE_CHECKING:
    from mypy_boto3_batch.type_defs import FairsharePolicyUnionTypeDef, QuotaSharePolicyTypeDef, SchedulingPolicyDetailTypeDef


class SchedulingPolicyOperations(BatchRegion):
    """The operations on scheduling policies."""

    def create_scheduling_policy(
        self,
        *,
        name: str,
        fairshare_policy: FairsharePolicyUnionTypeDef | None = None,
        quota_share_policy: QuotaSharePolicyTypeDef | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> dict[str, str]:
        """Create a scheduling policy, of fair shares unless one of quota shares is given."""
        if NAME.fullmatch(name) is None:
            raise invalid(messages.SCHEDULING_POLICY_NAME)
        if fairshare_policy is not None and quota_share_policy is not None:
            raise invalid(messages.BOTH_POLICIES)
        fair_share = FairShareRules.parse(fairshare_policy or {}) if quota_share_policy is None else None
        check_tags(tags)
        if name in self.scheduling_policies:
            raise not_allowed(messages.ALREADY_EXISTS)
        policy = SchedulingPolicy(
            number=self.next_number(),
            name=name,
            arn=self.arns.of("scheduling-policy", name),
            fair_share=fair_share,
            quota_share=quota_share_policy,
            tags=dict(tags or {}),
        )
        self.scheduling_policies[name] = policy
        return {"name": name, "arn": policy.arn}

    def describe_scheduling_policies(self, *, arns: Sequence[str]) -> dict[str, object]:
        """Return the scheduling policies with the given ARNs; unknown ones are left out."""
        if len(arns) > MAX_LISTED:
            raise invalid(messages.TOO_MANY_LISTED, what="scheduling policies")
        found = (self.find_scheduling_policy(arn) for arn in dict.fromkeys(arns))
        return {"schedulingPolicies": [_detail(policy) for policy in found if policy is not None]}

    def list_scheduling_policies(self, *, max_results: int | None = None, next_token: str | None = None) -> dict[str, object]:
        """Return the ARNs of all scheduling policies, in the order of their creation."""
        listing = self.listing("ListSchedulingPolicies")
        limit = page_size(max_results)
        after = 0 if next_token is None else read_number(listing, next_token)
        policies = [policy for policy in self.scheduling_policies.values() if policy.number > after]
        answer: dict[str, object] = {"schedulingPolicies": [{"arn": policy.arn} for policy in policies[:limit]]}
        if len(policies) > limit:
            answer["nextToken"] = page_token(listing, [policies[limit - 1].number])
        return answer

    def update_scheduling_policy(
        self,
        *,
        arn: str,
        fairshare_policy: FairsharePolicyUnionTypeDef | None = None,
        quota_share_policy: QuotaSharePolicyTypeDef | None = None,
    ) -> None:
        """Replace the whole content of a scheduling policy; its kind cannot change."""
        if fairshare_policy is not None and quota_share_policy is not None:
            raise invalid(messages.BOTH_POLICIES)
        rules = None if fairshare_policy is None else FairShareRules.parse(fairshare_policy)
        policy = self._existing_policy(arn)
        if (policy.fair_share is None and rules is not None) or (policy.quota_share is None and quota_share_policy is not None):
            raise not_allowed(messages.POLICY_KIND)
        if rules is not None:
            policy.fair_share = rules
            for queue in self.queues.values():
                if queue.policy is policy:
                    queue.change_share_rules(rules)
        policy.quota_share = quota_share_policy or policy.quota_share
        self.lifecycle.scheduler.look_again()
        self.service_lifecycle.scheduler.look_again()

    def delete_scheduling_policy(self, *, arn: str) -> None:
        """Delete a scheduling policy that no job queue uses."""
        if self.find_scheduling_policy(arn) is None and self.may_be_gone("scheduling-policy", arn):
            return
        policy = self._existing_policy(arn)
        if policy.queues:
            raise not_allowed(messages.CANNOT_DELETE_IN_USE)
        del self.scheduling_policies[policy.name]

    def _existing_policy(self, arn: str) -> SchedulingPolicy:
        policy = self.find_scheduling_policy(arn)
        if policy is None:
            raise DoesNotExistError(arn)
        return policy


def _detail(policy: SchedulingPolicy) -> SchedulingPolicyDetailTypeDef:
    detail: SchedulingPolicyDetailTypeDef = {"name": policy.name, "arn": policy.arn, "tags": dict(policy.tags)}
    if policy.fair_share is not None:
        detail["fairsharePolicy"] = policy.fair_share.shape()
    if policy.quota_share is not None:
        detail["quotaSharePolicy"] = policy.quota_share
    return detail
