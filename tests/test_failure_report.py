"""The section about the mock in the report of a failed test."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.usefixtures("_unmeasured")

TESTS = '''
import unittest

import boto3
import pytest
from mock_jobs import MockJobsServer, mock_jobs


def submit(name, region="us-east-1", **more):
    """Make a queue, and submit a job to it."""
    batch = boto3.client("batch", region_name=region, **more)
    role = "arn:aws:iam::123456789012:role/r"
    batch.create_compute_environment(computeEnvironmentName="e", type="UNMANAGED", serviceRole=role)
    order = [{"order": 1, "computeEnvironment": "e"}]
    batch.create_job_queue(jobQueueName="q", priority=1, computeEnvironmentOrder=order)
    container = {"image": "i", "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "8"}]}
    batch.register_job_definition(jobDefinitionName="d", type="container", containerProperties=container)
    return batch.submit_job(jobName=name, jobQueue="q", jobDefinition="d")["jobId"]


def test_fixture(mock_jobs):
    mock_jobs.batch.pace = "manual"
    submit("by-fixture")
    with pytest.raises(Exception):
        boto3.client("batch").describe_job_queues(jobQueues=["q"] * 200)
    assert False


@pytest.mark.mock_jobs(seed=7, strict=False)
def test_marker():
    from mock_jobs import current_mock
    current_mock().batch.plan("other-*", exit_code=1)
    current_mock().batch.plan("talks", logs=["first line", "last line"], exit_code=3)
    submit("talks")
    current_mock().batch.run_all()
    assert False


@mock_jobs(region="us-east-1")
def test_decorator():
    submit("by-decorator")
    assert False


def test_with():
    with mock_jobs() as mock:
        submit("by-with")
        iot = boto3.client("iot", region_name="us-east-1")
        arn = iot.create_thing(thingName="pump")["thingArn"]
        iot.create_job(jobId="firmware", targets=[arn], document="{}")
        assert False


def test_elsewhere(mock_jobs):
    submit("far-away", region="eu-west-1")
    assert boto3.client("batch").describe_jobs(jobs=["x"])["jobs"]


class TestUnittest(unittest.TestCase):
    def setUp(self):
        self.mock = mock_jobs()
        self.mock.start()

    def tearDown(self):
        self.mock.stop()

    def test_it(self):
        submit("by-unittest")
        self.fail("no")


@mock_jobs(region="us-east-1")
class TestDecorated(unittest.TestCase):
    def setUp(self):
        self.job_id = submit("by-class")

    def test_class(self):
        self.fail("no")


def test_server():
    with MockJobsServer() as server:
        submit("by-server", endpoint_url=server.url, aws_access_key_id="111111111111", aws_secret_access_key="x")
        assert False


def test_array(mock_jobs):
    submit("many")
    batch = boto3.client("batch")
    for number in range(40):
        batch.submit_job(jobName=f"more-{number}", jobQueue="q", jobDefinition="d", arrayProperties={"size": 2})
    mock_jobs.batch.run_all()
    for _ in range(10):
        batch.list_jobs(jobQueue="q")
    assert False


def test_nothing(mock_jobs):
    assert False


def test_no_mock():
    assert False


def test_passes(mock_jobs):
    submit("passed")
'''


@pytest.fixture
def sections(pytester):
    """Run the tests above with options; return the sections by the test's name."""
    pytester.makepyfile(TESTS)

    def run(*options):
        result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist", *options)
        parts = re.split(r"^_+ (?:\w+\.)?(test_\w+) _+$", result.stdout.str(), flags=re.MULTILINE)
        found = dict(zip(parts[1::2], parts[2::2], strict=True))
        return {name: re.split(r"^-+ mock_jobs -+$", text, flags=re.MULTILINE)[1:] for name, text in found.items()}

    return run


def test_it_says_what_the_mock_holds_wherever_the_mock_comes_from(sections):
    found = sections()

    def text(name):
        (section,) = found[name]
        return section

    assert re.search(r"^mock_jobs at 20\d\d-\S+Z; pace manual; seed \d+$", text("test_fixture"), re.MULTILINE)
    assert "1 job is unfinished, and the pace is manual: only mock.batch.step()" in text("test_fixture")
    assert re.search(r"^  by-fixture [0-9a-f]{8}  SUBMITTED$", text("test_fixture"), re.MULTILINE)
    assert re.search(
        r"^  call 4  batch  SubmitJob +200 +jobName='by-fixture', jobQueue='q', jobDefinition='d' *$",
        text("test_fixture"),
        re.MULTILINE,
    )
    assert re.search(
        r"^  call 5  batch  DescribeJobQueues +4\d\d  jobQueues=.+\.\.\.  ClientException: \S.+$",
        text("test_fixture"),
        re.MULTILINE,
    )
    assert re.search(r"- > SUBMITTED +it was submitted +call 4 SubmitJob$", text("test_fixture"), re.MULTILINE)

    assert "; seed 7\n" in text("test_marker")
    assert re.search(
        r"^set up and not used:\n  plan\('other-\*', exit_code=1\) matched no attempt", text("test_marker"), re.MULTILINE
    )
    assert re.search(
        r"^last lines of containers:\n  [0-9a-f]{8}  first line\n  [0-9a-f]{8}  last line$", text("test_marker"), re.MULTILINE
    )
    assert re.search(
        r"talks [0-9a-f]{8}  FAILED  Essential container in task exited; exit code 3$", text("test_marker"), re.MULTILINE
    )

    # By a decorated class too, which has two mocks, there is one.
    for name, job in (
        ("test_decorator", "by-decorator"),
        ("test_with", "by-with"),
        ("test_it", "by-unittest"),
        ("test_class", "by-class"),
    ):
        assert f"  {job} " in text(name)
    assert "  firmware  IN_PROGRESS  its executions are not finished: 1 QUEUED" in text("test_with")
    assert "1 execution is QUEUED: its device moves it" in text("test_with")
    assert "the last call went to us-east-1 of account 123456789012, but the jobs are in eu-west-1" in text("test_elsewhere")
    assert text("test_server").lstrip().startswith("account 111111111111 at ")

    assert "and 34 more" in text("test_array")
    assert re.search(r"^  calls 45 to 54  batch  ListJobs +200  jobQueue='q'$", text("test_array"), re.MULTILINE)
    assert len(text("test_array").strip().splitlines()) <= 60
    assert found["test_nothing"] == found["test_no_mock"] == []


@pytest.mark.long
def test_options_choose_the_tests(sections, pytester):
    assert {name for name, shown in sections("-k", "fixture or passes", "--mock-jobs-report=never").items() if shown} == set()
    shown = sections("-k", "fixture or passes", "-rP", "--mock-jobs-report=always")
    assert {name for name, each in shown.items() if each} == {"test_fixture", "test_passes"}
    pytester.makeini("[pytest]\nmock_jobs_report = sometimes")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    assert "mock_jobs_report must be one of failed, always, never, got 'sometimes'" in result.stderr.str()
