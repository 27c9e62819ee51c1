"""The operations on existing jobs: describe, list, cancel, delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mock_jobs.iot import messages, states, views
from mock_jobs.iot.exceptions import (
    InvalidRequestException,
    InvalidStateTransitionException,
    ResourceNotFoundException,
)
from mock_jobs.iot.lifecycle import quotas
from mock_jobs.iot.operations.base import Operations
from mock_jobs.iot.records.store import job_key
from mock_jobs.iot.rules.paging import page, start_of_page
from mock_jobs.iot.states import ExecutionTrigger, JobTrigger

if TYPE_CHECKING:
    from mypy_boto3_iot.literals import JobStatusType, TargetSelectionType

    from mock_jobs.core.service_base import WireShape
    from mock_jobs.iot.records.job import Job


class JobOperations(Operations):
    """Describe, list, cancel and delete jobs."""

    def describe_job(self, *, job_id: str, before_substitution: bool = False) -> WireShape:  # noqa: ARG002 - see below
        """Return a job, and the source of its document; `before_substitution` makes no difference here.

        Source: DescribeJob, API reference (documented). The only part that could be substituted is `$default` in the ARN of a
        package version, and there is no registry of packages to look it up in.
        """
        job = self.store.job_or_404(job_id)
        source = {} if job.document.source is None else {"documentSource": job.document.source}
        return {**source, "job": views.describe_job(job, self.world.clock.now_ms)}

    def get_job_document(self, *, job_id: str, before_substitution: bool = False) -> WireShape:
        """Return the document of a job: byte for byte as given to CreateJob (observed), by default with parameters filled in.

        Source: developer guide, "Preparing jobs for the software package catalog" (documented).
        """
        document = self.store.job_or_404(job_id).document
        return {"document": document.before_substitution if before_substitution else document.text}

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
        """List the jobs that pass all given filters, newest first.

        Source: ListJobs, API reference (documented); the order is that of the developer guide's example. The filters by group
        find the jobs that have the group among their targets; `thingGroupId` is shown only with such a filter (inferred).

        Raises:
            InvalidRequestException: The token is not one of this listing.
            ResourceNotFoundException: There is no such group.
        """
        filters = (status, target_selection, thing_group_name, thing_group_id, namespace_id)
        listing = self.listing(f"ListJobs {filters}")
        after = start_of_page(listing, next_token, 1)
        group_id, groups = self._find_groups(thing_group_name, thing_group_id)
        tests: list[Callable[[Job], bool]] = []
        if target_selection is not None:
            tests.append(lambda job: job.target_selection == target_selection)
        if namespace_id is not None:
            tests.append(lambda job: job.namespace_id == namespace_id)
        tests += [_targets_group(self.scope.arn("thinggroup", name)) for name in groups]
        jobs = (job for job in self.store.newest_jobs(status, after) if all(test(job) for test in tests))
        found, token = page(listing, jobs, max_results, job_key)
        return {"jobs": [views.summarize_job(job, group_id) for job in found], **token}

    def _find_groups(self, name: str | None, group_id: str | None) -> tuple[str | None, list[str]]:
        """Return the group id to show, and the names of the groups to filter by."""
        names = []
        found = None
        registry = self.things()
        if name is not None:
            found = registry.group_id(name)
            if found is None:
                raise ResourceNotFoundException(messages.GROUP_NOT_FOUND.format(name=name))
            names.append(name)
        if group_id is not None:
            by_id = registry.group_name(group_id)
            if by_id is None:
                raise ResourceNotFoundException(messages.GROUP_NOT_FOUND.format(name=group_id))
            found = group_id
            names.append(by_id)
        return found, names

    def cancel_job(
        self, *, job_id: str, reason_code: str | None = None, comment: str | None = None, force: bool = False
    ) -> WireShape:
        """Cancel a job and its QUEUED executions, with `force` also the IN_PROGRESS ones.

        Source: CancelJob, API reference (documented). It declares no error for a job that is already canceled or completed;
        InvalidRequestException is inferred.

        Raises:
            ResourceNotFoundException: There is no such job.
            InvalidRequestException: It is neither SCHEDULED nor IN_PROGRESS.
        """
        job = self.store.job_or_404(job_id)
        if states.next_job_status(job.status, JobTrigger.CANCEL) is None:
            raise InvalidRequestException(messages.CANCEL_OF_JOB.format(job_id=job_id, status=job.status))
        if reason_code is not None:
            job.reason_code = reason_code
        if comment is not None:
            job.comment = comment
        self.jobs.cancel(job, ExecutionTrigger.FORCE_CANCEL if force else ExecutionTrigger.CANCEL)
        return views.identify_job(job)

    def delete_job(self, *, job_id: str, force: bool = False, namespace_id: str | None = None) -> None:
        """Delete a job and all its executions; afterwards the id is free again.

        Source: DeleteJob, API reference (documented); that a job in another namespace is not found is inferred.

        Raises:
            ResourceNotFoundException: There is no such job.
            InvalidStateTransitionException: It is not in a terminal status and `force` is not given, or it is being deleted.
            LimitExceededException: As many jobs are being deleted as the settings allow at a time.
        """
        job = self.store.job_or_404(job_id, namespace_id=namespace_id)
        trigger = JobTrigger.FORCE_DELETE if force else JobTrigger.DELETE
        if states.next_job_status(job.status, trigger) is None:
            is_deleted = job.status == states.DELETION_IN_PROGRESS
            text = messages.DELETE_OF_DELETED_JOB if is_deleted else messages.DELETE_OF_JOB
            raise InvalidStateTransitionException(text.format(job_id=job_id, status=job.status))
        quotas.check_deletion(self.settings, len(self.store.with_status(states.DELETION_IN_PROGRESS)))
        self.jobs.delete(job)


def _targets_group(arn: str) -> Callable[[Job], bool]:
    return lambda job: arn in job.targets
