"""Hosts of FIPS and dual stack, and ports: moto answers there as at the plain hosts of its services."""

from __future__ import annotations

import itertools
from urllib.parse import urlsplit

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError
from moto.backend_index import backend_url_patterns
from moto.backends import get_service_from_url, list_of_moto_modules

from mock_jobs import UnmockedRequestError, mock_jobs
from mock_jobs.moto_adapters import core as moto_core
from mock_jobs.wire.hosts import plain_hosts
from mock_jobs.wire.loader import shared_loader

from support.constants import NO_RETRIES, REGION

KINDS = [(fips, dual_stack) for fips, dual_stack in itertools.product((False, True), repeat=2) if fips or dual_stack]
REGIONS = ["us-east-1", "eu-west-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1"]


def _moto_at(url):
    return get_service_from_url(url.replace(".amazonaws.com.cn", ".amazonaws.com").replace(".amazonaws.eu", ".amazonaws.com"))


def _services():
    known = set(list_of_moto_modules()) | {service for service, _ in backend_url_patterns}
    for name in shared_loader().list_available_services("endpoint-rule-set-1"):
        if name.replace("-", "") in known:
            yield name


@pytest.mark.parametrize("region", REGIONS)
def test_moto_knows_each_endpoint_that_botocore_makes_up_for_its_services(region):
    loader = shared_loader()
    seen, missed = 0, []
    for name in _services():
        provider = EndpointProvider(loader.load_service_model(name, "endpoint-rule-set-1"), loader.load_data("partitions"))

        def url(fips, dual_stack, provider=provider):
            try:
                return provider.resolve_endpoint(Region=region, UseFIPS=fips, UseDualStack=dual_stack).url + "/"
            except EndpointProviderError:
                # Not every service has every kind of endpoint.
                return None

        plain = url(fips=False, dual_stack=False)
        moto_name = plain and _moto_at(plain)
        for fips, dual_stack in KINDS if moto_name else ():
            other = url(fips, dual_stack)
            if other is not None:
                seen += 1
                if _moto_at(moto_core.known_url(other)) != moto_name:
                    missed.append((name, other))

    assert seen > 90
    assert missed == []


@pytest.mark.parametrize(
    ("host", "plain"),
    [
        ("sqs-fips.us-east-1.amazonaws.com", "sqs.us-east-1.amazonaws.com"),
        ("fips.eks.eu-west-1.amazonaws.com", "eks.eu-west-1.amazonaws.com"),
        ("SQS.us-east-1.amazonaws.com:443", "sqs.us-east-1.amazonaws.com"),
        ("lambda.us-gov-west-1.api.aws", "lambda.us-gov-west-1.amazonaws.com"),
        ("lambda.cn-north-1.api.amazonwebservices.com.cn", "lambda.cn-north-1.amazonaws.com.cn"),
        ("iam.global.api.aws", "iam.amazonaws.com"),
        ("data.iot-fips.us-east-1.amazonaws.com", "data.iot.us-east-1.amazonaws.com"),
        ("a1b2c3-ats.iot.eu-west-1.amazonaws.com:8443", "data-ats.iot.eu-west-1.amazonaws.com"),
        ("b-fips.s3-fips.dualstack.us-east-1.amazonaws.com", "b-fips.s3.us-east-1.amazonaws.com"),
        ("1.s3-control-fips.dualstack.us-east-1.amazonaws.com", "1.s3-control.us-east-1.amazonaws.com"),
        ("iam-fips.aws-us-gov-global.amazonaws.com", "iam.amazonaws.com"),
        ("dsql-fips.us-east-1.api.aws", "dsql.us-east-1.api.aws"),
    ],
)
def test_moto_gets_the_name_that_it_knows(host, plain):
    assert moto_core.known_url(f"https://{host}/path?a=b://c") == f"https://{plain}/path?a=b://c"
    assert plain in plain_hosts(host)


@pytest.mark.parametrize(
    "url",
    [
        "https://sqs.us-east-1.amazonaws.com/",
        "https://bucket-fips.s3.us-east-1.amazonaws.com/key",
        "https://fips.s3.amazonaws.com/key",
        "https://unheard-fips.us-east-1.api.aws/",
        "http://localhost:5000/x",
        "https://sqs-fips.us-east-1.example.com",
    ],
)
def test_a_host_that_moto_knows_or_nobody_knows_is_left_as_it_is(url):
    assert moto_core.known_url(url) == url


@pytest.fixture(params=KINDS, ids=["dual stack", "FIPS", "both"])
def client(request, mock):
    fips, dual_stack = request.param
    config = Config(use_fips_endpoint=fips, use_dualstack_endpoint=dual_stack).merge(NO_RETRIES)
    return lambda name: boto3.client(name, region_name=REGION, config=config)


def test_motos_services_answer_at_all_kinds_of_endpoints(client):
    client("iot").create_thing(thingName="thing")
    client("s3").create_bucket(Bucket="bucket")
    client("s3").put_object(Bucket="bucket", Key="key", Body=b"content")
    url = client("sqs").create_queue(QueueName="queue")["QueueUrl"]
    client("sqs").send_message(QueueUrl=url, MessageBody="text")
    client("dynamodb").list_tables()
    client("lambda").list_functions()

    plain = {name: boto3.client(name, region_name=REGION) for name in ("iot", "s3", "sqs")}
    assert [each["thingName"] for each in plain["iot"].list_things()["things"]] == ["thing"]
    assert plain["s3"].get_object(Bucket="bucket", Key="key")["Body"].read() == b"content"
    assert client("s3").get_object(Bucket="bucket", Key="key")["Body"].read() == b"content"
    assert plain["sqs"].receive_message(QueueUrl=url)["Messages"][0]["Body"] == "text"


def test_the_client_still_sees_the_host_that_it_asked(mock):
    seen = []
    sqs = boto3.client("sqs", region_name=REGION, config=Config(use_fips_endpoint=True))
    sqs.meta.events.register("before-send", lambda request, **_: seen.append(request))
    sqs.list_queues()

    assert [urlsplit(each.url).netloc for each in seen] == [f"sqs-fips.{REGION}.amazonaws.com"]


def test_the_switch_in_the_environment_works_too(mock, monkeypatch):
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    monkeypatch.setenv("AWS_USE_DUALSTACK_ENDPOINT", "true")

    assert boto3.client("sts", region_name=REGION).get_caller_identity()["Account"]


def test_users_of_requests_reach_all_kinds_of_hosts(mock):
    for host in (f"s3-fips.{REGION}.amazonaws.com", f"s3.dualstack.{REGION}.amazonaws.com", f"s3.{REGION}.amazonaws.com:443"):
        assert b"ListAllMyBucketsResult" in requests.get(f"https://{host}/", timeout=5).content
    answer = requests.get(f"https://sns-fips.{REGION}.amazonaws.com/?Action=ListTopics&Version=2010-03-31", timeout=5)
    assert b"ListTopicsResult" in answer.content


def test_the_address_of_devices_has_motos_shadows_too(iot):
    iot.create_thing(thingName="p")
    url = f"https://{iot.describe_endpoint(endpointType='iot:Data-ATS')['endpointAddress']}:8443/things/p/shadow"

    assert requests.post(url, json={"state": {"desired": {"on": True}}}, timeout=5).status_code == 200
    assert requests.get(url, timeout=5).json()["state"]["desired"] == {"on": True}


@pytest.mark.parametrize(
    "passthrough",
    [{"services": ["sqs"]}, {"urls": [r"https://sqs-fips\."]}],
)
def test_what_the_user_lets_out_is_let_out_at_these_hosts_too(passthrough, monkeypatch):
    sent = []

    def send(session, request):
        sent.append(request.url)
        raise ConnectionError

    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", send)
    with mock_jobs(config={"core": {"passthrough": passthrough}}):
        sqs = boto3.client("sqs", region_name=REGION, config=Config(use_fips_endpoint=True).merge(NO_RETRIES))
        with pytest.raises(ConnectionError):
            sqs.list_queues()

    assert sent == [f"https://sqs-fips.{REGION}.amazonaws.com/"]


def test_a_service_that_moto_lacks_is_stopped_at_these_hosts_too(mock):
    braket = boto3.client("braket", region_name="us-east-1", config=Config(use_fips_endpoint=True))

    with pytest.raises(UnmockedRequestError, match=r"braket SearchDevices \(host braket-fips\.us-east-1"):
        braket.search_devices(filters=[])
