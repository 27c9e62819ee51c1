"""Things, groups, jobs and devices for the tests of both planes of AWS IoT Jobs; everything through boto3."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError

from mock_jobs.handle import world_of
from mock_jobs.transports.dispatch import answer
from mock_jobs.wire.http import Request

from support.constants import ACCOUNT, REGION

if TYPE_CHECKING:
    from mypy_boto3_iot.client import IoTClient
    from mypy_boto3_iot.type_defs import CreateJobResponseTypeDef, JobExecutionTypeDef, JobTypeDef
    from mypy_boto3_iot_jobs_data.client import IoTJobsDataPlaneClient
    from mypy_boto3_iot_jobs_data.type_defs import UpdateJobExecutionResponseTypeDef

    from mock_jobs import MockJobs

ARN = "arn:aws:iot:us-east-1:123456789012:"
STATUSES = ("QUEUED", "IN_PROGRESS", "SUCCEEDED", "FAILED", "TIMED_OUT", "REJECTED", "REMOVED", "CANCELED")
COUNTERS = {
    "QUEUED": "numberOfQueuedThings",
    "IN_PROGRESS": "numberOfInProgressThings",
    "SUCCEEDED": "numberOfSucceededThings",
    "FAILED": "numberOfFailedThings",
    "TIMED_OUT": "numberOfTimedOutThings",
    "REJECTED": "numberOfRejectedThings",
    "REMOVED": "numberOfRemovedThings",
    "CANCELED": "numberOfCanceledThings",
}


def counters_of(described: JobTypeDef) -> dict[str, int]:
    """Return the counters of a described job that are not zero, by status."""
    details: Any = described["jobProcessDetails"]
    return {status: details[name] for status, name in COUNTERS.items() if details[name]}


class Fleet:
    """Things, jobs and devices of one account and region.

    Args:
        iot: The client of the control plane.
        iot_data: The client of the device plane.
        mock: The mock that answers both, for the account and region of the tests. With it snapshots cost a quarter.
    """

    def __init__(self, iot: IoTClient, iot_data: IoTJobsDataPlaneClient, mock: MockJobs | None = None) -> None:
        self.iot = iot
        self.data = iot_data
        self.mock = mock
        self.body = b""
        self.names: list[str] = []
        for client in (iot, iot_data):
            client.meta.events.register("response-received", self._remember)

    def _remember(self, response_dict: dict[str, Any] | None, **_: object) -> None:
        # boto3 drops members of errors that the model does not have.
        self.body = b"" if response_dict is None else response_dict["body"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def things(self, *names: str) -> None:
        for name in names:
            self.iot.create_thing(thingName=name)
            self.names.append(name)

    def group(self, name: str, *things: str, parent: str | None = None) -> None:
        parents: dict[str, Any] = {"parentGroupName": parent} if parent else {}
        self.iot.create_thing_group(thingGroupName=name, **parents)
        for thing in things:
            self.join(thing, name)

    def join(self, thing: str, group: str) -> None:
        self.iot.add_thing_to_thing_group(thingGroupName=group, thingName=thing)

    def leave(self, thing: str, group: str) -> None:
        self.iot.remove_thing_from_thing_group(thingGroupName=group, thingName=thing)

    def follow(self, *groups: str, things: Iterable[str] = (), **members: Any) -> CreateJobResponseTypeDef:
        """Create a continuous job for groups and things, all of which exist."""
        return self.job(*things, groups=groups, targetSelection="CONTINUOUS", **members)

    def executions(self, thing: str, job_id: str = "job") -> list[tuple[int, str, int]]:
        """Return number, status and version of all executions of a registered thing, the oldest first."""
        found = self.iot.list_job_executions_for_thing(thingName=thing, jobId=job_id)["executionSummaries"]
        numbers = sorted(each["jobExecutionSummary"]["executionNumber"] for each in found)
        described = [self.execution(thing, job_id, executionNumber=number) for number in numbers]
        return [(each["executionNumber"], each["status"], each["versionNumber"]) for each in described]

    def job(self, *things: str, job_id: str = "job", groups: Iterable[str] = (), **members: Any) -> CreateJobResponseTypeDef:
        """Create a job for things and groups, all of which exist."""
        targets = [f"{ARN}thing/{each}" for each in things] + [f"{ARN}thinggroup/{each}" for each in groups]
        if "document" not in members and "documentSource" not in members and "jobTemplateArn" not in members:
            members["document"] = "{}"
        return self.iot.create_job(jobId=job_id, targets=targets, **members)

    def describe(self, job_id: str = "job") -> JobTypeDef:
        return self.iot.describe_job(jobId=job_id)["job"]

    def execution(self, thing: str, job_id: str = "job", **members: Any) -> JobExecutionTypeDef:
        return self.iot.describe_job_execution(jobId=job_id, thingName=thing, **members)["execution"]

    def status(self, thing: str, job_id: str = "job") -> str:
        return self.execution(thing, job_id)["status"]

    def version(self, thing: str, job_id: str = "job") -> int:
        return self.execution(thing, job_id)["versionNumber"]

    def counters(self, job_id: str = "job") -> dict[str, int]:
        """Return the counters that are not zero, by status."""
        return counters_of(self.describe(job_id))

    def start(self, thing: str, **members: Any) -> Any:
        return self.data.start_next_pending_job_execution(thingName=thing, **members).get("execution")

    def report(self, thing: str, status: Any, job_id: str = "job", **members: Any) -> UpdateJobExecutionResponseTypeDef:
        return self.data.update_job_execution(thingName=thing, jobId=job_id, status=status, **members)

    def bring(self, thing: str, status: str, job_id: str = "job") -> None:
        """Bring a QUEUED execution to a status, the way AWS documents."""
        if status in ("IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED"):
            self.report(thing, "IN_PROGRESS", job_id)
        if status in ("SUCCEEDED", "FAILED", "REJECTED"):
            self.report(thing, status, job_id)
        if status == "CANCELED":
            self.iot.cancel_job_execution(jobId=job_id, thingName=thing)
        if status == "REMOVED":
            self.iot.delete_thing(thingName=thing)
            self.names.remove(thing)
        assert self.status(thing, job_id) == status

    def snapshot(self) -> dict[str, Any]:
        """Return all that can be seen, by what was asked for."""
        seen: dict[str, Any] = {}

        def look(client: Any, operation: str, **arguments: str) -> Any:
            return seen.setdefault(f"{operation} {arguments}", self._read(client, operation, **arguments))

        look(self.iot, "list_jobs")
        look(self.iot, "list_job_templates")
        # If the two ways to read saw different accounts, nothing would ever change.
        jobs = [each["jobId"] for each in self.iot.list_jobs()["jobs"]]
        assert [each["jobId"] for each in seen["list_jobs {}"]["jobs"]] == jobs
        for each in seen["list_job_templates {}"]["jobTemplates"]:
            look(self.iot, "describe_job_template", jobTemplateId=each["jobTemplateId"])
        for job in jobs:
            look(self.iot, "describe_job", jobId=job)
            look(self.iot, "get_job_document", jobId=job)
            for each in look(self.iot, "list_job_executions_for_job", jobId=job)["executionSummaries"]:
                look(self.iot, "describe_job_execution", jobId=job, thingName=each["thingArn"].rpartition("/")[2])
        for thing in self.names:
            look(self.data, "get_pending_job_executions", thingName=thing)
        return seen

    def _read(self, client: Any, operation: str, **arguments: str) -> Any:
        """Return the answer of an operation without a body; from the mock itself, if there is one, since botocore takes longer."""
        if self.mock is None:
            return {**getattr(client, operation)(**arguments), "ResponseMetadata": None}
        model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation])
        path = model.http["requestUri"].format(**{name: quote(value, safe="") for name, value in arguments.items()})
        service = client.meta.service_model.service_name
        answered = answer(world_of(self.mock), Request(service, model.http["method"], path, "", b"", ACCOUNT, REGION))
        assert answered is not None
        assert answered.status == HTTPStatus.OK, answered
        return json.loads(answered.body)

    @contextmanager
    def refused(self, code: str, status: int, message: str | None = None) -> Iterator[pytest.ExceptionInfo[ClientError]]:
        """Expect an AWS error, and that nothing that can be seen has changed."""
        before = self.snapshot()
        with pytest.raises(ClientError) as caught:
            yield caught
        body = self.body
        response = caught.value.response
        assert response["Error"]["Code"] == code
        assert response["ResponseMetadata"]["HTTPStatusCode"] == status
        if message is not None:
            assert response["Error"]["Message"] == message
        assert self.snapshot() == before
        self.body = body
