"""Software packages: the versions that a job installs.

Neither moto nor mock_jobs has a registry of packages, so only the form of ARNs and their scope are checked.
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

# Mean the default version of a package, and no version. Source: developer guide, "Preparing jobs for the software package
# catalog" (documented).
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
    """Refuse destination package versions that are not ARNs of package versions.

    Source: the form of the ARN, developer guide (documented); the text is ours.

    Raises:
        InvalidRequestException: One is not the ARN of a package version.
    """
    for arn in arns:
        if parse_package_version(arn) is None:
            raise InvalidRequestException(messages.PACKAGE_ARN_INVALID.format(arn=arn))


def parse_package_version(arn: str) -> PackageVersion | None:
    """Return the package version that an ARN names, None for any other text."""
    match = _ARN.fullmatch(arn)
    return None if match is None else PackageVersion(match["package"], match["version"])


def check_packages_are_here(arns: Sequence[str], scope: Scope) -> None:
    """Refuse package versions of another account or region; whether one exists cannot be checked.

    Args:
        arns: Valid ARNs of package versions.
        scope: Scope of the job.

    Raises:
        ResourceNotFoundException: One is of another account, region or partition. Source: as for targets (inferred).
    """
    for arn in arns:
        match = _ARN.fullmatch(arn)
        if match is not None and match.group("partition", "region", "account") != scope:
            raise ResourceNotFoundException(messages.PACKAGE_NOT_FOUND.format(arn=arn))
