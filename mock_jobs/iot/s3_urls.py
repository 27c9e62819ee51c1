"""URLs of S3 objects, as job documents and their sources name them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit


class NotS3UrlError(Exception):
    """The text is no URL of S3."""


@dataclass(frozen=True, slots=True)
class S3Url:
    """An S3 URL.

    Attributes:
        bucket: Name of the bucket.
        key: Key of the object, empty if the URL has none.
    """

    bucket: str
    key: str


# Virtual-hosted and path style, regional and global, dual-stack, and the old dash form. Source: Amazon S3 user guide (documented).
_HOST: Final = re.compile(
    r"(?:(?P<bucket>[a-z0-9][a-z0-9._-]*)\.)?s3(?:[.-](?:dualstack\.)?[a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?", re.IGNORECASE
)


def parse_s3_url(url: str) -> S3Url:
    """Read `s3://bucket/key`, with the key as written, or an http(s) URL in path or virtual-hosted style, decoded.

    Raises:
        NotS3UrlError: It is something else. Which URLs the service takes is observed.
    """
    if url.startswith("s3://"):
        bucket, _, key = url[len("s3://") :].partition("/")
        if not bucket:
            raise NotS3UrlError
        return S3Url(bucket, key)
    try:
        parts = urlsplit(url)
        host = _HOST.fullmatch(parts.hostname or "")
    except ValueError as error:
        raise NotS3UrlError from error
    if parts.scheme not in ("http", "https") or host is None:
        raise NotS3UrlError
    path = parts.path.removeprefix("/")
    if host["bucket"] is not None:
        return S3Url(host["bucket"], unquote(path))
    bucket, _, key = path.partition("/")
    if not bucket:
        raise NotS3UrlError
    return S3Url(unquote(bucket), unquote(key))
