"""Clients of a server in the account and region that a test wants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3

from support.constants import NO_RETRIES

if TYPE_CHECKING:
    from mock_jobs import MockJobsServer

ACCOUNT_A, ACCOUNT_B = "111111111111", "222222222222"


def client_of(server: MockJobsServer, service: str, account: str = ACCOUNT_A, region: str = "us-east-1") -> Any:
    make_client: Any = boto3.client
    return make_client(
        service,
        region_name=region,
        endpoint_url=server.url,
        aws_access_key_id=account,
        aws_secret_access_key="secret",
        config=NO_RETRIES,
    )


def create_job(server: MockJobsServer, job_id: str = "job-1", account: str = ACCOUNT_A, region: str = "us-east-1") -> str:
    """Create a job for one thing, and return the ARN of that."""
    iot = client_of(server, "iot", account, region)
    arn: str = iot.create_thing(thingName="thing-1")["thingArn"]
    iot.create_job(jobId=job_id, targets=[arn], document="{}")
    return arn


def authorization(service: str, account: str = ACCOUNT_A, region: str = "us-east-1") -> str:
    scope = f"{account}/20261122/{region}/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
