"""Resources and containers of AWS Batch, error texts, and a clock, for the tests of jobs and service jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

ACCOUNT = "123456789012"
PREFIX = f"arn:aws:batch:us-east-1:{ACCOUNT}:"
UNKNOWN_ID = "11111111-2222-4333-8444-555555555555"
EC2 = {
    "type": "EC2",
    "minvCpus": 0,
    "maxvCpus": 16,
    "instanceTypes": ["optimal"],
    "subnets": ["subnet-1"],
    "instanceRole": "ecsInstanceRole",
}
FARGATE = {"type": "FARGATE", "maxvCpus": 16, "subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]}
MANAGED: dict[str, Any] = {
    "type": "ECS_MANAGED_INSTANCES",
    "maxvCpus": 16,
    "managedInstancesProvider": {
        "infrastructureRoleArn": "arn:aws:iam::123456789012:role/x",
        "instanceLaunchTemplate": {
            "ec2InstanceProfileArn": "arn:aws:iam::123456789012:instance-profile/x",
            "networkConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]},
        },
    },
}
FARGATE_CONTAINER = {
    "image": "busybox",
    "executionRoleArn": "arn:aws:iam::123456789012:role/x",
    "resourceRequirements": [{"type": "VCPU", "value": "0.25"}, {"type": "MEMORY", "value": "512"}],
}


def container(vcpus: float = 1, **more: Any) -> dict[str, Any]:
    requirements = [{"type": "VCPU", "value": str(vcpus)}, {"type": "MEMORY", "value": "128"}]
    return {"image": "busybox", "resourceRequirements": requirements, **more}


def refusal(call: Any, **arguments: Any) -> str:
    """Make a call that must be refused as a client's mistake, and return the text without its wrapping."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response
    assert error["Error"]["Code"] == "ClientException"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 400
    text = error["Error"]["Message"]
    start, end = "Error executing request, Exception : ", f", RequestId: {error['ResponseMetadata']['RequestId']}"
    return text[len(start) : -len(end)] if text.startswith(start) and text.endswith(end) else text


class Timeline:
    """The clock of a test that stands still between its steps; zero is the moment of its making."""

    def __init__(self, mock: Any) -> None:
        mock.batch.pace = "clock"
        mock.clock.freeze()
        self._clock = mock.clock
        self._start_ms = mock.clock.now_ms

    def go_to(self, seconds: float) -> None:
        self._clock.advance(self._start_ms / 1000 + seconds - self._clock.now_s)

    def seconds(self, at_ms: int | None) -> float | None:
        return None if at_ms is None else (at_ms - self._start_ms) / 1000

    def span(self, job: Mapping[str, Any]) -> tuple[float | None, float | None]:
        """Return when a job started and stopped."""
        return self.seconds(job.get("startedAt")), self.seconds(job.get("stoppedAt"))
