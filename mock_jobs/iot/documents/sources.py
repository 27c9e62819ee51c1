"""Documents that a request names by an S3 URL; they are read once, when the job or the job template is created."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mock_jobs.iot import messages
from mock_jobs.iot.documents.s3_urls import NotS3UrlError, S3Url, parse_s3_url
from mock_jobs.iot.exceptions import InvalidRequestException, LimitExceededException
from mock_jobs.iot.rules.bounds import MAX_DOCUMENT_BYTES

if TYPE_CHECKING:
    from mock_jobs.ports.object_store import ObjectStore


@dataclass(frozen=True, slots=True)
class Sources:
    """Where document sources are read.

    Attributes:
        objects: The objects in S3.
        is_strict: Whether a missing bucket is an error, as it is for the service.
    """

    objects: ObjectStore
    is_strict: bool


def read_source(source: str, sources: Sources) -> str:
    """Return the document that a source names.

    If the bucket does not exist and `is_strict` is false, the document only names its source, so that tests which only want a job
    need no bucket.

    Source: developer guide, "Create and manage jobs with the CLI": read at creation (documented); texts and statuses are observed.

    Raises:
        InvalidRequestException: The source is not the URL of an S3 object, the object does not exist, or it is not UTF-8.
        LimitExceededException: The object is longer than a document may be.
    """
    url = parse_source(source)
    if sources.objects.region_of(url.bucket) is None:
        if sources.is_strict:
            raise InvalidRequestException(messages.SOURCE_BUCKET_NOT_FOUND.format(source=source))
        return json.dumps({"documentSource": source})
    content = sources.objects.read(url.bucket, url.key, url.version_id)
    if content is None:
        raise InvalidRequestException(messages.SOURCE_NOT_FOUND.format(source=source))
    if len(content) > MAX_DOCUMENT_BYTES:
        raise LimitExceededException(messages.SOURCE_TOO_LONG.format(source=source, limit=MAX_DOCUMENT_BYTES))
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise InvalidRequestException(messages.INVALID_DOCUMENT.format(source=source)) from error


def parse_source(source: str) -> S3Url:
    """Return the S3 URL of the object that a source names.

    Raises:
        InvalidRequestException: It names no object; the texts are the service's (observed).
    """
    try:
        url = parse_s3_url(source)
    except NotS3UrlError as error:
        raise InvalidRequestException(messages.SOURCE_INVALID.format(source=source)) from error
    if not url.key:
        raise InvalidRequestException(messages.S3_URL_WITHOUT_KEY.format(url=source))
    return url
