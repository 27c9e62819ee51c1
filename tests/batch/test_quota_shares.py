"""The operations on quota shares. Documents: API reference, CreateQuotaShare and its kin; user guide, quota shares."""

from __future__ import annotations

import pytest

from support.batch import PREFIX, Timeline, refusal
from support.needs import needs
from support.service_jobs import M5, SERVICE_QUEUE, limit

pytestmark = needs("batch CreateQuotaShare")

SHARE = f"{SERVICE_QUEUE}/quota-share/p"
UNKNOWN = f"{SERVICE_QUEUE}/quota-share/nope"
DESCRIBED = {
    "quotaShareName": "p",
    "quotaShareArn": SHARE,
    "jobQueueArn": SERVICE_QUEUE,
    "capacityLimits": [limit(2, M5)],
    "resourceSharingConfiguration": {"strategy": "LEND"},
    "preemptionConfiguration": {"inSharePreemption": "DISABLED"},
    "state": "ENABLED",
    "status": "VALID",
    "tags": {},
}


def described(batch, arn=SHARE):
    answer = batch.describe_quota_share(quotaShareArn=arn)
    del answer["ResponseMetadata"]
    return answer


def listed(batch, **more):
    return batch.list_quota_shares(jobQueue="sq", **more)["quotaShares"]


def test_a_new_quota_share_is_valid_and_enabled(batch, site):
    site.make_quota_queue_and_environment()

    assert site.make_share("p") == SHARE
    assert described(batch) == DESCRIBED
    assert listed(batch) == [{name: value for name, value in DESCRIBED.items() if name != "tags"}]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"strategy": "RESERVE"}, {"strategy": "RESERVE"}),
        ({"strategy": "LEND_AND_BORROW"}, {"strategy": "LEND_AND_BORROW", "borrowLimit": -1}),
        ({"strategy": "LEND_AND_BORROW", "borrowLimit": -1}, {"strategy": "LEND_AND_BORROW", "borrowLimit": -1}),
        ({"strategy": "LEND_AND_BORROW", "borrowLimit": 0}, {"strategy": "LEND_AND_BORROW", "borrowLimit": 0}),
        ({"strategy": "LEND_AND_BORROW", "borrowLimit": 200}, {"strategy": "LEND_AND_BORROW", "borrowLimit": 200}),
    ],
)
def test_the_borrow_limit_is_shown_where_a_share_borrows(batch, site, given, shown):
    site.make_quota_queue_and_environment()
    site.make_share("p", resourceSharingConfiguration=given)

    assert described(batch)["resourceSharingConfiguration"] == shown


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"quotaShareName": "-p"}, "Quota share name should match valid pattern"),
        ({"quotaShareName": "p" * 129}, "Quota share name should match valid pattern"),
        ({"capacityLimits": []}, "At least 1 capacity limit must be provided"),
        (
            {"capacityLimits": [limit(1, f"ml.m{number}.large") for number in range(6)]},
            "At most 5 capacity limits can be provided",
        ),
        ({"capacityLimits": [limit(0, M5)]}, "maxCapacity must be at least 1"),
        ({"capacityLimits": [limit(1)]}, "NUM_INSTANCES is not a valid capacity unit"),
        ({"capacityLimits": [limit(1, M5)] * 2}, f"Capacity unit {M5} is given twice"),
        (
            {"capacityLimits": [limit(1, "ml.g5.xlarge")]},
            "The service environment of the job queue has no capacity unit ml.g5.xlarge",
        ),
        (
            {"resourceSharingConfiguration": {"strategy": "SHARE"}},
            "resourceSharingConfiguration.strategy must be one of RESERVE, LEND, LEND_AND_BORROW",
        ),
        (
            {"resourceSharingConfiguration": {"strategy": "LEND", "borrowLimit": 10}},
            "borrowLimit can only be set with the strategy LEND_AND_BORROW",
        ),
        (
            {"resourceSharingConfiguration": {"strategy": "LEND_AND_BORROW", "borrowLimit": -2}},
            "borrowLimit must be -1 or a percentage of at least 0",
        ),
        (
            {"preemptionConfiguration": {"inSharePreemption": "YES"}},
            "preemptionConfiguration.inSharePreemption must be one of ENABLED, DISABLED",
        ),
        ({"tags": {"aws:a": "b"}}, "Tag keys must not start with aws:"),
        ({"jobQueue": "nope"}, f"{PREFIX}job-queue/nope does not exist"),
        ({"jobQueue": "q"}, "Job queue q has no quota share scheduling policy"),
        ({"jobQueue": "fifo"}, "Job queue fifo has no quota share scheduling policy"),
        ({"jobQueue": "new"}, "Job queue new is not in VALID status"),
        ({"quotaShareName": "taken"}, "Object already exists"),
    ],
)
def test_creating_a_quota_share_is_refused(mock, batch, site, changes, text):
    site.make_quota_queue_and_environment()
    site.make_share("taken")
    site.make_environment()
    site.make_queue()
    site.make_service_environment("plain")
    site.make_service_queue("fifo", "plain")
    site.make_service_environment("other", limit(1, M5))
    mock.batch.settings.job_queue_create_seconds = 10
    site.make_service_queue("new", "other", schedulingPolicyArn=f"{PREFIX}scheduling-policy/quotas")

    assert refusal(site.make_share, name="p", **changes) == text
    assert [share["quotaShareName"] for share in listed(batch)] == ["taken"]


def test_a_queue_has_at_most_20_quota_shares(batch, site):
    site.make_quota_queue_and_environment()
    for number in range(20):
        site.make_share(f"share-{number}")

    assert refusal(site.make_share, name="one-more") == "Quota share limit exceeded"
    pages = batch.get_paginator("list_quota_shares").paginate(jobQueue="sq", PaginationConfig={"PageSize": 8})
    assert [len(page["quotaShares"]) for page in pages] == [8, 8, 4]
    assert [share["quotaShareName"] for share in listed(batch)] == [f"share-{number}" for number in range(20)]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"jobQueue": "nope"}, f"{PREFIX}job-queue/nope does not exist"),
        ({"maxResults": 0}, "maxResults must be between 1 and 100"),
        ({"nextToken": "x"}, "Invalid nextToken"),
    ],
)
def test_listing_quota_shares_is_refused(batch, site, changes, text):
    site.make_quota_queue_and_environment()

    assert refusal(batch.list_quota_shares, **{"jobQueue": "sq", **changes}) == text


def test_a_queue_without_quotas_has_no_shares(batch, site):
    site.make_environment()
    site.make_queue()

    assert batch.list_quota_shares(jobQueue="q")["quotaShares"] == []


@pytest.mark.parametrize("arn", [UNKNOWN, "p", f"{PREFIX}job-queue/nope/quota-share/p", SERVICE_QUEUE, "sq/quota-share/p"])
def test_an_unknown_quota_share_is_an_error(mock, batch, site, arn):
    site.make_quota_queue_and_environment()
    site.make_share("p")

    assert refusal(batch.describe_quota_share, quotaShareArn=arn) == f"{arn} does not exist"
    assert refusal(batch.update_quota_share, quotaShareArn=arn, state="DISABLED") == f"{arn} does not exist"
    batch.delete_quota_share(quotaShareArn=arn)
    mock.batch.settings.idempotent_delete = False
    assert refusal(batch.delete_quota_share, quotaShareArn=arn) == f"{arn} does not exist"
    assert described(batch) == DESCRIBED


def test_an_update_changes_what_it_names(batch, site):
    site.make_quota_queue_and_environment()
    site.make_share("p")

    updated = batch.update_quota_share(quotaShareArn=SHARE, capacityLimits=[limit(3, M5)])
    batch.update_quota_share(quotaShareArn=SHARE, resourceSharingConfiguration={"strategy": "RESERVE"})
    batch.update_quota_share(quotaShareArn=SHARE, preemptionConfiguration={"inSharePreemption": "ENABLED"})
    batch.update_quota_share(quotaShareArn=SHARE, state="DISABLED")

    assert (updated["quotaShareName"], updated["quotaShareArn"]) == ("p", SHARE)
    assert described(batch) == {
        **DESCRIBED,
        "capacityLimits": [limit(3, M5)],
        "resourceSharingConfiguration": {"strategy": "RESERVE"},
        "preemptionConfiguration": {"inSharePreemption": "ENABLED"},
        "state": "DISABLED",
    }


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"capacityLimits": [limit(0, M5)]}, "maxCapacity must be at least 1"),
        (
            {"capacityLimits": [limit(1, "ml.g5.xlarge")]},
            "The service environment of the job queue has no capacity unit ml.g5.xlarge",
        ),
        (
            {"resourceSharingConfiguration": {"strategy": "RESERVE", "borrowLimit": 1}},
            "borrowLimit can only be set with the strategy LEND_AND_BORROW",
        ),
    ],
)
def test_an_update_is_refused(batch, site, changes, text):
    site.make_quota_queue_and_environment()
    site.make_share("p")

    assert refusal(batch.update_quota_share, quotaShareArn=SHARE, **{"state": "DISABLED", **changes}) == text
    assert described(batch) == DESCRIBED


def test_the_states_of_a_life_take_the_time_that_is_set(mock, batch, site):
    mock.batch.pace = "clock"
    site.make_quota_queue_and_environment()
    settings = mock.batch.settings
    settings.quota_share_create_seconds, settings.quota_share_update_seconds, settings.quota_share_delete_seconds = 10, 20, 30
    mock.clock.freeze()
    site.make_share("p")
    seen = [described(batch)["status"]]
    refused = refusal(batch.update_quota_share, quotaShareArn=SHARE, state="DISABLED")
    mock.clock.advance(10)
    seen.append(described(batch)["status"])
    batch.update_quota_share(quotaShareArn=SHARE, state="DISABLED")
    seen.append(described(batch)["status"])
    busy = refusal(batch.delete_quota_share, quotaShareArn=SHARE)
    mock.clock.advance(20)
    batch.delete_quota_share(quotaShareArn=SHARE)
    batch.delete_quota_share(quotaShareArn=SHARE)
    seen.append(described(batch)["status"])
    mock.clock.advance(30)

    assert seen == ["CREATING", "VALID", "UPDATING", "DELETING"]
    assert refused == "Cannot update, resource is being modified"
    assert busy == "Cannot delete, resource is being modified."
    assert listed(batch) == []


def test_quota_shares_have_tags(batch, site):
    site.make_quota_queue_and_environment()
    site.make_share("p", tags={"a": "1"})
    batch.tag_resource(resourceArn=SHARE, tags={"b": "2"})
    batch.untag_resource(resourceArn=SHARE, tagKeys=["a"])

    assert batch.list_tags_for_resource(resourceArn=SHARE)["tags"] == described(batch)["tags"] == {"b": "2"}
    assert refusal(batch.list_tags_for_resource, resourceArn=UNKNOWN) == f"{UNKNOWN} does not exist"


# Jobs in quota shares


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "Job submitted to a job queue with a quota share scheduling policy must specify quotaShareName"),
        ({"quotaShareName": "nope"}, f"{UNKNOWN} does not exist"),
        ({"quotaShareName": "off"}, "Quota share off is not in ENABLED state and VALID status"),
        ({"quotaShareName": "new"}, "Quota share new is not in ENABLED state and VALID status"),
        (
            {"quotaShareName": "p", "shareIdentifier": "a"},
            "Job with shareIdentifier or schedulingPriority can onlybe submitted to job queue with fair share scheduling policy.",
        ),
    ],
)
def test_a_submission_names_a_quota_share_that_takes_jobs(mock, batch, site, changes, text):
    site.make_quota_queue_and_environment()
    site.make_share("p")
    site.make_share("off", state="DISABLED")
    mock.batch.settings.quota_share_create_seconds = 10
    site.make_share("new")

    assert refusal(site.submit_service, **changes) == text
    assert batch.list_service_jobs(jobQueue="sq", jobStatus="SUBMITTED")["jobSummaryList"] == []


def test_jobs_are_listed_by_their_quota_share(mock, batch, site):
    mock.batch.pace = "manual"
    site.make_quota_queue_and_environment()
    mock.batch.plan(duration=None)
    site.make_share("p")
    site.make_share("q")
    first, second, third = (site.submit_service(name, quotaShareName=name[0]) for name in ("p1", "q1", "p2"))
    mock.batch.run_until(first, "RUNNING")
    batch.terminate_service_job(jobId=third, reason="x")

    def names(*shares, **more):
        filters = [{"name": "QUOTA_SHARE_NAME", "values": list(shares)}]
        summaries = batch.list_service_jobs(jobQueue="sq", filters=filters, **more)["jobSummaryList"]
        return [(each["jobName"], each["quotaShareName"]) for each in summaries]

    assert names("p") == [("p2", "p"), ("p1", "p")]
    assert names("p", "q") == [("p2", "p"), ("q1", "q"), ("p1", "p")]
    assert names("p", jobStatus="RUNNING") == [("p1", "p")]
    assert names("nope") == []
    assert site.service_detail(second)["quotaShareName"] == "q"
    share = [{"name": "SHARE_IDENTIFIER", "values": ["p"]}]
    assert batch.list_service_jobs(jobQueue="sq", filters=share)["jobSummaryList"] == []


def test_a_disabled_share_refuses_new_jobs_and_finishes_the_old_ones(mock, batch, site):
    site.make_quota_queue_and_environment()
    site.make_share("p")
    at = Timeline(mock)
    mock.batch.plan(duration=10)
    jobs = [site.submit_service(f"job-{number}", 2, quotaShareName="p") for number in range(2)]
    at.go_to(5)
    batch.update_quota_share(quotaShareArn=SHARE, state="DISABLED")
    at.go_to(20)

    assert site.service_statuses(*jobs) == ["SUCCEEDED", "SUCCEEDED"]


def test_the_jobs_of_a_deleted_share_are_terminated(mock, batch, site):
    site.make_quota_queue_and_environment()
    site.make_share("p")
    site.make_share("q")
    at = Timeline(mock)
    mock.batch.settings.terminate_grace_seconds = 30
    mock.batch.plan(duration=None)
    running, waiting, other = (site.submit_service(name, 2, quotaShareName=name[0]) for name in ("p1", "p2", "q1"))
    at.go_to(5)
    batch.update_quota_share(quotaShareArn=SHARE, state="DISABLED")
    batch.delete_quota_share(quotaShareArn=SHARE)

    jobs = [site.service_detail(job_id) for job_id in (running, waiting)]
    assert [(job["status"], job["statusReason"], job["isTerminated"]) for job in jobs] == [
        ("FAILED", "QuotaShare deleted", True)
    ] * 2
    assert [len(job["attempts"]) for job in jobs] == [1, 0]
    assert site.service_statuses(other) == ["RUNNING"]
    assert jobs[0]["quotaShareName"] == "p"
    assert [share["quotaShareName"] for share in listed(batch)] == ["q"]


def test_an_enabled_share_is_not_deleted(batch, site):
    site.make_quota_queue_and_environment()
    site.make_share("p")

    assert refusal(batch.delete_quota_share, quotaShareArn=SHARE) == "Cannot delete, state must be DISABLED"
    assert described(batch) == DESCRIBED
