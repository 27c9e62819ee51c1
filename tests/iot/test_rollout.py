"""Rollout: executions are created minute by minute."""

from __future__ import annotations

import pytest

from support.fleet import ARN


@pytest.fixture(autouse=True)
def _frozen(mock):
    mock.clock.freeze()


def created_per_tick(mock, fleet, ticks):
    counts = []
    total = 0
    for tick in range(ticks):
        if tick:
            mock.clock.advance(60)
        now = sum(fleet.counters().values())
        counts.append(now - total)
        total = now
    return counts


@pytest.mark.parametrize(
    ("rate", "things", "created"),
    [
        pytest.param(10, 25, [10, 10, 5, 0], id="10 per minute, 25 things"),
        pytest.param(10, 20, [10, 10, 0], id="10 per minute, 20 things"),
        pytest.param(1, 3, [1, 1, 1, 0], id="1 per minute, 3 things"),
        pytest.param(None, 30, [30, 0], id="no rate"),
        pytest.param(1000, 30, [30, 0], id="1000 per minute"),
    ],
)
def test_each_minute_creates_as_many_executions_as_the_rate_says(mock, fleet, rate, things, created):
    names = [f"t{number}" for number in range(things)]
    fleet.things(*names)
    fleet.group("g", *names)
    fleet.job(groups=["g"], **({} if rate is None else {"jobExecutionsRolloutConfig": {"maximumPerMinute": rate}}))

    assert created_per_tick(mock, fleet, len(created)) == created


def test_without_a_rate_a_thousand_executions_are_created_per_minute(mock, fleet, fill_group):
    fill_group("g", 1500)
    fleet.job(groups=["g"])

    assert created_per_tick(mock, fleet, 3) == [1000, 500, 0]


def exponential(base, factor, maximum=1000, **criteria):
    return {
        "maximumPerMinute": maximum,
        "exponentialRate": {"baseRatePerMinute": base, "incrementFactor": factor, "rateIncreaseCriteria": criteria},
    }


@pytest.mark.parametrize(
    ("rate", "things", "created"),
    [
        pytest.param(
            exponential(50, 2, numberOfNotifiedThings=1000),
            4200,
            [50] * 20 + [100] * 10 + [200] * 5 + [400] * 3 + [0],
            id="base 50, factor 2, 1000 notified: the developer guide's table",
        ),
        pytest.param(
            exponential(10, 2, numberOfNotifiedThings=20), 260, [10, 10, 20, 40, 160, 20, 0], id="base 10, factor 2, 20 notified"
        ),
        pytest.param(
            exponential(10, 2, numberOfNotifiedThings=20, maximum=15), 60, [10, 10, 15, 15, 10, 0], id="never above the maximum"
        ),
        pytest.param(exponential(10, 1.5, numberOfSucceededThings=10), 40, [10, 10, 10, 10, 0], id="10 succeeded, none succeeds"),
        pytest.param(exponential(1, 1.1, numberOfNotifiedThings=1), 12, [1] * 8 + [2, 2], id="cut to whole things"),
        pytest.param(
            exponential(100, 1.4, numberOfNotifiedThings=100), 640, [100, 140, 196, 204], id="a factor that floats miss"
        ),
    ],
)
def test_an_exponential_rate_grows_with_the_things_notified(mock, fleet, fill_group, rate, things, created):
    fill_group("g", things)
    fleet.job(groups=["g"], jobExecutionsRolloutConfig=rate)

    assert created_per_tick(mock, fleet, len(created)) == created


def test_an_exponential_rate_grows_with_the_things_that_succeed(mock, fleet):
    names = [f"t{number}" for number in range(40)]
    fleet.things(*names)
    fleet.group("g", *names)
    fleet.job(groups=["g"], jobExecutionsRolloutConfig=exponential(10, 1.5, numberOfSucceededThings=10))
    created = []
    for _ in range(3):
        queued = [name for name in names if fleet.start(name)]
        for name in queued:
            fleet.report(name, "SUCCEEDED")
        created.append(len(queued))
        mock.clock.advance(60)

    assert created == [10, 15, 15]
    assert fleet.describe()["status"] == "COMPLETED"


def test_failures_do_not_raise_a_rate_that_counts_successes(mock, fleet):
    names = [f"t{number}" for number in range(6)]
    fleet.things(*names)
    fleet.job(*names, jobExecutionsRolloutConfig=exponential(2, 2, numberOfSucceededThings=1))
    for name in names[:2]:
        fleet.report(name, "FAILED")
    mock.clock.advance(60)

    assert fleet.counters() == {"FAILED": 2, "QUEUED": 2}


def test_the_rate_stops_at_the_maximum_however_high_the_level(mock, fleet, fill_group):
    fill_group("g", 2500)
    fleet.job(groups=["g"], jobExecutionsRolloutConfig=exponential(1000, 5, numberOfNotifiedThings=1))

    assert created_per_tick(mock, fleet, 4) == [1000, 1000, 500, 0]


def test_nothing_is_created_before_the_minute_is_over(mock, fleet):
    fleet.things("a", "b")
    fleet.job("a", "b", jobExecutionsRolloutConfig={"maximumPerMinute": 1})
    mock.clock.advance(59.999)
    assert fleet.counters() == {"QUEUED": 1}
    mock.clock.advance(0.001)

    assert fleet.counters() == {"QUEUED": 2}


def test_an_execution_is_queued_at_its_tick_however_late_anyone_looks(mock, fleet):
    fleet.things("a", "b", "c")
    fleet.job("a", "b", "c", jobExecutionsRolloutConfig={"maximumPerMinute": 1})
    start = fleet.describe()["createdAt"]
    mock.clock.advance(1000)

    assert [(fleet.execution(thing)["queuedAt"] - start).total_seconds() for thing in "abc"] == [0, 60, 120]
    assert (fleet.describe()["lastUpdatedAt"] - start).total_seconds() == 120


def test_things_are_rolled_out_in_the_order_of_the_targets(mock, fleet):
    fleet.things("a", "b", "c")
    fleet.group("g", "b", "a")
    fleet.iot.create_job(
        jobId="job",
        targets=[f"{ARN}thinggroup/g", f"{ARN}thing/c"],
        document="{}",
        jobExecutionsRolloutConfig={"maximumPerMinute": 1},
    )
    order = []
    for _ in range(3):
        waiting = [thing for thing in "abc" if thing not in order and fleet.start(thing)]
        order += waiting
        mock.clock.advance(60)

    assert order == ["b", "a", "c"]


def test_a_job_is_concurrent_and_names_its_processing_targets_during_rollout_only(mock, fleet):
    fleet.things("a", "b", "c")
    fleet.group("g", "a", "b")
    fleet.job("c", groups=["g"], jobExecutionsRolloutConfig={"maximumPerMinute": 1})
    seen = []
    for _ in range(3):
        job = fleet.describe()
        seen.append((job["isConcurrent"], job["jobProcessDetails"].get("processingTargets")))
        mock.clock.advance(60)

    assert seen == [(True, [f"{ARN}thinggroup/g"]), (True, [f"{ARN}thinggroup/g"]), (False, None)]
    assert [each["isConcurrent"] for each in fleet.iot.list_jobs()["jobs"]] == [False]


def test_a_job_with_things_left_stays_in_progress_though_all_executions_are_terminal(mock, fleet):
    fleet.things("a", "b")
    fleet.job("a", "b", jobExecutionsRolloutConfig={"maximumPerMinute": 1})
    fleet.report("a", "SUCCEEDED")
    assert (fleet.describe()["status"], fleet.describe()["isConcurrent"]) == ("IN_PROGRESS", True)
    mock.clock.advance(60)
    assert fleet.describe()["status"] == "IN_PROGRESS"
    fleet.report("b", "SUCCEEDED")

    assert fleet.describe()["status"] == "COMPLETED"


@pytest.mark.parametrize("call", ["cancel", "force cancel", "delete"])
def test_nothing_is_rolled_out_after_the_job_is_canceled_or_deleted(mock, fleet, call):
    fleet.things("a", "b", "c")
    fleet.job("a", "b", "c", jobExecutionsRolloutConfig={"maximumPerMinute": 1})
    if call == "delete":
        fleet.iot.delete_job(jobId="job", force=True)
    else:
        fleet.iot.cancel_job(jobId="job", force=call == "force cancel")
        job = fleet.describe()
        assert (job["isConcurrent"], "processingTargets" in job["jobProcessDetails"]) == (False, False)
    mock.clock.advance(600)

    assert [fleet.start(thing) for thing in "abc"] == [None, None, None]
    if call != "delete":
        assert fleet.counters() == {"CANCELED": 1}


def test_a_job_that_takes_the_id_of_a_deleted_one_rolls_out_by_itself(mock, fleet):
    fleet.things("a", "b", "c")
    fleet.job("a", "b", "c", jobExecutionsRolloutConfig={"maximumPerMinute": 1})
    fleet.iot.delete_job(jobId="job", force=True)
    mock.clock.advance(30)
    fleet.job("a", "b", "c", jobExecutionsRolloutConfig={"maximumPerMinute": 1})
    mock.clock.advance(59)
    assert fleet.counters() == {"QUEUED": 1}
    mock.clock.advance(1)

    assert fleet.counters() == {"QUEUED": 2}


def test_members_of_a_snapshot_are_those_at_its_creation(mock, fleet):
    fleet.things("a", "b", "late")
    fleet.group("g", "a", "b")
    fleet.job(groups=["g"], jobExecutionsRolloutConfig={"maximumPerMinute": 1})
    fleet.iot.add_thing_to_thing_group(thingGroupName="g", thingName="late")
    mock.clock.advance(600)

    assert fleet.counters() == {"QUEUED": 2}


def test_a_thing_deleted_before_its_turn_gets_no_execution(mock, fleet):
    fleet.things("a", "b", "c")
    fleet.job("a", "b", "c", jobExecutionsRolloutConfig={"maximumPerMinute": 1})
    fleet.iot.delete_thing(thingName="b")
    mock.clock.advance(60)

    assert fleet.counters() == {"QUEUED": 2}
    assert fleet.start("c")["jobId"] == "job"
    assert fleet.describe()["isConcurrent"] is False


def test_a_rollout_is_finished_when_all_that_wait_for_their_turn_are_deleted(mock, fleet):
    """Source: spec of completion: it is looked at after a thing is deleted, too."""
    fleet.things("a", "b", "c")
    fleet.job("a", "b", "c", jobExecutionsRolloutConfig={"maximumPerMinute": 1})
    fleet.iot.delete_thing(thingName="b")
    fleet.report("a", "SUCCEEDED")
    assert (fleet.describe()["status"], fleet.describe()["isConcurrent"]) == ("IN_PROGRESS", True)
    fleet.iot.delete_thing(thingName="c")

    job = fleet.describe()
    assert (job["status"], job["isConcurrent"], job["completedAt"]) == ("COMPLETED", False, job["lastUpdatedAt"])
    assert fleet.counters() == {"SUCCEEDED": 1}


def test_what_runs_keeps_a_job_whose_waiting_things_are_deleted(mock, fleet):
    fleet.things("a", "b")
    fleet.job("a", "b", jobExecutionsRolloutConfig={"maximumPerMinute": 1})
    fleet.iot.delete_thing(thingName="b")
    assert (fleet.describe()["status"], fleet.describe()["isConcurrent"]) == ("IN_PROGRESS", False)
    fleet.report("a", "SUCCEEDED")

    assert fleet.describe()["status"] == "COMPLETED"


def test_the_deletion_of_all_things_ends_each_job_that_is_rolled_out_to_them(mock, fleet):
    fleet.things("a", "b")
    for number in range(2):
        fleet.job("a", "b", job_id=f"job-{number}", jobExecutionsRolloutConfig={"maximumPerMinute": 1})
    fleet.iot.delete_thing(thingName="b")
    fleet.iot.delete_thing(thingName="a")

    assert [fleet.describe(f"job-{number}")["status"] for number in range(2)] == ["COMPLETED", "COMPLETED"]
    assert [fleet.counters(f"job-{number}") for number in range(2)] == [{"REMOVED": 1}, {"REMOVED": 1}]


def test_targets_without_things_that_wait_are_not_processed_any_more(mock, fleet):
    fleet.things("a", "b", "c", "d")
    fleet.group("g", "b", "c")
    fleet.job("a", "d", groups=["g"], jobExecutionsRolloutConfig={"maximumPerMinute": 1})
    seen = []
    for thing in "dbc":
        seen.append(fleet.describe()["jobProcessDetails"]["processingTargets"])
        fleet.iot.delete_thing(thingName=thing)

    assert seen == [[f"{ARN}thing/d", f"{ARN}thinggroup/g"], [f"{ARN}thinggroup/g"], [f"{ARN}thinggroup/g"]]
    assert "processingTargets" not in fleet.describe()["jobProcessDetails"]


def test_a_thing_deleted_and_registered_anew_before_its_turn_gets_no_execution(mock, fleet):
    """Source: a snapshot job gives a thing that was registered anew under the same name no new execution."""
    fleet.things("a", "b", "c")
    fleet.job("a", "b", "c", jobExecutionsRolloutConfig={"maximumPerMinute": 1})
    fleet.iot.delete_thing(thingName="b")
    fleet.iot.create_thing(thingName="b")
    mock.clock.advance(60)
    assert (fleet.start("b"), fleet.start("c")["jobId"]) == (None, "job")
    mock.clock.advance(600)

    assert fleet.counters() == {"QUEUED": 1, "IN_PROGRESS": 1}
