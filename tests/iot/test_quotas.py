"""Quotas: how many jobs of a kind there may be, and how many calls per second. It is 10:00."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import boto3
import pytest

from support.constants import NO_RETRIES

TEN = datetime(2030, 6, 1, 10, 0, tzinfo=timezone.utc)
SLOWLY = {"jobExecutionsRolloutConfig": {"maximumPerMinute": 1}}


@pytest.fixture(autouse=True)
def clock(mock):
    mock.clock.freeze()
    mock.clock.move_to(TEN)
    return mock.clock


def at(hour, minute=0):
    return {"schedulingConfig": {"startTime": f"2030-06-01T{hour:02}:{minute:02}"}}


# Active jobs


def test_as_many_snapshot_jobs_may_be_active_as_the_quota_says(mock, fleet):
    fleet.things("t")
    mock.iot.settings.max_active_snapshot_jobs = 2
    fleet.job("t", job_id="running")
    fleet.job("t", job_id="scheduled", **at(11))

    with fleet.refused("LimitExceededException", 410, "2 SNAPSHOT jobs are active, and 2 is the limit."):
        fleet.job("t", job_id="third")


def test_continuous_jobs_have_a_quota_of_their_own(mock, fleet):
    fleet.things("t")
    mock.iot.settings.change(max_active_continuous_jobs=1, max_active_snapshot_jobs=1)
    fleet.job("t", job_id="continuous", targetSelection="CONTINUOUS")
    fleet.job("t", job_id="snapshot")

    with fleet.refused("LimitExceededException", 410, "1 CONTINUOUS jobs are active, and 1 is the limit."):
        fleet.job("t", targetSelection="CONTINUOUS")
    fleet.iot.cancel_job(jobId="continuous")
    fleet.job("t", targetSelection="CONTINUOUS")

    assert fleet.describe()["status"] == "IN_PROGRESS"


@pytest.mark.parametrize("end", ["completed", "canceled", "deleted"])
def test_a_job_that_is_over_makes_room_for_another(mock, fleet, end):
    fleet.things("t")
    mock.iot.settings.max_active_snapshot_jobs = 1
    fleet.job("t")
    if end == "completed":
        fleet.report("t", "SUCCEEDED")
    if end == "canceled":
        fleet.iot.cancel_job(jobId="job")
    if end == "deleted":
        fleet.iot.delete_job(jobId="job", force=True)

    fleet.job("t", job_id="next")

    assert fleet.describe("next")["status"] == "IN_PROGRESS"


def test_a_job_counts_where_it_is(mock, fleet):
    fleet.things("t")
    mock.iot.settings.max_active_snapshot_jobs = 1
    fleet.job("t")
    elsewhere = boto3.client("iot", region_name="eu-west-1", config=NO_RETRIES)
    arn = elsewhere.create_thing(thingName="t")["thingArn"]

    elsewhere.create_job(jobId="job", targets=[arn], document="{}")

    assert elsewhere.describe_job(jobId="job")["job"]["status"] == "IN_PROGRESS"


def test_an_id_in_use_is_told_before_a_quota(mock, fleet):
    fleet.things("t")
    mock.iot.settings.max_active_snapshot_jobs = 1
    fleet.job("t")

    with fleet.refused("ResourceAlreadyExistsException", 409):
        fleet.job("t")


# Concurrent jobs


def test_as_many_jobs_may_be_rolled_out_at_a_time_as_the_quota_says(mock, fleet, clock):
    fleet.things("t", "u")
    mock.iot.settings.max_concurrent_jobs = 1
    fleet.job("t", "u", job_id="slow", **SLOWLY)

    with fleet.refused("LimitExceededException", 410, "1 jobs are being rolled out or canceled, and 1 is the limit."):
        fleet.job("t")
    clock.advance(60)
    fleet.job("t")

    assert fleet.describe("slow")["isConcurrent"] is False
    assert fleet.describe("job")["status"] == "IN_PROGRESS"


def test_jobs_that_are_rolled_out_are_not_concurrent(mock, fleet):
    fleet.things("t")
    mock.iot.settings.max_concurrent_jobs = 1
    for name in ("first", "second", "third"):
        fleet.job("t", job_id=name)

    assert [fleet.describe(name)["isConcurrent"] for name in ("first", "second", "third")] == [False] * 3


@pytest.mark.parametrize("end", ["canceled", "deleted"])
def test_a_rollout_that_is_stopped_makes_room_for_another(mock, fleet, end):
    fleet.things("t", "u")
    mock.iot.settings.max_concurrent_jobs = 1
    fleet.job("t", "u", job_id="slow", **SLOWLY)
    if end == "canceled":
        fleet.iot.cancel_job(jobId="slow")
    else:
        fleet.iot.delete_job(jobId="slow", force=True)

    fleet.job("t")

    assert fleet.describe()["status"] == "IN_PROGRESS"


def test_a_job_in_cancelation_is_concurrent(mock, fleet, clock):
    fleet.things("t")
    mock.iot.settings.change(max_concurrent_jobs=1, cancellation_seconds=90)
    fleet.job("t", job_id="first")
    fleet.iot.cancel_job(jobId="first")

    with fleet.refused("LimitExceededException", 410, "1 jobs are being rolled out or canceled, and 1 is the limit."):
        fleet.job("t")
    clock.advance(90)
    fleet.job("t")

    assert fleet.describe()["status"] == "IN_PROGRESS"


def test_a_job_that_starts_later_is_created_all_the_same(mock, fleet):
    fleet.things("t", "u")
    mock.iot.settings.max_concurrent_jobs = 1
    fleet.job("t", "u", job_id="slow", **SLOWLY)

    fleet.job("t", **at(10, 30))

    assert fleet.describe()["status"] == "SCHEDULED"


def test_a_job_that_finds_no_room_at_its_start_is_canceled(mock, fleet, clock):
    fleet.things(*(f"t{number}" for number in range(60)))
    mock.iot.settings.max_concurrent_jobs = 1
    fleet.job(*fleet.names, job_id="slow", **SLOWLY)
    fleet.job("t0", **at(10, 30))
    clock.advance(timedelta(hours=2))

    job = fleet.describe()
    assert (job["status"], job["forceCanceled"], job["lastUpdatedAt"]) == ("CANCELED", False, TEN + timedelta(minutes=30))
    assert job["comment"] == "The job could not start: 1 jobs are being rolled out or canceled, and 1 is the limit."
    assert fleet.counters() == {}
    assert [each.topic.rpartition("/")[2] for each in mock.events if each.payload["jobId"] == "job"] == [
        "cancellation_in_progress",
        "canceled",
    ]


# Deletions


def test_ten_jobs_may_be_in_deletion_at_a_time(mock, fleet, clock):
    fleet.things("t")
    mock.iot.settings.deletion_seconds = 60
    for number in range(11):
        fleet.job("t", job_id=f"j{number}")
    for number in range(10):
        fleet.iot.delete_job(jobId=f"j{number}", force=True)

    with fleet.refused("LimitExceededException", 410, "10 jobs are in status DELETION_IN_PROGRESS, and 10 is the limit."):
        fleet.iot.delete_job(jobId="j10", force=True)
    with fleet.refused("InvalidStateTransitionException", 409):
        fleet.iot.delete_job(jobId="j10")
    clock.advance(60)
    fleet.iot.delete_job(jobId="j10", force=True)

    assert fleet.describe("j10")["status"] == "DELETION_IN_PROGRESS"


def test_the_quota_of_deletions_can_be_turned_off(mock, fleet):
    fleet.things("t")
    mock.iot.settings.change(deletion_seconds=60, max_jobs_in_deletion=None)
    for number in range(12):
        fleet.job("t", job_id=f"j{number}")
        fleet.iot.delete_job(jobId=f"j{number}", force=True)

    assert len(fleet.iot.list_jobs(status="DELETION_IN_PROGRESS")["jobs"]) == 12


# Retention


@pytest.mark.parametrize("end", ["completed", "canceled", "canceled with one in progress"])
def test_a_job_that_is_over_is_kept_as_long_as_the_setting_says(mock, fleet, clock, end):
    fleet.things("t")
    mock.iot.settings.retention_days = 730
    fleet.job("t")
    if end != "canceled":
        fleet.report("t", "SUCCEEDED" if end == "completed" else "IN_PROGRESS")
    if end != "completed":
        fleet.iot.cancel_job(jobId="job")
    clock.advance(timedelta(days=730, seconds=-1))
    kept = fleet.describe()["jobId"]
    told = len(mock.events)
    clock.advance(1)

    assert kept == "job"
    assert fleet.iot.list_jobs()["jobs"] == []
    assert fleet.iot.list_job_executions_for_thing(thingName="t")["executionSummaries"] == []
    assert len(mock.events) == told
    fleet.job("t")
    clock.advance(timedelta(days=1000))
    assert fleet.describe()["status"] == "IN_PROGRESS"


def test_a_new_job_with_the_id_of_a_deleted_one_is_kept_as_long_as_any(mock, fleet, clock):
    fleet.things("t")
    mock.iot.settings.retention_days = 2
    fleet.job("t")
    fleet.report("t", "SUCCEEDED")
    fleet.iot.delete_job(jobId="job")
    clock.advance(timedelta(days=1))
    fleet.job("t")
    clock.advance(timedelta(days=1))

    assert fleet.describe()["status"] == "IN_PROGRESS"


# Rates


CALLS = {
    "control_reads_per_second": lambda fleet: fleet.iot.describe_job(jobId="job"),
    "control_writes_per_second": lambda fleet: fleet.iot.update_job(jobId="job", description="d"),
    "describe_job_execution_per_second": lambda fleet: fleet.iot.describe_job_execution(jobId="job", thingName="t"),
    "device_reads_per_second": lambda fleet: fleet.data.get_pending_job_executions(thingName="t"),
    "device_writes_per_second": lambda fleet: fleet.data.start_next_pending_job_execution(thingName="t"),
}


@pytest.mark.parametrize("setting", CALLS)
def test_calls_above_the_rate_are_refused_until_a_second_has_passed(mock, fleet, clock, setting):
    fleet.things("t")
    fleet.job("t")
    call = CALLS[setting]
    setattr(mock.iot.settings, setting, 2)
    call(fleet)
    clock.advance(0.5)
    call(fleet)
    clock.advance(0.499)

    for _ in range(2):
        with pytest.raises(fleet.iot.exceptions.ClientError) as caught:
            call(fleet)
        response = caught.value.response
        assert response["Error"] == {"Code": "ThrottlingException", "Message": "Rate exceeded"}
        assert response["ResponseMetadata"]["HTTPStatusCode"] == (429 if setting.startswith("device") else 400)
    clock.advance(0.001)
    call(fleet)
    with pytest.raises(fleet.iot.exceptions.ClientError):
        call(fleet)


@pytest.mark.parametrize("setting", CALLS)
def test_calls_of_other_kinds_do_not_count_for_a_rate(mock, fleet, setting):
    fleet.things("t")
    fleet.job("t")
    setattr(mock.iot.settings, setting, 1)
    # DescribeJobExecution is a read of the control plane as well.
    overlap = {"control_reads_per_second", "describe_job_execution_per_second"}
    others = [each for each in CALLS if each != setting and {each, setting} != overlap]

    for _ in range(2):
        for each in others:
            CALLS[each](fleet)
    CALLS[setting](fleet)

    with pytest.raises(fleet.iot.exceptions.ClientError, match="Rate exceeded"):
        CALLS[setting](fleet)


def test_a_throttled_call_changes_nothing(mock, fleet):
    fleet.things("t")
    fleet.job("t")
    mock.iot.settings.change(control_writes_per_second=0, device_writes_per_second=0)

    with fleet.refused("ThrottlingException", 400, "Rate exceeded"):
        fleet.iot.cancel_job(jobId="job")
    with fleet.refused("ThrottlingException", 429, "Rate exceeded"):
        fleet.report("t", "SUCCEEDED")


def test_what_is_not_about_jobs_is_not_throttled(mock, fleet):
    fleet.things("t")
    fleet.job("t")
    mock.iot.settings.change(control_writes_per_second=0, control_reads_per_second=0)
    arn = "arn:aws:iot:us-east-1:123456789012:job/job"

    fleet.iot.tag_resource(resourceArn=arn, tags=[{"Key": "k", "Value": "v"}])
    fleet.things("u")

    assert fleet.iot.list_tags_for_resource(resourceArn=arn)["tags"] == [{"Key": "k", "Value": "v"}]


def test_calls_that_a_clock_set_back_left_in_the_future_do_not_count(mock, fleet, clock, monkeypatch):
    fleet.things("t")
    mock.iot.settings.device_reads_per_second = 1
    clock.unfreeze()
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    fleet.data.get_pending_job_executions(thingName="t")
    monkeypatch.setattr("time.time", lambda: 1_999_999_000.0)

    assert fleet.data.get_pending_job_executions(thingName="t")["queuedJobs"] == []


# Templates


def test_as_many_templates_may_exist_as_the_quota_says(mock, fleet):
    mock.iot.settings.max_job_templates = 1
    fleet.iot.create_job_template(jobTemplateId="first", description="d", document="{}")

    with fleet.refused("LimitExceededException", 410, "There are 1 job templates, and 1 is the limit."):
        fleet.iot.create_job_template(jobTemplateId="second", description="d", document="{}")
    fleet.iot.delete_job_template(jobTemplateId="first")
    fleet.iot.create_job_template(jobTemplateId="second", description="d", document="{}")
