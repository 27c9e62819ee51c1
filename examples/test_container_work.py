"""Let a function of the test do the work of a Batch job, and hear of its end through EventBridge and SQS."""

import json

import boto3
import pytest

ACCOUNT = "123456789012"
LOG_GROUP = "/aws/batch/job"


@pytest.fixture
def batch(mock_jobs, mock_jobs_batch):
    """A queue and a job definition whose command names a file."""
    client = mock_jobs_batch
    client.create_compute_environment(
        computeEnvironmentName="ce",
        type="MANAGED",
        computeResources={"type": "FARGATE", "maxvCpus": 4, "subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]},
    )
    client.create_job_queue(jobQueueName="queue", priority=1, computeEnvironmentOrder=[{"order": 1, "computeEnvironment": "ce"}])
    client.register_job_definition(
        jobDefinitionName="shout",
        type="container",
        platformCapabilities=["FARGATE"],
        containerProperties={
            "image": "shout:1",
            "command": ["shout", "Ref::file"],
            "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/execution",
            "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "2048"}],
        },
    )
    return client


@pytest.fixture
def inbox(mock_jobs):
    """The messages of an SQS queue that a rule fills with the ends of jobs."""
    sqs, events = boto3.client("sqs"), boto3.client("events")
    url = sqs.create_queue(QueueName="ends")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["aws.batch"], "detail": {"status": ["SUCCEEDED", "FAILED"]}}
    events.put_rule(Name="ends", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="ends", Targets=[{"Id": "inbox", "Arn": arn}])
    return lambda: [json.loads(message["Body"]) for message in sqs.receive_message(QueueUrl=url).get("Messages", [])]


def shout(run):
    """Stand for the program in the image."""
    s3 = boto3.client("s3")
    _, file = run.command
    print(f"attempt {run.attempt} reads {file}")  # noqa: T201 - it is the log
    content = s3.get_object(Bucket="files", Key=file)["Body"].read()
    s3.put_object(Bucket="files", Key=f"{file}.loud", Body=content.upper())


def log_of(job):
    stream = job["container"]["logStreamName"]
    events = boto3.client("logs").get_log_events(logGroupName=LOG_GROUP, logStreamName=stream)["events"]
    return [event["message"] for event in events]


def test_the_function_does_the_work_and_the_rule_tells_of_it(mock_jobs, batch, inbox):
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="files")
    s3.put_object(Bucket="files", Key="a.txt", Body=b"hello")
    mock_jobs.batch.plan("shout-*", run=shout)
    batch.submit_job(jobName="shout-a", jobQueue="queue", jobDefinition="shout", parameters={"file": "a.txt"})
    mock_jobs.batch.run_all()

    assert s3.get_object(Bucket="files", Key="a.txt.loud")["Body"].read() == b"HELLO"
    (event,) = inbox()
    assert event["detail"]["status"] == "SUCCEEDED"
    assert log_of(event["detail"]) == ["attempt 1 reads a.txt"]


def test_an_exception_fails_the_job_with_its_trace_in_the_log(mock_jobs, batch, inbox):
    mock_jobs.batch.plan("shout-*", run=shout)
    batch.submit_job(jobName="shout-a", jobQueue="queue", jobDefinition="shout", parameters={"file": "a.txt"})
    mock_jobs.batch.run_all()

    (event,) = inbox()
    assert (event["detail"]["status"], event["detail"]["container"]["exitCode"]) == ("FAILED", 1)
    assert "NoSuchBucket" in log_of(event["detail"])[-1]
