"""Job queues. Documents: AWS Batch API reference, CreateJobQueue and its kin; user guide, service quotas."""

from __future__ import annotations

import pytest

from support.batch import (
    FARGATE,
    PREFIX,
    children,
    detail,
    make_definition,
    make_environment,
    make_queue,
    reach,
    refusal,
    status,
    submit,
)


@pytest.fixture(autouse=True)
def _environments(mock, batch):
    mock.batch.pace = "manual"
    make_environment(batch)


def order(*names):
    return [{"order": place, "computeEnvironment": name} for place, name in enumerate(names, 1)]


def queues(batch, **arguments):
    return batch.describe_job_queues(**arguments)["jobQueues"]


def test_a_new_queue_is_valid_enabled_and_healthy(batch):
    arn = make_queue(batch, tags={"a": "b"})

    assert queues(batch, jobQueues=["q"]) == [
        {
            "jobQueueName": "q",
            "jobQueueArn": arn,
            "state": "ENABLED",
            "status": "VALID",
            "statusReason": "JobQueue Healthy",
            "priority": 1,
            "computeEnvironmentOrder": [{"order": 1, "computeEnvironment": f"{PREFIX}compute-environment/ce"}],
            "jobQueueType": "ECS",
            "tags": {"a": "b"},
        }
    ]
    assert arn == f"{PREFIX}job-queue/q"


def test_a_queue_on_fargate_says_so(batch):
    batch.create_compute_environment(computeEnvironmentName="f", type="MANAGED", computeResources=FARGATE)
    make_queue(batch, environments=("f",), jobQueueType="ECS_FARGATE")

    assert queues(batch)[0]["jobQueueType"] == "ECS_FARGATE"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"jobQueueName": "_q"}, "Job queue name should match valid pattern"),
        ({"jobQueueName": "q" * 129}, "Job queue name should match valid pattern"),
        ({"priority": -1}, "Priority must not be negative"),
        ({"state": "on"}, "state must be one of ENABLED, DISABLED"),
        ({"computeEnvironmentOrder": []}, "At least 1 compute environment must be provided"),
        ({"computeEnvironmentOrder": order("ce", "a", "b", "c")}, "A job queue can have at most 3 compute environments"),
        (
            {"computeEnvironmentOrder": order("ce", "ce")},
            "The orders and the compute environments of a job queue must be distinct",
        ),
        (
            {"computeEnvironmentOrder": [*order("ce"), *order("a")]},
            "The orders and the compute environments of a job queue must be distinct",
        ),
        ({"computeEnvironmentOrder": order("nope")}, f"{PREFIX}compute-environment/nope does not exist"),
        ({"computeEnvironmentOrder": order("ce", "fargate")}, "All compute environments must be of the same type"),
        ({"jobQueueType": "EKS"}, "jobQueueType EKS does not agree with the compute environments, which make it ECS"),
        ({"tags": {"aws:x": "y"}}, "Tag keys must not start with aws:"),
    ],
)
def test_an_impossible_queue_is_refused(batch, changes, text):
    make_environment(batch, "a")
    batch.create_compute_environment(computeEnvironmentName="fargate", type="MANAGED", computeResources=FARGATE)
    arguments = {"jobQueueName": "q", "priority": 1, "computeEnvironmentOrder": order("ce"), **changes}

    assert refusal(batch.create_job_queue, **arguments) == text
    assert queues(batch) == []


def test_a_queue_needs_environments(batch):
    assert refusal(batch.create_job_queue, jobQueueName="q", priority=1) == "At least 1 compute environment must be provided"


def test_a_queue_takes_three_environments_in_their_order(batch):
    make_environment(batch, "a")
    make_environment(batch, "b")
    given = [{"order": place, "computeEnvironment": name} for place, name in ((30, "a"), (2, "b"), (11, "ce"))]

    batch.create_job_queue(jobQueueName="q", priority=0, computeEnvironmentOrder=given)

    shown = queues(batch)[0]["computeEnvironmentOrder"]
    assert [(each["order"], each["computeEnvironment"].rpartition("/")[2]) for each in shown] == [(2, "b"), (11, "ce"), (30, "a")]


def test_a_name_is_taken_once(batch):
    make_queue(batch)

    assert "already exists" in refusal(batch.create_job_queue, jobQueueName="q", priority=1, computeEnvironmentOrder=order("ce"))


def test_50_queues_are_accepted_and_51_refused(batch):
    for number in range(50):
        make_queue(batch, f"q{number}")

    text = refusal(batch.create_job_queue, jobQueueName="q50", priority=1, computeEnvironmentOrder=order("ce"))

    assert text == "Job queue limit exceeded"
    assert len(queues(batch)) == 50


def test_pages_follow_the_order_of_creation(batch):
    for name in ("b", "a", "c"):
        make_queue(batch, name)

    pages = batch.get_paginator("describe_job_queues").paginate(PaginationConfig={"PageSize": 2})

    assert [[each["jobQueueName"] for each in page["jobQueues"]] for page in pages] == [["b", "a"], ["c"]]


def test_a_token_is_good_for_its_own_listing_only(batch):
    make_queue(batch, "a")
    make_queue(batch, "b")
    token = batch.describe_job_queues(maxResults=1)["nextToken"]

    assert refusal(batch.describe_compute_environments, nextToken=token) == "Invalid nextToken"


def test_an_update_changes_what_is_given(batch):
    make_environment(batch, "a")
    make_queue(batch)

    batch.update_job_queue(jobQueue=f"{PREFIX}job-queue/q", priority=7, computeEnvironmentOrder=order("a"))

    (queue,) = queues(batch)
    assert (queue["priority"], queue["state"], queue["status"]) == (7, "ENABLED", "VALID")
    assert queue["computeEnvironmentOrder"] == [{"order": 1, "computeEnvironment": f"{PREFIX}compute-environment/a"}]
    batch.update_compute_environment(computeEnvironment="ce", state="DISABLED")
    batch.delete_compute_environment(computeEnvironment="ce")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"priority": -1}, "Priority must not be negative"),
        ({"computeEnvironmentOrder": []}, "At least 1 compute environment must be provided"),
        ({"computeEnvironmentOrder": order("nope")}, f"{PREFIX}compute-environment/nope does not exist"),
        ({"computeEnvironmentOrder": order("fargate")}, "All compute environments must be of the same type"),
    ],
)
def test_an_impossible_update_is_refused(batch, changes, text):
    batch.create_compute_environment(computeEnvironmentName="fargate", type="MANAGED", computeResources=FARGATE)
    make_queue(batch)
    before = queues(batch)

    assert refusal(batch.update_job_queue, jobQueue="q", **{"state": "DISABLED", **changes}) == text
    assert queues(batch) == before


@pytest.mark.parametrize("operation", ["update_job_queue", "delete_job_queue"])
def test_an_unknown_queue_is_named_by_its_full_arn(batch, operation):
    assert refusal(getattr(batch, operation), jobQueue="nope") == f"{PREFIX}job-queue/nope does not exist"


def test_an_enabled_queue_cannot_be_deleted(batch):
    make_queue(batch)

    assert refusal(batch.delete_job_queue, jobQueue="q") == "Cannot delete, state must be DISABLED"
    assert len(queues(batch)) == 1


def test_a_disabled_queue_refuses_new_jobs(batch):
    make_queue(batch)
    make_definition(batch)
    batch.update_job_queue(jobQueue="q", state="DISABLED")

    text = refusal(batch.submit_job, jobName="j", jobQueue="q", jobDefinition="d")

    assert text == "Job queue q is not in ENABLED state and VALID status"


def test_deleting_a_queue_fails_its_unfinished_jobs_and_keeps_their_records(mock, batch):
    make_queue(batch)
    make_definition(batch)
    jobs = {state: submit(batch, state) for state in ("SUBMITTED", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED")}
    for state, job_id in jobs.items():
        if state != "SUBMITTED":
            reach(mock, job_id, state)
    array = submit(batch, size=2)
    waiting = submit(batch, after=[jobs["SUBMITTED"]])
    done = detail(batch, jobs["SUCCEEDED"])
    batch.update_job_queue(jobQueue="q", state="DISABLED")

    batch.delete_job_queue(jobQueue="q")

    assert queues(batch, jobQueues=["q"]) == []
    assert "does not exist" in refusal(batch.list_jobs, jobQueue="q")
    failed = [detail(batch, job_id) for state, job_id in jobs.items() if state != "SUCCEEDED"]
    failed += [detail(batch, waiting), detail(batch, array), *children(batch, array, 2)]
    assert [(job["status"], job["statusReason"]) for job in failed] == [("FAILED", "JobQueue deleted")] * 8
    assert [len(job["attempts"]) for job in failed] == [0, 0, 1, 1, 0, 0, 0, 0]
    assert failed[3]["attempts"][0]["statusReason"] == "JobQueue deleted"
    assert detail(batch, jobs["SUCCEEDED"]) == done
    assert refusal(batch.submit_job, jobName="j", jobQueue="q", jobDefinition="d") == f"{PREFIX}job-queue/q does not exist"


def test_a_job_in_its_grace_keeps_the_reason_of_its_termination_when_its_queue_is_deleted(mock, batch):
    make_queue(batch)
    make_definition(batch)
    mock.batch.settings.terminate_grace_seconds = 30
    mock.batch.plan(duration=None)
    jobs = [submit(batch), submit(batch, size=2)]
    reach(mock, jobs[1], "PENDING")
    for job_id in (jobs[0], f"{jobs[1]}:0", f"{jobs[1]}:1"):
        reach(mock, job_id, "RUNNING")
    batch.terminate_job(jobId=jobs[0], reason="why")
    batch.terminate_job(jobId=f"{jobs[1]}:0", reason="one")
    batch.update_job_queue(jobQueue="q", state="DISABLED")

    batch.delete_job_queue(jobQueue="q")

    ended = [detail(batch, job_id) for job_id in (jobs[0], f"{jobs[1]}:0", f"{jobs[1]}:1")]
    reasons = ["why", "one", "JobQueue deleted"]
    assert [(job["status"], job["statusReason"]) for job in ended] == [("FAILED", reason) for reason in reasons]
    assert [job["attempts"][0]["statusReason"] for job in ended] == reasons
    assert [job["attempts"][0]["container"]["exitCode"] for job in ended] == [137] * 3
    assert [job.get("isTerminated") for job in ended] == [True, True, None]
    assert detail(batch, jobs[1])["statusReason"] == "JobQueue deleted"


def test_a_deleted_queue_gives_its_room_back(mock, batch):
    make_site_room(batch)
    mock.batch.plan(duration=None)
    running = submit(batch)
    reach(mock, running, "RUNNING")
    batch.update_job_queue(jobQueue="q", state="DISABLED")

    batch.delete_job_queue(jobQueue="q")
    job_id = submit(batch, jobQueue="other")

    reach(mock, job_id, "RUNNING")


def make_site_room(batch):
    make_queue(batch)
    make_queue(batch, "other")
    make_definition(batch)
    batch.update_compute_environment(computeEnvironment="ce", computeResources={"maxvCpus": 1})


def test_a_queue_can_take_its_time(mock, batch):
    settings = mock.batch.settings
    settings.job_queue_create_seconds, settings.job_queue_update_seconds, settings.job_queue_delete_seconds = 10, 20, 60
    mock.clock.freeze()
    make_definition(batch)
    make_queue(batch)
    job = {"jobName": "j", "jobQueue": "q", "jobDefinition": "d"}

    assert queues(batch)[0]["status"] == "CREATING"
    assert refusal(batch.submit_job, **job) == "Job queue q is not in ENABLED state and VALID status"
    assert refusal(batch.update_job_queue, jobQueue="q") == "Cannot update, resource is being modified"
    mock.clock.advance(10)
    job_id = batch.submit_job(**job)["jobId"]
    batch.update_job_queue(jobQueue="q", state="DISABLED")
    assert refusal(batch.delete_job_queue, jobQueue="q") == "Cannot delete, resource is being modified."
    mock.clock.advance(20)
    batch.delete_job_queue(jobQueue="q")
    assert (queues(batch)[0]["status"], status(batch, job_id)) == ("DELETING", "FAILED")
    mock.clock.advance(60)
    assert queues(batch) == []


def test_the_check_list_of_the_control_plane(mock, batch):
    """Register twice, deregister the second, then the first; submit by name each time."""
    make_queue(batch)
    make_definition(batch)
    make_definition(batch)
    batch.deregister_job_definition(jobDefinition="d:2")

    assert detail(batch, submit(batch))["jobDefinition"] == f"{PREFIX}job-definition/d:1"
    batch.deregister_job_definition(jobDefinition="d:1")
    text = refusal(batch.submit_job, jobName="j", jobQueue="q", jobDefinition="d")
    assert text == "JobDefinition name d does not exist or is not in ACTIVE status"
