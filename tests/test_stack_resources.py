"""How properties of a resource in a CloudFormation stack become the request that creates it."""

from __future__ import annotations

import json

import pytest

from mock_jobs.moto_adapters.cloudformation.resources import Caller, ResourceRefusedError, create
from mock_jobs.moto_adapters.cloudformation.types import ResourceType
from mock_jobs.wire.http import Answer

KIND = ResourceType(
    name="AWS::Batch::JobDefinition",
    service="batch",
    create="RegisterJobDefinition",
    identifier="JobDefinitionName",
    physical_id="jobDefinitionArn",
    attributes={"Name": "jobDefinitionName"},
    delete=(),
)


class SpySend:
    """Keeps the request, and answers what it was told."""

    def __init__(self, status, content):
        self._answer = Answer(status, {"x-amzn-ErrorType": "ClientException"}, json.dumps(content).encode())
        self.requests = []

    def __call__(self, request):
        self.requests.append(request)
        return self._answer


def create_by(send, **properties):
    return create(KIND, "made", {"JobDefinitionName": "d", **properties}, Caller("111111111111", "eu-west-1", send))


@pytest.fixture
def send():
    return SpySend(200, {"jobDefinitionArn": "arn", "jobDefinitionName": "d", "revision": 1})


@pytest.mark.parametrize(
    ("properties", "members"),
    [
        pytest.param({"PropagateTags": "true"}, {"propagateTags": True}, id="boolean from text"),
        pytest.param({"PropagateTags": False}, {"propagateTags": False}, id="boolean"),
        pytest.param({"PropagateTags": "perhaps"}, {"propagateTags": "perhaps"}, id="text that is no boolean"),
        pytest.param({"SchedulingPriority": "7"}, {"schedulingPriority": 7}, id="number from text"),
        pytest.param({"SchedulingPriority": "many"}, {"schedulingPriority": "many"}, id="text that is no number"),
        pytest.param({"SchedulingPriority": 7}, {"schedulingPriority": 7}, id="number"),
        pytest.param({"Type": True}, {"type": "true"}, id="text from boolean"),
        pytest.param({"Type": 1.5}, {"type": "1.5"}, id="text from number"),
        pytest.param(
            {"Parameters": {"Some": 5, "other": "x"}}, {"parameters": {"Some": "5", "other": "x"}}, id="map keeps its keys"
        ),
        pytest.param({"RetryStrategy": None}, {}, id="nothing"),
        pytest.param({"PlatformCapabilities": ["EC2"]}, {"platformCapabilities": ["EC2"]}, id="list"),
        pytest.param(
            {"RetryStrategy": {"Attempts": "2", "EvaluateOnExit": [{"Action": "EXIT", "OnExitCode": 1}]}},
            {"retryStrategy": {"attempts": 2, "evaluateOnExit": [{"action": "EXIT", "onExitCode": "1"}]}},
            id="structures in lists",
        ),
    ],
)
def test_properties_become_members_of_the_model_s_types(send, properties, members):
    created = create_by(send, **properties)

    (request,) = send.requests
    assert json.loads(request.body) == {"jobDefinitionName": "d", **members}
    assert (request.service, request.method, request.path) == ("batch", "POST", "/v1/registerjobdefinition")
    assert (request.account, request.region) == ("111111111111", "eu-west-1")
    assert (created.physical_id, created.attributes) == ("arn", {"Name": "d"})


def test_a_property_that_the_model_does_not_know_is_refused_with_its_place(send):
    with pytest.raises(ResourceRefusedError, match=r"#/RetryStrategy/EvaluateOnExit/0: extraneous key \[Bad\]"):
        create_by(send, RetryStrategy={"EvaluateOnExit": [{"Bad": 1}]})

    assert send.requests == []


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"Parameters": "x"}, "#/Parameters: expected type: JSONObject, found: str"),
        ({"RetryStrategy": []}, "#/RetryStrategy: expected type: JSONObject, found: list"),
        ({"PlatformCapabilities": {"a": 1}}, "#/PlatformCapabilities: expected type: JSONArray, found: dict"),
    ],
    ids=["map", "structure", "list"],
)
def test_a_property_of_another_form_is_refused_with_its_place(send, properties, message):
    with pytest.raises(ResourceRefusedError) as caught:
        create_by(send, **properties)

    assert message in str(caught.value)
    assert send.requests == []


def test_an_answer_with_an_error_is_told():
    send = SpySend(400, {"message": "no"})

    with pytest.raises(ResourceRefusedError, match=r'"no \(Service: batch, Status Code: 400\)" \(ClientException\)'):
        create_by(send)
