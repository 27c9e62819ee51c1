"""The machinery of the probes, and a rehearsal: a server stands for AWS."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from mock_jobs import MockJobsServer, mock_jobs

from probes.catalogue import CATALOGUE
from probes.probing import ACCEPTED, ACCOUNT_VARIABLE, PREFIX, Aws, NotOursError, error, probe
from support.constants import REGION
from support.server import ACCOUNT_A, ACCOUNT_B, client_of

# What runs in the processes is the mock that all other tests measure.
pytestmark = [pytest.mark.usefixtures("_unmeasured"), pytest.mark.long]

ROOT = Path(__file__).parents[2]
# Time does not pass in a rehearsal: who sleeps moves the clock of the server.
NO_SLEEP = f"""
import json, os, time, urllib.request

def sleep(seconds):
    urllib.request.urlopen(urllib.request.Request(
        os.environ["AWS_ENDPOINT_URL"] + "/mock-jobs-api/clock/advance",
        data=json.dumps({{"seconds": seconds}}).encode(),
        headers={{"x-moto-account-id": "{ACCOUNT_A}"}},
    )).close()

time.sleep = sleep
"""


@pytest.fixture
def server():
    with MockJobsServer() as running:
        yield running


@pytest.fixture
def run(tmp_path):
    """Return a function that runs pytest on the probes with --aws, in a process of its own."""
    (tmp_path / "no_sleep.py").write_text(NO_SLEEP)

    def run(*arguments, url="http://127.0.0.1:9", **variables):
        # The probes ask a server, so there is no code of mock_jobs to measure in their process.
        dropped = ("AWS_", "COVERAGE_", "PYTEST_", "MOCK_JOBS")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        environment |= {
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": ACCOUNT_A,
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "PYTHONPATH": str(tmp_path),
            **variables,
        }
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no_sleep", "-p", "no:cacheprovider", "tests/probes", "--aws"]
        environment = {name: value for name, value in environment.items() if value is not None}
        return subprocess.run([*command, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True)

    return run


@pytest.fixture
def aws():
    with mock_jobs(region=REGION) as mock:
        yield Aws(boto3.session.Session(region_name=REGION), wait=mock.clock.advance)


# The rehearsal


def test_all_probes_can_ask_through_http_and_leave_nothing(run, server):
    result = run(url=server.url, **{ACCOUNT_VARIABLE: ACCOUNT_A})
    rows = [line for line in result.stdout.splitlines() if line.startswith("| ")][1:]
    iot, batch = client_of(server, "iot"), client_of(server, "batch")

    assert result.returncode == 0, result.stdout + result.stderr
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == [each.row.id for each in CATALOGUE]
    assert {row.split(" | ")[1] for row in rows} == {"same"}
    assert f"{len(CATALOGUE)} passed" in result.stdout
    assert "left behind" not in result.stdout
    assert ACCOUNT_A not in result.stdout
    assert iot.list_things()["things"] == iot.list_jobs()["jobs"] == iot.list_thing_groups()["thingGroups"] == []
    assert batch.describe_compute_environments()["computeEnvironments"] == []
    assert batch.describe_job_definitions(status="ACTIVE")["jobDefinitions"] == []


def test_several_processes_give_one_table(run, server):
    result = run("-n", "2", "-k", "iot-15 or iot-16", url=server.url, **{ACCOUNT_VARIABLE: ACCOUNT_A})

    assert result.returncode == 0, result.stdout + result.stderr
    assert [line[:15] for line in result.stdout.splitlines() if line.startswith("| iot-")] == [
        "| iot-15 | same",
        "| iot-16 | same",
    ]


def test_an_answer_that_the_page_does_not_give_stands_in_the_table_with_its_text(run, server):
    server.account(ACCOUNT_A).batch.settings.idempotent_delete = False

    result = run("-k", "batch-6 and not batch-66", url=server.url, **{ACCOUNT_VARIABLE: ACCOUNT_A})

    assert result.returncode == 1
    assert '| batch-6 | DIFFERENT | {"queue": "accepted"' in result.stdout
    assert "- batch-6 DeleteJobQueue: " in result.stdout


def test_a_probe_that_gets_no_answer_stands_in_the_table(run, server):
    server.account(ACCOUNT_A).faults.add("iot", "CreateJob", "LimitExceededException", times=None)

    result = run("-k", "iot-16", url=server.url, **{ACCOUNT_VARIABLE: ACCOUNT_A})

    assert result.returncode == 1
    assert "| iot-16 | not answered | " in result.stdout
    assert "LimitExceededException" in result.stdout
    assert client_of(server, "iot").list_things()["things"] == []


def _calls_in_the_sources():
    """Return the operations that the probes name, as services and names of the API."""
    folder = Path(__file__).parent
    modules = [folder / "making.py", *(path for path in folder.glob("*_probes.py") if not path.name.startswith("test_"))]
    sources = "".join(path.read_text(encoding="utf-8") for path in modules)
    clients = {"iot": "iot", "batch": "batch", "device": "iot-jobs-data"}
    for attribute, method in re.findall(r"\baws\.(iot|batch|device)\.([a-z_]+)", sources):
        if method != "meta":
            yield clients[attribute], method


def test_the_page_asks_for_the_permissions_that_the_probes_need():
    page = (ROOT / "docs" / "how-to" / "ask-aws.md").read_text(encoding="utf-8")
    policy = json.loads(re.findall(r"```json\n(.*?)```", page, re.DOTALL)[0])
    prefixes = {"iot": "iot", "batch": "batch", "iot-jobs-data": "iotjobsdata"}
    session = boto3.session.Session(region_name=REGION)
    names = {service: session.client(service).meta.method_to_api_mapping for service in prefixes}
    needed = {f"{prefixes[service]}:{names[service][method]}" for service, method in _calls_in_the_sources()}

    assert len(needed) > 50
    assert needed - set(policy["Statement"][0]["Action"]) == set()


def test_what_cannot_be_removed_is_listed(run, server):
    server.account(ACCOUNT_A).faults.add("iot", "DeleteJob", "InvalidRequestException", times=None)

    result = run("-k", "iot-12", url=server.url, **{ACCOUNT_VARIABLE: ACCOUNT_A})

    assert result.returncode == 1
    assert "left behind: remove it by hand" in result.stdout
    assert "- iot-12 delete_job mock-jobs-probe-" in result.stdout


# Which account


def test_aws_is_not_asked_unless_an_account_is_named(run):
    result = run()

    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert f"name it in {ACCOUNT_VARIABLE}" in result.stderr


def test_aws_is_not_asked_without_a_region(run):
    result = run(AWS_DEFAULT_REGION=None, **{ACCOUNT_VARIABLE: ACCOUNT_A})

    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert "name it in AWS_DEFAULT_REGION" in result.stderr


def test_credentials_of_another_account_are_refused(run, server):
    result = run(url=server.url, **{ACCOUNT_VARIABLE: ACCOUNT_B})

    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert f"belong to account {ACCOUNT_A}, but {ACCOUNT_VARIABLE} names {ACCOUNT_B}" in result.stderr
    assert server.account(ACCOUNT_A).calls == ()


def test_credentials_that_nobody_answers_for_are_refused(run):
    result = run(AWS_MAX_ATTEMPTS="1", **{ACCOUNT_VARIABLE: ACCOUNT_A})

    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert "cannot tell whose credentials these are" in result.stderr


# What a probe is given


def test_cleanups_run_in_reverse_order_and_each_failure_is_reported(aws):
    done = []

    def remove(what):
        done.append(what)
        if what == "second":
            raise RuntimeError("it is stuck")

    for what in ("first", "second", "third"):
        aws.later(remove, what=what)

    assert aws.clean_up() == ["remove second: it is stuck"]
    assert done == ["third", "second", "first"]
    assert aws.clean_up() == []


def test_what_is_gone_already_needs_no_cleanup(aws):
    aws.later(aws.iot.delete_job, jobId=aws.name())

    assert aws.clean_up() == []


def test_nothing_is_changed_that_the_probe_did_not_make(aws):
    boto3.client("iot", region_name=REGION).create_thing(thingName="pump-1")

    with pytest.raises(NotOursError, match="DeleteThing names nothing that this probe has made"):
        aws.iot.delete_thing(thingName="pump-1")
    assert [each["thingName"] for each in aws.iot.list_things()["things"]] == ["pump-1"]


def test_another_probe_is_somebody_else(aws):
    other = Aws(aws.session)
    aws.iot.create_thing(thingName=aws.name())

    with pytest.raises(NotOursError):
        other.iot.delete_thing(thingName=aws.own[0] + "-1")


def test_names_begin_alike_and_differ(aws):
    names = [aws.name(), aws.name(), Aws(aws.session).name()]

    assert all(name.startswith(PREFIX) for name in names)
    assert len(set(names)) == 3


def test_an_answer_is_accepted_or_shown_or_an_error(aws):
    name = aws.name()

    assert aws.asked(aws.iot.create_thing, thingName=name) == ACCEPTED
    assert aws.asked(aws.iot.describe_thing, show=lambda answer: answer["thingName"], thingName=name) == name
    assert aws.asked(aws.iot.describe_job, jobId=name) == error("ResourceNotFoundException", 404)
    assert [text.split(":")[0] for text in aws.texts] == ["DescribeJob"]


def test_a_throttled_request_is_no_answer(aws):
    aws.iot.meta.events.register("before-call.iot.DescribeJob", _throttle)

    with pytest.raises(ClientError, match="ThrottlingException"):
        aws.asked(aws.iot.describe_job, jobId=aws.name())


def _throttle(**_):
    raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "DescribeJob")


def test_polling_ends_with_the_wanted_value_or_with_the_last(aws):
    numbers = iter(range(100))

    assert aws.until(lambda: next(numbers), 3, 4) == 3
    assert aws.until(lambda: next(numbers), -1, seconds=6) == 7
    with pytest.raises(AssertionError, match="did not come to -1"):
        aws.must(lambda: next(numbers), -1, seconds=2)


@pytest.mark.parametrize(("row_id", "text"), [("iot-1", "iot-1 has two probes"), ("iot-0", "has no row iot-0")])
def test_a_probe_asks_about_one_row_of_the_page(row_id, text):
    with pytest.raises(ValueError, match=text):
        probe(row_id, says=None)(print)
