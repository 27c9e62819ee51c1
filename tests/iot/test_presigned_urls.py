"""Placeholders for presigned URLs in job documents: devices get URLs that work."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from urllib.parse import quote, unquote, urlsplit

import boto3
import pytest
import requests
import time_machine
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from mock_jobs import MockJobsServer
from mock_jobs.moto_adapters.presigned_urls import grant_of, presign
from mock_jobs.ports.object_store import Presigning

from support.fleet import Fleet
from support.presigned import ROLE, URL, job, placeholder, query, upload, urls


@pytest.fixture
def files(s3):
    s3.create_bucket(Bucket="files")
    s3.put_object(Bucket="files", Key="a/key", Body=b"content")
    return s3


@pytest.fixture
def one(fleet):
    fleet.things("t")
    return fleet


# Downloads


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(placeholder(), id="path style"),
        pytest.param(placeholder(variant="-v1"), id="v1"),
        pytest.param(placeholder(quote(URL, safe=""), "-v2"), id="v2"),
        pytest.param(placeholder(URL, "-v2"), id="v2, not encoded"),
        pytest.param(placeholder("s3://files/a/key"), id="s3 scheme"),
        pytest.param(placeholder("http://files.s3.eu-west-1.amazonaws.com/a/key"), id="bucket in the host"),
        pytest.param(placeholder("https://files.s3.amazonaws.com/a%2Fke%79"), id="encoded key"),
    ],
)
def test_the_device_gets_a_url_that_gives_the_object(one, files, text):
    job(one, text)

    (url,) = urls(one.start("t")["jobDocument"])
    answer = requests.get(url, timeout=5)
    assert (answer.status_code, answer.content) == (200, b"content")


def test_boto3s_own_http_stack_gives_the_object(one, files):
    job(one, placeholder())
    (url,) = urls(one.start("t")["jobDocument"])

    answer = boto3.client("s3")._endpoint.http_session.send(AWSRequest("GET", url).prepare())
    assert (answer.status_code, answer.content) == (200, b"content")


@pytest.mark.parametrize("key", ["a key", "ü/€", "a+b", "100%", "a%20b", "q?x=1&y", "#1", "~tilde", "a:b@c", "(x)'!*"])
def test_any_key_survives(one, files, key):
    files.put_object(Bucket="files", Key=key, Body=key.encode())
    job(one, placeholder(f"s3://files/{key}"), placeholder(quote(f"https://s3.amazonaws.com/files/{quote(key)}", safe=""), "-v2"))

    contents = [requests.get(url, timeout=5).content for url in urls(one.start("t")["jobDocument"])]
    assert contents == [key.encode()] * 2


def test_a_placeholder_may_be_part_of_a_longer_string_and_occur_again(one, files):
    job(one, f"curl '{placeholder()}' > x; curl '{placeholder()}'")

    (text,) = urls(one.start("t")["jobDocument"])
    _, first, _, second, _ = text.split("'")
    assert requests.get(first, timeout=5).content == b"content"
    assert second == first


def test_a_placeholder_is_found_however_it_is_escaped(one, files):
    document = json.dumps(["$"]).replace("$", "\\u0024{aws:iot:s3-presigned-url:https:\\/\\/s3.amazonaws.com\\/files\\/a\\/key}")
    one.job("t", document=document, presignedUrlConfig={"roleArn": ROLE})

    (url,) = urls(one.start("t")["jobDocument"])
    assert requests.get(url, timeout=5).content == b"content"
    assert one.iot.get_job_document(jobId="job")["document"] == document


def test_a_version_can_be_named(one, files):
    files.put_bucket_versioning(Bucket="files", VersioningConfiguration={"Status": "Enabled"})
    version = files.put_object(Bucket="files", Key="a/key", Body=b"first")["VersionId"]
    files.put_object(Bucket="files", Key="a/key", Body=b"second")
    encoded = quote(f"{URL}?versionId={version}", safe="")
    assert f"%3FversionId%3D{version}" in encoded
    job(one, placeholder(encoded, "-v2"), placeholder(quote(URL, safe=""), "-v2"))

    first, second = urls(one.start("t")["jobDocument"])
    assert requests.get(first, timeout=5).content == b"first"
    assert query(first)["versionId"] == version
    assert requests.get(second, timeout=5).content == b"second"


def test_the_object_may_come_later_than_the_url(one, files):
    job(one, placeholder("s3://files/later"))
    (url,) = urls(one.start("t")["jobDocument"])
    assert requests.get(url, timeout=5).status_code == 404
    files.put_object(Bucket="files", Key="later", Body=b"at last")

    assert requests.get(url, timeout=5).content == b"at last"


def test_get_job_document_keeps_the_placeholder(one, files):
    document = job(one, placeholder())
    one.start("t")

    for members in ({}, {"beforeSubstitution": True}, {"beforeSubstitution": False}):
        assert one.iot.get_job_document(jobId="job", **members)["document"] == document


# The URL


def test_the_url_has_all_members_of_a_query_signed_with_temporary_credentials(one, files, mock):
    mock.clock.freeze()
    mock.clock.move_to(datetime(2031, 2, 3, 4, 5, 6, tzinfo=timezone.utc).timestamp())
    job(one, placeholder())

    (url,) = urls(one.start("t")["jobDocument"])
    assert url.startswith("https://files.s3.us-east-1.amazonaws.com/a/key?")
    members = query(url)
    assert members.keys() == {
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-Security-Token",
        "X-Amz-Signature",
        "X-Amz-SignedHeaders",
    }
    assert members["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"
    key, _, scope = members["X-Amz-Credential"].partition("/")
    assert re.fullmatch("ASIA[A-Z0-9]{16}", key)
    assert scope == "20310203/us-east-1/s3/aws4_request"
    assert members["X-Amz-Date"] == "20310203T040506Z"
    assert members["X-Amz-SignedHeaders"] == "host"
    assert len(members["X-Amz-Signature"]) == 64


@pytest.mark.parametrize(("config", "lifetime"), [({}, "3600"), ({"expiresInSec": 60}, "60"), ({"expiresInSec": 3600}, "3600")])
def test_the_url_lives_as_long_as_the_configuration_says_or_an_hour(one, files, config, lifetime):
    job(one, placeholder(), **config)

    (url,) = urls(one.start("t")["jobDocument"])
    assert query(url)["X-Amz-Expires"] == lifetime


def test_each_time_a_device_gets_the_document_it_gets_a_new_url(one, files, mock):
    mock.clock.freeze()
    job(one, placeholder())
    documents = []
    for get in (
        lambda: one.data.describe_job_execution(jobId="job", thingName="t")["execution"]["jobDocument"],
        lambda: one.data.describe_job_execution(jobId="$next", thingName="t")["execution"]["jobDocument"],
        lambda: one.start("t")["jobDocument"],
        lambda: one.start("t")["jobDocument"],
        lambda: one.report("t", "IN_PROGRESS", includeJobDocument=True)["jobDocument"],
        lambda: one.report("t", "SUCCEEDED", includeJobDocument=True)["jobDocument"],
    ):
        mock.clock.advance(1)
        documents.append(get())

    dates = [query(urls(each)[0])["X-Amz-Date"] for each in documents]
    assert len(set(dates)) == 6
    assert dates == sorted(dates)
    assert all(requests.get(urls(each)[0], timeout=5).content == b"content" for each in documents)


def test_an_updated_lifetime_counts_from_the_next_time_on(one, files):
    job(one, placeholder(), expiresInSec=60)
    (before,) = urls(one.start("t")["jobDocument"])
    one.iot.update_job(jobId="job", presignedUrlConfig={"roleArn": ROLE, "expiresInSec": 120})
    (after,) = urls(one.start("t")["jobDocument"])

    assert [query(url)["X-Amz-Expires"] for url in (before, after)] == ["60", "120"]


def test_an_update_cannot_take_the_role_from_a_document_that_needs_it(one, files):
    job(one, placeholder())

    message = "Role must be provided for pre-sign S3 urls in job document of job job."
    with one.refused("InvalidRequestException", 400, message):
        one.iot.update_job(jobId="job", presignedUrlConfig={"expiresInSec": 60})


def test_an_update_may_take_the_role_from_a_document_that_needs_none(one):
    one.job("t", document='["\\u0041"]', presignedUrlConfig={"roleArn": ROLE})
    one.iot.update_job(jobId="job", presignedUrlConfig={"expiresInSec": 60})

    assert one.describe()["presignedUrlConfig"] == {"expiresInSec": 60}


@pytest.mark.parametrize(
    ("bucket_region", "url", "host"),
    [
        pytest.param("eu-central-1", "s3://files/k", "files.s3.eu-central-1.amazonaws.com", id="of the bucket"),
        pytest.param(
            "eu-central-1",
            "https://s3.ap-south-1.amazonaws.com/files/k",
            "files.s3.eu-central-1.amazonaws.com",
            id="bucket first",
        ),
        pytest.param(None, "https://s3.ap-south-1.amazonaws.com/files/k", "files.s3.ap-south-1.amazonaws.com", id="of the URL"),
        pytest.param(None, "https://s3-ap-south-1.amazonaws.com/files/k", "files.s3.ap-south-1.amazonaws.com", id="dash"),
        pytest.param(None, "https://files.s3-accelerate.amazonaws.com/k", "files.s3.us-east-1.amazonaws.com", id="accelerate"),
        pytest.param(None, "https://s3.amazonaws.com/files/k", "files.s3.us-east-1.amazonaws.com", id="of the job"),
    ],
)
def test_the_url_leads_to_a_region(one, s3, bucket_region, url, host):
    if bucket_region is not None:
        far = boto3.client("s3", region_name=bucket_region)
        far.create_bucket(Bucket="files", CreateBucketConfiguration={"LocationConstraint": bucket_region})
    job(one, placeholder(url))

    (found,) = urls(one.start("t")["jobDocument"])
    assert urlsplit(found).hostname == host
    assert query(found)["X-Amz-Credential"].split("/")[2] == host.split(".")[2]


@pytest.mark.parametrize("name", ["with.dots", "with_underscore"])
def test_a_bucket_that_is_no_host_name_stands_in_the_path(one, name):
    job(one, placeholder(f"s3://{name}/key"))

    (url,) = urls(one.start("t")["jobDocument"])
    assert url.startswith(f"https://s3.us-east-1.amazonaws.com/{name}/key?")


def test_in_china_the_url_leads_to_china(mock):
    iot = boto3.client("iot", region_name="cn-north-1")
    data = boto3.client("iot-jobs-data", region_name="cn-north-1")
    s3 = boto3.client("s3", region_name="cn-north-1")
    s3.create_bucket(Bucket="files", CreateBucketConfiguration={"LocationConstraint": "cn-north-1"})
    s3.put_object(Bucket="files", Key="key", Body=b"content")
    fleet = Fleet(iot, data)
    arn = iot.create_thing(thingName="t")["thingArn"]
    iot.create_job(
        jobId="job", targets=[arn], document=json.dumps([placeholder("s3://files/key")]), presignedUrlConfig={"roleArn": ROLE}
    )

    (url,) = urls(fleet.start("t")["jobDocument"])
    assert url.startswith("https://files.s3.cn-north-1.amazonaws.com.cn/key?")
    assert requests.get(url, timeout=5).content == b"content"


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_the_signature_is_the_one_that_boto3_makes(method):
    moment = datetime(2030, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    url = presign(
        Presigning(method, "bucket", "a b/ü", "v+1", "eu-west-1", 77, int(moment.timestamp() * 1000), None), "123456789012"
    )
    bare, _, _ = url.partition("&X-Amz-Algorithm")
    assert bare == "https://bucket.s3.eu-west-1.amazonaws.com/a%20b/%C3%BC?versionId=v%2B1"
    request = AWSRequest(method, bare)
    credentials = Credentials(
        query(url)["X-Amz-Credential"].split("/")[0], "mock-jobs-secret-key", query(url)["X-Amz-Security-Token"]
    )

    with time_machine.travel(moment, tick=False):
        S3SigV4QueryAuth(credentials, "s3", "eu-west-1", 77).add_auth(request)

    assert url == request.url


# The lifetime


EXPIRED = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Request has expired</Message>'
    "<X-Amz-Expires>60</X-Amz-Expires><Expires>2031-02-03T04:06:06Z</Expires><ServerTime>2031-02-03T04:06:06Z</ServerTime></Error>"
)


def test_a_url_is_good_until_its_lifetime_is_over(one, files, mock):
    mock.clock.freeze()
    mock.clock.move_to(datetime(2031, 2, 3, 4, 5, 6, tzinfo=timezone.utc).timestamp())
    job(one, placeholder(), upload("log"), expiresInSec=60)
    get, put = urls(one.start("t")["jobDocument"])
    mock.clock.advance(59.999)
    assert requests.get(get, timeout=5).content == b"content"
    assert requests.put(put, data=b"in time", timeout=5).status_code == 200
    mock.clock.advance(0.001)

    refused = requests.get(get, timeout=5)
    assert (refused.status_code, refused.text) == (403, EXPIRED)
    assert refused.headers["Content-Type"] == "application/xml"
    assert requests.put(put, data=b"too late", timeout=5).status_code == 403
    assert files.get_object(Bucket="files", Key="log")["Body"].read() == b"in time"
    (get, _) = urls(one.start("t")["jobDocument"])
    assert requests.get(get, timeout=5).content == b"content"


def test_urls_that_the_test_presigned_itself_are_left_to_moto(one, files, mock):
    url = files.generate_presigned_url("get_object", {"Bucket": "files", "Key": "a/key"}, ExpiresIn=60)
    mock.clock.advance(3600)

    assert requests.get(url, timeout=5).content == b"content"


TOKEN = "X-Amz-Security-Token=mock-jobs-session-token&X-Amz-Credential"
OURS = f"{TOKEN}=ASIA123456789012MOCK/x"


@pytest.mark.parametrize(
    "query",
    [
        "",
        TOKEN,
        OURS,
        f"{OURS}&X-Amz-Date=20310203T040506Z",
        f"{OURS}&X-Amz-Date=yesterday&X-Amz-Expires=60",
        f"{OURS}&X-Amz-Date=20310203T040506Z&X-Amz-Expires=-99999999999999",
        f"{TOKEN}=AKIA/x&X-Amz-Date=20310203T040506Z&X-Amz-Expires=60",
    ],
)
def test_what_only_looks_like_one_of_our_urls_is_left_to_moto(query):
    assert grant_of(query) is None


def test_urls_lead_to_the_buckets_of_the_account_although_others_are_kept_out(mock, monkeypatch):
    monkeypatch.setenv("MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS", "false")
    iot, data, s3 = (
        boto3.client(each, region_name="us-east-1", aws_access_key_id="111111111111", aws_secret_access_key="x")
        for each in ("iot", "iot-jobs-data", "s3")
    )
    s3.create_bucket(Bucket="files")
    s3.put_object(Bucket="files", Key="a/key", Body=b"content")
    arn = iot.create_thing(thingName="t")["thingArn"]
    iot.create_job(jobId="job", targets=[arn], document=json.dumps([placeholder()]), presignedUrlConfig={"roleArn": ROLE})

    (url,) = urls(data.start_next_pending_job_execution(thingName="t")["execution"]["jobDocument"])
    assert requests.get(url, timeout=5).content == b"content"


# Uploads


def test_the_device_gets_a_url_that_takes_an_object(one, files):
    job(one, upload("logs/x"))
    (url,) = urls(one.start("t")["jobDocument"])

    assert requests.put(url, data=b"log", timeout=5).status_code == 200
    assert files.get_object(Bucket="files", Key="logs/x")["Body"].read() == b"log"


def test_local_keywords_stand_for_the_execution(one, files, mock):
    one.things("u:v")
    text = upload("${thingName}/${jobId}-${executionNumber}/${thingName}/${jobId}${executionNumber}.log")
    config = {"criteriaList": [{"failureType": "FAILED", "numberOfRetries": 1}]}
    one.job(
        "t",
        "u:v",
        document=json.dumps([text]),
        presignedUrlConfig={"roleArn": ROLE},
        jobExecutionsRetryConfig=config,
    )

    def path(thing):
        (url,) = urls(one.start(thing)["jobDocument"])
        assert requests.put(url, data=thing, timeout=5).status_code == 200
        return unquote(urlsplit(url).path)

    assert path("t") == "/t/job-1/t/job1.log"
    assert path("u:v") == "/u:v/job-1/u:v/job1.log"
    assert files.get_object(Bucket="files", Key="u:v/job-1/u:v/job1.log")["Body"].read() == b"u:v"
    one.report("t", "FAILED")
    assert path("t") == "/t/job-2/t/job2.log"
    assert one.iot.get_job_document(jobId="job")["document"] == json.dumps([text])


def test_upload_and_download_stand_side_by_side(one, files):
    job(one, upload("copy"), placeholder())
    put, get = urls(one.start("t")["jobDocument"])

    requests.put(put, data=requests.get(get, timeout=5).content, timeout=5)
    assert files.get_object(Bucket="files", Key="copy")["Body"].read() == b"content"


# Over the wire


def test_in_server_mode_the_urls_lead_back_to_the_server_by_the_name_that_the_device_used():
    with MockJobsServer() as server:

        def client(service, endpoint=server.url):
            return boto3.client(
                service,
                region_name="us-east-1",
                endpoint_url=endpoint,
                aws_access_key_id="111111111111",
                aws_secret_access_key="secret",
            )

        client("s3").create_bucket(Bucket="files")
        client("s3").put_object(Bucket="files", Key="a/key ü", Body=b"content")
        fleet = Fleet(client("iot"), client("iot-jobs-data"))
        fleet.things("t")
        arn = fleet.iot.describe_thing(thingName="t")["thingArn"]
        document = json.dumps([placeholder("s3://files/a/key ü"), upload("${thingName}.log")])
        fleet.iot.create_job(jobId="job", targets=[arn], document=document, presignedUrlConfig={"roleArn": ROLE})

        by_name = f"http://localhost:{server.port}"
        for data, endpoint in ((fleet.data, server.url), (client("iot-jobs-data", by_name), by_name)):
            got = data.describe_job_execution(jobId="job", thingName="t")["execution"]["jobDocument"]
            get, put = urls(got)
            assert get.startswith(f"{endpoint}/files/a/key%20%C3%BC?X-Amz-Algorithm=")
            assert put.startswith(f"{endpoint}/files/t.log?X-Amz-Algorithm=")
        assert requests.get(urls(fleet.start("t")["jobDocument"])[0], timeout=5).content == b"content"
        assert requests.put(urls(fleet.start("t")["jobDocument"])[1], data=b"log", timeout=5).status_code == 200
        assert client("s3").get_object(Bucket="files", Key="t.log")["Body"].read() == b"log"
        server.account("111111111111").clock.advance(3600)
        assert requests.get(get, timeout=5).status_code == 403


def test_in_server_mode_a_host_of_aws_is_kept():
    with MockJobsServer(allow_hosts=[".amazonaws.com"]) as server:
        headers = {
            "Host": "data.jobs.iot.us-east-1.amazonaws.com",
            "Authorization": "AWS4-HMAC-SHA256 Credential=111111111111/20300101/us-east-1/iot-jobs-data/aws4_request, "
            "SignedHeaders=host, Signature=0",
        }
        iot = boto3.client(
            "iot", region_name="us-east-1", endpoint_url=server.url, aws_access_key_id="111111111111", aws_secret_access_key="x"
        )
        arn = iot.create_thing(thingName="t")["thingArn"]
        iot.create_job(jobId="job", targets=[arn], document=json.dumps([placeholder()]), presignedUrlConfig={"roleArn": ROLE})

        answer = requests.get(f"{server.url}/things/t/jobs/job", headers=headers, timeout=5).json()
        (url,) = urls(answer["execution"]["jobDocument"])
        assert url.startswith("https://files.s3.us-east-1.amazonaws.com/a/key?")


def test_a_url_is_signed_at_the_time_of_the_mocks_clock_only(one, files, mock):
    job(one, placeholder())
    mock.clock.advance(timedelta(days=400).total_seconds())

    (url,) = urls(one.start("t")["jobDocument"])
    signed = datetime.strptime(query(url)["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    assert abs((signed - datetime.now(timezone.utc)) - timedelta(days=400)) < timedelta(minutes=1)
