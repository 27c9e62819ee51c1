"""Accounts and regions: mock_jobs and moto agree on them, and keep their data apart."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError

from support.constants import ACCOUNT, REGION


def _client(service, key="FOOBARKEY", region=REGION):
    return boto3.client(service, region_name=region, aws_access_key_id=key, aws_secret_access_key="secret")


def _job_arn(iot, job_id="job-1"):
    thing_arn = iot.create_thing(thingName="thing-1")["thingArn"]
    job_arn = iot.create_job(jobId=job_id, targets=[thing_arn], document="{}")["jobArn"]
    assert job_arn.split(":")[:5] == thing_arn.split(":")[:5]
    return job_arn


def test_the_default_account_is_motos(mock):
    assert _job_arn(_client("iot")) == f"arn:aws:iot:{REGION}:{ACCOUNT}:job/job-1"


def test_an_access_key_of_twelve_digits_is_the_account(mock):
    assert _job_arn(_client("iot", "210987654321")) == f"arn:aws:iot:{REGION}:210987654321:job/job-1"
    assert _client("sts", "210987654321").get_caller_identity()["Account"] == "210987654321"


def test_a_fixed_account_comes_before_all_others(mock, monkeypatch):
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "999999999999")

    assert _job_arn(_client("iot", "210987654321")) == f"arn:aws:iot:{REGION}:999999999999:job/job-1"


def test_an_assumed_role_acts_in_its_own_account(mock):
    credentials = boto3.client("sts", region_name=REGION).assume_role(
        RoleArn="arn:aws:iam::333333333333:role/deployer", RoleSessionName="test"
    )["Credentials"]
    iot = boto3.client(
        "iot",
        region_name=REGION,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )

    assert _job_arn(iot) == f"arn:aws:iot:{REGION}:333333333333:job/job-1"


def test_the_account_header_of_moto_is_honoured(mock):
    iot = _client("iot")
    iot.meta.events.register_first(
        "request-created.iot", lambda request, **_: request.headers.add_header("x-moto-account-id", "444444444444")
    )

    assert _job_arn(iot) == f"arn:aws:iot:{REGION}:444444444444:job/job-1"


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_arns_carry_partition_region_and_account(mock, region, partition):
    assert _job_arn(_client("iot", region=region)) == f"arn:{partition}:iot:{region}:{ACCOUNT}:job/job-1"

    queue_arn = _queue(_client("batch", region=region))
    assert queue_arn == f"arn:{partition}:batch:{region}:{ACCOUNT}:job-queue/queue"


def _queue(batch):
    batch.create_compute_environment(
        computeEnvironmentName="ce", type="UNMANAGED", serviceRole=f"arn:aws:iam::{ACCOUNT}:role/batch", unmanagedvCpus=4
    )
    order = [{"order": 1, "computeEnvironment": "ce"}]
    return batch.create_job_queue(jobQueueName="queue", priority=1, computeEnvironmentOrder=order)["jobQueueArn"]


@pytest.mark.parametrize("other", [{"key": "111111111111"}, {"region": "eu-west-1"}], ids=["another account", "another region"])
def test_state_never_leaks(mock, other):
    _job_arn(_client("iot"))
    _queue(_client("batch"))

    iot, batch, device = (_client(service, **other) for service in ("iot", "batch", "iot-jobs-data"))

    assert iot.list_jobs()["jobs"] == []
    assert batch.describe_job_queues()["jobQueues"] == []
    for call in (
        lambda: iot.cancel_job(jobId="job-1"),
        lambda: iot.list_job_executions_for_thing(thingName="thing-1"),
        lambda: device.start_next_pending_job_execution(thingName="thing-1"),
    ):
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            call()
    assert _job_arn(iot).split(":")[5] == "job/job-1"


def test_a_target_of_another_account_is_not_found(mock):
    thing_arn = _client("iot", "111111111111").create_thing(thingName="thing-1")["thingArn"]
    iot = _client("iot")
    iot.create_thing(thingName="thing-1")

    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.create_job(jobId="job-1", targets=[thing_arn], document="{}")
