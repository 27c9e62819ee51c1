"""Server mode: web pages of other sites do not control a server, and it answers only to names that it knows."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import requests

from mock_jobs import MockJobsServer, UsageTypeError, UsageValueError

from support.raw_http import raw_connection
from support.server import ACCOUNT_A, authorization, client_of


@pytest.fixture(scope="module")
def server():
    with MockJobsServer(allow_hosts=["aws.example.test", ".inner.test"]) as running:
        yield running


# Host names


@pytest.mark.parametrize("path", ["/mock-jobs-api/health", "/moto-api/data.json", "/v1/describejobs", "/jobs", "/bucket/key"])
def test_a_host_name_with_a_dot_is_refused_wherever_it_leads(server, path):
    with raw_connection(server) as connection:
        refused = connection.request("GET", path, Host="attacker.example.com:5000")

    assert refused.status == 403
    assert "--allow-host attacker.example.com" in json.loads(refused.body)["message"]


_OBEYED = (
    "127.0.0.1",
    "127.0.0.1:5000",
    "10.1.2.3:5000",
    "[::1]:5000",
    "localhost",
    "localhost:5000",
    "localhost.",
    "bucket.localhost:5000",
    "aws",
    "aws:5000",
    "AWS.Example.Test:5000",
    "aws.example.test.",
    "a.inner.test",
    "a.b.inner.test:80",
)
_REFUSED = (
    "[::1].evil.com",
    "a:b.evil.com",
    "[::1",
    "a" * 400,
    "example.test",
    "x.aws.example.test",
    "inner.test",
    "127.0.0.1.example.com",
    "localhost.example.com",
    "1.2.3.4.5",
    "a.b.",
)


@pytest.mark.parametrize(("host", "status"), [*((host, 200) for host in _OBEYED), *((host, 403) for host in _REFUSED)])
def test_addresses_names_without_a_dot_and_allowed_names_are_obeyed_and_others_near_them_refused(server, host, status):
    with raw_connection(server) as connection:
        assert connection.request("GET", "/mock-jobs-api/health", Host=host).status == status


def test_a_request_without_a_host_is_obeyed(server):
    with raw_connection(server) as connection:
        connection.send(b"GET /mock-jobs-api/health HTTP/1.0\r\n\r\n")
        assert connection.answer().status == 200


def test_a_refused_request_changes_nothing_and_the_connection_stays(server):
    before = server.account(ACCOUNT_A).clock.now_ms
    server.account(ACCOUNT_A).clock.freeze()
    with raw_connection(server) as connection:
        body = b'{"seconds": 3600}'
        assert connection.request("POST", f"/mock-jobs-api/clock/advance?account={ACCOUNT_A}", body, Host="a.b").status == 403
        assert connection.request("GET", "/mock-jobs-api/health").status == 200

    assert server.account(ACCOUNT_A).clock.now_ms - before < 600_000
    server.account(ACCOUNT_A).clock.unfreeze()


@pytest.mark.parametrize("host", ["", ".", "http://a.test", "a.test:80", "*.test", "a b.test"])
def test_a_wrong_allowed_host_is_refused_at_once(host):
    with pytest.raises(UsageValueError, match="an allowed host is a name"):
        MockJobsServer(allow_hosts=[host])


@pytest.mark.parametrize("hosts", ["a.test", [1]])
def test_allowed_hosts_of_another_type_are_refused_at_once(hosts):
    with pytest.raises(UsageTypeError, match="allow_hosts must be a list"):
        MockJobsServer(allow_hosts=hosts)


@pytest.mark.filterwarnings("ignore:the (start|end) of <MockJobsServer:mock_jobs.MockJobsWarning")
def test_links_repeat_an_allowed_host_and_no_other():
    placeholder = "${aws:iot:s3-presigned-url:https://s3.us-east-1.amazonaws.com/bucket/key}"
    with MockJobsServer(allow_hosts=["aws.example.test"]) as own:
        iot = client_of(own, "iot")
        thing = iot.create_thing(thingName="thing-1")["thingArn"]
        role = f"arn:aws:iam::{ACCOUNT_A}:role/r"
        iot.create_job(jobId="j", targets=[thing], document=json.dumps([placeholder]), presignedUrlConfig={"roleArn": role})
        with raw_connection(own) as connection:
            signed = authorization("iot-jobs-data")
            answered = connection.request("GET", "/things/thing-1/jobs/j", Host="aws.example.test:81", Authorization=signed)
            refused = connection.request("GET", "/things/thing-1/jobs/j", Host="other.example.test:81", Authorization=signed)

    (url,) = json.loads(json.loads(answered.body)["execution"]["jobDocument"])
    assert url.startswith("http://aws.example.test:81/bucket/key?")
    assert refused.status == 403


# Web pages


@pytest.mark.parametrize(
    "path",
    [
        "/mock-jobs-api/health",
        "/mock-jobs-api/reset",
        "/moto-api/reset",
        "/moto-api%2Freset",
        "/%6Doto-api/reset",
        "/moto%2Dapi/reset",
    ],
)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://attacker.example"},
        {"Origin": "null"},
        {"Origin": "https://127.0.0.1:5000"},
        {"Origin": "http://127.0.0.1:5001"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "http://attacker.example", "Sec_Fetch_Site": "same-origin"},
    ],
    ids=str,
)
def test_a_page_of_another_site_does_not_control_the_server(server, path, headers):
    method = "POST" if path.endswith("reset") else "GET"
    with raw_connection(server) as connection:
        refused = connection.request(method, path, Host="127.0.0.1:5000", **headers)

    assert refused.status == 403
    assert "must not control this server" in json.loads(refused.body)["message"]
    assert "access-control-allow-origin" not in refused.headers


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://127.0.0.1:5000"},
        {"Origin": "http://127.0.0.1:5000", "Sec_Fetch_Site": "same-origin"},
        {"Sec_Fetch_Site": "none"},
    ],
    ids=str,
)
def test_programs_pages_of_the_server_and_typed_addresses_are_obeyed(server, headers):
    with raw_connection(server) as connection:
        for path in ("/mock-jobs-api/health", "/moto-api/"):
            assert connection.request("GET", path, Host="127.0.0.1:5000", **headers).status == 200


# Pages that use the services


_ORIGIN = "http://app.example"


def _preflight(server, path, method):
    headers = {
        "Origin": _ORIGIN,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,x-amz-date",
    }
    return requests.options(f"{server.url}{path}", headers=headers, timeout=10)


@pytest.mark.parametrize(
    ("path", "method"),
    [("/v1/describejobs", "POST"), ("/jobs/x", "PUT"), ("/jobs/x/cancel", "PUT"), ("/things/t/jobs/$next", "PUT"), ("/", "POST")],
)
def test_a_page_of_any_site_may_use_the_services_as_it_may_use_those_of_moto(server, path, method):
    answered = _preflight(server, path, method)

    assert answered.status_code == 200
    assert answered.headers["Access-Control-Allow-Origin"] == _ORIGIN
    assert method in answered.headers["Access-Control-Allow-Methods"]
    assert set(answered.headers["Access-Control-Allow-Headers"].replace(" ", "").split(",")) == {"authorization", "x-amz-date"}


@pytest.mark.parametrize(("service", "path", "status"), [("batch", "/v1/describejobs", 400), ("iot", "/jobs", 200)])
def test_a_page_reads_answers_and_errors(server, service, path, status):
    headers = {"Origin": _ORIGIN, "Authorization": authorization(service)}
    answered = requests.request("POST" if service == "batch" else "GET", f"{server.url}{path}", headers=headers, timeout=10)

    assert (answered.status_code, answered.headers["Access-Control-Allow-Origin"]) == (status, _ORIGIN)
    assert "x-amzn-ErrorType" in answered.headers["Access-Control-Expose-Headers"]


def test_a_program_gets_no_headers_for_pages(server):
    answered = requests.get(f"{server.url}/jobs", headers={"Authorization": authorization("iot")}, timeout=10)

    assert not [name for name in answered.headers if name.lower().startswith("access-control")]


def test_motos_variable_turns_them_off():
    script = """
import requests
from mock_jobs import MockJobsServer
with MockJobsServer() as server:
    answered = requests.post(server.url + "/v1/describejobs", headers={"Origin": "http://app.example", "Authorization": SIGNED})
    print(answered.headers.get("Access-Control-Allow-Origin"))
"""
    ran = subprocess.run(
        [sys.executable, "-c", script.replace("SIGNED", repr(authorization("batch")))],
        env={"MOTO_DISABLE_GLOBAL_CORS": "true", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ran.stdout == "None\n"
