"""Tags of jobs. Those of all other resources of AWS IoT are moto's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from mock_jobs.aws import NotOurs, WireShape
from mock_jobs.iot import configs, messages
from mock_jobs.iot.exceptions import ResourceNotFoundException
from mock_jobs.iot.job_life import JobLife
from mock_jobs.iot.jobs import Job

if TYPE_CHECKING:
    from mypy_boto3_iot.type_defs import TagTypeDef

_JOB_ARN: Final = re.compile(r"arn:[^:]*:iot:[^:]*:[^:]*:job/(?P<job_id>.*)", re.DOTALL)


class TagOperations(JobLife):
    """Tag and untag jobs."""

    def tag_resource(self, *, resource_arn: str, tags: Sequence[TagTypeDef]) -> WireShape:
        """Add tags to a job, in place of those with the same keys.

        Raises:
            InvalidRequestException: A tag without value, or with a reserved key; as for CreateJob (inferred).
            ResourceNotFoundException: There is no such job. Source: observed.
            NotOurs: The ARN is not one of a job.
        """
        job_id = _job_id(resource_arn)
        new = configs.check_tags(tags)
        self._tagged_job(resource_arn, job_id).tags.update(new)
        return {}

    def untag_resource(self, *, resource_arn: str, tag_keys: Sequence[str]) -> WireShape:
        """Take tags off a job; keys that it does not have are ignored.

        Raises:
            ResourceNotFoundException: There is no such job. Source: observed.
            NotOurs: The ARN is not one of a job.
        """
        job = self._tagged_job(resource_arn, _job_id(resource_arn))
        for key in tag_keys:
            job.tags.pop(key, None)
        return {}

    def list_tags_for_resource(self, *, resource_arn: str, next_token: str | None = None) -> WireShape:  # noqa: ARG002 - one page
        """List the tags of a job, none if there is no such job (observed).

        Raises:
            NotOurs: The ARN is not one of a job.
        """
        job = self.get_job(_job_id(resource_arn))
        tags = {} if job is None or job.arn != resource_arn else job.tags
        return {"tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _tagged_job(self, arn: str, job_id: str) -> Job:
        job = self.get_job(job_id)
        if job is None or job.arn != arn:
            raise ResourceNotFoundException(messages.JOB_NOT_FOUND.format(job_id=job_id))
        return job


def _job_id(arn: str) -> str:
    match = _JOB_ARN.fullmatch(arn)
    if match is None:
        raise NotOurs
    return match["job_id"]
