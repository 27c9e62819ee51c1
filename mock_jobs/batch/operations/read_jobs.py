"""DescribeJobs and ListJobs.

Sources: API reference, DescribeJobs and ListJobs (*documented*); the text about more than 100 ids is *observed*. The order of
jobs that were created in the same millisecond, the latest submission first, is *inferred*.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from heapq import merge
from itertools import chain, islice, takewhile
from typing import TYPE_CHECKING

from mock_jobs.aws import NotEmulatedYet, page_token
from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import invalid, refused
from mock_jobs.batch.index import Age, JobIndex, age_of
from mock_jobs.batch.job import MAX_ARRAY, ArrayJob, Job
from mock_jobs.batch.names import parse_job_id
from mock_jobs.batch.operations.base import MAX_LISTED, BatchStores, fits, read_number, read_token
from mock_jobs.batch.states import RUNNING, JobStatus
from mock_jobs.batch.views import job_detail, job_summary

if TYPE_CHECKING:
    from mypy_boto3_batch.type_defs import KeyValuesPairTypeDef

MAX_PAGE = 1000
MAX_FILTERED_PAGE = 100

_TIME = re.compile(r"[0-9]{1,18}")
_TIMES = ("BEFORE_CREATED_AT", "AFTER_CREATED_AT")
_FILTERS = ("JOB_NAME", "JOB_DEFINITION", *_TIMES, "SHARE_IDENTIFIER")


class ReadJobOperations(BatchStores):
    """DescribeJobs and ListJobs; with the pace `poll`, reading moves what was read."""

    def describe_jobs(self, *, jobs: Sequence[str]) -> dict[str, object]:
        """Return the jobs that were named by id or ARN, in that order; unknown ones are left out."""
        if len(jobs) > MAX_LISTED:
            raise invalid(messages.TOO_MANY_LISTED, what="jobs")
        prefix = self.arns.job_prefix
        found: dict[Job, None] = {}
        for text in jobs:
            job = self.jobs.get(text)
            if job is None:
                parts = parse_job_id(text.removeprefix(prefix))
                job = None if parts is None else self.find_job(parts)
            if job is not None:
                found[job] = None
        answer: dict[str, object] = {"jobs": [self._detail(job) for job in found]}
        self.steering.after_read([job for job in found if not job.is_terminal])
        return answer

    def _detail(self, job: Job) -> Mapping[str, object]:
        legacy = self.settings.legacy_container_fields
        if not job.is_terminal or not legacy:
            return job_detail(job, self.arns, legacy=legacy)
        # Of an ended job only the tags can change, and they are not copied.
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
        """Return a page of the jobs of a queue, the latest first, or of the children of an array, by index.

        With the pace `poll` the world moves only after the last page: if that holds unfinished jobs, to the next change of one
        of them; if nothing was found at all, to the next change in the queue or array. Finished jobs alone move nothing.
        """
        if sum(bool(each) for each in (job_queue, array_job_id, multi_node_job_id)) != 1:
            raise invalid(messages.ONE_PARENT)
        if max_results is not None and max_results < 1:
            raise invalid(messages.LIST_MAX_RESULTS)
        if multi_node_job_id:
            raise NotEmulatedYet("the member multiNodeJobId of ListJobs")
        if array_job_id:
            return self._list_children(array_job_id, job_status or RUNNING, max_results, next_token)
        assert job_queue is not None
        name, values = _checked_filter(filters or [])
        queue = self.find_queue(job_queue)
        if queue is None:
            raise self.does_not_exist("job-queue", job_queue)
        limit = min(max_results or MAX_PAGE, MAX_PAGE if name is None else MAX_FILTERED_PAGE)
        if name is None:
            status = job_status or RUNNING
            listing = f"ListJobs/{queue.number}/{status}"
            before = None if next_token is None else read_number(listing, next_token)
            page = list(islice(queue.index.with_status(status, before), limit + 1))
            token_key: list[object] = [page[limit - 1].spec.number] if len(page) > limit else []
        else:
            # Only SHARE_IDENTIFIER goes together with a status (documented).
            status_wanted = job_status if name == "SHARE_IDENTIFIER" else None
            listing = f"ListJobs/{queue.number}/{name}/{json.dumps(values)}/{status_wanted}"
            key = () if next_token is None else read_token(listing, next_token)
            page = list(islice(_filtered(queue.index, name, values, key, status_wanted), limit + 1))
            token_key = [page[limit - 1].spec.name.lower(), *age_of(page[limit - 1])] if len(page) > limit else []
        page = page[:limit]
        answer: dict[str, object] = {"jobSummaryList": [job_summary(job) for job in page]}
        if token_key:
            answer["nextToken"] = page_token(listing, token_key)
        else:
            self.steering.after_listing(page, [queue], is_first=next_token is None)
        return answer

    def _list_children(
        self, array_job_id: str, status: JobStatus, max_results: int | None, next_token: str | None
    ) -> dict[str, object]:
        # Filters do not apply to children (documented).
        parts = parse_job_id(array_job_id)
        if parts is None:
            raise invalid(messages.INVALID_JOB_ID, job_id=array_job_id)
        listing = f"ListJobs/{array_job_id}/{status}"
        after = -1 if next_token is None else read_number(listing, next_token)
        if not -1 <= after < MAX_ARRAY:
            raise refused(messages.BAD_TOKEN)
        array = self.find_job(parts)
        page: list[Job] = []
        limit = min(max_results or MAX_PAGE, MAX_PAGE)
        if isinstance(array, ArrayJob) and array.summary[status]:
            children = islice(array.children, after + 1, None)
            page = list(islice((child for child in children if child.status == status), limit + 1))
        answer: dict[str, object] = {"jobSummaryList": [job_summary(job) for job in page[:limit]]}
        if len(page) > limit:
            answer["nextToken"] = page_token(listing, [page[limit - 1].index])
        elif isinstance(array, ArrayJob) and not array.is_terminal:
            self.steering.after_listing(page, [array], is_first=next_token is None)
        return answer


def _checked_filter(filters: Sequence[KeyValuesPairTypeDef]) -> tuple[str | None, list[str]]:
    if not filters:
        return None, []
    if len(filters) > 1:
        raise invalid(messages.ONE_FILTER)
    name, values = filters[0].get("name", ""), list(filters[0].get("values", []))
    if name not in _FILTERS:
        raise invalid(messages.UNKNOWN_FILTER, operation="ListJobs", name=name)
    if not values:
        raise invalid(messages.FILTER_VALUES, operation="ListJobs")
    if name in _TIMES:
        for value in values:
            if _TIME.fullmatch(value) is None:
                raise invalid(messages.FILTER_TIME, name=name, value=value)
    return name, values


def _filtered(
    index: JobIndex[Job], name: str, values: Sequence[str], key: Sequence[object], status: JobStatus | None
) -> Iterator[Job]:
    """Yield the jobs that a filter lets through, in the order of the answer.

    Args:
        index: The jobs of the queue.
        name: Of the filter.
        values: Of the filter.
        key: Lower-case name and age of the last job that was answered; empty at the start.
        status: What to look for in shares; None for all.
    """
    last_name, before = _position(key)
    if name == "JOB_NAME":
        patterns = [value.lower() for value in values]
        names = [each for each in index.names() if each >= last_name and any(fits(pattern, each) for pattern in patterns)]
        return chain.from_iterable(index.named(each, before if each == last_name else None) for each in names)
    if name == "BEFORE_CREATED_AT":
        return index.newest_first(before, created_before_ms=max(map(int, values)))
    jobs = index.newest_first(before)
    if name == "AFTER_CREATED_AT":
        # The newest stand first: the first job that is too old is the end.
        earliest = min(map(int, values))
        return takewhile(lambda job: job.created_ms > earliest, jobs)
    if name == "JOB_DEFINITION":
        return (job for job in jobs if _uses_definition(job, values))
    shares = [index.group(value) for value in dict.fromkeys(values)]
    if status is None:
        return merge(*(share.newest_first(before) for share in shares), key=age_of, reverse=True)
    number = None if before is None else before[1]
    found = (share.with_status(status, number) for share in shares)
    return merge(*found, key=lambda job: job.spec.number, reverse=True)


def _position(key: Sequence[object]) -> tuple[str, Age | None]:
    match key:
        case []:
            return "", None
        case [str() as name, int() as created_ms, int() as number]:
            return name, (created_ms, number)
        case _:
            raise refused(messages.BAD_TOKEN)


def _uses_definition(job: Job, values: Sequence[str]) -> bool:
    definition = job.spec.definition
    return any(value == definition.arn if value.startswith("arn:") else fits(value, definition.name) for value in values)
