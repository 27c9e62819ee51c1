"""The states of a job, and what DescribeJobs returns in each.

Documents: AWS Batch user guide, "Job states", and published answers of DescribeJobs.
"""

from __future__ import annotations

import re

import pytest

from mock_jobs.batch.states import (
    ARRAY_TRANSITIONS,
    JOB_TRANSITIONS,
    NODE_TRANSITIONS,
    STATUSES,
    STOP_EFFECTS,
    TERMINAL,
    StopRequest,
    Trigger,
)

from support.batch import FARGATE, FARGATE_CONTAINER, PREFIX, Timeline, container
from support.needs import needs

TASK = re.compile(r"arn:aws:ecs:us-east-1:123456789012:task/AWSBatch-ce-[0-9a-f-]{36}/[0-9a-f]{32}")
INSTANCE = re.compile(r"arn:aws:ecs:us-east-1:123456789012:container-instance/AWSBatch-ce-[0-9a-f-]{36}/[0-9a-f]{32}")


@pytest.fixture(autouse=True)
def _site(mock, site):
    mock.batch.pace = "manual"
    site.make_queue_and_definition()


def test_every_status_and_trigger_stands_in_the_tables():
    tables = {**JOB_TRANSITIONS, **ARRAY_TRANSITIONS}
    assert {status for status, _ in tables} == set(STATUSES) - TERMINAL
    assert set(tables.values()) == set(STATUSES) - {"SUBMITTED"}
    assert {trigger for _, trigger in {**tables, **NODE_TRANSITIONS}} == set(Trigger)
    assert {(status, request) for status, _, request in STOP_EFFECTS} == {
        (status, request) for status in STATUSES for request in StopRequest
    }


def test_a_job_passes_through_every_state_but_pending(mock, site):
    job_id = site.submit()
    seen = [site.status(job_id)]
    while seen[-1] != "SUCCEEDED":
        seen.append(mock.batch.step(job_id))

    assert seen == ["SUBMITTED", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]


def test_a_job_with_a_dependency_is_pending_until_that_succeeds(mock, site):
    first = site.submit()
    job_id = site.submit(after=[first])
    site.reach(job_id, "PENDING")
    site.reach(first, "SUCCEEDED")

    assert mock.batch.step(job_id) == "RUNNABLE"


UNKNOWN_YET = {
    "startedAt",
    "stoppedAt",
    "statusReason",
    "retryStrategy",
    "propagateTags",
    "timeout",
    "isCancelled",
    "isTerminated",
}


@pytest.mark.parametrize(
    ("state", "top", "in_container"),
    [
        ("SUBMITTED", set(), set()),
        ("RUNNABLE", set(), set()),
        ("STARTING", set(), {"taskArn", "containerInstanceArn"}),
        ("RUNNING", {"startedAt"}, {"taskArn", "containerInstanceArn", "logStreamName"}),
        (
            "SUCCEEDED",
            {"startedAt", "stoppedAt", "statusReason"},
            {"taskArn", "containerInstanceArn", "logStreamName", "exitCode"},
        ),
    ],
)
def test_describe_jobs_shows_what_belongs_to_a_state(mock, site, state, top, in_container):
    mock.batch.settings.legacy_container_fields = False
    job_id = site.submit()
    if state != "SUBMITTED":
        site.reach(job_id, state)

    job = site.detail(job_id)

    assert set(job) == top | {
        "jobArn",
        "jobName",
        "jobId",
        "jobQueue",
        "status",
        "attempts",
        "createdAt",
        "dependsOn",
        "jobDefinition",
        "parameters",
        "container",
        "tags",
        "platformCapabilities",
        "eksAttempts",
    }
    assert set(job["container"]) == in_container | {
        "image",
        "command",
        "volumes",
        "environment",
        "mountPoints",
        "ulimits",
        "networkInterfaces",
        "resourceRequirements",
        "secrets",
    }
    assert len(job["attempts"]) == (state == "SUCCEEDED")


def test_a_runnable_job_is_described_as_in_the_published_answer(mock, site):
    mock.batch.settings.legacy_container_fields = False
    requirements = [{"value": "4", "type": "VCPU"}, {"value": "16000", "type": "MEMORY"}]
    properties = {"image": "img", "environment": [{"name": "K", "value": "v"}], "resourceRequirements": requirements}
    arn = site.make_definition("d2", containerProperties=properties)
    job_id = site.submit("t", jobDefinition="d2")
    site.reach(job_id, "RUNNABLE")

    job = site.detail(job_id)

    assert job == {
        "jobArn": f"{PREFIX}job/{job_id}",
        "jobName": "t",
        "jobId": job_id,
        "jobQueue": f"{PREFIX}job-queue/q",
        "status": "RUNNABLE",
        "attempts": [],
        "createdAt": job["createdAt"],
        "dependsOn": [],
        "jobDefinition": arn,
        "parameters": {},
        "container": {
            "image": "img",
            "command": [],
            "volumes": [],
            "environment": [{"name": "K", "value": "v"}],
            "mountPoints": [],
            "ulimits": [],
            "networkInterfaces": [],
            "resourceRequirements": requirements,
            "secrets": [],
        },
        "tags": {},
        "platformCapabilities": [],
        "eksAttempts": [],
    }


def test_a_finished_array_child_is_described_as_in_the_published_answer(mock, site):
    site.make_definition("d2", platformCapabilities=["EC2"], timeout={"attemptDurationSeconds": 3600}, propagateTags=True)
    array = site.submit(size=2, jobDefinition="d2", tags={"team": "a"})
    mock.batch.run_all()

    child = site.detail(f"{array}:0")

    (attempt,) = child["attempts"]
    assert TASK.fullmatch(attempt["container"]["taskArn"])
    assert INSTANCE.fullmatch(attempt["container"]["containerInstanceArn"])
    assert attempt["container"]["exitCode"] == 0
    assert attempt["container"]["networkInterfaces"] == []
    assert attempt["container"]["logStreamName"] == f"d2/default/{attempt['container']['taskArn'][-32:]}"
    assert "reason" not in attempt["container"]
    assert attempt["statusReason"] == child["statusReason"] == "Essential container in task exited"
    assert (attempt["startedAt"], attempt["stoppedAt"]) == (child["startedAt"], child["stoppedAt"])
    for member in ("exitCode", "taskArn", "containerInstanceArn", "logStreamName"):
        assert child["container"][member] == attempt["container"][member]
    assert child["arrayProperties"] == {"statusSummary": {}, "index": 0}
    assert child["timeout"] == {"attemptDurationSeconds": 3600}
    assert child["propagateTags"] is True
    assert child["platformCapabilities"] == ["EC2"]
    assert child["tags"] == {}
    assert child["jobArn"] == f"{PREFIX}job/{array}:0"


def test_the_older_container_members_are_shown_for_the_users_of_moto(site):
    assert (site.detail(site.submit())["container"]["vcpus"], site.detail(site.submit())["container"]["memory"]) == (1, 128)


def test_timestamps_are_the_moments_of_the_transitions(mock, batch, site):
    at = Timeline(mock)
    settings = mock.batch.settings
    settings.submitted_seconds, settings.runnable_seconds, settings.starting_seconds = 1, 2, 4
    mock.batch.plan(duration=8)
    job_id = site.submit()

    seen = {}
    for second in range(17):
        at.go_to(second)
        seen.setdefault(site.status(job_id), second)

    assert seen == {"SUBMITTED": 0, "RUNNABLE": 1, "STARTING": 3, "RUNNING": 7, "SUCCEEDED": 15}
    job = site.detail(job_id)
    assert at.seconds(job["createdAt"]) == 0
    assert at.span(job) == (7, 15)


@needs("batch ListJobs.jobSummaryList.scheduledAt")
def test_a_listed_job_tells_when_it_was_scheduled(mock, batch, site):
    at = Timeline(mock)
    settings = mock.batch.settings
    settings.submitted_seconds, settings.runnable_seconds = 1, 2
    site.submit()
    at.go_to(20)

    (listed,) = batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")["jobSummaryList"]
    assert at.seconds(listed["scheduledAt"]) == 3


@pytest.mark.parametrize(
    ("plan", "reason", "exit_code", "container_reason"),
    [
        ({"exit_code": 3}, "Essential container in task exited", 3, None),
        (
            {"exit_code": 137, "reason": "OutOfMemoryError: Container killed due to memory usage"},
            "Essential container in task exited",
            137,
            "OutOfMemoryError: Container killed due to memory usage",
        ),
        (
            {"start_failure": "CannotPullContainerError: no such image"},
            "Task failed to start",
            None,
            "CannotPullContainerError: no such image",
        ),
    ],
    ids=["exit", "out of memory", "start failure"],
)
def test_a_failed_job_tells_why(mock, site, plan, reason, exit_code, container_reason):
    mock.batch.plan(**plan)
    job_id = site.submit()
    mock.batch.run_all()

    job = site.detail(job_id)

    (attempt,) = job["attempts"]
    assert job["status"] == "FAILED"
    assert job["statusReason"] == attempt["statusReason"] == reason
    for shown in (job["container"], attempt["container"]):
        assert shown.get("exitCode") == exit_code
        assert shown.get("reason") == container_reason
    assert ("startedAt" in attempt) == ("start_failure" not in plan)
    assert ("logStreamName" in attempt["container"]) == ("start_failure" not in plan)


def test_a_lost_host_leaves_no_exit_code(mock, site):
    mock.batch.plan(host_lost=True)
    job_id = site.submit()
    mock.batch.run_all()

    job = site.detail(job_id)

    assert job["status"] == "FAILED"
    assert re.fullmatch(r"Host EC2 \(instance i-[0-9a-f]{17}\) terminated\.", job["statusReason"])
    assert "exitCode" not in job["container"]


@pytest.mark.parametrize("start_failure", [None, "CannotPullContainerError: x"])
def test_retries_do_not_pass_through_submitted_or_pending_again(mock, site, start_failure):
    mock.batch.plan(attempt=1, exit_code=None if start_failure else 1, start_failure=start_failure)
    job_id = site.submit(retryStrategy={"attempts": 2})
    seen = [site.status(job_id)]
    while seen[-1] != "SUCCEEDED":
        seen.append(mock.batch.step(job_id))

    first_try = ["STARTING"] if start_failure else ["STARTING", "RUNNING"]
    assert seen == ["SUBMITTED", "RUNNABLE", *first_try, "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]


def test_a_job_between_attempts_shows_the_attempt_that_failed(mock, site):
    mock.batch.plan(attempt=1, exit_code=7)
    job_id = site.submit(retryStrategy={"attempts": 2})
    site.reach(job_id, "RUNNING")
    assert site.detail(job_id)["attempts"] == []
    site.reach(job_id, "RUNNABLE")

    job = site.detail(job_id)

    (attempt,) = job["attempts"]
    assert attempt["container"]["exitCode"] == 7
    assert job["statusReason"] == "Essential container in task exited"
    assert job["startedAt"] == attempt["startedAt"]
    assert "exitCode" not in job["container"]
    assert "taskArn" not in job["container"]
    assert "stoppedAt" not in job


def test_each_attempt_has_its_own_task_and_log_stream(mock, site):
    mock.batch.plan(exit_code=1)
    job_id = site.submit(retryStrategy={"attempts": 3})
    mock.batch.run_all()

    attempts = site.detail(job_id)["attempts"]

    assert len({attempt["container"]["taskArn"] for attempt in attempts}) == 3
    assert len({attempt["container"]["logStreamName"] for attempt in attempts}) == 3


# Where the container runs


def test_a_fargate_job_has_no_container_instance(mock, batch, site):
    batch.create_compute_environment(computeEnvironmentName="fargate", type="MANAGED", computeResources=FARGATE)
    site.make_queue("fq", ("fargate",))
    site.make_definition("fd", platformCapabilities=["FARGATE"], containerProperties=FARGATE_CONTAINER)
    job_id = site.submit(jobQueue="fq", jobDefinition="fd")
    mock.batch.run_all()

    job = site.detail(job_id)

    assert job["status"] == "SUCCEEDED"
    assert "containerInstanceArn" not in job["container"]
    assert "containerInstanceArn" not in job["attempts"][0]["container"]
    assert "/AWSBatch-fargate-" in job["container"]["taskArn"]


@pytest.mark.parametrize(
    ("configuration", "prefix"),
    [
        ({"logDriver": "awslogs"}, "d2"),
        ({"logDriver": "awslogs", "options": {"awslogs-stream-prefix": "app"}}, "app"),
        ({"logDriver": "syslog"}, None),
    ],
)
def test_the_log_stream_follows_the_log_configuration(mock, site, configuration, prefix):
    site.make_definition("d2", containerProperties=container(logConfiguration=configuration))
    job_id = site.submit(jobDefinition="d2")
    mock.batch.run_all()

    shown = site.detail(job_id)["container"]

    expected = None if prefix is None else f"{prefix}/default/{shown['taskArn'][-32:]}"
    assert shown.get("logStreamName") == expected


def test_a_job_with_more_than_50_tags_together_with_its_definition_fails(mock, site):
    site.make_definition("d2", tags={f"a{number}": "" for number in range(30)})
    fits = site.submit(jobDefinition="d2", tags={f"b{number}": "" for number in range(20)}, propagateTags=True)
    apart = site.submit(jobDefinition="d2", tags={f"b{number}": "" for number in range(21)})
    together = site.submit(jobDefinition="d2", tags={f"b{number}": "" for number in range(21)}, propagateTags=True)

    mock.batch.run_all()

    assert [site.status(job_id) for job_id in (fits, apart, together)] == ["SUCCEEDED", "SUCCEEDED", "FAILED"]
    assert "tags" in site.detail(together)["statusReason"]


def test_children_are_there_at_once_and_named_as_their_array(site):
    array = site.submit("many", size=2)

    jobs = site.children(array, 2)

    assert [(job["jobId"], job["jobName"], job["status"]) for job in jobs] == [
        (f"{array}:0", "many", "PENDING"),
        (f"{array}:1", "many", "PENDING"),
    ]


def test_a_second_termination_does_not_prolong_the_grace(mock, batch, site):
    at = Timeline(mock)
    mock.batch.settings.terminate_grace_seconds = 30
    mock.batch.plan(duration=None)
    job_id = site.submit()
    at.go_to(1)
    batch.terminate_job(jobId=job_id, reason="first")
    at.go_to(21)
    batch.terminate_job(jobId=job_id, reason="second")
    at.go_to(60)

    job = site.detail(job_id)
    assert at.span(job) == (0, 31)
    assert job["statusReason"] == "first"
