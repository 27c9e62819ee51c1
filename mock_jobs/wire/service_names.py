"""Names of the services that mock_jobs answers, as boto3 says them."""

from __future__ import annotations

NAMES = ("batch", "iot", "iot-jobs-data")
