"""Nothing public is missing from the reference, and what it shows works."""

from __future__ import annotations

import inspect
import json
import re
import shlex
from collections.abc import Sequence
from dataclasses import fields
from functools import reduce
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest
import requests

import mock_jobs
from mock_jobs import MockJobsServer
from mock_jobs.batch.scenario.settings import BatchSettings
from mock_jobs.core import errors
from mock_jobs.core.settings import Settings
from mock_jobs.iot.settings import IoTSettings
from mock_jobs.transports.control_api import COMMANDS, REPORTS
from mock_jobs.transports.control_api import PAGES as WEB_PAGES

from support.batch_site import Site

PAGES = Path(__file__).parent.parent / "docs" / "reference"
DIRECTIVE = re.compile(r"^\.\. auto(\w+):: (\S+)\n(?:   :members: (.*)\n)?", re.MULTILINE)
DESCRIBED = {path: members or "" for page in PAGES.glob("*.md") for _, path, members in DIRECTIVE.findall(page.read_text())}
CONTROL_API = (PAGES / "control-api.md").read_text()
CURL_LINES = re.findall(r"^curl .*$", CONTROL_API, re.MULTILINE)


def found(path):
    """Return what a dotted path names."""
    parts = path.split(".")
    for length in range(len(parts) - 1, 0, -1):
        try:
            module = import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        return reduce(getattr, parts[length:], module)
    raise AssertionError(path)


def entries(documented, section):
    """Return the names that a section of a docstring explains."""
    _, _, rest = (inspect.getdoc(documented) or "").partition(f"{section}:\n")
    return set(re.findall(r"^    (\w+)(?: \([^)]*\))?: \S", rest.split("\n\n")[0], re.MULTILINE))


def public(names):
    return {name for name in names if not name.startswith("_")}


CLASSES = [path for path in DESCRIBED if inspect.isclass(found(path)) and not issubclass(found(path), (Exception, Settings))]


def test_each_exported_name_is_described():
    assert {f"mock_jobs.{name}" for name in mock_jobs.__all__} - DESCRIBED.keys() == set()


def test_each_error_and_warning_is_exported():
    kinds = {name for name, kind in vars(errors).items() if inspect.isclass(kind) and issubclass(kind, Exception)}

    assert kinds == {name for name in mock_jobs.__all__ if name.endswith(("Error", "Warning"))}


@pytest.mark.parametrize("path", CLASSES)
def test_each_public_attribute_of_a_class_is_described(path):
    kind = found(path)
    inherited = {name for base in kind.__mro__[1:] if base.__module__.startswith("mock_jobs") for name in vars(base)}
    own = public(vars(kind)) - (inherited if kind.__name__ == "MockJobs" else set())
    members = {name.strip() for name in DESCRIBED[path].split(",")}
    explained = members | entries(kind, "Attributes")

    assert own - explained - {"count", "index"} == set()


def described(thing):
    """Return the public names that the reference gives to an object, those of its bases included."""
    kinds = {found(path): members for path, members in DESCRIBED.items() if inspect.isclass(found(path))}
    names = {"count", "index"} if isinstance(thing, Sequence) else set()
    for kind in type(thing).__mro__:
        names |= {name.strip() for name in kinds.get(kind, "").split(",")} | entries(kind, "Attributes")
    return names


@pytest.fixture
def things(mock, batch, iot):
    """Return each kind of object that a test can hold, by name, except those of a server."""
    given = {}

    def run(job_run):
        given["job run"] = job_run

    def meant(call):
        given["incoming call"] = call
        return False

    Site(batch).make_queue_and_definition()
    iot.create_job(jobId="job", targets=[iot.create_thing(thingName="pump-1")["thingArn"]], document="{}")
    fault = mock.faults.add("batch", "describe_jobs", "ServerException", when=meant, optional=True)
    plan = mock.batch.plan(run=run)
    job_id = batch.submit_job(jobName="j", jobQueue="q", jobDefinition="d")["jobId"]
    batch.describe_jobs(jobs=[job_id])
    mock.batch.run_until(job_id, "SUCCEEDED")
    return given | {
        "mock": mock,
        "clock": mock.clock,
        "faults": mock.faults,
        "fault": fault,
        "calls": mock.calls,
        "call": mock.calls[0],
        "events": mock.events,
        "event": mock.events[0],
        "timeline": mock.timeline,
        "change": mock.timeline[0],
        "batch": mock.batch,
        "pace": mock.batch.pace,
        "plan": plan,
        "job plan": plan.job_plan,
        "refusal": mock.batch.refuse(job_id, "ClientException", optional=True),
        "block": mock.batch.block("q", "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"),
        "batch settings": mock.batch.settings,
        "iot": mock.iot,
        "iot settings": mock.iot.settings,
    }


def test_dir_shows_what_is_meant_for_tests_and_nothing_else(things):
    with MockJobsServer() as server:
        shown = {**things, "server": server, "account": server.account()}

        assert {name: more for name, thing in shown.items() if (more := public(dir(thing)) - described(thing))} == {}


@pytest.mark.parametrize("settings", [BatchSettings, IoTSettings])
def test_each_setting_has_a_meaning(settings):
    assert entries(settings, "Attributes") == {each.name for each in fields(settings)}
    assert f".. settings-table:: {settings.__module__}.{settings.__name__}" in (PAGES / "settings.md").read_text()


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_over_http_is_described(name):
    command = COMMANDS[name]
    members = {each.name for each in command.members if each.kind is not inspect.Parameter.VAR_KEYWORD}

    assert members - entries(command.act, "Args") == set()
    assert f"### `POST /mock-jobs-api/{name}`\n\n```{{eval-rst}}\n.. http-command:: {name}\n```" in CONTROL_API


@pytest.mark.parametrize("name", REPORTS)
def test_each_report_over_http_is_described(name):
    assert f"| `GET /mock-jobs-api/{name}` | `{REPORTS[name].member}`: " in CONTROL_API


@pytest.mark.parametrize("name", WEB_PAGES)
def test_each_page_over_http_is_described(name):
    assert f"| `GET /mock-jobs-api/{name}` | " in CONTROL_API


def test_each_path_over_http_has_a_line_to_copy():
    paths = {urlsplit(shlex.split(line)[-1]).path.removeprefix("/mock-jobs-api/") for line in CURL_LINES}

    assert paths == COMMANDS.keys() | REPORTS.keys()


@pytest.fixture
def server(monkeypatch):
    """Return a server whose account, queue and environment are those of the page."""
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "123456789012"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    with MockJobsServer() as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL", running.url)
        yield running


@pytest.mark.parametrize("line", CURL_LINES)
def test_each_line_to_copy_works(line, server):
    batch = boto3.client("batch")
    site = Site(batch)
    site.make_environment("site")
    site.make_queue(environments=("site",))
    site.make_definition()
    job_id = batch.submit_job(jobName="j", jobQueue="q", jobDefinition="d")["jobId"]
    iot = boto3.client("iot")
    iot.create_job(jobId="firmware-7", targets=[iot.create_thing(thingName="pump-1")["thingArn"]], document="{}")
    words = shlex.split(line.replace("JOB_ID", job_id))
    headers = dict(word.split(": ") for before, word in pairwise(words) if before == "-H")
    data = next((word for before, word in pairwise(words) if before == "-d"), None)
    url = words[-1].replace("http://127.0.0.1:5000", server.url)

    answer = requests.request("GET" if data is None else "POST", url, data=data, headers=headers, timeout=5)

    assert (answer.status_code, "now" in answer.json()) == (200, True), answer.text
    assert data is None or isinstance(json.loads(data), dict)
