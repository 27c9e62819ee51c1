"""The seam to moto's Step Functions: tasks of state machines submit jobs to mock_jobs.

The parameters of such a task are in Pascal case. moto passes them to boto3 unchanged, and so cannot submit a job.
It returns the answer of the service in camel case. This module translates both.
Source: Step Functions developer guide, "Run AWS Batch workloads" (documented).
A test pins each private name of moto that is used here, on the oldest and the newest supported moto.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from mock_jobs.batch.exceptions import WrongOverrideError
from mock_jobs.core.errors import MockJobsWarning
from mock_jobs.core.process import registry_lock
from mock_jobs.wire.http import Answer
from mock_jobs.wire.loader import shared_loader

if TYPE_CHECKING:
    from botocore.model import ServiceModel, Shape

    from mock_jobs.core.service_base import AwsError

# (account, region, name of an operation of AWS Batch, its members) -> the answer
Ask = Callable[[str, str, str, Mapping[str, Any]], Answer]

# Tasks that mock_jobs would answer.
_TASK_OF_OURS: Final = re.compile(r":states:::(batch:|aws-sdk:(batch:|iotjobsdataplane:|iot:\w*job))", re.IGNORECASE)
_TERMINAL: Final = ("SUCCEEDED", "FAILED")
_listeners: list[Ask] = []
_put_back: list[Callable[[], None]] = []
_account: ContextVar[str] = ContextVar("_account")


def watch_state_machines(ask: Ask) -> Callable[[], None]:
    """Answer the tasks of state machines that call AWS Batch, until the watch ends.

    Args:
        ask: Answers their calls. With several watches, the first answer counts that is no error and no empty list of jobs;
            without one, the last answer.

    Returns:
        A function that ends the watch.
    """
    with registry_lock:
        if not _listeners:
            _begin()
        _listeners.append(ask)

    def end() -> None:
        with registry_lock:
            _listeners.remove(ask)
            if not _listeners:
                while _put_back:
                    _put_back.pop()()

    return end


@dataclass(frozen=True, slots=True)
class Client:
    """The part of a boto3 client for AWS Batch that moto's tasks use.

    Attributes:
        account: Account id of the state machine.
        region: Region of the client.
    """

    account: str
    region: str

    def submit_job(self, **members: Any) -> dict[str, Any]:
        """Submit a job.

        Raises:
            ClientError: AWS Batch rejects it.
        """
        told, error = self._ask("SubmitJob", members)
        has_no_container = isinstance(error, WrongOverrideError) and error.member == "containerOverrides"
        if has_no_container and _says_only_who_manages(members):
            # Jobs of several containers get this variable in another way, which is not visible.
            del members["containerOverrides"]
            told, _ = self._ask("SubmitJob", members)
        return self._result("SubmitJob", told)

    def describe_jobs(self, *, jobs: list[str]) -> dict[str, Any]:
        """Describe a job, repeatedly until it has ended or a read no longer changes it.

        moto would wait half a second before the next read; AWS reacts to the end of the job.
        """
        result = self._describe(jobs)
        while result["jobs"] and result["jobs"][0]["status"] not in _TERMINAL:
            before = result
            result = self._describe(jobs)
            if result == before:
                break
        return result

    def _describe(self, jobs: list[str]) -> dict[str, Any]:
        told, _ = self._ask("DescribeJobs", {"jobs": jobs})
        return self._result("DescribeJobs", told)

    def _ask(self, operation: str, members: Mapping[str, Any]) -> tuple[dict[str, Any], AwsError | None]:
        told: dict[str, Any] = {}
        error: AwsError | None = None
        for listener in tuple(_listeners):
            answered = listener(self.account, self.region, operation, members)
            told = json.loads(answered.body)
            told["ResponseMetadata"] = {"HTTPStatusCode": answered.status, "RequestId": answered.headers["x-amzn-RequestId"]}
            if answered.status == HTTPStatus.OK and told.get("jobs") != []:
                return told, None
            error = answered.error
            # moto adds "Error executing request" and the request id to the text, so it gets the bare text.
            text = told.get("message", "") if error is None else error.message
            told["Error"] = {"Code": answered.headers.get("x-amzn-ErrorType"), "Message": text}
        return told, error

    def _result(self, operation: str, told: dict[str, Any]) -> dict[str, Any]:
        from botocore.exceptions import ClientError  # noqa: PLC0415 - loaded by moto

        if "jobId" in told or "jobs" in told:
            return told
        raise ClientError(told, operation)  # type: ignore[arg-type]  # it is such a response


def _says_only_who_manages(members: Mapping[str, Any]) -> bool:
    overrides = members.get("containerOverrides", {})
    environment = overrides.get("environment", [])
    return overrides.keys() == {"environment"} and [each["name"] for each in environment] == ["MANAGED_BY_AWS"]


def _begin() -> None:
    # Only state machines need these.
    from moto.stepfunctions import models  # noqa: PLC0415
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (  # noqa: PLC0415
        state_task_service_batch,
        state_task_service_factory,
    )

    _replace(state_task_service_factory, "StateTaskServiceBatch", _task_class(state_task_service_batch.StateTaskServiceBatch))
    _replace(state_task_service_batch, "boto_client_for", _client_for)
    # The backend that runs state machines has a method of its own.
    _replace(models.StepFunctionBackend, "start_execution", _warning_at_start(models.StepFunctionBackend.start_execution))


def _warning_at_start(start_execution: Callable[..., Any]) -> Callable[..., Any]:
    def start(backend: Any, state_machine_arn: str, *rest: Any, **more: Any) -> Any:
        # Before the start, so that nothing has begun if the warning is turned into an error.
        machine = backend.describe_state_machine(state_machine_arn)
        if any(map(_TASK_OF_OURS.search, _resources_in(json.loads(machine.definition)))):
            msg = (
                f"moto does not run state machines, so the tasks of {machine.name!r} never begin and the execution stays RUNNING. "
                "Give the mock config={'stepfunctions': {'execute_state_machine': True}}."
            )
            warnings.warn(msg, MockJobsWarning, stacklevel=2)
        return start_execution(backend, state_machine_arn, *rest, **more)

    return start


def _resources_in(definition: Any) -> Iterator[str]:
    """Generate the resources of all tasks in a part of a definition."""
    parts = definition if isinstance(definition, list) else []
    if isinstance(definition, dict):
        resource = definition.get("Resource")
        if isinstance(resource, str):
            yield resource
        parts = list(definition.values())
    for part in parts:
        yield from _resources_in(part)


def _replace(module: Any, name: str, value: Any) -> None:
    before = getattr(module, name)
    setattr(module, name, value)
    _put_back.append(lambda: setattr(module, name, before))


def _client_for(*, region: str, **_: Any) -> Client:
    return Client(_account.get(), region)


@cache
def _task_class(base: Any) -> Any:
    class JobTask(base):  # type: ignore[misc]  # moto is not typed
        """A task that submits a job, and translates parameters to camel case and results to Pascal case."""

        def _get_supported_parameters(self) -> set[str]:
            return {_pascal(member) for member in _members_of("SubmitJob")}

        def _normalise_parameters(self, parameters: dict[str, Any], *_: Any, **__: Any) -> None:
            shape = _model().operation_model("SubmitJob").input_shape
            parameters.update(_spelled(_take_all(parameters), shape, _camel))

        def _normalise_response(self, response: Any, *_: Any, service_action_name: str = "submit_job", **__: Any) -> None:
            operation = "DescribeJobs" if service_action_name == "describe_jobs" else "SubmitJob"
            if operation == "DescribeJobs":
                job_shape = _model().shape_for("JobDetail")
                for job in response["jobs"]:
                    job.update(_spelled(_take_all(job), job_shape, _pascal))
            elif "jobId" in response:
                response.update(_spelled(_take_all(response), _model().operation_model(operation).output_shape, _pascal))

        def _eval_service_task(self, env: Any, resource_runtime_part: Any, **rest: Any) -> None:
            _account.set(resource_runtime_part.account)
            super()._eval_service_task(env=env, resource_runtime_part=resource_runtime_part, **rest)

        def _build_sync_resolver(self, env: Any, resource_runtime_part: Any, **rest: Any) -> Any:
            _account.set(resource_runtime_part.account)
            return super()._build_sync_resolver(env=env, resource_runtime_part=resource_runtime_part, **rest)

    return JobTask


def _take_all(content: dict[str, Any]) -> dict[str, Any]:
    """Empty a dictionary that moto keeps using, and return its content."""
    taken = dict(content)
    content.clear()
    return taken


def _spelled(value: Any, shape: Shape | None, spell: Callable[[str], str]) -> Any:
    """Return a value with the members of its structures renamed by `spell`; keys of maps are unchanged."""
    if shape is not None and shape.type_name == "structure" and isinstance(value, dict):
        members = shape.members  # type: ignore[attr-defined]  # it is a structure
        return {spell(name): _spelled(each, members.get(_camel(name)), spell) for name, each in value.items()}
    if shape is not None and shape.type_name == "list" and isinstance(value, list):
        return [_spelled(each, shape.member, spell) for each in value]  # type: ignore[attr-defined]  # it is a list
    return value


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]


def _pascal(name: str) -> str:
    return name[:1].upper() + name[1:]


def _members_of(operation: str) -> list[str]:
    shape = _model().operation_model(operation).input_shape
    assert shape is not None
    return list(shape.members)


@cache
def _model() -> ServiceModel:
    from botocore.model import ServiceModel  # noqa: PLC0415 - comes when a mock starts

    return ServiceModel(shared_loader().load_service_model("batch", "service-2"), "batch")
