"""The operations on jobs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Final

from mock_jobs.aws import NotEmulatedYet, WireShape
from mock_jobs.iot import configs, documents, messages, states, views
from mock_jobs.iot.exceptions import (
    InvalidRequestException,
    InvalidStateTransitionException,
    LimitExceededException,
    ResourceAlreadyExistsException,
    ResourceNotFoundException,
)
from mock_jobs.iot.jobs import Job
from mock_jobs.iot.paging import page, start_of_page
from mock_jobs.iot.schedule import read_schedule
from mock_jobs.iot.states import ExecutionTrigger, JobTrigger
from mock_jobs.iot.store import JobStore, job_key
from mock_jobs.iot.targets import Target, check_exists, parse_target

if TYPE_CHECKING:
    from mypy_boto3_iot.literals import JobStatusType, TargetSelectionType
    from mypy_boto3_iot.type_defs import (
        AbortConfigTypeDef,
        JobExecutionsRetryConfigTypeDef,
        JobExecutionsRolloutConfigTypeDef,
        PresignedUrlConfigTypeDef,
        SchedulingConfigTypeDef,
        TagTypeDef,
        TimeoutConfigTypeDef,
    )

# Source: AssociateTargetsWithJob, API reference: existing and new targets together (documented).
MAX_TARGETS: Final = 100


class JobOperations(JobStore):
    """Create, describe, list, cancel and delete jobs."""

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
        """Create a job and, within this call unless it starts later, the executions of its first minute.

        Source: CreateJob, API reference (documented); the order of checks is observed in part: configurations, the document and
        its placeholders come before the id is looked up.

        Raises:
            InvalidRequestException: Members contradict each other, or a configuration, the document or a target is invalid.
            ResourceNotFoundException: A target does not exist here; then nothing is created for the others either.
            ResourceAlreadyExistsException: The id is taken, in whatever status, even by an identical job.
            LimitExceededException: More than 100 targets.
            NotEmulatedYet: The job needs a feature that is still missing.
        """
        if job_executions_rollout_config:
            configs.check_rollout_bounds(job_executions_rollout_config)
        _check_document_members(document, document_source, job_template_arn, document_parameters)
        if timeout_config:
            configs.check_timeout(timeout_config)
        if abort_config:
            configs.check_abort(abort_config)
        if job_executions_rollout_config:
            configs.check_rollout(job_executions_rollout_config)
        if job_executions_retry_config:
            configs.check_retry(job_executions_retry_config)
        schedule = None
        if scheduling_config:
            now = datetime.fromtimestamp(self.world.clock.now_s, timezone.utc)
            schedule = read_schedule(scheduling_config, target_selection, now)
        tags_by_key = configs.check_tags(tags)
        if document is not None:
            documents.check_document(document)
            documents.check_placeholders(job_id, document, presigned_url_config)
        parsed_targets = [parse_target(arn) for arn in targets]
        _refuse_missing_features(
            {
                "documentSource": document_source,
                "jobTemplateArn": job_template_arn,
                "documentParameters": document_parameters,
                "schedulingConfig.maintenanceWindows": (scheduling_config or {}).get("maintenanceWindows"),
                "destinationPackageVersions": destination_package_versions,
                "targetSelection CONTINUOUS": target_selection == "CONTINUOUS",
            }
        )
        assert document is not None
        self._check_new(job_id, parsed_targets)
        now_ms = self.world.clock.now_ms
        job = Job(
            sequence=self.next_job_sequence(),
            job_id=job_id,
            arn=self.arn("job", job_id),
            targets=list(targets),
            target_selection=target_selection,
            document=document,
            created_at_ms=now_ms,
            updated_at_ms=now_ms,
            status=states.IN_PROGRESS if schedule is None or schedule.start_ms is None else states.SCHEDULED,
            description=description,
            namespace_id=namespace_id,
            presigned_url_config=presigned_url_config,
            rollout_config=job_executions_rollout_config,
            abort_config=abort_config,
            retry_config=job_executions_retry_config,
            timeout_config=timeout_config,
            scheduling_config=scheduling_config,
            tags=tags_by_key,
            schedule=schedule,
        )
        self.add_job(job, parsed_targets)
        return _identify(job)

    def _check_new(self, job_id: str, parsed_targets: list[Target]) -> None:
        registry = self.registry
        for target in parsed_targets:
            check_exists(target, self.scope, registry)
        existing = self.get_job(job_id)
        if existing is not None:
            raise ResourceAlreadyExistsException(
                messages.JOB_EXISTS.format(job_id=job_id), resourceId=job_id, resourceArn=existing.arn
            )
        count = len({target.arn for target in parsed_targets})
        if count > MAX_TARGETS:
            raise LimitExceededException(messages.TOO_MANY_TARGETS.format(job_id=job_id, count=count, limit=MAX_TARGETS))

    def describe_job(self, *, job_id: str, before_substitution: bool = False) -> WireShape:  # noqa: ARG002 - see below
        """Return a job. Nothing is substituted so far, so that the job looks the same before and after substitution."""
        return {"job": views.describe_job(self.job_or_404(job_id))}

    def get_job_document(self, *, job_id: str, before_substitution: bool = False) -> WireShape:  # noqa: ARG002 - see below
        """Return the document of a job, byte for byte as CreateJob got it (observed); nothing is substituted so far."""
        return {"document": self.job_or_404(job_id).document}

    def list_jobs(
        self,
        *,
        status: JobStatusType | None = None,
        target_selection: TargetSelectionType | None = None,
        max_results: int | None = None,
        next_token: str | None = None,
        thing_group_name: str | None = None,
        thing_group_id: str | None = None,
        namespace_id: str | None = None,
    ) -> WireShape:
        """List jobs, newest first, that pass all filters given.

        Source: ListJobs, API reference (documented); the order is that of the developer guide's example. A group's filter
        finds the jobs that have it among their targets; `thingGroupId` is shown with these only (inferred).

        Raises:
            InvalidRequestException: The token is not one of this listing.
            ResourceNotFoundException: There is no such group.
        """
        filters = (status, target_selection, thing_group_name, thing_group_id, namespace_id)
        listing = f"ListJobs {filters}"
        after = start_of_page(listing, next_token, 1)
        group_id = self._group_id(thing_group_name, thing_group_id)
        tests: list[Callable[[Job], bool]] = []
        if target_selection is not None:
            tests.append(lambda job: job.target_selection == target_selection)
        if namespace_id is not None:
            tests.append(lambda job: job.namespace_id == namespace_id)
        by_id = None if thing_group_id is None else self.registry.group_name(thing_group_id)
        tests += [_targets_group(self.arn("thinggroup", name)) for name in (thing_group_name, by_id) if name is not None]
        jobs = (job for job in self.newest_jobs(status, after) if all(test(job) for test in tests))
        found, token = page(listing, jobs, max_results, job_key)
        return {"jobs": [views.summarize_job(job, group_id) for job in found], **token}

    def _group_id(self, name: str | None, group_id: str | None) -> str | None:
        found = None
        if name is not None:
            found = self.registry.group_id(name)
            if found is None:
                raise ResourceNotFoundException(messages.GROUP_NOT_FOUND.format(name=name))
        if group_id is not None:
            if self.registry.group_name(group_id) is None:
                raise ResourceNotFoundException(messages.GROUP_NOT_FOUND.format(name=group_id))
            found = group_id
        return found

    def cancel_job(
        self, *, job_id: str, reason_code: str | None = None, comment: str | None = None, force: bool = False
    ) -> WireShape:
        """Cancel a job: what is QUEUED, and with `force` what is IN_PROGRESS too.

        Source: CancelJob, API reference (documented). It declares no error for a job that is canceled or completed already;
        InvalidRequestException is inferred.

        Raises:
            ResourceNotFoundException: There is no such job.
            InvalidRequestException: It is neither SCHEDULED nor IN_PROGRESS.
        """
        job = self.job_or_404(job_id)
        if states.next_job_status(job.status, JobTrigger.CANCEL) is None:
            raise InvalidRequestException(messages.CANCEL_OF_JOB.format(job_id=job_id, status=job.status))
        self.cancel(job, ExecutionTrigger.FORCE_CANCEL if force else ExecutionTrigger.CANCEL)
        if reason_code is not None:
            job.reason_code = reason_code
        if comment is not None:
            job.comment = comment
        return _identify(job)

    def delete_job(self, *, job_id: str, force: bool = False, namespace_id: str | None = None) -> None:
        """Delete a job and all its executions; the id is free again.

        Source: DeleteJob, API reference (documented); that a wrong namespace is not found is inferred.

        Raises:
            ResourceNotFoundException: There is no such job.
            InvalidStateTransitionException: It is not in a terminal status, and `force` is not given.
        """
        job = self.job_or_404(job_id)
        if namespace_id is not None and namespace_id != job.namespace_id:
            raise ResourceNotFoundException(messages.JOB_NOT_FOUND.format(job_id=job_id))
        trigger = JobTrigger.FORCE_DELETE if force else JobTrigger.DELETE
        if states.next_job_status(job.status, trigger) is None:
            raise InvalidStateTransitionException(messages.DELETE_OF_JOB.format(job_id=job_id, status=job.status))
        self.delete(job)


def _targets_group(arn: str) -> Callable[[Job], bool]:
    return lambda job: arn in job.targets


def _identify(job: Job) -> WireShape:
    # The description is there only if the job has one (observed).
    described = {} if job.description is None else {"description": job.description}
    return {"jobArn": job.arn, "jobId": job.job_id, **described}


def _check_document_members(
    document: str | None, source: str | None, template_arn: str | None, parameters: Mapping[str, str] | None
) -> None:
    # Source: each of the three is required unless another is given (documented); first and last text observed.
    if document is not None and source is not None:
        raise InvalidRequestException(messages.TWO_DOCUMENTS)
    if document is None and source is None and template_arn is None:
        raise InvalidRequestException(messages.NO_DOCUMENT)
    kind = None if template_arn is None else _resource_type(template_arn)
    is_managed = kind == "jobtemplate" and template_arn is not None and template_arn.split(":")[4] == ""
    if parameters and not is_managed:
        raise InvalidRequestException(messages.PARAMETERS_WITHOUT_TEMPLATE)
    if source is not None:
        documents.check_source(source)
    if kind not in (None, "jobtemplate"):
        raise InvalidRequestException(messages.NOT_A_TEMPLATE.format(type=kind))


def _resource_type(arn: str) -> str:
    # arn:partition:service:region:account:type/name
    return arn.split(":", 5)[-1].partition("/")[0]


def _refuse_missing_features(given: Mapping[str, object]) -> None:
    # Empty ones count as unset, which is harmless.
    for member, value in given.items():
        if value:
            raise NotEmulatedYet(f"CreateJob with {member}")
