"""Routes, binding, validation and errors, for all operations of the three services."""

from __future__ import annotations

import base64
import json

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from mock_jobs.core.service_base import Violation
from mock_jobs.handle import world_of
from mock_jobs.transports import services
from mock_jobs.transports.dispatch import answer
from mock_jobs.wire.checks import Checks
from mock_jobs.wire.http import Request
from mock_jobs.wire.patterns import full_matcher
from mock_jobs.wire.routes import Routes
from mock_jobs.wire.service_names import NAMES

from support.constants import ACCOUNT, NO_RETRIES, REGION
from support.contract import model_of

OPERATIONS = [
    pytest.param(service, name, id=f"{service}.{name}")
    for service in NAMES
    for name in model_of(service).operation_names
    if service != "iot" or "Job" in name
]


def _request(service, method, path, body=b"", query=""):
    return Request(service, method, path, query, body, ACCOUNT, REGION)


def _send(mock, *args, **kwargs):
    answered = answer(world_of(mock), _request(*args, **kwargs))
    return answered.status, answered.headers.get("x-amzn-ErrorType"), json.loads(answered.body or "{}")


# An example of each type, for operations that are called with what they require.
def _example(shape):
    match shape.type_name:
        case "structure":
            return {name: _example(shape.members[name]) for name in shape.required_members}
        case "list":
            return [_example(shape.member)]
        case "map":
            return {"key": _example(shape.value)}
        case "string":
            return shape.enum[0] if shape.enum else "a" * max(shape.metadata.get("min", 1), 1)
        case "integer" | "long":
            return max(shape.metadata.get("min", 1), 1)
        case "double" | "float":
            return 1.5
        case "boolean":
            return True
    raise AssertionError(shape)


@pytest.mark.parametrize(("service", "name"), OPERATIONS)
def test_every_operation_is_reached_and_answers_something_of_its_own(mock, service, name):
    """Nothing falls through to moto, and nothing that is missing is passed over in silence."""
    client = boto3.client(service, region_name=REGION, config=NO_RETRIES)
    operation = services.compiled(service).operations[name]
    arguments = _example(model_of(service).operation_model(name).input_shape)

    response = {}
    try:
        getattr(client, operation.method_name)(**arguments)
    except ClientError as error:
        response = error.response

    if not operation.is_emulated:
        assert response["Error"]["Code"] == "NotEmulatedYet"
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 501
        assert f"mock_jobs does not emulate {service} {name} yet" in response["Error"]["Message"]
    assert (mock.calls[-1].service, mock.calls[-1].operation) == (service, name)


@pytest.mark.parametrize(("service", "name"), OPERATIONS)
def test_every_operation_has_a_route_that_leads_to_it(service, name):
    http = model_of(service).operation_model(name).http
    path = "/".join("x" if part.startswith("{") else part for part in http["requestUri"].split("/"))

    operation, _ = services.compiled(service).match(http["method"], path)

    assert operation.name == name


def test_the_iot_operations_are_the_19_that_concern_jobs_and_the_tags_of_jobs():
    names = set(services.compiled("iot").operations)

    assert len(names) == 22
    assert {name for name in names if "Job" not in name} == {"TagResource", "UntagResource", "ListTagsForResource"}


# Unknown routes and wrong methods


@pytest.mark.parametrize(
    ("service", "method", "path"),
    [
        ("batch", "POST", "/v1/nosuchoperation"),
        ("batch", "GET", "/v1/canceljob"),
        ("batch", "POST", "/v1/canceljob/extra"),
        ("iot", "POST", "/jobs/job-1/cancel"),
        ("iot", "PUT", "/jobs/job-1/cancel/extra"),
        ("iot", "DELETE", "/jobs"),
        ("iot-jobs-data", "DELETE", "/things/thing-1/jobs/job-1"),
        ("iot-jobs-data", "GET", "/nowhere"),
    ],
)
def test_unknown_routes_and_wrong_methods_are_not_found(mock, service, method, path):
    status, code, content = _send(mock, service, method, path)

    assert (status, code) == (404, "UnknownOperationException")
    assert f"{method} {path}" in content["message"]


@pytest.mark.parametrize("path", ["/things/thing-1", "/thing-groups/group-1/things", "/jobsx", "/endpoint"])
def test_what_else_iot_has_is_left_to_moto(mock, path):
    assert answer(world_of(mock), _request("iot", "GET", path)) is None


def test_a_thing_may_be_called_jobs(mock, iot, iot_data):
    arn = iot.create_thing(thingName="jobs")["thingArn"]
    iot.create_job(jobId="job-1", targets=[arn], document="{}")

    assert iot.describe_thing(thingName="jobs")["thingName"] == "jobs"
    assert iot_data.get_pending_job_executions(thingName="jobs")["queuedJobs"][0]["jobId"] == "job-1"


def test_thing_names_with_a_colon_arrive_whole(mock, iot, iot_data):
    arn = iot.create_thing(thingName="plant:7_a-b")["thingArn"]
    iot.create_job(jobId="job-1", targets=[arn], document="{}")

    execution = iot.describe_job_execution(jobId="job-1", thingName="plant:7_a-b")["execution"]

    assert execution["thingArn"] == arn


@pytest.mark.parametrize("path", ["/things/thing-1/jobs/$next", "/things/thing-1/jobs/%24next"])
def test_next_is_understood_bare_and_encoded(mock, iot, path):
    iot.create_thing(thingName="thing-1")

    assert _send(mock, "iot-jobs-data", "PUT", path, b"{}") == (200, None, {})
    assert _send(mock, "iot-jobs-data", "GET", path) == (200, None, {})


# Bodies


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'"text"', b"nonsense", b"\xff\xfe", b'{"reason": NaN}', b"[" * 100_000, b'{"reason": ' + b"9" * 5000 + b"}"],
    ids=["open", "list", "string", "word", "no-utf-8", "nan", "deep", "endless-number"],
)
@pytest.mark.parametrize(
    ("service", "method", "path", "code"),
    [
        ("batch", "POST", "/v1/canceljob", "ClientException"),
        ("iot", "PUT", "/jobs/job-1/cancel", "InvalidRequestException"),
        ("iot-jobs-data", "PUT", "/things/thing-1/jobs/$next", "InvalidRequestException"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(mock, service, method, path, code, body):
    status, answered, content = _send(mock, service, method, path, body)

    assert (status, answered) == (400, code)
    if service == "batch":
        assert "An error occurred during JSON parsing" in content["message"]


def test_unknown_members_and_nulls_are_ignored(mock, iot):
    arn = iot.create_thing(thingName="thing-1")["thingArn"]
    iot.create_job(jobId="job-1", targets=[arn], document="{}")

    body = b'{"comment": null, "novelty": 1, "reasonCode": "R"}'
    status, _, content = _send(mock, "iot", "PUT", "/jobs/job-1/cancel", body)

    assert (status, content["jobId"]) == (200, "job-1")
    job = iot.describe_job(jobId="job-1")["job"]
    assert job["reasonCode"] == "R"
    assert "comment" not in job


@pytest.mark.parametrize(("text", "cancelled"), [("true", True), ("TRUE", True), ("false", False)])
def test_booleans_of_the_query_are_read(mock, iot, iot_data, text, cancelled):
    arn = iot.create_thing(thingName="thing-1")["thingArn"]
    iot.create_job(jobId="job-1", targets=[arn], document="{}")
    iot_data.start_next_pending_job_execution(thingName="thing-1")

    status, _, _ = _send(mock, "iot", "PUT", "/things/thing-1/jobs/job-1/cancel", b"{}", f"force={text}")

    assert (status == 200) is cancelled


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("DELETE", "/things/thing-1/jobs/job-1/executionNumber/one", ""),
        ("GET", "/jobs", "maxResults=many"),
        ("GET", "/jobs", "maxResults=1_0"),
        ("GET", "/jobs", "maxResults=" + "9" * 5000),
        ("PUT", "/jobs/job-1/cancel", "force=perhaps"),
    ],
)
def test_what_is_no_number_or_boolean_in_the_url_cannot_be_converted(mock, method, path, query):
    status, code, content = _send(mock, "iot", method, path, b"", query)

    assert (status, code) == (400, "SerializationException")
    assert "can not be converted to" in content["message"]


@pytest.mark.parametrize("token", ["x", "é", base64.b64encode(b"[" * 5000).decode(), base64.b64encode(b"3").decode()])
def test_a_token_that_nobody_gave_out_is_refused(mock, iot, token):
    with pytest.raises(iot.exceptions.InvalidRequestException, match="Next token is invalid"):
        iot.list_jobs(nextToken=token)


def test_a_request_that_is_motos_is_not_among_the_calls(mock):
    body = json.dumps({"resourceArn": "arn:aws:iot:us-east-1:123456789012:thinggroup/g", "tags": [{"Key": "k"}]}).encode()

    assert answer(world_of(mock), _request("iot", "POST", "/tags", body)) is None
    assert mock.calls == ()


def test_missing_members_are_all_named(mock):
    status, code, content = _send(mock, "iot", "PUT", "/jobs/job-1", b"{}")

    assert (status, code) == (400, "InvalidRequestException")
    assert content["message"] == (
        "1 validation error detected: Value null at 'targets' failed to satisfy constraint: Member must not be null"
    )


# Answers


def test_every_answer_has_a_request_id_of_its_own(batch):
    ids = {batch.describe_jobs(jobs=["x"])["ResponseMetadata"]["RequestId"] for _ in range(5)}

    assert len(ids) == 5
    assert all(len(each) == 36 for each in ids)


def test_errors_carry_code_header_and_message(mock):
    answered = answer(world_of(mock), _request("iot", "GET", "/jobs/unknown"))

    assert answered.status == 404
    assert answered.headers["x-amzn-ErrorType"] == "ResourceNotFoundException"
    assert answered.headers["Content-Type"] == "application/json"
    assert json.loads(answered.body) == {"message": "Job unknown cannot be found."}


@pytest.mark.parametrize("name", ["CancelJobExecution", "DeleteJob", "DeleteJobExecution"])
def test_iot_operations_without_output_have_an_empty_body(name):
    assert services.compiled("iot").operations[name].empty_body == b""


@pytest.mark.parametrize(("service", "name"), [("batch", "CancelJob"), ("iot-jobs-data", "UpdateJobExecution")])
def test_operations_with_an_empty_output_answer_an_empty_object(service, name):
    assert services.compiled(service).operations[name].empty_body == b"{}"


# Routes and patterns by themselves


def test_a_literal_segment_wins_over_a_label():
    routes = Routes([("GET", "/{a}/{b}", "label"), ("GET", "/{a}/$next", "literal")])

    assert routes.match("GET", "/x/%24next") == ("literal", {"a": "x"})
    assert routes.match("GET", "/x/b%2Fc") == ("label", {"a": "x", "b": "b/c"})
    assert routes.match("PUT", "/x/b") is None


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (r"[\p{Upper}\p{Digit}_]+", ["A_1", "Z"], ["a", "É", "٣", "", "A b"]),
        (r"[^\p{C}]+", ["déjà vu", "日本", " "], ["", "a\n", "\u200b", "\ud800"]),
        (r"[a-zA-Z0-9_-]+|^\$next", ["$next", "a-b"], ["$nextx", "a b", "a\n"]),
        (r"\p{Alpha}\d", ["a1"], ["é1", "a٣"]),
        (r"^[1-9]+.[0-9]+", ["1.0"], ["0.1", "1."]),
    ],
)
def test_java_patterns_match_the_whole_value_and_their_classes_are_ascii(pattern, good, bad):
    matches = full_matcher(pattern)

    assert [each for each in good if not matches(each)] == []
    assert [each for each in bad if matches(each)] == []


SHAPES = st.sampled_from([param.values for param in OPERATIONS])
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.long
@given(SHAPES, JSON_VALUES)
def test_no_json_whatsoever_breaks_a_check(names, value):
    service, name = names
    notes = []

    checked = Checks().of(model_of(service).operation_model(name).input_shape)(value, "", notes)

    assert all(isinstance(note, Violation) for note in notes)
    assert notes or isinstance(checked, dict)


HALF = "\ud800"


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "code"),
    [
        ("batch", "cancel_job", {"jobId": "x", "reason": HALF}, "ClientException"),
        ("batch", "submit_service_job", {"serviceRequestPayload": HALF}, "ClientException"),
        ("batch", "tag_resource", {"tags": {HALF: "v"}}, "ClientException"),
        ("batch", "tag_resource", {"tags": {"k": f"a{HALF}b"}}, "ClientException"),
        ("batch", "cancel_jobs", {"jobs": [HALF], "reason": "r"}, "ClientException"),
        ("iot", "create_job", {"description": HALF}, "InvalidRequestException"),
        ("iot", "create_job", {"document": "\udfff{}"}, "InvalidRequestException"),
        ("iot-jobs-data", "start_next_pending_job_execution", {"statusDetails": {"k": HALF}}, "InvalidRequestException"),
    ],
)
def test_half_a_character_is_refused_and_changes_nothing(mock, service, operation, arguments, code):
    required = {
        "submit_service_job": {"jobName": "j", "jobQueue": "q", "serviceJobType": "SAGEMAKER_TRAINING"},
        "tag_resource": {"resourceArn": "arn:aws:batch:us-east-1:123456789012:job-queue/q"},
        "create_job": {"jobId": "job", "targets": ["arn:aws:iot:us-east-1:123456789012:thing/t"], "document": "{}"},
        "start_next_pending_job_execution": {"thingName": "t"},
    }
    client = boto3.client(service, region_name=REGION)
    if not hasattr(client, operation):
        pytest.skip("the installed botocore does not know the operation")

    with pytest.raises(ClientError) as error:
        getattr(client, operation)(**{**required.get(operation, {}), **arguments})

    assert (error.value.response["Error"]["Code"], error.value.response["ResponseMetadata"]["HTTPStatusCode"]) == (code, 400)
    assert mock.events == ()


def test_a_whole_character_of_two_escapes_is_a_text(mock, iot):
    arn = iot.create_thing(thingName="t")["thingArn"]

    iot.create_job(jobId="job", targets=[arn], document="{}", description="\N{PARTY POPPER}")

    assert iot.describe_job(jobId="job")["job"]["description"] == "\N{PARTY POPPER}"


@pytest.mark.parametrize("number", ["1" + "0" * 400, "-1" + "0" * 400, "1e400", "1" + "0" * 4000])
def test_a_number_beyond_all_doubles_is_no_number(mock, number):
    criterion = {"failureType": "FAILED", "action": "CANCEL", "minNumberOfExecutedThings": 1, "thresholdPercentage": 0.5}
    target = "arn:aws:iot:us-east-1:123456789012:thing/t"
    job = {"targets": [target], "document": "{}", "abortConfig": {"criteriaList": [criterion]}}
    policy = {"name": "p", "fairsharePolicy": {"shareDistribution": [{"shareIdentifier": "A", "weightFactor": 0.5}]}}
    bent_job, bent_policy = (json.dumps(each).replace("0.5", number).encode() for each in (job, policy))

    assert _send(mock, "iot", "PUT", "/jobs/job", bent_job, "")[:2] == (400, "InvalidRequestException")
    assert _send(mock, "batch", "POST", "/v1/createschedulingpolicy", bent_policy, "")[:2] == (400, "ClientException")
