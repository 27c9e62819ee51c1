"""Jobs whose compute environment gets new hosts. Documents: API reference, UpdatePolicy; user guide, "Update compute environments"."""

from __future__ import annotations

from typing import Any

import pytest

from support.batch import FARGATE, FARGATE_CONTAINER, Timeline, refusal
from support.needs import needs

MINUTE = 60
LINKED = "arn:aws:iam::123456789012:role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch"
TERMINATE = {"terminateJobsOnUpdate": True}
NEW_HOSTS = {"instanceTypes": ["c7g"]}


@pytest.fixture
def at(mock, site):
    timeline = Timeline(mock)
    site.make_environment(allocationStrategy="BEST_FIT_PROGRESSIVE")
    site.make_queue()
    site.make_definition()
    mock.batch.plan("long", duration=300 * MINUTE, optional=True)
    mock.batch.plan("hanging", duration=None, optional=True)
    return timeline


def update(batch: Any, resources: Any, policy: Any = None, **more: Any) -> None:
    if policy is not None:
        more["updatePolicy"] = policy
    batch.update_compute_environment(computeEnvironment="ce", computeResources=resources, **more)


def lost_host(job: dict[str, Any]) -> bool:
    reason = job.get("statusReason", "")
    return reason.startswith("Host EC2 (instance i-") and reason.endswith(") terminated.")


@pytest.mark.parametrize(
    "resources",
    [
        pytest.param(
            {"allocationStrategy": "BEST_FIT_PROGRESSIVE_ORDERED"},
            marks=needs("batch UpdateComputeEnvironment.computeResources.allocationStrategy=BEST_FIT_PROGRESSIVE_ORDERED"),
        ),
        {"bidPercentage": 50},
        {"ec2Configuration": [{"imageType": "ECS_AL2"}]},
        {"ec2KeyPair": "key"},
        {"imageId": "ami-1"},
        {"instanceRole": "other"},
        NEW_HOSTS,
        {"launchTemplate": {"launchTemplateName": "l"}},
        {"placementGroup": "g"},
        {"securityGroupIds": ["sg-9"]},
        {"subnets": ["subnet-9"]},
        {"tags": {"a": "b"}},
        {"type": "SPOT"},
        {"updateToLatestImageVersion": True},
    ],
    ids=lambda resources: next(iter(resources)),
)
def test_an_infrastructure_update_ends_running_jobs_if_the_policy_says_so(batch, site, at, resources):
    """The documented members that bring new hosts."""
    job_id = site.submit("long")
    at.go_to(10)

    update(batch, resources, TERMINATE)

    job = site.detail(job_id)
    assert (job["status"], at.span(job)) == ("FAILED", (0, 10))
    assert lost_host(job)
    assert "exitCode" not in job["attempts"][0]["container"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"computeResources": {"minvCpus": 1}},
        {"computeResources": {"maxvCpus": 20}},
        {"computeResources": {"desiredvCpus": 2}},
        {"computeResources": {"subnets": []}},
        {"computeResources": {"instanceTypes": ["optimal"]}},
        {"computeResources": {"updateToLatestImageVersion": False}},
        {"state": "DISABLED"},
        {"serviceRole": LINKED},
        {},
    ],
    ids=["min", "max", "desired", "empty list", "same value", "no new image", "state", "role", "policy only"],
)
def test_an_update_of_the_scale_leaves_jobs_alone(batch, site, at, arguments):
    job_id = site.submit("long")
    at.go_to(10)

    batch.update_compute_environment(computeEnvironment="ce", updatePolicy=TERMINATE, **arguments)

    at.go_to(400 * MINUTE)
    assert at.span(site.detail(job_id)) == (0, 300 * MINUTE)
    assert site.status(job_id) == "SUCCEEDED"


def test_a_job_that_may_be_retried_runs_again_on_the_new_hosts(batch, site, at):
    job_id = site.submit("long", retryStrategy={"attempts": 2})
    at.go_to(10)

    update(batch, NEW_HOSTS, TERMINATE)

    at.go_to(400 * MINUTE)
    job = site.detail(job_id)
    assert job["status"] == "SUCCEEDED"
    assert [at.span(attempt) for attempt in job["attempts"]] == [(0, 10), (10, 10 + 300 * MINUTE)]


def test_a_rule_of_the_retry_strategy_sees_the_lost_host(batch, site, at):
    rules = [{"onStatusReason": "Host EC2*", "action": "RETRY"}, {"onReason": "*", "action": "EXIT"}]
    job_id = site.submit("long", retryStrategy={"attempts": 2, "evaluateOnExit": rules})

    at.go_to(10)
    update(batch, NEW_HOSTS, TERMINATE)

    at.go_to(11)
    assert site.status(job_id) == "RUNNING"


def test_without_the_policy_jobs_have_30_minutes(batch, site, at):
    """Documented default of jobExecutionTimeoutMinutes."""
    long, hanging = site.submit("long"), site.submit("hanging")
    at.go_to(10)

    update(batch, NEW_HOSTS)

    at.go_to(9 + 30 * MINUTE)
    assert site.status(long) == "RUNNING"
    at.go_to(11 + 30 * MINUTE)
    for job_id in (long, hanging):
        job = site.detail(job_id)
        assert (job["status"], at.span(job)) == ("FAILED", (0, 10 + 30 * MINUTE))
        assert lost_host(job)


def test_the_time_that_jobs_have_can_be_set(batch, site, at):
    job_id = site.submit("long")

    update(batch, NEW_HOSTS, {"jobExecutionTimeoutMinutes": 350})

    at.go_to(500 * MINUTE)
    assert at.span(site.detail(job_id)) == (0, 300 * MINUTE)
    assert site.status(job_id) == "SUCCEEDED"


def test_of_two_updates_the_earlier_end_counts(batch, site, at):
    job_id = site.submit("long")
    update(batch, NEW_HOSTS, {"jobExecutionTimeoutMinutes": 10})
    at.go_to(60)

    update(batch, {"imageId": "ami-1"}, {"jobExecutionTimeoutMinutes": 100})

    at.go_to(200 * MINUTE)
    assert at.span(site.detail(job_id)) == (0, 10 * MINUTE)


@pytest.mark.parametrize("minutes", [(1, 10), (10, 1)])
def test_of_two_updates_the_earlier_end_counts_for_a_container_that_is_still_starting(mock, batch, site, at, minutes):
    mock.batch.settings.starting_seconds = 20
    job_id = site.submit("long")

    for image, each in zip(("ami-1", "ami-2"), minutes, strict=True):
        update(batch, {"imageId": image}, {"jobExecutionTimeoutMinutes": each})

    at.go_to(200 * MINUTE)
    assert at.span(site.detail(job_id)) == (20, MINUTE)


@pytest.mark.parametrize("duration", [300 * MINUTE, None])
def test_a_host_that_would_be_lost_later_goes_with_the_others(mock, batch, site, at, duration):
    """User guide, "Update compute environments": running jobs have the time of the policy, whatever else would end them later."""
    mock.batch.plan("spot", duration=duration, host_lost=True)
    job_id = site.submit("spot")

    update(batch, NEW_HOSTS)

    at.go_to(400 * MINUTE)
    job = site.detail(job_id)
    assert at.span(job) == (0, 30 * MINUTE)
    assert lost_host(job)


def test_a_host_that_is_lost_before_the_update_takes_it_is_lost_at_its_own_time(mock, batch, site, at):
    mock.batch.plan("spot", duration=10 * MINUTE, host_lost=True)
    job_id = site.submit("spot")

    update(batch, NEW_HOSTS)

    at.go_to(400 * MINUTE)
    assert at.span(site.detail(job_id)) == (0, 10 * MINUTE)


def test_an_update_does_not_outlast_the_timeout_of_a_job(batch, site, at):
    job_id = site.submit("long", timeout={"attemptDurationSeconds": 60})

    update(batch, NEW_HOSTS)

    at.go_to(40 * MINUTE)
    job = site.detail(job_id)
    assert (job["statusReason"], at.span(job)) == ("Job attempt duration exceeded timeout", (0, 60))


def test_a_lost_host_comes_before_a_later_timeout_which_would_not_be_retried(batch, site, at):
    job_id = site.submit("long", timeout={"attemptDurationSeconds": 60 * MINUTE}, retryStrategy={"attempts": 2})

    update(batch, NEW_HOSTS)

    at.go_to(31 * MINUTE)
    job = site.detail(job_id)
    assert job["status"] == "RUNNING"
    assert at.span(job["attempts"][0]) == (0, 30 * MINUTE)


def test_a_container_that_is_still_starting_is_lost_too(mock, batch, site, at):
    mock.batch.settings.starting_seconds = 20
    at_once = site.submit("long")
    at.go_to(10)

    update(batch, NEW_HOSTS, TERMINATE)

    job = site.detail(at_once)
    assert job["status"] == "FAILED"
    assert lost_host(job)
    assert at.span(job) == (None, 10)


@pytest.mark.parametrize("limits", [{}, {"timeout": {"attemptDurationSeconds": 60}}], ids=["no timeout", "a later timeout"])
@pytest.mark.parametrize("name", ["long", "hanging"])
def test_a_container_that_is_still_starting_has_the_time_that_others_have(mock, batch, site, at, name, limits):
    mock.batch.settings.starting_seconds = 20
    job_id = site.submit(name, **limits)
    at.go_to(10)

    update(batch, NEW_HOSTS, {"jobExecutionTimeoutMinutes": 1})

    at.go_to(200)
    job = site.detail(job_id)
    assert at.span(job) == (20, 70)
    assert lost_host(job)


def test_a_container_that_would_start_after_the_end_of_its_host_never_starts(mock, batch, site, at):
    mock.batch.settings.starting_seconds = 120
    job_id = site.submit("long")
    at.go_to(10)

    update(batch, NEW_HOSTS, {"jobExecutionTimeoutMinutes": 1})

    at.go_to(200)
    job = site.detail(job_id)
    assert (job["status"], at.span(job)) == ("FAILED", (None, 70))
    assert lost_host(job)


def test_a_container_that_is_started_by_hand_after_the_end_of_its_host_ends_at_once(mock, batch, site, at):
    mock.batch.pace = "manual"
    job_id = site.submit("long")
    site.reach(job_id, "STARTING")
    update(batch, NEW_HOSTS, {"jobExecutionTimeoutMinutes": 1})
    mock.clock.advance(200)

    site.reach(job_id, "RUNNING")
    site.reach(job_id, "FAILED")

    job = site.detail(job_id)
    assert lost_host(job)
    assert job["stoppedAt"] == job["startedAt"]


def test_a_container_that_is_still_starting_is_tried_again_though_it_would_have_timed_out_later(mock, batch, site, at):
    mock.batch.settings.starting_seconds = 20
    job_id = site.submit("long", timeout={"attemptDurationSeconds": 60}, retryStrategy={"attempts": 2})
    at.go_to(10)

    update(batch, NEW_HOSTS, {"jobExecutionTimeoutMinutes": 1})

    at.go_to(100)
    job = site.detail(job_id)
    assert (job["status"], len(job["attempts"])) == ("RUNNING", 1)
    assert at.span(job["attempts"][0]) == (20, 70)


def test_jobs_elsewhere_and_jobs_that_wait_are_left_alone(batch, site, at):
    site.make_environment("other")
    site.make_queue("elsewhere", ("other",))
    elsewhere = site.submit("long", jobQueue="elsewhere")
    running = site.submit("long", vcpus=16)
    waiting = site.submit("long", vcpus=16)
    at.go_to(10)

    update(batch, NEW_HOSTS, TERMINATE)

    at.go_to(11)
    assert [site.status(job_id) for job_id in (elsewhere, running, waiting)] == ["RUNNING", "FAILED", "RUNNING"]


def test_each_child_of_an_array_is_tried_again_by_itself(batch, site, at):
    array = site.submit("long", size=3, retryStrategy={"attempts": 2})
    at.go_to(10)

    update(batch, NEW_HOSTS, TERMINATE)

    at.go_to(11)
    assert [len(child["attempts"]) for child in site.children(array, 3)] == [1, 1, 1]
    assert [child["status"] for child in site.children(array, 3)] == ["RUNNING"] * 3


def test_all_nodes_of_a_job_are_lost_together(batch, site, at):
    site.make_nodes()
    job_id = site.submit("long", jobDefinition="m")
    at.go_to(10)

    update(batch, NEW_HOSTS, TERMINATE)

    assert lost_host(site.detail(job_id))
    assert [node["status"] for node in site.nodes(job_id)] == ["FAILED"] * 3


def test_a_job_that_is_being_terminated_ends_for_that(mock, batch, site, at):
    mock.batch.settings.terminate_grace_seconds = 30
    job_id = site.submit("long", retryStrategy={"attempts": 2})
    batch.terminate_job(jobId=job_id, reason="enough")

    update(batch, NEW_HOSTS, TERMINATE)

    job = site.detail(job_id)
    assert (job["status"], job["statusReason"]) == ("FAILED", "enough")


def test_the_policy_is_shown_and_stays(batch, at):
    batch.update_compute_environment(computeEnvironment="ce", updatePolicy=TERMINATE)
    batch.update_compute_environment(computeEnvironment="ce", updatePolicy={"jobExecutionTimeoutMinutes": 5})

    (found,) = batch.describe_compute_environments(computeEnvironments=["ce"])["computeEnvironments"]
    assert found["updatePolicy"] == {"terminateJobsOnUpdate": True, "jobExecutionTimeoutMinutes": 5}


def test_more_than_five_days_are_refused(batch, at):
    arguments = {"computeEnvironment": "ce", "updatePolicy": {"jobExecutionTimeoutMinutes": 7201}}

    assert "jobExecutionTimeoutMinutes" in refusal(batch.update_compute_environment, **arguments)
    (found,) = batch.describe_compute_environments(computeEnvironments=["ce"])["computeEnvironments"]
    assert found["updatePolicy"] == {"terminateJobsOnUpdate": False, "jobExecutionTimeoutMinutes": 30}


def test_fargate_has_no_hosts_to_replace(mock, batch, site):
    """Documented: the policy is for environments of Amazon EC2."""
    at = Timeline(mock)
    batch.create_compute_environment(computeEnvironmentName="ce", type="MANAGED", computeResources=FARGATE)
    site.make_queue()
    batch.register_job_definition(
        jobDefinitionName="d",
        type="container",
        platformCapabilities=["FARGATE"],
        containerProperties=FARGATE_CONTAINER,
    )
    mock.batch.plan("long", duration=300 * MINUTE)
    job_id = site.submit("long")
    at.go_to(10)

    update(batch, {"subnets": ["subnet-9"]}, TERMINATE)

    assert site.status(job_id) == "RUNNING"


def test_a_poll_brings_a_hanging_job_to_the_end_of_its_host(mock, batch, site, at):
    mock.batch.pace = "poll"
    job_id = site.submit("hanging")
    mock.batch.run_until(job_id, "RUNNING")

    update(batch, NEW_HOSTS)

    mock.batch.run_until(job_id, "FAILED")
    assert lost_host(site.detail(job_id))
