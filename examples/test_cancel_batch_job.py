"""Cancel AWS Batch jobs in the states in which it matters. No Docker, no waiting."""

import boto3
import pytest


@pytest.fixture
def batch(mock_jobs, mock_jobs_batch):
    """A queue of 4 vCPUs and a job definition of 1, with the fixtures of the plugin."""
    client = mock_jobs_batch
    client.create_compute_environment(
        computeEnvironmentName="ce",
        type="MANAGED",
        computeResources={
            "type": "FARGATE",
            "maxvCpus": 4,
            "subnets": ["subnet-1"],
            "securityGroupIds": ["sg-1"],
        },
    )
    client.create_job_queue(jobQueueName="queue", priority=1, computeEnvironmentOrder=[{"order": 1, "computeEnvironment": "ce"}])
    client.register_job_definition(
        jobDefinitionName="work",
        type="container",
        platformCapabilities=["FARGATE"],
        containerProperties={
            "image": "busybox",
            "command": ["work"],
            "executionRoleArn": "arn:aws:iam::123456789012:role/execution",
            "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "2048"}],
        },
    )
    return client


def submit(batch, name, **more):
    return batch.submit_job(jobName=name, jobQueue="queue", jobDefinition="work", **more)["jobId"]


def describe(job_id):
    (job,) = boto3.client("batch").describe_jobs(jobs=[job_id])["jobs"]
    return job


def test_a_runnable_job_is_cancelled(mock_jobs, batch):
    job_id = submit(batch, "nightly")
    mock_jobs.batch.run_until(job_id, "RUNNABLE")

    batch.cancel_job(jobId=job_id, reason="not tonight")

    job = describe(job_id)
    assert (job["status"], job["statusReason"]) == ("FAILED", "not tonight")
    assert "startedAt" not in job


def test_a_running_job_is_left_alone_by_cancel_and_ended_by_terminate(mock_jobs, batch):
    mock_jobs.batch.plan("nightly", duration=3600)
    job_id = submit(batch, "nightly")
    mock_jobs.batch.run_until(job_id, "RUNNING")

    batch.cancel_job(jobId=job_id, reason="not tonight")
    mock_jobs.clock.advance(60)
    batch.terminate_job(jobId=job_id, reason="stop it")

    job = describe(job_id)
    assert (job["status"], job["statusReason"]) == ("FAILED", "stop it")
    assert job["stoppedAt"] - job["startedAt"] >= 60_000


def test_code_that_polls_sees_every_state(mock_jobs, batch):
    mock_jobs.batch.plan("nightly", duration=600, exit_code=3)
    job_id = submit(batch, "nightly")

    seen = [describe(job_id)["status"] for _ in range(5)]

    assert seen == ["SUBMITTED", "RUNNABLE", "STARTING", "RUNNING", "FAILED"]
    assert describe(job_id)["container"]["exitCode"] == 3


def test_what_depends_on_a_cancelled_job_fails(mock_jobs, batch):
    first = submit(batch, "first")
    second = submit(batch, "second", dependsOn=[{"jobId": first}])

    batch.cancel_job(jobId=first, reason="changed my mind")
    mock_jobs.batch.run_all()

    assert describe(second)["statusReason"] == "Dependent Job failed"
