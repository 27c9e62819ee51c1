"""Jobs as tasks of state machines that moto runs. Document: Step Functions developer guide, "Run AWS Batch workloads"."""

from __future__ import annotations

import inspect
import json
import time
import warnings
from typing import Any

import boto3
import pytest
import requests
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_batch,
    state_task_service_callback,
    state_task_service_factory,
)

from mock_jobs import MockJobsServer, MockJobsWarning, mock_jobs
from mock_jobs.moto_adapters import step_functions as moto_step_functions
from mock_jobs.wire.http import Answer

from support.batch import container
from support.batch_site import Site
from support.constants import NO_RETRIES, REGION

RUNS = {"stepfunctions": {"execute_state_machine": True}}
SUBMIT = "arn:aws:states:::batch:submitJob"
JOB = {"JobName": "j", "JobQueue": "q", "JobDefinition": "d"}


@pytest.fixture
def mock():
    """Those whose state machines run, which moto does not do by default."""
    with mock_jobs(region=REGION, config=RUNS) as active:
        yield active


@pytest.fixture
def states(mock, site):
    site.make_queue_and_definition()
    return boto3.client("stepfunctions", region_name=REGION, config=NO_RETRIES)


def start(states: Any, resource: str = SUBMIT, account: str = "123456789012", **parameters: Any) -> str:
    task = {"Type": "Task", "Resource": resource, "Parameters": {**JOB, **parameters}, "End": True}
    machine = states.create_state_machine(
        name="machine",
        definition=json.dumps({"StartAt": "Job", "States": {"Job": task}}),
        roleArn=f"arn:aws:iam::{account}:role/states",
    )
    return states.start_execution(stateMachineArn=machine["stateMachineArn"], name="execution")["executionArn"]


def ended(states: Any, execution: str) -> dict[str, Any]:
    """Return an execution that has ended; moto runs it in a thread of its own."""
    for _ in range(1000):
        found = states.describe_execution(executionArn=execution)
        if found["status"] != "RUNNING":
            return found
        time.sleep(0.01)
    raise AssertionError("the execution does not end")


def run(states: Any, *resource: str, **parameters: Any) -> dict[str, Any]:
    return ended(states, start(states, *resource, **parameters))


def test_a_task_submits_a_job(states, site):
    found = run(states, Tags={"k": "v"})
    output = json.loads(found["output"])

    assert found["status"] == "SUCCEEDED"
    assert output == {"JobName": "j", "JobId": output["JobId"], "JobArn": output["JobArn"]}
    assert site.detail(output["JobId"])["tags"] == {"k": "v"}


def test_parameters_arrive_at_all_depths_and_keys_of_maps_stay(states, site):
    overrides = {"Command": ["work", "Ref::What"], "Environment": [{"Name": "A", "Value": "b"}]}
    found = run(
        states,
        Parameters={"What": "hard"},
        ContainerOverrides=overrides,
        RetryStrategy={"Attempts": 2, "EvaluateOnExit": [{"Action": "exit", "OnExitCode": "1"}]},
        Timeout={"AttemptDurationSeconds": 60},
        PropagateTags=True,
    )
    job = site.detail(json.loads(found["output"])["JobId"])

    assert job["container"]["command"] == ["work", "hard"]
    assert job["container"]["environment"] == [{"name": "A", "value": "b"}]
    assert job["retryStrategy"] == {"attempts": 2, "evaluateOnExit": [{"action": "exit", "onExitCode": "1"}]}
    assert job["timeout"] == {"attemptDurationSeconds": 60}
    assert job["propagateTags"] is True
    assert job["parameters"] == {"What": "hard"}


def test_a_refused_submission_is_an_error_of_the_task(states):
    found = run(states, JobQueue="nowhere")

    assert (found["status"], found["error"]) == ("FAILED", "Batch.ClientException")
    assert "Exception : arn:aws:batch:us-east-1:123456789012:job-queue/nowhere does not exist, RequestId:" in found["cause"]


def test_a_text_is_wrapped_once(states):
    cause = run(states, Timeout={"AttemptDurationSeconds": 1})["cause"]

    assert cause.startswith("Error executing request, Exception : Timeout must be at least 60 seconds, RequestId: ")
    assert cause.count("RequestId") == 1


@pytest.mark.parametrize("pace", ["poll", "clock"])
def test_a_task_that_waits_ends_with_its_job(mock, states, pace):
    mock.batch.pace = pace
    found = run(states, f"{SUBMIT}.sync")
    output = json.loads(found["output"])

    assert (found["status"], output["Status"]) == ("SUCCEEDED", "SUCCEEDED")
    assert output["Attempts"][0]["Container"]["ExitCode"] == 0
    assert output["Container"]["Environment"] == [{"Name": "MANAGED_BY_AWS", "Value": "STARTED_BY_STEP_FUNCTIONS"}]


def test_a_failed_job_fails_the_task_that_waits_for_it(mock, states):
    mock.batch.plan(exit_code=3, reason="because")
    found = run(states, f"{SUBMIT}.sync")
    cause = json.loads(found["cause"])

    assert (found["status"], found["error"]) == ("FAILED", "States.TaskFailed")
    assert cause["Status"] == "FAILED"
    assert cause["StatusReason"] == "Essential container in task exited"
    assert cause["Attempts"][0]["Container"] == {**cause["Attempts"][0]["Container"], "ExitCode": 3, "Reason": "because"}


def test_a_task_waits_until_the_test_lets_its_job_end(mock, states, batch):
    mock.batch.pace = "clock"
    mock.clock.freeze()
    mock.batch.plan(duration=3600)
    execution = start(states, f"{SUBMIT}.sync")
    for _ in range(1000):
        if batch.list_jobs(jobQueue="q", jobStatus="RUNNING")["jobSummaryList"]:
            break
        time.sleep(0.01)

    assert states.describe_execution(executionArn=execution)["status"] == "RUNNING"
    mock.clock.advance(3600)
    assert ended(states, execution)["status"] == "SUCCEEDED"


def test_a_task_waits_for_a_job_of_several_nodes(states, site):
    site.make_nodes()
    found = run(states, f"{SUBMIT}.sync", JobDefinition="m")

    assert found["status"] == "SUCCEEDED"
    assert json.loads(found["output"])["NodeProperties"]["NumNodes"] == 3


def test_a_task_overrides_several_containers(states, batch, site):
    part = {"name": "a", **container()}
    properties = {"taskProperties": [{"containers": [part]}]}
    batch.register_job_definition(jobDefinitionName="t", type="container", ecsProperties=properties)
    override = {"TaskProperties": [{"Containers": [{"Name": "a", "Command": ["work"]}]}]}
    found = run(states, JobDefinition="t", EcsPropertiesOverride=override)

    job = site.detail(json.loads(found["output"])["JobId"])
    assert job["ecsProperties"]["taskProperties"][0]["containers"][0]["command"] == ["work"]


@pytest.fixture
def server():
    with MockJobsServer() as running:
        requests.post(f"{running.url}/moto-api/config", json=RUNS, timeout=5)
        yield running
        requests.post(f"{running.url}/moto-api/config", json={"stepfunctions": {"execute_state_machine": False}}, timeout=5)


def test_a_server_runs_tasks_in_the_account_of_their_state_machine(server):
    access = {
        "region_name": REGION,
        "endpoint_url": server.url,
        "aws_access_key_id": "111111111111",
        "aws_secret_access_key": "secret",
        "config": NO_RETRIES,
    }
    batch, states = (boto3.client(service, **access) for service in ("batch", "stepfunctions"))
    Site(batch).make_queue_and_definition()
    execution = start(states, f"{SUBMIT}.sync", "111111111111")
    found = ended(states, execution)

    assert found["status"] == "SUCCEEDED"
    (job,) = batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")["jobSummaryList"]
    assert job["jobId"] == json.loads(found["output"])["JobId"]


def test_moto_is_as_it_was_after_the_mock():
    before = (state_task_service_factory.StateTaskServiceBatch, state_task_service_batch.boto_client_for)
    with mock_jobs(region=REGION, config=RUNS):
        boto3.client("stepfunctions", region_name=REGION).list_state_machines()
        assert state_task_service_factory.StateTaskServiceBatch is not before[0]

    assert (state_task_service_factory.StateTaskServiceBatch, state_task_service_batch.boto_client_for) == before


def test_of_several_that_listen_the_one_that_has_the_queue_submits(mock, states):
    headers = {"x-amzn-RequestId": "r", "x-amzn-ErrorType": "ClientException"}
    end = moto_step_functions.watch_state_machines(lambda *_: Answer(400, headers, b'{"message": "no such queue"}'))
    try:
        assert run(states)["status"] == "SUCCEEDED"
    finally:
        end()


def test_what_is_used_of_motos_tasks_is_there():
    """The seam; each of these names is private to moto."""
    task = state_task_service_batch.StateTaskServiceBatch
    source = inspect.getsource(task)
    factory = inspect.getsource(state_task_service_factory.state_task_service_for)

    assert "StateTaskServiceBatch()" in factory
    assert {"_get_supported_parameters", "_eval_service_task", "_build_sync_resolver"} <= vars(task).keys()
    assert {"_normalise_parameters", "_normalise_response"} <= set(dir(task))
    assert "batch_client.describe_jobs(jobs=[job_id])" in source
    assert "getattr(batch_client, api_action)(**normalised_parameters)" in source
    assert 'submission_output["JobId"]' in source
    assert "_eval_sync" in vars(state_task_service_callback.StateTaskServiceCallback)


@pytest.mark.parametrize(
    "resource", [SUBMIT, f"{SUBMIT}.sync", "arn:aws:states:::aws-sdk:batch:cancelJob", "arn:aws:states:::aws-sdk:iot:createJob"]
)
def test_a_machine_that_moto_will_not_run_is_warned_of(resource):
    with mock_jobs(region=REGION):
        states = boto3.client("stepfunctions", region_name=REGION)

        with pytest.warns(MockJobsWarning, match="tasks of 'machine' never begin.*'execute_state_machine': True"):
            execution = start(states, resource)

        assert states.describe_execution(executionArn=execution)["status"] == "RUNNING"


def test_nothing_has_begun_if_the_warning_is_an_error():
    with mock_jobs(region=REGION), warnings.catch_warnings():
        warnings.simplefilter("error")
        states = boto3.client("stepfunctions", region_name=REGION)

        with pytest.raises(MockJobsWarning):
            start(states)

        (machine,) = states.list_state_machines()["stateMachines"]
        assert states.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"] == []


def test_a_machine_that_only_speaks_of_our_tasks_is_not_warned_of():
    with mock_jobs(region=REGION), warnings.catch_warnings():
        warnings.simplefilter("error")
        states = boto3.client("stepfunctions", region_name=REGION)

        start(states, "arn:aws:states:::sqs:sendMessage", Comment=SUBMIT)


def test_a_machine_without_tasks_of_ours_is_not_warned_of():
    with mock_jobs(region=REGION), warnings.catch_warnings():
        warnings.simplefilter("error")
        states = boto3.client("stepfunctions", region_name=REGION)

        start(states, "arn:aws:states:::sqs:sendMessage")


def test_a_machine_that_moto_runs_is_not_warned_of(states):
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        assert ended(states, start(states))["status"] == "SUCCEEDED"
