"""The types of EC2 instances that compute environments can name.

The names in `instance_types.json` are those of EC2's DescribeInstanceTypes, by architecture and family, and older ones that EC2 no
longer shows.
Sources: API reference, ComputeResource (*documented*: families and `optimal`, and the two default groups); metaflow #70 and
amazon-genomics-cli #209 (*observed*: the text for other names, and older names in its list); aws-cdk #31148 (*observed*: the text
for ARM).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Final

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import invalid

_GROUPS: Final = ("default_arm64", "default_x86_64", "optimal")


def check_instance_types(given: Iterable[str], more: Iterable[str] = ()) -> None:
    """Check the instance types, families and groups of a compute environment.

    Args:
        given: As the request names them.
        more: Names that are accepted too, and go with all others.

    Raises:
        ClientException: One is unknown, or an ARM type stands beside one that is not.
    """
    accepted = frozenset(more)
    architectures = _architectures()
    names = [each for each in given if each not in accepted]
    if not all(each in architectures for each in names):
        raise invalid(messages.UNKNOWN_INSTANCE_TYPE, names=", ".join(sorted({*accepted, *architectures})))
    if len({architectures[each] for each in names}) > 1:
        raise invalid(messages.ARM_BESIDE_OTHERS)


@lru_cache(maxsize=1)
def _architectures() -> Mapping[str, str]:
    """Return the architecture of each type, family and group."""
    text = files("mock_jobs.batch").joinpath("instance_types.json").read_text(encoding="utf-8")
    known = {group: "arm64" if group == "default_arm64" else "x86_64" for group in _GROUPS}
    for architecture, families in json.loads(text).items():
        for family, sizes in families.items():
            known[family] = architecture
            known.update((f"{family}.{size}", architecture) for size in sizes.split())
    return known
