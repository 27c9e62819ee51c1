"""Server mode: over HTTP, in a process of its own, as clients in other languages use it."""

from __future__ import annotations

import http.client
import json
import threading
from contextlib import ExitStack

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from mock_jobs import MockJobsServer, MockJobsWarning, NotActiveError, UsageError, UsageTypeError, UsageValueError, mock_jobs

from support.server import ACCOUNT_A, ACCOUNT_B, authorization, client_of, create_job


@pytest.fixture
def server():
    with MockJobsServer(allow_hosts=[".amazonaws.com"]) as running:
        yield running


def test_listens_on_the_loopback_and_a_free_port_by_default(server):
    assert server.host == "127.0.0.1"
    assert server.port > 1023
    assert server.url == f"http://127.0.0.1:{server.port}"


def test_both_planes_share_paths_and_are_told_apart_by_the_signature(server):
    create_job(server)

    control = client_of(server, "iot").describe_job_execution(jobId="job-1", thingName="thing-1")["execution"]
    device = client_of(server, "iot-jobs-data").describe_job_execution(jobId="job-1", thingName="thing-1")["execution"]

    assert "thingArn" in control
    assert "jobDocument" not in control
    assert device["jobDocument"] == "{}"


def test_motos_services_are_served_too(server):
    s3 = client_of(server, "s3")
    s3.create_bucket(Bucket="bucket")

    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["bucket"]


def test_worlds_of_accounts_never_meet(server):
    arn = create_job(server, account=ACCOUNT_A)

    assert arn == f"arn:aws:iot:us-east-1:{ACCOUNT_A}:thing/thing-1"
    assert client_of(server, "iot", ACCOUNT_B).list_jobs()["jobs"] == []
    assert client_of(server, "iot", ACCOUNT_B).list_things()["things"] == []
    server.account(ACCOUNT_A).clock.advance(3600)
    moved = server.account(ACCOUNT_A).clock.now_ms - server.account(ACCOUNT_B).clock.now_ms
    assert 3_500_000 < moved < 3_700_000


def test_regions_of_an_account_have_jobs_of_their_own(server):
    create_job(server, region="cn-north-1")

    assert client_of(server, "iot").list_jobs()["jobs"] == []
    job = client_of(server, "iot", region="cn-north-1").describe_job(jobId="job-1")["job"]
    assert job["jobArn"] == f"arn:aws-cn:iot:cn-north-1:{ACCOUNT_A}:job/job-1"


def test_a_deleted_thing_is_heard_of(server):
    create_job(server)
    iot = client_of(server, "iot")

    iot.delete_thing(thingName="thing-1")

    assert iot.describe_job(jobId="job-1")["job"]["jobProcessDetails"]["numberOfRemovedThings"] == 1


def _stack_body(template_id):
    properties = {"JobTemplateId": template_id, "Description": "d", "Document": "{}"}
    return json.dumps({"Resources": {"J": {"Type": "AWS::IoT::JobTemplate", "Properties": properties}}})


def test_stacks_make_job_templates_in_the_world_of_their_account(server):
    stacks = client_of(server, "cloudformation")
    stacks.create_stack(StackName="s", TemplateBody=_stack_body("template"))

    template = client_of(server, "iot").describe_job_template(jobTemplateId="template")
    assert template["jobTemplateArn"] == f"arn:aws:iot:us-east-1:{ACCOUNT_A}:jobtemplate/template"
    assert client_of(server, "iot", ACCOUNT_B).list_job_templates()["jobTemplates"] == []
    stacks.delete_stack(StackName="s")
    assert client_of(server, "iot").list_job_templates()["jobTemplates"] == []


def test_a_stack_with_a_bad_job_template_is_taken_back(server):
    stacks = client_of(server, "cloudformation")

    with pytest.raises(ClientError, match="Value 'bad id!' at 'jobTemplateId'"):
        stacks.create_stack(StackName="s", TemplateBody=_stack_body("bad id!"))
    assert stacks.describe_stacks()["Stacks"] == []


def test_reset_over_http_forgets_all_worlds(server):
    create_job(server)

    requests.post(f"{server.url}/moto-api/reset", timeout=5)

    assert client_of(server, "iot").list_jobs()["jobs"] == []
    assert client_of(server, "iot").list_things()["things"] == []


def test_arns_in_paths_arrive_whole(server):
    batch = client_of(server, "batch")
    definition = batch.register_job_definition(
        jobDefinitionName="d",
        type="container",
        containerProperties={
            "image": "busybox",
            "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "128"}],
        },
        tags={"team": "a b"},
    )["jobDefinitionArn"]

    batch.tag_resource(resourceArn=definition, tags={"stage": "test"})
    batch.untag_resource(resourceArn=definition, tagKeys=["team"])

    assert batch.list_tags_for_resource(resourceArn=definition)["tags"] == {"stage": "test"}


def test_requests_of_many_threads_are_answered_one_after_the_other(server):
    create_job(server, "job-0")
    iot = client_of(server, "iot")
    arn = iot.describe_thing(thingName="thing-1")["thingArn"]
    failures = []

    def create(number):
        try:
            client_of(server, "iot").create_job(jobId=f"job-{number}", targets=[arn], document="{}")
        except ClientError as error:
            failures.append(error)

    threads = [threading.Thread(target=create, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert sorted(job["jobId"] for job in iot.list_jobs()["jobs"]) == [f"job-{number}" for number in range(9)]
    pending = client_of(server, "iot-jobs-data").get_pending_job_executions(thingName="thing-1")["queuedJobs"]
    assert len(pending) == 9


def test_stopping_forgets_all_state_and_frees_the_port():
    with MockJobsServer() as first:
        create_job(first)
        port = first.port
    with MockJobsServer(port=port) as second:
        assert client_of(second, "iot").list_jobs()["jobs"] == []
        assert client_of(second, "iot").list_things()["things"] == []


def test_a_mock_in_the_same_process_has_a_world_of_its_own_and_resets_the_server_with_moto(server):
    create_job(server)
    mock = mock_jobs()
    with pytest.warns(MockJobsWarning):
        mock.start()
    with ExitStack() as end:
        end.callback(mock.stop)
        iot = boto3.client("iot", region_name="us-east-1")
        arn = iot.create_thing(thingName="mine")["thingArn"]
        iot.create_job(jobId="mine", targets=[arn], document="{}")
        assert client_of(server, "iot").list_jobs()["jobs"] == []


def test_a_server_that_does_not_run_says_so():
    server = MockJobsServer()

    with pytest.raises(NotActiveError, match=r"call start\(\) first"):
        server.url  # noqa: B018
    server.stop()


@pytest.mark.parametrize(
    ("account_id", "error", "says"),
    [
        ("1234", UsageValueError, "account_id must be 12 digits, got '1234'"),
        ("12345678901\u0662", UsageValueError, "12 digits"),
        (123456789012, UsageTypeError, "account_id must be a string"),
    ],
)
def test_an_account_id_that_no_request_can_have_is_an_error(server, account_id, error, says):
    with pytest.raises(error, match=says):
        server.account(account_id)


def test_a_running_server_cannot_be_started_again(server):
    with pytest.raises(UsageError, match="runs already"):
        server.start()


def test_a_port_in_use_is_an_oserror(server):
    with pytest.raises(OSError, match="in use"):
        MockJobsServer(port=server.port).start()


# Raw HTTP, as other clients speak it


def _http(server, method, path, body=None, **headers):
    connection = http.client.HTTPConnection(server.host, server.port, timeout=10)
    try:
        connection.request(method, path, body, {key.replace("_", "-"): value for key, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def test_the_sample_of_the_api_reference_is_answered_as_printed(server):
    """CancelJob, AWS Batch API Reference, "Sample Request" and "Sample Response"."""
    status, headers, body = _http(
        server,
        "POST",
        "/v1/canceljob",
        b'{"reason": "Cancelling job.", "jobId": "1d828f65-7a4d-42e8-996d-3b900ed59dc4"}',
        Host="batch.us-east-1.amazonaws.com",
    )

    assert (status, body) == (200, b"{}")
    assert headers["Content-Type"] == "application/json"
    assert headers["Content-Length"] == "2"
    assert headers["x-amzn-RequestId"]


def test_connections_are_kept(server):
    connection = http.client.HTTPConnection(server.host, server.port, timeout=10)
    try:
        for _ in range(3):
            connection.request("POST", "/v1/describejobs", b'{"jobs": []}', {"Authorization": authorization("batch")})
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (200, b'{"jobs":[]}')
            assert not answer.will_close
    finally:
        connection.close()


def test_chunked_bodies_are_read(server):
    connection = http.client.HTTPConnection(server.host, server.port, timeout=10)
    try:
        connection.request(
            "POST",
            "/v1/describejobs",
            iter([b'{"jobs"', b": []}"]),
            {"Authorization": authorization("batch")},
            encode_chunked=True,
        )
        assert connection.getresponse().read() == b'{"jobs":[]}'
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("service", "method", "path", "body", "status", "code"),
    [
        ("iot", "GET", "/jobs/unknown", None, 404, "ResourceNotFoundException"),
        ("iot", "PUT", "/jobs/job-1", b"{}", 400, "InvalidRequestException"),
        ("iot", "PUT", "/jobs/bad%20id!/cancel", b"{}", 400, "InvalidRequestException"),
        ("iot", "PUT", "/jobs/job-1/cancel", b"{", 400, "InvalidRequestException"),
        ("iot", "POST", "/jobs/job-1/cancel", b"{}", 404, "UnknownOperationException"),
        ("batch", "POST", "/v1/canceljob", b"{}", 400, "ClientException"),
        ("batch", "POST", "/v1/canceljob", b"nonsense", 400, "ClientException"),
        ("batch", "POST", "/v1/nosuchthing", b"{}", 404, "UnknownOperationException"),
        ("batch", "GET", "/v1/canceljob", None, 404, "UnknownOperationException"),
        ("iot-jobs-data", "GET", "/things/unknown/jobs", None, 404, "ResourceNotFoundException"),
        ("iot-jobs-data", "POST", "/things/unknown/jobs/j", b"{}", 400, "InvalidRequestException"),
    ],
)
def test_bad_input_gets_the_documented_error(server, service, method, path, body, status, code):
    answered, headers, content = _http(server, method, path, body, Authorization=authorization(service))

    assert (answered, headers.get("x-amzn-ErrorType")) == (status, code)
    assert json.loads(content)["message"]
    assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("host", "path", "is_device"),
    [
        ("data.jobs.iot.us-east-1.amazonaws.com", "/things/thing-1/jobs", True),
        ("abc.jobs.iot.us-east-1.amazonaws.com", "/things/thing-1/jobs", True),
        ("abc123-ats.iot.us-east-1.amazonaws.com", "/things/thing-1/jobs", True),
        ("iot.us-east-1.amazonaws.com", "/things/thing-1/jobs", False),
    ],
)
def test_unsigned_requests_are_routed_by_host(server, host, path, is_device):
    create_job(server, account="123456789012")

    status, _, body = _http(server, "GET", path, Host=host)

    assert status == 200
    assert ("queuedJobs" in json.loads(body)) is is_device
    assert ("executionSummaries" in json.loads(body)) is not is_device


@pytest.mark.parametrize("next_job", ["$next", "%24next"])
def test_devices_that_sign_nothing_use_the_url_of_the_server(server, next_job):
    create_job(server, account="123456789012")

    pending = _http(server, "GET", "/things/thing-1/jobs")
    waiting = _http(server, "GET", f"/things/thing-1/jobs/{next_job}")
    started = _http(server, "PUT", f"/things/thing-1/jobs/{next_job}", b"{}")
    read = _http(server, "GET", "/things/thing-1/jobs/job-1")
    updated = _http(server, "POST", "/things/thing-1/jobs/job-1", b'{"status": "SUCCEEDED"}')

    assert [answer[0] for answer in (pending, waiting, started, read, updated)] == [200] * 5
    assert json.loads(pending[2])["queuedJobs"][0]["jobId"] == "job-1"
    assert json.loads(waiting[2])["execution"]["status"] == "QUEUED"
    assert json.loads(started[2])["execution"]["status"] == "IN_PROGRESS"
    assert json.loads(read[2])["execution"]["jobId"] == "job-1"


def test_an_object_in_a_bucket_named_things_is_read_with_a_signature(server):
    s3 = client_of(server, "s3")
    s3.create_bucket(Bucket="things")
    s3.put_object(Bucket="things", Key="t/jobs/document", Body=b"content")
    presigned = s3.generate_presigned_url("get_object", {"Bucket": "things", "Key": "t/jobs/document"})

    assert s3.get_object(Bucket="things", Key="t/jobs/document")["Body"].read() == b"content"
    assert requests.get(presigned, timeout=5).content == b"content"
    assert requests.get(f"{server.url}/things/t/jobs/document", timeout=5).status_code == 404


def test_a_presigned_upload_is_as_large_as_s3_lets_it_be_whatever_its_path(server):
    s3 = client_of(server, "s3")
    s3.create_bucket(Bucket="things")
    presigned = s3.generate_presigned_url("put_object", {"Bucket": "things", "Key": "t/jobs/log"})

    assert requests.put(presigned, data=bytes(5 << 20), timeout=30).status_code == 200
    assert s3.head_object(Bucket="things", Key="t/jobs/log")["ContentLength"] == 5 << 20


def test_a_bug_of_ours_is_answered_as_such(server, monkeypatch, caplog):
    monkeypatch.setattr("mock_jobs.transports.dispatch._act", lambda *_: 1 / 0)

    status, headers, body = _http(server, "POST", "/v1/describejobs", b'{"jobs": []}', Authorization=authorization("batch"))

    assert (status, headers["x-amzn-ErrorType"]) == (500, "MockJobsFailure")
    assert "ZeroDivisionError" in json.loads(body)["message"]
    assert "Traceback" in caplog.text


def test_the_handle_of_a_server_that_was_stopped_says_so():
    with MockJobsServer() as server:
        handle = server.account()
        assert not handle.clock.is_frozen

    with pytest.raises(NotActiveError, match="does not run"):
        handle.clock  # noqa: B018


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"port": True}, UsageTypeError, "port must be a whole number"),
        ({"port": "80"}, UsageTypeError, "port must be a whole number"),
        ({"port": -1}, UsageValueError, "port must be from 0 to 65535"),
        ({"port": 65536}, UsageValueError, "port must be from 0 to 65535"),
        ({"host": 5}, UsageTypeError, "host must be a string"),
    ],
)
def test_an_impossible_address_is_an_error_at_once(arguments, error, says):
    with pytest.raises(error, match=says):
        MockJobsServer(**arguments)
