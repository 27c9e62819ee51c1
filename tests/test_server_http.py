"""Server mode: HTTP itself. Source: RFC 9110 and RFC 9112."""

from __future__ import annotations

import json
import socket
from contextlib import suppress

import pytest
import requests
from botocore.exceptions import ClientError
from moto.core import request as moto_request
from werkzeug.datastructures import Headers

from mock_jobs import MockJobsServer
from mock_jobs.handle import world_of
from mock_jobs.transports import moto_server

from support.raw_http import raw_connection
from support.server import ACCOUNT_A, authorization, client_of, create_job

_BATCH = authorization("batch")


@pytest.fixture(scope="module")
def running():
    with MockJobsServer() as server:
        yield server


@pytest.fixture
def server(running):
    yield running
    requests.post(f"{running.url}/moto-api/reset", timeout=10)


# Expect: 100-continue


@pytest.mark.parametrize("body", [b"", b"x", b"x" * 100_000], ids=["empty", "short", "long"])
def test_objects_of_any_length_are_put(server, body):
    """boto3 sends `Expect: 100-continue` with each PutObject, for an empty body too."""
    s3 = client_of(server, "s3")
    s3.create_bucket(Bucket="bucket")

    s3.put_object(Bucket="bucket", Key="_SUCCESS", Body=body)

    assert s3.get_object(Bucket="bucket", Key="_SUCCESS")["Body"].read() == body


def test_a_client_that_expects_100_continue_gets_it_before_the_answer(server):
    with raw_connection(server) as connection:
        head = f"POST /v1/describejobs HTTP/1.1\r\nHost: x\r\nAuthorization: {_BATCH}\r\nContent-Length: 11\r\n"
        connection.send(f"{head}Expect: 100-continue\r\n\r\n".encode())
        assert connection.socket.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.send(b'{"jobs":[]}')
        assert connection.answer().body == b'{"jobs":[]}'


# HEAD, OPTIONS, and statuses without a body


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("HEAD", "/mock-jobs-api/calls"),
        ("HEAD", "/mock-jobs-api/"),
        ("HEAD", "/mock-jobs-api/health"),
        ("HEAD", "/jobs"),
        ("HEAD", "/jobs/x"),
        ("HEAD", "/v1/describejobs"),
        ("HEAD", "/moto-api/data.json"),
        ("HEAD", "/no-bucket/key"),
        ("OPTIONS", "/mock-jobs-api/calls"),
        ("OPTIONS", "/mock-jobs-api/nothing"),
        ("OPTIONS", "/jobs"),
        ("DELETE", "/mock-jobs-api/calls"),
    ],
)
def test_the_next_answer_on_the_connection_is_read_whole(server, method, target):
    signed = _BATCH if target.startswith("/v1") else authorization("iot") if target.startswith("/jobs") else ""
    with raw_connection(server) as connection:
        headers = {"Authorization": signed} if signed else {}
        first = connection.request(method, target, **headers)
        second = connection.request("POST", "/v1/describejobs", b'{"jobs":[]}', Authorization=_BATCH)

    assert method != "HEAD" or first.body == b""
    assert (second.status, second.body) == (200, b'{"jobs":[]}')


def test_head_has_the_headers_of_get(server):
    with raw_connection(server) as connection:
        head = connection.request("HEAD", "/mock-jobs-api/health")
        got = connection.request("GET", "/mock-jobs-api/health")

    assert (head.status, head.headers["content-length"]) == (200, str(len(got.body)))


@pytest.mark.parametrize(
    ("target", "allow"),
    [
        ("calls", "GET, HEAD, OPTIONS"),
        ("clock/advance", "POST, OPTIONS"),
        ("batch/settings", "GET, HEAD, POST, OPTIONS"),
        ("", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_wrong_method_gets_405_and_options_204_with_the_methods_that_are_allowed(server, target, allow):
    with raw_connection(server) as connection:
        wrong = connection.request("PUT", f"/mock-jobs-api/{target}")
        options = connection.request("OPTIONS", f"/mock-jobs-api/{target}")

    assert (wrong.status, wrong.headers["allow"]) == (405, allow)
    assert "PUT" in json.loads(wrong.body)["message"]
    assert (options.status, options.headers["allow"], options.body) == (204, allow, b"")
    assert "content-length" not in options.headers


def test_an_answer_of_moto_without_a_body_has_none(server):
    s3 = client_of(server, "s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="key", Body=b"abc")

    assert s3.delete_object(Bucket="bucket", Key="key")["ResponseMetadata"]["HTTPStatusCode"] == 204
    with pytest.raises(ClientError, match="404"):
        s3.head_object(Bucket="bucket", Key="key")


def test_head_object_has_the_length_of_the_object(server):
    s3 = client_of(server, "s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="key", Body=b"abc")

    assert s3.head_object(Bucket="bucket", Key="key")["ContentLength"] == 3


# Targets, headers, bodies


def test_an_absolute_target_is_answered_as_its_path(server):
    with raw_connection(server) as connection:
        target = f"http://127.0.0.1:{server.port}/v1/describejobs?x"
        answered = connection.request("POST", target, b'{"jobs":[]}', Authorization=_BATCH)

    assert (answered.status, answered.body) == (200, b'{"jobs":[]}')


def test_a_chunked_body_is_read(server):
    with raw_connection(server) as connection:
        connection.send(
            f"POST /v1/describejobs HTTP/1.1\r\nHost: x\r\nAuthorization: {_BATCH}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
            + b'4\r\n{"jo\r\n7\r\nbs":[]}\r\n0\r\n\r\n'
        )
        assert connection.answer().body == b'{"jobs":[]}'


def test_a_chunked_object_is_put(server):
    client_of(server, "s3").create_bucket(Bucket="bucket")

    requests.put(f"{server.url}/bucket/key", data=iter([b"ab", b"c"]), headers={"x-moto-account-id": ACCOUNT_A}, timeout=10)

    assert client_of(server, "s3").get_object(Bucket="bucket", Key="key")["Body"].read() == b"abc"


def test_requests_in_a_pipeline_are_answered_in_order(server):
    create_job(server)
    head = f"HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization('iot')}\r\n\r\n"
    with raw_connection(server) as connection:
        connection.send(f"GET /jobs/job-1 {head}GET /jobs/none {head}GET /jobs {head}".encode())
        answers = [connection.answer() for _ in range(3)]

    assert [each.status for each in answers] == [200, 404, 200]
    assert list(json.loads(answers[2].body)) == ["jobs"]


def test_a_client_of_http_1_0_is_answered_and_hung_up_on(server):
    with raw_connection(server) as connection:
        connection.send(b"GET /mock-jobs-api/health HTTP/1.0\r\n\r\n")
        assert json.loads(connection.answer().body)["status"] == "ok"
        assert connection.is_closed()


@pytest.mark.parametrize("content", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nbad header\r\n\r\n", b"GET /\xff HTTP/1.1\r\n\r\n"])
def test_what_is_no_http_gets_400_and_others_go_on(server, content):
    with raw_connection(server) as other, raw_connection(server) as connection:
        connection.send(content)
        assert connection.answer().status == 400
        assert connection.is_closed()
        assert other.request("GET", "/mock-jobs-api/health").status == 200


@pytest.mark.parametrize("protocol", ["h2c", "websocket"])
@pytest.mark.parametrize("name", ["Upgrade", "upgrade"])
def test_the_offer_of_another_protocol_is_ignored(server, protocol, name, caplog):
    """Java's own client offers HTTP/2 with each request. Source: RFC 9110, 7.8: a server may ignore it."""
    with raw_connection(server) as connection:
        for _ in range(2):
            offer = {"Connection": "Upgrade, HTTP2-Settings", name: protocol}
            assert (
                connection.request("POST", "/v1/describejobs", b'{"jobs":[]}', Authorization=_BATCH, **offer).body
                == b'{"jobs":[]}'
            )
    assert caplog.records == []


def test_a_body_may_name_that_header(server):
    client_of(server, "s3").create_bucket(Bucket="bucket")
    content = b"a\r\nUpgrade: b\r\nUpgrade: c"
    client_of(server, "s3").put_object(Bucket="bucket", Key="key", Body=content)

    assert client_of(server, "s3").get_object(Bucket="bucket", Key="key")["Body"].read() == content


@pytest.mark.parametrize("line", [b"X-A: b\r\n" * 40_000, b"X-A: " + b"b" * (1 << 20) + b"\r\n"], ids=["many", "long"])
def test_headers_that_are_too_large_get_431(server, line):
    with raw_connection(server) as connection, raw_connection(server) as other:
        received = b""
        # The server may close while the client is still sending.
        with suppress(ConnectionError):
            connection.send(b"GET /mock-jobs-api/health HTTP/1.1\r\nHost: x\r\n" + line * 4)
        with suppress(ConnectionError):
            while part := connection.socket.recv(1_000):
                received += part
        assert received[:13] in (b"HTTP/1.1 431 ", b"")
        assert other.request("GET", "/mock-jobs-api/health").status == 200


def test_many_headers_of_one_name_are_read_at_once(server):
    with raw_connection(server) as connection:
        connection.send(b"GET /mock-jobs-api/health HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * 5_000 + b"\r\n")
        assert connection.answer().status == 200


def test_a_client_that_has_sent_all_that_it_will_send_gets_its_answer(server):
    with raw_connection(server) as connection:
        connection.send(
            f"POST /v1/describejobs HTTP/1.1\r\nHost: x\r\nAuthorization: {_BATCH}\r\nContent-Length: 11\r\n\r\n".encode()
        )
        connection.send(b'{"jobs":[]}')
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.answer().body == b'{"jobs":[]}'
        assert connection.is_closed()


def test_pytest_fail_in_an_observer_is_told_to_the_client(server):
    end = world_of(server.account(ACCOUNT_A)).observe(lambda *_: pytest.fail("not this job"))
    try:
        with pytest.raises(ClientError, match="not this job"):
            client_of(server, "batch").describe_jobs(jobs=["x"])
    finally:
        end()


def test_metadata_with_an_underscore_are_kept_where_moto_can(server):
    s3 = client_of(server, "s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="key", Body=b"", Metadata={"a_b": "1", "c-d": "2"})

    kept = {"a_b": "1"} if hasattr(moto_request, "should_preserve_original_header_name") else {}
    assert s3.head_object(Bucket="bucket", Key="key")["Metadata"] == {**kept, "c-d": "2"}


@pytest.mark.parametrize("value", ["\u20ac.txt", "a\x01b"])
def test_a_header_that_cannot_be_sent_is_a_failure_of_moto(server, value, monkeypatch):
    answer = ([b"abc"], "200 OK", Headers([("Content-Disposition", value)]))
    monkeypatch.setattr(moto_server, "run_wsgi_app", lambda *_, **__: answer)

    answered = requests.get(client_of(server, "s3").generate_presigned_url("get_object", {"Bucket": "b", "Key": "k"}), timeout=10)

    assert answered.status_code == 500
    assert "failed to answer s3 GetObject: ValueError: the header Content-Disposition" in answered.text
    assert answered.text.startswith("<Error>")


def test_answers_have_a_date(server):
    with raw_connection(server) as connection:
        assert connection.request("GET", "/mock-jobs-api/health").headers["date"].endswith("GMT")


# Bodies that are too large


_MIB = 1 << 20


@pytest.mark.parametrize(("service", "method", "path"), [("batch", "POST", "/v1/describejobs"), ("iot", "PUT", "/jobs/x")])
@pytest.mark.parametrize("length", [4 * _MIB + 1, 40 * _MIB])
def test_a_body_above_4_mib_is_refused_and_the_connection_stays(server, service, method, path, length):
    with raw_connection(server) as connection:
        refused = connection.request(method, path, b" " * length, Authorization=authorization(service))
        following = connection.request("POST", "/v1/describejobs", b'{"jobs":[]}', Authorization=_BATCH)

    assert refused.status == 413
    assert refused.headers["x-amzn-errortype"] == "RequestEntityTooLargeException"
    assert "4194304 bytes" in json.loads(refused.body)["message"]
    assert following.status == 200


def test_a_body_of_4_mib_is_read(server):
    body = b'{"jobs":[]}'.ljust(4 * _MIB)
    with raw_connection(server) as connection:
        assert connection.request("POST", "/v1/describejobs", body, Authorization=_BATCH).body == b'{"jobs":[]}'


def test_a_client_that_waits_before_it_sends_too_much_need_not_send_it(server):
    with raw_connection(server) as connection:
        head = f"POST /v1/describejobs HTTP/1.1\r\nHost: x\r\nAuthorization: {_BATCH}\r\nContent-Length: {10**12}\r\n"
        connection.send(f"{head}Expect: 100-continue\r\n\r\n".encode())
        assert connection.answer().status == 413
        assert connection.is_closed()


def test_large_objects_are_for_moto(server):
    s3 = client_of(server, "s3")
    s3.create_bucket(Bucket="bucket")

    s3.put_object(Bucket="bucket", Key="key", Body=b"x" * (5 * _MIB))

    assert s3.head_object(Bucket="bucket", Key="key")["ContentLength"] == 5 * _MIB
