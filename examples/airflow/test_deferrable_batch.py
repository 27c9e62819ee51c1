"""Test what Airflow does with AWS Batch: trigger, deferrable operator, DAG. No Docker, no scheduler, no waiting."""

import asyncio

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.providers.amazon.aws.operators.batch import BatchOperator
from airflow.providers.amazon.aws.triggers.batch import BatchJobTrigger
from airflow.sdk.exceptions import AirflowException, TaskDeferred
from airflow.utils.db import initdb


@pytest.fixture
def batch(mock_jobs_batch):
    """A queue and a job definition."""
    client = mock_jobs_batch
    client.create_compute_environment(
        computeEnvironmentName="site",
        type="MANAGED",
        computeResources={"type": "FARGATE", "maxvCpus": 4, "subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]},
    )
    client.create_job_queue(
        jobQueueName="queue", priority=1, computeEnvironmentOrder=[{"order": 1, "computeEnvironment": "site"}]
    )
    client.register_job_definition(
        jobDefinitionName="etl",
        type="container",
        platformCapabilities=["FARGATE"],
        containerProperties={
            "image": "busybox",
            "executionRoleArn": "arn:aws:iam::123456789012:role/execution",
            "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "2048"}],
        },
    )
    return client


# The trigger


@pytest.fixture
def job_id(batch):
    return batch.submit_job(jobName="load", jobQueue="queue", jobDefinition="etl")["jobId"]


async def event_of(trigger):
    """Do what the triggerer does: run a trigger until its event."""
    (event,) = [event async for event in trigger.run()]
    return event.payload


def test_a_job_that_succeeds(job_id):
    event = asyncio.run(event_of(BatchJobTrigger(job_id=job_id)))

    assert event == {"status": "success", "job_id": job_id}


def test_a_job_that_fails(mock_jobs, job_id):
    mock_jobs.batch.plan("load", exit_code=1)

    event = asyncio.run(event_of(BatchJobTrigger(job_id=job_id)))

    assert (event["status"], event["job_id"]) == ("error", job_id)
    assert event["message"].startswith(f"Failure while running batch job {job_id}: ['FAILED']")


def test_a_job_that_is_cancelled_while_the_trigger_polls(mock_jobs, batch, job_id):
    mock_jobs.batch.block("queue", "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY")

    async def poll_and_cancel():
        polling = asyncio.create_task(event_of(BatchJobTrigger(job_id=job_id)))
        await asyncio.sleep(60)
        batch.cancel_job(jobId=job_id, reason="not today")
        return await polling

    event = asyncio.run(poll_and_cancel())

    assert event["status"] == "error"
    (job,) = batch.describe_jobs(jobs=[job_id])["jobs"]
    assert (job["status"], job["statusReason"]) == ("FAILED", "not today")


def test_a_trigger_that_gives_up(mock_jobs, job_id):
    mock_jobs.batch.plan("load", duration=None)  # runs until something ends it

    event = asyncio.run(event_of(BatchJobTrigger(job_id=job_id, waiter_max_attempts=10)))

    assert event["message"] == "Waiter error: max attempts reached"


# The operator


def run_deferred(operator):
    """Do what Airflow does with a deferrable operator: run it, then its trigger, then the method that it named."""
    with pytest.raises(TaskDeferred) as deferred:
        operator.execute({})
    event = asyncio.run(event_of(deferred.value.trigger))
    return getattr(operator, deferred.value.method_name)({}, event=event)


@pytest.fixture
def load():
    return BatchOperator(task_id="load", job_name="load", job_queue="queue", job_definition="etl", deferrable=True)


def test_the_operator_returns_the_id_of_its_job(batch, load):
    job_id = run_deferred(load)

    (job,) = batch.describe_jobs(jobs=[job_id])["jobs"]
    assert (job["jobName"], job["status"]) == ("load", "SUCCEEDED")


def test_the_operator_raises_if_its_job_fails(mock_jobs, batch, load):
    mock_jobs.batch.plan("load", exit_code=1)

    with pytest.raises(AirflowException, match="Error while running job"):
        run_deferred(load)


# The DAG: the same with Airflow's own task runner and a database of SQLite


@pytest.fixture(scope="module")
def nightly():
    initdb()
    return DagBag().dags["nightly"]


def test_the_dag_succeeds(mock_jobs, batch, nightly):
    mock_jobs.batch.plan("load", duration=6 * 3600)
    begin = mock_jobs.clock.now_s

    run = nightly.test()

    assert run.state == "success"
    assert mock_jobs.clock.now_s - begin >= 6 * 3600


def test_the_dag_fails(mock_jobs, batch, nightly):
    mock_jobs.batch.plan("load", exit_code=1)

    assert nightly.test().state == "failed"
