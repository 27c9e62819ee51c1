"""The option --aws: ask a real account in place of the mock."""

from __future__ import annotations

import json
import os

import boto3
import botocore
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from probes.probing import ACCOUNT_VARIABLE, REPORT, asks_aws

# What the report calls the account
STAND_IN = "123456789012"


def pytest_addoption(parser):
    parser.addoption(
        "--aws", action="store_true", help=f"ask the AWS account that {ACCOUNT_VARIABLE} names, in place of the mock"
    )


@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    """Refuse an account that the user has not named, before anything else is asked."""
    config.addinivalue_line("markers", "probe: asks the service, the mock or AWS.")
    config.addinivalue_line("markers", "slow: takes more than a minute on AWS.")
    if not asks_aws(config) or hasattr(config, "workerinput") or config.option.collectonly or config.option.help:
        return
    named = os.environ.get(ACCOUNT_VARIABLE)
    if not named:
        raise pytest.UsageError(f"--aws asks a real account: name it in {ACCOUNT_VARIABLE}")
    if boto3.session.Session().region_name is None:
        raise pytest.UsageError("--aws needs a region: name it in AWS_DEFAULT_REGION")
    try:
        found = boto3.client("sts").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as problem:
        raise pytest.UsageError(f"--aws cannot tell whose credentials these are: {problem}") from problem
    if found != named:
        raise pytest.UsageError(f"--aws: the credentials belong to account {found}, but {ACCOUNT_VARIABLE} names {named}")


def pytest_collection_modifyitems(config, items):
    """Keep only probes, if AWS is asked."""
    if asks_aws(config):
        others = [item for item in items if not item.get_closest_marker("probe")]
        items[:] = [item for item in items if item.get_closest_marker("probe")]
        config.hook.pytest_deselected(items=others)


@pytest.fixture(autouse=True)
def _no_network(request):
    """Let no test leave this machine, except for probes of AWS."""
    if not asks_aws(request.config):
        request.getfixturevalue("_no_network")


def _reports(terminal):
    for outcome in ("passed", "failed"):
        for report in terminal.getreports(outcome):
            if report.when == "call":
                yield from (value for key, value in report.user_properties if key == REPORT)


def _short(value):
    """Return the same with each error as its code and status."""
    if not isinstance(value, dict):
        return value
    if value.keys() == {"error", "status"}:
        return f"{value['error']} {value['status']}"
    return {name: _short(each) for name, each in value.items()}


def _cell(value):
    value = _short(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text.replace("|", "\\|").replace("\n", " ")


def _row(each):
    if each["problem"] is not None:
        return f"| {each['id']} | not answered | {_cell(each['says'])} | {_cell(each['problem'])} |"
    verdict = "same" if each["saw"] == each["says"] else "DIFFERENT"
    return f"| {each['id']} | {verdict} | {_cell(each['says'])} | {_cell(each['saw'])} |"


def pytest_terminal_summary(terminalreporter, config):
    """Print the table, as Markdown, so that it can be pasted into a report. The account stays unnamed."""
    reports = sorted(_reports(terminalreporter), key=lambda each: each["order"])
    if not asks_aws(config) or not reports:
        return
    account = os.environ.get(ACCOUNT_VARIABLE) or STAND_IN

    def section(title, lines):
        if lines:
            terminalreporter.section(title)
            for line in lines:
                terminalreporter.line(line.replace(account, STAND_IN))

    versions = f"{boto3.session.Session().region_name}, boto3 {boto3.__version__}, botocore {botocore.__version__}"
    head = [versions, "", "| Id | | Page says | AWS said |", "|---|---|---|---|"]
    section("page says / AWS said", [*head, *map(_row, reports)])
    section("texts of the errors", [f"- {each['id']} {text}" for each in reports for text in each["texts"]])
    section("left behind: remove it by hand", [f"- {each['id']} {what}" for each in reports for what in each["left"]])
