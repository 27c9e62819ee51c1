"""Maintenance windows of continuous jobs. It is Sunday, 12:00."""

from __future__ import annotations

from datetime import timedelta

import pytest

from support.windows import MONDAYS, SUNDAY, day, pending, rate, state, windowed


@pytest.fixture(autouse=True)
def clock(mock):
    mock.clock.freeze()
    mock.clock.move_to(SUNDAY)
    return mock.clock


def next_job(fleet, thing):
    return fleet.data.describe_job_execution(thingName=thing, jobId="$next").get("execution", {}).get("jobId")


# The worked example


def test_a_rollout_goes_on_while_a_window_is_open_and_devices_hear_of_it_then(clock, fleet):
    names = [f"t{number}" for number in range(100)]
    fleet.things(*names)
    fleet.group("g", *names)
    windowed(fleet, groups=["g"], **rate(30))
    seen = []
    for moment in (day(2, 12), day(2, 13), day(3, 17, 59), day(3, 18), day(3, 18, 1), day(3, 18, 2), day(3, 18, 3)):
        clock.move_to(moment)
        status, counters = state(fleet)
        seen.append((status, counters.get("QUEUED", 0), fleet.describe()["isConcurrent"]))

    assert seen == [
        ("SCHEDULED", 0, False),
        ("SCHEDULED", 0, False),
        ("SCHEDULED", 0, False),
        ("IN_PROGRESS", 30, True),
        ("IN_PROGRESS", 60, True),
        ("IN_PROGRESS", 90, True),
        ("IN_PROGRESS", 100, False),
    ]
    for moment, shown in ((day(3, 18, 59, 59), ["job"]), (day(3, 19), []), (day(10, 17, 59), []), (day(10, 18), ["job"])):
        clock.move_to(moment)
        assert fleet.describe()["status"] == "IN_PROGRESS"
        assert [pending(fleet, name) for name in ("t0", "t99")] == [shown, shown]


# Rollout


def test_a_job_is_scheduled_again_while_its_rollout_waits_for_the_next_window(clock, fleet):
    fleet.things("t", "u", "v", "w")
    windowed(fleet, "t", "u", "v", "w", windows=[{**MONDAYS, "durationInMinutes": 2}], **rate(1))
    seen = {}
    for moment in (day(3, 18), day(3, 18, 1, 59), day(3, 18, 2), day(3, 18, 30), day(10, 18), day(10, 18, 1), day(10, 18, 2)):
        clock.move_to(moment)
        job = fleet.describe()
        seen[f"{moment:%d %H:%M:%S}"] = (
            job["status"],
            fleet.counters().get("QUEUED", 0),
            job["isConcurrent"],
            len(job["jobProcessDetails"].get("processingTargets", ())),
        )

    assert seen == {
        "03 18:00:00": ("IN_PROGRESS", 1, True, 3),
        "03 18:01:59": ("IN_PROGRESS", 2, True, 2),
        "03 18:02:00": ("SCHEDULED", 2, False, 0),
        "03 18:30:00": ("SCHEDULED", 2, False, 0),
        "10 18:00:00": ("IN_PROGRESS", 3, True, 1),
        "10 18:01:00": ("IN_PROGRESS", 4, False, 0),
        "10 18:02:00": ("IN_PROGRESS", 4, False, 0),
    }
    assert [fleet.execution(name)["queuedAt"] for name in "tuvw"] == [day(3, 18), day(3, 18, 1), day(10, 18), day(10, 18, 1)]


def test_nothing_is_created_at_the_moment_at_which_a_window_closes(clock, fleet):
    # The second window prolongs the first by seconds, so that a minute of the rollout ends as it closes.
    fleet.things("t", "u", "v")
    windows = [
        {"startTime": "0 0 18 ? * MON", "durationInMinutes": 1},
        {"startTime": "59 0 18 ? * MON", "durationInMinutes": 1},
    ]
    windowed(fleet, "t", "u", "v", windows=windows, **rate(1))
    clock.move_to(day(3, 18, 1, 58))
    before = state(fleet)
    clock.move_to(day(3, 18, 1, 59))

    assert before == ("IN_PROGRESS", {"QUEUED": 2})
    assert state(fleet) == ("SCHEDULED", {"QUEUED": 2})


def test_a_rate_that_grows_goes_on_from_where_it_was(clock, fleet):
    names = [f"t{number}" for number in range(12)]
    fleet.things(*names)
    criteria = {"rateIncreaseCriteria": {"numberOfNotifiedThings": 1}, "baseRatePerMinute": 1, "incrementFactor": 2}
    config = {"jobExecutionsRolloutConfig": {"exponentialRate": criteria, "maximumPerMinute": 4}}
    windowed(fleet, *names, windows=[{**MONDAYS, "durationInMinutes": 2}], **config)
    clock.move_to(day(3, 19))
    before = fleet.counters()
    clock.move_to(day(10, 18))

    assert (before, fleet.counters()) == ({"QUEUED": 3}, {"QUEUED": 7})


def test_a_thing_that_is_deleted_between_windows_gets_nothing(clock, fleet):
    fleet.things("t", "u")
    windowed(fleet, "t", "u", windows=[{**MONDAYS, "durationInMinutes": 1}], **rate(1))
    clock.move_to(day(3, 19))
    fleet.iot.delete_thing(thingName="u")
    clock.move_to(day(10, 18))

    assert state(fleet) == ("IN_PROGRESS", {"QUEUED": 1})


def test_a_job_that_starts_while_a_window_is_open_starts_at_once(clock, fleet):
    fleet.things("t")
    windowed(fleet, "t", start="2030-06-03T18:30")
    clock.move_to(day(3, 18, 29))
    before = state(fleet)
    clock.move_to(day(3, 18, 30))

    assert before == ("SCHEDULED", {})
    assert state(fleet) == ("IN_PROGRESS", {"QUEUED": 1})
    assert fleet.execution("t")["queuedAt"] == day(3, 18, 30)


def test_a_job_starts_at_an_opening_that_is_its_start(clock, fleet):
    fleet.things("t")
    windowed(fleet, "t", start="2030-06-03T18:00")
    clock.move_to(day(3, 18))

    assert state(fleet) == ("IN_PROGRESS", {"QUEUED": 1})


def test_a_schedule_that_has_no_further_opening_leaves_a_job_scheduled(clock, fleet):
    fleet.things("t")
    windowed(fleet, "t", windows=[{"startTime": "0 0 18 3 6 ? 2029", "durationInMinutes": 60}])
    clock.advance(timedelta(days=3000))

    assert state(fleet) == ("SCHEDULED", {})
    assert fleet.describe()["scheduledJobRollouts"] == []


def test_a_job_whose_last_window_has_closed_stays_as_it_is(clock, fleet):
    fleet.things("t", "u")
    windowed(fleet, "t", "u", windows=[{"startTime": "0 0 18 3 6 ? 2030", "durationInMinutes": 1}], **rate(1))
    clock.advance(timedelta(days=3000))

    assert state(fleet) == ("SCHEDULED", {"QUEUED": 1})
    assert pending(fleet, "t") == []


@pytest.mark.parametrize(
    "windows",
    [
        [{"startTime": "0 0 18 ? * MON", "durationInMinutes": 60}, {"startTime": "0 30 18 ? * MON", "durationInMinutes": 60}],
        [{"startTime": "0 0 18 ? * MON", "durationInMinutes": 60}, {"startTime": "0 0 19 ? * MON", "durationInMinutes": 30}],
        [{"startTime": "0 0 18 ? * MON", "durationInMinutes": 90}, {"startTime": "0 10 18 ? * MON", "durationInMinutes": 5}],
        [{"startTime": "0 0,30 18 ? * MON", "durationInMinutes": 60}],
    ],
    ids=["overlapping", "adjoining", "nested", "with itself"],
)
def test_windows_that_overlap_are_one(clock, fleet, windows):
    names = [f"t{number}" for number in range(200)]
    fleet.things(*names)
    windowed(fleet, *names[:100], windows=windows, **rate(1))
    seen = []
    for moment in (day(3, 17, 59), day(3, 18), day(3, 18, 59), day(3, 19), day(3, 19, 29), day(3, 19, 30)):
        clock.move_to(moment)
        seen.append(state(fleet))

    assert seen == [
        ("SCHEDULED", {}),
        ("IN_PROGRESS", {"QUEUED": 1}),
        ("IN_PROGRESS", {"QUEUED": 60}),
        ("IN_PROGRESS", {"QUEUED": 61}),
        ("IN_PROGRESS", {"QUEUED": 90}),
        ("SCHEDULED", {"QUEUED": 90}),
    ]


def test_a_job_that_finds_no_room_at_its_first_window_is_canceled(mock, clock, fleet):
    fleet.things("t", "u")
    mock.iot.settings.max_concurrent_jobs = 1
    windowed(fleet, "t", job_id="windowed")
    clock.move_to(day(3, 17, 59, 30))
    fleet.job("t", "u", **rate(1))
    clock.move_to(day(3, 18))

    assert fleet.describe("windowed")["status"] == "CANCELED"
    assert fleet.describe("windowed")["comment"].startswith("The job could not start: ")


def test_a_job_goes_on_at_later_windows_whatever_the_quota_of_concurrent_jobs(mock, clock, fleet):
    fleet.things("t", "u")
    windowed(fleet, "t", "u", windows=[{**MONDAYS, "durationInMinutes": 1}], job_id="windowed", **rate(1))
    clock.move_to(day(10, 17, 59, 30))
    mock.iot.settings.max_concurrent_jobs = 1
    fleet.job("t", "u", **rate(1))
    clock.move_to(day(10, 18))

    assert state(fleet, "windowed") == ("IN_PROGRESS", {"QUEUED": 2})


# What devices hear


def test_what_waits_is_hidden_outside_of_windows(clock, fleet):
    fleet.things("t")
    windowed(fleet, "t")
    clock.move_to(day(3, 19))

    assert pending(fleet, "t") == []
    assert next_job(fleet, "t") is None
    assert fleet.start("t") is None
    assert fleet.counters() == {"QUEUED": 1}
    assert fleet.iot.list_job_executions_for_thing(thingName="t")["executionSummaries"] != []
    assert fleet.data.describe_job_execution(thingName="t", jobId="job")["execution"]["status"] == "QUEUED"


def test_what_is_hidden_does_not_hold_up_other_jobs(clock, fleet):
    fleet.things("t")
    windowed(fleet, "t")
    clock.move_to(day(3, 18, 30))
    fleet.job("t", job_id="plain")
    during = (pending(fleet, "t"), next_job(fleet, "t"))
    clock.move_to(day(3, 19))

    assert during == (["job", "plain"], "job")
    assert (pending(fleet, "t"), next_job(fleet, "t")) == (["plain"], "plain")
    assert fleet.start("t")["jobId"] == "plain"


def test_what_runs_is_shown_outside_of_windows(clock, fleet):
    fleet.things("t")
    windowed(fleet, "t")
    clock.move_to(day(3, 18, 30))
    fleet.start("t")
    clock.move_to(day(3, 20))

    assert (pending(fleet, "t"), next_job(fleet, "t"), fleet.start("t")["jobId"]) == (["job"], "job", "job")
    fleet.report("t", "SUCCEEDED")
    assert state(fleet) == ("IN_PROGRESS", {"SUCCEEDED": 1})


def test_a_hidden_execution_can_be_reported_on_by_its_id(clock, fleet):
    fleet.things("t")
    windowed(fleet, "t")
    clock.move_to(day(3, 20))
    fleet.report("t", "IN_PROGRESS")

    assert pending(fleet, "t") == ["job"]


def test_a_retry_outside_of_windows_waits_for_the_next_one(clock, fleet):
    fleet.things("t", "u")
    retry = {"jobExecutionsRetryConfig": {"criteriaList": [{"failureType": "FAILED", "numberOfRetries": 1}]}}
    windowed(fleet, "t", "u", windows=[{**MONDAYS, "durationInMinutes": 1}], **rate(1), **retry)
    clock.move_to(day(3, 18))
    fleet.report("t", "IN_PROGRESS")
    clock.move_to(day(3, 20))
    fleet.report("t", "FAILED")

    assert state(fleet) == ("SCHEDULED", {"QUEUED": 1, "FAILED": 1})
    assert pending(fleet, "t") == []
    clock.move_to(day(10, 18))
    assert pending(fleet, "t") == ["job"]


def test_abort_criteria_count_outside_of_windows(clock, fleet):
    fleet.things("t", "u")
    criterion = {"failureType": "FAILED", "action": "CANCEL", "thresholdPercentage": 1, "minNumberOfExecutedThings": 1}
    windowed(
        fleet,
        "t",
        "u",
        windows=[{**MONDAYS, "durationInMinutes": 1}],
        abortConfig={"criteriaList": [criterion]},
        **rate(1),
    )
    clock.move_to(day(3, 20))
    fleet.report("t", "FAILED")
    clock.move_to(day(10, 18))

    assert state(fleet) == ("CANCELED", {"FAILED": 1})


@pytest.mark.parametrize(("plain", "windows", "shown"), [(12, 0, 10), (12, 1, 13), (14, 1, 15), (4, 12, 15), (0, 16, 15)])
def test_a_thing_is_shown_more_if_a_job_with_windows_is_among_it(clock, fleet, plain, windows, shown):
    fleet.things("t")
    for number in range(windows):
        windowed(fleet, "t", job_id=f"w{number}")
    clock.move_to(day(3, 18))
    for number in range(plain):
        fleet.job("t", job_id=f"p{number}")

    assert len(pending(fleet, "t")) == shown


# Members


def test_a_thing_that_joins_between_windows_waits_for_the_next_one(clock, fleet):
    fleet.things("t", "u", "v")
    fleet.group("g", "t")
    windowed(fleet, groups=["g"])
    clock.move_to(day(3, 20))
    for name in ("u", "v"):
        fleet.iot.add_thing_to_thing_group(thingGroupName="g", thingName=name)
    fleet.iot.remove_thing_from_thing_group(thingGroupName="g", thingName="v")
    before = state(fleet)
    clock.move_to(day(10, 18))

    assert before == ("IN_PROGRESS", {"QUEUED": 1})
    assert state(fleet) == ("IN_PROGRESS", {"QUEUED": 2})
    assert fleet.execution("u")["queuedAt"] == day(10, 18)
    assert [pending(fleet, name) for name in "tuv"] == [["job"], ["job"], []]


def test_a_thing_that_joins_while_a_window_is_open_gets_its_execution_at_once(clock, fleet):
    fleet.things("t", "u")
    fleet.group("g", "t")
    windowed(fleet, groups=["g"])
    clock.move_to(day(3, 18, 30))
    fleet.iot.add_thing_to_thing_group(thingGroupName="g", thingName="u")

    assert fleet.counters() == {"QUEUED": 2}


def test_a_thing_that_joins_an_unfinished_rollout_waits_besides_it(clock, fleet):
    fleet.things("t", "u", "v", "w")
    fleet.group("g", "t", "u", "v")
    windowed(fleet, groups=["g"], windows=[{**MONDAYS, "durationInMinutes": 1}], **rate(1))
    clock.move_to(day(3, 20))
    fleet.iot.add_thing_to_thing_group(thingGroupName="g", thingName="w")
    fleet.iot.remove_thing_from_thing_group(thingGroupName="g", thingName="u")
    before = state(fleet)
    clock.move_to(day(10, 18))

    assert before == ("SCHEDULED", {"QUEUED": 1})
    assert state(fleet) == ("IN_PROGRESS", {"QUEUED": 3})


def test_a_thing_that_waits_to_join_and_is_deleted_gets_nothing(clock, fleet):
    fleet.things("t", "u")
    fleet.group("g", "t")
    windowed(fleet, groups=["g"])
    clock.move_to(day(3, 20))
    fleet.iot.add_thing_to_thing_group(thingGroupName="g", thingName="u")
    fleet.iot.delete_thing(thingName="u")
    clock.move_to(day(10, 18))

    assert fleet.counters() == {"QUEUED": 1}


def test_a_thing_that_joins_before_the_first_window_is_one_of_the_first(clock, fleet):
    fleet.things("t", "u")
    fleet.group("g", "t")
    windowed(fleet, groups=["g"])
    clock.move_to(day(2, 14))
    fleet.iot.add_thing_to_thing_group(thingGroupName="g", thingName="u")
    clock.move_to(day(3, 18))

    assert state(fleet) == ("IN_PROGRESS", {"QUEUED": 2})


# The end


@pytest.mark.parametrize(
    ("behavior", "expected"),
    [
        ("STOP_ROLLOUT", ("IN_PROGRESS", {"QUEUED": 15, "IN_PROGRESS": 1})),
        ("CANCEL", ("CANCELED", {"CANCELED": 15, "IN_PROGRESS": 1})),
        ("FORCE_CANCEL", ("CANCELED", {"CANCELED": 16})),
    ],
)
def test_an_end_inside_of_a_window_counts(clock, fleet, behavior, expected):
    names = [f"t{number}" for number in range(50)]
    fleet.things(*names)
    windowed(fleet, *names, endTime="2030-06-03T18:16", endBehavior=behavior, **rate(1))
    clock.move_to(day(3, 18))
    fleet.start("t0")
    clock.move_to(day(3, 18, 15, 59))
    before = fleet.counters()
    clock.move_to(day(3, 18, 16))

    assert before == {"QUEUED": 15, "IN_PROGRESS": 1}
    assert state(fleet) == expected
    clock.move_to(day(17, 20))
    assert state(fleet) == expected


def test_what_is_left_after_an_end_is_shown_in_windows_until_it_is_finished(clock, fleet):
    fleet.things("t", "u")
    windowed(fleet, "t", "u", endTime="2030-06-03T18:01", **rate(1))
    clock.move_to(day(3, 18, 30))
    seen = [pending(fleet, "t")]
    for moment in (day(3, 20), day(10, 18)):
        clock.move_to(moment)
        seen.append(pending(fleet, "t"))
    fleet.report("t", "SUCCEEDED")

    assert seen == [["job"], [], ["job"]]
    assert state(fleet) == ("COMPLETED", {"SUCCEEDED": 1})


def test_an_end_between_windows_ends_an_unfinished_rollout(clock, fleet):
    fleet.things("t", "u")
    windowed(fleet, "t", "u", endTime="2030-06-05T00:00", windows=[{**MONDAYS, "durationInMinutes": 1}], **rate(1))
    clock.move_to(day(4, 23))
    before = state(fleet)
    clock.move_to(day(10, 18))

    assert before == ("SCHEDULED", {"QUEUED": 1})
    assert state(fleet) == ("IN_PROGRESS", {"QUEUED": 1})
    fleet.report("t", "SUCCEEDED")
    assert fleet.describe()["status"] == "COMPLETED"


@pytest.mark.parametrize("behavior", ["STOP_ROLLOUT", "CANCEL", "FORCE_CANCEL"])
def test_a_job_that_ends_before_its_first_window_is_completed(clock, fleet, behavior):
    fleet.things("t")
    windowed(fleet, "t", endTime="2030-06-03T17:00", endBehavior=behavior)
    clock.move_to(day(3, 17))

    assert state(fleet) == ("COMPLETED", {})
    clock.move_to(day(10, 20))
    assert state(fleet) == ("COMPLETED", {})
