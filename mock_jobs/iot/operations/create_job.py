"""CreateJob."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING

from mock_jobs.iot import messages, states, views
from mock_jobs.iot.documents.documents import read_document
from mock_jobs.iot.exceptions import InvalidRequestException, ResourceAlreadyExistsException
from mock_jobs.iot.lifecycle import quotas
from mock_jobs.iot.operations.template_defaults import AskedDocument, FromTemplate
from mock_jobs.iot.records.job import Job
from mock_jobs.iot.rules import configs
from mock_jobs.iot.rules.arns import parse_arn
from mock_jobs.iot.rules.job_configs import JobConfigs
from mock_jobs.iot.rules.packages import check_packages_are_here
from mock_jobs.iot.rules.schedule import Schedule, read_schedule
from mock_jobs.iot.rules.targets import Target, check_exists, parse_target

if TYPE_CHECKING:
    from mypy_boto3_iot.literals import TargetSelectionType
    from mypy_boto3_iot.type_defs import (
        AbortConfigTypeDef,
        JobExecutionsRetryConfigTypeDef,
        JobExecutionsRolloutConfigTypeDef,
        PresignedUrlConfigTypeDef,
        SchedulingConfigTypeDef,
        TagTypeDef,
        TimeoutConfigTypeDef,
    )

    from mock_jobs.core.service_base import WireShape


class CreateOperations(FromTemplate):
    """Create jobs."""

    def create_job(
        self,
        *,
        job_id: str,
        targets: Sequence[str],
        document: str | None = None,
        document_source: str | None = None,
        description: str | None = None,
        presigned_url_config: PresignedUrlConfigTypeDef | None = None,
        target_selection: TargetSelectionType = "SNAPSHOT",
        job_executions_rollout_config: JobExecutionsRolloutConfigTypeDef | None = None,
        abort_config: AbortConfigTypeDef | None = None,
        timeout_config: TimeoutConfigTypeDef | None = None,
        tags: Sequence[TagTypeDef] = (),
        namespace_id: str | None = None,
        job_template_arn: str | None = None,
        job_executions_retry_config: JobExecutionsRetryConfigTypeDef | None = None,
        document_parameters: Mapping[str, str] | None = None,
        scheduling_config: SchedulingConfigTypeDef | None = None,
        destination_package_versions: Sequence[str] = (),
    ) -> WireShape:
        """Create a job and, unless it starts later, the executions of its first minute.

        Source: CreateJob, API reference (documented); the order of checks is observed in part: configurations, the document and
        its placeholders come before the id is looked up.

        Raises:
            InvalidRequestException: Members contradict each other, or a configuration, the document or a target is invalid.
            ResourceNotFoundException: There is no such template, a target does not exist in this account and region, or a package
                version is of another account or region. Nothing is created then, not even for the other targets.
            ResourceAlreadyExistsException: The id is taken by a job in any status, even an identical one.
            LimitExceededException: There would be more targets, or active or concurrent jobs, than the settings allow, or the
                document source has more than 32768 bytes.
            NotEmulatedYet: The job needs a feature that is not emulated.
        """
        given = JobConfigs(
            presigned_url=presigned_url_config,
            rollout=job_executions_rollout_config,
            abort=abort_config,
            timeout=timeout_config,
            retry=job_executions_retry_config,
            package_versions=destination_package_versions,
        ).without_empty()
        asked = AskedDocument(document, document_source, document_parameters or {})
        _check_document_members(asked, job_template_arn)
        template = self.find_template(job_template_arn)
        given.check(is_new=True)
        merged = given.over(template.configs)
        scheduling_config = template.schedule(scheduling_config)
        schedule = self._read_schedule(scheduling_config, target_selection)
        tags_by_key = configs.check_tags(tags)
        read = template.read_document(partial(read_document, job_id, configs=merged, sources=self.sources), asked)
        parsed_targets = [parse_target(arn) for arn in targets]
        if template.problem is not None:
            raise template.problem
        assert read is not None, "the request or its template has a document"
        check_packages_are_here(merged.package_versions or (), self.scope)
        self._check_new(job_id, parsed_targets)
        starts_at_once = schedule is None or schedule.start_ms is None
        quotas.check_new_job(self.settings, self.store.usage, target_selection, starts_at_once=starts_at_once)
        now_ms = self.world.clock.now_ms
        job = Job(
            sequence=self.store.next_job_sequence(),
            job_id=job_id,
            arn=self.scope.arn("job", job_id),
            targets=list(targets),
            target_selection=target_selection,
            document=read,
            created_at_ms=now_ms,
            updated_at_ms=now_ms,
            status=states.IN_PROGRESS if starts_at_once else states.SCHEDULED,
            template_arn=job_template_arn,
            document_parameters=document_parameters or None,
            description=description,
            namespace_id=namespace_id,
            configs=merged,
            scheduling_config=scheduling_config,
            tags=tags_by_key,
            schedule=schedule,
        )
        self.jobs.add(job, parsed_targets)
        return views.identify_job(job)

    def _read_schedule(self, config: SchedulingConfigTypeDef | None, target_selection: TargetSelectionType) -> Schedule | None:
        if not config:
            return None
        return read_schedule(config, target_selection, datetime.fromtimestamp(self.world.clock.now_s, timezone.utc))

    def _check_new(self, job_id: str, parsed_targets: list[Target]) -> None:
        registry = self.things()
        for target in parsed_targets:
            check_exists(target, self.scope, registry)
        existing = self.store.get_job(job_id)
        if existing is not None:
            raise ResourceAlreadyExistsException(
                messages.JOB_EXISTS.format(job_id=job_id), resourceId=job_id, resourceArn=existing.arn
            )
        quotas.check_targets(self.settings, job_id, len({target.arn for target in parsed_targets}))


def _check_document_members(asked: AskedDocument, template_arn: str | None) -> None:
    # Source: one of document, source and template is required (documented). The texts of the first two errors are observed, the
    # third is ours.
    if asked.text is not None and asked.source is not None:
        raise InvalidRequestException(messages.TWO_DOCUMENTS)
    if asked.is_missing and template_arn is None:
        raise InvalidRequestException(messages.NO_DOCUMENT)
    arn = None if template_arn is None else parse_arn(template_arn)
    if asked.parameters and (arn is None or not arn.is_of_aws):
        raise InvalidRequestException(messages.PARAMETERS_WITHOUT_TEMPLATE)
