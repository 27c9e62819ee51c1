"""Service jobs that block the head of their queue. Document: user guide, service jobs stuck in RUNNABLE."""

from __future__ import annotations

import pytest

from mock_jobs.core.errors import UsageValueError

from support.batch import Timeline, refusal
from support.needs import needs
from support.service_jobs import M5, limit, payload

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


def shown(site, job_id):
    job = site.service_detail(job_id)
    return job["status"], job.get("statusReason")


def blocked_events(mock):
    return [event.payload for event in mock.events if event.topic == "Batch Service Job Queue Blocked"]


def test_a_job_that_is_larger_than_its_environment_says_so_at_the_head(mock, batch, site, at):
    site.make_service_queue_and_environment(instances=4)
    mock.batch.plan(duration=10)
    first, too_large, last = site.submit_service("a", 4), site.submit_service("b", 5), site.submit_service("c", 1)
    at.go_to(5)
    blocked = shown(site, too_large), shown(site, last)
    at.go_to(10)
    batch.update_service_environment(serviceEnvironment="se", capacityLimits=[limit(5)])
    at.go_to(20)

    assert blocked == (("RUNNABLE", MAX_TEXT), ("RUNNABLE", None))
    assert [at.span(site.service_detail(job_id)) for job_id in (first, too_large, last)] == [(0, 10), (10, 20), (20, None)]
    (event,) = blocked_events(mock)
    assert event["resources"] == [site.service_detail(too_large)["jobArn"]]
    assert (event["detail"]["status"], event["detail"]["statusReason"]) == ("RUNNABLE", MAX_TEXT)


@needs("batch CreateQuotaShare")
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
def test_a_job_that_is_larger_than_its_share_can_ever_have_says_so(site, at, strategy, borrow, instances, reason):
    site.make_quota_queue_and_environment(limit(6, M5))
    site.make_share("P", 2, strategy, borrow=borrow)
    site.make_share("L", 2, "LEND")
    site.make_share("R", 2, "RESERVE")
    job_id = site.submit_service("big", instances, quotaShareName="P")
    at.go_to(1)

    assert shown(site, job_id) == (("RUNNABLE", reason) if reason else ("SUCCEEDED", shown(site, job_id)[1]))


@needs("batch CreateQuotaShare")
def test_a_job_for_an_instance_type_that_nobody_has_waits(batch, site, at):
    """As the model has it: jobs requiring other instance types wait until a matching limit is configured."""
    site.make_quota_queue_and_environment(limit(2, M5))
    arn = site.make_share("P", 2)
    job_id = site.submit_service(quotaShareName="P", serviceRequestPayload=payload(1, "ml.g5.xlarge"))
    at.go_to(1)
    seen = [shown(site, job_id)]
    batch.update_service_environment(serviceEnvironment="se", capacityLimits=[limit(2, M5), limit(1, "ml.g5.xlarge")])
    at.go_to(2)
    seen.append(shown(site, job_id))
    batch.update_quota_share(quotaShareArn=arn, capacityLimits=[limit(2, M5), limit(1, "ml.g5.xlarge")])
    at.go_to(3)

    assert seen == [("RUNNABLE", MAX_TEXT), ("RUNNABLE", QUOTA_TEXT)]
    assert site.service_status(job_id) == "SUCCEEDED"


@needs("batch CreateQuotaShare")
def test_each_share_has_a_head_of_its_own(mock, site, at):
    site.make_quota_queue_and_environment(limit(4, M5))
    site.make_share("P", 2)
    site.make_share("Q", 2)
    jobs = [site.submit_service(name, 3, quotaShareName=name[0]) for name in ("P1", "Q1", "P2")]
    at.go_to(1)

    assert [shown(site, job_id)[1] for job_id in jobs] == [QUOTA_TEXT, QUOTA_TEXT, None]
    assert len(blocked_events(mock)) == 2


# Lack of capacity


@needs("batch DescribeServiceJob.scheduledAt")
def test_a_job_without_capacity_falls_back_and_uses_up_no_attempt(mock, site, at):
    site.make_service_queue_and_environment()
    mock.batch.settings.scheduled_seconds = 5
    outage = mock.batch.block("sq", CAPACITY)
    job_id = site.submit_service(retryStrategy={"attempts": 1})
    at.go_to(4)
    seen = [shown(site, job_id)]
    at.go_to(5)
    seen.append(shown(site, job_id))
    blocked = site.service_detail(job_id)
    at.go_to(50)
    outage.clear()
    at.go_to(55)

    assert seen == [("SCHEDULED", None), ("RUNNABLE", CAPACITY_TEXT)]
    assert blocked["attempts"] == []
    assert at.seconds(blocked["scheduledAt"]) == 0
    job = site.service_detail(job_id)
    assert (job["status"], len(job["attempts"])) == ("SUCCEEDED", 1)
    assert job["latestAttempt"] != blocked["latestAttempt"]


def test_the_reason_goes_when_there_is_capacity_again(mock, batch, site, at):
    site.make_service_queue_and_environment()
    with mock.batch.block("sq", CAPACITY):
        job_id = site.submit_service()
        at.go_to(1)
        batch.update_service_environment(serviceEnvironment="se", state="DISABLED")
        at.go_to(2)
        during = shown(site, job_id)
    at.go_to(3)

    assert during == ("RUNNABLE", CAPACITY_TEXT)
    assert shown(site, job_id) == ("RUNNABLE", None)


def test_running_jobs_do_not_mind_a_lack_of_capacity(mock, site, at):
    site.make_service_queue_and_environment()
    mock.batch.plan(duration=10)
    job_id = site.submit_service()
    at.go_to(1)
    mock.batch.block("sq", CAPACITY)
    at.go_to(10)

    assert site.service_status(job_id) == "SUCCEEDED"


def test_the_reasons_of_ordinary_queues_are_not_for_service_queues(mock, site):
    site.make_service_queue_and_environment()
    site.make_environment()
    site.make_queue()

    with pytest.raises(UsageValueError, match=r"sq is for service jobs, for which the only reason is CAPACITY:"):
        mock.batch.block("sq", "UNDETERMINED")
    with pytest.raises(UsageValueError, match="names no instance type: leave out instance_type='m5'"):
        mock.batch.block("sq", CAPACITY, instance_type="m5")
    with pytest.raises(UsageValueError, match="because requests cause it: submit a service job"):
        mock.batch.block("sq", MAX_RESOURCE)
    with pytest.raises(UsageValueError, match="because requests cause it: submit a service job"):
        mock.batch.block("sq", QUOTA)


# Time limits


def limited(site, code, **more):
    site.make_service_environment()
    site.make_service_queue(jobStateTimeLimitActions=[action(code, **more)])


def test_a_job_that_is_blocked_for_too_long_is_terminated(mock, site, at):
    """Example 17 of the specification, for service jobs."""
    limited(site, MAX_RESOURCE)
    mock.batch.plan(duration=10)
    too_large, other = site.submit_service("X", 8), site.submit_service("Y")
    at.go_to(599)
    before = site.service_statuses(too_large, other)
    at.go_to(600)
    ended = site.service_detail(too_large)
    at.go_to(610)

    assert before == ["RUNNABLE", "RUNNABLE"]
    assert (ended["status"], ended["isTerminated"]) == ("FAILED", True)
    assert ended["statusReason"] == f"Terminated by JobStateTimeLimit action due to reason: {MAX_RESOURCE}"
    assert at.span(site.service_detail(other)) == (600, 610)


def test_the_time_in_scheduled_counts_where_capacity_is_lacking(mock, site, at):
    limited(site, CAPACITY)
    mock.batch.settings.scheduled_seconds = 100
    mock.batch.block("sq", CAPACITY)
    job_id = site.submit_service()
    at.go_to(599)
    before = shown(site, job_id)
    at.go_to(600)

    assert before == ("RUNNABLE", CAPACITY_TEXT)
    assert shown(site, job_id) == ("FAILED", f"Terminated by JobStateTimeLimit action due to reason: {CAPACITY}")


def test_a_limit_for_another_reason_does_nothing(site, at):
    limited(site, CAPACITY)
    job_id = site.submit_service("X", 8)
    at.go_to(10_000)

    assert shown(site, job_id) == ("RUNNABLE", MAX_TEXT)


@needs("batch CreateQuotaShare")
def test_the_head_of_a_quota_share_is_limited_too_and_new_limits_count_at_once(batch, site, at):
    site.make_quota_queue_and_environment(limit(4, M5))
    site.make_share("P", 2)
    job_id = site.submit_service("X", 3, quotaShareName="P")
    at.go_to(500)
    batch.update_job_queue(jobQueue="sq", jobStateTimeLimitActions=[action(QUOTA)])
    at.go_to(599)
    before = site.service_status(job_id)
    at.go_to(600)

    assert before == "RUNNABLE"
    assert shown(site, job_id) == ("FAILED", f"Terminated by JobStateTimeLimit action due to reason: {QUOTA}")


@pytest.mark.parametrize("code", [MAX_RESOURCE, CAPACITY, QUOTA])
def test_service_queues_take_their_own_reasons_and_action(batch, site, code):
    limited(site, code)

    assert batch.describe_job_queues()["jobQueues"][0]["jobStateTimeLimitActions"] == [action(code)]
    arguments = {"jobQueue": "sq", "jobStateTimeLimitActions": [action(code, what="CANCEL")]}
    assert "TERMINATE" in refusal(batch.update_job_queue, **arguments)


def test_detection_takes_the_time_that_is_set(mock, site, at):
    mock.batch.settings.blocked_detection_seconds = 188
    site.make_service_queue_and_environment()
    job_id = site.submit_service("X", 8)
    at.go_to(187)
    before = shown(site, job_id)
    at.go_to(188)

    assert (before, shown(site, job_id)) == (("RUNNABLE", None), ("RUNNABLE", MAX_TEXT))
