"""Placeholders for presigned URLs, which are replaced when a device gets the document."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from mock_jobs.iot import messages
from mock_jobs.iot.documents.s3_urls import NotS3UrlError, S3Url, parse_s3_url
from mock_jobs.iot.exceptions import InvalidRequestException

if TYPE_CHECKING:
    from mock_jobs.iot.documents.placeholders import Placeholder
    from mock_jobs.ports.object_store import Method

_PRESIGNED: Final = re.compile(r"s3-presigned-url(?P<variant>|-v1|-v2|-upload):(?P<url>.*)", re.DOTALL)
_KEYWORD: Final = re.compile(r"\$\{([a-zA-Z]+)\}")
# Source: developer guide, "Create and manage jobs" (documented).
_KEYWORDS: Final = ("thingName", "jobId", "executionNumber")
# Source: developer guide, "Create and manage jobs", each local keyword (documented).
_MAX_USES: Final = 2


@dataclass(frozen=True, slots=True)
class Transfer:
    """What a presigned URL lets a device do.

    Attributes:
        method: GET for a download, PUT for an upload.
        url: URL of the object; the key of an upload may contain local keywords.
    """

    method: Method
    url: S3Url

    def of(self, thing_name: str, job_id: str, execution_number: int) -> S3Url:
        """Return the URL for an execution, with the local keywords of an upload replaced.

        Source: developer guide, "Create and manage jobs" (documented).
        """
        if self.method == "GET":
            return self.url
        values = dict(zip(_KEYWORDS, (thing_name, job_id, str(execution_number)), strict=True))
        return replace(self.url, key=_KEYWORD.sub(lambda match: values[match[1]], self.url.key))


def presigned_variant(placeholder: Placeholder) -> str | None:
    """Return the variant of a presigned URL placeholder (empty, -v1, -v2 or -upload), None for another placeholder."""
    match = _PRESIGNED.fullmatch(placeholder.content)
    return None if match is None else match["variant"]


def read_transfer(placeholder: Placeholder) -> Transfer | None:
    """Return the transfer of a presigned URL placeholder, None for another placeholder.

    Source: developer guide, "Create and manage jobs" (documented); the texts about URLs are observed.

    Raises:
        InvalidRequestException: The URL is not one of an object in S3, or its local keywords are misplaced, unknown or repeated
            too often.
    """
    match = _PRESIGNED.fullmatch(placeholder.content)
    if match is None:
        return None
    url, variant = match["url"], match["variant"]
    is_upload = variant == "-upload"
    if variant == "-v2" and " " in url:
        raise InvalidRequestException(messages.S3_URL_INVALID.format(url=url))
    try:
        parsed = parse_s3_url(unquote(url) if variant == "-v2" else url)
    except NotS3UrlError as error:
        raise InvalidRequestException(messages.S3_URL_INVALID.format(url=url)) from error
    if not parsed.key:
        raise InvalidRequestException(messages.S3_URL_WITHOUT_KEY.format(url=url))
    if is_upload:
        _check_upload(url, parsed)
    elif _KEYWORD.search(url):
        raise InvalidRequestException(messages.KEYWORD_IN_DOWNLOAD.format(url=url))
    return Transfer("PUT" if is_upload else "GET", parsed)


def _check_upload(url: str, parsed: S3Url) -> None:
    # An upload creates a version, so it cannot name one (documented).
    if parsed.version_id is not None:
        raise InvalidRequestException(messages.S3_URL_INVALID.format(url=url))
    if _KEYWORD.search(parsed.bucket):
        raise InvalidRequestException(messages.KEYWORD_IN_BUCKET.format(url=url))
    for keyword, count in Counter(_KEYWORD.findall(parsed.key)).items():
        if keyword not in _KEYWORDS:
            known = ", ".join(f"${{{each}}}" for each in _KEYWORDS)
            raise InvalidRequestException(messages.KEYWORD_UNKNOWN.format(keyword=keyword, url=url, known=known))
        if count > _MAX_USES:
            raise InvalidRequestException(messages.KEYWORD_TOO_OFTEN.format(keyword=keyword, url=url, limit=_MAX_USES))
