"""What the services here must know of objects in S3, whoever keeps them."""

from __future__ import annotations

from typing import Protocol


class ObjectStore(Protocol):
    """The buckets that an account can reach, of all regions, as they are now."""

    def region_of(self, bucket: str) -> str | None:
        """Return the region of a bucket, or None if there is no such bucket."""
        ...

    def read(self, bucket: str, key: str, version_id: str | None) -> bytes | None:
        """Return the content of an object in a bucket that exists, or None if there is no such object or version.

        The latest version counts if none is named.
        """
        ...
