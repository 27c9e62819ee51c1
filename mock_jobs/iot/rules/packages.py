"""Software packages: the versions that a job brings.

There is no registry of packages, neither in moto nor here, so only the form of names is checked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mock_jobs.iot import messages
from mock_jobs.iot.exceptions import InvalidRequestException, ResourceNotFoundException

if TYPE_CHECKING:
    from mock_jobs.iot.rules.arns import Scope

# Stand for the version that the package has as its default, and for having none. Source: developer guide, "Preparing jobs for the
# software package catalog" (documented).
DEFAULT_VERSION: Final = "$default"
NULL_VERSION: Final = "$null"

# Source: PackageName and VersionName, API reference (documented).
_ARN: Final = re.compile(
    r"arn:(?P<partition>[^:]+):iot:(?P<region>[^:]+):(?P<account>[^:]+)"
    r":package/(?P<package>[a-zA-Z0-9._-]{1,128})/version/(?P<version>[a-zA-Z0-9._-]{1,64}|\$default|\$null)"
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
        if parse_package_version(arn) is None:
            raise InvalidRequestException(messages.PACKAGE_ARN_INVALID.format(arn=arn))


def parse_package_version(arn: str) -> PackageVersion | None:
    """Return the package version that an ARN names, None for any other text."""
    match = _ARN.fullmatch(arn)
    return None if match is None else PackageVersion(match["package"], match["version"])


def check_packages_are_here(arns: Sequence[str], scope: Scope) -> None:
    """Refuse package versions of another account or region; whether one exists here cannot be known.

    Args:
        arns: Of the right form.
        scope: That of the job.

    Raises:
        ResourceNotFoundException: So it is. Source: as for targets (inferred).
    """
    for arn in arns:
        match = _ARN.fullmatch(arn)
        if match is not None and match.group("partition", "region", "account") != scope:
            raise ResourceNotFoundException(messages.PACKAGE_NOT_FOUND.format(arn=arn))
