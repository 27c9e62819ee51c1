"""Which service answers a request, the error when none does."""

from __future__ import annotations

import itertools
from urllib.parse import urlsplit

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import EndpointProviderError, EndpointVariantError

from mock_jobs import UnmockedRequestError, mock_jobs
from mock_jobs.core.service_base import partition_of
from mock_jobs.transports.unmocked import AnyRequest, unmocked_error
from mock_jobs.wire.loader import shared_loader
from mock_jobs.wire.origin import is_account_id, is_aws_host, origin_of, region_of, service_of


def _signed(service, region="us-east-1", key="FOOBARKEY"):
    return f"AWS4-HMAC-SHA256 Credential={key}/20261122/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0"


@pytest.mark.parametrize(
    ("host", "is_aws"),
    [
        ("iot.us-east-1.amazonaws.com", True),
        ("iot.us-east-1.amazonaws.com:443", True),
        ("batch.cn-north-1.amazonaws.com.cn", True),
        ("bucket.s3.eusc-de-east-1.amazonaws.eu", True),
        ("iot.us-east-1.api.aws", True),
        ("amazonaws.com", True),
        ("IOT.US-EAST-1.AMAZONAWS.COM", True),
        ("iot.us-east-1.amazonaws.com.", True),
        ("iot.us-east-1.api.aws.:443", True),
        ("amazonaws.com..", False),
        ("localhost:5000", False),
        ("example.com", False),
        ("notamazonaws.com", False),
        ("amazonaws.com.example.com", False),
    ],
)
def test_hosts_of_aws_are_known_by_their_domain(host, is_aws):
    assert is_aws_host(host) is is_aws


def _endpoints():
    loader = shared_loader()
    for partition in loader.load_data("partitions")["partitions"]:
        region = partition["outputs"]["implicitGlobalRegion"]
        for fips, dual_stack in itertools.product((False, True), repeat=2):
            yield pytest.param(region, fips, dual_stack, id=f"{partition['id']} fips={fips} dualstack={dual_stack}")


@pytest.mark.parametrize(("region", "fips", "dual_stack"), list(_endpoints()))
def test_no_endpoint_that_botocore_makes_up_is_let_out(region, fips, dual_stack):
    config = Config(use_fips_endpoint=fips, use_dualstack_endpoint=dual_stack, retries={"max_attempts": 0})
    for service in ("batch", "iot", "iot-jobs-data", "s3"):
        try:
            with mock_jobs():
                host = urlsplit(boto3.client(service, region_name=region, config=config).meta.endpoint_url).netloc
        except (EndpointProviderError, EndpointVariantError):
            # Not every partition has every kind of endpoint.
            continue
        assert is_aws_host(host)


@pytest.mark.parametrize(
    "region", ["us-east-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1", "us-iso-east-1", "us-isof-south-1"]
)
def test_arns_have_the_partition_that_botocore_gives_to_a_region(region):
    assert partition_of(region) == boto3.session.Session().get_partition_for_region(region)


@pytest.mark.parametrize(
    ("authorization", "host", "path", "service"),
    [
        (_signed("iot"), "localhost:5000", "/jobs/j", "iot"),
        (_signed("iot-jobs-data"), "localhost:5000", "/things/t/jobs", "iot-jobs-data"),
        (_signed("iot-jobs-data").encode(), "localhost:5000", "/things/t/jobs", "iot-jobs-data"),
        (_signed("iot-jobs-data"), "iot.us-east-1.amazonaws.com", "/things/t/jobs", "iot-jobs-data"),
        (_signed("s3"), "localhost:5000", "/jobs/j", None),
        (None, "batch.us-east-1.amazonaws.com", "/v1/canceljob", "batch"),
        (None, "fips.batch.us-east-1.amazonaws.com", "/v1/canceljob", "batch"),
        (None, "iot-fips.us-gov-west-1.amazonaws.com", "/jobs/j", "iot"),
        (None, "data.jobs.iot.us-east-1.amazonaws.com", "/things/t/jobs", "iot-jobs-data"),
        (None, "a1b2-ats.iot.us-east-1.amazonaws.com", "/things/t/jobs/$next", "iot-jobs-data"),
        (None, "a1b2-ats.iot.us-east-1.amazonaws.com", "/command-executions", "iot-jobs-data"),
        (None, "a1b2-ats.iot.us-east-1.amazonaws.com", "/things/jobs/shadow", None),
        (None, "a1b2-ats.iot.us-east-1.amazonaws.com", "/topics/t", None),
        (None, "a1b2-ats.iot-fips.us-gov-west-1.amazonaws.com:8443", "/things/t/jobs/$next", "iot-jobs-data"),
        (None, "localhost:5000", "/jobs/j", None),
        (None, "localhost:5000", "/things/t/jobs", "iot-jobs-data"),
        (None, "localhost:5000", "/things/t/jobs/%24next", "iot-jobs-data"),
        (None, "", "/command-executions", "iot-jobs-data"),
        (None, "localhost:5000", "/things/jobs", None),
        (None, "localhost:5000", "/things/t/jobsheet", None),
        (None, "s3.us-east-1.amazonaws.com", "/things/t/jobs", None),
        (_signed("s3"), "localhost:5000", "/things/t/jobs", None),
        (_signed("iot"), "localhost:5000", "/things/t/jobs", "iot"),
        (_signed("execute-api"), "localhost:5000", "/jobs", "iot"),
        (_signed("execute-api"), "a1.execute-api.us-east-1.amazonaws.com", "/jobs", None),
        # moto reads these too, and would answer with jobs of its own.
        (_signed("IOT"), "localhost:5000", "/jobs", "iot"),
        (_signed("Batch"), "localhost:5000", "/v1/describejobs", "batch"),
        (_signed("Execute-Api"), "localhost:5000", "/jobs", "iot"),
        ("AWS4-HMAC-SHA256 credential=K/20261122/us-east-1/iot/aws4_request, S=0", "localhost:5000", "/jobs", "iot"),
        ("AWS4-HMAC-SHA256 K/20261122/us-east-1/iot/aws4, S=0", "localhost:5000", "/jobs", "iot"),
        ("AWS4-HMAC-SHA256 " + "x" * 100_000, "localhost:5000", "/jobs", None),
        ("AWS key:signature", "localhost:5000", "/things/t/jobs", None),
        ("Basic x", "localhost:5000", "/jobs/j", None),
    ],
)
def test_the_signature_says_the_service_else_the_host_does(authorization, host, path, service):
    assert service_of(origin_of(authorization, host), path) == service


@pytest.mark.parametrize(
    "query", ["X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0", "AWSAccessKeyId=key&Signature=0&Expires=1"]
)
def test_a_presigned_url_of_a_path_of_devices_is_that_of_an_object(query):
    assert service_of(origin_of(None, "localhost:5000"), "/things/t/jobs", query) is None


@pytest.mark.parametrize(
    ("authorization", "host", "user_agent", "region"),
    [
        (_signed("iot", "eu-west-1"), "iot.ap-south-1.amazonaws.com", "", "ap-south-1"),
        (_signed("iot", "eu-west-1"), "localhost:5000", "Boto3/1 region/us-west-2", "us-west-2"),
        (_signed("iot", "eu-west-1"), "localhost:5000", "Boto3/1", "eu-west-1"),
        (_signed("iot", "us-gov-west-1"), "localhost:5000", "region/nonsense", "us-gov-west-1"),
        (None, "localhost:5000", "", "us-east-1"),
    ],
)
def test_the_region_is_taken_as_moto_takes_it(authorization, host, user_agent, region):
    assert region_of(origin_of(authorization, host), user_agent) == region


@pytest.mark.parametrize(
    ("key", "answer"), [("123456789012", True), ("12345678901", False), ("1234567890123", False), ("FOOBARKEY123", False)]
)
def test_an_access_key_of_twelve_digits_is_an_account(key, answer):
    assert is_account_id(key) is answer


@pytest.mark.parametrize(
    ("method", "host", "path", "headers", "body", "names"),
    [
        ("POST", "glacial.us-east-1.amazonaws.com", "/", {"x-amz-target": b"Glacial_2026.Freeze"}, b"", "glacial Freeze"),
        (
            "POST",
            "old.us-east-1.amazonaws.com",
            "/",
            {"content-type": "application/x-www-form-urlencoded; charset=utf-8"},
            b"Action=ListAll&Version=1",
            "old ListAll",
        ),
        ("GET", "unheard.us-east-1.amazonaws.com", "/a/b", {"authorization": _signed("unheard")}, b"", "unheard GET /a/b"),
        ("GET", "iot.us-east-1.api.aws", "/things", {"authorization": _signed("iot")}, b"", "iot ListThings"),
    ],
)
def test_a_refusal_names_service_and_operation_as_well_as_they_can_be_known(method, host, path, headers, body, names):
    error = unmocked_error(AnyRequest(method, host, path, "", headers, body))

    assert isinstance(error, UnmockedRequestError)
    assert str(error).startswith(f"The request for {names} (host ")
    assert "passthrough" in str(error)


def test_a_service_that_shares_the_signing_name_is_left_to_moto():
    with mock_jobs():
        boto3.client("iot-data", region_name="us-east-1").publish(topic="t", payload=b"x")


@pytest.mark.parametrize("port", ["", ":8443"])
def test_a_dot_at_the_end_of_a_host_changes_no_answer_of_ours(port):
    with mock_jobs():
        batch = boto3.client("batch", region_name="us-east-1", endpoint_url=f"https://batch.us-east-1.amazonaws.com.{port}")
        assert batch.describe_jobs(jobs=["x"])["jobs"] == []


@pytest.mark.parametrize("send", ["botocore", "requests"])
def test_a_dot_at_the_end_of_a_host_changes_no_answer_of_moto(send):
    with mock_jobs():
        if send == "botocore":
            s3 = boto3.client("s3", region_name="us-east-1", endpoint_url="https://s3.us-east-1.amazonaws.com.")
            s3.create_bucket(Bucket="bucket")
            assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == ["bucket"]
        else:
            answer = requests.get("https://s3.us-east-1.amazonaws.com./", timeout=5)
            assert b"ListAllMyBucketsResult" in answer.content
