"""Describing and listing multi-node parallel jobs, moving them by hand, and what their containers get."""

from __future__ import annotations

import boto3
import pytest

from mock_jobs.batch.backend import BatchBackend
from mock_jobs.batch.records.node import node_environment
from mock_jobs.handle import world_of

from support.batch import PREFIX, UNKNOWN_ID, Timeline, container, refusal
from support.constants import ACCOUNT, REGION
from support.multi_node import codes, states, submit_nodes
from support.needs import needs


@pytest.fixture
def at(mock, site):
    timeline = Timeline(mock)
    site.make_queue_and_definition(max_vcpus=6)
    return timeline


# Describing and listing


def test_the_job_shows_its_nodes_and_what_the_main_node_did(mock, site, at):
    """The whole has the progress of its main node, and no container (documented: an object of another form is there)."""
    site.make_nodes(main_node=1, tags={"of": "definition"})
    mock.batch.plan("mnp", duration=10)
    mock.batch.plan("mnp", node_index=1, duration=10, exit_code=4, reason="because")
    job = submit_nodes(site, tags={"a": "1"})

    at.go_to(10)

    whole, main = site.detail(job), site.nodes(job)[1]
    assert "container" not in whole
    assert "nodeDetails" not in whole
    assert whole["nodeProperties"]["numNodes"] == 3
    assert whole["nodeProperties"]["mainNode"] == 1
    assert (whole["tags"], main["tags"]) == ({"a": "1"}, {})
    same = ("status", "statusReason", "startedAt", "stoppedAt", "createdAt", "attempts", "jobName", "jobQueue", "jobDefinition")
    assert {name: whole[name] for name in same} == {name: main[name] for name in same}
    assert main["nodeDetails"] == {"nodeIndex": 1, "isMainNode": True}
    assert main["jobArn"] == f"{PREFIX}job/{job}#1"
    assert main["container"]["exitCode"] == 4
    assert main["container"]["reason"] == "because"
    assert "nodeProperties" not in main


def test_each_node_has_a_task_a_log_stream_and_an_address_of_its_own(mock, site, at):
    site.make_nodes()
    mock.batch.plan("mnp", duration=10)
    job = submit_nodes(site)
    at.go_to(5)

    running = [node["container"] for node in site.nodes(job)]

    assert len({each["taskArn"] for each in running}) == 3
    assert len({each["logStreamName"] for each in running}) == 3
    assert len({each["networkInterfaces"][0]["privateIpv4Address"] for each in running}) == 3


def test_the_tags_of_a_node_cannot_be_asked_for(batch, site, at):
    site.make_nodes()
    job = submit_nodes(site)

    assert (
        refusal(batch.list_tags_for_resource, resourceArn=f"{PREFIX}job/{job}#0") == "Resource type is not supported for tagging"
    )


@needs("batch ListJobs.jobSummaryList.capacityUsage")
def test_the_nodes_are_listed_by_their_job(mock, batch, site, at):
    site.make_nodes(
        ranges=[{"targetNodes": "0:", "container": container(2)}, {"targetNodes": "2:", "container": container(1)}],
    )
    mock.batch.plan("mnp", duration=100)
    mock.batch.plan("mnp", node_index=1, exit_code=5)
    job = submit_nodes(site)
    at.go_to(1)

    running = batch.list_jobs(multiNodeJobId=job)["jobSummaryList"]
    (failed,) = batch.list_jobs(multiNodeJobId=job, jobStatus="FAILED")["jobSummaryList"]
    (whole,) = batch.list_jobs(jobQueue="q")["jobSummaryList"]

    assert [each["jobId"] for each in running] == [f"{job}#0", f"{job}#2"]
    assert [each["capacityUsage"] for each in running] == [
        [{"capacityUnit": "VCPU", "quantity": amount}] for amount in (2.0, 1.0)
    ]
    assert running[0]["nodeProperties"] == {"isMainNode": True, "numNodes": 3, "nodeIndex": 0}
    assert failed["nodeProperties"] == {"isMainNode": False, "numNodes": 3, "nodeIndex": 1}
    assert failed["container"] == {"exitCode": 5}
    assert whole["jobId"] == job
    assert whole["nodeProperties"] == {"numNodes": 3}
    assert whole["capacityUsage"] == [{"capacityUnit": "VCPU", "quantity": 5.0}]


def test_the_nodes_are_listed_in_pages(mock, site, at):
    site.make_environment("large", max_vcpus=100)
    site.make_queue("large", ("large",))
    site.make_nodes(num_nodes=5)
    mock.batch.plan("mnp", duration=100)
    job = submit_nodes(site, jobQueue="large")
    at.go_to(1)

    pages = (
        boto3.client("batch", region_name=REGION)
        .get_paginator("list_jobs")
        .paginate(multiNodeJobId=job, PaginationConfig={"PageSize": 2})
    )

    assert [[each["nodeProperties"]["nodeIndex"] for each in page["jobSummaryList"]] for page in pages] == [[0, 1], [2, 3], [4]]


def test_the_children_of_one_kind_are_not_listed_as_the_other(batch, site, at):
    site.make_nodes()
    job = submit_nodes(site)
    array = site.submit(size=3)
    at.go_to(1)

    for arguments in ({"arrayJobId": job}, {"multiNodeJobId": array}, {"multiNodeJobId": UNKNOWN_ID}):
        assert batch.list_jobs(**arguments, jobStatus="SUCCEEDED")["jobSummaryList"] == []
    assert refusal(batch.list_jobs, multiNodeJobId="x") == "Invalid job id: x"


def test_who_polls_the_nodes_of_a_job_sees_them_end(mock, batch, site):
    site.make_queue_and_definition()
    site.make_nodes()
    mock.batch.plan("mnp", duration=3600)
    job = submit_nodes(site)

    seen = [len(batch.list_jobs(multiNodeJobId=job, jobStatus="SUCCEEDED")["jobSummaryList"]) for _ in range(7)]

    assert seen[-1] == 3
    assert seen[0] == 0


def test_who_polls_a_node_that_has_ended_does_not_move_the_others(mock, site):
    site.make_queue_and_definition()
    site.make_nodes()
    mock.batch.plan("mnp", duration=None)
    mock.batch.plan("mnp", node_index=1, exit_code=1)
    job = submit_nodes(site)
    mock.batch.run_until(f"{job}#1", "FAILED")
    moment = mock.clock.now_ms

    for _ in range(5):
        assert site.status(f"{job}#1") == "FAILED"

    assert states(site, job)[0] == "RUNNING"
    assert mock.clock.now_ms - moment < 60_000


# Consumable resources


def test_the_nodes_take_consumable_resources_together(mock, batch, site, at):
    needs = {"consumableResourceList": [{"consumableResource": "R", "quantity": 2}]}
    ranges = [
        {"targetNodes": "0:", "container": container(1), "consumableResourceProperties": needs},
        {"targetNodes": "2:", "container": container(1)},
    ]
    site.make_nodes(ranges=ranges)
    mock.batch.plan("mnp", duration=10)
    batch.create_consumable_resource(consumableResourceName="R", totalQuantity=3)
    job = submit_nodes(site)
    at.go_to(1)
    waiting = site.status(job)
    batch.update_consumable_resource(consumableResource="R", operation="ADD", quantity=1)
    at.go_to(2)

    in_use = batch.describe_consumable_resource(consumableResource="R")["inUseQuantity"]
    (listed,) = batch.list_jobs_by_consumable_resource(consumableResource="R")["jobs"]
    at.go_to(20)

    assert (waiting, in_use) == ("RUNNABLE", 4)
    assert (listed["jobArn"], listed["quantity"]) == (f"{PREFIX}job/{job}", 4)
    assert batch.describe_consumable_resource(consumableResource="R")["inUseQuantity"] == 0
    assert [node.get("consumableResourceProperties") for node in site.nodes(job)] == [needs, needs, None]


# Moving by hand


def test_nodes_can_be_moved_by_hand(mock, site):
    site.make_queue_and_definition()
    site.make_nodes()
    mock.batch.pace = "manual"
    job = submit_nodes(site)
    seen = [mock.batch.step(f"{job}#0"), mock.batch.step(job)]
    with pytest.raises(ValueError, match=f"a node that starts when the main node {job}#0 runs"):
        mock.batch.step(f"{job}#1")
    seen += [mock.batch.step(job), mock.batch.step(f"{job}#1"), mock.batch.step(f"{job}#1"), mock.batch.step(job)]

    assert seen == ["RUNNABLE", "STARTING", "RUNNING", "RUNNING", "SUCCEEDED", "SUCCEEDED"]
    assert states(site, job) == ["SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "FAILED"]


@pytest.mark.parametrize(("value", "kind"), [(-1, ValueError), ("1", TypeError), (True, TypeError)])
def test_an_impossible_node_index_of_a_plan_is_refused(mock, value, kind):
    with pytest.raises(kind, match="node_index must be"):
        mock.batch.plan(node_index=value)


def test_a_plan_for_a_node_is_none_for_plain_jobs(mock, site, at):
    mock.batch.plan(node_index=0, exit_code=1, optional=True)
    job = site.submit()

    at.go_to(1)

    assert site.status(job) == "SUCCEEDED"


# What the containers get


def test_each_node_has_the_documented_environment(mock, site, at):
    site.make_nodes(main_node=1)
    site.make_definition()
    mock.batch.plan("mnp", duration=10)
    job_id, plain_id = submit_nodes(site), site.submit(vcpus=1)
    at.go_to(1)
    jobs = world_of(mock).store(BatchBackend, ACCOUNT, REGION).jobs
    job = jobs[job_id]
    address = site.nodes(job_id)[1]["container"]["networkInterfaces"][0]["privateIpv4Address"]
    common = {"AWS_BATCH_JOB_MAIN_NODE_INDEX": "1", "AWS_BATCH_JOB_NUM_NODES": "3"}
    other = {**common, "AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS": address}

    expected = [
        {"AWS_BATCH_JOB_ID": f"{job_id}#{index}", "AWS_BATCH_JOB_NODE_INDEX": str(index), **variables}
        for index, variables in enumerate([other, common, other])
    ]
    assert [node_environment(node) for node in job.nodes] == expected
    assert node_environment(job) == expected[1]
    assert node_environment(jobs[plain_id]) == {}


def test_a_function_stands_for_each_node(mock, site):
    site.make_queue_and_definition()
    site.make_nodes(main_node=1)
    runs = []
    mock.batch.plan("mnp", run=lambda run: runs.append(run) or (3 if run.node_index == 2 else 0))
    job = submit_nodes(site)

    mock.batch.run_until(job, "SUCCEEDED")

    assert [(run.node_index, run.job_id) for run in runs] == [(index, f"{job}#{index}") for index in (1, 0, 2)]
    assert [run.environment["AWS_BATCH_JOB_MAIN_NODE_INDEX"] for run in runs] == ["1"] * 3
    assert states(site, job) == ["SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "FAILED"]
    assert codes(site, job) == [[0], [0], [3]]


@pytest.mark.parametrize("pace", ["poll", "clock"])
def test_the_functions_of_nodes_may_look_at_their_job(mock, batch, site, pace):
    site.make_queue_and_definition()
    site.make_nodes()
    mock.batch.pace = pace
    seen = []

    def look(run):
        seen.append((run.node_index, batch.describe_jobs(jobs=[run.job_id])["jobs"][0]["status"]))

    mock.batch.plan("mnp", run=look)
    job = submit_nodes(site)
    mock.batch.run_all()

    # A look lets the next function begin, so they may end in any order.
    assert sorted(seen) == [(0, "RUNNING"), (1, "RUNNING"), (2, "RUNNING")]
    assert states(site, job) == ["SUCCEEDED"] * 4


def test_each_node_writes_into_its_own_log_stream(mock, site):
    site.make_queue_and_definition()
    site.make_nodes()
    mock.batch.plan("mnp", logs=["worker"])
    mock.batch.plan("mnp", node_index=0, logs=["main"])
    job = submit_nodes(site)
    mock.batch.run_all()
    logs = boto3.client("logs", region_name=REGION)

    streams = [node["container"]["logStreamName"] for node in site.nodes(job)]
    written = [logs.get_log_events(logGroupName="/aws/batch/job", logStreamName=stream)["events"] for stream in streams]

    assert [[event["message"] for event in events] for events in written] == [["main"], ["worker"], ["worker"]]
    assert site.detail(job)["attempts"][0]["container"]["logStreamName"] == streams[0]


def test_events_tell_of_the_job_as_a_whole(mock, site, at):
    site.make_nodes()
    job = submit_nodes(site, retryStrategy={"attempts": 1})
    at.go_to(1)

    details = [event.payload["detail"] for event in mock.events if event.service == "batch"]

    assert [(each["jobId"], each["status"]) for each in details] == [
        (job, state) for state in ("RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED")
    ]
    assert [len(each["attempts"]) for each in details] == [0, 0, 0, 1]
    assert all(each["nodeProperties"]["numNodes"] == 3 and "container" not in each for each in details)


@needs("batch GetJobQueueSnapshot.queueUtilization")
def test_a_snapshot_counts_all_nodes_and_shows_the_job_at_the_front(mock, batch, site, at):
    site.make_nodes()
    mock.batch.plan("mnp", duration=10)
    submit_nodes(site)
    waiting = submit_nodes(site)
    at.go_to(1)

    snapshot = batch.get_job_queue_snapshot(jobQueue="q")

    assert [each["jobArn"] for each in snapshot["frontOfQueue"]["jobs"]] == [f"{PREFIX}job/{waiting}"]
    assert snapshot["queueUtilization"]["totalCapacityUsage"] == [{"capacityUnit": "VCPU", "quantity": 6.0}]


def test_the_end_of_an_earlier_attempt_does_not_end_a_node_that_hangs(mock, site):
    site.make_environment()
    site.make_queue()
    site.make_nodes()
    timeline = Timeline(mock)
    mock.batch.plan(duration=float("inf"), attempt=2)
    mock.batch.plan(duration=100, attempt=1)
    mock.batch.plan(duration=50, exit_code=1, attempt=1, node_index=0)
    job_id = site.submit(jobDefinition="m", retryStrategy={"attempts": 2})
    for seconds in (10, 60, 150):
        timeline.go_to(seconds)
        found = [each["status"] for each in site.nodes(job_id)]

    assert found == ["RUNNING"] * 3
