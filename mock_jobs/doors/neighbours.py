"""The services next door, which moto mocks."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from mock_jobs.aws import partition_of
from mock_jobs.doors import moto_s3, moto_things
from mock_jobs.objects import ObjectStore
from mock_jobs.things import ThingRegistry


class MotoNeighbours:
    """What moto keeps, and what it tells us of changes.

    Args:
        thing_deleted: Hears of each thing that is deleted, once somebody has looked at things.
    """

    def __init__(self, thing_deleted: moto_things.ThingDeleted) -> None:
        self._thing_deleted = thing_deleted
        self._lock = Lock()
        self._end_watch: Callable[[], None] | None = None

    def things(self, account: str, region: str) -> ThingRegistry:
        """Return the registry of things and thing groups."""
        # Nobody needs to hear of deleted things before somebody has looked at things.
        if self._end_watch is None:
            with self._lock:
                if self._end_watch is None:
                    self._end_watch = moto_things.watch_things(self._thing_deleted)
        return moto_things.MotoThings(account, region)

    def objects(self, account: str, region: str) -> ObjectStore:
        """Return the objects in S3 that the account can reach, in the partition of the region."""
        return moto_s3.MotoObjects(account, partition_of(region))

    def leave(self) -> None:
        """Stop to listen."""
        with self._lock:
            if self._end_watch is not None:
                self._end_watch()
                self._end_watch = None
