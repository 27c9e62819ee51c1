"""The labels by which the jobs of a queue are found by their job definition.

Source: API reference, ListJobs (*documented*): the filter JOB_DEFINITION takes the ARN of a revision, as a whole, or a name, which
means all of its revisions and may end with an asterisk.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mock_jobs.batch.records.job import Job

# Keeps names apart from ARNs.
_NAME: Final = "/"


def definition_labels(job: Job) -> tuple[str, str]:
    """Return what a job can be found by."""
    definition = job.spec.definition
    return _NAME + definition.name, definition.arn


def definition_patterns(values: Sequence[str]) -> list[str]:
    """Return the patterns of labels that the values of a filter mean; an ARN with an asterisk means none."""
    return [
        each if each.startswith("arn:") else _NAME + each
        for each in values
        if not (each.startswith("arn:") and each.endswith("*"))
    ]
