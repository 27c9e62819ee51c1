"""How many submissions per second are accepted. Documents: user guide, "AWS Batch service quotas"."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from support.batch import Timeline
from support.batch_site import Site
from support.constants import NO_RETRIES, REGION


@pytest.fixture
def batch(mock):
    client = boto3.client("batch", region_name=REGION, config=NO_RETRIES)
    Site(client).make_queue_and_definition()
    return client


def submit_service_job(batch: Any) -> None:
    batch.submit_service_job(
        jobName="s", jobQueue="q", serviceJobType="SAGEMAKER_TRAINING", serviceRequestPayload=json.dumps({}), clientToken="t"
    )


def submit_job(batch: Any) -> None:
    Site(batch).submit()


CALLS: dict[str, Callable[[Any], object]] = {
    "submit_job_per_second": submit_job,
    "submit_service_job_per_second": submit_service_job,
}


def refused(call: Callable[[Any], object], batch: Any) -> bool:
    """Return whether the rate lets a call through no more."""
    try:
        call(batch)
    except ClientError as error:
        return error.response["Error"]["Code"] == "TooManyRequestsException"
    return False


def jobs(batch: Any) -> int:
    listed = batch.list_jobs(jobQueue="q", filters=[{"name": "JOB_NAME", "values": ["*"]}])
    return len(listed["jobSummaryList"])


@pytest.mark.parametrize("setting", CALLS)
def test_calls_beyond_the_rate_are_refused_until_a_second_has_passed(mock, batch, setting):
    at = Timeline(mock)
    setattr(mock.batch.settings, setting, 2)

    assert [refused(CALLS[setting], batch) for _ in range(3)] == [False, False, True]
    at.go_to(0.999)
    assert refused(CALLS[setting], batch)
    at.go_to(1)
    assert [refused(CALLS[setting], batch) for _ in range(3)] == [False, False, True]


@pytest.mark.parametrize("setting", CALLS)
def test_no_call_is_refused_by_default(mock, batch, setting):
    mock.clock.freeze()

    assert not any(refused(CALLS[setting], batch) for _ in range(60))


@pytest.mark.parametrize("setting", CALLS)
def test_the_rates_are_counted_apart(mock, batch, setting):
    mock.clock.freeze()
    setattr(mock.batch.settings, setting, 0)
    (other,) = CALLS.keys() - {setting}

    assert refused(CALLS[setting], batch)
    assert not refused(CALLS[other], batch)


def test_a_refused_submission_answers_429_and_changes_nothing(mock, batch, site):
    mock.batch.settings.submit_job_per_second = 0

    with pytest.raises(ClientError) as caught:
        site.submit()

    response = caught.value.response
    assert response["Error"] == {"Code": "TooManyRequestsException", "Message": "Too Many Requests"}
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert jobs(batch) == 0


def test_reading_is_not_counted(mock, batch, site):
    mock.clock.freeze()
    mock.batch.settings.change(submit_job_per_second=1)
    site.submit()

    assert [jobs(batch) for _ in range(3)] == [1, 1, 1]
