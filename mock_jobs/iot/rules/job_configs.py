"""The configurations that a job, a job template and an update of a job have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from mock_jobs.iot.rules import configs
from mock_jobs.iot.rules.packages import check_package_versions

if TYPE_CHECKING:
    from mypy_boto3_iot.type_defs import (
        AbortConfigTypeDef,
        JobExecutionsRetryConfigTypeDef,
        JobExecutionsRolloutConfigTypeDef,
        PresignedUrlConfigTypeDef,
        TimeoutConfigTypeDef,
    )


@dataclass(frozen=True, slots=True)
class JobConfigs:
    """Configurations as given; None for those that were not given.

    Attributes:
        presigned_url: Role and lifetime of presigned URLs.
        rollout: How fast executions are created.
        abort: When the job cancels itself.
        timeout: How long an execution may run; applies to executions that start from now on.
        retry: Which failed or timed out executions are retried.
        package_versions: ARNs of the software package versions that the job installs.
    """

    presigned_url: PresignedUrlConfigTypeDef | None = None
    rollout: JobExecutionsRolloutConfigTypeDef | None = None
    abort: AbortConfigTypeDef | None = None
    timeout: TimeoutConfigTypeDef | None = None
    retry: JobExecutionsRetryConfigTypeDef | None = None
    package_versions: Sequence[str] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was given."""
        return all(getattr(self, each.name) is None for each in fields(self))

    def without_empty(self) -> JobConfigs:
        """Return a copy in which empty configurations count as not given. Source: inferred."""
        return JobConfigs(*(getattr(self, each.name) or None for each in fields(self)))

    def over(self, base: JobConfigs) -> JobConfigs:
        """Return a copy that takes from `base` each configuration that was not given.

        Source: developer guide, "Create a job from a template"; UpdateJob, API reference (documented): each configuration is
        replaced as a whole.
        """
        pairs = ((getattr(self, each.name), getattr(base, each.name)) for each in fields(self))
        return JobConfigs(*(theirs if own is None else own for own, theirs in pairs))

    def check(self, *, is_new: bool) -> None:
        """Check each configuration by the rules of the service.

        Source: the order time limit, abort criteria, rollout, role is observed for UpdateJob. That the same rules apply when a
        job or a job template is created is observed for the first two and inferred for the others.

        Args:
            is_new: Whether a job or a job template is created. If not, retries are left to `check_retry_update`, which compares
                them with those of the existing job.

        Raises:
            InvalidRequestException: With the service's texts.
        """
        if self.timeout is not None:
            configs.check_timeout(self.timeout)
        if self.abort is not None:
            configs.check_abort(self.abort)
        if self.rollout is not None:
            configs.check_rollout(self.rollout)
        if self.presigned_url is not None:
            configs.check_role(self.presigned_url)
        if self.package_versions is not None:
            check_package_versions(self.package_versions)
        if is_new and self.retry is not None:
            configs.check_retry(self.retry)
