"""Software packages: the versions that a job brings, and the placeholders that name one.

moto has no registry of packages, and neither have we: what can be known without one is checked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mock_jobs.iot import messages
from mock_jobs.iot.exceptions import InvalidRequestException, ResourceNotFoundException

if TYPE_CHECKING:
    from mock_jobs.iot.documents.placeholders import Placeholder

# Stand for the version that the package has as its default, and for having none. Source: developer guide, "Preparing jobs for the
# software package catalog" (documented).
_DEFAULT: Final = "$default"
_NULL: Final = "$null"

# Source: PackageName and VersionName, API reference (documented).
_ARN: Final = re.compile(
    r"arn:(?P<partition>[^:]+):iot:(?P<region>[^:]+):(?P<account>[^:]+)"
    r":package/(?P<package>[a-zA-Z0-9._-]{1,128})/version/(?P<version>[a-zA-Z0-9._-]{1,64}|\$default|\$null)"
)
_PREFIX: Final = "package:"
_PLACEHOLDER: Final = re.compile(
    r"package:(?P<package>[a-zA-Z0-9._-]{0,128}):version:(?P<version>[a-zA-Z0-9._-]{0,64}|\$default|\$null)"
    r":(?:(?P<all>attributes)|attributes:(?P<attribute>[^:]+)|(?P<artifact>artifact:s3-presigned-url))"
)


@dataclass(frozen=True, slots=True)
class PackageVersion:
    """A version of a software package; both names may be empty in a placeholder."""

    package: str
    version: str


def check_package_versions(arns: Sequence[str]) -> None:
    """Refuse destination package versions that are no ARNs of package versions.

    Source: the form of the ARN, developer guide (documented); the text is ours.

    Raises:
        InvalidRequestException: So it is.
    """
    for arn in arns:
        if _ARN.fullmatch(arn) is None:
            raise InvalidRequestException(messages.PACKAGE_ARN_INVALID.format(arn=arn))


def check_packages_are_here(arns: Sequence[str], scope: tuple[str, str, str]) -> None:
    """Refuse package versions of another account or region; whether one exists here cannot be known.

    Args:
        arns: Of the right form.
        scope: Partition, region and account.

    Raises:
        ResourceNotFoundException: So it is. Source: as for targets (inferred).
    """
    for arn in arns:
        match = _ARN.fullmatch(arn)
        if match is not None and match.group("partition", "region", "account") != scope:
            raise ResourceNotFoundException(messages.PACKAGE_NOT_FOUND.format(arn=arn))


def names_package(placeholder: Placeholder) -> bool:
    """Return whether a placeholder stands for something of a package."""
    return placeholder.content.startswith(_PREFIX)


def names_artifact(placeholder: Placeholder) -> bool:
    """Return whether a placeholder stands for the presigned URL of an artifact."""
    match = _PLACEHOLDER.fullmatch(placeholder.content)
    return match is not None and match["artifact"] is not None


def check_package_placeholder(placeholder: Placeholder, arns: Sequence[str]) -> None:
    """Refuse a placeholder that cannot be replaced, whatever the registry of packages holds.

    Source: developer guide, "Troubleshooting the software package catalog" (documented in the meaning; the texts are ours).

    Args:
        placeholder: One that names a package.
        arns: The destination package versions of the job.

    Raises:
        InvalidRequestException: Its form is wrong; just one of its two names is empty; both are, and there is not exactly one
            destination package version; it names `$null`; it stands for all attributes, and not alone; it names a version that
            is not among the destination package versions, of which there are some.
    """
    match = _PLACEHOLDER.fullmatch(placeholder.content)
    if match is None:
        raise InvalidRequestException(messages.PACKAGE_PLACEHOLDER_INVALID.format(placeholder=placeholder))
    named = PackageVersion(match["package"], match["version"])
    if bool(named.package) != bool(named.version):
        raise InvalidRequestException(messages.PACKAGE_NAMES_NOT_IN_PAIR.format(placeholder=placeholder))
    if not named.package and len(arns) != 1:
        raise InvalidRequestException(messages.PACKAGE_NAMES_AMBIGUOUS.format(placeholder=placeholder, count=len(arns)))
    if named.version == _NULL or (not named.package and arns[0].endswith(f"/{_NULL}")):
        raise InvalidRequestException(messages.PACKAGE_VERSION_NULL.format(placeholder=placeholder))
    if match["all"] is not None and not placeholder.is_whole_value:
        raise InvalidRequestException(messages.PACKAGE_ATTRIBUTES_NOT_ALONE.format(placeholder=placeholder))
    if named.package and arns and not _may_be_listed(named, arns):
        raise InvalidRequestException(messages.PACKAGE_NOT_LISTED.format(placeholder=placeholder))


def _may_be_listed(named: PackageVersion, arns: Sequence[str]) -> bool:
    matches = [match for match in map(_ARN.fullmatch, arns) if match is not None and match["package"] == named.package]
    # Which version is the default one only the registry knows.
    return any(named.version == match["version"] or _DEFAULT in (named.version, match["version"]) for match in matches)
