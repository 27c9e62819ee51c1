"""Clients and sessions of aiobotocore that were made before moto and mock_jobs were imported: answered in the mock, sent after it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import types

import aiobotocore.session
import boto3
import pytest
from aiobotocore.session import AioSession
from botocore.exceptions import HTTPClientError
from botocore.handlers import BUILTIN_HANDLERS

from mock_jobs import mock_jobs

from support.constants import REGION

EARLY = """
import asyncio, io, json, socket, sys
import aiobotocore.session, aiohttp
from aiobotocore import httpxsession
from aiobotocore.config import AioConfig
from aiobotocore.httpsession import AIOHTTPSession

SENT = []

def instead_of(name):
    def refuse(*_, **__):
        SENT.append(name)
        raise OSError("refused")
    return refuse

aiohttp.ClientSession.request = instead_of("ClientSession.request")
httpxsession.httpx.AsyncClient.send = instead_of("AsyncClient.send")
socket.socket.connect = instead_of("connect")
socket.getaddrinfo = instead_of("getaddrinfo")

class Reader:
    def __init__(self, data):
        self._data = io.BytesIO(data)
    async def read(self, size=-1):
        return self._data.read(size)
    def seek(self, *where):
        return self._data.seek(*where)
    def tell(self):
        return self._data.tell()

class OwnSession(AIOHTTPSession):
    async def send(self, request):
        SENT.append("own")
        raise OSError("refused")

kind = {"aiohttp": AIOHTTPSession, "httpx": httpxsession.HttpxSession, "own": OwnSession}[sys.argv[1]]
config = AioConfig(http_session_cls=kind, retries={"max_attempts": 0})
session = aiobotocore.session.get_session()

async def main():
    async with session.create_client("batch", "us-east-1", config=config) as batch, \\
               session.create_client("s3", "us-east-1", config=config) as s3:
        assert not {"moto", "mock_jobs"} & sys.modules.keys()
        import mock_jobs
        with mock_jobs.mock_jobs(region="us-east-1") as mock:
            await batch.describe_jobs(jobs=["x"])
            await s3.create_bucket(Bucket="files")
            await s3.put_object(Bucket="files", Key="k", Body=Reader(b"of a stream"), ContentLength=11)
            async with (await s3.get_object(Bucket="files", Key="k"))["Body"] as body:
                read = (await body.read()).decode()
            try:
                await s3.get_object(Bucket="files", Key="missing")
            except s3.exceptions.NoSuchKey as error:
                code = error.response["Error"]["Code"]
            async with session.create_client("iot", "us-east-1", config=config) as iot:
                await iot.list_jobs()
            calls = [call.operation for call in mock.calls]
        in_mock = SENT[:]
        try:
            await batch.describe_jobs(jobs=["x"])
        except Exception:
            pass
        print(json.dumps({"calls": calls, "read": read, "code": code, "sent": in_mock, "after": SENT[len(in_mock):]}))

asyncio.run(main())
"""

AFTER = {"aiohttp": ["ClientSession.request"], "httpx": ["AsyncClient.send"], "own": ["own"]}


@pytest.mark.usefixtures("_unmeasured")
@pytest.mark.parametrize("has_credentials", [True, False], ids=["credentials", "no credentials"])
@pytest.mark.parametrize("kind", AFTER)
def test_a_client_and_a_session_from_before_the_import_are_answered_and_send_nothing(tmp_path, kind, has_credentials):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment.update(AWS_EC2_METADATA_DISABLED="true", HOME=str(tmp_path))
    if has_credentials:
        environment.update(AWS_ACCESS_KEY_ID="testing", AWS_SECRET_ACCESS_KEY="testing")

    done = subprocess.run([sys.executable, "-c", EARLY, kind], capture_output=True, text=True, env=environment)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found.pop("after") == (AFTER[kind] if has_credentials else [])
    assert found == {"calls": ["DescribeJobs", "ListJobs"], "read": "of a stream", "code": "NoSuchKey", "sent": []}


@pytest.mark.anyio
async def test_after_the_mock_the_same_client_sends_again(connect, outgoing):
    with mock_jobs():
        iot = await connect("iot")
        await iot.list_jobs()
    with pytest.raises(HTTPClientError):
        await iot.list_jobs()

    assert outgoing == [("GET", "iot.us-east-1.amazonaws.com")]
    outgoing.clear()
    with mock_jobs():
        assert (await iot.list_jobs())["jobs"] == []


# Modules that are imported just now, and what a test puts in them


async def list_jobs():
    async with aiobotocore.session.get_session().create_client("iot", REGION) as iot:
        return (await iot.list_jobs())["jobs"]


def test_a_half_imported_trio_changes_nothing(monkeypatch):
    monkeypatch.setitem(sys.modules, "trio", types.ModuleType("trio"))

    async def call_and_sleep():
        found = await list_jobs()
        await asyncio.sleep(3600)
        return found

    with mock_jobs(region=REGION, sleep="skip"):
        assert asyncio.run(call_and_sleep()) == []
        assert boto3.client("iot").list_jobs()["jobs"] == []


def test_a_half_imported_session_module_keeps_what_comes_later(monkeypatch):
    genuine = aiobotocore.session.get_session
    monkeypatch.delattr(aiobotocore.session, "get_session")
    with mock_jobs(region=REGION):
        monkeypatch.setattr(aiobotocore.session, "get_session", genuine, raising=False)
        assert asyncio.run(list_jobs()) == []

    assert aiobotocore.session.get_session is genuine


class OwnSession(AioSession):
    """A class that a test puts in the place of aiobotocore's."""


def test_a_class_that_replaces_that_of_sessions_is_used(monkeypatch):
    with mock_jobs(region=REGION):
        aiobotocore.session.get_session()
        monkeypatch.setattr(aiobotocore.session, "AioSession", OwnSession)

        assert type(aiobotocore.session.get_session()) is OwnSession
        assert asyncio.run(list_jobs()) == []


def test_a_handler_that_is_added_to_those_of_botocore_is_called_by_the_next_session():
    heard = []
    with mock_jobs(region=REGION):
        asyncio.run(list_jobs())
        added = ("before-call.iot.ListJobs", lambda **_: heard.append("called"))
        BUILTIN_HANDLERS.append(added)
        try:
            asyncio.run(list_jobs())
        finally:
            BUILTIN_HANDLERS.remove(added)
        asyncio.run(list_jobs())

    assert heard == ["called"]
