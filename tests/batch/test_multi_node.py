"""Multi-node parallel jobs from submission to end. Document: AWS Batch user guide, "Multi-node parallel jobs"."""

from __future__ import annotations

import pytest
import time_machine

from support.batch import EC2, Timeline
from support.constants import ACCOUNT
from support.multi_node import codes, reasons, states, submit_nodes

EXITED = "Essential container in task exited"
STOPPED = "Main node exited"


@pytest.fixture
def at(mock, site):
    timeline = Timeline(mock)
    site.make_queue_and_definition(max_vcpus=6)
    return timeline


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
