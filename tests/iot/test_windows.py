"""Maintenance windows of continuous jobs. It is Sunday, 12:00."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

SUNDAY = datetime(2030, 6, 2, 12, 0, tzinfo=timezone.utc)
MONDAYS = {"startTime": "0 0 18 ? * MON", "durationInMinutes": 60}


@pytest.fixture(autouse=True)
def clock(mock):
    mock.clock.freeze()
    mock.clock.move_to(SUNDAY)
    return mock.clock


def day(number, hour, minute=0, second=0):
    return datetime(2030, 6, number, hour, minute, second, tzinfo=timezone.utc)


def windowed(fleet, *things, groups=(), windows=(MONDAYS,), start="2030-06-02T13:00", job_id="job", **members):
    schedule = {"startTime": start, "maintenanceWindows": list(windows)}
    for name in ("endTime", "endBehavior"):
        if name in members:
            schedule[name] = members.pop(name)
    return fleet.job(*things, groups=groups, job_id=job_id, targetSelection="CONTINUOUS", schedulingConfig=schedule, **members)


def rate(per_minute):
    return {"jobExecutionsRolloutConfig": {"maximumPerMinute": per_minute}}


def state(fleet, job_id="job"):
    return fleet.describe(job_id)["status"], fleet.counters(job_id)


def pending(fleet, thing):
    answer = fleet.data.get_pending_job_executions(thingName=thing)
    return [each["jobId"] for each in answer["inProgressJobs"] + answer["queuedJobs"]]


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


# Operations


@pytest.mark.parametrize("moment", [day(2, 14), day(3, 18), day(3, 20)], ids=["before", "open", "closed"])
@pytest.mark.parametrize("force", [False, True])
def test_a_job_is_canceled_for_good_whatever_its_windows(clock, fleet, moment, force):
    fleet.things("t", "u", "v")
    windowed(fleet, "t", "u", "v", windows=[{**MONDAYS, "durationInMinutes": 2}], **rate(1))
    clock.move_to(moment)
    counters = fleet.counters()
    fleet.iot.cancel_job(jobId="job", force=force)
    expected = {"CANCELED": counters["QUEUED"]} if counters else {}

    assert state(fleet) == ("CANCELED", expected)
    clock.move_to(day(10, 20))
    assert state(fleet) == ("CANCELED", expected)
    assert "scheduledJobRollouts" not in fleet.describe()


@pytest.mark.parametrize("moment", [day(2, 14), day(3, 18), day(3, 20)], ids=["before", "open", "closed"])
def test_a_job_is_deleted_with_force_whatever_its_windows(clock, fleet, moment):
    fleet.things("t", "u", "v")
    windowed(fleet, "t", "u", "v", windows=[{**MONDAYS, "durationInMinutes": 2}], **rate(1))
    clock.move_to(moment)
    with fleet.refused("InvalidStateTransitionException", 409):
        fleet.iot.delete_job(jobId="job")
    fleet.iot.delete_job(jobId="job", force=True)
    fleet.job("t")
    clock.move_to(day(10, 20))

    assert state(fleet) == ("IN_PROGRESS", {"QUEUED": 1})
    assert pending(fleet, "t") == ["job"]


@pytest.mark.parametrize("moment", [day(2, 14), day(3, 18), day(3, 20)], ids=["before", "open", "closed"])
def test_a_new_rate_counts_from_the_next_minute_of_the_rollout_on(clock, fleet, moment):
    fleet.things("t", "u", "v", "w")
    windowed(fleet, "t", "u", "v", "w", windows=[{**MONDAYS, "durationInMinutes": 1}], **rate(1))
    clock.move_to(moment)
    before = fleet.counters().get("QUEUED", 0)
    fleet.iot.update_job(jobId="job", **rate(2))
    clock.move_to(day(3, 18) if moment < day(3, 18) else day(10, 18))

    assert fleet.counters() == {"QUEUED": before + 2}


def test_a_job_shows_its_windows_and_the_next_seven_openings(clock, fleet):
    fleet.things("t")
    windowed(fleet, "t")
    before = fleet.describe()
    clock.move_to(day(3, 18))

    assert before["schedulingConfig"] == {"startTime": "2030-06-02T13:00", "maintenanceWindows": [MONDAYS]}
    mondays = [SUNDAY + timedelta(days=1 + 7 * week) for week in range(8)]
    texts = [{"startTime": f"{monday:%Y-%m-%d}T18:00"} for monday in mondays]
    assert before["scheduledJobRollouts"] == texts[:7]
    assert fleet.describe()["scheduledJobRollouts"] == texts[1:]


def test_openings_before_the_start_and_after_the_end_are_no_rollouts(clock, fleet):
    fleet.things("t")
    windowed(fleet, "t", start="2030-06-10T18:00", endTime="2030-06-24T18:00")

    assert fleet.describe()["scheduledJobRollouts"] == [{"startTime": "2030-06-10T18:00"}, {"startTime": "2030-06-17T18:00"}]


def test_openings_of_several_windows_are_merged(clock, fleet):
    fleet.things("t")
    windowed(
        fleet, "t", windows=[MONDAYS, {**MONDAYS, "durationInMinutes": 5}, {"startTime": "0 2 * * 4", "durationInMinutes": 5}]
    )

    assert [each["startTime"] for each in fleet.describe()["scheduledJobRollouts"]][:4] == [
        "2030-06-03T18:00",
        "2030-06-06T02:00",
        "2030-06-10T18:00",
        "2030-06-13T02:00",
    ]


@pytest.mark.parametrize(
    "starts",
    [
        pytest.param(["* 30 13 * * *"], id="one window that opens each second of a minute"),
        pytest.param(["10 30 13 * * *", "50 30 13 * * *"], id="two windows that open within a minute"),
    ],
)
def test_openings_within_a_minute_are_shown_once(fleet, starts):
    fleet.things("t")
    windowed(fleet, "t", windows=[{"startTime": each, "durationInMinutes": 1} for each in starts])
    expected = [{"startTime": f"2030-06-{2 + number:02}T13:30"} for number in range(7)]

    assert fleet.describe()["scheduledJobRollouts"] == expected


def test_a_window_that_opens_each_second_is_shown_once_a_minute(fleet):
    fleet.things("t")
    windowed(fleet, "t", windows=[{"startTime": "* * * * * *", "durationInMinutes": 1}])
    expected = [{"startTime": f"2030-06-02T13:{minute:02}"} for minute in range(7)]

    assert fleet.describe()["scheduledJobRollouts"] == expected


def test_a_job_without_windows_shows_no_rollouts(fleet):
    fleet.things("t")
    fleet.job("t", schedulingConfig={"startTime": "2030-06-02T13:00", "maintenanceWindows": []})

    assert "scheduledJobRollouts" not in fleet.describe()


# What is refused


@pytest.mark.parametrize("text", ["every monday", "0 0 18 ? * MON * *", "0 60 18 ? * MON", "cron(0 18 ? *)", "R R R * * ?"])
def test_a_start_that_is_no_cron_expression_is_refused(fleet, text):
    fleet.things("t")
    message = f"MaintenanceWindow startTime {text} is not a valid cron expression."

    with fleet.refused("InvalidRequestException", 400, message):
        windowed(fleet, "t", windows=[MONDAYS, {"startTime": text, "durationInMinutes": 60}])


def test_an_expression_that_is_not_emulated_is_refused_as_such(fleet):
    fleet.things("t")

    with fleet.refused("NotEmulatedYet", 501):
        windowed(fleet, "t", windows=[{"startTime": "0 0 18 LW * ?", "durationInMinutes": 60}])


@pytest.mark.parametrize(
    ("window", "rule"),
    [
        ({"startTime": "* " * 128 + "*", "durationInMinutes": 60}, "length less than or equal to 256"),
        ({"startTime": "0 18 * * 1", "durationInMinutes": 1431}, "value less than or equal to 1430"),
        ({"startTime": "0 18 * * 1", "durationInMinutes": 0}, "value greater than or equal to 1"),
        ({"startTime": "", "durationInMinutes": 60}, "length greater than or equal to 1"),
        ({"startTime": "0 18 * * 1"}, "not be null"),
        ({"durationInMinutes": 60}, "not be null"),
    ],
    ids=lambda value: str(value)[-40:],
)
def test_a_window_outside_of_its_bounds_is_refused(fleet, unchecked_iot, window, rule):
    fleet.things("t")
    with fleet.refused("InvalidRequestException", 400) as caught:
        unchecked_iot.create_job(
            jobId="job",
            targets=["arn:aws:iot:us-east-1:123456789012:thing/t"],
            document="{}",
            targetSelection="CONTINUOUS",
            schedulingConfig={"startTime": "2030-06-02T13:00", "maintenanceWindows": [window]},
        )

    assert f"Member must {'have ' if 'null' not in rule else ''}{rule}" in caught.value.response["Error"]["Message"]


@pytest.mark.parametrize("minutes", [1, 1430])
def test_windows_of_the_least_and_the_greatest_length_are_taken(clock, fleet, minutes):
    fleet.things("t")
    windowed(fleet, "t", windows=[{**MONDAYS, "durationInMinutes": minutes}])
    seen = []
    for seconds in (0, 60 * minutes - 1, 60 * minutes):
        clock.move_to(day(3, 18) + timedelta(seconds=seconds))
        seen.append(pending(fleet, "t"))

    assert seen == [["job"], ["job"], []]


@pytest.mark.parametrize(
    ("selection", "start", "message"),
    [
        ("SNAPSHOT", "2030-06-02T13:00", "TargetSelection is invalid. MaintenanceWindow cannot be used with SNAPSHOT job."),
        ("CONTINUOUS", None, "MaintenanceWindow cannot be used without StartTime of SchedulingConfig."),
    ],
)
def test_windows_need_a_continuous_job_that_has_a_start(fleet, selection, start, message):
    fleet.things("t")
    schedule = {"maintenanceWindows": [MONDAYS], **({"startTime": start} if start else {})}

    with fleet.refused("InvalidRequestException", 400, message):
        fleet.job("t", targetSelection=selection, schedulingConfig=schedule)


# Templates


def template(fleet, text):
    return fleet.iot.create_job_template(
        jobTemplateId="template",
        description="d",
        document="{}",
        maintenanceWindows=[{"startTime": text, "durationInMinutes": 60}],
    )["jobTemplateArn"]


def test_a_job_follows_the_windows_of_its_template(clock, fleet):
    fleet.things("t")
    arn = template(fleet, "0 0 18 ? * MON")
    fleet.job("t", targetSelection="CONTINUOUS", jobTemplateArn=arn, schedulingConfig={"startTime": "2030-06-02T13:00"})
    seen = []
    for moment in (day(3, 17), day(3, 18), day(3, 19)):
        clock.move_to(moment)
        seen.append((fleet.describe()["status"], pending(fleet, "t")))

    assert seen == [("SCHEDULED", []), ("IN_PROGRESS", ["job"]), ("IN_PROGRESS", [])]


def test_a_template_with_a_start_that_is_no_cron_expression_is_refused(fleet):
    message = "MaintenanceWindow startTime every monday is not a valid cron expression."

    with fleet.refused("InvalidRequestException", 400, message):
        template(fleet, "every monday")
    assert fleet.iot.list_job_templates()["jobTemplates"] == []


# Size


def test_one_timer_waits_for_a_job_whatever_its_windows(mock, fleet, clock):
    fleet.things("t")
    windowed(fleet, "t", windows=[MONDAYS, {"startTime": "0 0/10 * * * ?", "durationInMinutes": 5}])
    clock.move_to(day(3, 18, 30))

    assert sum(timer.callback is not None for timer in clock._timers.waiting) == 1
