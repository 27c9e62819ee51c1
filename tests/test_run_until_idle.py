"""`mock.run_until_idle()`: everything that time brings, for all services. It is Sunday, 12:00."""

from __future__ import annotations

from datetime import timedelta

import pytest

from support.batch_site import Site
from support.fleet import Fleet
from support.windows import SUNDAY, day, rate, state, windowed


@pytest.fixture(autouse=True)
def clock(mock):
    mock.clock.freeze()
    mock.clock.move_to(SUNDAY)
    return mock.clock


@pytest.fixture
def fleet(iot, iot_data):
    return Fleet(iot, iot_data)


@pytest.fixture
def site(batch):
    made = Site(batch)
    made.make_queue_and_definition()
    return made


def test_jobs_of_all_services_come_to_their_end_and_the_clock_stops_there(mock, clock, fleet, site):
    mock.batch.pace = "manual"
    mock.batch.plan(duration=600)
    job_id = site.submit(after=[site.submit()])
    fleet.things("t", "u")
    fleet.job("t", "u", **rate(1), timeoutConfig={"inProgressTimeoutInMinutes": 60})
    fleet.start("t")
    fleet.job("t", job_id="later", schedulingConfig={"startTime": "2030-06-02T14:00"})
    mock.run_until_idle()

    assert site.status(job_id) == "SUCCEEDED"
    assert state(fleet) == ("IN_PROGRESS", {"QUEUED": 1, "TIMED_OUT": 1})
    assert state(fleet, "later") == ("IN_PROGRESS", {"QUEUED": 1})
    assert (clock.now, clock.next_due) == (day(2, 14), None)


def test_nothing_happens_where_nothing_is_due(mock, clock, fleet):
    fleet.things("t")
    fleet.job("t")
    mock.run_until_idle()

    assert (fleet.status("t"), clock.now) == ("QUEUED", SUNDAY)


def test_ended_jobs_are_still_there(mock, clock, fleet, site):
    mock.iot.settings.retention_days = 90
    mock.batch.settings.change(job_retention_seconds=60, inactive_definition_retention_seconds=60)
    job_id = site.submit()
    site.batch.deregister_job_definition(jobDefinition="d:1")
    fleet.things("t")
    for number in range(4):
        fleet.job("t", job_id=f"job-{number}")
        fleet.iot.cancel_job(jobId=f"job-{number}")
    mock.run_until_idle()

    assert (site.status(job_id), fleet.describe("job-3")["status"], clock.now) == ("SUCCEEDED", "CANCELED", SUNDAY)
    assert len(site.batch.describe_job_definitions()["jobDefinitions"]) == 1

    clock.advance(timedelta(days=90))
    assert fleet.iot.list_jobs()["jobs"] == site.batch.describe_jobs(jobs=[job_id])["jobs"] == []


def test_what_is_due_on_the_way_happens(mock, clock, site):
    """Four timers tidy up, and the one that is awaited comes after three of them."""
    ended = []
    for seconds in (90, 30, 60, 150):
        mock.batch.settings.job_retention_seconds = seconds
        ended.append(site.submit())
        mock.batch.run_until(ended[-1], "SUCCEEDED")
    mock.batch.settings.change(job_queue_delete_seconds=120)
    site.batch.update_job_queue(jobQueue="q", state="DISABLED")
    site.batch.delete_job_queue(jobQueue="q")
    mock.run_until_idle()

    assert clock.now == SUNDAY + timedelta(seconds=120)
    assert [len(site.batch.describe_jobs(jobs=[each])["jobs"]) for each in ended] == [0, 0, 0, 1]


def test_windows_count_as_long_as_something_waits_for_them(mock, clock, fleet):
    fleet.things("t", "u", "v")
    fleet.group("g", "t", "u")
    windowed(fleet, groups=["g"], windows=[{"startTime": "0 0 18 ? * MON", "durationInMinutes": 1}], **rate(1))
    mock.run_until_idle()
    assert (state(fleet), clock.now) == (("IN_PROGRESS", {"QUEUED": 2}), day(10, 18))

    mock.run_until_idle()
    assert clock.now == day(10, 18)

    clock.advance(3600)
    fleet.join("v", "g")
    mock.run_until_idle()
    assert (state(fleet), clock.now) == (("IN_PROGRESS", {"QUEUED": 3}), day(17, 18))


def test_a_job_that_never_ends_stays(mock, site):
    mock.batch.plan("endless", duration=None)
    endless, other = site.submit("endless"), site.submit()
    mock.run_until_idle()

    assert site.statuses(endless, other) == ["RUNNING", "SUCCEEDED"]


def test_a_reset_on_the_way_ends_it(mock, clock, fleet, site):
    mock.batch.plan(run=lambda _: mock.reset())
    site.submit()
    fleet.things("t")
    fleet.job("t", schedulingConfig={"startTime": "2030-06-02T14:00"})
    mock.run_until_idle()

    assert mock.calls == ()


def test_an_assertion_that_fails_on_the_way_is_raised(mock, site):
    def run(_):
        raise AssertionError("not so")

    mock.batch.plan(run=run)
    site.submit()
    with pytest.raises(AssertionError, match="not so"):
        mock.run_until_idle()
