"""Multi-node parallel jobs from submission to end. Document: AWS Batch user guide, "Multi-node parallel jobs"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
import time_machine

from mock_jobs.batch.backend import BatchBackend
from mock_jobs.batch.records.node import node_environment

from support.batch import EC2, PREFIX, UNKNOWN_ID, Timeline, container, refusal
from support.constants import ACCOUNT, REGION, newer_botocore

if TYPE_CHECKING:
    from support.batch_site import Site

EXITED = "Essential container in task exited"
STOPPED = "Main node exited"


@pytest.fixture
def at(mock, site):
    timeline = Timeline(mock)
    site.make_queue_and_definition(max_vcpus=6)
    return timeline


def submit_nodes(site: Site, name: str = "mnp", **more: Any) -> str:
    return site.submit(name, jobDefinition=more.pop("jobDefinition", "m"), **more)


def states(site: Site, job_id: str, count: int = 3) -> list[str]:
    """Return the status of the job, then those of its nodes."""
    return [site.status(job_id), *(node["status"] for node in site.nodes(job_id, count))]


def reasons(site: Site, job_id: str, count: int = 3) -> list[str | None]:
    return [each.get("statusReason") for each in (site.detail(job_id), *site.nodes(job_id, count))]


def codes(site: Site, job_id: str, count: int = 3) -> list[list[int | None]]:
    """Return the exit codes of all attempts of each node."""
    return [[attempt["container"].get("exitCode") for attempt in node["attempts"]] for node in site.nodes(job_id, count)]


# Scheduling


def test_all_nodes_get_room_together_and_end_with_the_main_node(mock, site, at):
    """Worked example E10."""
    site.make_nodes()
    mock.batch.plan("other", duration=10)
    mock.batch.plan("mnp", duration=20)
    mock.batch.plan("mnp", node_index=1, duration=None)
    mock.batch.plan("mnp", node_index=2, duration=90)
    site.submit("other")
    job = submit_nodes(site)
    at.go_to(9)
    before = states(site, job)
    at.go_to(11)
    during = states(site, job)
    at.go_to(30)

    assert before == ["RUNNABLE"] * 4
    assert during == ["RUNNING"] * 4
    assert states(site, job) == ["SUCCEEDED", "SUCCEEDED", "FAILED", "FAILED"]
    assert [at.span(each) for each in (site.detail(job), *site.nodes(job))] == [(10, 30)] * 4
    assert reasons(site, job) == [EXITED, EXITED, STOPPED, STOPPED]
    assert codes(site, job) == [[0], [137], [137]]


def test_part_of_the_room_is_not_enough(site, at):
    site.make_nodes(num_nodes=4)
    job = submit_nodes(site)

    at.go_to(1)

    assert site.status(job) == "RUNNABLE"
    assert site.detail(job)["statusReason"].startswith("MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE")


def test_room_is_held_for_all_nodes_until_the_job_ends(mock, site, at):
    """A node that has ended gives nothing back by itself (inferred)."""
    site.make_nodes()
    mock.batch.plan("mnp", duration=20)
    mock.batch.plan("mnp", node_index=1, duration=5)
    job = submit_nodes(site)
    other = site.submit("other")
    at.go_to(10)

    assert states(site, job) == ["RUNNING", "RUNNING", "SUCCEEDED", "RUNNING"]
    assert site.status(other) == "RUNNABLE"
    at.go_to(20)
    assert site.status(other) == "SUCCEEDED"


@pytest.mark.parametrize("kind", ["SPOT", "UNMANAGED"])
def test_spot_and_unmanaged_environments_take_no_nodes(batch, site, at, kind):
    if kind == "SPOT":
        spot = {**EC2, "type": "SPOT", "spotIamFleetRole": f"arn:aws:iam::{ACCOUNT}:role/spot"}
        batch.create_compute_environment(computeEnvironmentName="unfit", type="MANAGED", computeResources=spot)
    else:
        batch.create_compute_environment(
            computeEnvironmentName="unfit", type="UNMANAGED", serviceRole=f"arn:aws:iam::{ACCOUNT}:role/x"
        )
    site.make_queue("unfit", ("unfit",))
    site.make_queue("both", ("unfit", "ce"))
    site.make_nodes()
    stuck = submit_nodes(site, jobQueue="unfit")
    job = submit_nodes(site, jobQueue="both")
    plain = site.submit(jobQueue="both")

    at.go_to(1)

    assert site.statuses(stuck, job, plain) == ["RUNNABLE", "SUCCEEDED", "SUCCEEDED"]
    assert site.detail(stuck)["statusReason"] == "UNDETERMINED - Batch job is blocked, root cause is undetermined."
    assert "AWSBatch-ce-" in site.nodes(job)[0]["container"]["taskArn"]
    assert "AWSBatch-unfit-" in site.detail(plain)["container"]["taskArn"]


# Life


def test_who_polls_sees_the_main_node_start_first(batch, site):
    site.make_queue_and_definition()
    site.make_nodes(main_node=1)
    job = submit_nodes(site)

    seen = []
    for _ in range(6):
        jobs = batch.describe_jobs(jobs=[job, *(f"{job}#{index}" for index in range(3))])["jobs"]
        seen.append([each["status"] for each in jobs])

    assert seen == [
        ["SUBMITTED"] * 4,
        ["RUNNABLE"] * 4,
        ["STARTING", "RUNNABLE", "STARTING", "RUNNABLE"],
        ["RUNNING", "STARTING", "RUNNING", "STARTING"],
        ["RUNNING"] * 4,
        ["SUCCEEDED"] * 4,
    ]


def test_nodes_of_equal_duration_end_together_also_while_real_time_runs(mock, site):
    site.make_queue_and_definition()
    site.make_nodes()
    mock.batch.plan("mnp", duration=3600)
    job = submit_nodes(site)

    with time_machine.travel(mock.clock.now_s, tick=False) as real_time:
        for _ in range(8):
            real_time.shift(1)
            site.status(job)

    assert states(site, job) == ["SUCCEEDED"] * 4


def test_the_other_nodes_take_their_time_to_start_after_the_main_node(mock, site, at):
    mock.batch.settings.starting_seconds = 4
    site.make_nodes()
    mock.batch.plan("mnp", duration=10)
    job = submit_nodes(site)

    at.go_to(20)

    assert [at.seconds(node["startedAt"]) for node in site.nodes(job)] == [4, 8, 8]
    assert states(site, job) == ["SUCCEEDED", "SUCCEEDED", "FAILED", "FAILED"]
    assert at.span(site.detail(job)) == (4, 14)


def test_nodes_that_never_started_when_the_main_node_ended_have_no_exit_code(mock, site, at):
    mock.batch.settings.starting_seconds = 4
    site.make_nodes()
    mock.batch.plan("mnp", duration=2)
    job = submit_nodes(site)

    at.go_to(20)

    main, *others = site.nodes(job)
    assert at.span(main) == (4, 6)
    for node in others:
        assert (node["status"], node["statusReason"]) == ("FAILED", STOPPED)
        assert "startedAt" not in node
        assert at.seconds(node["stoppedAt"]) == 6
        (attempt,) = node["attempts"]
        assert "exitCode" not in attempt["container"]


@pytest.mark.parametrize(
    ("plan", "code", "reason"),
    [
        ({"duration": 5, "exit_code": 3}, 3, EXITED),
        ({"start_failure": "CannotPullContainerError: x"}, None, "Task failed to start"),
    ],
    ids=["exit", "start"],
)
def test_the_death_of_another_node_changes_nothing_and_is_not_repeated(mock, site, at, plan, code, reason):
    site.make_nodes()
    mock.batch.plan("mnp", duration=20)
    mock.batch.plan("mnp", node_index=2, **plan)
    job = submit_nodes(site, retryStrategy={"attempts": 3})
    at.go_to(10)
    during = states(site, job)
    at.go_to(20)

    assert during == ["RUNNING", "RUNNING", "RUNNING", "FAILED"]
    assert states(site, job) == ["SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "FAILED"]
    assert codes(site, job) == [[0], [0], [code]]
    assert reasons(site, job)[3] == reason


def test_a_main_node_that_fails_is_tried_again_with_all_nodes(mock, site, at):
    site.make_nodes()
    mock.batch.plan("mnp", duration=20)
    mock.batch.plan("mnp", node_index=1, duration=5)
    mock.batch.plan("mnp", node_index=2, duration=100)
    mock.batch.plan("mnp", node_index=0, attempt=1, duration=10, exit_code=1)
    job = submit_nodes(site, retryStrategy={"attempts": 2})
    at.go_to(7)
    first = states(site, job)
    at.go_to(12)
    second = states(site, job)
    at.go_to(30)

    assert first == ["RUNNING", "RUNNING", "SUCCEEDED", "RUNNING"]
    assert second == ["RUNNING"] * 4
    assert states(site, job) == ["SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "FAILED"]
    assert codes(site, job) == [[1, 0], [0, 0], [137, 137]]
    assert [attempt["statusReason"] for attempt in site.nodes(job)[2]["attempts"]] == [STOPPED, STOPPED]
    assert [at.span(attempt) for attempt in site.detail(job)["attempts"]] == [(0, 10), (10, 30)]


def test_between_two_attempts_the_nodes_are_runnable_with_the_job(mock, site, at):
    mock.batch.settings.retry_delay_seconds = 100
    site.make_nodes()
    mock.batch.plan("mnp", duration=10, exit_code=1)
    mock.batch.plan("mnp", node_index=1, duration=5)
    job = submit_nodes(site, retryStrategy={"attempts": 2})

    at.go_to(50)

    assert states(site, job) == ["RUNNABLE"] * 4
    assert reasons(site, job) == [EXITED] * 4
    assert "stoppedAt" not in site.nodes(job)[1]
    assert [node["container"].get("taskArn") for node in site.nodes(job)] == [None] * 3


def test_a_main_node_that_cannot_start_fails_the_job_before_the_others_begin(mock, site, at):
    site.make_nodes()
    mock.batch.plan("mnp", node_index=0, start_failure="CannotPullContainerError: x")
    job = submit_nodes(site, retryStrategy={"attempts": 2})

    at.go_to(1)

    assert states(site, job) == ["FAILED"] * 4
    assert reasons(site, job) == ["Task failed to start", "Task failed to start", STOPPED, STOPPED]
    assert [len(node["attempts"]) for node in site.nodes(job)] == [2, 0, 0]


def test_the_retry_rules_ask_the_main_node(mock, site, at):
    site.make_nodes()
    mock.batch.plan("mnp", exit_code=7)
    mock.batch.plan("mnp", node_index=1, exit_code=9)
    rules = [{"action": "EXIT", "onExitCode": "7"}]
    job = submit_nodes(site, retryStrategy={"attempts": 5, "evaluateOnExit": rules})

    at.go_to(1)

    assert [len(node["attempts"]) for node in site.nodes(job)] == [1, 1, 1]


def test_a_timeout_is_one_of_the_whole_job(mock, site, at):
    site.make_nodes()
    mock.batch.plan("mnp", duration=None)
    mock.batch.plan("mnp", node_index=1, duration=59)
    job = submit_nodes(site, timeout={"attemptDurationSeconds": 60}, retryStrategy={"attempts": 2})

    at.go_to(60)

    timed_out = "Job attempt duration exceeded timeout"
    assert states(site, job) == ["FAILED", "FAILED", "SUCCEEDED", "FAILED"]
    assert reasons(site, job) == [timed_out, timed_out, EXITED, timed_out]
    assert codes(site, job) == [[137], [0], [137]]


def test_a_queue_that_is_deleted_takes_the_nodes_along(mock, batch, site, at):
    site.make_nodes()
    mock.batch.plan("mnp", duration=None)
    job = submit_nodes(site)
    at.go_to(1)

    batch.update_job_queue(jobQueue="q", state="DISABLED")
    batch.delete_job_queue(jobQueue="q")

    assert states(site, job) == ["FAILED"] * 4
    assert reasons(site, job) == ["JobQueue deleted"] * 4
    assert codes(site, job) == [[137]] * 3


def test_too_many_tags_refuse_the_whole_job(site, at):
    site.make_nodes(tags={f"d{number}": "" for number in range(30)}, propagateTags=True)
    job = submit_nodes(site, tags={f"j{number}": "" for number in range(30)})

    at.go_to(1)

    assert states(site, job) == ["FAILED"] * 4
    assert reasons(site, job) == ["The combined number of tags for the job and the job definition exceeds 50"] * 4


# Dependencies


def test_a_job_waits_for_a_multi_node_job_as_for_any_other(mock, site, at):
    site.make_nodes()
    mock.batch.plan("mnp", duration=10)
    first = submit_nodes(site)
    second = submit_nodes(site, after=[first])
    at.go_to(5)
    during = states(site, second)
    at.go_to(20)

    assert during == ["PENDING"] * 4
    assert at.span(site.detail(second)) == (10, 20)
    assert states(site, second) == ["SUCCEEDED"] * 4


def test_a_failed_dependency_fails_all_nodes(mock, site, at):
    site.make_nodes()
    mock.batch.plan("bad", exit_code=1)
    first = site.submit("bad")
    job = submit_nodes(site, after=[first])

    at.go_to(1)

    assert states(site, job) == ["FAILED"] * 4
    assert reasons(site, job) == ["Dependent Job failed"] * 4


def test_the_failure_of_a_node_alone_does_not_fail_who_depends_on_the_job(mock, site, at):
    site.make_nodes()
    mock.batch.plan("mnp", node_index=1, exit_code=1)
    first = submit_nodes(site)
    second = site.submit(after=[first])

    at.go_to(1)

    assert site.statuses(f"{first}#1", second) == ["FAILED", "SUCCEEDED"]


def test_a_node_cannot_be_depended_on(batch, site, at):
    site.make_nodes()
    job = submit_nodes(site)
    request = {"jobName": "j", "jobQueue": "q", "jobDefinition": "d"}

    text = refusal(batch.submit_job, **request, dependsOn=[{"jobId": f"{job}#1"}])

    assert text == f"A node of a multi-node parallel job cannot be a dependency: {job}#1"


def test_a_multi_node_job_is_no_array_to_pair_with(batch, site, at):
    site.make_nodes()
    job = submit_nodes(site)

    text = refusal(
        batch.submit_job,
        jobName="j",
        jobQueue="q",
        jobDefinition="d",
        arrayProperties={"size": 3},
        dependsOn=[{"jobId": job, "type": "N_TO_N"}],
    )

    assert text == f"N_TO_N dependency {job} must be an array job of the same size"


# Cancelling and terminating


def bring_to(mock: Any, site: Site, at: Timeline, wanted: str) -> str:
    """Return a multi-node job that is in a status and stays there."""
    site.make_nodes()
    mock.batch.plan("slow", duration=None)
    mock.batch.plan("mnp", duration=None)
    if wanted == "SUBMITTED":
        mock.batch.settings.submitted_seconds = 100
    if wanted == "STARTING":
        mock.batch.settings.starting_seconds = 100
    if wanted == "RUNNABLE":
        site.submit("slow")
    after = [site.submit("slow")] if wanted == "PENDING" else []
    if wanted in ("SUCCEEDED", "FAILED"):
        mock.batch.plan("mnp", exit_code=int(wanted == "FAILED"))
    job = submit_nodes(site, after=after)
    at.go_to(1)
    assert site.status(job) == wanted
    return job


# (status, operation) -> status and flag afterwards, and exit codes of the attempt of each node
STOP_TABLE = [
    ("SUBMITTED", "cancel_job", "FAILED", "isCancelled", [[], [], []]),
    ("PENDING", "cancel_job", "PENDING", "isCancelled", [[], [], []]),
    ("RUNNABLE", "cancel_job", "FAILED", "isCancelled", [[], [], []]),
    ("STARTING", "cancel_job", "STARTING", None, [[], [], []]),
    ("RUNNING", "cancel_job", "RUNNING", None, [[], [], []]),
    ("SUCCEEDED", "cancel_job", "SUCCEEDED", None, [[0], [0], [0]]),
    ("FAILED", "cancel_job", "FAILED", None, [[1], [1], [1]]),
    ("SUBMITTED", "terminate_job", "FAILED", "isTerminated", [[], [], []]),
    ("PENDING", "terminate_job", "PENDING", "isTerminated", [[], [], []]),
    ("RUNNABLE", "terminate_job", "FAILED", "isTerminated", [[], [], []]),
    ("STARTING", "terminate_job", "FAILED", "isTerminated", [[None], [], []]),
    ("RUNNING", "terminate_job", "FAILED", "isTerminated", [[137], [137], [137]]),
    ("SUCCEEDED", "terminate_job", "SUCCEEDED", None, [[0], [0], [0]]),
    ("FAILED", "terminate_job", "FAILED", None, [[1], [1], [1]]),
]


@pytest.mark.parametrize("part", ["", "#0"], ids=["job", "main node"])
@pytest.mark.parametrize(("before", "operation", "after", "flag", "exit_codes"), STOP_TABLE, ids=str)
def test_a_request_to_end_the_job_reaches_all_nodes(mock, batch, site, at, before, operation, after, flag, exit_codes, part):
    job = bring_to(mock, site, at, before)
    old = [site.detail(job), *site.nodes(job)]

    getattr(batch, operation)(jobId=f"{job}{part}", reason="why")

    new = [site.detail(job), *site.nodes(job)]
    if flag is None:
        assert new == old
        return
    for each in new:
        assert each["status"] == after
        assert [name for name in ("isCancelled", "isTerminated") if each.get(name)] == [flag]
        assert each.get("statusReason") == ("why" if after == "FAILED" else None)
        assert ("stoppedAt" in each) == (after == "FAILED")
    assert codes(site, job) == exit_codes


def test_a_cancellation_of_a_waiting_job_takes_effect_when_its_dependency_ends(mock, batch, site, at):
    site.make_nodes()
    mock.batch.plan("slow", duration=50)
    job = submit_nodes(site, after=[site.submit("slow")])
    at.go_to(1)

    batch.cancel_job(jobId=job, reason="why")
    at.go_to(50)

    assert states(site, job) == ["FAILED"] * 4
    assert reasons(site, job) == ["why"] * 4
    assert at.seconds(site.nodes(job)[1]["stoppedAt"]) == 50


def test_a_terminated_job_leaves_a_node_alone_that_had_ended(mock, batch, site, at):
    site.make_nodes()
    mock.batch.plan("mnp", duration=None)
    mock.batch.plan("mnp", node_index=2, duration=5)
    job = submit_nodes(site)
    at.go_to(10)
    ended = site.nodes(job)[2]

    batch.terminate_job(jobId=job, reason="why")

    assert states(site, job) == ["FAILED", "FAILED", "FAILED", "SUCCEEDED"]
    assert site.nodes(job)[2] == ended


def test_all_nodes_have_the_grace_of_a_terminated_job(mock, batch, site, at):
    mock.batch.settings.terminate_grace_seconds = 10
    mock.batch.settings.starting_seconds = 3
    site.make_nodes()
    mock.batch.plan("mnp", duration=None)
    mock.batch.plan("mnp", node_index=1, duration=6)
    job = submit_nodes(site)
    at.go_to(8)
    batch.terminate_job(jobId=job, reason="why")
    at.go_to(17)
    during = states(site, job)
    at.go_to(18)

    assert during == ["RUNNING"] * 4
    assert states(site, job) == ["FAILED"] * 4
    assert reasons(site, job) == ["why"] * 4
    assert codes(site, job) == [[137]] * 3
    assert [at.seconds(node["stoppedAt"]) for node in site.nodes(job)] == [18] * 3


def test_nodes_that_start_when_the_job_is_terminated_have_no_grace(mock, batch, site, at):
    mock.batch.settings.terminate_grace_seconds = 10
    mock.batch.settings.starting_seconds = 3
    site.make_nodes()
    mock.batch.plan("mnp", duration=None)
    job = submit_nodes(site)
    at.go_to(4)

    batch.terminate_job(jobId=job, reason="why")

    assert states(site, job) == ["RUNNING", "RUNNING", "FAILED", "FAILED"]
    at.go_to(14)
    assert states(site, job) == ["FAILED"] * 4
    assert codes(site, job) == [[137], [None], [None]]


@pytest.mark.parametrize("operation", ["cancel_job", "terminate_job"])
def test_other_nodes_cannot_be_stopped_alone(mock, batch, site, at, operation):
    job = bring_to(mock, site, at, "RUNNING")

    text = refusal(getattr(batch, operation), jobId=f"{job}#1", reason="why")

    assert text == "Cancel or terminate is not supported for individual nodes of a multi-node parallel job"
    assert states(site, job) == ["RUNNING"] * 4
    assert "isTerminated" not in site.nodes(job)[1]


@newer_botocore
@pytest.mark.parametrize("operation", ["cancel_jobs", "terminate_jobs"])
def test_the_bulk_forms_report_other_nodes_as_errors(mock, batch, site, at, operation):
    job = bring_to(mock, site, at, "RUNNABLE")

    answer = getattr(batch, operation)(jobs=[f"{job}#1", f"{job}#0"], reason="why")

    text = "Cancel or terminate is not supported for individual nodes of a multi-node parallel job"
    assert answer["errors"] == [{"job": f"{job}#1", "code": "ClientException", "message": text}]
    assert answer["successful"] == [f"{job}#0"]
    assert states(site, job) == ["FAILED"] * 4


def test_a_node_that_does_not_exist_is_an_unknown_job(mock, batch, site, at):
    job = bring_to(mock, site, at, "RUNNING")
    plain = site.submit()

    for job_id in (f"{job}#3", f"{UNKNOWN_ID}#0", f"{plain}#0", f"{job}:0"):
        batch.terminate_job(jobId=job_id, reason="why")
        assert batch.describe_jobs(jobs=[job_id])["jobs"] == []

    assert states(site, job) == ["RUNNING"] * 4


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
    mock.batch.plan(node_index=0, exit_code=1)
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
    jobs = mock.world.store(BatchBackend, ACCOUNT, REGION).jobs
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
