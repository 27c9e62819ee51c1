"""The targets of a job: which things and groups its ARNs name, and which things they include."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mock_jobs.iot import messages
from mock_jobs.iot.exceptions import InvalidRequestException, ResourceNotFoundException
from mock_jobs.iot.rules.arns import Scope

if TYPE_CHECKING:
    from mock_jobs.ports.thing_registry import ThingRegistry

# Names: 1-128 of these characters. Source: ThingName and ThingGroupName, API reference (documented).
_TARGET: Final = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):iot:(?P<region>[a-z0-9-]*):(?P<account>[0-9]*):"
    r"(?P<kind>thing|thinggroup)/(?P<name>[a-zA-Z0-9:_-]{1,128})"
)


@dataclass(frozen=True, slots=True)
class Target:
    """One target of a job.

    Attributes:
        arn: Its ARN, as given.
        scope: Its partition, region and account.
        is_group: Whether it is a thing group.
        name: Name of the thing or the group.
    """

    arn: str
    scope: Scope
    is_group: bool
    name: str


def parse_target(arn: str) -> Target:
    """Parse the ARN of a thing or a thing group.

    Raises:
        InvalidRequestException: It is something else. Source: that CreateJob takes ARNs of things and thing groups is documented;
            the error code is inferred.
    """
    match = _TARGET.fullmatch(arn)
    if match is None:
        raise InvalidRequestException(messages.TARGET_INVALID.format(arn=arn))
    scope = Scope(match["partition"], match["region"], match["account"])
    return Target(arn, scope, match["kind"] == "thinggroup", match["name"])


def check_exists(target: Target, scope: Scope, registry: ThingRegistry) -> None:
    """Refuse a target that is not registered or is in another account or region.

    Raises:
        ResourceNotFoundException: It is such a target. The texts are the service's (observed).
    """
    here = target.scope == scope
    if target.is_group:
        if not here or registry.group_id(target.name) is None:
            raise ResourceNotFoundException(messages.GROUP_NOT_FOUND.format(name=target.name))
    elif not here or not registry.has_thing(target.name):
        raise ResourceNotFoundException(messages.THING_NOT_FOUND.format(name=target.name))


def group_names(arns: Iterable[str]) -> list[str]:
    """Return the names of the groups among the targets of a job."""
    return [arn.rpartition("/")[2] for arn in arns if ":thinggroup/" in arn]


@dataclass(frozen=True, slots=True)
class Expansion:
    """The things that the targets of a job include.

    Attributes:
        thing_names: Each thing once, in the order of the targets; the members of a group come at the group's place.
        ends: For each target its ARN, and the end of its range in `thing_names`.
    """

    thing_names: list[str]
    ends: list[tuple[str, int]]

    def positions(self) -> Iterator[tuple[str, range]]:
        """Yield each target's ARN and the range of its things in `thing_names`.

        A thing of several targets is in the range of the first one.
        """
        start = 0
        for arn, end in self.ends:
            yield arn, range(start, end)
            start = end


def expand(targets: list[Target], registry: ThingRegistry) -> Expansion:
    """Return the things that targets include, with the members of child groups.

    Source: developer guide, "Static thing groups": a group includes the things of its child groups; "Create and manage jobs":
    the order of targets is that of the rollout (documented). Each thing gets one execution.
    """
    names: dict[str, None] = {}
    ends = []
    for target in targets:
        if target.is_group:
            names.update(dict.fromkeys(registry.things_in_group(target.name)))
        else:
            names[target.name] = None
        ends.append((target.arn, len(names)))
    return Expansion(list(names), ends)
