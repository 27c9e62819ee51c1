"""What the describe operations share: pages and resources that are changing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from mock_jobs.batch import messages
from mock_jobs.batch.exceptions import invalid
from mock_jobs.batch.paging import MAX_LISTED, page_size, read_number
from mock_jobs.batch.region import BatchRegion
from mock_jobs.batch.scenario.polling import Change
from mock_jobs.core.paging import page_token

if TYPE_CHECKING:
    from mock_jobs.batch.lifecycle.changes import Resource
    from mock_jobs.core.world import World


class _Numbered(Protocol):
    number: int


RecordT = TypeVar("RecordT", bound=_Numbered)


class DescribedResources(BatchRegion):
    """Base of the operations on resources that take time to change."""

    def __init__(self, world: World, account: str, region: str) -> None:
        super().__init__(world, account, region)
        self._changes: dict[object, Change] = {}

    def described(
        self,
        records: Mapping[str, RecordT],
        listing: str,
        names: Sequence[str] | None,
        max_results: int | None,
        next_token: str | None,
        *,
        find: Callable[[str], RecordT | None],
        view: Callable[[RecordT], Mapping[str, Any]],
        what: str,
    ) -> dict[str, object]:
        """Return the answer of a describe operation: the named resources, or a page.

        Unknown names are left out, and repeated names are answered once (inferred). With the pace `poll`, the creation, change
        or deletion of a resource ends before the next read of it.

        Args:
            records: All records by name, in the order of creation.
            listing: Name of the list member, as AWS prints it.
            names: Names or ARNs in the request; empty means all.
            max_results: Size of the page.
            next_token: Where the page begins.
            find: Finds a record by name or ARN.
            view: Returns the wire shape of a record.
            what: What the resources are called, in the plural, for the error about too many names.

        Raises:
            ClientException: Names and a page size were given, there are too many names, or the page size or token is invalid.
        """
        if names:
            if max_results is not None:
                raise invalid(messages.LIST_AND_MAX_RESULTS, list=listing)
            if len(names) > MAX_LISTED:
                raise invalid(messages.TOO_MANY_LISTED, what=what)
            limit, after = len(names), 0
        else:
            limit = page_size(max_results)
            after = 0 if next_token is None else read_number(self.listing(listing), next_token)

        def look_up() -> list[RecordT]:
            if names:
                found = (find(name) for name in names)
                return list({id(record): record for record in found if record is not None}.values())
            return list(islice((record for record in records.values() if record.number > after), limit + 1))

        found = look_up()
        if next_token is None and self.before_description(found[:limit]):
            found = look_up()
        page = found[:limit]
        answer: dict[str, object] = {f"{listing[0].lower()}{listing[1:]}": [view(record) for record in page]}
        if len(found) > limit:
            answer["nextToken"] = page_token(self.listing(listing), [page[-1].number])
        self.after_description(page)
        return answer

    def before_description(self, records: Iterable[object]) -> bool:
        """Advance the clock to the end of a change of these resources.

        This happens only with the pace `poll`, if the resource was read already.

        Returns:
            Whether anything may have changed.
        """
        return bool(self._changes) and self.scenario.polling.before_description(self._changes_of(records))

    def after_description(self, records: Iterable[object]) -> None:
        """Count a read of these resources, if they are changing."""
        self.scenario.polling.after_read(self._changes_of(records))

    def _changes_of(self, records: Iterable[object]) -> list[Change]:
        return [self._changes[record] for record in records if record in self._changes]

    def change(self, record: Resource, seconds: float, then: Callable[[], None]) -> None:
        """End the creation, change or deletion of a resource after some seconds.

        With 0 seconds it ends at once. It replaces an unfinished one, for example that of an environment that became INVALID
        meanwhile.

        Args:
            record: The resource, whose status says what is going on.
            seconds: How long it takes.
            then: Ends it.
        """
        status = record.status
        if not seconds:
            self._changes.pop(record, None)
            then()
            self.recorder.done(record, status)
            return
        self.recorder.begun(record)
        due_ms = self.world.clock.now_ms + round(seconds * 1000)
        change = self._changes[record] = Change(due_ms)

        def end() -> None:
            if self._changes.get(record) is change:
                del self._changes[record]
                then()
                self.recorder.done(record, status)

        self.world.clock.call_at(due_ms, end)
