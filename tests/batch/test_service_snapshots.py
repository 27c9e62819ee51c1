"""GetJobQueueSnapshot of queues for service jobs. Document: API reference, GetJobQueueSnapshot."""

from __future__ import annotations

import pytest

from support.batch import PREFIX, Timeline
from support.needs import needs
from support.service_jobs import M5, limit


@pytest.fixture
def at(mock, batch):
    mock.batch.plan(duration=100)
    return Timeline(mock)


def front_of(at, snapshot):
    return [(each["jobArn"].rpartition("/")[2], at.seconds(each["earliestTimeAtPosition"])) for each in snapshot["jobs"]]


@needs("batch GetJobQueueSnapshot.queueUtilization")
def test_the_front_and_the_instances_in_use_are_shown(batch, site, at):
    site.make_service_queue_and_environment(instances=3)
    site.submit_service("a", 2)
    at.go_to(5)
    waiting = [site.submit_service(name, 2) for name in ("b", "c")]
    at.go_to(10)

    snapshot = batch.get_job_queue_snapshot(jobQueue="sq")

    assert front_of(at, snapshot["frontOfQueue"]) == [(job_id, 5) for job_id in waiting]
    assert snapshot["frontOfQueue"]["jobs"][0]["jobArn"] == f"{PREFIX}service-job/{waiting[0]}"
    assert snapshot["queueUtilization"]["totalCapacityUsage"] == [{"capacityUnit": M5, "quantity": 2.0}]
    assert (
        at.seconds(snapshot["queueUtilization"]["lastUpdatedAt"]) == at.seconds(snapshot["frontOfQueue"]["lastUpdatedAt"]) == 10
    )
    assert "frontOfQuotaShares" not in snapshot
    assert "quotaShareUtilization" not in snapshot["queueUtilization"]


@needs("batch GetJobQueueSnapshot.queueUtilization")
def test_an_idle_queue_uses_nothing(batch, site):
    site.make_service_queue_and_environment()

    snapshot = batch.get_job_queue_snapshot(jobQueue="sq")

    assert snapshot["frontOfQueue"]["jobs"] == []
    assert snapshot["queueUtilization"]["totalCapacityUsage"] == []


@needs("batch CreateQuotaShare", "batch GetJobQueueSnapshot.frontOfQuotaShares")
def test_quota_shares_are_shown_one_by_one(batch, site, at):
    site.make_quota_queue_and_environment(limit(5, M5))
    site.make_share("P", 1)
    site.make_share("Q", 3)
    site.make_share("R", 1)
    jobs = {}
    for name, priority in (("P1", 0), ("Q1", 0), ("Q2", 0), ("P2", 1), ("Q3", 0), ("P3", 5), ("Q4", 9), ("Q5", 1)):
        jobs[name] = site.submit_service(name, quotaShareName=name[0], schedulingPriority=priority)
        at.go_to(len(jobs))
    at.go_to(10)

    snapshot = batch.get_job_queue_snapshot(jobQueue="sq")

    names = {job_id: name for name, job_id in jobs.items()}
    assert [names[job_id] for job_id, _ in front_of(at, snapshot["frontOfQueue"])] == ["Q4", "P3", "P2", "Q5"]
    shares = snapshot["frontOfQuotaShares"]["quotaShares"]
    first = {name: [names[job_id] for job_id, _ in front_of(at, {"jobs": entries})] for name, entries in shares.items()}
    assert first == {"P": ["P3"], "Q": ["Q4"], "R": []}
    assert snapshot["queueUtilization"]["totalCapacityUsage"] == [{"capacityUnit": M5, "quantity": 4.0}]
    assert snapshot["queueUtilization"]["quotaShareUtilization"]["topCapacityUtilization"] == [
        {"quotaShareName": "Q", "capacityUsage": [{"capacityUnit": M5, "quantity": 3.0}]},
        {"quotaShareName": "P", "capacityUsage": [{"capacityUnit": M5, "quantity": 1.0}]},
    ]


def test_a_snapshot_moves_the_queue_when_reading_does(batch, site):
    site.make_service_queue_and_environment()
    job_id = site.submit_service()
    for _ in range(6):
        batch.get_job_queue_snapshot(jobQueue="sq")

    assert site.service_status(job_id) == "SUCCEEDED"
