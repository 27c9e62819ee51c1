"""DescribeServiceJob and ListServiceJobs.

Source: API reference, DescribeServiceJob and ListServiceJobs (*documented*). That ListServiceJobs needs a job queue, which the
model does not say, is *inferred*: there is nothing else to list by.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import invalid, not_allowed
from mock_jobs.batch.paging import page_size
from mock_jobs.batch.region import BatchRegion
from mock_jobs.batch.service_jobs.job import QUOTA_GROUP, ServiceJob
from mock_jobs.batch.service_jobs.resources import ServiceQueue
from mock_jobs.batch.service_jobs.views import service_job_detail, service_job_summary
from mock_jobs.batch.views.listing import Listing, polled_as

if TYPE_CHECKING:
    from mypy_boto3_batch.type_defs import KeyValuesPairTypeDef

    from mock_jobs.batch.service_jobs.states import ServiceJobStatus

_LISTING = Listing[ServiceJob]("ListServiceJobs", labels={}, groups={"SHARE_IDENTIFIER": "", "QUOTA_SHARE_NAME": QUOTA_GROUP})


class ReadServiceJobOperations(BatchRegion):
    """DescribeServiceJob and ListServiceJobs.

    With the pace `poll`, reading a job again advances it.
    """

    def describe_service_job(self, *, job_id: str) -> dict[str, object]:
        """Return the service job with an id or ARN."""
        job = self.find_service_job(job_id)
        if job is None:
            raise not_allowed(messages.SERVICE_JOB_UNKNOWN, job_id=job_id)
        if not job.is_terminal:
            self.scenario.polling.before_read([job])
            self.scenario.polling.after_read([job])
        return service_job_detail(job)

    def list_service_jobs(
        self,
        *,
        job_queue: str | None = None,
        job_status: ServiceJobStatus | None = None,
        max_results: int | None = None,
        next_token: str | None = None,
        filters: Sequence[KeyValuesPairTypeDef] | None = None,
    ) -> dict[str, object]:
        """Return a page of the service jobs of a queue, the latest first.

        With the pace `poll`, jobs move before the first page, as with ListJobs.
        """
        if not job_queue:
            raise invalid(messages.REQUIRED, member="jobQueue")
        limit = page_size(max_results)
        wanted = _LISTING.read_filter(filters or [])
        queue = self.find_queue(job_queue)
        if queue is None:
            raise self.does_not_exist("job-queue", job_queue)
        if not isinstance(queue, ServiceQueue):
            return {"jobSummaryList": []}
        listing = self.listing(f"ListServiceJobs/{queue.number}")
        page, token = self.scenario.polling.listed(
            polled_as(listing, wanted, job_status),
            [queue],
            lambda: _LISTING.page(queue.index, listing, wanted, job_status, limit=limit, next_token=next_token),
            is_first=next_token is None,
        )
        answer: dict[str, object] = {"jobSummaryList": [service_job_summary(job) for job in page]}
        if token is not None:
            answer["nextToken"] = token
        return answer
