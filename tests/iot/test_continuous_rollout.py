"""Continuous jobs: retries, rollout, start, end and completion."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest


@pytest.fixture
def pair(fleet):
    """Two things, of which `a` is in the group `g` and `b` in none."""
    fleet.things("a", "b")
    fleet.group("g", "a")
    return fleet


# Retries


def retry(number):
    return {"criteriaList": [{"failureType": "FAILED", "numberOfRetries": number}]}


def test_a_thing_that_rejoins_has_all_its_retries_again(pair):
    pair.follow("g", jobExecutionsRetryConfig=retry(1))
    for _ in range(2):
        pair.report("a", "FAILED")
    assert [status for _, status, _ in pair.executions("a")] == ["FAILED", "FAILED"]

    pair.leave("a", "g")
    pair.join("a", "g")
    for _ in range(2):
        pair.report("a", "FAILED")

    found = pair.iot.list_job_executions_for_thing(thingName="a", jobId="job")["executionSummaries"]
    assert [each["jobExecutionSummary"]["retryAttempt"] for each in found] == [1, 0, 1, 0]


@pytest.mark.parametrize(("comes_back", "count"), [(False, 1), (True, 2)])
def test_no_retry_follows_once_the_thing_has_left(pair, comes_back, count):
    pair.follow("g", jobExecutionsRetryConfig=retry(1))
    pair.bring("a", "IN_PROGRESS")
    pair.leave("a", "g")
    if comes_back:
        pair.join("a", "g")

    pair.report("a", "FAILED")

    assert len(pair.executions("a")) == count


def test_a_retry_that_waits_is_removed_when_the_thing_leaves(pair):
    pair.follow("g", jobExecutionsRetryConfig=retry(1))
    pair.report("a", "FAILED")

    pair.leave("a", "g")

    assert pair.executions("a") == [(1, "FAILED", 2), (2, "REMOVED", 1)]


# Rollout


def test_the_rate_counts_for_the_members_at_creation_only(mock, fleet):
    fleet.things("a", "b", "c", "late")
    fleet.group("g", "a", "b", "c")
    fleet.follow("g", jobExecutionsRolloutConfig={"maximumPerMinute": 1})

    fleet.join("late", "g")

    assert [bool(fleet.executions(each)) for each in ("a", "b", "c", "late")] == [True, False, False, True]
    assert fleet.describe()["isConcurrent"] is True
    mock.clock.advance(60)
    assert fleet.counters() == {"QUEUED": 3}
    mock.clock.advance(60)
    assert fleet.counters() == {"QUEUED": 4}
    assert fleet.describe()["isConcurrent"] is False


@pytest.mark.parametrize("way", ["leaves", "is deleted", "is deleted and registered anew"])
def test_a_member_that_is_gone_before_its_turn_gets_no_execution(mock, fleet, way):
    fleet.things("a", "b", "c")
    fleet.group("g", "a", "b", "c")
    fleet.follow("g", jobExecutionsRolloutConfig={"maximumPerMinute": 1})

    if way == "leaves":
        fleet.leave("b", "g")
    else:
        fleet.iot.delete_thing(thingName="b")
    if way == "is deleted and registered anew":
        fleet.iot.create_thing(thingName="b")
    mock.clock.advance(120)

    assert fleet.counters() == {"QUEUED": 2}
    assert fleet.executions("c") == [(1, "QUEUED", 1)]
    assert fleet.describe()["isConcurrent"] is False


def test_a_rollout_is_over_as_soon_as_nobody_waits_for_it(mock, fleet):
    fleet.things("a", "b", "c")
    fleet.group("g", "a", "b", "c")
    fleet.follow("g", jobExecutionsRolloutConfig={"maximumPerMinute": 1})
    fleet.iot.remove_thing_from_thing_group(thingGroupName="g", thingName="b")
    assert fleet.describe()["isConcurrent"] is True

    fleet.iot.remove_thing_from_thing_group(thingGroupName="g", thingName="c")

    job = fleet.describe()
    assert job["isConcurrent"] is False
    assert "processingTargets" not in job["jobProcessDetails"]


def test_a_member_that_leaves_and_rejoins_before_its_turn_gets_one_execution_at_once(mock, fleet):
    fleet.things("a", "b")
    fleet.group("g", "a", "b")
    fleet.follow("g", jobExecutionsRolloutConfig={"maximumPerMinute": 1})

    fleet.leave("b", "g")
    fleet.join("b", "g")
    assert fleet.executions("b") == [(1, "QUEUED", 1)]
    fleet.bring("b", "SUCCEEDED")
    mock.clock.advance(600)

    assert fleet.executions("b") == [(1, "SUCCEEDED", 3)]


def test_a_member_that_joins_a_second_group_before_its_turn_keeps_its_turn(mock, fleet):
    fleet.things("a", "b")
    fleet.group("g", "a", "b")
    fleet.group("h")
    fleet.follow("g", "h", jobExecutionsRolloutConfig={"maximumPerMinute": 1})

    fleet.join("b", "h")
    fleet.leave("b", "g")
    assert fleet.executions("b") == []
    mock.clock.advance(60)

    assert fleet.executions("b") == [(1, "QUEUED", 1)]


def test_a_tick_that_is_due_comes_before_the_change(mock, fleet):
    fleet.things("a", "b")
    fleet.group("g", "a", "b")
    fleet.follow("g", jobExecutionsRolloutConfig={"maximumPerMinute": 1})
    mock.clock._offset_ms += 60_000  # real time has passed, and no request has come since

    fleet.leave("b", "g")

    assert fleet.executions("b") == [(1, "REMOVED", 1)]


# Start, end and completion

START = datetime(2030, 1, 1, 12, tzinfo=timezone.utc)


@pytest.fixture
def noon(mock, pair):
    mock.clock.freeze()
    mock.clock.move_to(START)
    return pair


def at(minutes):
    return f"{START + timedelta(minutes=minutes):%Y-%m-%dT%H:%M}"


def test_a_scheduled_job_follows_nothing_until_it_starts(mock, noon):
    noon.follow("g", schedulingConfig={"startTime": at(30)})

    noon.join("b", "g")
    noon.leave("a", "g")
    assert noon.counters() == {}
    assert noon.describe()["status"] == "SCHEDULED"
    mock.clock.advance(30 * 60)

    assert noon.executions("a") == []
    assert noon.executions("b") == [(1, "QUEUED", 1)]
    noon.join("a", "g")
    assert noon.executions("a") == [(1, "QUEUED", 1)]


def test_a_continuous_job_without_end_is_never_completed(mock, pair):
    pair.follow("g")
    pair.bring("a", "SUCCEEDED")
    mock.clock.advance(365 * 86_400)

    assert pair.describe()["status"] == "IN_PROGRESS"
    assert "completedAt" not in pair.describe()


def test_a_continuous_job_without_members_waits_for_them(pair):
    pair.group("empty")
    pair.follow("empty")
    assert pair.describe()["status"] == "IN_PROGRESS"

    pair.join("b", "empty")

    assert pair.executions("b") == [(1, "QUEUED", 1)]


@pytest.mark.parametrize("is_done", [True, False])
def test_a_continuous_job_is_completed_when_its_end_has_come_and_all_is_finished(mock, noon, is_done):
    noon.follow("g", schedulingConfig={"endTime": at(60)})
    if is_done:
        noon.bring("a", "SUCCEEDED")
        assert noon.describe()["status"] == "IN_PROGRESS"

    mock.clock.advance(60 * 60)
    assert noon.describe()["status"] == ("COMPLETED" if is_done else "IN_PROGRESS")
    if not is_done:
        noon.bring("a", "FAILED")

    assert noon.describe()["status"] == "COMPLETED"
    assert noon.describe()["completedAt"] == START + timedelta(hours=1)


def test_after_the_end_joins_count_for_nothing_and_leaves_still_do(mock, noon):
    noon.follow("g", schedulingConfig={"endTime": at(60)})
    mock.clock.advance(60 * 60)

    noon.join("b", "g")
    assert noon.executions("b") == []
    noon.leave("a", "g")

    assert noon.executions("a") == [(1, "REMOVED", 1)]
    assert noon.describe()["status"] == "COMPLETED"
    operations = [each.payload["operation"] for each in mock.events]
    assert operations == ["removed", "completed"]


@pytest.mark.parametrize("end", ["canceled", "deleted", "completed"])
def test_a_job_that_is_over_follows_nothing(mock, noon, end):
    noon.follow("g", schedulingConfig={"endTime": at(60)})
    noon.bring("a", "SUCCEEDED")
    if end == "completed":
        mock.clock.advance(60 * 60)
    else:
        noon.iot.cancel_job(jobId="job")
    if end == "deleted":
        noon.iot.delete_job(jobId="job")
    before = noon.snapshot()

    noon.join("b", "g")
    noon.leave("a", "g")
    noon.join("a", "g")

    assert noon.snapshot() == before
    assert noon.start("a") is noon.start("b") is None


def test_a_job_made_anew_under_the_id_of_a_deleted_one_follows_by_itself(pair):
    pair.group("h")
    pair.follow("g")
    pair.iot.delete_job(jobId="job", force=True)
    pair.follow("h")

    pair.join("b", "g")
    assert pair.executions("b") == []
    pair.join("b", "h")

    assert pair.executions("b") == [(1, "QUEUED", 1)]


def test_removed_executions_count_for_the_abort_criteria_but_do_not_set_them_off(fleet):
    fleet.things("a", "b", "c", "d")
    fleet.group("g", "a", "b", "c", "d")
    criterion = {"failureType": "FAILED", "action": "CANCEL", "thresholdPercentage": 40.0, "minNumberOfExecutedThings": 2}
    fleet.follow("g", abortConfig={"criteriaList": [criterion]})
    fleet.bring("a", "FAILED")

    fleet.leave("b", "g")
    assert fleet.describe()["status"] == "IN_PROGRESS"
    fleet.bring("c", "REJECTED")

    # One of three: below 40 %
    assert fleet.describe()["status"] == "IN_PROGRESS"
    fleet.bring("d", "FAILED")
    assert fleet.describe()["status"] == "CANCELED"


def test_a_continuous_job_may_have_things_for_targets_only(pair):
    pair.follow(things=["a"])
    pair.bring("a", "SUCCEEDED")

    described = pair.describe()
    assert (described["targetSelection"], described["status"]) == ("CONTINUOUS", "IN_PROGRESS")
    assert [each["jobId"] for each in pair.iot.list_jobs(targetSelection="CONTINUOUS")["jobs"]] == ["job"]
    assert pair.iot.list_jobs(targetSelection="SNAPSHOT")["jobs"] == []


# Size


def test_a_group_of_many_things_is_followed_in_time_that_grows_with_it(mock, fleet, fill_group):
    fill_group("many", 20_000)
    fleet.things("late")
    fleet.follow("many")
    mock.clock.advance(20 * 60)
    fleet.join("late", "many")
    assert fleet.counters() == {"QUEUED": 20_001}

    fleet.iot.delete_thing_group(thingGroupName="many")

    assert fleet.counters() == {"REMOVED": 20_001}
