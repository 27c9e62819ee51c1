"""Paths that only nearly are those of jobs: mock_jobs refuses them, and moto's own jobs never answer."""

from __future__ import annotations

import http.client
import json
import re

import botocore.session
import pytest
from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session

from mock_jobs import MockJobsServer, mock_jobs
from mock_jobs.transports.services import compiled

from support.server import authorization

# The mock and the server of all tests begin and end as pytest likes; no test needs state.
pytestmark = pytest.mark.filterwarnings("ignore:the (start|end) of :mock_jobs.MockJobsWarning")

HOST = "iot.us-east-1.amazonaws.com"


@pytest.fixture(scope="module")
def over_http():
    with MockJobsServer() as server:

        def ask(method, path, service="iot"):
            connection = http.client.HTTPConnection(server.host, server.port, timeout=30)
            try:
                headers = {"Authorization": authorization(service)} if service else {}
                connection.request(method, path, b"{}" if method in ("PUT", "POST", "PATCH") else None, headers)
                answer = connection.getresponse()
                return answer.status, answer.headers.get("x-amzn-ErrorType"), answer.read().decode()
            finally:
                connection.close()

        yield ask


@pytest.fixture(scope="module")
def in_process():
    with mock_jobs():

        def ask(method, path, service="iot"):
            request = AWSRequest(method, f"https://{HOST}/", {"Authorization": authorization(service)}, b"{}").prepare()
            # `prepare` would tidy the path.
            request.url = f"https://{HOST}{path}"
            answer = URLLib3Session().send(request)
            return answer.status_code, answer.headers.get("x-amzn-ErrorType"), answer.text

        yield ask


@pytest.fixture(params=["over_http", "in_process"])
def ask(request):
    return request.getfixturevalue(request.param)


def _operations():
    model = botocore.session.get_session().get_service_model("iot")
    for name in compiled("iot").operations:
        http_of = model.operation_model(name).http
        if not http_of["requestUri"].startswith(("/tags", "/untag")):
            yield (
                http_of["method"],
                re.sub(r"\{\w+\}", "x", http_of["requestUri"]).replace("executionNumber/x", "executionNumber/1"),
            )


def _at_each_slash(text):
    def bend(path):
        for found in re.finditer("/", path):
            yield path[: found.start()] + text + path[found.end() :]

    return bend


def _at_the_end(text):
    return lambda path: [path + text]


BENDS = {
    "a double slash": _at_each_slash("//"),
    "three slashes": _at_each_slash("///"),
    "a dot": _at_each_slash("/./"),
    "an encoded dot": _at_each_slash("/%2e/"),
    "dots behind a segment": _at_each_slash("/y/../"),
    "encoded dots behind a segment": _at_each_slash("/y/%2E%2E/"),
    "an encoded slash too many": _at_each_slash("/%2F"),
    "a slash encoded twice too many": _at_each_slash("/%252F"),
    "a slash at the end and one more": _at_the_end("//"),
    "one segment more": _at_the_end("/y/y/y/y/y"),
}


@pytest.mark.parametrize("kind", BENDS)
def test_a_bent_path_of_jobs_is_refused(ask, kind):
    bent = [(method, each) for method, path in _operations() for each in BENDS[kind](path)]
    matching = [each for each in bent if compiled("iot").match(*each)]

    answers = {each: ask(*each)[:2] for each in bent if each not in matching}

    assert len(answers) > 10
    assert {key: answer for key, answer in answers.items() if answer != (404, "UnknownOperationException")} == {}


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/things/..%2Fjobs", "No operation answers GET /things/..%2Fjobs."),
        ("/things/x%2Fjobs", "No operation answers GET /things/x%2Fjobs."),
        ("/things/./jobs", "at 'thingName' failed to satisfy"),
        ("/things/x/jobs/y/executionNumber/1/../jobs", "No operation answers"),
        ("/things?Action=ListJobs", "No operation answers GET /things."),
        ("/things?%41ction=", "No operation answers GET /things."),
    ],
)
def test_what_moto_would_read_as_a_path_of_jobs_is_refused(ask, path, says):
    status, code, body = ask("GET", path)

    assert status in (400, 404)
    assert code in ("InvalidRequestException", "UnknownOperationException")
    assert says in json.loads(body)["message"]


@pytest.mark.parametrize("path", ["/things/jobs", "/things/jobs/principals", "/things/x/jobs-of/y", "/JOBS", "/things/x/Jobs"])
def test_other_paths_are_left_to_moto(ask, path):
    assert ask("GET", path)[1] != "UnknownOperationException"


def test_a_thing_may_have_the_name_jobs(ask):
    assert ask("POST", "/things/jobs")[0] == 200
    assert json.loads(ask("GET", "/things/jobs")[2])["thingName"] == "jobs"
    assert json.loads(ask("GET", "/things/jobs/jobs")[2]) == {"executionSummaries": []}


@pytest.mark.parametrize("path", ["/%6Aobs", "/job%2Dtemplates", "/job-template%73", "/things/x/%6aobs"])
def test_a_letter_means_the_same_if_it_is_encoded(ask, path):
    assert ask("GET", path)[0] in (200, 404)
    assert ask("GET", path)[1] in (None, "ResourceNotFoundException")
    assert "%" not in ask("GET", path)[2]


def test_no_operation_of_aws_has_the_parameter_that_moto_takes_for_one():
    model = botocore.session.get_session().get_service_model("iot")
    for name in model.operation_names:
        shape = model.operation_model(name).input_shape
        names = {each.serialization.get("name") for each in shape.members.values()} if shape else set()
        assert "Action" not in names


@pytest.mark.parametrize("service", ["IOT", "Iot", "Execute-Api"])
def test_a_signing_name_in_another_case_is_the_same_on_a_server(over_http, service):
    assert over_http("GET", "/jobs", service=service) == (200, None, '{"jobs":[]}')
    assert over_http("GET", "//jobs", service=service)[1] == "UnknownOperationException"


def test_the_signing_name_of_old_sdks_is_that_of_jobs_on_a_server(over_http):
    assert over_http("GET", "/jobs", service="execute-api") == (200, None, '{"jobs":[]}')
    assert over_http("GET", "//jobs", service="execute-api")[1] == "UnknownOperationException"
