"""Cancel an IoT job while a device is working on it."""

import boto3
import pytest

from mock_jobs import mock_jobs


def cancel_rollout(job_id: str, *, force: bool = False) -> None:
    """Stand for the code under test."""
    boto3.client("iot").cancel_job(jobId=job_id, force=force, reasonCode="BAD_FIRMWARE")


@pytest.fixture
def fleet():
    """Two things with a job; the device of the first one is working on it."""
    with mock_jobs(region="eu-west-1"):
        iot, device = boto3.client("iot"), boto3.client("iot-jobs-data")
        arns = [iot.create_thing(thingName=name)["thingArn"] for name in ("pump-1", "pump-2")]
        iot.create_job(jobId="firmware-7", targets=arns, document='{"firmware": 7}')
        device.start_next_pending_job_execution(thingName="pump-1")
        yield iot, device


def status_of(iot, thing_name):
    return iot.describe_job_execution(jobId="firmware-7", thingName=thing_name)["execution"]["status"]


def test_one_execution_in_progress_needs_force(fleet):
    iot, _ = fleet

    with pytest.raises(iot.exceptions.InvalidStateTransitionException):
        iot.cancel_job_execution(jobId="firmware-7", thingName="pump-1")
    assert status_of(iot, "pump-1") == "IN_PROGRESS"

    iot.cancel_job_execution(jobId="firmware-7", thingName="pump-1", force=True)
    assert status_of(iot, "pump-1") == "CANCELED"


def test_a_plain_cancel_leaves_the_device_that_works_on_it_alone(fleet):
    iot, device = fleet

    cancel_rollout("firmware-7")

    assert [status_of(iot, name) for name in ("pump-1", "pump-2")] == ["IN_PROGRESS", "CANCELED"]
    device.update_job_execution(jobId="firmware-7", thingName="pump-1", status="SUCCEEDED")
    assert status_of(iot, "pump-1") == "SUCCEEDED"


def test_after_a_forced_cancel_the_device_cannot_report(fleet):
    iot, device = fleet

    cancel_rollout("firmware-7", force=True)

    with pytest.raises(device.exceptions.InvalidStateTransitionException):
        device.update_job_execution(jobId="firmware-7", thingName="pump-1", status="SUCCEEDED")
    job = iot.describe_job(jobId="firmware-7")["job"]
    assert (job["status"], job["forceCanceled"], job["reasonCode"]) == ("CANCELED", True, "BAD_FIRMWARE")


def test_a_stale_version_is_refused(fleet):
    iot, _ = fleet

    with pytest.raises(iot.exceptions.VersionConflictException, match="Expected version 1 but found version 2"):
        iot.cancel_job_execution(jobId="firmware-7", thingName="pump-1", force=True, expectedVersion=1)
