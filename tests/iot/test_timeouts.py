"""Timeouts: the in-progress timer of a job, and the step timers that devices set."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

NOON = datetime(2030, 6, 1, 12, 0, tzinfo=timezone.utc)
FIELD = "approximateSecondsBeforeTimedOut"


@pytest.fixture(autouse=True)
def clock(mock):
    mock.clock.freeze()
    mock.clock.move_to(NOON)
    return mock.clock


def limit(minutes):
    return {"timeoutConfig": {"inProgressTimeoutInMinutes": minutes}}


@pytest.fixture
def one(fleet):
    fleet.things("t")
    fleet.job("t", **limit(20))
    return fleet


def seconds_left(fleet, thing="t", job_id="job"):
    """Return what both planes say, which must be the same."""
    on_control = fleet.execution(thing, job_id).get(FIELD)
    on_device = fleet.data.describe_job_execution(thingName=thing, jobId=job_id)["execution"].get(FIELD)
    assert on_control == on_device
    return on_control


def after(clock, seconds):
    clock.move_to(NOON + timedelta(seconds=seconds))


# The worked example: 20 minutes in progress, started at noon, step timers of these minutes
EXAMPLE = [(5, 7, "12:12"), (10, 5, "12:15"), (13, 9, "12:20"), (14, -1, "12:20")]


@pytest.mark.parametrize("calls", range(len(EXAMPLE) + 1))
def test_the_deadline_is_the_earlier_of_both_timers(clock, one, calls):
    one.start("t")
    deadline = "12:20"
    for minute, step, deadline in EXAMPLE[:calls]:  # noqa: B007 - the last one counts
        after(clock, minute * 60)
        one.report("t", "IN_PROGRESS", stepTimeoutInMinutes=step)
    seconds = (datetime.strptime(f"2030-06-01 {deadline} +0000", "%Y-%m-%d %H:%M %z") - NOON).total_seconds()
    now = EXAMPLE[calls - 1][0] * 60 if calls else 0
    assert seconds_left(one) == seconds - now

    after(clock, seconds - 0.001)
    assert one.status("t") == "IN_PROGRESS"
    after(clock, seconds)
    assert one.status("t") == "TIMED_OUT"


def test_five_minutes_in_a_step_timer_of_seven_leaves_420_seconds(clock, one):
    one.start("t")
    after(clock, 300)
    one.report("t", "IN_PROGRESS", stepTimeoutInMinutes=7)

    assert seconds_left(one) == 420


@pytest.mark.parametrize(("advanced", "left"), [(0, 1200), (0.001, 1200), (1, 1199), (1199, 1), (1199.5, 1), (1199.999, 1)])
def test_the_time_left_is_rounded_up_to_whole_seconds(clock, one, advanced, left):
    one.start("t")
    clock.advance(advanced)

    assert seconds_left(one) == left


def test_a_timed_out_execution_has_a_new_version_of_the_moment_of_its_deadline(clock, one):
    one.start("t", statusDetails={"step": "1"})
    after(clock, 10_000)
    execution = one.execution("t")

    assert (execution["status"], execution["versionNumber"]) == ("TIMED_OUT", 3)
    assert execution["startedAt"] == NOON
    assert execution["lastUpdatedAt"] == NOON + timedelta(minutes=20)
    assert execution["statusDetails"] == {"detailsMap": {"step": "1"}}
    assert FIELD not in execution


def test_the_last_timeout_completes_a_job_at_its_moment(clock, one):
    one.start("t")
    after(clock, 10_000)

    assert one.counters() == {"TIMED_OUT": 1}
    assert (one.describe()["status"], one.describe()["completedAt"]) == ("COMPLETED", NOON + timedelta(minutes=20))


def test_a_timed_out_execution_is_terminal_to_its_device(clock, one):
    one.start("t")
    after(clock, 1200)

    assert one.data.get_pending_job_executions(thingName="t")["inProgressJobs"] == []
    with one.refused("InvalidStateTransitionException", 409, "Job job for t has already finished with status TIMED_OUT"):
        one.report("t", "SUCCEEDED")
    with one.refused("TerminalStateException", 410):
        one.data.describe_job_execution(thingName="t", jobId="job")


def test_the_next_job_comes_after_a_timeout(clock, one):
    one.job("t", job_id="later")
    one.start("t")
    after(clock, 1200)

    assert one.start("t")["jobId"] == "later"


def test_a_queued_execution_never_times_out(clock, one):
    assert seconds_left(one) is None
    clock.advance(timedelta(days=30))
    assert one.status("t") == "QUEUED"
    one.start("t")

    assert seconds_left(one) == 1200


def test_without_a_timer_an_execution_runs_for_ever(clock, fleet):
    fleet.things("t")
    fleet.job("t")
    fleet.start("t")
    assert seconds_left(fleet) is None
    clock.advance(timedelta(days=100))

    assert fleet.status("t") == "IN_PROGRESS"


@pytest.mark.parametrize("way", ["start", "report"])
def test_the_in_progress_timer_starts_with_the_first_start_and_is_never_reset(clock, one, way):
    clock.advance(1000)
    one.start("t") if way == "start" else one.report("t", "IN_PROGRESS")
    clock.advance(600)
    one.report("t", "IN_PROGRESS")
    one.start("t")

    assert seconds_left(one) == 600


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "REJECTED"])
def test_a_report_of_the_end_stops_all_timers(clock, one, status):
    one.start("t", stepTimeoutInMinutes=5)
    one.report("t", status, stepTimeoutInMinutes=1)
    clock.advance(10_000)

    assert (one.status("t"), one.version("t")) == (status, 3)
    assert FIELD not in one.execution("t")


def test_a_forced_cancel_stops_all_timers(clock, one):
    one.start("t", stepTimeoutInMinutes=5)
    one.iot.cancel_job(jobId="job", force=True)
    clock.advance(10_000)

    assert (one.status("t"), one.version("t")) == ("CANCELED", 3)


def test_after_a_cancel_without_force_timers_go_on(clock, one):
    one.start("t")
    one.iot.cancel_job(jobId="job")
    assert seconds_left(one) == 1200
    after(clock, 1200)

    assert (one.status("t"), one.describe()["status"]) == ("TIMED_OUT", "CANCELED")
    assert one.counters() == {"TIMED_OUT": 1}


@pytest.mark.parametrize("what", ["job", "execution"])
def test_what_is_deleted_does_not_time_out(clock, one, what):
    one.things("u")
    one.job("t", "u", job_id="other", **limit(1))
    one.report("t", "IN_PROGRESS", "other")
    if what == "job":
        one.iot.delete_job(jobId="other", force=True)
        one.job("t", job_id="other")
    else:
        one.iot.delete_job_execution(jobId="other", thingName="t", executionNumber=1, force=True)
    clock.advance(10_000)

    assert one.counters("other") == {"QUEUED": 1}


@pytest.mark.parametrize("minutes", [1, 10080])
@pytest.mark.parametrize("way", ["start", "report"])
def test_a_step_timer_works_without_an_in_progress_timer(clock, fleet, way, minutes):
    fleet.things("t")
    fleet.job("t")
    if way == "start":
        assert fleet.start("t", stepTimeoutInMinutes=minutes)[FIELD] == minutes * 60
    else:
        fleet.report("t", "IN_PROGRESS", stepTimeoutInMinutes=minutes)
    assert seconds_left(fleet) == minutes * 60
    clock.advance(minutes * 60 - 1)
    assert fleet.status("t") == "IN_PROGRESS"
    clock.advance(1)

    assert fleet.status("t") == "TIMED_OUT"


def test_an_update_without_step_timer_leaves_the_running_one_as_it_is(clock, one):
    one.start("t", stepTimeoutInMinutes=5)
    clock.advance(60)
    one.report("t", "IN_PROGRESS", statusDetails={"a": "1"})

    assert seconds_left(one) == 240


def test_a_step_timer_of_minus_one_leaves_an_execution_without_any(clock, fleet):
    fleet.things("t")
    fleet.job("t")
    fleet.start("t", stepTimeoutInMinutes=5)
    fleet.report("t", "IN_PROGRESS", stepTimeoutInMinutes=-1)
    assert seconds_left(fleet) is None
    clock.advance(10_000)

    assert fleet.status("t") == "IN_PROGRESS"


def test_a_step_timer_that_is_turned_off_and_set_again_at_the_same_moment_runs(clock, fleet):
    fleet.things("t")
    fleet.job("t")
    fleet.start("t", stepTimeoutInMinutes=5)

    for minutes in (-1, 5):
        fleet.report("t", "IN_PROGRESS", stepTimeoutInMinutes=minutes)

    assert seconds_left(fleet) == 300
    clock.advance(300)
    assert fleet.status("t") == "TIMED_OUT"


def test_a_step_timer_in_start_next_counts_for_what_runs_already_without_a_new_version(clock, one):
    one.start("t")
    clock.advance(60)
    again = one.start("t", stepTimeoutInMinutes=3)

    assert (again["versionNumber"], again["lastUpdatedAt"], again[FIELD]) == (2, int(NOON.timestamp()), 180)
    after(clock, 240)
    assert one.status("t") == "TIMED_OUT"


def test_a_refused_report_leaves_the_timer_alone(clock, one):
    one.start("t", stepTimeoutInMinutes=5)
    with one.refused("InvalidRequestException", 400):
        one.report("t", "IN_PROGRESS", stepTimeoutInMinutes=9, expectedVersion=7)

    assert seconds_left(one) == 300


def test_each_execution_has_timers_of_its_own(clock, one):
    one.things("u")
    one.job("t", "u", job_id="two", **limit(5))
    one.report("t", "IN_PROGRESS", "two")
    clock.advance(60)
    one.report("u", "IN_PROGRESS", "two")
    clock.advance(240)

    assert (one.status("t", "two"), one.status("u", "two")) == ("TIMED_OUT", "IN_PROGRESS")


@pytest.mark.parametrize("minutes", [1, 10080])
def test_a_job_shows_its_time_limit(fleet, minutes):
    fleet.things("t")
    fleet.job("t", **limit(minutes))

    assert fleet.describe()["timeoutConfig"] == {"inProgressTimeoutInMinutes": minutes}
