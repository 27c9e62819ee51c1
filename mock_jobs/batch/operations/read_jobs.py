"""DescribeJobs and ListJobs.

Sources: API reference, DescribeJobs and ListJobs (*documented*); the text about more than 100 ids is *observed*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import invalid, not_allowed
from mock_jobs.batch.paging import MAX_LISTED, read_number
from mock_jobs.batch.queueing.job_index import JobIndex
from mock_jobs.batch.records.job import MAX_ARRAY, ArrayJob, Job
from mock_jobs.batch.records.node import MultiNodeJob
from mock_jobs.batch.region import BatchRegion
from mock_jobs.batch.service_jobs.resources import ServiceQueue
from mock_jobs.batch.states import RUNNING, JobStatus
from mock_jobs.batch.views.jobs import job_detail, job_summary
from mock_jobs.batch.views.labels import definition_patterns
from mock_jobs.batch.views.listing import Listing, polled_as
from mock_jobs.core.errors import HIDDEN
from mock_jobs.core.paging import page_token

if TYPE_CHECKING:
    from mypy_boto3_batch.type_defs import KeyValuesPairTypeDef

__tracebackhide__ = HIDDEN

MAX_PAGE = 1000
MAX_FILTERED_PAGE = 100


_LISTING = Listing[Job]("ListJobs", labels={"JOB_DEFINITION": definition_patterns}, groups={"SHARE_IDENTIFIER": ""})


class ReadJobOperations(BatchRegion):
    """DescribeJobs and ListJobs.

    With the pace `poll`, reading a job again advances it.
    """

    def describe_jobs(self, *, jobs: Sequence[str]) -> dict[str, object]:
        """Return the jobs with the given ids or ARNs, without unknown ones."""
        if len(jobs) > MAX_LISTED:
            raise invalid(messages.TOO_MANY_LISTED, what="jobs")
        found = self._named(jobs)
        unfinished = [job for job in found if not job.is_terminal]
        if unfinished and self.scenario.polling.before_read(unfinished):
            found = self._named(jobs)
        answer: dict[str, object] = {"jobs": [self._detail(job) for job in found]}
        self.scenario.polling.after_read(unfinished)
        return answer

    def _named(self, jobs: Sequence[str]) -> dict[Job, None]:
        found: dict[Job, None] = {}
        for text in jobs:
            job = self.jobs.get(text)
            if job is None:
                parts = self.arns.read_job_id(text)
                job = None if parts is None else self.find_job(parts)
            if job is not None:
                found[job] = None
        return found

    def _detail(self, job: Job) -> Mapping[str, object]:
        legacy = self.settings.legacy_container_fields
        if not job.is_terminal or not legacy:
            return job_detail(job, self.arns, legacy=legacy)
        # Only the tags of an ended job can change, and the kept description refers to them instead of copying them.
        if job.detail is None:
            job.detail = job_detail(job, self.arns, legacy=legacy)
        return job.detail

    def list_jobs(
        self,
        *,
        job_queue: str | None = None,
        array_job_id: str | None = None,
        multi_node_job_id: str | None = None,
        job_status: JobStatus | None = None,
        max_results: int | None = None,
        next_token: str | None = None,
        filters: Sequence[KeyValuesPairTypeDef] | None = None,
    ) -> dict[str, object]:
        """Return a page of the jobs of a queue, children of an array, or nodes of a job.

        Jobs of a queue are listed the latest first, children and nodes by index. With the pace `poll`, jobs move only before
        the first page, never between pages. They move to the next change of an unfinished job in the listing whose state was
        read already. An empty listing is a read of its queue or array, which the next equal listing advances. A listing of
        ended jobs is such a read too. The second equal one takes no time; the third advances the clock, if nothing has moved in
        between.
        """
        if sum(bool(each) for each in (job_queue, array_job_id, multi_node_job_id)) != 1:
            raise invalid(messages.ONE_PARENT)
        if max_results is not None and max_results < 1:
            raise invalid(messages.LIST_MAX_RESULTS)
        parent_id = array_job_id or multi_node_job_id
        if parent_id:
            kind = ArrayJob if array_job_id else MultiNodeJob
            return self._list_parts(parent_id, kind, job_status or RUNNING, max_results, next_token)
        assert job_queue is not None
        wanted = _LISTING.read_filter(filters or [])
        queue = self.find_queue(job_queue)
        if queue is None:
            raise self.does_not_exist("job-queue", job_queue)
        limit = min(max_results or MAX_PAGE, MAX_PAGE if wanted is None else MAX_FILTERED_PAGE)
        listing = self.listing(f"ListJobs/{queue.number}")
        # Service jobs are listed by ListServiceJobs.
        index = JobIndex[Job]() if isinstance(queue, ServiceQueue) else queue.index
        page, token = self.scenario.polling.listed(
            polled_as(listing, wanted, job_status),
            [queue],
            lambda: _LISTING.page(index, listing, wanted, job_status, limit=limit, next_token=next_token),
            is_first=next_token is None,
        )
        answer: dict[str, object] = {"jobSummaryList": [job_summary(job) for job in page]}
        if token is not None:
            answer["nextToken"] = token
        return answer

    def _list_parts(
        self,
        parent_id: str,
        kind: type[ArrayJob | MultiNodeJob],
        status: JobStatus,
        max_results: int | None,
        next_token: str | None,
    ) -> dict[str, object]:
        # Filters do not apply to children (documented).
        parts = self.arns.read_job_id(parent_id)
        if parts is None:
            raise invalid(messages.INVALID_JOB_ID, job_id=parent_id)
        listing = self.listing(f"ListJobs/{parent_id}/{status}")
        after = -1 if next_token is None else read_number(listing, next_token)
        if not -1 <= after < MAX_ARRAY:
            raise not_allowed(messages.BAD_TOKEN)
        parent = self.find_job(parts)
        limit = min(max_results or MAX_PAGE, MAX_PAGE)

        def look_up() -> tuple[Sequence[Job], str | None]:
            page = _parts_page(parent, kind, status, after, limit)
            return page[:limit], None if len(page) <= limit else page_token(listing, [page[limit - 1].index])

        if not isinstance(parent, kind) or parent.is_terminal:
            page, token = look_up()
        else:
            whole: Sequence[Job] = [parent] if isinstance(parent, ArrayJob) else parent.nodes
            page, token = self.scenario.polling.listed(listing, whole, look_up, is_first=next_token is None)
        answer: dict[str, object] = {"jobSummaryList": [job_summary(job) for job in page]}
        if token is not None:
            answer["nextToken"] = token
        return answer


def _parts_page(parent: Job | None, kind: type[ArrayJob | MultiNodeJob], status: JobStatus, after: int, limit: int) -> list[Job]:
    """Return the children or nodes after an index that have a status.

    They are a page, and one more if there are more.
    """
    if not isinstance(parent, kind) or (isinstance(parent, ArrayJob) and not parent.summary[status]):
        return []
    members: Sequence[Job] = parent.children if isinstance(parent, ArrayJob) else parent.nodes
    return list(islice((job for job in islice(members, after + 1, None) if job.status == status), limit + 1))
