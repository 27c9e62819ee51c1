"""URLs of S3 objects, as job documents and their sources name them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit


class NotS3UrlError(Exception):
    """The text is not an S3 URL."""


@dataclass(frozen=True, slots=True)
class S3Url:
    """An S3 URL.

    Attributes:
        bucket: Name of the bucket.
        key: Key of the object, empty if the URL has none.
        version_id: Version of the object, None if the URL has none.
        region: Region that the host names, None if it names none.
    """

    bucket: str
    key: str
    version_id: str | None = None
    region: str | None = None


# Virtual-hosted and path style, regional and global, dual-stack, and the old dash form. Source: Amazon S3 user guide (documented).
_HOST: Final = re.compile(
    r"(?:(?P<bucket>[a-z0-9][a-z0-9._-]*)\.)?s3(?:[.-](?:dualstack\.)?(?P<region>[a-z0-9-]+))?\.amazonaws\.com(?:\.cn)?",
    re.IGNORECASE,
)
_REGION: Final = re.compile(r"[a-z]+(?:-[a-z]+)+-[0-9]+")


def parse_s3_url(url: str) -> S3Url:
    """Parse `s3://bucket/key`, or an http(s) URL in path or virtual-hosted style.

    The key of the first form is taken as written; the second form is percent-decoded.

    Raises:
        NotS3UrlError: It is something else. Which URLs the service accepts is observed; that an http(s) URL may name a version
            is documented for placeholders.
    """
    if not _can_be_sent(url):
        raise NotS3UrlError
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
    bucket, key = host["bucket"], parts.path.removeprefix("/")
    if bucket is None:
        bucket, _, key = key.partition("/")
    if not bucket:
        raise NotS3UrlError
    versions = parse_qs(parts.query).get("versionId")
    region = host["region"] if _REGION.fullmatch(host["region"] or "") else None
    return S3Url(unquote(bucket), unquote(key), versions[0] if versions else None, region)


def _can_be_sent(url: str) -> bool:
    # Neither a control character nor half of a surrogate pair can stand in a URL.
    return not any(character < " " or "\ud800" <= character <= "\udfff" for character in url)
