"""What CreateJob demands of a job document: JSON, its size, the placeholders in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from mock_jobs.aws import NotEmulatedYet, Violation
from mock_jobs.iot import messages
from mock_jobs.iot.document_sources import MAX_DOCUMENT_BYTES, Sources, read_source
from mock_jobs.iot.exceptions import InvalidRequestException
from mock_jobs.iot.json_text import is_json
from mock_jobs.iot.s3_urls import NotS3UrlError, parse_s3_url
from mock_jobs.iot.validation import validation_error

if TYPE_CHECKING:
    from mypy_boto3_iot.type_defs import PresignedUrlConfigTypeDef

    from mock_jobs.iot.job_configs import JobConfigs

_OPENING: Final = "${aws:"
_PRESIGN: Final = re.compile(
    r"""\$\{aws:iot:s3-presigned-url(?P<variant>-v1|-v2|-upload)?:(?P<url>(?:\$\{[a-zA-Z]+\}|[^}"])*)\}"""
)
_PACKAGE: Final = re.compile(r"\$\{aws:iot:package:")


@dataclass(frozen=True, slots=True)
class JobDocument:
    """The document of a job or a job template.

    Attributes:
        text: With everything in its place that the service puts there when a job is created.
        before_substitution: As it was given or read, byte for byte.
        source: Where it was read from, None if it was given.
    """

    text: str
    before_substitution: str
    source: str | None = None


def read_document(
    owner_id: str, document: str | None, source: str | None, configs: JobConfigs, sources: Sources
) -> JobDocument | None:
    """Return the document that a request gives or names, None if it does neither; refuse a bad one.

    Args:
        owner_id: Of the job or the job template.
        document: As given.
        source: S3 URL, as given.
        configs: Has the role that placeholders need.
        sources: Where sources are read.

    Raises:
        InvalidRequestException: With the service's texts (observed).
        LimitExceededException: What the source names is too long (observed).
        NotEmulatedYet: It has placeholders that are missing here.
    """
    if source is not None:
        document = read_source(source, sources)
    if document is None:
        return None
    check_document(document, source)
    check_placeholders(owner_id, document, configs.presigned_url)
    return JobDocument(document, document, source)


def check_document(document: str, source: str | None = None) -> None:
    """Refuse a document that is too long or not JSON.

    Raises:
        InvalidRequestException: With the service's texts (observed).
    """
    if not document.isascii() and len(document.encode("utf-8", "surrogatepass")) > MAX_DOCUMENT_BYTES:
        raise validation_error([Violation("document", document, "max_length", MAX_DOCUMENT_BYTES)])
    if not is_json(document):
        raise InvalidRequestException(messages.INVALID_DOCUMENT.format(place=source or messages.DOCUMENT_IN_REQUEST))


def check_placeholders(job_id: str, document: str, presigned_url_config: PresignedUrlConfigTypeDef | None) -> None:
    """Refuse placeholders that the service refuses; what it would replace is not emulated yet.

    Source: developer guide, "Create and manage jobs" (documented); the texts and their order are observed.

    Raises:
        InvalidRequestException: A URL to presign without role, without object or outside S3; a placeholder without end.
        NotEmulatedYet: There is something to replace.
    """
    if _OPENING not in document:
        return
    presigned = list(_PRESIGN.finditer(document))
    if presigned and not (presigned_url_config or {}).get("roleArn"):
        if all(each["variant"] == "-v2" for each in presigned):
            raise InvalidRequestException(messages.ROLE_REQUIRED_V2)
        raise InvalidRequestException(messages.ROLE_REQUIRED.format(job_id=job_id))
    for each in presigned:
        _check_presigned(each["url"], is_encoded=each["variant"] == "-v2")
    _check_terminated(document)
    if presigned:
        raise NotEmulatedYet("presigned S3 URLs in job documents")
    if _PACKAGE.search(document):
        raise NotEmulatedYet("software package placeholders in job documents")


def _check_presigned(url: str, *, is_encoded: bool) -> None:
    if is_encoded and " " in url:
        raise InvalidRequestException(messages.S3_URL_INVALID.format(url=url))
    try:
        parsed = parse_s3_url(unquote(url) if is_encoded else url)
    except NotS3UrlError as error:
        raise InvalidRequestException(messages.S3_URL_INVALID.format(url=url)) from error
    if not parsed.key:
        raise InvalidRequestException(messages.S3_URL_WITHOUT_KEY.format(url=url))


def _check_terminated(document: str) -> None:
    start = document.find(_OPENING)
    while start >= 0:
        following = document.find(_OPENING, start + 1)
        end = document.find("}", start)
        # A placeholder cannot run past the string that it stands in.
        quote = document.find('"', start)
        limit = min(each for each in (following, quote, len(document)) if each >= 0)
        if not start < end < limit:
            raise InvalidRequestException(messages.PLACEHOLDER_NOT_TERMINATED)
        start = following
