"""ARNs of AWS IoT: where a resource is, and what an ARN says of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

_ARN: Final = re.compile(r"arn:[^:]*:(?P<service>[^:]*):[^:]*:(?P<account>[^:]*):(?P<kind>[^/]*)/(?P<name>.*)", re.DOTALL)


class Scope(NamedTuple):
    """Where resources are.

    Attributes:
        partition: Of the region.
        region: Its name.
        account: Account id.
    """

    partition: str
    region: str
    account: str

    def arn(self, kind: str, name: str) -> str:
        """Return the ARN of a resource of AWS IoT that is here."""
        return f"arn:{self.partition}:iot:{self.region}:{self.account}:{kind}/{name}"


@dataclass(frozen=True, slots=True)
class ResourceArn:
    """An ARN, taken apart.

    Attributes:
        text: As given.
        service: `iot` for what is of interest here.
        account: Account id; empty for what AWS itself provides.
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
        """Whether the resource belongs to no account, but is provided by AWS."""
        return not self.account


def parse_arn(text: str) -> ResourceArn | None:
    """Return the parts of an ARN with a type and a name, None for any other text."""
    match = _ARN.fullmatch(text)
    return None if match is None else ResourceArn(text, match["service"], match["account"], match["kind"], match["name"])
