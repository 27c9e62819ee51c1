"""Reading and checking a job document: valid JSON, and valid placeholders in it."""

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
        text: The document after the substitutions that the service makes when a job is created.
        before_substitution: The document before them, byte for byte as it was given or read.
        source: Where it was read from, None if it was given.
    """

    text: str
    before_substitution: str
    source: str | None = None


def read_document(
    owner_id: str, document: str | None, source: str | None, configs: JobConfigs, sources: Sources
) -> JobDocument | None:
    """Return the checked document that a request contains or names, None if it does neither.

    Args:
        owner_id: Id of the job or the job template.
        document: The document, as given.
        source: S3 URL, as given.
        configs: Has the role and the package versions that placeholders need.
        sources: Where sources are read.

    Raises:
        InvalidRequestException: With the service's texts (observed).
        LimitExceededException: The object that the source names is too long (observed).
        NotEmulatedYet: It has placeholders that are not emulated.
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
    """Refuse placeholders that the service refuses, and those that mock_jobs cannot replace.

    Source: developer guide, "Create and manage jobs" (documented); the texts and their order are observed.

    Args:
        owner_id: Id of the job or the job template.
        document: The document, valid JSON.
        configs: Has the role and the package versions that placeholders need.

    Raises:
        InvalidRequestException: A URL to presign has no role, names no object, is not in S3 or misuses a local keyword; a
            placeholder is not terminated; a package placeholder is invalid; or there are more than 10 to substitute.
        NotEmulatedYet: A placeholder names a package, and there is no registry of packages.
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
