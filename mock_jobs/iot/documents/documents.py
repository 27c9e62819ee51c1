"""What CreateJob demands of a job document: JSON, its size, the placeholders in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mock_jobs.core.service_base import NotEmulatedYet
from mock_jobs.iot import messages
from mock_jobs.iot.documents.device_document import device_copy
from mock_jobs.iot.documents.json_text import is_json
from mock_jobs.iot.documents.package_placeholders import check_package_placeholder, names_artifact, names_package
from mock_jobs.iot.documents.placeholders import Placeholder, find_placeholders, may_have_placeholders
from mock_jobs.iot.documents.presigned import presigned_variant, read_transfer
from mock_jobs.iot.documents.sources import Sources, read_source
from mock_jobs.iot.exceptions import InvalidRequestException

if TYPE_CHECKING:
    from mock_jobs.iot.rules.job_configs import JobConfigs

# Source: developer guide, "Job limits" (documented).
MAX_SUBSTITUTIONS: Final = 10


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
        configs: Has the role and the package versions that placeholders need.
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
    check_placeholders(owner_id, document, configs)
    return JobDocument(document, document, source)


def check_document(document: str, source: str | None = None) -> None:
    """Refuse a document that is not JSON.

    Raises:
        InvalidRequestException: With the service's texts (observed).
    """
    if not is_json(document):
        raise InvalidRequestException(messages.INVALID_DOCUMENT.format(source=source or messages.DOCUMENT_IN_REQUEST))


def check_placeholders(owner_id: str, document: str, configs: JobConfigs) -> None:
    """Refuse placeholders that the service refuses, and those that cannot be replaced here.

    Source: developer guide, "Create and manage jobs" (documented); the texts and their order are observed.

    Args:
        owner_id: Of the job or the job template.
        document: JSON.
        configs: Has the role and the package versions that placeholders need.

    Raises:
        InvalidRequestException: A URL to presign without role, without object or outside S3; a placeholder without end; one of a
            package that is wrong in itself; too many of them.
        NotEmulatedYet: A package is named, and no registry of packages is there.
    """
    if not may_have_placeholders(document):
        return
    placeholders = find_placeholders(device_copy(document))
    found = placeholders.found
    _check_role(owner_id, found, configs)
    for each in found:
        read_transfer(each)
    if not placeholders.are_terminated:
        raise InvalidRequestException(messages.PLACEHOLDER_NOT_TERMINATED)
    of_packages = [each for each in found if names_package(each)]
    for each in of_packages:
        check_package_placeholder(each, configs.package_versions or ())
    count = len(of_packages) + sum(presigned_variant(each) is not None for each in found)
    if count > MAX_SUBSTITUTIONS:
        raise InvalidRequestException(messages.TOO_MANY_SUBSTITUTIONS.format(count=count, limit=MAX_SUBSTITUTIONS))
    if of_packages:
        raise NotEmulatedYet(f"the registry of software packages, which {of_packages[0]} in a job document needs,")


def check_role(owner_id: str, document: str, configs: JobConfigs) -> None:
    """Refuse configurations without a role for a document that needs one.

    Raises:
        InvalidRequestException: With the service's texts (observed).
    """
    if may_have_placeholders(document):
        _check_role(owner_id, find_placeholders(device_copy(document)).found, configs)


def _check_role(owner_id: str, found: Sequence[Placeholder], configs: JobConfigs) -> None:
    variants = {"-v2" if names_artifact(each) else presigned_variant(each) for each in found} - {None}
    if not variants or (configs.presigned_url or {}).get("roleArn"):
        return
    if variants == {"-v2"}:
        raise InvalidRequestException(messages.ROLE_REQUIRED_V2)
    raise InvalidRequestException(messages.ROLE_REQUIRED.format(job_id=owner_id))
