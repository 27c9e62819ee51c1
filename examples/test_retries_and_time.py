"""What is hard to have from a real account: errors on demand, and time that passes at once."""

import boto3
import pytest
from botocore.config import Config


def test_cancelling_survives_a_service_that_is_down_for_a_moment(mock_jobs, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)  # botocore waits between its retries
    iot = boto3.client("iot", config=Config(retries={"mode": "standard", "max_attempts": 3}))
    arn = iot.create_thing(thingName="pump-1")["thingArn"]
    iot.create_job(jobId="firmware-7", targets=[arn], document="{}")
    mock_jobs.faults.add("iot", "cancel_job", "ServiceUnavailableException", times=2)

    iot.cancel_job(jobId="firmware-7")

    assert [call.error for call in mock_jobs.calls if call.operation == "CancelJob"] == [
        "ServiceUnavailableException",
        "ServiceUnavailableException",
        None,
    ]


def test_an_error_that_the_operation_never_answers_is_refused(mock_jobs):
    with pytest.raises(ValueError, match="batch CancelJob never answers 'LimitExceededException'"):
        mock_jobs.faults.add("batch", "cancel_job", "LimitExceededException")


def test_a_rollout_takes_its_minutes_and_the_test_does_not(mock_jobs, mock_jobs_iot):
    iot = mock_jobs_iot
    arns = [iot.create_thing(thingName=f"pump-{number}")["thingArn"] for number in range(25)]
    iot.create_job(jobId="firmware-7", targets=arns, document="{}", jobExecutionsRolloutConfig={"maximumPerMinute": 10})

    def queued():
        return iot.describe_job(jobId="firmware-7")["job"]["jobProcessDetails"]["numberOfQueuedThings"]

    mock_jobs.clock.freeze()
    assert queued() == 10
    mock_jobs.clock.advance(60)
    assert queued() == 20
    mock_jobs.clock.advance(60)
    assert queued() == 25
