"""The same over HTTP: for any SDK, any language, and the AWS CLI."""

import boto3
import pytest

from mock_jobs import MockJobsServer


@pytest.fixture(scope="module")
def server():
    with MockJobsServer() as running:
        yield running


def client(server, service, account):
    return boto3.client(
        service,
        endpoint_url=server.url,
        region_name="us-west-2",
        aws_access_key_id=account,  # 12 digits name the account; each account has a world of its own
        aws_secret_access_key="anything",
    )


def test_cancel_job_through_the_server(server):
    iot = client(server, "iot", "111111111111")
    device = client(server, "iot-jobs-data", "111111111111")
    arn = iot.create_thing(thingName="pump-1")["thingArn"]
    iot.create_job(jobId="firmware-7", targets=[arn], document="{}", description="seven")
    device.start_next_pending_job_execution(thingName="pump-1")

    with pytest.raises(iot.exceptions.InvalidStateTransitionException):
        iot.cancel_job_execution(jobId="firmware-7", thingName="pump-1")
    answer = iot.cancel_job(jobId="firmware-7", force=True)

    assert answer["jobArn"] == "arn:aws:iot:us-west-2:111111111111:job/firmware-7"
    assert answer["description"] == "seven"
    execution = iot.describe_job_execution(jobId="firmware-7", thingName="pump-1")["execution"]
    assert (execution["status"], execution["forceCanceled"]) == ("CANCELED", True)


def test_the_clock_of_an_account_is_in_the_hand_of_the_test(server):
    controls = server.account("222222222222")
    before = controls.clock.now_s

    controls.clock.advance(3600)

    assert controls.clock.now_s - before >= 3600
    assert client(server, "iot", "222222222222").list_jobs()["jobs"] == []
