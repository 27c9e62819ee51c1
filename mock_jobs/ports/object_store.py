"""The protocol for objects in S3, independent of what stores them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

Method = Literal["GET", "PUT"]


@dataclass(frozen=True, slots=True)
class Presigning:
    """A request for a presigned URL.

    Attributes:
        method: GET to read the object, PUT to write it.
        bucket: Name of the bucket.
        key: Key of the object.
        version_id: Version of the object, None for the latest.
        region: Region to sign for, and of the host of S3.
        expires_s: How long the URL is valid, in seconds.
        signed_at_ms: Time of the signature, in milliseconds since the epoch.
        endpoint: Scheme, host and port of the URL; None for S3's own.
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
    """The current buckets that an account can reach, in all regions."""

    def region_of(self, bucket: str) -> str | None:
        """Return the region of a bucket, or None if there is no such bucket."""
        ...

    def read(self, bucket: str, key: str, version_id: str | None) -> bytes | None:
        """Return the content of an object in a bucket that exists, or None if there is no such object or version.

        Without a version id this is the latest version.
        """
        ...

    def presign(self, wanted: Presigning) -> str:
        """Return a presigned URL (Signature Version 4). The object need not exist."""
        ...
