from __future__ import annotations

from copy import copy

import boto3
import pytest
from botocore.config import Config

from support.fleet import Fleet


@pytest.fixture
def fleet(mock, iot, iot_data):
    return Fleet(iot, iot_data, mock)


UNCHECKED = Config(parameter_validation=False, retries={"max_attempts": 0})


@pytest.fixture
def unchecked_iot(mock):
    """A client that sends what boto3 itself would refuse."""
    return boto3.client("iot", region_name="us-east-1", config=UNCHECKED)


@pytest.fixture
def unchecked_data(mock):
    """A client that sends what boto3 itself would refuse."""
    return boto3.client("iot-jobs-data", region_name="us-east-1", config=UNCHECKED)


@pytest.fixture
def example(fleet):
    """A snapshot job on A QUEUED v1, B IN_PROGRESS v2, C SUCCEEDED v3, D FAILED v3."""
    fleet.things("A", "B", "C", "D")
    fleet.job("A", "B", "C", "D", job_id="J")
    fleet.bring("B", "IN_PROGRESS", "J")
    fleet.bring("C", "SUCCEEDED", "J")
    fleet.bring("D", "FAILED", "J")
    return fleet


@pytest.fixture
def fill_group(mock, iot):
    """Fill a group with things in moto's registry itself, because its API takes long."""
    from moto.iot.models import iot_backends

    def fill(group_name, count):
        iot.create_thing_group(thingGroupName=group_name)
        kept = iot_backends["123456789012"]["us-east-1"]
        group = kept.thing_groups[f"arn:aws:iot:us-east-1:123456789012:thinggroup/{group_name}"]
        iot.create_thing(thingName="pattern")
        pattern = kept.things["arn:aws:iot:us-east-1:123456789012:thing/pattern"]
        for number in range(count):
            thing = copy(pattern)
            thing.thing_name = f"{group_name}-{number}"
            thing.arn = f"arn:aws:iot:us-east-1:123456789012:thing/{thing.thing_name}"
            kept.things[thing.arn] = thing
            group.things[thing.arn] = thing

    return fill


@pytest.fixture
def s3(mock):
    return boto3.client("s3", region_name="us-east-1")
