"""TagResource, UntagResource and ListTagsForResource.

Source: API reference, TagResource (*documented*): compute environments, job queues, job definitions, consumable resources
and jobs have tags, the children of arrays have none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import invalid, refused
from mock_jobs.batch.lifecycle.jobs import MAX_TAGS
from mock_jobs.batch.names import parse_job_id
from mock_jobs.batch.operations.job_definitions import JobDefinitionOperations
from mock_jobs.batch.region import check_tag_keys


class TagOperations(JobDefinitionOperations):
    """The three operations on tags."""

    def tag_resource(self, *, resource_arn: str, tags: Mapping[str, str]) -> None:
        """Add tags to a resource; those of the same key get the new value, others stay."""
        check_tag_keys(tags)
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
        kind, _, name = arn.removeprefix(self.arns.prefix).partition("/")
        tags: dict[str, str] | None = None
        if not arn.startswith(self.arns.prefix):
            pass
        elif kind == "job":
            parts = parse_job_id(name)
            if parts is not None and (parts.index is not None or parts.node is not None):
                raise refused(messages.NOT_TAGGABLE)
            job = None if parts is None else self.find_job(parts)
            tags = None if job is None else job.spec.tags
        elif kind == "compute-environment":
            environment = self.environments.get(name)
            tags = None if environment is None else environment.tags
        elif kind == "service-environment":
            service = self.service_environments.get(name)
            tags = None if service is None else service.tags
        elif kind == "service-job":
            service_job = self.service_jobs.get(name)
            tags = None if service_job is None else service_job.spec.tags
        elif kind == "job-queue" and "/" in name:
            share = self.find_quota_share(arn)
            tags = None if share is None else share.tags
        elif kind == "job-queue":
            queue = self.queues.get(name)
            tags = None if queue is None else queue.tags
        elif kind == "consumable-resource":
            resource = self.consumables.by_arn.get(arn)
            tags = None if resource is None else resource.tags
        elif kind == "scheduling-policy":
            policy = self.scheduling_policies.get(name)
            tags = None if policy is None else policy.tags
        elif kind == "job-definition":
            definition = self._revision(name)
            tags = None if definition is None else definition.tags
        if tags is None:
            raise refused(messages.DOES_NOT_EXIST, arn=arn)
        return tags
