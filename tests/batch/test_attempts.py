"""How often a job is tried, and how long an attempt may take.

Documents: AWS Batch user guide, "Automated job retries", "Job timeouts".
"""

from __future__ import annotations

import pytest

from support.batch import Timeline, container, refusal


@pytest.fixture(autouse=True)
def _site(mock, site):
    mock.batch.pace = "manual"
    site.make_queue_and_definition()


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
