"""The labels by which ListJobs finds the jobs of a job definition.

Source: API reference, ListJobs (*documented*): the filter JOB_DEFINITION takes the whole ARN of a revision, or a name. A name
means all of its revisions, and may end with an asterisk.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mock_jobs.batch.records.job import Job

# Prefix that distinguishes names from ARNs.
_NAME: Final = "/"


def definition_labels(job: Job) -> tuple[str, str]:
    """Return the labels of a job: the name and the ARN of its job definition."""
    definition = job.spec.definition
    return _NAME + definition.name, definition.arn


def definition_patterns(values: Sequence[str]) -> list[str]:
    """Return the patterns of labels for the values of a filter.

    An ARN with an asterisk matches nothing.
    """
    return [
        each if each.startswith("arn:") else _NAME + each
        for each in values
        if not (each.startswith("arn:") and each.endswith("*"))
    ]
