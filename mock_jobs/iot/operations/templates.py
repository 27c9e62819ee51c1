"""The operations on the account's own job templates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mock_jobs.iot import messages, views
from mock_jobs.iot.documents.documents import check_document, read_document
from mock_jobs.iot.exceptions import ConflictException, InvalidRequestException, ResourceNotFoundException
from mock_jobs.iot.lifecycle import quotas
from mock_jobs.iot.operations.base import Operations
from mock_jobs.iot.records.template import JobTemplate, template_key
from mock_jobs.iot.rules import configs
from mock_jobs.iot.rules.arns import parse_arn
from mock_jobs.iot.rules.job_configs import JobConfigs
from mock_jobs.iot.rules.maintenance_windows import read_windows
from mock_jobs.iot.rules.packages import check_packages_are_here
from mock_jobs.iot.rules.paging import page, start_of_page

if TYPE_CHECKING:
    from mypy_boto3_iot.type_defs import (
        AbortConfigTypeDef,
        JobExecutionsRetryConfigTypeDef,
        JobExecutionsRolloutConfigTypeDef,
        MaintenanceWindowTypeDef,
        PresignedUrlConfigTypeDef,
        TagTypeDef,
        TimeoutConfigTypeDef,
    )

    from mock_jobs.core.service_base import WireShape
    from mock_jobs.iot.records.job import Job


class TemplateOperations(Operations):
    """Create, describe, list and delete job templates."""

    def create_job_template(
        self,
        *,
        job_template_id: str,
        description: str,
        job_arn: str | None = None,
        document_source: str | None = None,
        document: str | None = None,
        presigned_url_config: PresignedUrlConfigTypeDef | None = None,
        job_executions_rollout_config: JobExecutionsRolloutConfigTypeDef | None = None,
        abort_config: AbortConfigTypeDef | None = None,
        timeout_config: TimeoutConfigTypeDef | None = None,
        tags: Sequence[TagTypeDef] = (),
        job_executions_retry_config: JobExecutionsRetryConfigTypeDef | None = None,
        maintenance_windows: Sequence[MaintenanceWindowTypeDef] = (),
        destination_package_versions: Sequence[str] = (),
    ) -> WireShape:
        """Create a job template, from a document or from a job.

        From the job it takes the document and the configurations, maintenance windows included, not the description. What the
        request gives takes precedence: each configuration as a whole, and a document or source in place of the job's.

        Source: CreateJobTemplate, API reference; developer guide, "Create a job template" (documented). The texts are observed,
        and so is the order of the first checks: the document, the time limit, the abort criteria.

        Raises:
            InvalidRequestException: Members contradict each other, or a configuration, a tag or the document is invalid.
            ConflictException: The id is taken.
            ResourceNotFoundException: There is no such job, or a package version is of another account or region.
            LimitExceededException: There are as many templates as the settings allow, or the document source has more than 32768
                bytes.
        """
        given = JobConfigs(
            presigned_url=presigned_url_config,
            rollout=job_executions_rollout_config,
            abort=abort_config,
            timeout=timeout_config,
            retry=job_executions_retry_config,
            package_versions=destination_package_versions,
        ).without_empty()
        if document is not None:
            check_document(document)
        given.check(is_new=True)
        read_windows(maintenance_windows)
        tags_by_key = configs.check_tags(tags)
        if document is not None and document_source is not None:
            raise InvalidRequestException(messages.TWO_DOCUMENTS)
        if job_arn is None and document is None and document_source is None:
            raise InvalidRequestException(messages.NO_DOCUMENT)
        if self.store.templates.get(job_template_id) is not None:
            raise ConflictException(messages.TEMPLATE_EXISTS.format(template_id=job_template_id), resourceId=None)
        job = None if job_arn is None else self._job_of_arn(job_arn)
        merged = given if job is None else given.over(job.configs)
        check_packages_are_here(merged.package_versions or (), self.scope)
        read = read_document(job_template_id, document, document_source, merged, self.sources)
        if read is None:
            assert job is not None
            text, source = _template_document(job)
        else:
            text, source = read.before_substitution, read.source
        windows = maintenance_windows
        if not windows and job is not None and job.scheduling_config is not None:
            windows = job.scheduling_config.get("maintenanceWindows", ())
        quotas.check_new_template(self.settings, len(self.store.templates))
        template = JobTemplate(
            sequence=self.store.next_template_sequence(),
            template_id=job_template_id,
            arn=self.scope.arn("jobtemplate", job_template_id),
            description=description,
            document=text,
            document_source=source,
            configs=merged,
            maintenance_windows=windows,
            created_at_ms=self.world.clock.now_ms,
            tags=tags_by_key,
        )
        self.store.templates.add(template)
        return {"jobTemplateArn": template.arn, "jobTemplateId": template.template_id}

    def describe_job_template(self, *, job_template_id: str) -> WireShape:
        """Return a job template.

        Raises:
            ResourceNotFoundException: There is no such template.
        """
        return views.describe_template(self.store.template_or_404(job_template_id))

    def list_job_templates(self, *, max_results: int | None = None, next_token: str | None = None) -> WireShape:
        """List the account's own job templates, newest first (observed).

        Raises:
            InvalidRequestException: The token is not one of this listing.
        """
        listing = self.listing("ListJobTemplates")
        after = start_of_page(listing, next_token, 1)
        found, token = page(listing, self.store.templates.newest_first(after), max_results, template_key)
        return {"jobTemplates": [views.summarize_template(each) for each in found], **token}

    def delete_job_template(self, *, job_template_id: str) -> None:
        """Delete a job template; jobs made from it are unchanged and still name it (observed).

        Raises:
            ResourceNotFoundException: There is no such template. Managed templates are never found (inferred).
        """
        self.store.templates.remove(self.store.template_or_404(job_template_id))

    def _job_of_arn(self, text: str) -> Job:
        arn = parse_arn(text)
        if arn is None or arn.service != "iot" or arn.kind != "job":
            kind = text if arn is None else arn.kind
            raise InvalidRequestException(messages.NOT_A_JOB.format(type=kind))
        job = self.store.get_job(arn.name)
        if job is None or job.arn != text:
            raise ResourceNotFoundException(messages.JOB_NOT_FOUND.format(job_id=arn.name))
        return job


def _template_document(job: Job) -> tuple[str, str | None]:
    """Return document and source of a template that is made from a job.

    Placeholders stay, so that they are replaced for each new job. Those of parameters stay filled in, because only managed
    templates have parameters (inferred).
    """
    arn = None if job.template_arn is None else parse_arn(job.template_arn)
    if arn is not None and arn.is_of_aws:
        return job.document.text, None
    return job.document.before_substitution, job.document.source
