"""Records of scheduling policies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_batch.type_defs import QuotaSharePolicyTypeDef

    from mock_jobs.batch.queueing.fair_share_policy import FairShareRules


@dataclass(slots=True, eq=False)
class SchedulingPolicy:
    """A scheduling policy, of fair shares or of quota shares.

    Attributes:
        number: Position in the order of creation.
        queues: How many job queues refer to it.
    """

    number: int
    name: str
    arn: str
    fair_share: FairShareRules | None
    quota_share: QuotaSharePolicyTypeDef | None
    tags: dict[str, str]
    queues: int = 0
