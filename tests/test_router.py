"""Which handler the router chooses for a request, for all HTTP transports."""

from __future__ import annotations

import json

import pytest
from moto import mock_aws

from mock_jobs.transports.router import ForMoto, HttpRequest, Router
from mock_jobs.transports.worlds import Worlds

ACCOUNT = "111111111111"
PASSTHROUGH = {"core": {"passthrough": {"services": ["batch"]}}}


@pytest.fixture
def worlds():
    worlds = Worlds(shared=False)
    yield worlds
    worlds.leave()


@pytest.fixture
def router(worlds):
    return Router(worlds)


def sent(service, path, body=b"", *, method="POST", key="FOOBARKEY", host="localhost:5000", header=None):
    """Return a request that is signed for a service."""
    authorization = f"AWS4-HMAC-SHA256 Credential={key}/20260101/eu-west-1/{service}/aws4_request, SignedHeaders=host"
    return HttpRequest(method, "http", host, path, "", lambda: body, authorization, header)


def describe_nothing():
    return sent("batch", "/v1/describejobs", b'{"jobs": []}')


def unread():
    raise AssertionError("nobody may read this body")


def test_what_is_ours_is_answered(router):
    assert json.loads(router.route(describe_nothing()).body) == {"jobs": []}


@pytest.mark.parametrize(
    ("request_sent", "decision"),
    [
        pytest.param(sent("s3", "/bucket"), ForMoto(None, is_for_stacks=False), id="another service"),
        pytest.param(sent("iot", "/things/a", method="GET"), ForMoto(None, is_for_stacks=False), id="an operation of moto's"),
        pytest.param(sent("s3", "/bucket", key=ACCOUNT), ForMoto(ACCOUNT, is_for_stacks=False), id="account in the key"),
        pytest.param(
            sent("s3", "/bucket", key=ACCOUNT, header="222222222222"),
            ForMoto(None, is_for_stacks=False),
            id="account in the header",
        ),
        pytest.param(sent("cloudformation", "/"), ForMoto(None, is_for_stacks=True), id="stacks"),
        pytest.param(sent("", "/mock-jobs-api/reset"), ForMoto(None, is_for_stacks=False), id="the control API, not served"),
    ],
)
def test_the_rest_is_for_moto(router, request_sent, decision):
    assert router.route(request_sent) == decision


def test_the_control_api_is_answered_where_it_is_served(worlds):
    router = Router(worlds, has_control_api=True)

    assert router.route(sent("", "/mock-jobs-api/reset", b"{}")).status == 200


@pytest.mark.parametrize("service", ["s3", "events", "cloudformation"])
def test_the_body_of_what_is_for_moto_is_not_read(router, service):
    assert isinstance(router.route(sent(service, "/")._replace(read_body=unread)), ForMoto)


def test_what_moto_lets_through_goes_to_the_network(worlds):
    router = Router(worlds, obeys_passthrough=True)
    request = describe_nothing()._replace(host="batch.eu-west-1.amazonaws.com", read_body=unread)

    with mock_aws(config=PASSTHROUGH):
        assert router.route(request) is None


def test_a_server_lets_nothing_through(router):
    with mock_aws(config=PASSTHROUGH):
        assert router.route(describe_nothing()).status == 200


@pytest.mark.parametrize(
    ("host", "endpoint"),
    [
        pytest.param("localhost:5000", "http://localhost:5000", id="a server"),
        pytest.param("batch.eu-west-1.amazonaws.com", None, id="AWS"),
        pytest.param("", None, id="none"),
    ],
)
def test_an_answer_names_what_is_found_at_the_host_that_was_asked(worlds, router, host, endpoint):
    router.route(describe_nothing()._replace(host=host, account_header=ACCOUNT))

    assert worlds.of(ACCOUNT).endpoint == endpoint
