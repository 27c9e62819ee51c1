"""Checks of a job's configurations beyond the constraints of the service model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from mock_jobs.iot import messages
from mock_jobs.iot.exceptions import InvalidRequestException

if TYPE_CHECKING:
    from mypy_boto3_iot.type_defs import (
        AbortConfigTypeDef,
        ExponentialRolloutRateTypeDef,
        JobExecutionsRetryConfigTypeDef,
        JobExecutionsRolloutConfigTypeDef,
        PresignedUrlConfigTypeDef,
        TagTypeDef,
        TimeoutConfigTypeDef,
    )

# Source: TimeoutConfig and UpdateJobExecution, API reference (documented).
TIMEOUT_MINUTES: Final = range(1, 10080 + 1)
# Source: developer guide, "Job configurations" (documented).
MAX_RETRIES: Final = 10
MAX_THRESHOLD_DECIMALS: Final = 2

# Account ids may have any length, because tests use short ones.
_ROLE: Final = re.compile(r"arn:aws[a-z-]*:iam::[0-9]*:role/[!-~]+")


def check_timeout(config: TimeoutConfigTypeDef) -> None:
    """Refuse a time limit outside of 1 to 10080 minutes. Source: TimeoutConfig (documented), text observed."""
    minutes = config.get("inProgressTimeoutInMinutes")
    if minutes not in TIMEOUT_MINUTES:
        value = "null" if minutes is None else minutes
        raise InvalidRequestException(messages.TIMEOUT_INVALID.format(member="inProgressTimeoutInMinutes", value=value))


def check_abort(config: AbortConfigTypeDef) -> None:
    """Refuse abort criteria that repeat a failure type or have an invalid threshold. Source: observed."""
    seen = set()
    for criterion in config["criteriaList"]:
        if criterion["failureType"] in seen:
            raise InvalidRequestException(messages.ABORT_TYPE_TWICE)
        seen.add(criterion["failureType"])
        threshold = criterion["thresholdPercentage"]
        if threshold <= 0:
            raise InvalidRequestException(messages.ABORT_THRESHOLD_NOT_POSITIVE.format(value=float(threshold)))
        if _decimals(threshold) > MAX_THRESHOLD_DECIMALS:
            raise InvalidRequestException(messages.ABORT_THRESHOLD_DECIMALS)


def check_rollout(config: JobExecutionsRolloutConfigTypeDef) -> None:
    """Refuse rates that contradict each other.

    Source: observed for UpdateJob; that CreateJob does the same is inferred. For CreateJob an empty configuration counts as
    unset.
    """
    maximum = config.get("maximumPerMinute")
    exponential = config.get("exponentialRate")
    if maximum is None:
        missing = messages.ROLLOUT_WITHOUT_RATE if exponential is None else messages.EXPONENTIAL_WITHOUT_MAXIMUM
        raise InvalidRequestException(missing)
    if exponential is not None:
        _check_exponential(exponential, maximum)


def _check_exponential(exponential: ExponentialRolloutRateTypeDef, maximum: int) -> None:
    criteria = exponential["rateIncreaseCriteria"]
    if not criteria:
        raise InvalidRequestException(messages.NO_RATE_CRITERION)
    if len(criteria) > 1:
        raise InvalidRequestException(messages.TWO_RATE_CRITERIA)
    if _decimals(exponential["incrementFactor"]) > 1:
        raise InvalidRequestException(messages.FACTOR_DECIMALS)
    if exponential["baseRatePerMinute"] > maximum:
        raise InvalidRequestException(messages.BASE_ABOVE_MAXIMUM)


def check_retry(config: JobExecutionsRetryConfigTypeDef) -> None:
    """Refuse retry criteria that contradict each other.

    Source: that ALL excludes other types is observed; the total of 10 is documented in the developer guide; that a type may not
    be repeated is inferred.
    """
    criteria = config["criteriaList"]
    types = [each["failureType"] for each in criteria]
    if "ALL" in types and len(types) > 1:
        raise InvalidRequestException(messages.RETRY_ALL_ALONE)
    if len(set(types)) < len(types):
        raise InvalidRequestException(messages.RETRY_TYPE_TWICE)
    total = sum(each["numberOfRetries"] for each in criteria)
    if total > MAX_RETRIES:
        raise InvalidRequestException(messages.TOO_MANY_RETRIES.format(count=total, limit=MAX_RETRIES))


def check_retry_update(config: JobExecutionsRetryConfigTypeDef, existing: JobExecutionsRetryConfigTypeDef | None) -> None:
    """Refuse any change except turning off the retries that a job was created with.

    Source: developer guide, "Job configurations": retries can only be set to 0 (documented); the rest, the order and the texts
    are observed.

    Args:
        config: The new configuration.
        existing: That of the job.
    """
    criteria = config["criteriaList"]
    types = sorted(each["failureType"] for each in criteria)
    if any(each["numberOfRetries"] != 0 for each in criteria):
        raise InvalidRequestException(messages.RETRY_UPDATE_NOT_ZERO)
    if "ALL" in types and len(types) > 1:
        raise InvalidRequestException(messages.RETRY_ALL_ALONE)
    if existing is None:
        raise InvalidRequestException(messages.RETRY_UPDATE_WITHOUT_CONFIG)
    if types != sorted(each["failureType"] for each in existing["criteriaList"]):
        raise InvalidRequestException(messages.RETRY_UPDATE_OTHER_TYPES)


def check_role(config: PresignedUrlConfigTypeDef) -> None:
    """Refuse a role that is not the ARN of an IAM role.

    Source: observed for UpdateJob; that the operations that create jobs and templates do so too, and the accepted form of the
    ARN, are inferred.
    """
    role = config.get("roleArn")
    if role is not None and _ROLE.fullmatch(role) is None:
        raise InvalidRequestException(messages.ROLE_INVALID.format(role=role))


def check_tags(tags: Sequence[TagTypeDef]) -> dict[str, str]:
    """Return tags by key; refuse one without a value or with a reserved key. Source: observed."""
    for tag in tags:
        if tag.get("Value") is None:
            raise InvalidRequestException(messages.TAG_WITHOUT_VALUE)
        if tag["Key"].lower().startswith("aws:"):
            raise InvalidRequestException(messages.TAG_PREFIX.format(key=tag["Key"]))
    return {tag["Key"]: tag["Value"] for tag in tags}


def check_step_timeout(minutes: int | None, *, may_be_off: bool) -> None:
    """Refuse a step timer outside of 1 to 10080 minutes; where `may_be_off`, -1 is valid too and turns it off.

    Source: UpdateJobExecution and StartNextPendingJobExecution, API reference (documented); text inferred.
    """
    if minutes is None or minutes in TIMEOUT_MINUTES or (may_be_off and minutes == -1):
        return
    raise InvalidRequestException(messages.TIMEOUT_INVALID.format(member="stepTimeoutInMinutes", value=minutes))


def _decimals(value: float) -> int:
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    return max(0, -int(exponent))
