"""Services that moto answers, and what neither answers, through aiobotocore."""

from __future__ import annotations

import boto3
import pytest

from mock_jobs import NotImplementedByMotoError, UnmockedRequestError

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("mock")]


async def test_a_queue_carries_messages(connect):
    sqs = await connect("sqs")
    url = (await sqs.create_queue(QueueName="work"))["QueueUrl"]

    await sqs.send_message(QueueUrl=url, MessageBody="of aiobotocore")
    boto3.client("sqs").send_message(QueueUrl=url, MessageBody="of boto3")
    received = (await sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10))["Messages"]
    for each in received:
        await sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])

    assert {each["Body"] for each in received} == {"of aiobotocore", "of boto3"}
    assert "Messages" not in await sqs.receive_message(QueueUrl=url)


async def test_the_keys_say_who_asks(connect):
    sts, other = await connect("sts"), await connect("sts", keys=("111122223333", "x"))

    assert (await sts.get_caller_identity())["Account"] == "123456789012"
    assert (await other.get_caller_identity())["Account"] == "111122223333"


async def test_the_events_of_jobs_reach_a_queue(mock, connect):
    events, sqs, iot = await connect("events"), await connect("sqs"), await connect("iot")
    url = (await sqs.create_queue(QueueName="work"))["QueueUrl"]
    arn = (await sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"]))["Attributes"]["QueueArn"]
    await events.put_rule(Name="all", EventPattern='{"source": ["of-the-test"]}')
    await events.put_targets(Rule="all", Targets=[{"Id": "1", "Arn": arn}])

    await events.put_events(Entries=[{"Source": "of-the-test", "DetailType": "d", "Detail": "{}"}])

    (message,) = (await sqs.receive_message(QueueUrl=url))["Messages"]
    assert '"of-the-test"' in message["Body"]
    assert (await iot.list_jobs())["jobs"] == []


async def test_a_service_that_neither_answers_is_refused_by_name(connect):
    health = await connect("health")

    with pytest.raises(UnmockedRequestError, match=r"The request for health DescribeEvents \(host .*\) was stopped"):
        await health.describe_events()


async def test_an_operation_that_moto_lacks_is_refused_by_name(connect):
    iot, ec2 = await connect("iot"), await connect("ec2")

    with pytest.raises(NotImplementedByMotoError, match="does not implement iot ListCommands"):
        await iot.list_commands()
    with pytest.raises(NotImplementedByMotoError, match="does not implement ec2 DescribeFastLaunchImages"):
        await ec2.describe_fast_launch_images()
