"""Jobs of all three services through aiobotocore: whole lives, errors, pages, and one state with boto3."""

from __future__ import annotations

import json

import boto3
import pytest
from botocore.exceptions import ClientError

from support.batch import EC2, container
from support.batch_site import Site

pytestmark = pytest.mark.anyio


async def thing_arn(iot, name):
    return (await iot.create_thing(thingName=name))["thingArn"]


async def test_a_batch_job_is_submitted_polled_and_cancelled(mock, connect):
    mock.batch.pace = "poll"
    batch = await connect("batch")
    await batch.create_compute_environment(computeEnvironmentName="ce", type="MANAGED", computeResources=EC2)
    order = [{"order": 1, "computeEnvironment": "ce"}]
    await batch.create_job_queue(jobQueueName="q", priority=1, computeEnvironmentOrder=order)
    await batch.register_job_definition(jobDefinitionName="d", type="container", containerProperties=container())
    job = {"jobName": "nightly", "jobQueue": "q", "jobDefinition": "d"}

    done = (await batch.submit_job(**job))["jobId"]
    seen = []
    while not seen or seen[-1] not in ("SUCCEEDED", "FAILED"):
        (found,) = (await batch.describe_jobs(jobs=[done]))["jobs"]
        seen.append(found["status"])
    mock.batch.pace = "manual"
    stopped = (await batch.submit_job(**job))["jobId"]
    await batch.terminate_job(jobId=stopped, reason="no longer needed")
    (ended,) = (await batch.describe_jobs(jobs=[stopped]))["jobs"]

    assert seen == ["SUBMITTED", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]
    assert (ended["status"], ended["statusReason"]) == ("FAILED", "no longer needed")


async def test_a_batch_job_that_waits_is_cancelled(mock, connect):
    Site(boto3.client("batch"), mock).make_queue_and_definition()
    batch = await connect("batch")
    job_id = (await batch.submit_job(jobName="nightly", jobQueue="q", jobDefinition="d"))["jobId"]

    await batch.cancel_job(jobId=job_id, reason="too late")

    (ended,) = (await batch.describe_jobs(jobs=[job_id]))["jobs"]
    assert (ended["status"], ended["statusReason"]) == ("FAILED", "too late")


async def test_a_device_starts_reports_and_meets_a_cancellation(mock, connect):
    iot, device = await connect("iot"), await connect("iot-jobs-data")
    arn = await thing_arn(iot, "pump")
    for job_id in ("first", "second"):
        await iot.create_job(jobId=job_id, targets=[arn], document=json.dumps({"version": job_id}))

    pending = await device.get_pending_job_executions(thingName="pump")
    started = (await device.start_next_pending_job_execution(thingName="pump"))["execution"]
    await device.update_job_execution(thingName="pump", jobId="first", status="SUCCEEDED", statusDetails={"step": "3"})
    described = (await iot.describe_job_execution(jobId="first", thingName="pump"))["execution"]
    await iot.cancel_job(jobId="second", reasonCode="RECALLED")
    left = await device.get_pending_job_executions(thingName="pump")

    assert [each["jobId"] for each in pending["queuedJobs"]] == ["first", "second"]
    assert (started["jobId"], json.loads(started["jobDocument"])) == ("first", {"version": "first"})
    assert (described["status"], described["statusDetails"]["detailsMap"]) == ("SUCCEEDED", {"step": "3"})
    assert (await iot.describe_job(jobId="first"))["job"]["status"] == "COMPLETED"
    assert (await iot.describe_job(jobId="second"))["job"]["reasonCode"] == "RECALLED"
    assert (left["inProgressJobs"], left["queuedJobs"]) == ([], [])


async def test_an_error_is_caught_by_its_class(mock, connect):
    iot, device = await connect("iot"), await connect("iot-jobs-data")
    await iot.create_job(jobId="job", targets=[await thing_arn(iot, "pump")], document="{}")
    await device.start_next_pending_job_execution(thingName="pump")

    with pytest.raises(iot.exceptions.InvalidStateTransitionException) as refused:
        await iot.cancel_job_execution(jobId="job", thingName="pump")
    with pytest.raises(device.exceptions.ResourceNotFoundException) as missing:
        await device.describe_job_execution(jobId="other", thingName="pump")

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409
    assert missing.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


async def test_an_error_says_what_boto3_would_hear(mock, connect):
    batch = await connect("batch")

    with pytest.raises(batch.exceptions.ClientException) as caught:
        await batch.submit_job(jobName="nightly", jobQueue="q", jobDefinition="d")
    with pytest.raises(ClientError) as of_boto3:
        boto3.client("batch").submit_job(jobName="nightly", jobQueue="q", jobDefinition="d")

    def text(error):
        return error.response["Error"]["Message"].partition(", RequestId")[0]

    assert text(caught.value) == text(of_boto3.value)
    assert [call.error for call in mock.calls] == ["ClientException", "ClientException"]


async def test_paginators_yield_all_pages(mock, connect):
    iot = await connect("iot")
    arn = await thing_arn(iot, "pump")
    for number in range(7):
        await iot.create_job(jobId=f"job-{number}", targets=[arn], document="{}")

    pages = [page["jobs"] async for page in iot.get_paginator("list_jobs").paginate(PaginationConfig={"PageSize": 3})]
    whole = await iot.get_paginator("list_job_executions_for_thing").paginate(thingName="pump", maxResults=2).build_full_result()

    assert [len(page) for page in pages] == [3, 3, 1]
    assert {each["jobId"] for page in pages for each in page} == {f"job-{number}" for number in range(7)}
    assert len(whole["executionSummaries"]) == 7


async def test_a_waiter_of_a_service_of_moto_ends(mock, connect, slept):
    tables = await connect("dynamodb")
    await tables.create_table(
        TableName="jobs",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )

    await tables.get_waiter("table_exists").wait(TableName="jobs")
    with pytest.raises(Exception, match="Max attempts exceeded"):
        await tables.get_waiter("table_exists").wait(TableName="other", WaiterConfig={"Delay": 3, "MaxAttempts": 3})

    assert slept == [3, 3]


async def test_boto3_and_aiobotocore_see_the_same_jobs(mock, connect):
    iot, batch, device = await connect("iot"), await connect("batch"), await connect("iot-jobs-data")
    iot_sync, device_sync = boto3.client("iot"), boto3.client("iot-jobs-data")
    Site(boto3.client("batch"), mock).make_queue_and_definition()
    arn = await thing_arn(iot, "pump")

    iot_sync.create_job(jobId="of-boto3", targets=[arn], document="{}")
    await iot.create_job(jobId="of-aiobotocore", targets=[arn], document="{}")
    await device.start_next_pending_job_execution(thingName="pump")
    submitted = (await batch.submit_job(jobName="nightly", jobQueue="q", jobDefinition="d"))["jobId"]

    assert {each["jobId"] for each in (await iot.list_jobs())["jobs"]} == {"of-boto3", "of-aiobotocore"}
    assert {each["jobId"] for each in iot_sync.list_jobs()["jobs"]} == {"of-boto3", "of-aiobotocore"}
    assert [each["jobId"] for each in device_sync.get_pending_job_executions(thingName="pump")["inProgressJobs"]] == ["of-boto3"]
    assert [job["jobName"] for job in boto3.client("batch").describe_jobs(jobs=[submitted])["jobs"]] == ["nightly"]


async def test_accounts_and_regions_are_kept_apart(mock, connect):
    here, other_account = await connect("iot"), await connect("iot", keys=("111122223333", "x"))
    elsewhere = await connect("iot", region="eu-west-1")

    for iot in (here, other_account, elsewhere):
        await iot.create_job(jobId="job", targets=[await thing_arn(iot, "pump")], document="{}")

    arns = [(await iot.describe_job(jobId="job"))["job"]["jobArn"] for iot in (here, other_account, elsewhere)]
    assert [arn.split(":")[3:5] for arn in arns] == [
        ["us-east-1", "123456789012"],
        ["us-east-1", "111122223333"],
        ["eu-west-1", "123456789012"],
    ]
