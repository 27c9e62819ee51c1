"""Service jobs that block the head of their queue. Document: user guide, service jobs stuck in RUNNABLE."""

from __future__ import annotations

import pytest

from mock_jobs.core.errors import UsageValueError

from support.batch import Timeline, make_environment, make_queue, refusal
from support.service_jobs import (
    M5,
    limit,
    make_quota_site,
    make_service_environment,
    make_service_queue,
    make_service_site,
    make_share,
    payload,
    service_detail,
    service_status,
    service_statuses,
    submit_service,
)

CAPACITY = "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"
MAX_RESOURCE = "MISCONFIGURATION:SERVICE_ENVIRONMENT_MAX_RESOURCE"
QUOTA = "MISCONFIGURATION:QUOTA_MANAGEMENT_LIMIT_EXCEEDED"
CAPACITY_TEXT = f"{CAPACITY} - Unable to provision requested compute resources"
MAX_TEXT = (
    f"{MAX_RESOURCE} - Service environment(s) associated with the job queue cannot meet the capacity requirement of the job."
)
QUOTA_TEXT = f"{QUOTA} - Quota share cannot meet the capacity requirement of the job."


def action(code, seconds=600, what="TERMINATE"):
    return {"reason": code, "state": "RUNNABLE", "maxTimeSeconds": seconds, "action": what}


@pytest.fixture
def at(mock):
    return Timeline(mock)


def shown(batch, job_id):
    job = service_detail(batch, job_id)
    return job["status"], job.get("statusReason")


def blocked_events(mock):
    return [event.payload for event in mock.events if event.topic == "Batch Service Job Queue Blocked"]


def test_a_job_that_is_larger_than_its_environment_says_so_at_the_head(mock, batch, at):
    make_service_site(batch, instances=4)
    mock.batch.plan(duration=10)
    first, too_large, last = submit_service(batch, "a", 4), submit_service(batch, "b", 5), submit_service(batch, "c", 1)
    at.go_to(5)
    blocked = shown(batch, too_large), shown(batch, last)
    at.go_to(10)
    batch.update_service_environment(serviceEnvironment="se", capacityLimits=[limit(5)])
    at.go_to(20)

    assert blocked == (("RUNNABLE", MAX_TEXT), ("RUNNABLE", None))
    assert [at.span(service_detail(batch, job_id)) for job_id in (first, too_large, last)] == [(0, 10), (10, 20), (20, None)]
    (event,) = blocked_events(mock)
    assert event["resources"] == [service_detail(batch, too_large)["jobArn"]]
    assert (event["detail"]["status"], event["detail"]["statusReason"]) == ("RUNNABLE", MAX_TEXT)


@pytest.mark.parametrize(
    ("strategy", "borrow", "instances", "reason"),
    [
        ("LEND", None, 2, None),
        ("LEND", None, 3, QUOTA_TEXT),
        ("LEND_AND_BORROW", None, 4, None),
        ("LEND_AND_BORROW", None, 5, QUOTA_TEXT),
        ("LEND_AND_BORROW", 50, 3, None),
        ("LEND_AND_BORROW", 50, 4, QUOTA_TEXT),
        ("LEND", None, 7, MAX_TEXT),
    ],
)
def test_a_job_that_is_larger_than_its_share_can_ever_have_says_so(mock, batch, at, strategy, borrow, instances, reason):
    make_quota_site(batch, limit(6, M5))
    make_share(batch, "P", 2, strategy, borrow=borrow)
    make_share(batch, "L", 2, "LEND")
    make_share(batch, "R", 2, "RESERVE")
    job_id = submit_service(batch, "big", instances, quotaShareName="P")
    at.go_to(1)

    assert shown(batch, job_id) == (("RUNNABLE", reason) if reason else ("SUCCEEDED", shown(batch, job_id)[1]))


def test_a_job_for_an_instance_type_that_nobody_has_waits(mock, batch, at):
    """As the model has it: jobs requiring other instance types wait until a matching limit is configured."""
    make_quota_site(batch, limit(2, M5))
    arn = make_share(batch, "P", 2)
    job_id = submit_service(batch, quotaShareName="P", serviceRequestPayload=payload(1, "ml.g5.xlarge"))
    at.go_to(1)
    seen = [shown(batch, job_id)]
    batch.update_service_environment(serviceEnvironment="se", capacityLimits=[limit(2, M5), limit(1, "ml.g5.xlarge")])
    at.go_to(2)
    seen.append(shown(batch, job_id))
    batch.update_quota_share(quotaShareArn=arn, capacityLimits=[limit(2, M5), limit(1, "ml.g5.xlarge")])
    at.go_to(3)

    assert seen == [("RUNNABLE", MAX_TEXT), ("RUNNABLE", QUOTA_TEXT)]
    assert service_status(batch, job_id) == "SUCCEEDED"


def test_each_share_has_a_head_of_its_own(mock, batch, at):
    make_quota_site(batch, limit(4, M5))
    make_share(batch, "P", 2)
    make_share(batch, "Q", 2)
    jobs = [submit_service(batch, name, 3, quotaShareName=name[0]) for name in ("P1", "Q1", "P2")]
    at.go_to(1)

    assert [shown(batch, job_id)[1] for job_id in jobs] == [QUOTA_TEXT, QUOTA_TEXT, None]
    assert len(blocked_events(mock)) == 2


# Lack of capacity


def test_a_job_without_capacity_falls_back_and_uses_up_no_attempt(mock, batch, at):
    make_service_site(batch)
    mock.batch.settings.scheduled_seconds = 5
    outage = mock.batch.block("sq", CAPACITY)
    job_id = submit_service(batch, retryStrategy={"attempts": 1})
    at.go_to(4)
    seen = [shown(batch, job_id)]
    at.go_to(5)
    seen.append(shown(batch, job_id))
    blocked = service_detail(batch, job_id)
    at.go_to(50)
    outage.clear()
    at.go_to(55)

    assert seen == [("SCHEDULED", None), ("RUNNABLE", CAPACITY_TEXT)]
    assert blocked["attempts"] == []
    assert at.seconds(blocked["scheduledAt"]) == 0
    job = service_detail(batch, job_id)
    assert (job["status"], len(job["attempts"])) == ("SUCCEEDED", 1)
    assert job["latestAttempt"] != blocked["latestAttempt"]


def test_the_reason_goes_when_there_is_capacity_again(mock, batch, at):
    make_service_site(batch)
    with mock.batch.block("sq", CAPACITY):
        job_id = submit_service(batch)
        at.go_to(1)
        batch.update_service_environment(serviceEnvironment="se", state="DISABLED")
        at.go_to(2)
        during = shown(batch, job_id)
    at.go_to(3)

    assert during == ("RUNNABLE", CAPACITY_TEXT)
    assert shown(batch, job_id) == ("RUNNABLE", None)


def test_running_jobs_do_not_mind_a_lack_of_capacity(mock, batch, at):
    make_service_site(batch)
    mock.batch.plan(duration=10)
    job_id = submit_service(batch)
    at.go_to(1)
    mock.batch.block("sq", CAPACITY)
    at.go_to(10)

    assert service_status(batch, job_id) == "SUCCEEDED"


def test_the_reasons_of_ordinary_queues_are_not_for_service_queues(mock, batch):
    make_service_site(batch)
    make_environment(batch)
    make_queue(batch)

    with pytest.raises(UsageValueError, match=r"sq is for service jobs, for which the only reason is CAPACITY:"):
        mock.batch.block("sq", "UNDETERMINED")
    with pytest.raises(UsageValueError, match="names no instance type: leave out 'm5'"):
        mock.batch.block("sq", CAPACITY, instance_type="m5")
    with pytest.raises(UsageValueError, match="comes by itself and cannot be asked for: submit a service job"):
        mock.batch.block("sq", MAX_RESOURCE)
    with pytest.raises(UsageValueError, match="comes by itself and cannot be asked for: submit a service job"):
        mock.batch.block("sq", QUOTA)


# Time limits


def limited(batch, code, **more):
    make_service_environment(batch)
    make_service_queue(batch, jobStateTimeLimitActions=[action(code, **more)])


def test_a_job_that_is_blocked_for_too_long_is_terminated(mock, batch, at):
    """Example 17 of the specification, for service jobs."""
    limited(batch, MAX_RESOURCE)
    mock.batch.plan(duration=10)
    too_large, other = submit_service(batch, "X", 8), submit_service(batch, "Y")
    at.go_to(599)
    before = service_statuses(batch, too_large, other)
    at.go_to(600)
    ended = service_detail(batch, too_large)
    at.go_to(610)

    assert before == ["RUNNABLE", "RUNNABLE"]
    assert (ended["status"], ended["isTerminated"]) == ("FAILED", True)
    assert ended["statusReason"] == f"Terminated by JobStateTimeLimit action due to reason: {MAX_RESOURCE}"
    assert at.span(service_detail(batch, other)) == (600, 610)


def test_the_time_in_scheduled_counts_where_capacity_is_lacking(mock, batch, at):
    limited(batch, CAPACITY)
    mock.batch.settings.scheduled_seconds = 100
    mock.batch.block("sq", CAPACITY)
    job_id = submit_service(batch)
    at.go_to(599)
    before = shown(batch, job_id)
    at.go_to(600)

    assert before == ("RUNNABLE", CAPACITY_TEXT)
    assert shown(batch, job_id) == ("FAILED", f"Terminated by JobStateTimeLimit action due to reason: {CAPACITY}")


def test_a_limit_for_another_reason_does_nothing(mock, batch, at):
    limited(batch, CAPACITY)
    job_id = submit_service(batch, "X", 8)
    at.go_to(10_000)

    assert shown(batch, job_id) == ("RUNNABLE", MAX_TEXT)


def test_the_head_of_a_quota_share_is_limited_too_and_new_limits_count_at_once(mock, batch, at):
    make_quota_site(batch, limit(4, M5))
    make_share(batch, "P", 2)
    job_id = submit_service(batch, "X", 3, quotaShareName="P")
    at.go_to(500)
    batch.update_job_queue(jobQueue="sq", jobStateTimeLimitActions=[action(QUOTA)])
    at.go_to(599)
    before = service_status(batch, job_id)
    at.go_to(600)

    assert before == "RUNNABLE"
    assert shown(batch, job_id) == ("FAILED", f"Terminated by JobStateTimeLimit action due to reason: {QUOTA}")


@pytest.mark.parametrize("code", [MAX_RESOURCE, CAPACITY, QUOTA])
def test_service_queues_take_their_own_reasons_and_action(batch, code):
    limited(batch, code)

    assert batch.describe_job_queues()["jobQueues"][0]["jobStateTimeLimitActions"] == [action(code)]
    arguments = {"jobQueue": "sq", "jobStateTimeLimitActions": [action(code, what="CANCEL")]}
    assert "TERMINATE" in refusal(batch.update_job_queue, **arguments)


def test_detection_takes_the_time_that_is_set(mock, batch, at):
    mock.batch.settings.blocked_detection_seconds = 188
    make_service_site(batch)
    job_id = submit_service(batch, "X", 8)
    at.go_to(187)
    before = shown(batch, job_id)
    at.go_to(188)

    assert (before, shown(batch, job_id)) == (("RUNNABLE", None), ("RUNNABLE", MAX_TEXT))
