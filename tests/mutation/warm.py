"""What each trial would load anew: pytest, the models of botocore, and moto. Nothing of mock_jobs, which is what is mutated."""

from __future__ import annotations

import boto3
import hypothesis  # noqa: F401 - loaded for the trials
import pytest  # noqa: F401 - loaded for the trials
from moto import mock_aws

with mock_aws():
    _keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": "us-east-1"}
    boto3.client("iot", **_keys).create_thing(thingName="warm")
    boto3.client("iot", **_keys).create_thing_group(thingGroupName="warm")
    boto3.client("batch", **_keys).describe_job_queues()
