"""GetJobQueueSnapshot. Document: AWS Batch API reference, GetJobQueueSnapshot; all latencies are zero."""

from __future__ import annotations

import pytest

from support.batch import FARGATE, FARGATE_CONTAINER, PREFIX, Timeline, refusal
from support.batch_site import Site
from support.needs import needs


@pytest.fixture
def at(mock):
    return Timeline(mock)


class Snapshots:
    """Snapshots of the queue `q`, in names of jobs and seconds."""

    def __init__(self, batch, at):
        self.batch = batch
        self.site = Site(batch)
        self.at = at

    def take(self):
        return self.batch.get_job_queue_snapshot(jobQueue="q")

    def front(self):
        """Return the name of each job at the front and since when it stands there."""
        jobs = self.take()["frontOfQueue"]["jobs"]
        return [(self.name_of(job["jobArn"]), self.at.seconds(job["earliestTimeAtPosition"])) for job in jobs]

    def name_of(self, arn):
        job = self.site.detail(arn)
        index = job.get("arrayProperties", {}).get("index")
        return job["jobName"] if index is None else f"{job['jobName']}:{index}"

    def usage(self):
        (usage,) = self.take()["queueUtilization"]["totalCapacityUsage"]
        return usage["capacityUnit"], usage["quantity"]

    def shares(self):
        utilization = self.take()["queueUtilization"]["fairshareUtilization"]
        top = [(share["shareIdentifier"], share["capacityUsage"]) for share in utilization["topCapacityUtilization"]]
        return utilization["activeShareCount"], top


@pytest.fixture
def snapshots(batch, at):
    return Snapshots(batch, at)


def vcpus(number):
    return [{"capacityUnit": "VCPU", "quantity": float(number)}]


@needs("batch GetJobQueueSnapshot.queueUtilization")
def test_an_idle_queue_has_nobody_at_the_front(mock, site, at, snapshots):
    site.make_queue_and_definition()
    now_ms = mock.clock.now_ms

    snapshot = snapshots.take()

    del snapshot["ResponseMetadata"]
    assert snapshot == {
        "frontOfQueue": {"jobs": [], "lastUpdatedAt": now_ms},
        "queueUtilization": {"totalCapacityUsage": vcpus(0), "lastUpdatedAt": now_ms},
    }


def test_the_front_is_who_waits_in_the_order_of_their_turns(mock, site, at, snapshots):
    let_two_wait(mock, site, at)

    assert [name for name, _ in snapshots.front()] == ["J2", "J3"]


@needs("batch GetJobQueueSnapshot.queueUtilization")
def test_the_use_is_that_of_the_jobs_that_do_not_wait(mock, site, at, snapshots):
    let_two_wait(mock, site, at)

    assert snapshots.usage() == ("VCPU", 2.0)


def let_two_wait(mock, site, at):
    site.make_queue_and_definition(max_vcpus=4)
    mock.batch.plan(duration=10)
    mock.batch.pace = "manual"
    for name, size in (("J1", 2), ("J2", 4), ("J3", 1)):
        site.submit(name, vcpus=size)
    mock.batch.pace = "clock"
    at.go_to(5)


@pytest.mark.parametrize("reference", ["q", f"{PREFIX}job-queue/q"])
def test_a_queue_is_found_by_name_and_by_arn(batch, site, reference):
    site.make_queue_and_definition()

    assert batch.get_job_queue_snapshot(jobQueue=reference)["frontOfQueue"]["jobs"] == []


def test_an_unknown_queue_does_not_exist(batch):
    assert refusal(batch.get_job_queue_snapshot, jobQueue="nope") == f"{PREFIX}job-queue/nope does not exist"


def test_at_most_100_jobs_are_at_the_front(site, at, snapshots):
    site.make_queue_and_definition(max_vcpus=1)
    site.submit("large", vcpus=2)
    site.submit("many", size=150)

    front = snapshots.front()

    assert [name for name, _ in front] == ["large", *(f"many:{index}" for index in range(99))]


def test_what_does_not_wait_for_room_is_not_at_the_front(mock, site, at, snapshots):
    site.make_queue_and_definition()
    mock.batch.plan(duration=10)
    running = site.submit("running")
    site.submit("pending", after=[running])

    assert snapshots.front() == []


# Since when: positions change with who comes and goes before.


def test_a_job_has_its_place_since_it_came_or_since_those_before_it_moved(mock, site, at, snapshots):
    site.make_queue_and_definition(max_vcpus=1)
    mock.batch.plan(duration=10)
    site.submit("J1")
    at.go_to(1)
    site.submit("J2")
    at.go_to(3)
    site.submit("J3")
    assert snapshots.front() == [("J2", 1), ("J3", 3)]

    at.go_to(10)

    assert snapshots.front() == [("J3", 10)]


def test_a_cancelled_job_moves_up_only_those_behind_it(mock, batch, site, at, snapshots):
    site.make_queue_and_definition(max_vcpus=1)
    mock.batch.plan(duration=100)
    job_ids = {}
    for name in ("J1", "J2", "J3", "J4", "J5"):
        job_ids[name] = site.submit(name)
    assert snapshots.front() == [("J2", 0), ("J3", 0), ("J4", 0), ("J5", 0)]
    at.go_to(7)
    batch.cancel_job(jobId=job_ids["J4"], reason="x")
    assert snapshots.front() == [("J2", 0), ("J3", 0), ("J5", 7)]
    at.go_to(8)
    batch.cancel_job(jobId=job_ids["J2"], reason="x")
    at.go_to(9)

    assert snapshots.front() == [("J3", 8), ("J5", 8)]


def test_a_job_that_is_tried_again_goes_before_those_that_came_later(mock, site, at, snapshots):
    site.make_queue_and_definition(max_vcpus=1)
    site.make_queue("HI", priority=10)
    mock.batch.plan(duration=100)
    mock.batch.plan("J1", duration=10, exit_code=1)
    site.submit("J1", retryStrategy={"attempts": 2})
    site.submit("J2")
    site.submit("urgent", jobQueue="HI")
    assert snapshots.front() == [("J2", 0)]

    at.go_to(12)

    assert snapshots.front() == [("J1", 10), ("J2", 10)]


def test_looking_changes_nothing(mock, site, at, snapshots):
    site.make_fair_queue_and_definition(max_vcpus=1)
    mock.batch.plan(duration=10)
    mock.batch.pace = "manual"
    for name in ("A1", "A2", "B1", "B2"):
        site.submit(name, shareIdentifier=name[0])
    mock.batch.pace = "clock"
    seen = []
    for second in range(40):
        at.go_to(second)
        front = [name for name, _ in snapshots.front()]
        assert front == [name for name, _ in snapshots.front()]
        seen.append(front)

    assert seen[5::10] == [["B1", "B2", "A2"], ["B2", "A2"], ["B2"], []]


# Fair shares.


def test_with_fair_shares_the_front_is_who_would_be_next_if_there_were_room(mock, site, at, snapshots):
    site.make_fair_queue_and_definition(max_vcpus=2, shareDistribution=[{"shareIdentifier": "B", "weightFactor": 0.5}])
    site.make_definition("urgent", schedulingPriority=5)
    mock.batch.plan(duration=100)
    mock.batch.pace = "manual"
    site.submit("first", shareIdentifier="A", vcpus=2)
    site.submit("second", shareIdentifier="Z", vcpus=2)
    for name in ("A1", "A2", "B1", "B2", "B3", "B4"):
        site.submit(name, shareIdentifier=name[0], jobDefinition="urgent" if name == "B4" else "d")
    mock.batch.pace = "clock"
    at.go_to(1)

    # A has used two vCPU-seconds; B counts half.
    assert [name for name, _ in snapshots.front()] == ["B4", "second", "B1", "B2", "B3", "A1", "A2"]


@needs("batch GetJobQueueSnapshot.queueUtilization")
def test_the_use_of_shares_is_told_the_busiest_first(mock, site, at, snapshots):
    site.make_fair_queue_and_definition(max_vcpus=6)
    mock.batch.plan(duration=100)
    for name, size in (("A", 1), ("B", 3), ("C", 1), ("D", 2)):
        site.submit(name, shareIdentifier=name, vcpus=size)

    assert snapshots.usage() == ("VCPU", 5.0)
    assert snapshots.shares() == (3, [("B", vcpus(3)), ("A", vcpus(1)), ("C", vcpus(1))])
    at.go_to(100)
    assert snapshots.shares() == (1, [("D", vcpus(2))])


@needs("batch GetJobQueueSnapshot.queueUtilization")
def test_at_most_20_shares_are_told(mock, site, at, snapshots):
    site.make_fair_queue_and_definition(max_vcpus=100)
    mock.batch.plan(duration=100)
    for number in range(25):
        site.submit(shareIdentifier=f"S{number:02}")

    count, top = snapshots.shares()

    assert (count, [name for name, _ in top]) == (25, [f"S{number:02}" for number in range(20)])


def test_with_fair_shares_a_placed_job_moves_everybody_and_a_cancelled_one_those_behind(mock, batch, site, at, snapshots):
    site.make_fair_queue_and_definition(max_vcpus=1)
    mock.batch.plan(duration=10)
    job_ids = {name: site.submit(name, shareIdentifier=name[0]) for name in ("A1", "A2", "A3", "A4")}
    assert snapshots.front() == [("A2", 0), ("A3", 0), ("A4", 0)]
    at.go_to(4)
    batch.cancel_job(jobId=job_ids["A3"], reason="x")
    assert snapshots.front() == [("A2", 0), ("A4", 4)]

    at.go_to(10)

    assert snapshots.front() == [("A4", 10)]


# Pace.


def test_code_that_polls_the_snapshot_sees_the_queue_run_empty(mock, batch, site):
    site.make_environment(max_vcpus=1)
    site.make_queue()
    site.make_definition()
    mock.batch.plan(duration=3600)
    job_ids = [site.submit() for _ in range(3)]

    lengths = []
    for _ in range(30):
        snapshot = batch.get_job_queue_snapshot(jobQueue="q")
        lengths.append(len(snapshot["frontOfQueue"]["jobs"]))

    assert set(lengths) == {0, 1, 2, 3}
    assert lengths[-1] == 0
    assert site.detail(job_ids[-1])["status"] == "SUCCEEDED"


@needs("batch GetJobQueueSnapshot.queueUtilization")
def test_a_fargate_job_uses_a_part_of_a_vcpu(mock, batch, site, at, snapshots):
    batch.create_compute_environment(computeEnvironmentName="f", type="MANAGED", computeResources=FARGATE)
    site.make_queue(environments=("f",))
    batch.register_job_definition(
        jobDefinitionName="d", type="container", containerProperties=FARGATE_CONTAINER, platformCapabilities=["FARGATE"]
    )
    mock.batch.plan(duration=10)
    site.submit(size=3)

    assert snapshots.usage() == ("VCPU", 0.75)


def test_a_snapshot_moves_no_queue_that_only_a_listing_found_empty(batch, site):
    site.make_queue_and_definition()
    job_id = site.submit()
    while site.status(job_id) != "RUNNABLE":
        pass
    batch.list_jobs(jobQueue="q", jobStatus="FAILED")

    front = batch.get_job_queue_snapshot(jobQueue="q")["frontOfQueue"]["jobs"]

    assert [entry["jobArn"].rpartition("/")[2] for entry in front] == [job_id]
