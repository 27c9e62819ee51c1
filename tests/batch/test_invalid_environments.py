"""Compute environments that a test makes INVALID.

Document: user guide, "INVALID compute environment" and "Jobs stuck in RUNNABLE".
"""

from __future__ import annotations

import pytest

from mock_jobs.core.errors import UsageTypeError, UsageValueError

from support.batch import refusal

REASON = "CLIENT_ERROR - Not authorized to perform sts:AssumeRole"
BLOCKED = "ACTION_REQUIRED - CE(s) associated with the job queue are invalid."


@pytest.fixture
def prepared(mock, site):
    site.make_queue_and_definition()
    mock.batch.pace = "clock"
    mock.clock.freeze()
    return site


def environment(batch, name="ce"):
    (found,) = batch.describe_compute_environments(computeEnvironments=[name])["computeEnvironments"]
    return found["status"], found.get("statusReason")


def test_an_invalid_environment_says_why(mock, prepared):
    mock.batch.invalidate("ce", REASON)

    assert environment(prepared.batch) == ("INVALID", REASON)


def test_no_job_is_placed_in_it_and_the_head_of_the_queue_says_so(mock, prepared):
    mock.batch.invalidate("ce", REASON)
    job_id = prepared.submit()

    assert prepared.status(job_id) == "RUNNABLE"
    assert prepared.detail(job_id)["statusReason"] == BLOCKED


def test_what_runs_goes_on(mock, prepared):
    mock.batch.plan(duration=60)
    job_id = prepared.submit()
    assert prepared.status(job_id) == "RUNNING"
    mock.batch.invalidate("ce", REASON)
    mock.clock.advance(60)

    assert prepared.status(job_id) == "SUCCEEDED"


def test_another_environment_of_the_queue_takes_the_jobs(mock, prepared):
    prepared.make_environment("second")
    prepared.make_queue("both", ("ce", "second"))
    mock.batch.invalidate("ce", REASON)

    assert prepared.status(prepared.submit(jobQueue="both")) == "SUCCEEDED"


def test_an_update_repairs_it(mock, prepared):
    mock.batch.invalidate("ce", REASON)
    job_id = prepared.submit()
    prepared.batch.update_compute_environment(computeEnvironment="ce", computeResources={"maxvCpus": 32})

    assert environment(prepared.batch) == ("VALID", "ComputeEnvironment Healthy")
    assert prepared.status(job_id) == "SUCCEEDED"


def test_no_queue_can_be_made_on_it(mock, prepared):
    mock.batch.invalidate("ce", REASON)
    order = [{"order": 1, "computeEnvironment": "ce"}]

    text = refusal(prepared.batch.create_job_queue, jobQueueName="x", priority=1, computeEnvironmentOrder=order)
    assert text.endswith("compute-environment/ce must be valid before attaching")


def test_it_can_be_deleted(mock, batch, site):
    site.make_environment()
    batch.update_compute_environment(computeEnvironment="ce", state="DISABLED")
    mock.batch.invalidate("ce", REASON)
    batch.delete_compute_environment(computeEnvironment="ce")

    assert batch.describe_compute_environments()["computeEnvironments"] == []


def test_an_environment_can_turn_out_to_be_invalid_while_it_is_made(mock, batch, site):
    mock.batch.settings.compute_environment_create_seconds = 10
    mock.clock.freeze()
    arn = site.make_environment()
    assert environment(batch) == ("CREATING", None)
    mock.batch.invalidate(arn, REASON)
    mock.clock.advance(10)

    assert environment(batch) == ("INVALID", REASON)


def test_one_that_is_being_deleted_is_refused(mock, batch, site):
    mock.batch.settings.compute_environment_delete_seconds = 10
    mock.clock.freeze()
    site.make_environment()
    batch.update_compute_environment(computeEnvironment="ce", state="DISABLED")
    batch.delete_compute_environment(computeEnvironment="ce")

    with pytest.raises(UsageValueError, match="compute environment ce is being deleted"):
        mock.batch.invalidate("ce", REASON)


def test_an_unknown_environment_is_refused(mock, prepared):
    with pytest.raises(UsageValueError, match="no compute environment is named 'other'; there are: ce"):
        mock.batch.invalidate("other", REASON)


@pytest.mark.parametrize("arguments", [(1, REASON), ("ce", None)])
def test_what_is_no_text_is_refused(mock, prepared, arguments):
    with pytest.raises(UsageTypeError):
        mock.batch.invalidate(*arguments)

    assert environment(prepared.batch)[0] == "VALID"


def test_a_job_that_starts_is_not_affected(mock, site):
    site.make_queue_and_definition()
    job_id = site.submit()
    site.reach(job_id, "STARTING")
    mock.batch.invalidate("ce", REASON)
    site.reach(job_id, "SUCCEEDED")
