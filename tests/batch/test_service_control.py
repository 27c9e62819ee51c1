"""Moving service jobs by hand, whatever the pace."""

from __future__ import annotations

import pytest

from mock_jobs.batch.service_jobs.states import SERVICE_STATUSES, SERVICE_STOP_EFFECTS, SERVICE_TRANSITIONS, ServiceTrigger
from mock_jobs.batch.states import TERMINAL
from mock_jobs.core.errors import UsageValueError

from support.contract import model_of
from support.service_jobs import limit


@pytest.fixture(autouse=True)
def _site(mock, site):
    mock.batch.pace = "manual"
    site.make_service_queue_and_environment()


def test_a_step_takes_a_service_job_one_state_further(mock, site):
    job_id = site.submit_service()

    seen = [mock.batch.step(job_id) for _ in range(5)]

    assert seen == ["RUNNABLE", "SCHEDULED", "STARTING", "RUNNING", "SUCCEEDED"]


def test_a_step_does_not_wait_for_latencies(mock, site):
    for name in ("submitted", "runnable", "scheduled", "starting"):
        setattr(mock.batch.settings, f"{name}_seconds", 100)
    mock.batch.plan(duration=100)
    job_id = site.submit_service()
    now_ms = mock.clock.now_ms

    seen = [mock.batch.step(job_id) for _ in range(5)]

    assert seen[-1] == "SUCCEEDED"
    assert mock.clock.now_ms - now_ms < 90_000


def test_a_step_that_is_impossible_says_why(mock, batch, site):
    mock.batch.plan("hangs", duration=None)
    hanging, waiting = site.submit_service("hangs", 3), site.submit_service("waits", 2)
    mock.batch.run_until(hanging, "RUNNING")

    with pytest.raises(UsageValueError, match="RUNNING, and its plan never ends: a timeout or TerminateServiceJob has to end it"):
        mock.batch.step(hanging)
    text = r"RUNNABLE, needs 2 NUM_INSTANCES and waits for capacity or its turn in se \(ENABLED, VALID, 3 of 4 NUM_INSTANCES in use\)"
    with pytest.raises(UsageValueError, match=text):
        mock.batch.step(waiting)
    batch.terminate_service_job(jobId=hanging, reason="enough")
    with pytest.raises(UsageValueError, match=r"it is FAILED \(enough\)"):
        mock.batch.step(hanging)


def test_a_step_takes_a_job_out_of_its_turn(mock, site):
    too_large, small = site.submit_service("large", 5), site.submit_service("small")
    mock.batch.run_all()
    before = site.service_statuses(too_large, small)

    mock.batch.step(small)

    assert before == ["RUNNABLE", "RUNNABLE"]
    assert site.service_statuses(too_large, small) == ["RUNNABLE", "SCHEDULED"]


def test_the_world_runs_until_a_service_job_has_a_status(mock, site):
    job_id = site.submit_service()

    mock.batch.run_until(job_id, "SCHEDULED")

    assert site.service_status(job_id) == "SCHEDULED"
    with pytest.raises(UsageValueError, match="will never be RUNNABLE: it is SUCCEEDED"):
        mock.batch.run_until(job_id, "RUNNABLE")


def test_a_status_of_other_jobs_moves_nothing(mock, site):
    site.make_queue_and_definition()
    job_id, service_id = site.submit(), site.submit_service()

    with pytest.raises(UsageValueError, match="no such status: 'SCHEDULED'"):
        mock.batch.run_until(job_id, "SCHEDULED")
    with pytest.raises(UsageValueError, match=r"no such status: 'DONE'\. There are: SUBMITTED, PENDING, RUNNABLE, SCHEDULED"):
        mock.batch.run_until(service_id, "DONE")
    assert (site.status(job_id), site.service_status(service_id)) == ("SUBMITTED", "SUBMITTED")


def test_all_jobs_of_both_kinds_run_to_their_end(mock, site):
    site.make_queue_and_definition()
    mock.batch.plan(duration=10)
    jobs = [site.submit() for _ in range(3)]
    service_jobs = [site.submit_service(f"job-{number}", 3) for number in range(3)]

    mock.batch.run_all()

    assert [site.status(job_id) for job_id in jobs] == ["SUCCEEDED"] * 3
    assert site.service_statuses(*service_jobs) == ["SUCCEEDED"] * 3


def test_more_capacity_than_there_is_is_never_stepped_into(mock, batch, site):
    batch.update_service_environment(serviceEnvironment="se", capacityLimits=[limit(2)])
    jobs = [site.submit_service(f"job-{number}") for number in range(3)]
    for job_id in jobs:
        mock.batch.step(job_id)
    for job_id in jobs[:2]:
        mock.batch.step(job_id)

    with pytest.raises(UsageValueError, match="2 of 2 NUM_INSTANCES in use"):
        mock.batch.step(jobs[2])


def test_a_step_starts_nothing_in_a_disabled_environment(mock, batch, site):
    job_id = site.submit_service()
    mock.batch.step(job_id)
    batch.update_service_environment(serviceEnvironment="se", state="DISABLED")

    with pytest.raises(UsageValueError, match=r"waits for capacity or its turn in se \(DISABLED, VALID"):
        mock.batch.step(job_id)


# The tables


def test_the_statuses_are_those_of_the_model():
    assert list(SERVICE_STATUSES) == model_of("batch").shape_for("ServiceJobStatus").enum


def test_the_table_of_transitions_is_whole():
    """Every trigger leads somewhere, ended jobs stay, and every state but the documented PENDING is reached."""
    assert {trigger for _, trigger in SERVICE_TRANSITIONS} == set(ServiceTrigger)
    assert not {before for before, _ in SERVICE_TRANSITIONS} & TERMINAL
    assert set(SERVICE_TRANSITIONS.values()) | {"SUBMITTED"} == set(SERVICE_STATUSES) - {"PENDING"}
    assert set(SERVICE_STOP_EFFECTS) == set(SERVICE_STATUSES) - {"PENDING"}
