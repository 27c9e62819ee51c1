"""Job queues. Documents: AWS Batch API reference, CreateJobQueue and its kin; user guide, service quotas."""

from __future__ import annotations

import pytest

from support.batch import FARGATE, PREFIX, refusal


@pytest.fixture(autouse=True)
def _environments(mock, site):
    mock.batch.pace = "manual"
    site.make_environment()


def order(*names):
    return [{"order": place, "computeEnvironment": name} for place, name in enumerate(names, 1)]


def queues(batch, **arguments):
    return batch.describe_job_queues(**arguments)["jobQueues"]


def test_a_new_queue_is_valid_enabled_and_healthy(batch, site):
    arn = site.make_queue(tags={"a": "b"})

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


def test_a_queue_on_fargate_says_so(batch, site):
    batch.create_compute_environment(computeEnvironmentName="f", type="MANAGED", computeResources=FARGATE)
    site.make_queue(environments=("f",), jobQueueType="ECS_FARGATE")

    assert queues(batch)[0]["jobQueueType"] == "ECS_FARGATE"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"jobQueueName": "_q"}, "Job queue name should match valid pattern"),
        ({"jobQueueName": "q" * 129}, "Job queue name should match valid pattern"),
        ({"priority": -1}, "Priority must not be negative"),
        ({"state": "on"}, "state on must be one of ENABLED | DISABLED"),
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
def test_an_impossible_queue_is_refused(batch, site, changes, text):
    site.make_environment("a")
    batch.create_compute_environment(computeEnvironmentName="fargate", type="MANAGED", computeResources=FARGATE)
    arguments = {"jobQueueName": "q", "priority": 1, "computeEnvironmentOrder": order("ce"), **changes}

    assert refusal(batch.create_job_queue, **arguments) == text
    assert queues(batch) == []


def test_a_queue_needs_environments(batch):
    assert refusal(batch.create_job_queue, jobQueueName="q", priority=1) == "At least 1 compute environment must be provided"


def test_a_queue_takes_three_environments_in_their_order(batch, site):
    site.make_environment("a")
    site.make_environment("b")
    given = [{"order": place, "computeEnvironment": name} for place, name in ((30, "a"), (2, "b"), (11, "ce"))]

    batch.create_job_queue(jobQueueName="q", priority=0, computeEnvironmentOrder=given)

    shown = queues(batch)[0]["computeEnvironmentOrder"]
    assert [(each["order"], each["computeEnvironment"].rpartition("/")[2]) for each in shown] == [(2, "b"), (11, "ce"), (30, "a")]


def test_a_name_is_taken_once(batch, site):
    site.make_queue()

    assert "already exists" in refusal(batch.create_job_queue, jobQueueName="q", priority=1, computeEnvironmentOrder=order("ce"))


def test_50_queues_are_accepted_and_51_refused(batch, site):
    for number in range(50):
        site.make_queue(f"q{number}")

    text = refusal(batch.create_job_queue, jobQueueName="q50", priority=1, computeEnvironmentOrder=order("ce"))

    assert text == "Job queue limit exceeded"
    assert len(queues(batch)) == 50


def test_pages_follow_the_order_of_creation(batch, site):
    for name in ("b", "a", "c"):
        site.make_queue(name)

    pages = batch.get_paginator("describe_job_queues").paginate(PaginationConfig={"PageSize": 2})

    assert [[each["jobQueueName"] for each in page["jobQueues"]] for page in pages] == [["b", "a"], ["c"]]


def test_a_token_is_good_for_its_own_listing_only(batch, site):
    site.make_queue("a")
    site.make_queue("b")
    token = batch.describe_job_queues(maxResults=1)["nextToken"]

    assert refusal(batch.describe_compute_environments, nextToken=token) == "Invalid nextToken"


def test_an_update_changes_what_is_given(batch, site):
    site.make_environment("a")
    site.make_queue()

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
def test_an_impossible_update_is_refused(batch, site, changes, text):
    batch.create_compute_environment(computeEnvironmentName="fargate", type="MANAGED", computeResources=FARGATE)
    site.make_queue()
    before = queues(batch)

    assert refusal(batch.update_job_queue, jobQueue="q", **{"state": "DISABLED", **changes}) == text
    assert queues(batch) == before


@pytest.mark.parametrize("operation", ["update_job_queue", "delete_job_queue"])
def test_an_unknown_queue_is_named_by_its_full_arn(mock, batch, operation):
    mock.batch.settings.idempotent_delete = False
    assert refusal(getattr(batch, operation), jobQueue="nope") == f"{PREFIX}job-queue/nope does not exist"


def test_an_enabled_queue_cannot_be_deleted(batch, site):
    site.make_queue()

    assert refusal(batch.delete_job_queue, jobQueue="q") == "Cannot delete, state must be DISABLED"
    assert len(queues(batch)) == 1


def test_a_disabled_queue_refuses_new_jobs(batch, site):
    site.make_queue()
    site.make_definition()
    batch.update_job_queue(jobQueue="q", state="DISABLED")

    text = refusal(batch.submit_job, jobName="j", jobQueue="q", jobDefinition="d")

    assert text == "Job queue q is not in ENABLED state and VALID status"


def test_deleting_a_queue_fails_its_unfinished_jobs_and_keeps_their_records(batch, site):
    site.make_queue()
    site.make_definition()
    jobs = {state: site.submit(state) for state in ("SUBMITTED", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED")}
    for state, job_id in jobs.items():
        if state != "SUBMITTED":
            site.reach(job_id, state)
    array = site.submit(size=2)
    waiting = site.submit(after=[jobs["SUBMITTED"]])
    done = site.detail(jobs["SUCCEEDED"])
    batch.update_job_queue(jobQueue="q", state="DISABLED")

    batch.delete_job_queue(jobQueue="q")

    assert queues(batch, jobQueues=["q"]) == []
    assert "does not exist" in refusal(batch.list_jobs, jobQueue="q")
    failed = [site.detail(job_id) for state, job_id in jobs.items() if state != "SUCCEEDED"]
    failed += [site.detail(waiting), site.detail(array), *site.children(array, 2)]
    assert [(job["status"], job["statusReason"]) for job in failed] == [("FAILED", "JobQueue deleted")] * 8
    assert [len(job["attempts"]) for job in failed] == [0, 0, 1, 1, 0, 0, 0, 0]
    assert failed[3]["attempts"][0]["statusReason"] == "JobQueue deleted"
    assert site.detail(jobs["SUCCEEDED"]) == done
    assert refusal(batch.submit_job, jobName="j", jobQueue="q", jobDefinition="d") == f"{PREFIX}job-queue/q does not exist"


def test_a_job_in_its_grace_keeps_the_reason_of_its_termination_when_its_queue_is_deleted(mock, batch, site):
    site.make_queue()
    site.make_definition()
    mock.batch.settings.terminate_grace_seconds = 30
    mock.batch.plan(duration=None)
    jobs = [site.submit(), site.submit(size=2)]
    site.reach(jobs[1], "PENDING")
    for job_id in (jobs[0], f"{jobs[1]}:0", f"{jobs[1]}:1"):
        site.reach(job_id, "RUNNING")
    batch.terminate_job(jobId=jobs[0], reason="why")
    batch.terminate_job(jobId=f"{jobs[1]}:0", reason="one")
    batch.update_job_queue(jobQueue="q", state="DISABLED")

    batch.delete_job_queue(jobQueue="q")

    ended = [site.detail(job_id) for job_id in (jobs[0], f"{jobs[1]}:0", f"{jobs[1]}:1")]
    reasons = ["why", "one", "JobQueue deleted"]
    assert [(job["status"], job["statusReason"]) for job in ended] == [("FAILED", reason) for reason in reasons]
    assert [job["attempts"][0]["statusReason"] for job in ended] == reasons
    assert [job["attempts"][0]["container"]["exitCode"] for job in ended] == [137] * 3
    assert [job.get("isTerminated") for job in ended] == [True, True, None]
    assert site.detail(jobs[1])["statusReason"] == "JobQueue deleted"


def test_a_deleted_queue_gives_its_room_back(mock, batch, site):
    make_site_room(site)
    mock.batch.plan(duration=None)
    running = site.submit()
    site.reach(running, "RUNNING")
    batch.update_job_queue(jobQueue="q", state="DISABLED")

    batch.delete_job_queue(jobQueue="q")
    job_id = site.submit(jobQueue="other")

    site.reach(job_id, "RUNNING")


def make_site_room(site):
    site.make_queue()
    site.make_queue("other")
    site.make_definition()
    site.batch.update_compute_environment(computeEnvironment="ce", computeResources={"maxvCpus": 1})


def test_a_queue_can_take_its_time(mock, batch, site):
    settings = mock.batch.settings
    settings.job_queue_create_seconds, settings.job_queue_update_seconds, settings.job_queue_delete_seconds = 10, 20, 60
    mock.clock.freeze()
    site.make_definition()
    site.make_queue()
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
    assert (queues(batch)[0]["status"], site.status(job_id)) == ("DELETING", "FAILED")
    mock.clock.advance(60)
    assert queues(batch) == []


def test_the_check_list_of_the_control_plane(batch, site):
    """Register twice, deregister the second, then the first; submit by name each time."""
    site.make_queue()
    site.make_definition()
    site.make_definition()
    batch.deregister_job_definition(jobDefinition="d:2")

    assert site.detail(site.submit())["jobDefinition"] == f"{PREFIX}job-definition/d:1"
    batch.deregister_job_definition(jobDefinition="d:1")
    text = refusal(batch.submit_job, jobName="j", jobQueue="q", jobDefinition="d")
    assert text == "JobDefinition name d does not exist or is not in ACTIVE status"
