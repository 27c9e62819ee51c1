"""Effects of `mock_jobs` on the process: boto3 sessions, imports, users of requests, and moto's server mode."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys

import boto3
import botocore.exceptions
import botocore.session
import pytest
import requests
from botocore.loaders import Loader, create_loader

from mock_jobs import NotActiveError, UsageValueError, mock_jobs

from support.process_state import changes, patched

REGION = "eu-west-1"


@pytest.fixture(autouse=True)
def _nothing_is_left_patched():
    before = patched()
    yield
    assert changes(before, patched()) == []


def test_models_are_read_once_for_all_sessions_and_search_paths_do_not_grow():
    loaders = []
    for _ in range(3):
        with mock_jobs():
            for session in (boto3.session.Session(), boto3.session.Session()):
                session.client("iot", region_name=REGION)
                loaders.append(session._session.get_component("data_loader"))

    assert len({id(loader._cache) for loader in loaders}) == 1
    assert len({tuple(loader.search_paths) for loader in loaders}) == 1


@pytest.mark.parametrize("name", ["endpoints", "partitions", "iot/2015-05-28/service-2", "batch/2016-08-10/service-2"])
def test_models_are_those_of_botocore(name):
    botocores = create_loader().file_loader
    path = f"{Loader.BUILTIN_DATA_PATH}/{name}"
    with mock_jobs():
        ours = boto3.session.Session()._session.get_component("data_loader").file_loader

        assert type(ours.load_file(path)) is dict
        # As text, because the order of members counts.
        assert json.dumps(ours.load_file(path)) == json.dumps(botocores.load_file(path))


def test_a_model_that_there_is_not_is_refused():
    with mock_jobs(), pytest.raises(botocore.exceptions.UnknownServiceError, match="'batsh'"):
        boto3.client("batsh", region_name=REGION)


@pytest.mark.parametrize("compress", [None, gzip.compress])
def test_models_of_a_users_own_folder_are_found(tmp_path, monkeypatch, compress):
    folder = tmp_path / "own" / "2026-01-01"
    folder.mkdir(parents=True)
    text = b'{"version": "2.0", "metadata": {"serviceId": "Own", "protocol": "json"}, "operations": {}, "shapes": {}}'
    if compress is None:
        (folder / "service-2.json").write_bytes(text)
    else:
        (folder / "service-2.json.gz").write_bytes(compress(text))
    with monkeypatch.context() as patch, mock_jobs():
        patch.setenv("AWS_DATA_PATH", str(tmp_path))
        session = boto3.session.Session()

        assert "own" in session.get_available_services()
        assert session._session.get_service_model("own").service_id == "Own"


def test_a_search_path_that_a_test_adds_is_gone_with_its_session():
    with mock_jobs():
        loader = boto3.session.Session()._session.get_component("data_loader")
        loader.search_paths.append("/somewhere/custom")
    with mock_jobs():
        assert "/somewhere/custom" not in boto3.session.Session()._session.get_component("data_loader").search_paths


def _handlers(session):
    return {
        name: [id(each) for each in session.get_component("event_emitter")._emitter._handlers.prefix_search(name)]
        for name in _EVENTS
    }


_EVENTS = ("before-send.iot.CreateJob", "before-parameter-build.s3.PutObject", "creating-client-class.s3", "needs-retry.batch.X")


def test_sessions_have_the_same_handlers_as_without_the_mock():
    before = _handlers(botocore.session.Session())
    with mock_jobs():
        first, second = botocore.session.get_session(), botocore.session.get_session()
        first.register("before-send.iot.CreateJob", lambda **_: None)

        assert _handlers(second) == before
        assert _handlers(first) != before


def test_a_region_that_moto_does_not_know_is_named():
    with mock_jobs():
        iot = boto3.client("iot", region_name="xx-west-1")
        with pytest.raises(UsageValueError, match=r"no AWS IoT in the region 'xx-west-1'.*MOTO_ALLOW_NONEXISTENT_REGION"):
            iot.create_job(jobId="j", targets=["arn:aws:iot:xx-west-1:123456789012:thing/t"], document="{}")


_EARLY = """
import os
for name in list(os.environ):
    if name.startswith("AWS_"):
        del os.environ[name]
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
os.environ["HOME"] = "/nonexistent"
import boto3
iot = boto3.client("iot", region_name="us-east-1")
device = boto3.client("iot-jobs-data", region_name="us-east-1")
s3 = boto3.client("s3", region_name="us-east-1")
braket = boto3.client("braket", region_name="us-east-1")
from mock_jobs import UnmockedRequestError, mock_jobs
with mock_jobs():
    arn = iot.create_thing(thingName="thing")["thingArn"]
    iot.create_job(jobId="job", targets=[arn], document="{}")
    print(device.get_pending_job_executions(thingName="thing")["queuedJobs"][0]["jobId"])
    s3.create_bucket(Bucket="bucket")
    print(s3.list_buckets()["Buckets"][0]["Name"])
    try:
        braket.search_devices(filters=[])
    except UnmockedRequestError as error:
        print("stopped", error)
try:
    iot.list_jobs()
except Exception as error:
    print(type(error).__name__)
"""


@pytest.mark.usefixtures("_unmeasured")
def test_clients_made_before_the_import_and_without_credentials_are_caught():
    """A module-level client of a Lambda handler, in CI."""
    done = subprocess.run([sys.executable, "-c", _EARLY], capture_output=True, text=True, check=False)

    assert done.stderr == ""
    job, bucket, stopped, after = done.stdout.splitlines()
    assert (job, bucket, after) == ("job", "bucket", "NoCredentialsError")
    assert stopped.startswith("stopped The request for braket SearchDevices")


# What the first test of a process does
USES = {
    "import": "",
    "decorator": "mock_jobs.mock_jobs(lambda: None)",
    "start": "with mock_jobs.mock_jobs(): pass",
    "moto": "with mock_jobs.mock_jobs(): boto3.client('s3').list_buckets()",
    "iot": """
with mock_jobs.mock_jobs() as mock:
    iot = boto3.client("iot")
    arn = iot.create_thing(thingName="t")["thingArn"]
    iot.create_job(jobId="j", targets=[arn], document="{}")
    iot.cancel_job(jobId="j")
    mock.iot.settings.change(), mock.clock.advance(1), mock.events, mock.calls
""",
    "batch": """
with mock_jobs.mock_jobs(pace="clock") as mock:
    batch = boto3.client("batch")
    batch.describe_job_queues()
    batch.register_job_definition(jobDefinitionName="d", type="container", containerProperties={
        "image": "i", "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "128"}]})
    batch.describe_jobs(jobs=["11111111-2222-4333-8444-555555555555"])
    mock.batch.run_all(), mock.clock.advance(1), mock.events, mock.calls
""",
}
HEAVY = {"boto3", "botocore", "moto", "responses", "werkzeug", "requests", "hypothesis"}
SELDOM = {
    "croniter",
    "mock_jobs.moto_adapters.cloudformation.seam",
    "mock_jobs.moto_adapters.ecs",
    "mock_jobs.moto_adapters.sagemaker",
    "mock_jobs.moto_adapters.step_functions",
    "mock_jobs.server",
    "mock_jobs.transports.control_api",
    "moto.batch",
    "moto.cloudformation",
    "moto.ec2",
    "moto.ecs",
    "moto.stepfunctions",
    "regex",
}
BATCH, IOT = {"mock_jobs.batch"}, {"mock_jobs.iot", "mock_jobs.iot_jobs_data"}


@pytest.mark.parametrize(
    ("use", "unused"),
    [
        ("import", HEAVY | SELDOM | BATCH | IOT | {"mock_jobs.core", "mock_jobs.mock", "unittest"}),
        ("decorator", HEAVY | SELDOM | BATCH | IOT | {"mock_jobs.moto_adapters", "mock_jobs.transports"}),
        ("start", SELDOM | BATCH | IOT | {"cryptography", "moto.iot"}),
        ("moto", SELDOM | BATCH | IOT | {"moto.iot"}),
        ("iot", SELDOM | BATCH),
        ("batch", SELDOM | IOT | {"cryptography", "moto.iam", "moto.iot", "moto.s3"}),
    ],
)
@pytest.mark.usefixtures("_unmeasured")
def test_a_test_imports_only_what_it_uses(use, unused):
    needed = "" if unused >= HEAVY else "import boto3\n"
    code = f"import mock_jobs, sys\n{needed}{USES[use]}\nprint(*sys.modules)"
    environment = {**os.environ, "AWS_DEFAULT_REGION": REGION}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)

    loaded = done.stdout.split()
    assert [name for name in loaded if any(name == each or name.startswith(f"{each}.") for each in unused)] == []


@pytest.mark.parametrize(
    "url",
    [
        "https://data.jobs.iot.us-east-1.amazonaws.com/things/thing-1/jobs",
        "https://prefix.jobs.iot.us-east-1.amazonaws.com/things/thing-1/jobs",
    ],
)
def test_users_of_requests_reach_the_device_plane(url):
    with mock_jobs():
        iot = boto3.client("iot", region_name="us-east-1")
        arn = iot.create_thing(thingName="thing-1")["thingArn"]
        iot.create_job(jobId="job-1", targets=[arn], document="{}")

        answer = requests.get(url, timeout=5)

        assert [job["jobId"] for job in answer.json()["queuedJobs"]] == ["job-1"]


def test_users_of_requests_reach_moto_and_nobody_else():
    with mock_jobs():
        assert b"ListAllMyBucketsResult" in requests.get("https://s3.amazonaws.com/", timeout=5).content
        for url in (
            "https://unknown.us-east-1.amazonaws.com/x",
            "https://unknown.cn-north-1.amazonaws.com.cn/x",
            "https://unknown.us-east-1.api.aws/x",
        ):
            assert requests.get(url, timeout=5).status_code == 400


def test_server_mode_of_moto_points_clients_at_the_server(monkeypatch):
    monkeypatch.setattr("moto.settings.TEST_SERVER_MODE", True)
    monkeypatch.setenv("MOTO_CALL_RESET_API", "false")
    monkeypatch.setenv("TEST_SERVER_MODE_ENDPOINT", "http://127.0.0.1:5999")

    with mock_jobs(region="eu-west-3") as mock:
        assert boto3.client("batch").meta.endpoint_url == "http://127.0.0.1:5999"
        assert boto3.client("batch").meta.region_name == "eu-west-3"
        with pytest.raises(NotActiveError, match="TEST_SERVER_MODE"):
            mock.clock  # noqa: B018
    with pytest.raises(UsageValueError, match="/mock-jobs-api/batch/pace"):
        mock_jobs(pace="manual").start()
