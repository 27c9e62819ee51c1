"""ARNs of AWS IoT: how they are built and parsed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

_ARN: Final = re.compile(r"arn:[^:]*:(?P<service>[^:]*):[^:]*:(?P<account>[^:]*):(?P<kind>[^/]*)/(?P<name>.*)", re.DOTALL)


class Scope(NamedTuple):
    """The partition, region and account of resources.

    Attributes:
        partition: Partition of the region.
        region: Its name.
        account: Account id.
    """

    partition: str
    region: str
    account: str

    def arn(self, kind: str, name: str) -> str:
        """Return the ARN of a resource of AWS IoT in this scope."""
        return f"arn:{self.partition}:iot:{self.region}:{self.account}:{kind}/{name}"


@dataclass(frozen=True, slots=True)
class ResourceArn:
    """The parts of an ARN.

    Attributes:
        text: The whole ARN, as given.
        service: `iot` for the resources of AWS IoT.
        account: Account id; empty for resources that AWS provides.
        kind: Type of the resource.
        name: Its name or id.
    """

    text: str
    service: str
    account: str
    kind: str
    name: str

    @property
    def is_of_aws(self) -> bool:
        """Whether AWS provides the resource, so that it belongs to no account."""
        return not self.account


def parse_arn(text: str) -> ResourceArn | None:
    """Return the parts of an ARN with a type and a name, None for any other text."""
    match = _ARN.fullmatch(text)
    return None if match is None else ResourceArn(text, match["service"], match["account"], match["kind"], match["name"])
