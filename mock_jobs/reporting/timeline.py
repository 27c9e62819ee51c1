"""`mock.timeline`: what has changed in a mock, when and why."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal, get_args, overload

from mock_jobs.core.argument_checks import check_text
from mock_jobs.core.errors import HIDDEN, UsageTypeError, UsageValueError
from mock_jobs.core.timeline import Change
from mock_jobs.reporting.tables import aligned, clock_times

__tracebackhide__ = HIDDEN

ServiceName = Literal["batch", "iot"]

_SHORT_ID = 8
_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Timeline(Sequence[Change]):
    """The changes of all jobs, executions and resources of a mock, oldest first: at most the last 10,000.

    `mock.timeline` returns a copy, which does not change any more. `print(mock.timeline)` shows a table:

        12:00:00.000  job nightly 0f3c9a51  - > SUBMITTED         it was submitted                            call 4 SubmitJob
        12:00:00.000  job nightly 0f3c9a51  SUBMITTED > RUNNABLE  the scheduler found nothing to wait for     call 5 DescribeJobs

    Args:
        changes: The changes.
        read_rest: Returns what else the page shows, as `snapshot.content` does.
    """

    def __init__(self, changes: Iterable[Change], read_rest: Callable[[], Mapping[str, object]]) -> None:
        self._changes = tuple(changes)
        self._read_rest = read_rest

    def of(
        self,
        job: str | None = None,
        *,
        service: ServiceName | None = None,
        account: str | None = None,
        region: str | None = None,
    ) -> Timeline:
        """Return the changes of one job, service, account or region.

        Args:
            job: Id or name of a job, a child, a node or a service job of AWS Batch, id of a job of AWS IoT, or name of a thing. With an
                array, a multi-node job or a job of AWS IoT come its children, nodes or executions; with a thing its executions.
            service: `batch` or `iot`.
            account: Account id.
            region: Region.

        Returns:
            The changes that fit all of these; maybe none.

        Raises:
            UsageValueError: There is no such service.
            UsageTypeError: An argument is not a string.

        Example:
            `[each.after for each in mock.timeline.of("nightly")]` lists the states that the job had.
        """
        for name, text in (("job", job), ("service", service), ("account", account), ("region", region)):
            if text is not None:
                check_text(name, text)
        if service is not None and service not in get_args(ServiceName):
            raise UsageValueError(f"the timeline knows the services {', '.join(get_args(ServiceName))}, not {service!r}")
        wanted = {"service": service, "account": account, "region": region}
        given = {name: value for name, value in wanted.items() if value is not None}
        found = (
            each
            for each in self._changes
            if (job is None or job in (each.job, each.id, each.name, _thing_of(each)))
            and all(getattr(each, name) == value for name, value in given.items())
        )
        return Timeline(found, self._read_rest)

    @overload
    def __getitem__(self, index: int) -> Change: ...

    @overload
    def __getitem__(self, index: slice) -> Timeline: ...

    def __getitem__(self, index: int | slice) -> Change | Timeline:
        return Timeline(self._changes[index], self._read_rest) if isinstance(index, slice) else self._changes[index]

    def __len__(self) -> int:
        return len(self._changes)

    def __repr__(self) -> str:
        return f"<timeline of {len(self)} {'change' if len(self) == 1 else 'changes'}>"

    def __str__(self) -> str:
        return "\n".join(lines(self._changes)) or "no change"

    def to_json(self) -> str:
        """Return the changes as JSON: a list of objects, whose members are the attributes of `Change`."""
        return json.dumps([each._asdict() for each in self._changes])

    def to_html(self, path: str | os.PathLike[str]) -> None:
        """Write a page that shows the changes as swim lanes over time, with tables of everything that the mock holds.

        The page is one file that needs no network. Its lanes show the changes of this timeline, so `of()` shortens them. Its tables
        show all records, calls and events that the mock holds at the moment of writing; after its end or a reset, those that it
        held last.

        Args:
            path: The file to write; one that exists is replaced.

        Raises:
            UsageTypeError: The path is neither a string nor a path.
            OSError: The file cannot be written.

        Example:
            `mock.timeline.to_html("timeline.html")`
        """
        if not isinstance(path, str | os.PathLike):
            raise UsageTypeError(f"path must be a string or a path, got {path!r}")
        from mock_jobs.reporting.page import page_of  # noqa: PLC0415 - costs nothing until asked for

        changes = [each._asdict() for each in self._changes]
        Path(path).write_text(page_of({**self._read_rest(), "changes": changes}), encoding="utf-8", newline="\n")


def _thing_of(change: Change) -> str | None:
    return change.id.rpartition("/")[0] if change.kind == "execution" else None


def lines(changes: Sequence[Change]) -> list[str]:
    """Return changes as the lines of a table."""
    if not changes:
        return []
    places = {(each.account, each.region) for each in changes}
    times = clock_times([each.at_ms for each in changes])
    return aligned(
        [
            time,
            *([f"{each.account} {each.region}"] if len(places) > 1 else []),
            _what(each),
            each.before if each.before == each.after and each.before else f"{each.before or '-'} > {each.after or '-'}",
            each.why,
            each.during,
            each.reason or "",
        ]
        for time, each in zip(times, changes, strict=True)
    )


def _what(change: Change) -> str:
    if change.job is None:
        return f"{change.kind} {change.name}"
    if change.service == "iot":
        return f"job {change.job}" if change.kind == "job" else f"{change.kind} {change.job} {change.id}"
    return f"{change.kind} {change.name} {short_id(change.id)}"


def short_id(job_id: str) -> str:
    """Return the beginning of the id of a job of AWS Batch, with the index of a child or node; other ids as they are."""
    found = _UUID.match(job_id)
    return job_id if found is None else job_id[:_SHORT_ID] + job_id[found.end() :]
