"""Names, job ids and ARNs of AWS Batch resources.

Sources: API reference, the name members of the create operations (*documented*); service authorization reference, resource
types of AWS Batch (*documented*); ids of array children are *observed*.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, Literal

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
DEFINITION_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
# Arrays have at most 10,000 children. Longer numbers are meaningless, and int() rejects very long ones.
_INDEX = r"0|[1-9][0-9]{0,4}"
_JOB_ID = re.compile(rf"(?P<top>{_UUID})(?::(?P<index>{_INDEX})|#(?P<node>{_INDEX}))?")
_SHARE = "/quota-share/"
_REVISION = re.compile(r"0|[1-9][0-9]{0,8}")
_ARN_OF = r"arn:[a-z-]+:batch:[a-z0-9-]+:[0-9]+:{kind}/"
_ARNS: Final = {kind: re.compile(_ARN_OF.format(kind=kind)) for kind in ("job", "service-job")}
# What ids of jobs consist of. Source: TerminateJob accepts any such text (observed), whether or not it can be an id.
_LIKE_AN_ID = re.compile(r"[A-Za-z0-9_:#-]+")


@dataclass(frozen=True, slots=True)
class JobId:
    """The parts of a well-formed job id.

    Attributes:
        top: Id of the job, or of the parent of a child or node.
        index: Index of an array child, else None.
        node: Index of a node of a multi-node parallel job, else None.
    """

    top: str
    index: int | None
    node: int | None


def parse_job_id(text: str) -> JobId | None:
    """Return the parts of a job id, or None if the text has none of its three forms."""
    match = _JOB_ID.fullmatch(text)
    if match is None:
        return None
    index, node = match["index"], match["node"]
    return JobId(match["top"], None if index is None else int(index), None if node is None else int(node))


def is_job_reference(text: str, kind: Literal["job", "service-job"] = "job") -> bool:
    """Return whether a text is a job id, or the ARN of a job of this kind in any account and region."""
    arn = _ARNS[kind].match(text)
    return parse_job_id(text if arn is None else text[arn.end() :]) is not None


class Arns:
    """Builds and parses the ARNs of one account and region.

    Args:
        partition: For example `aws`.
        region: For example `us-east-1`.
        account: Twelve digits.
    """

    def __init__(self, partition: str, region: str, account: str) -> None:
        self.partition = partition
        self.region = region
        self.account = account
        self.prefix = f"arn:{partition}:batch:{region}:{account}:"
        self.job_prefix = f"{self.prefix}job/"

    def of(self, kind: str, name: str) -> str:
        """Return the ARN of a resource, for example of kind `job-queue`."""
        return f"{self.prefix}{kind}/{name}"

    def ecs(self, kind: str, path: str) -> str:
        """Return the ARN of a resource of ECS."""
        return f"arn:{self.partition}:ecs:{self.region}:{self.account}:{kind}/{path}"

    def sagemaker(self, kind: str, name: str) -> str:
        """Return the ARN of a resource of SageMaker."""
        return f"arn:{self.partition}:sagemaker:{self.region}:{self.account}:{kind}/{name}"

    def name_in(self, kind: str, reference: str) -> str | None:
        """Return the name in a reference, or None for an ARN of something else.

        An ARN of another account, region or kind never matches.
        """
        if not reference.startswith("arn:"):
            return reference
        prefix = f"{self.prefix}{kind}/"
        return reference[len(prefix) :] if reference.startswith(prefix) else None

    def read_job_id(self, text: str) -> JobId | None:
        """Return the parts of a job id or of a job's ARN, or None if the text is neither.

        Source: that AWS accepts ARNs is *inferred* from clients that pass them to DescribeJobs and TerminateJob. An ARN of
        another account or region is accepted, but matches no job.
        """
        own = text.removeprefix(self.job_prefix)
        foreign = _ARNS["job"].match(own)
        if foreign is None:
            return parse_job_id(own)
        parts = parse_job_id(own[foreign.end() :])
        return None if parts is None else replace(parts, top=text)

    def is_like_job_id(self, text: str, kind: Literal["job", "service-job"] = "job") -> bool:
        """Return whether a text has only characters of job ids, after the ARN prefix of this kind if there is one.

        The ARN of anything else, or of a job of another account or region, is not like a job id.
        """
        own = text.removeprefix(f"{self.prefix}{kind}/")
        return _LIKE_AN_ID.fullmatch(own) is not None and not own.startswith("arn:")

    def shown(self, kind: str, reference: str) -> str:
        """Return the full ARN of a resource given by name or ARN, as errors show it."""
        return reference if reference.startswith("arn:") else self.of(kind, reference)


def share_arn(queue_arn: str, name: str) -> str:
    """Return the ARN of a quota share of a job queue."""
    return f"{queue_arn}{_SHARE}{name}"


def parse_share_arn(arn: str) -> tuple[str, str] | None:
    """Return the queue's ARN and the share's name in a quota share's ARN, else None."""
    queue_arn, separator, name = arn.partition(_SHARE)
    return (queue_arn, name) if separator and queue_arn.startswith("arn:") else None


def parse_revision(text: str) -> int | None:
    """Return the revision number in a text, or None if the text is not one."""
    return int(text) if _REVISION.fullmatch(text) else None
