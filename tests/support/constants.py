"""Constants that all tests share."""

from __future__ import annotations

import pytest
from botocore.config import Config

from support.contract import model_of

REGION = "us-east-1"
ACCOUNT = "123456789012"

# A fault or an error shall reach the test at once.
NO_RETRIES = Config(retries={"max_attempts": 0})

KNOWS_BULK_FORMS = "CancelJobs" in model_of("batch").operation_names

# For tests about what the oldest supported botocore does not know: operations, members and enum values of AWS Batch.
newer_botocore = pytest.mark.skipif(not KNOWS_BULK_FORMS, reason="the installed botocore does not know what this is about")
