from __future__ import annotations

import contextlib
import json

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from mock_jobs import UsageTypeError, UsageValueError
from mock_jobs.transports.services import compiled, declared_errors
from mock_jobs.wire.service_names import NAMES

from support.constants import REGION

DECLARED = [
    pytest.param(service, name, code, id=f"{service}.{name}.{code}")
    for service in NAMES
    for name in ("CancelJob", "CancelJobExecution", "UpdateJobExecution", "TerminateJob", "CreateJob", "DescribeJobs")
    if name in compiled(service).operations
    for code in declared_errors(service, name)[1]
]


def _call(client, method, **arguments):
    with pytest.raises(ClientError) as caught:
        getattr(client, method)(**arguments)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Message"]


ARGUMENTS = {
    "cancel_job": {"iot": {"jobId": "x"}, "batch": {"jobId": "x", "reason": "r"}},
    "cancel_job_execution": {"iot": {"jobId": "x", "thingName": "t"}},
    "update_job_execution": {"iot-jobs-data": {"jobId": "x", "thingName": "t", "status": "FAILED"}},
    "terminate_job": {"batch": {"jobId": "x", "reason": "r"}},
    "create_job": {"iot": {"jobId": "x", "targets": ["t"]}},
    "describe_jobs": {"batch": {"jobs": ["x"]}},
}


@pytest.mark.parametrize(("service", "operation", "code"), DECLARED)
def test_every_declared_error_can_be_had_with_its_documented_status(mock, service, operation, code):
    mock.faults.add(service, operation, code)
    client = boto3.client(service, region_name=REGION, config=Config(retries={"max_attempts": 0}))
    method = compiled(service).operations[operation].method_name

    answered, status, message = _call(client, method, **ARGUMENTS[method][service])

    declared = declared_errors(service, operation)[1][code]
    assert (answered, status, message) == (code, declared.status, declared.message)
    assert message


@pytest.mark.parametrize(
    ("service", "operation", "code", "status"),
    [
        ("iot", "cancel_job", "ThrottlingException", 400),
        ("iot", "cancel_job", "LimitExceededException", 410),
        ("iot", "cancel_job", "ServiceUnavailableException", 503),
        ("iot-jobs-data", "update_job_execution", "ThrottlingException", 429),
        ("batch", "cancel_job", "ServerException", 500),
        ("batch", "cancel_job", "TooManyRequestsException", 429),
    ],
)
def test_statuses_are_those_of_the_documents(service, operation, code, status):
    assert declared_errors(service, operation)[1][code].status == status


def test_a_fault_lasts_the_given_number_of_times(mock, batch):
    fault = mock.faults.add("batch", "describe_jobs", "ServerException", times=2)

    codes = [_call(batch, "describe_jobs", jobs=["x"])[0] for _ in range(2)]

    assert codes == ["ServerException"] * 2
    assert fault.times == 0
    assert batch.describe_jobs(jobs=["x"])["jobs"] == []


def test_a_fault_without_number_lasts_until_it_is_removed(mock, batch):
    fault = mock.faults.add("batch", "DescribeJobs", "ServerException", times=None, message="down for the night")
    assert [_call(batch, "describe_jobs", jobs=["x"])[2] for _ in range(3)] == ["down for the night"] * 3

    mock.faults.remove(fault)

    assert batch.describe_jobs(jobs=["x"])["jobs"] == []
    mock.faults.remove(fault)


def test_faults_act_below_the_retries_of_botocore(mock, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    mock.faults.add("batch", "describe_jobs", "ServerException", times=2)
    client = boto3.client("batch", region_name=REGION, config=Config(retries={"max_attempts": 3, "mode": "standard"}))

    answer = client.describe_jobs(jobs=["x"])

    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    assert [call.error for call in mock.calls] == ["ServerException", "ServerException", None]


def test_faults_of_one_operation_come_in_the_order_of_adding_and_leave_others_alone(mock, iot):
    mock.faults.add("iot", "cancel_job", "ThrottlingException")
    mock.faults.add("iot", "cancel_job", "ServiceUnavailableException")

    assert iot.list_jobs()["jobs"] == []
    assert [_call(iot, "cancel_job", jobId="x")[0] for _ in range(3)] == [
        "ThrottlingException",
        "ServiceUnavailableException",
        "ResourceNotFoundException",
    ]
    assert len(mock.faults) == 0


def test_a_fault_changes_nothing(mock, iot):
    arn = iot.create_thing(thingName="t")["thingArn"]
    iot.create_job(jobId="job-1", targets=[arn], document="{}")
    mock.faults.add("iot", "cancel_job", "ThrottlingException")

    _call(iot, "cancel_job", jobId="job-1")

    assert iot.describe_job(jobId="job-1")["job"]["status"] == "IN_PROGRESS"


def test_clear_takes_all_faults_back(mock, iot):
    mock.faults.add("iot", "list_jobs", "ThrottlingException", times=None)
    mock.faults.clear()

    assert iot.list_jobs()["jobs"] == []


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        (
            ("batch", "cancel_job", "LimitExceededException"),
            UsageValueError,
            r"It may answer: AccessDeniedException, .*ValidationError\. For any other code give force=True and a status",
        ),
        (("iot", "cancel_job", "InvalidStateTransitionException"), UsageValueError, "iot CancelJob never answers"),
        (("iot", "cancel_jobs", "ThrottlingException"), UsageValueError, "mock_jobs answers no operation 'cancel_jobs' of iot"),
        (("ec2", "run_instances", "X"), UsageValueError, "only batch, iot, iot-jobs-data"),
    ],
)
def test_what_the_documents_do_not_declare_is_refused(mock, arguments, error, text):
    with pytest.raises(error, match=text):
        mock.faults.add(*arguments)

    assert len(mock.faults) == 0


# Source: "Common error types" of the API references of AWS
COMMON = {
    "AccessDeniedException": 403,
    "ExpiredTokenException": 403,
    "IncompleteSignature": 403,
    "InternalFailure": 500,
    "MalformedHttpRequestException": 400,
    "NotAuthorized": 401,
    "OptInRequired": 403,
    "RequestAbortedException": 400,
    "RequestEntityTooLargeException": 413,
    "RequestExpired": 400,
    "RequestTimeoutException": 408,
    "ServiceUnavailable": 503,
    "ThrottlingException": 400,
    "UnknownOperationException": 404,
    "UnrecognizedClientException": 403,
    "ValidationError": 400,
}


@pytest.mark.parametrize("code", COMMON)
@pytest.mark.parametrize(
    ("service", "method"), [("iot", "cancel_job"), ("iot-jobs-data", "update_job_execution"), ("batch", "describe_jobs")]
)
def test_every_operation_may_answer_the_errors_of_all_services(mock, service, method, code):
    mock.faults.add(service, method, code)
    client = boto3.client(service, region_name=REGION, config=Config(retries={"max_attempts": 0}))

    answered, status, message = _call(client, method, **ARGUMENTS[method][service])

    declares_its_own = (service, code) == ("iot-jobs-data", "ThrottlingException")
    assert (answered, status) == (code, 429 if declares_its_own else COMMON[code])
    assert message


@pytest.mark.parametrize(("code", "retries"), [("ServiceUnavailable", 2), ("InternalFailure", 2), ("AccessDeniedException", 0)])
def test_botocore_tries_again_after_the_errors_that_pass(mock, monkeypatch, code, retries):
    monkeypatch.setattr("time.sleep", lambda _: None)
    mock.faults.add("batch", "describe_jobs", code, times=None)
    client = boto3.client("batch", region_name=REGION, config=Config(retries={"max_attempts": 2, "mode": "standard"}))

    with pytest.raises(ClientError) as caught:
        client.describe_jobs(jobs=["x"])

    assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == retries


def test_any_code_can_be_forced_with_a_status(mock, batch):
    mock.faults.add("batch", "describe_jobs", "SlowDown", force=True, status=418)

    assert _call(batch, "describe_jobs", jobs=["x"]) == ("SlowDown", 418, "SlowDown was injected by the test.")


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"force": True}, UsageValueError, "force=True needs the HTTP status"),
        ({"force": True, "status": 200}, UsageValueError, "status must be from 400 to 599, got 200"),
        ({"force": True, "status": 600}, UsageValueError, "status must be from 400 to 599, got 600"),
        ({"force": True, "status": "400"}, UsageTypeError, "status must be a whole number"),
        ({"force": "yes", "status": 400}, UsageTypeError, "force must be"),
        ({"status": 503}, UsageValueError, "ServerException has the status 500: leave status out, or give force=True"),
        ({"after": -1}, UsageValueError, "after must be at least 0"),
        ({"after": None}, UsageTypeError, "after must be a whole number"),
    ],
)
def test_options_that_do_not_fit_are_refused(mock, options, error, text):
    with pytest.raises(error, match=text):
        mock.faults.add("batch", "describe_jobs", "ServerException", **options)

    assert len(mock.faults) == 0


@pytest.mark.parametrize("code", ["", "Slow Down", "Slow\r\nDown", "Größe"])
def test_a_forced_code_must_be_a_name(mock, code):
    with pytest.raises(UsageValueError, match=r"a code is a name of letters and digits|code must"):
        mock.faults.add("batch", "describe_jobs", code, force=True, status=400)


def _outcomes(mock, batch, count):
    """Send some requests, and return their errors; None for those that succeed."""
    for _ in range(count):
        with contextlib.suppress(ClientError):
            batch.describe_jobs(jobs=["x"])
    return [call.error for call in mock.calls][-count:]


def test_after_lets_requests_pass_first(mock, batch):
    fault = mock.faults.add("batch", "describe_jobs", "ServerException", after=2, times=2)

    assert _outcomes(mock, batch, 6) == [None, None, "ServerException", "ServerException", None, None]
    assert (fault.after, fault.times) == (0, 0)


def test_what_passes_a_fault_may_meet_another_one(mock, batch):
    mock.faults.add("batch", "describe_jobs", "ServerException", after=2)
    mock.faults.add("batch", "describe_jobs", "ClientException")

    assert _outcomes(mock, batch, 4) == ["ClientException", None, "ServerException", None]


@pytest.mark.parametrize(
    ("times", "error"), [(0, UsageValueError), (-1, UsageValueError), ("2", UsageTypeError), (True, UsageTypeError)]
)
def test_an_impossible_number_of_times_is_refused(mock, times, error):
    with pytest.raises(error, match="times must be"):
        mock.faults.add("batch", "cancel_job", "ServerException", times=times)


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "has_type"),
    [
        ("batch", "DescribeJobs", {"jobs": ["x"]}, True),
        ("iot", "DescribeJob", {"jobId": "x"}, False),
    ],
)
def test_a_fault_has_the_body_of_the_service_s_errors(mock, service, operation, arguments, has_type):
    """AWS Batch names the code in the body as well (observed)."""
    mock.faults.add(service, operation, "ThrottlingException" if service == "iot" else "ServerException")
    client = boto3.client(service, region_name=REGION, config=Config(retries={"max_attempts": 0}))
    bodies = []
    client.meta.events.register(
        f"after-call.{service}.{operation}", lambda http_response, **_: bodies.append(http_response.content)
    )
    code, _, message = _call(client, compiled(service).operations[operation].method_name, **arguments)

    expected = {"message": message, "__type": code} if has_type else {"message": message}
    assert [json.loads(each) for each in bodies] == [expected]


def test_removing_a_fault_twice_leaves_an_equal_one(mock, batch):
    first = mock.faults.add("batch", "describe_jobs", "ServerException")
    second = mock.faults.add("batch", "describe_jobs", "ServerException")

    mock.faults.remove(first)
    mock.faults.remove(first)

    assert len(mock.faults) == 1
    with pytest.raises(ClientError):
        batch.describe_jobs(jobs=["x"])
    assert second.times == 0
