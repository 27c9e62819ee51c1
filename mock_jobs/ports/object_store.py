"""What the services here must know of objects in S3, wherever they are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

Method = Literal["GET", "PUT"]


@dataclass(frozen=True, slots=True)
class Presigning:
    """What a presigned URL is to allow.

    Attributes:
        method: GET to read the object, PUT to write it.
        bucket: Name of the bucket.
        key: Key of the object.
        version_id: Version of the object, None for the latest.
        region: Where the bucket is looked for.
        expires_s: How long the URL counts, in seconds.
        signed_at_ms: From when on, in milliseconds since the epoch.
        endpoint: Scheme, host and port that the URL leads to; None for S3's own.
    """

    method: Method
    bucket: str
    key: str
    version_id: str | None
    region: str
    expires_s: int
    signed_at_ms: int
    endpoint: str | None


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

    def presign(self, wanted: Presigning) -> str:
        """Return a presigned URL (Signature Version 4). Nothing is looked up, so that the object need not exist."""
        ...
