"""The placeholders of a job document that name a software package."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from mock_jobs.iot import messages
from mock_jobs.iot.exceptions import InvalidRequestException
from mock_jobs.iot.rules.packages import DEFAULT_VERSION, NULL_VERSION, PackageVersion, parse_package_version

if TYPE_CHECKING:
    from mock_jobs.iot.documents.placeholders import Placeholder

_PREFIX: Final = "package:"
_PLACEHOLDER: Final = re.compile(
    r"package:(?P<package>[a-zA-Z0-9._-]{0,128}):version:(?P<version>[a-zA-Z0-9._-]{0,64}|\$default|\$null)"
    r":(?:(?P<all>attributes)|attributes:(?P<attribute>[^:]+)|(?P<artifact>artifact:s3-presigned-url))"
)


def names_package(placeholder: Placeholder) -> bool:
    """Return whether a placeholder names a package, a version, an attribute or an artifact."""
    return placeholder.content.startswith(_PREFIX)


def names_artifact(placeholder: Placeholder) -> bool:
    """Return whether a placeholder is for the presigned URL of an artifact."""
    match = _PLACEHOLDER.fullmatch(placeholder.content)
    return match is not None and match["artifact"] is not None


def check_package_placeholder(placeholder: Placeholder, arns: Sequence[str]) -> None:
    """Refuse a placeholder that is invalid regardless of what the registry of packages holds.

    Source: developer guide, "Troubleshooting the software package catalog" (the rules are documented; the texts are ours).

    Args:
        placeholder: One that names a package.
        arns: The destination package versions of the job.

    Raises:
        InvalidRequestException: Its form is wrong; only one of package and version is empty; both are empty and there is not
            exactly one destination package version; its version is `$null`, directly or through that destination package version;
            it means all attributes but is only part of a JSON value; or there are destination package versions and its package
            version is not one of them.
    """
    match = _PLACEHOLDER.fullmatch(placeholder.content)
    if match is None:
        raise InvalidRequestException(messages.PACKAGE_PLACEHOLDER_INVALID.format(placeholder=placeholder))
    named = PackageVersion(match["package"], match["version"])
    if bool(named.package) != bool(named.version):
        raise InvalidRequestException(messages.PACKAGE_NAMES_NOT_IN_PAIR.format(placeholder=placeholder))
    if not named.package and len(arns) != 1:
        raise InvalidRequestException(messages.PACKAGE_NAMES_AMBIGUOUS.format(placeholder=placeholder, count=len(arns)))
    if named.version == NULL_VERSION or (not named.package and arns[0].endswith(f"/{NULL_VERSION}")):
        raise InvalidRequestException(messages.PACKAGE_VERSION_NULL.format(placeholder=placeholder))
    if match["all"] is not None and not placeholder.is_whole_value:
        raise InvalidRequestException(messages.PACKAGE_ATTRIBUTES_NOT_ALONE.format(placeholder=placeholder))
    if named.package and arns and not _may_be_listed(named, arns):
        raise InvalidRequestException(messages.PACKAGE_NOT_LISTED.format(placeholder=placeholder))


def _may_be_listed(named: PackageVersion, arns: Sequence[str]) -> bool:
    listed = [each.version for each in map(parse_package_version, arns) if each is not None and each.package == named.package]
    # Only the registry knows which version is the default one, so `$default` may be any.
    return any(named.version == version or DEFAULT_VERSION in (named.version, version) for version in listed)
