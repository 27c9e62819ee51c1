"""AssociateTargetsWithJob."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mock_jobs.iot import messages, states, views
from mock_jobs.iot.exceptions import InvalidRequestException
from mock_jobs.iot.lifecycle import quotas
from mock_jobs.iot.operations.base import Operations
from mock_jobs.iot.rules.targets import check_exists, expand, parse_target
from mock_jobs.iot.states import JobTrigger

if TYPE_CHECKING:
    from mock_jobs.core.service_base import WireShape


class AssociateOperations(Operations):
    """Add targets to jobs."""

    def associate_targets_with_job(
        self, *, job_id: str, targets: Sequence[str], comment: str | None = None, namespace_id: str | None = None
    ) -> WireShape:
        """Add groups to the targets of a continuous job; their things get an execution unless they have one.

        A thing that was REMOVED from the job gets another one, with the next number, as when it rejoins a group (inferred).

        While the maintenance windows of the job are closed, the things wait for the next opening.

        Source: AssociateTargetsWithJob, API reference: the job must be continuous and IN_PROGRESS, and 100 targets are the limit
        (documented). The codes, the order of checks, that things are refused as targets and that a job in another namespace is
        not found are inferred. Naming a group that is already a target adds nothing (inferred).

        Raises:
            InvalidRequestException: A target is not a group, or the job is a snapshot or is not IN_PROGRESS.
            ResourceNotFoundException: There is no such job or group.
            LimitExceededException: The job would have more targets than the settings allow, by default 100.
        """
        job = self.store.job_or_404(job_id, namespace_id=namespace_id)
        parsed = [parse_target(arn) for arn in targets]
        for target in parsed:
            if not target.is_group:
                raise InvalidRequestException(messages.TARGET_NOT_A_GROUP.format(arn=target.arn))
        registry = self.things()
        for target in parsed:
            check_exists(target, self.scope, registry)
        if not job.is_continuous:
            raise InvalidRequestException(messages.ASSOCIATE_WITH_SNAPSHOT.format(job_id=job_id))
        if states.next_job_status(job.status, JobTrigger.ASSOCIATE) is None:
            raise InvalidRequestException(messages.ASSOCIATE_WITH_JOB.format(job_id=job_id, status=job.status))
        new = list({each.arn: each for each in parsed if each.arn not in job.targets}.values())
        arns = [*job.targets, *(each.arn for each in new)]
        quotas.check_targets(self.settings, job_id, len(set(arns)))
        # A new list, because recorded events hold the old one.
        job.targets = arns
        self.store.subscriptions.add(job, arns)
        if comment is not None:
            job.comment = comment
        job.updated_at_ms = self.world.clock.now_ms
        names = expand(new, registry).thing_names
        job.left_targets.difference_update(names)
        latest = ((name, job.executions.latest(name)) for name in names)
        self.jobs.queue_joiners(
            job, [name for name, execution in latest if execution is None or execution.status == states.REMOVED]
        )
        return views.identify_job(job)
