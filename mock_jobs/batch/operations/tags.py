"""TagResource, UntagResource and ListTagsForResource.

Source: API reference, TagResource (*documented*): compute environments, job queues, job definitions, consumable resources
and jobs have tags, the children of arrays have none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import DoesNotExistError, invalid, not_allowed
from mock_jobs.batch.lifecycle.attempts import MAX_TAGS
from mock_jobs.batch.names import parse_job_id
from mock_jobs.batch.operations.checks import check_tags
from mock_jobs.batch.operations.job_definitions import JobDefinitionOperations


class _Tagged(Protocol):
    @property
    def tags(self) -> dict[str, str]: ...


class TagOperations(JobDefinitionOperations):
    """The three operations on tags."""

    def tag_resource(self, *, resource_arn: str, tags: Mapping[str, str]) -> None:
        """Add tags to a resource; existing keys get the new value, other tags stay."""
        check_tags(tags)
        present = self._tags_of(resource_arn)
        if len({*present, *tags}) > MAX_TAGS:
            raise invalid(messages.TOO_MANY_TAGS)
        present.update(tags)

    def untag_resource(self, *, resource_arn: str, tag_keys: Sequence[str]) -> None:
        """Remove tags from a resource; unknown keys are ignored."""
        present = self._tags_of(resource_arn)
        for key in tag_keys:
            present.pop(key, None)

    def list_tags_for_resource(self, *, resource_arn: str) -> dict[str, object]:
        """Return the tags of a resource."""
        return {"tags": dict(self._tags_of(resource_arn))}

    def _tags_of(self, arn: str) -> dict[str, str]:
        finders: dict[str, Callable[[str], _Tagged | None]] = {
            "compute-environment": self.environments.get,
            "consumable-resource": lambda _: self.consumables.by_arn.get(arn),
            "job": self._find_tagged_job,
            "job-definition": self._revision,
            "job-queue": self._find_queue_or_share,
            "scheduling-policy": self.scheduling_policies.get,
            "service-environment": self.service_environments.get,
            "service-job": self._find_tagged_service_job,
        }
        kind, _, name = arn.removeprefix(self.arns.prefix).partition("/")
        found = finders[kind](name) if arn.startswith(self.arns.prefix) and kind in finders else None
        if found is None:
            raise DoesNotExistError(arn)
        return found.tags

    def _find_tagged_job(self, job_id: str) -> _Tagged | None:
        parts = parse_job_id(job_id)
        if parts is None:
            return None
        if parts.index is not None or parts.node is not None:
            raise not_allowed(messages.NOT_TAGGABLE)
        job = self.find_job(parts)
        return None if job is None else job.spec

    def _find_tagged_service_job(self, job_id: str) -> _Tagged | None:
        job = self.service_jobs.get(job_id)
        return None if job is None else job.spec

    def _find_queue_or_share(self, name: str) -> _Tagged | None:
        # A quota share is named below its job queue.
        return self.find_quota_share(self.arns.of("job-queue", name)) if "/" in name else self.queues.get(name)
