"""Tags of jobs and job templates. moto handles those of all other resources of AWS IoT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mock_jobs.core.service_base import NotOurs, WireShape
from mock_jobs.iot import messages
from mock_jobs.iot.exceptions import InvalidRequestException, ResourceNotFoundException
from mock_jobs.iot.operations.base import Operations
from mock_jobs.iot.rules import configs
from mock_jobs.iot.rules.arns import ResourceArn, parse_arn

if TYPE_CHECKING:
    from mypy_boto3_iot.type_defs import TagTypeDef

_NOT_FOUND = {"job": messages.JOB_NOT_FOUND, "jobtemplate": messages.TEMPLATE_NOT_FOUND}


class TagOperations(Operations):
    """Tag and untag jobs and job templates."""

    def tag_resource(self, *, resource_arn: str, tags: Sequence[TagTypeDef]) -> WireShape:
        """Add tags to a job or a job template, replacing those with the same keys.

        Raises:
            InvalidRequestException: The ARN is none, or a tag has no value or a reserved key; as for CreateJob (inferred).
            ResourceNotFoundException: There is no such job or template. Source: observed.
            NotOurs: The ARN is not one of a job or a template.
        """
        arn = _our_arn(resource_arn)
        new = configs.check_tags(tags)
        self._tags_or_404(arn).update(new)
        return {}

    def untag_resource(self, *, resource_arn: str, tag_keys: Sequence[str]) -> WireShape:
        """Remove tags from a job or a job template; keys that it does not have are ignored.

        Raises:
            InvalidRequestException: The ARN is none (inferred).
            ResourceNotFoundException: There is no such job or template. Source: observed.
            NotOurs: The ARN is not one of a job or a template.
        """
        tags = self._tags_or_404(_our_arn(resource_arn))
        for key in tag_keys:
            tags.pop(key, None)
        return {}

    def list_tags_for_resource(self, *, resource_arn: str, next_token: str | None = None) -> WireShape:
        """List the tags of a job or a job template on one page; none if it does not exist (observed).

        Raises:
            InvalidRequestException: The ARN is none, or a token is given, though this listing never returns one (inferred).
            NotOurs: The ARN is not one of a job or a template.
        """
        arn = _our_arn(resource_arn)
        if next_token is not None:
            raise InvalidRequestException(messages.BAD_TOKEN)
        tags = self._tags(arn) or {}
        return {"tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _tags_or_404(self, arn: ResourceArn) -> dict[str, str]:
        tags = self._tags(arn)
        if tags is None:
            # The two texts use different field names for the id.
            raise ResourceNotFoundException(_NOT_FOUND[arn.kind].format(job_id=arn.name, template_id=arn.name))
        return tags

    def _tags(self, arn: ResourceArn) -> dict[str, str] | None:
        found = self.store.get_job(arn.name) if arn.kind == "job" else self.store.templates.get(arn.name)
        return None if found is None or found.arn != arn.text else found.tags


def _our_arn(text: str) -> ResourceArn:
    if not text.startswith("arn:"):
        raise InvalidRequestException(messages.NOT_AN_ARN.format(arn=text))
    arn = parse_arn(text)
    if arn is None or arn.service != "iot" or arn.kind not in _NOT_FOUND:
        raise NotOurs
    return arn
