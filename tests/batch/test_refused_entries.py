"""Entries that a test makes fail in CancelJobs and TerminateJobs."""

from __future__ import annotations

import pytest

from mock_jobs.core.errors import UsageTypeError, UsageValueError

from support.batch import UNKNOWN_ID
from support.needs import needs


@pytest.fixture(autouse=True)
def _site(site):
    site.make_queue_and_definition()


@needs("batch CancelJobs", "batch TerminateJobs")
@pytest.mark.parametrize("operation", ["cancel_jobs", "terminate_jobs"])
@pytest.mark.parametrize(
    "code", ["ValidationException", "ClientException", "ThrottlingException", "ServerException", "AccessDenied"]
)
def test_a_job_is_listed_among_the_errors_and_left_alone(mock, batch, site, operation, code):
    one, other = site.submit(), site.submit()
    mock.batch.refuse(one, code, message="slow down")

    answer = getattr(batch, operation)(jobs=[one, other], reason="stop")

    assert answer["successful"] == [other]
    assert answer["errors"] == [{"job": one, "code": code, "message": "slow down"}]
    assert (site.status(one), site.status(other)) == ("SUBMITTED", "FAILED")


@needs("batch CancelJobs")
def test_it_is_refused_as_often_as_asked_for(mock, batch, site):
    job_id = site.submit()
    mock.batch.refuse(job_id, "ThrottlingException", times=2)

    answers = [batch.cancel_jobs(jobs=[job_id], reason="stop") for _ in range(3)]

    assert [len(answer["errors"]) for answer in answers] == [1, 1, 0]
    assert answers[0]["errors"][0]["message"] == "ThrottlingException, asked for by the test"
    assert site.status(job_id) == "FAILED"


@needs("batch TerminateJobs")
def test_an_unknown_job_can_be_refused_and_a_malformed_id_is_refused_anyway(mock, batch):
    mock.batch.refuse(UNKNOWN_ID, "AccessDenied")

    answer = batch.terminate_jobs(jobs=["bad id", UNKNOWN_ID], reason="stop")

    assert [each["code"] for each in answer["errors"]] == ["ValidationException", "AccessDenied"]


def test_the_single_form_knows_nothing_of_it(mock, batch, site):
    job_id = site.submit()
    mock.batch.refuse(job_id, "ServerException", optional=True)

    batch.cancel_job(jobId=job_id, reason="stop")

    assert site.status(job_id) == "FAILED"


@needs("batch CancelJobs")
def test_a_reset_forgets_it(mock, batch):
    mock.batch.refuse(UNKNOWN_ID, "ServerException")
    mock.reset()

    assert batch.cancel_jobs(jobs=[UNKNOWN_ID], reason="stop")["successful"] == [UNKNOWN_ID]


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ((UNKNOWN_ID, "Throttled"), UsageValueError, "there are: ValidationException, ClientException"),
        ((1, "ServerException"), UsageTypeError, "job_id"),
        ((UNKNOWN_ID, None), UsageTypeError, "code"),
    ],
    ids=["unknown code", "number for an id", "no code"],
)
def test_misuse_is_told_at_once(mock, arguments, error, text):
    with pytest.raises(error, match=text):
        mock.batch.refuse(*arguments)


def test_it_is_refused_once_at_least(mock):
    with pytest.raises(UsageValueError, match="times"):
        mock.batch.refuse(UNKNOWN_ID, "ServerException", times=0)
