"""aioboto3: its clients and resources, and its transfers from and to streams."""

from __future__ import annotations

import io

import aiofiles
import boto3
import pytest

from support.constants import REGION

aioboto3 = pytest.importorskip("aioboto3", reason="aioboto3 is not installed: its newest version pins aiobotocore 2.25.1")

pytestmark = pytest.mark.anyio
DATA = bytes(range(256)) * 40_000
"""More than one part of a transfer"""


@pytest.fixture
def session(mock):
    return aioboto3.Session(region_name=REGION)


async def test_clients_of_a_session_work_on_jobs(mock, session):
    async with session.client("iot") as iot, session.client("iot-jobs-data") as device:
        arn = (await iot.create_thing(thingName="pump"))["thingArn"]
        await iot.create_job(jobId="job", targets=[arn], document="{}")
        started = await device.start_next_pending_job_execution(thingName="pump")

    assert started["execution"]["jobId"] == "job"
    assert [each["jobId"] for each in boto3.client("iot").list_jobs()["jobs"]] == ["job"]


async def test_resources_are_read_and_written(session):
    async with session.resource("dynamodb") as tables:
        table = await tables.create_table(
            TableName="jobs",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        async with table.batch_writer() as writer:
            for number in range(30):
                await writer.put_item(Item={"id": f"job-{number}"})
        found = await table.get_item(Key={"id": "job-7"})
        names = [each.name async for each in tables.tables.all()]

    assert (found["Item"], names) == ({"id": "job-7"}, ["jobs"])
    assert boto3.client("dynamodb").scan(TableName="jobs")["Count"] == 30


async def test_a_file_and_a_stream_are_uploaded_and_downloaded(session, tmp_path):
    path = tmp_path / "sent"
    path.write_bytes(DATA)
    async with session.client("s3") as s3, session.resource("s3") as resource:
        await s3.create_bucket(Bucket="files")
        await s3.upload_fileobj(io.BytesIO(DATA), "files", "of-memory")
        async with aiofiles.open(path, "rb") as stream:
            await s3.upload_fileobj(stream, "files", "of-a-stream")
        bucket = await resource.Bucket("files")
        await bucket.upload_file(str(path), "of-a-file")
        got = []
        for key in ("of-memory", "of-a-stream", "of-a-file"):
            buffer = io.BytesIO()
            await s3.download_fileobj("files", key, buffer)
            got.append(buffer.getvalue() == DATA)
        listed = [each.key async for each in bucket.objects.all()]

    assert got == [True, True, True]
    assert listed == ["of-a-file", "of-a-stream", "of-memory"]
