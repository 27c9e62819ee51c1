"""The base classes of errors and backends that all emulated services share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from mock_jobs.core.world import World


class AwsError(Exception):
    """An error that the service answers; the name of a subclass is its code on the wire.

    The HTTP status is that of the code in the service model. `status` applies only to codes that the model lacks.

    Args:
        message: Text for the caller.
        members: Further members of the error's body, as the model names them.
    """

    status: ClassVar[int] = 400

    def __init__(self, message: str, **members: object) -> None:
        super().__init__(message)
        self.message = message
        self.members = members

    @property
    def code(self) -> str:
        """The code on the wire."""
        return type(self).__name__

    def body(self, request_id: str) -> dict[str, object]:  # noqa: ARG002 - AWS Batch writes it into the text
        """Return the body of the answer, which goes over the wire as JSON."""
        return {"message": self.message, **self.members}


class NotEmulatedYet(AwsError):  # noqa: N818 - the name is the code on the wire
    """The error for what AWS has and mock_jobs does not, so that no test passes for the wrong reason."""

    status = 501

    def __init__(self, what: str) -> None:
        super().__init__(f"mock_jobs does not emulate {what} yet, and does not pretend to. Nothing was changed.")


class NotOurs(Exception):  # noqa: N818 - not an error: the request goes to moto
    """Raised to pass a request to moto, because it concerns a resource that moto keeps."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One constraint of the service model that a request breaks.

    Attributes:
        member: Path to the member as AWS prints it, for example `tags.1.member.key`.
        value: What was sent; None if nothing was.
        kind: `required`, `empty` (a required text that is empty), `type`, `type_in_url`, `min`, `max` (of a number), `min_length`, `max_length`, `pattern` or `enum`.
        bound: The limit, the pattern, the list of allowed values, or the name of the expected type.
    """

    member: str
    value: object
    kind: str
    bound: object = None


@dataclass(frozen=True, slots=True)
class Bound:
    """An upper bound that the service has and its model lacks.

    Attributes:
        most: The highest number, or the greatest length.
        in_bytes: Whether the length of a text counts bytes of UTF-8, not characters.
    """

    most: int
    in_bytes: bool = False


class Backend(ABC):
    """The state of one service in one account and region; its operations are methods named as in boto3.

    An operation takes keyword-only arguments, named as the model's members in snake case, already validated against the
    model (types, bounds, patterns, enums), and returns the wire shape: a mapping with the model's member names, timestamps
    as they are sent, unset members left out. If it raises `AwsError`, it has changed nothing.
    """

    lenient_numbers: ClassVar[frozenset[str]] = frozenset()
    """Members that hold a whole number and may come as a string of digits."""

    lenient_enums: ClassVar[frozenset[str]] = frozenset()
    """Shapes whose values may come in any case."""

    unchecked_enums: ClassVar[frozenset[str]] = frozenset()
    """Shapes whose values the operations check themselves."""

    none_if_empty: ClassVar[frozenset[str]] = frozenset({"nextToken"})
    """Optional texts and maps that count as not given if they are empty.

    Source: `awsbstat` of AWS ParallelCluster begins every listing with an empty token (code that works on AWS).
    """

    references: ClassVar[frozenset[str]] = frozenset()
    """Members that name a resource. Where they are required, an empty text is rejected."""

    names_code_in_body: ClassVar[bool] = False
    """Whether errors carry their code in the body as well."""

    more_bounds: ClassVar[Mapping[str, Bound]] = MappingProxyType({})
    """Upper bounds by shape. Each replaces that of the model, if the model has one."""

    def __init__(self, world: World, account: str, region: str) -> None:
        self.world = world
        self.account = account
        self.region = region
        self.partition = partition_of(region)

    def check_rate(self, operation: str, *, is_read: bool) -> None:  # noqa: B027 - most refuse nothing
        """Raise an error if requests come too fast, regardless of content; the default accepts all.

        Args:
            operation: The operation, as the service model names it.
            is_read: Whether the operation changes nothing.

        Raises:
            AwsError: There were too many requests recently.
        """

    def write_due(self, signing_name: str) -> None:  # noqa: B027 - most write nothing
        """Write what is new to another service, which is about to answer a request and may read it.

        Args:
            signing_name: The other service, as signatures name it.
        """

    def census(self) -> Mapping[str, Mapping[str, int]]:
        """Return how many records there are of each kind, by status; the default has none."""
        return {}

    def unfinished(self) -> Iterable[str]:
        """Return a text about each job that has not ended; the default has none."""
        return ()

    def listing(self, name: str) -> str:
        """Return the name that binds page tokens to a listing in this account and region.

        Args:
            name: The operation and its filters.
        """
        return f"{self.account}/{self.region}/{name}"

    @classmethod
    @abstractmethod
    def validation_error(cls, violations: Sequence[Violation]) -> AwsError:
        """Return the service's error for a request that breaks constraints of the model."""

    @classmethod
    @abstractmethod
    def body_error(cls) -> AwsError:
        """Return the service's error for a body that is not a JSON object."""


# Longest prefix first. Source: the partitions that botocore's endpoints.json describes.
_PARTITIONS = (
    ("us-gov-", "aws-us-gov"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("eu-isoe-", "aws-iso-e"),
    ("eusc-", "aws-eusc"),
    ("us-iso-", "aws-iso"),
    ("cn-", "aws-cn"),
)


def partition_of(region: str) -> str:
    """Return the partition of a region; `aws` for regions without a listed prefix."""
    return next((partition for prefix, partition in _PARTITIONS if region.startswith(prefix)), "aws")


WireShape = Mapping[str, object]
