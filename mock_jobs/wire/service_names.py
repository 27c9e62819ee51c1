"""The boto3 names of the services that mock_jobs answers."""

from __future__ import annotations

NAMES = ("batch", "iot", "iot-jobs-data")
