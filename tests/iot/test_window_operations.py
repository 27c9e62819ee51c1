"""Maintenance windows in operations on jobs and templates, and invalid ones. The clock starts on Sunday, 12:00."""

from __future__ import annotations

from datetime import timedelta

import pytest

from support.windows import MONDAYS, SUNDAY, day, pending, rate, state, windowed


@pytest.fixture(autouse=True)
def clock(mock):
    mock.clock.freeze()
    mock.clock.move_to(SUNDAY)
    return mock.clock


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
