"""The error for a request that breaks constraints of the service model, worded as AWS IoT does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from mock_jobs.iot import messages
from mock_jobs.iot.exceptions import InvalidRequestException, SerializationException

if TYPE_CHECKING:
    from mock_jobs.core.service_base import AwsError, Violation

# Source: the wording is observed, except for wrong types in a body, which is inferred.
_RULES: Final[Mapping[str, str]] = {
    "required": "Member must not be null",
    "max": "Member must have value less than or equal to {bound}",
    "min": "Member must have value greater than or equal to {bound}",
    "max_length": "Member must have length less than or equal to {bound}",
    "min_length": "Member must have length greater than or equal to {bound}",
    "pattern": "Member must satisfy regular expression pattern: {bound}",
    "enum": "Member must satisfy enum value set: [{bound}]",
    "type": "Member must be of type {bound}",
}

# The service lists the values of these enums in this order (observed), those of others in the order of its model.
_ENUM_ORDERS: Final = (
    ("ALL", "TIMED_OUT", "FAILED", "REJECTED"),
    ("ALL", "TIMED_OUT", "FAILED"),
    ("REMOVED", "SUCCEEDED", "TIMED_OUT", "IN_PROGRESS", "QUEUED", "CANCELED", "FAILED", "REJECTED"),
)
_ORDERED_ENUMS: Final = {frozenset(each): each for each in _ENUM_ORDERS}

# UpdateJob lists the violations in this order, whatever the order of the request (observed). That other operations with the same
# members do so too is inferred.
_MEMBER_ORDER: Final = (
    "jobId",
    "jobExecutionsRolloutConfig",
    "description",
    "presignedUrlConfig",
    "jobExecutionsRetryConfig",
    "abortConfig",
)
_CRITERION_ORDER: Final = ("minNumberOfExecutedThings", "failureType", "action", "thresholdPercentage")

_JAVA_TYPES: Final[Mapping[object, str]] = {"integer": "Integer", "long": "Long", "boolean": "Boolean"}


def validation_error(violations: Sequence[Violation]) -> AwsError:
    """Return the error for a request that breaks constraints of the service model.

    Source: observed. A member in the URL with the wrong type is a SerializationException, which the model does not list.
    """
    for each in violations:
        if each.kind == "type_in_url":
            kind = _JAVA_TYPES.get(each.bound, "Long")
            return SerializationException(messages.NOT_CONVERTIBLE.format(value=each.value, type=kind))
    clauses = "; ".join(_clause(each) for each in _in_order(violations))
    plural = "" if len(violations) == 1 else "s"
    return InvalidRequestException(messages.VALIDATION.format(count=len(violations), s=plural, clauses=clauses))


def _in_order(violations: Sequence[Violation]) -> Sequence[Violation]:
    """Sort the violations of the members in `_MEMBER_ORDER`; leave the others in their places."""
    ordered = iter(sorted(filter(_is_ordered, violations), key=lambda each: _sort_key(each.member.split("."))))
    return [next(ordered) if _is_ordered(each) else each for each in violations]


def _is_ordered(violation: Violation) -> bool:
    return violation.member.partition(".")[0] in _MEMBER_ORDER


def _sort_key(path: list[str]) -> tuple[int, int, int]:
    number = next((int(part) for part in path if part.isdecimal()), 0)
    return _MEMBER_ORDER.index(path[0]), number, _CRITERION_ORDER.index(path[-1]) if path[-1] in _CRITERION_ORDER else 0


def _clause(violation: Violation) -> str:
    value = "null" if violation.value is None else f"'{_java_text(violation.value)}'"
    bound = violation.bound
    if violation.kind == "enum" and isinstance(bound, (tuple, list)):
        bound = ", ".join(_ORDERED_ENUMS.get(frozenset(bound), bound))
    rule = _RULES[violation.kind].format(bound=bound)
    # The service prints names in lower camel case, even where the model has a capital: tags.1.member.key (inferred: other
    # services with the same validation do so).
    path, dot, name = violation.member.rpartition(".")
    return messages.VIOLATION.format(value=value, member=f"{path}{dot}{name[:1].lower()}{name[1:]}", rule=rule)


def _java_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}={_java_text(each)}' for key, each in value.items())}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_java_text, value))}]"
    return "null" if value is None else str(value)
