"""The command of a job, run as a local process."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import boto3
import pytest

from mock_jobs import MockJobsServer, UsageValueError, run_command

from support.batch import Timeline
from support.batch_site import Site
from support.constants import ACCOUNT, REGION

GROUP = "/aws/batch/job"


@pytest.fixture(autouse=True)
def _site(mock, site):
    site.make_queue_and_definition()
    mock.batch.plan(run=run_command, optional=True)


def python(code):
    return {"command": [sys.executable, "-c", code]}


def run(mock, site, overrides, **more):
    job_id = site.submit(containerOverrides=overrides, **more)
    mock.batch.run_all()
    return site.detail(job_id)


def log_of(job):
    logs = boto3.client("logs", region_name=REGION)
    stream = job["container"]["logStreamName"]
    return [event["message"] for event in logs.get_log_events(logGroupName=GROUP, logStreamName=stream)["events"]]


@pytest.mark.parametrize("code", [0, 1, 42])
def test_its_exit_code_is_that_of_the_container(mock, site, code):
    job = run(mock, site, python(f"raise SystemExit({code})"))

    assert job["container"]["exitCode"] == code
    assert job["status"] == ("FAILED" if code else "SUCCEEDED")


def test_what_it_writes_is_the_log(mock, site):
    job = run(mock, site, python("import sys; print('out', flush=True); print('err', file=sys.stderr)"))

    assert log_of(job) == ["out", "err"]


def test_what_is_no_text_does_not_stop_it(mock, site):
    job = run(mock, site, python(r"import sys; sys.stdout.buffer.write(b'a\xff\n')"))

    assert log_of(job) == ["a\N{REPLACEMENT CHARACTER}"]


def test_its_environment_is_that_of_the_job_and_hardly_more(mock, site, monkeypatch):
    monkeypatch.setenv("OF_THE_TEST", "x")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real")
    overrides = python("import json, os; print(json.dumps(dict(os.environ)))")
    job = run(
        mock, site, {**overrides, "environment": [{"name": "OF_THE_JOB", "value": "y"}, {"name": "AWS_REGION", "value": "z"}]}
    )
    (line,) = log_of(job)
    environment = json.loads(line)

    assert environment["OF_THE_JOB"] == "y"
    assert environment["AWS_REGION"] == "z"
    assert environment["AWS_BATCH_JOB_ID"] == job["jobId"]
    assert environment["AWS_ACCESS_KEY_ID"] == ACCOUNT
    assert environment["AWS_DEFAULT_REGION"] == REGION
    assert not {"OF_THE_TEST", "AWS_SESSION_TOKEN", "HOME"} & environment.keys()


def test_a_shell_is_not_in_between(mock, site):
    overrides = python("import sys; print(sys.argv[1:])")
    job = run(mock, site, {"command": [*overrides["command"], "$HOME", "a b", "*"]})

    assert log_of(job) == ["['$HOME', 'a b', '*']"]


@pytest.mark.parametrize(("command", "code"), [("no-such-command-here", 127), ("/", 126)])
def test_a_command_that_cannot_be_started_ends_as_under_docker(mock, site, command, code):
    job = run(mock, site, {"command": [command]})

    assert job["container"]["exitCode"] == code
    assert log_of(job)[0].startswith(f"{command}: ")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_a_signal_ends_it_as_under_docker(mock, site):
    job = run(mock, site, python("import os, signal; os.kill(os.getpid(), signal.SIGTERM)"))

    assert job["container"]["exitCode"] == 143


def test_the_timeout_counts_in_real_seconds(mock, site, monkeypatch):
    timeline = Timeline(mock)
    communicate, waited = subprocess.Popen.communicate, []

    def impatient(process, input=None, timeout=None):  # noqa: A002 - its name
        waited.append(timeout)
        return communicate(process, input, None if timeout is None else 0.5)

    monkeypatch.setattr(subprocess.Popen, "communicate", impatient)
    start = time.monotonic()
    overrides = python("import time; print('begun', flush=True); time.sleep(60)")
    job_id = site.submit(containerOverrides=overrides, timeout={"attemptDurationSeconds": 60}, retryStrategy={"attempts": 3})
    timeline.go_to(100)
    job = site.detail(job_id)

    assert time.monotonic() - start < 30
    assert waited == [60, None]
    assert (job["status"], job["statusReason"]) == ("FAILED", "Job attempt duration exceeded timeout")
    assert job["container"]["exitCode"] == 137
    assert timeline.span(job) == (0, 60)
    assert log_of(job) == ["begun"]


def test_an_interrupt_kills_it_and_reaches_the_test(mock, site, monkeypatch):
    started = []

    def interrupted(process, input=None, timeout=None):  # noqa: A002 - its name
        started.append(process)
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess.Popen, "communicate", interrupted)
    site.submit(containerOverrides=python("import time; time.sleep(60)"))
    with pytest.raises(KeyboardInterrupt):
        mock.batch.run_all()

    assert started[0].returncode not in (None, 0)


def test_a_job_without_a_command_is_a_mistake_of_the_test(mock, site):
    site.submit()
    with pytest.raises(UsageValueError, match="job job has no command to run"):
        mock.batch.run_all()


def test_it_can_reach_a_server_in_the_same_account():
    with MockJobsServer() as server:
        options = {"region_name": REGION, "aws_access_key_id": "111111111111", "aws_secret_access_key": "x"}
        batch = boto3.client("batch", endpoint_url=server.url, **options)
        site = Site(batch)
        site.make_queue_and_definition()
        server.account("111111111111").batch.plan("outer", run=run_command)
        code = (
            "import boto3; batch = boto3.client('batch');"
            "print(batch.submit_job(jobName='inner', jobQueue='q', jobDefinition='d')['jobName'])"
        )
        environment = [{"name": "AWS_ENDPOINT_URL", "value": server.url}]
        job_id = site.submit("outer", containerOverrides={**python(code), "environment": environment})
        server.account("111111111111").batch.run_all()

        assert site.detail(job_id)["status"] == "SUCCEEDED"
        (inner,) = batch.list_jobs(jobQueue="q", filters=[{"name": "JOB_NAME", "values": ["inner"]}])["jobSummaryList"]
        assert inner["status"] == "SUCCEEDED"
