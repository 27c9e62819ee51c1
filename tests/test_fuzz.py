"""Made-up requests: each gets a declared error or an answer that fits the model, and what is refused changes nothing.

That an answer fits the model, and that an error is declared, is asserted of all tests (`support.contract`).
"""

from __future__ import annotations

import json
import os
import random

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from mock_jobs import MockJobsServer
from mock_jobs.transports.services import compiled
from mock_jobs.wire.service_names import NAMES

from support.bending import bend_body, bend_http
from support.constants import REGION
from support.fuzz_doors import REFUSALS, InProcess, OverHttp
from support.shapes import Maker, constraints

# How many times as much is tried as in a usual run
EFFORT = int(os.environ.get("MOCK_JOBS_FUZZ", "1"))
# The server of all tests loses its state whenever a mock starts; each test makes what it needs.
pytestmark = pytest.mark.filterwarnings("ignore:the (start|end) of mock_jobs has deleted the state:mock_jobs.MockJobsWarning")

REQUESTS = 25
OPERATIONS = [(service, operation) for service in NAMES for operation in compiled(service).operations]
# Each request is judged by itself: the last one of an example is at fault, and a shorter example would say no more.
SEARCH = settings(max_examples=6 * EFFORT, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
UNCHECKED = Config(parameter_validation=False, retries={"max_attempts": 0})


@pytest.fixture(scope="module")
def server():
    with MockJobsServer() as running:
        yield running


@pytest.fixture(params=["mock", "server"])
def door(request):
    found = request.getfixturevalue(request.param)
    door = InProcess(found) if request.param == "mock" else OverHttp(found)
    yield door
    door.close()


class Drawn:
    """Chooses by what hypothesis draws, which then knows how to make an example plainer."""

    def __init__(self, data):
        self._draw = data.draw

    def __call__(self, options):
        return options[self._draw(_index(len(options)))]


def _index(count, _made={}):  # noqa: B006 - strategies are worth keeping
    if count not in _made:
        _made[count] = st.integers(0, count - 1)
    return _made[count]


def examples(door, data):
    """Make the site, and yield what chooses and an operation for each of several requests."""
    door.begin()
    choose = Drawn(data)
    for _ in range(REQUESTS):
        service, operation = choose(OPERATIONS)
        yield choose, Maker(choose, door.site.names[service], door.site.bases[service]).valid(service, operation)


def assert_read(call, noted, arguments):
    """Assert that a request that keeps to the model was not refused for the model's sake."""
    if noted is not None and noted.error in REFUSALS:
        assert arguments or not call.arguments, f"{call} keeps to the model, but was refused with {noted.error}"


def assert_reached(door, *outcomes):
    assert [each for each in outcomes if not door.outcomes[each]] == [], door.outcomes


def test_requests_that_keep_to_the_model(door):
    @SEARCH
    @given(st.data())
    def search(data):
        for _, call in examples(door, data):
            note(call)
            door.ask(call.encoded())
            assert_read(call, door.call, door.arguments)

    search()
    assert_reached(door, "accepted", "refused")


def test_bodies_that_are_not_what_they_should_be(door):
    @SEARCH
    @given(st.data())
    def search(data):
        for choose, call in examples(door, data):
            bent, must_be_refused = bend_body(choose, call)
            note(bent)
            door.ask(bent)
            if must_be_refused and compiled(call.service).operations[call.operation].is_emulated:
                assert door.call is not None
                assert (door.call.error in REFUSALS, door.arguments) == (True, {}), (bent, door.call)

    search()
    assert_reached(door, "accepted", "refused by the model")


def test_http_that_no_client_of_aws_sends(door):
    @SEARCH
    @given(st.data())
    def search(data):
        for choose, call in examples(door, data):
            bent, headers = bend_http(choose, call)
            note((bent, headers))
            door.ask(bent, headers)

    search()
    assert_reached(door, "accepted", "not ours")


def test_requests_through_boto3(mock):
    clients = {name: boto3.client(name, region_name=REGION, config=UNCHECKED) for name in NAMES}
    door = InProcess(mock)

    @SEARCH
    @given(st.data())
    def search(data):
        for _, call in examples(door, data):
            note(call)
            method = compiled(call.service).operations[call.operation].method_name
            refusal = None
            try:
                getattr(clients[call.service], method)(**call.arguments)
            except ClientError as error:
                refusal = error.response
            if refusal is not None and refusal["Error"]["Code"] != "NotEmulatedYet":
                assert refusal["ResponseMetadata"]["HTTPStatusCode"] < 500, (call, refusal)
            door.look(is_refused=refusal is not None, what=call)

    search()


@pytest.mark.parametrize("service", NAMES)
def test_each_constraint_of_the_model_is_enforced(service, mock):
    door = InProcess(mock)
    door.begin()
    maker = Maker(random.choice, door.site.names[service], door.site.bases[service])
    for number, constraint in enumerate(constraints(service) * EFFORT):
        call = maker.broken(constraint)
        door.ask(call.encoded(), watches=number % 50 == 0)
        assert door.call is not None, (constraint, call)
        assert (door.call.error in REFUSALS, door.arguments) == (True, {}), (constraint, call)
    door.look(is_refused=True, what=service)


def test_each_kind_of_constraint_is_enforced_by_the_server(server):
    door = OverHttp(server)
    door.begin()
    kinds = {(each.service, each.operation, each.kind): each for service in NAMES for each in _shuffled(constraints(service))}
    for constraint in kinds.values():
        maker = Maker(random.choice, door.site.names[constraint.service], door.site.bases[constraint.service])
        call = maker.broken(constraint)
        got = door.ask(call.encoded(), watches=False)
        assert (got.status, door.arguments) == (400, {}), (constraint, call)
        assert json.loads(got.body)["message"]
    door.look(is_refused=True, what="the last of them")
    door.close()


def _shuffled(found):
    return random.sample(found, len(found))
