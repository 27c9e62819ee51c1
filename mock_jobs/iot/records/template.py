"""Job templates: the record, and the collection that finds and lists them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mock_jobs.core.sorted_records import Key, SortedRecords

if TYPE_CHECKING:
    from mypy_boto3_iot.type_defs import MaintenanceWindowTypeDef

    from mock_jobs.iot.rules.job_configs import JobConfigs


@dataclass(slots=True, eq=False)
class JobTemplate:
    """A job template.

    Attributes:
        sequence: Counts the templates of the account and region; the order of their creation.
        template_id: Its id.
        arn: Its ARN.
        description: Its description.
        document: The document of the jobs that are made from it, with all its placeholders.
        document_source: Where the document was read from, None if the request contained it.
        configs: The configurations of those jobs.
        maintenance_windows: When their rollout may proceed.
        created_at_ms: When it was created.
        tags: Its tags.
    """

    sequence: int
    template_id: str
    arn: str
    description: str
    document: str
    document_source: str | None
    configs: JobConfigs
    maintenance_windows: Sequence[MaintenanceWindowTypeDef]
    created_at_ms: int
    tags: dict[str, str] = field(default_factory=dict)


class JobTemplates:
    """The job templates of one account and region."""

    __slots__ = ("_by_id", "_sorted")

    def __init__(self) -> None:
        self._by_id: dict[str, JobTemplate] = {}
        self._sorted: SortedRecords[JobTemplate, Key] = SortedRecords(template_key)

    def __len__(self) -> int:
        return len(self._by_id)

    def get(self, template_id: str) -> JobTemplate | None:
        """Return the template with this id, None if there is none."""
        return self._by_id.get(template_id)

    def add(self, template: JobTemplate) -> None:
        """Add a template, whose id must be free."""
        self._by_id[template.template_id] = template
        self._sorted.add(template)

    def remove(self, template: JobTemplate) -> None:
        """Remove a template."""
        del self._by_id[template.template_id]
        self._sorted.remove(template)

    def newest_first(self, after: Key | None) -> Iterator[JobTemplate]:
        """Yield the templates, newest first, starting after a key."""
        return self._sorted.descending(after)


def template_key(template: JobTemplate) -> Key:
    """Return the key by which templates are listed, the highest first. Source: newest first (observed)."""
    return (template.sequence,)
