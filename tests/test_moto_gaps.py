"""What moto lacks, and where moto fails: named in process and on a server, and not tried again."""

from __future__ import annotations

import io
import logging

import boto3
import moto
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from mock_jobs import MockJobsServer, NotImplementedByMotoError, UnmockedRequestError, UsageError

from support.constants import REGION
from support.server import authorization, client_of

# One operation that moto lacks for each way in which services write requests and errors
LACKING = [
    pytest.param("iot", "update_event_configurations", {}, id="rest-json: UpdateEventConfigurations"),
    pytest.param("iot", "list_commands", {}, id="rest-json: ListCommands"),
    pytest.param("iot", "list_tags_for_resource", {"resourceArn": f"arn:aws:iot:{REGION}:111111111111:thing/t"}, id="tags"),
    pytest.param("ecs", "list_services_by_namespace", {"namespace": "n"}, id="json"),
    pytest.param("sns", "list_origination_numbers", {}, id="query"),
    pytest.param("ec2", "describe_fast_launch_images", {}, id="ec2"),
    pytest.param("route53", "list_cidr_collections", {}, id="rest-xml"),
]


def _operation(service, method):
    """Return the API's name of a method of boto3."""
    client = boto3.client(service, region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x")
    return client.meta.method_to_api_mapping[method]


@pytest.fixture
def server():
    with MockJobsServer() as running:
        yield running


@pytest.mark.parametrize(("service", "method", "arguments"), LACKING)
def test_in_process_the_error_names_service_operation_and_moto(mock, service, method, arguments):
    with pytest.raises(NotImplementedByMotoError) as caught:
        getattr(boto3.client(service, region_name=REGION), method)(**arguments)

    text = str(caught.value)
    assert text.startswith(f"moto {moto.__version__} does not implement {service} {_operation(service, method)}")
    assert "stub it in the test" in text


def test_the_error_can_be_caught_as_before_and_as_one_of_ours():
    assert issubclass(NotImplementedByMotoError, NotImplementedError)
    assert issubclass(NotImplementedByMotoError, UnmockedRequestError)
    assert issubclass(NotImplementedByMotoError, UsageError)


@pytest.mark.parametrize(("service", "method", "arguments"), LACKING)
@pytest.mark.parametrize("retries", ["legacy", "standard"])
def test_over_http_it_is_one_501_that_says_so(server, service, method, arguments, retries, caplog):
    caplog.set_level(logging.INFO, "mock_jobs")
    patient = boto3.client(
        service,
        region_name=REGION,
        endpoint_url=server.url,
        aws_access_key_id="111111111111",
        aws_secret_access_key="x",
        config=Config(retries={"mode": retries, "total_max_attempts": 3}),
    )

    with pytest.raises(ClientError) as caught:
        getattr(patient, method)(**arguments)

    answer = caught.value.response
    names = f"moto {moto.__version__} does not implement {service} {_operation(service, method)}"
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == ("NotImplemented", 501)
    assert answer["Error"]["Message"].startswith(names)
    assert answer["ResponseMetadata"]["RetryAttempts"] == 0
    (line,) = [each.getMessage() for each in caplog.records if each.name.startswith("mock_jobs")]
    assert line.startswith(names)


def test_a_service_that_moto_lacks_is_a_501_too(server):
    with pytest.raises(
        ClientError, match=r"NotImplemented.*does not implement braket SearchDevices \(moto has no such service\)"
    ):
        client_of(server, "braket").search_devices(filters=[])


def test_a_path_that_moto_lacks_is_a_501_too(server):
    with pytest.raises(ClientError, match=r"NotImplemented.*does not implement lambda ListCodeSigningConfigs"):
        client_of(server, "lambda").list_code_signing_configs()


def test_what_is_no_service_of_aws_has_motos_answer(server):
    assert requests.get(f"{server.url}/moto-api/nothing", timeout=5).status_code == 404


def test_what_moto_answers_with_404_is_motos(server):
    with pytest.raises(ClientError, match="NoSuchBucket"):
        client_of(server, "s3").list_objects_v2(Bucket="none")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client_of(server, "lambda").get_function(FunctionName="none")


# Failures of moto

FAILING = [
    pytest.param("iot", "moto.iot.models.IoTBackend.list_things", "list_things", {}, id="rest-json"),
    pytest.param("dynamodb", "moto.dynamodb.models.DynamoDBBackend.list_tables", "list_tables", {}, id="json"),
    pytest.param("sns", "moto.sns.models.SNSBackend.list_topics", "list_topics", {}, id="query"),
    pytest.param("ec2", "moto.ec2.models.EC2Backend.describe_key_pairs", "describe_key_pairs", {}, id="ec2"),
    pytest.param("route53", "moto.route53.models.Route53Backend.list_hosted_zones", "list_hosted_zones", {}, id="rest-xml"),
    pytest.param("s3", "moto.s3.models.S3Backend.list_buckets", "list_buckets", {}, id="S3: no path"),
    pytest.param("s3", "moto.s3.models.S3Backend.get_bucket_cors", "get_bucket_cors", {"Bucket": "b"}, id="S3: named query"),
    pytest.param("s3", "moto.s3.models.S3Backend.get_object", "get_object", {"Bucket": "b", "Key": "k/l"}, id="S3: path"),
]


def _fail(*arguments, **named):
    raise ValueError("<lost & found>\n\0\ud800")


def _fail_in_ascii(*arguments, **named):
    # pytest-xdist sends what a test has logged, and cannot send half a character.
    raise ValueError("<lost & found>")


@pytest.mark.parametrize(("service", "broken", "method", "arguments"), FAILING)
def test_an_exception_in_moto_is_a_500_that_says_so_and_one_line_in_the_log(
    server, service, broken, method, arguments, monkeypatch, caplog
):
    monkeypatch.setattr(broken, _fail)

    with pytest.raises(ClientError) as caught:
        getattr(client_of(server, service), method)(**arguments)

    answer = caught.value.response
    names = f"moto {moto.__version__} failed to answer {service} {_operation(service, method)}: ValueError: <lost & found>   "
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == ("MotoFailure", 500)
    assert answer["Error"]["Message"] == names
    assert [(each.levelname, each.getMessage(), each.exc_info) for each in caplog.records] == [("ERROR", names, None)]


def test_the_log_has_the_traceback_at_the_debug_level(server, monkeypatch, caplog):
    caplog.set_level(logging.DEBUG, "mock_jobs")
    monkeypatch.setattr("moto.iot.models.IoTBackend.list_things", _fail_in_ascii)

    with pytest.raises(ClientError):
        client_of(server, "iot").list_things()

    assert "in _fail" in caplog.text


def test_a_failure_in_a_stack_is_a_500_too_and_leaves_the_server_working(server, monkeypatch):
    stacks = client_of(server, "cloudformation")
    with monkeypatch.context() as patch:
        patch.setattr("moto.cloudformation.models.CloudFormationBackend.list_stacks", _fail)
        with pytest.raises(ClientError, match=r"MotoFailure.*cloudformation ListStacks"):
            stacks.list_stacks()

    assert stacks.list_stacks()["StackSummaries"] == []


def test_the_answer_to_head_has_no_body(server, monkeypatch):
    monkeypatch.setattr("moto.s3.models.S3Backend.head_bucket", _fail)

    answer = requests.head(f"{server.url}/bucket", headers={"Authorization": authorization("s3")}, timeout=5)

    assert (answer.status_code, answer.headers["x-amzn-ErrorType"], answer.content) == (500, "MotoFailure", b"")


def test_a_web_page_can_read_what_is_wrong(server):
    headers = {"Authorization": authorization("iot"), "Origin": "http://localhost:3000"}

    answer = requests.get(f"{server.url}/commands", headers=headers, timeout=5)

    assert answer.status_code == 501
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"


def test_in_process_an_exception_in_moto_arrives_as_it_is(mock, monkeypatch):
    monkeypatch.setattr("moto.iot.models.IoTBackend.list_things", _fail)

    with pytest.raises(ValueError, match="lost & found"):
        boto3.client("iot", region_name=REGION).list_things()


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("list_buckets", {}),
        ("list_objects_v2", {"Bucket": "bucket"}),
        ("get_bucket_cors", {"Bucket": "bucket"}),
        ("get_object", {"Bucket": "bucket", "Key": "k/l"}),
        ("get_object", {"Bucket": "in.a.path", "Key": "k/l"}),
        ("list_parts", {"Bucket": "bucket", "Key": "k/l", "UploadId": "u"}),
    ],
)
def test_operations_of_s3_are_named_at_all_kinds_of_hosts(mock, monkeypatch, method, arguments):
    def lack(*arguments, **named):
        raise NotImplementedError

    monkeypatch.setattr("moto.s3.responses.S3Response._bucket_or_key_response", lack, raising=False)
    for each in ("list_buckets", "bucket_response", "key_response"):
        monkeypatch.setattr(f"moto.s3.responses.S3Response.{each}", lack, raising=False)

    with pytest.raises(NotImplementedByMotoError, match=f"does not implement s3 {_operation('s3', method)}[ .]"):
        getattr(boto3.client("s3", region_name=REGION), method)(**arguments)


def test_a_part_that_moto_lacks_is_told_from_the_whole(mock, monkeypatch):
    def lacks_a_part(*arguments, **named):
        raise NotImplementedError("no filters")

    monkeypatch.setattr("moto.iot.models.IoTBackend.list_things", lacks_a_part)

    with pytest.raises(NotImplementedByMotoError, match=r"does not implement iot ListThings in full \(no filters\)\. "):
        boto3.client("iot", region_name=REGION).list_things()


def test_a_usage_error_that_a_request_inside_moto_raised_is_left_as_it_is(mock, monkeypatch):
    def ask_for_more(*arguments, **named):
        boto3.client("iot", region_name=REGION).list_commands()

    monkeypatch.setattr("moto.iot.models.IoTBackend.list_things", ask_for_more)

    with pytest.raises(NotImplementedByMotoError, match="does not implement iot ListCommands"):
        boto3.client("iot", region_name=REGION).list_things()


def test_a_body_that_is_a_stream_is_left_for_moto(mock):
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="key", Body=io.BytesIO(b"content"))

    assert s3.get_object(Bucket="bucket", Key="key")["Body"].read() == b"content"
