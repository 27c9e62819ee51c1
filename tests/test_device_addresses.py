"""The addresses that DescribeEndpoint gives to devices, called with the library requests."""

from __future__ import annotations

import pytest
import requests

from support.constants import REGION


@pytest.fixture
def address(iot):
    """Return the address of devices, with a thing that has a job."""
    arn = iot.create_thing(thingName="p")["thingArn"]
    iot.create_job(jobId="job", targets=[arn], document="{}")
    return iot.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]


@pytest.mark.parametrize("port", ["", ":443", ":8443"])
@pytest.mark.parametrize("next_job", ["$next", "%24next"])
def test_a_device_without_an_sdk_works_at_the_address_that_it_is_given(address, port, next_job):
    url = f"https://{address}{port}/things/p/jobs"

    assert requests.get(url, timeout=5).json()["queuedJobs"][0]["jobId"] == "job"
    assert requests.get(f"{url}/{next_job}", timeout=5).json()["execution"]["status"] == "QUEUED"
    assert requests.put(f"{url}/{next_job}", json={}, timeout=5).json()["execution"]["status"] == "IN_PROGRESS"
    assert requests.get(f"{url}/job", timeout=5).json()["execution"]["status"] == "IN_PROGRESS"
    assert requests.post(f"{url}/job", json={"status": "SUCCEEDED"}, timeout=5).status_code == 200
    assert requests.get(f"{url}/job", timeout=5).status_code == 410


@pytest.mark.parametrize(
    "host",
    [
        f"iot-fips.{REGION}.amazonaws.com",
        f"iot.{REGION}.api.aws",
        f"fips.batch.{REGION}.amazonaws.com",
        f"batch.{REGION}.api.aws",
        f"jobs.iot-fips.{REGION}.amazonaws.com",
    ],
)
def test_other_hosts_of_ours_are_answered_too(mock, host):
    url = f"https://{host}/things/p/jobs"

    assert requests.get(url, timeout=5).headers["x-amzn-ErrorType"] in (
        "ResourceNotFoundException",
        "UnknownOperationException",
    )
