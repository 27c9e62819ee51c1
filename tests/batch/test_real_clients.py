"""The polling loops of popular clients, run with the default settings.

Each function below reimplements the calls of a client, their order, and when it stops. The clients themselves are not needed.
"""

from __future__ import annotations

import boto3
import pytest

from support.batch import container
from support.constants import REGION

# More polls than any of these clients needs; a loop that would never end fails here instead.
POLLS = 40


@pytest.fixture
def logs(mock):
    return boto3.client("logs", region_name=REGION)


def poll(look, until):
    """Look again and again, as a client does between its pauses, and return what ended that."""
    for _ in range(POLLS):
        found = look()
        if until(found):
            return found
    raise AssertionError(f"after {POLLS} polls still {found}")


def read_log(logs, stream):
    """Read a log to its end as the AWS documentation has it: until the token no longer changes."""
    lines, token = [], None
    while True:
        more = {} if token is None else {"nextToken": token}
        page = logs.get_log_events(logGroupName="/aws/batch/job", logStreamName=stream, startFromHead=True, **more)
        lines += [event["message"] for event in page["events"]]
        if page["nextForwardToken"] == token:
            return lines
        token = page["nextForwardToken"]


def airflow_wait(batch, job_id):
    """First until it runs or has ended, then until it has ended; each answer must hold exactly one job."""

    def job():
        (found,) = batch.describe_jobs(jobs=[job_id])["jobs"]
        return found

    poll(job, lambda found: found["status"] in {"RUNNING", "SUCCEEDED", "FAILED"})
    return poll(job, lambda found: found["status"] in {"SUCCEEDED", "FAILED"})


def airflow_submit(batch, **more):
    """Its operator leaves out what is None, and sends empty maps and lists."""
    arguments = {"parameters": {}, "containerOverrides": {}, "tags": {}, **more}
    return batch.submit_job(jobName="airflow", jobQueue="q", jobDefinition="d", **arguments)["jobId"]


@pytest.mark.parametrize(("exit_code", "outcome"), [(0, "SUCCEEDED"), (3, "FAILED")])
def test_airflow_submits_waits_and_reads_the_last_lines(mock, batch, site, logs, exit_code, outcome):
    site.make_queue_and_definition()
    mock.batch.plan(duration=600, exit_code=exit_code, logs=["one", "two"])

    job = airflow_wait(batch, airflow_submit(batch, retryStrategy={"attempts": 1}))

    assert (job["status"], job["container"]["exitCode"]) == (outcome, exit_code)
    assert [read_log(logs, each["container"]["logStreamName"]) for each in job["attempts"]] == [["one", "two"]]


def test_airflow_kills_its_job_when_its_task_is_cleared(mock, batch, site):
    site.make_queue_and_definition()
    mock.batch.plan(duration=None)
    job_id = airflow_submit(batch)
    poll(lambda: batch.describe_jobs(jobs=[job_id])["jobs"][0]["status"], lambda status: status == "RUNNING")

    batch.terminate_job(jobId=job_id, reason="Task killed by the user")

    job = airflow_wait(batch, job_id)
    assert (job["status"], job["statusReason"]) == ("FAILED", "Task killed by the user")


def nextflow_submit(batch, **more):
    """It looks for its definition by name, registers one if there is none, and submits with it."""
    name = "nf-busybox"
    known = batch.describe_job_definitions(jobDefinitionName=name, status="ACTIVE")["jobDefinitions"]
    tokens = {each["parameters"].get("nf-token"): each["revision"] for each in known}
    if "abc" not in tokens:
        registered = batch.register_job_definition(
            jobDefinitionName=name, type="container", containerProperties=container(), parameters={"nf-token": "abc"}
        )
        tokens["abc"] = registered["revision"]
    rules = [{"action": "RETRY", "onStatusReason": "Host EC2*"}, {"action": "EXIT", "onReason": "*"}]
    return batch.submit_job(
        jobName="nf-task",
        jobQueue="q",
        jobDefinition=f"{name}:{tokens['abc']}",
        retryStrategy={"attempts": 5, "evaluateOnExit": rules},
        **more,
    )["jobId"]


def test_nextflow_registers_once_and_polls_all_its_jobs_in_one_call(mock, batch, site):
    site.make_queue_and_definition()
    mock.batch.plan(duration=30)
    jobs = [nextflow_submit(batch) for _ in range(3)]

    def ended():
        found = batch.describe_jobs(jobs=jobs)["jobs"]
        return {each["jobId"]: each["container"].get("exitCode") for each in found if each["status"] in {"SUCCEEDED", "FAILED"}}

    assert poll(ended, lambda codes: len(codes) == 3) == dict.fromkeys(jobs, 0)
    assert len(batch.describe_job_definitions(jobDefinitionName="nf-busybox")["jobDefinitions"]) == 1


def test_nextflow_polls_the_children_of_an_array_by_their_ids(mock, batch, site):
    site.make_queue_and_definition()
    mock.batch.plan(array_index=1, exit_code=7, reason="Essential container in task exited")
    array = nextflow_submit(batch, arrayProperties={"size": 2})
    ids = [f"{array}:{index}" for index in range(2)]

    found = poll(
        lambda: batch.describe_jobs(jobs=ids)["jobs"],
        lambda jobs: all(job["status"] in {"SUCCEEDED", "FAILED"} for job in jobs),
    )

    assert [(job["status"], job["container"]["exitCode"]) for job in found] == [("SUCCEEDED", 0), ("FAILED", 7)]


def test_metaflow_learns_the_platform_and_follows_the_log_of_a_job(mock, batch, site, logs):
    site.make_queue_and_definition()
    mock.batch.plan(duration=60, logs=["hello"])
    (queue,) = batch.describe_job_queues(jobQueues=["q"])["jobQueues"]
    first = queue["computeEnvironmentOrder"][0]["computeEnvironment"]
    (environment,) = batch.describe_compute_environments(computeEnvironments=[first])["computeEnvironments"]
    assert environment["computeResources"]["type"] == "EC2"

    job_id = site.submit(tags={}, parameters={})
    job = airflow_wait(batch, job_id)

    assert job["status"] == "SUCCEEDED"
    assert read_log(logs, job["attempts"][-1]["container"]["logStreamName"]) == ["hello"]


def test_luigi_polls_by_id_and_prints_the_log_of_a_failure(mock, batch, site, logs):
    site.make_queue_and_definition()
    mock.batch.plan(exit_code=1, logs=["it broke"])
    job_id = site.submit()

    job = poll(lambda: batch.describe_jobs(jobs=[job_id])["jobs"][0], lambda found: found["status"] in {"SUCCEEDED", "FAILED"})

    assert job["status"] == "FAILED"
    events = logs.get_log_events(
        logGroupName="/aws/batch/job", logStreamName=job["container"]["logStreamName"], startFromHead=True
    )["events"]
    assert [event["message"] for event in events] == ["it broke"]


def test_torchx_finds_its_job_in_a_listing_and_terminates_it_by_its_arn(mock, batch, site):
    site.make_queue_and_definition()
    mock.batch.plan(duration=None)
    site.make_nodes("app", num_nodes=2)
    submitted = batch.submit_job(jobName="app-1", jobQueue="q", jobDefinition="app", tags={})
    filters = [{"name": "AFTER_CREATED_AT", "values": ["1"]}]

    def state():
        pages = batch.get_paginator("list_jobs").paginate(jobQueue="q", filters=filters)
        return {job["jobName"]: job["status"] for page in pages for job in page["jobSummaryList"]}["app-1"]

    poll(state, lambda status: status == "RUNNING")
    batch.terminate_job(jobId=submitted["jobArn"], reason="killed by torchx CLI")

    assert poll(state, lambda status: status == "FAILED") == "FAILED"


def terraform_wait(describe, status):
    """Pending states are polled, an answer without the resource means that it is gone."""
    return poll(lambda: next((each["status"] for each in describe()), None), lambda found: found == status)


def test_terraform_makes_and_destroys_a_queue_and_its_environment(mock, batch, site):
    """It waits for each step, however long that takes."""
    settings = mock.batch.settings
    settings.compute_environment_create_seconds = settings.compute_environment_update_seconds = (
        settings.compute_environment_delete_seconds
    ) = 30
    settings.job_queue_create_seconds = settings.job_queue_update_seconds = settings.job_queue_delete_seconds = 30

    def environments():
        return batch.describe_compute_environments(computeEnvironments=["ce"])["computeEnvironments"]

    def queues():
        return batch.describe_job_queues(jobQueues=["q"])["jobQueues"]

    site.make_environment()
    terraform_wait(environments, "VALID")
    site.make_queue(tags={})
    terraform_wait(queues, "VALID")
    batch.update_job_queue(jobQueue="q", state="DISABLED")
    terraform_wait(queues, "VALID")
    batch.delete_job_queue(jobQueue="q")
    terraform_wait(queues, None)
    batch.update_compute_environment(computeEnvironment="ce", state="DISABLED")
    terraform_wait(environments, "VALID")
    batch.delete_compute_environment(computeEnvironment="ce")
    terraform_wait(environments, None)

    assert (environments(), queues()) == ([], [])


def test_a_loop_over_the_finished_jobs_of_a_queue_ends(mock, batch, site):
    """A dispatcher of hand-made workflows asks for the finished jobs until all of its own are among them."""
    site.make_queue_and_definition()
    site.make_definition(tags={})
    mock.batch.plan("slow", duration=100)
    mine = {site.submit("quick"), site.submit("slow")}

    def finished():
        return {job["jobId"] for job in batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")["jobSummaryList"]}

    assert poll(finished, lambda found: found >= mine) == mine
