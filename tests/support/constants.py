"""Constants that all tests share."""

from __future__ import annotations

import botocore
from botocore.config import Config

REGION = "us-east-1"
ACCOUNT = "123456789012"

# A fault or an error shall reach the test at once.
NO_RETRIES = Config(retries={"max_attempts": 0})

# The botocore that the tests are written for: it knows all that they need. A test that needs something newer raises this version.
WRITTEN_FOR = "1.44.8"


def botocore_is_at_least(version: str) -> bool:
    """Return whether the installed botocore is this version or a newer one."""
    return _parts(botocore.__version__) >= _parts(version)


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
