"""Schedules: jobs that start later, and jobs that end. It is 10:00."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from support.fleet import ARN

TEN = datetime(2030, 6, 1, 10, 0, tzinfo=timezone.utc)


@pytest.fixture(autouse=True)
def clock(mock):
    mock.clock.freeze()
    mock.clock.move_to(TEN)
    return mock.clock


def time(hour, minute, second=0):
    return datetime(2030, 6, 1, hour, minute, second, tzinfo=timezone.utc)


def schedule(start=None, end=None, behavior=None):
    texts = {"startTime": start and f"2030-06-01T{start}", "endTime": end and f"2030-06-01T{end}", "endBehavior": behavior}
    return {"schedulingConfig": {name: text for name, text in texts.items() if text}}


def state(fleet, job_id="job"):
    return fleet.describe(job_id)["status"], fleet.counters(job_id)


RATE = {"jobExecutionsRolloutConfig": {"maximumPerMinute": 1}}
RETRY = {"jobExecutionsRetryConfig": {"criteriaList": [{"failureType": "ALL", "numberOfRetries": 9}]}}
ENDED = "The end time 2030-06-01T11:30 of the schedule was reached with end behavior {}."


# The worked example


def test_a_rollout_begins_at_the_start_and_stops_at_the_end(clock, fleet):
    names = [f"t{number}" for number in range(100)]
    fleet.things(*names)
    fleet.group("g", *names)
    fleet.job(groups=["g"], **RATE, **schedule("10:30", "11:30", "STOP_ROLLOUT"))
    seen = {}
    for hour, minute in ((10, 0), (10, 29), (10, 30), (10, 31), (11, 29), (11, 30), (13, 0)):
        clock.move_to(time(hour, minute))
        status, counters = state(fleet)
        seen[f"{hour}:{minute:02}"] = (status, counters.get("QUEUED", 0), fleet.describe()["isConcurrent"])

    assert seen == {
        "10:00": ("SCHEDULED", 0, False),
        "10:29": ("SCHEDULED", 0, False),
        "10:30": ("IN_PROGRESS", 1, True),
        "10:31": ("IN_PROGRESS", 2, True),
        "11:29": ("IN_PROGRESS", 60, True),
        "11:30": ("IN_PROGRESS", 60, False),
        "13:00": ("IN_PROGRESS", 60, False),
    }
    assert fleet.describe()["lastUpdatedAt"] == time(11, 30)
    for name in names[:60]:
        assert fleet.describe()["status"] == "IN_PROGRESS"
        fleet.report(name, "SUCCEEDED")
    assert state(fleet) == ("COMPLETED", {"SUCCEEDED": 60})
    assert fleet.describe()["completedAt"] == time(13, 0)


# The start


def test_a_scheduled_job_shows_itself_and_reaches_no_device(fleet):
    fleet.things("t")
    fleet.job("t", **schedule("10:30"))
    job = fleet.describe()

    assert (job["status"], job["isConcurrent"], job["schedulingConfig"]) == (
        "SCHEDULED",
        False,
        {"startTime": "2030-06-01T10:30"},
    )
    assert "processingTargets" not in job["jobProcessDetails"]
    assert fleet.start("t") is None
    assert [each["jobId"] for each in fleet.iot.list_jobs(status="SCHEDULED")["jobs"]] == ["job"]
    assert fleet.iot.list_jobs(status="IN_PROGRESS")["jobs"] == []
    assert fleet.iot.list_job_executions_for_job(jobId="job")["executionSummaries"] == []


def test_a_job_starts_exactly_at_its_start(clock, fleet):
    fleet.things("t")
    fleet.job("t", **schedule("10:30"))
    clock.move_to(time(10, 29, 59))
    assert state(fleet) == ("SCHEDULED", {})
    clock.move_to(time(12, 0))

    assert state(fleet) == ("IN_PROGRESS", {"QUEUED": 1})
    assert fleet.execution("t")["queuedAt"] == time(10, 30)
    assert fleet.describe()["lastUpdatedAt"] == time(10, 30)


def test_members_of_a_snapshot_are_those_at_its_start(clock, fleet):
    fleet.things("early", "gone", "late")
    fleet.group("g", "early", "gone")
    fleet.job(groups=["g"], **schedule("10:30"))
    fleet.iot.remove_thing_from_thing_group(thingGroupName="g", thingName="gone")
    fleet.iot.add_thing_to_thing_group(thingGroupName="g", thingName="late")
    clock.move_to(time(10, 30))
    fleet.things("later")
    fleet.iot.add_thing_to_thing_group(thingGroupName="g", thingName="later")
    clock.move_to(time(11, 30))

    assert [bool(fleet.start(thing)) for thing in ("early", "gone", "late", "later")] == [True, False, True, False]


@pytest.mark.parametrize("kind", ["thing", "group"])
def test_a_target_that_is_gone_at_the_start_is_passed_over(clock, fleet, kind):
    fleet.things("t", "u")
    fleet.group("g", "u")
    fleet.job("t", groups=["g"], **schedule("10:30"))
    if kind == "thing":
        fleet.iot.delete_thing(thingName="t")
    else:
        fleet.iot.delete_thing_group(thingGroupName="g")
    clock.move_to(time(10, 30))

    assert state(fleet) == ("IN_PROGRESS", {"QUEUED": 1})
    assert fleet.start("u" if kind == "thing" else "t")["jobId"] == "job"


def test_a_job_that_finds_no_thing_at_its_start_is_completed(clock, fleet):
    fleet.things("t")
    fleet.job("t", **schedule("10:30"))
    fleet.iot.delete_thing(thingName="t")
    clock.move_to(time(10, 30))

    assert state(fleet) == ("COMPLETED", {})


@pytest.mark.parametrize("force", [False, True])
def test_a_canceled_job_never_starts(clock, fleet, force):
    fleet.things("t")
    fleet.job("t", **schedule("10:30", "11:30", "FORCE_CANCEL"))
    fleet.iot.cancel_job(jobId="job", force=force)
    assert (fleet.describe()["status"], fleet.describe()["forceCanceled"]) == ("CANCELED", force)
    clock.move_to(time(12, 0))

    assert state(fleet) == ("CANCELED", {})
    assert "comment" not in fleet.describe()


def test_a_scheduled_job_is_deleted_with_force_only_and_never_starts(clock, fleet):
    fleet.things("t")
    fleet.job("t", **schedule("10:30", "11:30", "CANCEL"))
    with fleet.refused("InvalidStateTransitionException", 409):
        fleet.iot.delete_job(jobId="job")
    fleet.iot.delete_job(jobId="job", force=True)
    fleet.job("t", **schedule("11:00"))
    clock.move_to(time(10, 59))

    assert state(fleet) == ("SCHEDULED", {})
    clock.move_to(time(12, 0))
    assert state(fleet) == ("IN_PROGRESS", {"QUEUED": 1})


def test_a_scheduled_job_can_be_updated(clock, fleet):
    fleet.things("t", "u")
    fleet.job("t", "u", **schedule("10:30"))
    fleet.iot.update_job(jobId="job", **RATE)
    clock.move_to(time(10, 30))

    assert state(fleet) == ("IN_PROGRESS", {"QUEUED": 1})


def test_an_id_of_a_scheduled_job_is_taken(fleet):
    fleet.things("t")
    fleet.job("t", **schedule("10:30"))

    with fleet.refused("ResourceAlreadyExistsException", 409):
        fleet.job("t")


# The end


@pytest.fixture
def ending(clock, fleet):
    """A job with A QUEUED, B IN_PROGRESS and C FAILED, that ends at 11:30; D is a thing without it."""
    fleet.things(*"ABCD")

    def bring(behavior, **members):
        fleet.job(*"ABC", **schedule(end="11:30", behavior=behavior), **members)
        fleet.report("B", "IN_PROGRESS")
        fleet.report("C", "FAILED")
        return fleet

    return bring


@pytest.mark.parametrize(
    ("behavior", "status", "counters", "forced"),
    [
        (None, "IN_PROGRESS", {"QUEUED": 1, "IN_PROGRESS": 1, "FAILED": 1}, None),
        ("STOP_ROLLOUT", "IN_PROGRESS", {"QUEUED": 1, "IN_PROGRESS": 1, "FAILED": 1}, None),
        ("CANCEL", "CANCELED", {"CANCELED": 1, "IN_PROGRESS": 1, "FAILED": 1}, False),
        ("FORCE_CANCEL", "CANCELED", {"CANCELED": 2, "FAILED": 1}, True),
    ],
    ids=str,
)
def test_an_end_does_what_its_behavior_says(clock, ending, behavior, status, counters, forced):
    fleet = ending(behavior)
    clock.move_to(time(11, 29, 59))
    assert state(fleet) == ("IN_PROGRESS", {"QUEUED": 1, "IN_PROGRESS": 1, "FAILED": 1})
    clock.move_to(time(12, 0))
    job = fleet.describe()

    assert state(fleet) == (status, counters)
    assert job.get("forceCanceled") is forced
    assert job.get("comment") == (None if forced is None else ENDED.format(behavior))
    assert "completedAt" not in job
    if forced is not None:
        assert (job["lastUpdatedAt"], fleet.execution("A")["lastUpdatedAt"]) == (time(11, 30), time(11, 30))
        assert (fleet.version("A"), fleet.version("B")) == (2, 3 if forced else 2)
        assert fleet.execution("A").get("forceCanceled", False) is forced


@pytest.mark.parametrize("behavior", [None, "STOP_ROLLOUT"])
def test_after_a_stopped_rollout_executions_go_on_until_the_job_is_completed(clock, ending, behavior):
    fleet = ending(behavior)
    clock.move_to(time(12, 0))
    assert fleet.start("A")["jobId"] == "job"
    fleet.report("A", "SUCCEEDED")
    assert fleet.describe()["status"] == "IN_PROGRESS"
    fleet.report("B", "SUCCEEDED")

    assert state(fleet) == ("COMPLETED", {"SUCCEEDED": 2, "FAILED": 1})


@pytest.mark.parametrize("behavior", [None, "STOP_ROLLOUT", "CANCEL", "FORCE_CANCEL"])
def test_a_job_whose_executions_are_all_terminal_at_its_end_is_completed(clock, fleet, behavior):
    names = [f"t{number}" for number in range(100)]
    fleet.things(*names)
    fleet.job(*names, **RATE, **schedule(end="11:30", behavior=behavior))
    clock.move_to(time(11, 29))
    while (name := next((each for each in names if fleet.start(each)), None)) is not None:
        fleet.report(name, "SUCCEEDED")
        names.remove(name)
    assert state(fleet) == ("IN_PROGRESS", {"SUCCEEDED": 90})
    clock.move_to(time(12, 0))

    assert state(fleet) == ("COMPLETED", {"SUCCEEDED": 90})
    assert fleet.describe()["completedAt"] == time(11, 30)
    assert "comment" not in fleet.describe()


@pytest.mark.parametrize("behavior", [None, "STOP_ROLLOUT", "CANCEL", "FORCE_CANCEL"])
def test_nothing_is_rolled_out_at_or_after_the_end(clock, fleet, behavior):
    names = [f"t{number}" for number in range(95)]
    fleet.things(*names)
    fleet.job(*names, **RATE, **schedule(end="11:30", behavior=behavior))
    clock.move_to(time(14, 0))

    assert sum(fleet.counters().values()) == 90
    assert fleet.describe()["isConcurrent"] is False


@pytest.mark.parametrize("behavior", ["STOP_ROLLOUT", "CANCEL", "FORCE_CANCEL"])
def test_a_job_that_is_done_before_its_end_is_completed_then_and_left_alone(clock, fleet, behavior):
    fleet.things("t")
    fleet.job("t", **schedule(end="11:30", behavior=behavior))
    clock.move_to(time(11, 0))
    fleet.report("t", "SUCCEEDED")
    before = fleet.snapshot()
    assert fleet.describe()["status"] == "COMPLETED"
    clock.move_to(time(12, 0))

    assert fleet.snapshot() == before


@pytest.mark.parametrize("behavior", [None, "CANCEL"])
def test_no_retry_is_queued_after_the_end(clock, ending, behavior):
    fleet = ending(behavior, **RETRY)
    clock.move_to(time(11, 30))
    fleet.report("B", "FAILED")

    # C failed before the end, and its retry was queued then.
    waiting = {"QUEUED": 2} if behavior is None else {"CANCELED": 2}
    assert fleet.counters() == {"FAILED": 2} | waiting


def test_a_failure_after_the_end_completes_a_job_that_would_retry_it(clock, fleet):
    fleet.things("t")
    fleet.job("t", **RETRY, **schedule(end="11:30"))
    fleet.start("t", stepTimeoutInMinutes=100)
    clock.move_to(time(11, 40))

    assert state(fleet) == ("COMPLETED", {"TIMED_OUT": 1})


def test_timers_go_on_after_an_end_that_cancels_without_force(clock, fleet):
    fleet.things("t")
    fleet.job("t", **schedule(end="11:30", behavior="CANCEL"))
    fleet.start("t", stepTimeoutInMinutes=100)
    clock.move_to(time(11, 40))

    assert state(fleet) == ("CANCELED", {"TIMED_OUT": 1})


def test_a_behavior_without_an_end_does_nothing(clock, fleet):
    fleet.things("t")
    fleet.job("t", **schedule(behavior="FORCE_CANCEL"))
    clock.advance(timedelta(days=800))

    assert state(fleet) == ("IN_PROGRESS", {"QUEUED": 1})


@pytest.mark.parametrize("call", ["cancel", "delete"])
def test_the_end_of_a_job_that_is_over_or_gone_does_nothing(clock, ending, call):
    fleet = ending("FORCE_CANCEL")
    if call == "cancel":
        fleet.iot.cancel_job(jobId="job", comment="mine")
    else:
        fleet.iot.delete_job(jobId="job", force=True)
        fleet.iot.create_job(jobId="job", targets=[f"{ARN}thing/D"], document="{}")
    before = fleet.snapshot()
    clock.move_to(time(12, 0))

    assert fleet.snapshot() == before
