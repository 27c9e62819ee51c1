"""What all tests agree on."""

from __future__ import annotations

from botocore.config import Config

REGION = "us-east-1"
ACCOUNT = "123456789012"

# A fault or an error shall reach the test at once.
NO_RETRIES = Config(retries={"max_attempts": 0})
