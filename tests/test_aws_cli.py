"""The commands in the docs, run with the real AWS CLI against the server."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import boto3
import pytest

from mock_jobs import MockJobsServer

ACCOUNT, REGION = "123456789012", "us-west-2"
DESCRIBED = {
    "jobArn": f"arn:aws:iot:{REGION}:{ACCOUNT}:job/example-job-03",
    "jobId": "example-job-03",
    "description": "example job test",
}

# Version 1 of the CLI ends with this for an error that the service answers.
SERVICE_ERROR = 255


@pytest.fixture
def server():
    with MockJobsServer() as running:
        yield running


@pytest.fixture
def aws(server, tmp_path):
    # A process of the CLI runs no code of mock_jobs that could be measured.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "COVERAGE_"))} | {
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": server.url,
        "AWS_MAX_ATTEMPTS": "1",
        "HOME": str(tmp_path),
    }

    def run(*words):
        command = [sys.executable, "-m", "awscli", *words]
        return subprocess.run(command, capture_output=True, text=True, env=environment)

    return run


@pytest.fixture
def iot(server):
    return _client(server, "iot")


@pytest.fixture
def started(server, iot):
    """The job of the example, with an execution in progress on one thing and a queued one on another."""
    arns = [iot.create_thing(thingName=name)["thingArn"] for name in ("MyRaspberryPi", "Other")]
    iot.create_job(jobId="example-job-03", targets=arns, document="{}", description="example job test")
    _client(server, "iot-jobs-data").start_next_pending_job_execution(thingName="MyRaspberryPi")


def _client(server, service):
    return boto3.client(
        service, region_name=REGION, endpoint_url=server.url, aws_access_key_id=ACCOUNT, aws_secret_access_key="secret"
    )


def _execution(iot, thing_name="MyRaspberryPi"):
    return iot.describe_job_execution(jobId="example-job-03", thingName=thing_name)["execution"]


def test_cancel_job_prints_the_output_of_the_example(aws, iot, started):
    """AWS CLI, iot cancel-job, "To cancel a job"; the example's own `--job-job` is a misprint of `--job-id`."""
    done = aws("iot", "cancel-job", "--job-id", "example-job-03")

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == DESCRIBED
    assert _execution(iot)["status"] == "IN_PROGRESS"
    assert _execution(iot, "Other")["status"] == "CANCELED"


def test_cancel_job_takes_all_its_options(aws, iot, started):
    """AWS CLI, iot cancel-job, "Options": --reason-code, --comment, --force."""
    done = aws("iot", "cancel-job", "--job-id", "example-job-03", "--reason-code", "R_1", "--comment", "why not", "--force")

    assert json.loads(done.stdout) == DESCRIBED
    job = iot.describe_job(jobId="example-job-03")["job"]
    assert (job["reasonCode"], job["comment"], job["forceCanceled"]) == ("R_1", "why not", True)
    assert _execution(iot)["status"] == "CANCELED"


def test_cancel_job_reads_its_input_from_json(aws, iot, started):
    """AWS CLI, iot cancel-job, "--cli-input-json": words on the command line override the values of the JSON."""
    document = json.dumps({"jobId": "example-job-03", "comment": "from the file", "force": True})

    done = aws("iot", "cancel-job", "--cli-input-json", document, "--comment", "from the line")

    assert json.loads(done.stdout) == DESCRIBED
    assert iot.describe_job(jobId="example-job-03")["job"]["comment"] == "from the line"


def test_cancel_job_execution_needs_force_and_prints_nothing(aws, iot, started):
    """AWS CLI, iot cancel-job-execution: --force, --no-force, "Output: None"."""
    words = ("iot", "cancel-job-execution", "--job-id", "example-job-03", "--thing-name", "MyRaspberryPi")

    for more in ((), ("--no-force",)):
        refused = aws(*words, *more)
        assert (refused.returncode, refused.stdout) == (SERVICE_ERROR, "")
        assert "(InvalidStateTransitionException) when calling the CancelJobExecution operation: " in refused.stderr
    assert _execution(iot)["status"] == "IN_PROGRESS"

    done = aws(*words, "--force", "--expected-version", "2", "--status-details", "KeyName1=string,KeyName2=string")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    execution = _execution(iot)
    assert (execution["status"], execution["forceCanceled"]) == ("CANCELED", True)
    assert execution["statusDetails"]["detailsMap"] == {"KeyName1": "string", "KeyName2": "string"}


def test_cancel_job_execution_reports_a_stale_version(aws, started):
    """AWS CLI, iot cancel-job-execution, "--expected-version"."""
    done = aws(
        *("iot", "cancel-job-execution", "--job-id", "example-job-03", "--thing-name", "MyRaspberryPi"),
        *("--force", "--expected-version", "1"),
    )

    assert done.returncode == SERVICE_ERROR
    assert done.stderr.strip() == (
        "An error occurred (VersionConflictException) when calling the CancelJobExecution operation: "
        "Expected version 1 but found version 2"
    )


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (
            ("iot", "cancel-job", "--job-id", "nowhere"),
            "An error occurred (ResourceNotFoundException) when calling the CancelJob operation: Job nowhere cannot be found.",
        ),
        (
            ("iot", "cancel-job", "--job-id", "bad id!"),
            (
                "An error occurred (InvalidRequestException) when calling the CancelJob operation: 1 validation error detected: "
                "Value 'bad id!' at 'jobId' failed to satisfy constraint: Member must satisfy regular expression pattern: "
                "[a-zA-Z0-9_-]+"
            ),
        ),
        (
            ("iot-jobs-data", "start-command-execution", "--target-arn", "target", "--command-arn", "command"),
            (
                "An error occurred (NotEmulatedYet) when calling the StartCommandExecution operation: mock_jobs does not emulate "
                "iot-jobs-data StartCommandExecution yet, and does not pretend to. Nothing was changed."
            ),
        ),
    ],
    ids=["unknown job", "bad id", "not emulated"],
)
def test_errors_are_printed_in_the_words_of_the_cli(aws, words, text):
    done = aws(*words)

    assert (done.returncode, done.stdout, done.stderr.strip()) == (SERVICE_ERROR, "", text)


def test_batch_cancel_job_of_the_sample_succeeds_without_a_word(aws):
    """AWS Batch API Reference, CancelJob, "Example": an id that is well formed and unknown is no error."""
    done = aws("batch", "cancel-job", "--job-id", "1d828f65-7a4d-42e8-996d-3b900ed59dc4", "--reason", "Cancelling job.")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_batch_cancel_job_refuses_an_identifier_that_is_not_valid(aws):
    """AWS Batch API Reference, CancelJob, "Errors": ClientException names an identifier that is not valid as a cause."""
    done = aws("batch", "cancel-job", "--job-id", "not an id", "--reason", "r")

    assert done.returncode == SERVICE_ERROR
    assert "(ClientException) when calling the CancelJob operation: " in done.stderr


def test_the_cli_shows_what_moto_lacks(aws):
    done = aws("iot", "list-commands")

    assert done.returncode == SERVICE_ERROR
    assert "An error occurred (NotImplemented) when calling the ListCommands operation: moto " in done.stderr
    assert "does not implement iot ListCommands" in done.stderr
