"""What ListJobs and ListServiceJobs share: filters and pages.

Sources: API reference, ListJobs and ListServiceJobs (*documented*). The order of jobs that were created in the same millisecond,
the latest submission first, and that several values of a filter are alternatives, are *inferred*.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Generic, NamedTuple

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import invalid, not_allowed
from mock_jobs.batch.paging import read_number, read_token
from mock_jobs.batch.queueing.job_index import Age, JobIndex, age_of
from mock_jobs.batch.queueing.schedulable import JobT
from mock_jobs.batch.states import RUNNING
from mock_jobs.core.paging import page_token

if TYPE_CHECKING:
    from mypy_boto3_batch.type_defs import KeyValuesPairTypeDef

_TIME = re.compile(r"[0-9]{1,18}")
_TIMES = ("BEFORE_CREATED_AT", "AFTER_CREATED_AT")


class Filter(NamedTuple):
    """The filter of a request."""

    name: str
    values: list[str]


class Listing(Generic[JobT]):
    """One of the two operations, over the jobs of one queue.

    Args:
        operation: Its name.
        labels: Filters by labels of the index: the name of each, and the function from its values to patterns of labels.
        groups: Filters by groups of the index: the name of each, and the prefix of its values in the names of groups. Only these
            filters can be combined with a status (documented).
    """

    def __init__(
        self, operation: str, *, labels: Mapping[str, Callable[[Sequence[str]], list[str]]], groups: Mapping[str, str]
    ) -> None:
        self._operation = operation
        self._labels = labels
        self._groups = groups

    def read_filter(self, filters: Sequence[KeyValuesPairTypeDef]) -> Filter | None:
        """Return the filter of a request, None if it has none.

        Raises:
            ClientException: There are several filters, the filter is unknown or has no value, or its value should be a time and
                is not.
        """
        if not filters:
            return None
        if len(filters) > 1:
            raise invalid(messages.ONE_FILTER)
        name, values = filters[0].get("name", ""), list(filters[0].get("values", []))
        if name not in ("JOB_NAME", *_TIMES, *self._labels, *self._groups):
            raise invalid(messages.UNKNOWN_FILTER, operation=self._operation, name=name)
        if not values:
            raise invalid(messages.FILTER_VALUES, operation=self._operation)
        if name in _TIMES:
            for value in values:
                if _TIME.fullmatch(value) is None:
                    raise invalid(messages.FILTER_TIME, name=name, value=value)
        return Filter(name, values)

    def page(
        self,
        index: JobIndex[JobT],
        listing: str,
        wanted: Filter | None,
        status: str | None,
        *,
        limit: int,
        next_token: str | None,
    ) -> tuple[list[JobT], str | None]:
        """Return a page of jobs, the latest first, and the token of the next one.

        Args:
            index: The jobs of the queue.
            listing: Identifies the listing in page tokens, apart from its filters.
            wanted: The filter.
            status: The requested status; RUNNING if there is neither a status nor a filter.
            limit: The size of the page.
            next_token: Where the page begins.

        Raises:
            ClientException: The token is malformed, or belongs to another listing.
        """
        if wanted is None:
            status = status or RUNNING
            listing = f"{listing}/{status}"
            before = None if next_token is None else read_number(listing, next_token)
            page = list(islice(index.with_status(status, before), limit + 1))
            return page[:limit], page_token(listing, [page[limit - 1].spec.number]) if len(page) > limit else None
        if wanted.name not in self._groups:
            status = None
        listing = f"{listing}/{wanted.name}/{json.dumps(wanted.values)}/{status}"
        key = () if next_token is None else read_token(listing, next_token)
        page = list(islice(self._filtered(index, wanted, key, status), limit + 1))
        if len(page) <= limit:
            return page, None
        last = page[limit - 1]
        return page[:limit], page_token(listing, [last.spec.name.lower(), *age_of(last)])

    def _filtered(self, index: JobIndex[JobT], wanted: Filter, key: Sequence[object], status: str | None) -> Iterator[JobT]:
        """Yield the jobs that match a filter, in the order of the answer.

        Args:
            index: The jobs of the queue.
            wanted: The filter.
            key: Lower-case name and age of the last job of the page before; empty for the first page.
            status: The status to look for in groups; None for all.
        """
        name, values = wanted
        last_name, before = _position(key)
        if name == "JOB_NAME":
            return index.named([value.lower() for value in values], last_name, before)
        if name == "BEFORE_CREATED_AT":
            return index.newest_first(before, created_before_ms=max(map(int, values)))
        if name == "AFTER_CREATED_AT":
            # The newest jobs are first, so the first job that is too old is the end.
            earliest = min(map(int, values))
            return takewhile(lambda job: job.created_ms > earliest, index.newest_first(before))
        if name in self._labels:
            return index.labelled(self._labels[name](values), before)
        groups = [index.group(self._groups[name] + value) for value in dict.fromkeys(values)]
        if status is None:
            return merge(*(group.newest_first(before) for group in groups), key=age_of, reverse=True)
        number = None if before is None else before[1]
        found = (group.with_status(status, number) for group in groups)
        return merge(*found, key=lambda job: job.spec.number, reverse=True)


def polled_as(listing: str, wanted: Filter | None, status: str | None) -> str:
    """Return the key by which the pace `poll` recognizes equal listings.

    The order of the values of a filter is ignored, and so are times: code that asks for the jobs of the last hour sends another
    time with each call.
    """
    if wanted is None:
        return f"{listing}/{status}"
    values = () if wanted.name in _TIMES else sorted(wanted.values)
    return f"{listing}/{wanted.name}/{values}/{status}"


def _position(key: Sequence[object]) -> tuple[str, Age | None]:
    match key:
        case []:
            return "", None
        case [str() as name, int() as created_ms, int() as number]:
            return name, (created_ms, number)
        case _:
            raise not_allowed(messages.BAD_TOKEN)
