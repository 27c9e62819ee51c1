"""The states of a job, what DescribeJobs shows in each, its attempts and timeouts.

Documents: AWS Batch user guide, "Job states", "Automated job retries", "Job timeouts", and published answers of DescribeJobs.
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

from support.batch import FARGATE, FARGATE_CONTAINER, PREFIX, Timeline, container, refusal

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


# The examples of how often a job is tried

HOST_THEN_EXIT = [{"action": "RETRY", "onStatusReason": "Host EC2*"}, {"action": "EXIT", "onReason": "*"}]


@pytest.mark.parametrize(
    ("rules", "attempts_ended"),
    [([], [10, 20, 30]), ([{"action": "EXIT", "onExitCode": "1"}], [10])],
    ids=["no rules", "exit on 1"],
)
def test_a_job_is_tried_as_often_as_its_strategy_says(mock, site, rules, attempts_ended):
    """Worked example E8, without and with a rule for the exit code."""
    at = Timeline(mock)
    mock.batch.plan(duration=10, exit_code=1)
    job_id = site.submit(retryStrategy={"attempts": 3, "evaluateOnExit": rules})

    at.go_to(100)

    job = site.detail(job_id)
    assert [at.seconds(attempt["stoppedAt"]) for attempt in job["attempts"]] == attempts_ended
    assert (job["status"], at.seconds(job["stoppedAt"])) == ("FAILED", attempts_ended[-1])


def test_a_lost_host_is_tried_again_and_a_plain_failure_is_not(mock, site):
    """Worked example E8, with a lost host."""
    at = Timeline(mock)
    mock.batch.plan(duration=10, exit_code=1)
    mock.batch.plan(attempt=1, duration=10, host_lost=True)
    job_id = site.submit(retryStrategy={"attempts": 5, "evaluateOnExit": HOST_THEN_EXIT})

    at.go_to(100)

    job = site.detail(job_id)
    assert [attempt["container"].get("exitCode") for attempt in job["attempts"]] == [None, 1]
    assert (job["status"], at.seconds(job["stoppedAt"])) == ("FAILED", 20)


@pytest.mark.parametrize(
    ("rule", "plan", "is_retried"),
    [
        ({"onExitCode": "1"}, {"exit_code": 1}, False),
        ({"onExitCode": "1"}, {"exit_code": 12}, True),
        ({"onExitCode": "1*"}, {"exit_code": 12}, False),
        ({"onExitCode": "*"}, {"host_lost": True}, False),
        ({"onExitCode": "1*"}, {"host_lost": True}, True),
        ({"onReason": "*"}, {"exit_code": 1}, False),
        ({"onReason": "Cannot*"}, {"exit_code": 1}, True),
        ({"onReason": "Cannot*"}, {"start_failure": "CannotPullContainerError: x"}, False),
        ({"onReason": "cannot*"}, {"start_failure": "CannotPullContainerError: x"}, True),
        ({"onStatusReason": "Task failed to start"}, {"start_failure": "x"}, False),
        ({"onStatusReason": "Task failed"}, {"start_failure": "x"}, True),
        ({"onStatusReason": "Essential*", "onExitCode": "1"}, {"exit_code": 1}, False),
        ({"onStatusReason": "Essential*", "onExitCode": "2"}, {"exit_code": 1}, True),
    ],
)
def test_an_exit_rule_decides_if_all_of_its_conditions_match(mock, site, rule, plan, is_retried):
    mock.batch.plan(**plan)
    job_id = site.submit(retryStrategy={"attempts": 2, "evaluateOnExit": [{"action": "EXIT", **rule}]})

    mock.batch.run_all()

    assert len(site.detail(job_id)["attempts"]) == (2 if is_retried else 1)


def test_the_first_rule_that_matches_decides(mock, site):
    mock.batch.plan(exit_code=1)
    rules = [{"action": "RETRY", "onExitCode": "1"}, {"action": "EXIT", "onExitCode": "*"}]
    job_id = site.submit(retryStrategy={"attempts": 2, "evaluateOnExit": rules})

    mock.batch.run_all()

    assert len(site.detail(job_id)["attempts"]) == 2


def test_rules_are_described_with_actions_in_lower_case(site):
    job = site.detail(site.submit(retryStrategy={"attempts": 2, "evaluateOnExit": HOST_THEN_EXIT}))

    assert job["retryStrategy"] == {
        "attempts": 2,
        "evaluateOnExit": [{"action": "retry", "onStatusReason": "Host EC2*"}, {"action": "exit", "onReason": "*"}],
    }
    assert site.detail(site.submit(retryStrategy={"attempts": 2}))["retryStrategy"] == {"attempts": 2, "evaluateOnExit": []}


@pytest.mark.parametrize("action", ["EXIT", "exit", "Exit", "eXiT"])
def test_actions_are_taken_in_any_case(mock, site, action):
    mock.batch.plan(exit_code=1)
    rules = [{"action": action, "onExitCode": "1"}]
    job_id = site.submit(retryStrategy={"attempts": 3, "evaluateOnExit": rules})

    mock.batch.run_all()

    job = site.detail(job_id)
    assert len(job["attempts"]) == 1
    assert job["retryStrategy"]["evaluateOnExit"] == [{"action": "exit", "onExitCode": "1"}]


def test_an_action_that_is_no_action_is_refused(batch):
    rules = [{"action": "EXITS", "onExitCode": "1"}]

    text = refusal(
        batch.submit_job,
        jobName="j",
        jobQueue="q",
        jobDefinition="d",
        retryStrategy={"attempts": 3, "evaluateOnExit": rules},
    )

    assert text == "retryStrategy.evaluateOnExit.1.member.action must be one of RETRY, EXIT"


def test_the_strategy_of_a_job_replaces_the_one_of_its_definition(site):
    site.make_definition("d2", retryStrategy={"attempts": 5, "evaluateOnExit": HOST_THEN_EXIT})

    assert site.detail(site.submit(jobDefinition="d2", retryStrategy={"attempts": 2}))["retryStrategy"] == {
        "attempts": 2,
        "evaluateOnExit": [],
    }
    assert site.detail(site.submit(jobDefinition="d2"))["retryStrategy"]["attempts"] == 5


BAD_STRATEGIES = [
    ({}, "RetryAttempts must be provided with retry strategy"),
    ({"evaluateOnExit": [{"action": "EXIT", "onExitCode": "1"}]}, "RetryAttempts must be provided with retry strategy"),
    ({"attempts": 0}, "Retry attempts must be between 1 and 10"),
    ({"attempts": 11}, "Retry attempts must be between 1 and 10"),
    ({"attempts": 1, "evaluateOnExit": [{"action": "EXIT", "onExitCode": "1"}] * 6}, "evaluateOnExit can have at most 5 entries"),
    (
        {"attempts": 1, "evaluateOnExit": [{"action": "EXIT"}]},
        "evaluateOnExit entries need onStatusReason, onReason or onExitCode",
    ),
    ({"attempts": 1, "evaluateOnExit": [{"action": "EXIT", "onExitCode": "1x"}]}, "onExitCode should match valid pattern"),
    ({"attempts": 1, "evaluateOnExit": [{"action": "EXIT", "onExitCode": "*1"}]}, "onExitCode should match valid pattern"),
    ({"attempts": 1, "evaluateOnExit": [{"action": "EXIT", "onReason": "a(b"}]}, "onReason should match valid pattern"),
    ({"attempts": 1, "evaluateOnExit": [{"action": "EXIT", "onReason": "a" * 513}]}, "onReason should match valid pattern"),
    (
        {"attempts": 1, "evaluateOnExit": [{"action": "EXIT", "onStatusReason": "*a"}]},
        "onStatusReason should match valid pattern",
    ),
]


@pytest.mark.parametrize(("strategy", "text"), BAD_STRATEGIES)
def test_an_impossible_strategy_is_refused(batch, strategy, text):
    job = {"jobName": "j", "jobQueue": "q", "jobDefinition": "d"}

    assert refusal(batch.submit_job, **job, retryStrategy=strategy) == text
    assert (
        refusal(
            batch.register_job_definition,
            jobDefinitionName="x",
            type="container",
            containerProperties=container(),
            retryStrategy=strategy,
        )
        == text
    )
    assert batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED")["jobSummaryList"] == []
    assert batch.describe_job_definitions(jobDefinitionName="x")["jobDefinitions"] == []


@pytest.mark.parametrize(
    "strategy",
    [
        {"attempts": 1},
        {"attempts": 10, "evaluateOnExit": [{"action": "EXIT", "onExitCode": "1"}] * 5},
        {"attempts": 1, "evaluateOnExit": [{"action": "EXIT", "onReason": "a" * 512}]},
        {"attempts": 1, "evaluateOnExit": [{"action": "RETRY", "onReason": "a.b: c*"}]},
    ],
)
def test_a_strategy_at_the_limits_is_accepted(site, strategy):
    assert site.detail(site.submit(retryStrategy=strategy))["retryStrategy"]["attempts"] == strategy["attempts"]


# How long attempts may take


def test_a_timeout_ends_the_job_without_another_attempt(mock, site):
    """Worked example E9, with an attempt that takes too long."""
    at = Timeline(mock)
    mock.batch.plan(duration=100)
    job_id = site.submit(timeout={"attemptDurationSeconds": 60}, retryStrategy={"attempts": 3})

    at.go_to(59)
    before = site.status(job_id)
    at.go_to(200)

    assert before == "RUNNING"
    job = site.detail(job_id)
    (attempt,) = job["attempts"]
    assert (job["status"], job["statusReason"]) == ("FAILED", "Job attempt duration exceeded timeout")
    assert attempt["container"]["exitCode"] == 137
    assert at.span(job) == (0, 60)


def test_a_job_that_ends_with_its_timeout_has_made_it(mock, site):
    at = Timeline(mock)
    mock.batch.plan(duration=60)
    job_id = site.submit(timeout={"attemptDurationSeconds": 60})

    at.go_to(200)

    assert site.detail(job_id)["status"] == "SUCCEEDED"


def test_a_retry_restarts_the_timeout(mock, site):
    """Worked example E9, with attempts that fail in time."""
    at = Timeline(mock)
    mock.batch.plan(duration=50, exit_code=1)
    job_id = site.submit(timeout={"attemptDurationSeconds": 60}, retryStrategy={"attempts": 3})

    at.go_to(200)

    assert [at.seconds(attempt["stoppedAt"]) for attempt in site.detail(job_id)["attempts"]] == [50, 100, 150]
    assert site.detail(job_id)["statusReason"] == "Essential container in task exited"


def test_a_hanging_job_ends_with_its_timeout(mock, site):
    at = Timeline(mock)
    mock.batch.plan(duration=None)
    job_id = site.submit(timeout={"attemptDurationSeconds": 61})

    at.go_to(1000)

    assert at.span(site.detail(job_id)) == (0, 61)


def test_time_before_running_does_not_count_for_the_timeout(mock, site):
    at = Timeline(mock)
    mock.batch.settings.runnable_seconds = mock.batch.settings.starting_seconds = 100
    mock.batch.plan(duration=59)
    job_id = site.submit(timeout={"attemptDurationSeconds": 60})

    at.go_to(1000)

    assert site.detail(job_id)["status"] == "SUCCEEDED"


def test_a_timeout_never_applies_to_the_parent_of_an_array(mock, batch, site):
    at = Timeline(mock)
    batch.update_compute_environment(computeEnvironment="ce", computeResources={"maxvCpus": 1})
    mock.batch.plan(duration=59)
    array = site.submit(size=2, timeout={"attemptDurationSeconds": 60})

    at.go_to(1000)

    assert site.detail(array)["status"] == "SUCCEEDED"
    assert at.seconds(site.detail(array)["stoppedAt"]) == 118


@pytest.mark.parametrize("seconds", [59, 0, -1])
def test_a_timeout_below_a_minute_is_refused(batch, seconds):
    job = {"jobName": "j", "jobQueue": "q", "jobDefinition": "d"}

    text = refusal(batch.submit_job, **job, timeout={"attemptDurationSeconds": seconds})

    assert text == "Timeout must be at least 60 seconds"
    assert batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED")["jobSummaryList"] == []


def test_the_timeout_of_a_job_replaces_the_one_of_its_definition(site):
    site.make_definition("d2", timeout={"attemptDurationSeconds": 100})

    assert site.detail(site.submit(jobDefinition="d2"))["timeout"] == {"attemptDurationSeconds": 100}
    replaced = site.submit(jobDefinition="d2", timeout={"attemptDurationSeconds": 60})
    assert site.detail(replaced)["timeout"] == {"attemptDurationSeconds": 60}


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
