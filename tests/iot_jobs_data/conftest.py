from __future__ import annotations

import boto3
import pytest
from botocore.config import Config

from support.fleet import Fleet


@pytest.fixture
def fleet(mock, iot, iot_data):
    return Fleet(iot, iot_data, mock)


@pytest.fixture
def unchecked_data(mock):
    """A client that sends what boto3 itself would refuse."""
    return boto3.client(
        "iot-jobs-data", region_name="us-east-1", config=Config(parameter_validation=False, retries={"max_attempts": 0})
    )
