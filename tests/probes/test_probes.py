"""Each probe against the mock; with --aws, against the account that the user has named."""

from __future__ import annotations

from collections import Counter

import boto3
import pytest

from mock_jobs import mock_jobs

from probes.catalogue import CATALOGUE
from probes.probing import PAGE, REPORT, ROWS, Aws, asks_aws, rows_of_page
from support.constants import REGION

# What the page means by "rejected"
BAD_REQUESTS = {"InvalidRequestException", "ClientException"}


@pytest.fixture(scope="module")
def session(request):
    """Return one session for all probes, because it keeps the service models."""
    return boto3.session.Session(region_name=None if asks_aws(request.config) else REGION)


@pytest.fixture
def aws(request, session):
    if asks_aws(request.config):
        yield Aws(session)
    else:
        with mock_jobs(region=REGION) as mock:
            yield Aws(session, wait=mock.clock.advance)


def _param(probe):
    return pytest.param(probe, id=probe.row.id, marks=[pytest.mark.slow] if probe.minutes > 1 else [])


@pytest.mark.probe
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("probe", [_param(each) for each in CATALOGUE])
def test_probe(probe, aws, request, record_property):
    row = probe.row
    seen = {"order": CATALOGUE.index(probe), "id": row.id, "question": row.question, "says": probe.says, "problem": None}
    try:
        seen["saw"] = probe.ask(aws)
    except Exception as problem:
        seen["problem"] = f"{type(problem).__name__}: {problem}"
        raise
    finally:
        seen["left"] = aws.clean_up()
        seen["texts"] = aws.texts
        record_property(REPORT, seen)

    assert seen["saw"] == probe.says, f"{row.id}: {row.question}\nThe page says: {row.answer}"
    assert seen["left"] == []
    if not asks_aws(request.config):
        assert leftovers(aws) == []


def leftovers(aws):
    """Return the names of what an account has, which is nothing if a probe has cleaned up."""
    iot, batch = aws.iot, aws.batch
    found = {
        "thing": [each["thingName"] for each in iot.list_things()["things"]],
        "group": [each["groupName"] for each in iot.list_thing_groups()["thingGroups"]],
        "job": [each["jobId"] for each in iot.list_jobs()["jobs"]],
        "template": [each["jobTemplateId"] for each in iot.list_job_templates()["jobTemplates"]],
        "queue": [each["jobQueueName"] for each in batch.describe_job_queues()["jobQueues"]],
        "environment": [each["computeEnvironmentName"] for each in batch.describe_compute_environments()["computeEnvironments"]],
        "definition": [each["jobDefinitionName"] for each in batch.describe_job_definitions(status="ACTIVE")["jobDefinitions"]],
        "policy": [each["arn"] for each in batch.list_scheduling_policies()["schedulingPolicies"]],
        "resource": [each["consumableResourceName"] for each in batch.list_consumable_resources()["consumableResources"]],
        "service environment": [
            each["serviceEnvironmentName"] for each in batch.describe_service_environments()["serviceEnvironments"]
        ],
    }
    return [f"{kind} {name}" for kind, names in found.items() for name in names]


# The page and the register


def test_each_id_of_the_page_stands_for_one_row():
    assert [row_id for row_id, count in Counter(row.id for row in rows_of_page()).items() if count > 1] == []


def test_each_row_of_the_page_has_an_id():
    headings = ("| Id |", "|---|")
    text = PAGE.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("|") and not line.startswith(headings)]

    assert len(lines) == len(ROWS)


def test_forty_rows_have_a_probe():
    assert len(CATALOGUE) >= 40


def _codes(says):
    if isinstance(says, dict):
        return {says["error"]} if "error" in says else set().union(*map(_codes, says.values()))
    return set()


@pytest.mark.parametrize("probe", [pytest.param(each, id=each.row.id) for each in CATALOGUE])
def test_the_page_names_the_errors_that_the_probe_expects(probe):
    answer = probe.row.answer
    named = {code for code in _codes(probe.says) if code in answer or (code in BAD_REQUESTS and "reject" in answer.lower())}

    assert _codes(probe.says) - named == set()
