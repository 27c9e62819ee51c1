"""Fair shares of service jobs. Documents: API reference, SubmitServiceJob and FairsharePolicy; user guide, job scheduling."""

from __future__ import annotations

import pytest

from support.batch import PREFIX, Timeline, refusal
from support.needs import needs
from support.service_jobs import M5, limit


@pytest.fixture
def at(mock, batch):
    return Timeline(mock)


def make_fair_site(site, instances=1, **policy):
    site.make_service_environment("se", limit(instances))
    site.make_service_queue(schedulingPolicyArn=site.make_policy(**policy))


def submit_all(mock, site, *shares, **more):
    """Submit jobs before the scheduler looks."""
    mock.batch.pace = "manual"
    jobs = [site.submit_service(f"job-{place}", shareIdentifier=share, **more) for place, share in enumerate(shares)]
    mock.batch.pace = "clock"
    return jobs


def starts(site, at, jobs):
    return [at.seconds(site.service_detail(job_id)["startedAt"]) for job_id in jobs]


def test_the_share_with_the_lower_weight_gets_more(mock, site, at):
    """Example 11 of the specification, in instances: A, B, B repeating."""
    weights = [{"shareIdentifier": "A", "weightFactor": 1.0}, {"shareIdentifier": "B", "weightFactor": 0.5}]
    make_fair_site(site, shareDistribution=weights)
    mock.batch.plan(duration=10)
    jobs = submit_all(mock, site, "A", "A", "A", "B", "B", "B", "B")
    at.go_to(70)

    assert starts(site, at, jobs) == [0, 30, 60, 10, 20, 40, 50]


def test_instances_count_as_use(mock, site, at):
    make_fair_site(site, instances=4)
    mock.batch.plan(duration=10)
    mock.batch.pace = "manual"
    jobs = [
        site.submit_service(f"job-{place}", count, shareIdentifier=share)
        for place, (share, count) in enumerate((("A", 4), ("A", 1), ("B", 4), ("B", 4)))
    ]
    mock.batch.pace = "clock"
    at.go_to(40)

    assert starts(site, at, jobs) == [0, 20, 10, 30]


def test_a_part_is_reserved_for_shares_that_are_not_active(mock, site, at):
    """Example 12 of the specification, in instances."""
    make_fair_site(site, instances=16, computeReservation=50)
    mock.batch.plan(duration=100)
    first = submit_all(mock, site, *["X"] * 16)
    at.go_to(1)
    before = site.service_statuses(*first).count("RUNNING")
    second = submit_all(mock, site, *["Y"] * 4)
    at.go_to(2)

    assert before == 8
    assert site.service_statuses(*second) == ["RUNNING"] * 4


@needs("batch UpdateServiceJob")
def test_priority_counts_inside_of_a_share_and_can_be_changed(mock, batch, site, at):
    make_fair_site(site)
    mock.batch.plan(duration=10)
    mock.batch.pace = "manual"
    jobs = [site.submit_service(f"job-{place}", shareIdentifier="A", schedulingPriority=place) for place in range(3)]
    mock.batch.pace = "clock"
    at.go_to(5)
    batch.update_service_job(jobId=jobs[0], schedulingPriority=9)
    at.go_to(30)

    assert starts(site, at, jobs) == [10, 20, 0]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "Job submitted to a job queue with a fair share scheduling policy must specify shareIdentifier"),
        pytest.param(
            {"shareIdentifier": "a", "quotaShareName": "p"},
            "Job with quotaShareName can only be submitted to job queue with quota share scheduling policy.",
            marks=needs("batch SubmitServiceJob.quotaShareName"),
        ),
    ],
)
def test_a_submission_names_a_fair_share(batch, site, changes, text):
    make_fair_site(site)

    assert refusal(site.submit_service, **changes) == text
    assert batch.list_service_jobs(jobQueue="sq", jobStatus="SUBMITTED")["jobSummaryList"] == []


def test_a_malformed_share_is_refused(batch, site):
    make_fair_site(site)

    assert "share" in refusal(site.submit_service, shareIdentifier="a b").lower()
    assert batch.list_service_jobs(jobQueue="sq", jobStatus="SUBMITTED")["jobSummaryList"] == []


def test_jobs_are_shown_and_listed_by_their_share(mock, batch, site):
    make_fair_site(site)
    mock.batch.pace = "manual"
    first, second = submit_all(mock, site, "A", "B")
    mock.batch.pace = "manual"

    listed = batch.list_service_jobs(jobQueue="sq", filters=[{"name": "SHARE_IDENTIFIER", "values": ["B"]}])["jobSummaryList"]

    assert site.service_detail(first)["shareIdentifier"] == "A"
    assert [(each["jobId"], each["shareIdentifier"]) for each in listed] == [(second, "B")]


@needs("batch GetJobQueueSnapshot.queueUtilization")
def test_a_snapshot_shows_the_use_of_each_share(mock, batch, site, at):
    make_fair_site(site, instances=3)
    mock.batch.plan(duration=100)
    jobs = submit_all(mock, site, "A", "B", "A", "B")
    at.go_to(1)

    snapshot = batch.get_job_queue_snapshot(jobQueue="sq")

    assert snapshot["queueUtilization"]["fairshareUtilization"] == {
        "activeShareCount": 2,
        "topCapacityUtilization": [
            {"shareIdentifier": "A", "capacityUsage": [{"capacityUnit": M5, "quantity": 2.0}]},
            {"shareIdentifier": "B", "capacityUsage": [{"capacityUnit": M5, "quantity": 1.0}]},
        ],
    }
    assert [each["jobArn"] for each in snapshot["frontOfQueue"]["jobs"]] == [f"{PREFIX}service-job/{jobs[3]}"]


def test_a_policy_that_changes_counts_at_once(mock, batch, site, at):
    make_fair_site(site, instances=4, computeReservation=50)
    mock.batch.plan(duration=100)
    jobs = submit_all(mock, site, *["X"] * 4)
    at.go_to(1)
    before = site.service_statuses(*jobs).count("RUNNING")
    batch.update_scheduling_policy(arn=batch.list_scheduling_policies()["schedulingPolicies"][0]["arn"], fairsharePolicy={})
    at.go_to(2)

    assert (before, site.service_statuses(*jobs).count("RUNNING")) == (2, 4)
