"""An assertion that fails in the function of a plan reaches the test, whoever swallows what a request raises."""

from __future__ import annotations

import contextlib
import json
import logging
import sys
import threading
import traceback
import unittest
import urllib.request
from unittest.mock import ANY

import boto3
import pytest

from mock_jobs import FailedAssertionsError, MockJobsServer, UsageValueError, mock_jobs

from support.batch_site import Site
from support.constants import ACCOUNT, NO_RETRIES, REGION


def wrong(run):
    assert run.attempt == 0, "the first attempt is number 1"


@pytest.fixture(name="site")
def _site(mock, site):
    mock.batch.pace = "manual"
    mock.batch.plan("wrong", run=wrong, optional=True)
    site.make_queue_and_definition()
    return site


@pytest.fixture
def job_id(site):
    return site.submit("wrong")


def run_to_the_end(mock, batch, pace, name="wrong"):
    """Let requests alone bring the job of a function to its end."""
    site = Site(batch)
    site.make_queue_and_definition()
    mock.batch.pace = pace
    job_id = site.submit(name)
    while site.status(job_id) != "FAILED":
        pass


# Calls of the handle

CALLS = {
    "run_until": lambda mock, job_id: mock.batch.run_until(job_id, "SUCCEEDED"),
    "run_until it fails": lambda mock, job_id: mock.batch.run_until(job_id, "FAILED"),
    "run_all": lambda mock, _: mock.batch.run_all(),
    "step": lambda mock, job_id: [mock.batch.step(job_id) for _ in range(5)],
    "advance": lambda mock, _: mock.clock.advance(60),
    "move_to": lambda mock, _: mock.clock.move_to(mock.clock.now_s + 60),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_the_call_of_the_handle_that_moved_the_job_raises_it(mock, site, job_id, call):
    if call in (CALLS["advance"], CALLS["move_to"]):
        mock.batch.pace = "clock"

    with pytest.raises(AssertionError, match="the first attempt is number 1") as caught:
        call(mock, job_id)

    assert caught.type is AssertionError
    assert traceback.extract_tb(caught.tb)[-1].name == "wrong"
    assert caught.value.__cause__ is caught.value.__context__ is None
    mock.batch.run_all()
    job = site.detail(job_id)
    assert (job["status"], job["container"]["exitCode"]) == ("FAILED", 1)


def test_the_time_of_a_call_that_raises_has_passed(mock, job_id):
    mock.batch.pace = "clock"
    before_s = mock.clock.now_s
    with mock.clock.frozen(), pytest.raises(AssertionError):
        mock.clock.advance(60)

    assert mock.clock.now_s - before_s >= 60


def test_several_come_in_one_error(mock, site, job_id):
    other = site.submit("wrong")

    with pytest.raises(FailedAssertionsError) as caught:
        mock.batch.run_all()

    text = str(caught.value)
    assert text.startswith(
        f"2 assertions failed in functions of the test\n1. In the function of plan('wrong'), job 'wrong' ({job_id})\n"
    )
    assert text.count("in wrong\n") == text.count("AssertionError: the first attempt is number 1") == 2
    assert [type(each) for each in caught.value.errors] == [AssertionError] * 2
    assert site.statuses(job_id, other) == ["FAILED"] * 2


def test_an_assertion_that_a_function_of_a_function_fails_is_raised_once(mock, site):
    seen = []

    def work(_):
        try:
            mock.batch.run_until(site.submit("wrong"), "SUCCEEDED")
        except AssertionError as error:
            seen.append(error)
            raise

    mock.batch.plan("outer", run=work)
    outer = site.submit("outer")

    with pytest.raises(AssertionError) as caught:
        mock.batch.run_until(outer, "SUCCEEDED")

    assert [caught.value] == seen


@pytest.mark.parametrize("is_chained", [True, False])
def test_the_error_keeps_its_causes(mock, site, is_chained):
    def convert(_):
        try:
            int("x")
        except ValueError as error:
            raise AssertionError("bad row") from (error if is_chained else None)

    mock.batch.plan("convert", run=convert)
    job_id = site.submit("convert")

    with pytest.raises(AssertionError, match="bad row") as caught:
        mock.batch.run_until(job_id, "SUCCEEDED")

    assert isinstance(caught.value.__context__, ValueError)
    assert (caught.value.__cause__ is not None) is is_chained


def test_only_some_of_many_are_shown_in_full(mock, site):
    site.submit("wrong", size=7)

    with pytest.raises(FailedAssertionsError) as caught:
        mock.batch.run_all()

    assert str(caught.value).startswith("7 assertions failed in functions of the test")
    assert str(caught.value).count("in wrong\n") == 5
    assert str(caught.value).endswith("and 2 more, see the attribute `errors`")
    assert len(caught.value.errors) == 7


@pytest.mark.parametrize("outcome", [pytest.skip, pytest.xfail])
def test_a_skip_in_several_jobs_is_a_skip(mock, site, outcome):
    mock.batch.plan("skip", run=lambda _: outcome("not here"))
    site.submit("skip", size=2)

    with pytest.raises(outcome.Exception, match="not here"):
        mock.batch.run_all()


def test_a_failure_counts_more_than_a_skip(mock, site, job_id):
    mock.batch.plan("skip", run=lambda _: pytest.skip("not here"))
    site.submit("skip")

    with pytest.raises(AssertionError, match="the first attempt is number 1"):
        mock.batch.run_all()


def test_a_skip_of_unittest_is_an_outcome(mock, site):
    def skip(_):
        raise unittest.SkipTest("not here")

    mock.batch.plan("skip", run=skip)
    site.submit("skip")

    with pytest.raises(unittest.SkipTest):
        mock.batch.run_all()


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 has no exception groups")
def test_an_assertion_in_a_group_is_one(mock, site):
    def fail(_):
        raise ExceptionGroup("tasks", [ValueError(), AssertionError("in a task")])  # noqa: F821 - since Python 3.11

    mock.batch.plan("group", run=fail)
    site.submit("group")

    with pytest.raises(ExceptionGroup, match="tasks"):  # noqa: F821
        mock.batch.run_all()


def test_pytest_decides_what_becomes_of_its_own_outcomes(mock, site):
    def fail(_):
        pytest.fail("the code under test is wrong")

    def skip(_):
        pytest.skip("not on this machine")

    for name, function, kind in (("fail", fail, pytest.fail.Exception), ("skip", skip, pytest.skip.Exception)):
        mock.batch.plan(name, run=function)
        with pytest.raises(kind):
            mock.batch.run_until(site.submit(name), "SUCCEEDED")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), pytest.exit.Exception("enough")], ids=["interrupt", "pytest.exit"])
def test_errors_that_end_the_run_are_raised_at_once(mock, batch, site, error, caplog):
    def stop(_):
        raise error

    mock.batch.plan("stop", run=stop)
    job_id = site.submit("stop")
    site.reach(job_id, "STARTING")

    with pytest.raises(type(error)):
        mock.batch.step(job_id)


def test_what_fails_beside_an_error_that_ends_the_run_is_logged(mock, site, job_id, caplog):
    def stop(_):
        raise KeyboardInterrupt

    mock.batch.plan("stop", run=stop)
    site.submit("stop")

    with pytest.raises(KeyboardInterrupt):
        mock.batch.run_all()

    assert [str(each.exc_info[1]) for each in caplog.records] == [ANY]
    assert "the first attempt is number 1" in str(caplog.records[0].exc_info[1])


# Calls of the code under test


def as_context_manager(pace, at_the_end=lambda mock: None):
    with mock_jobs(region=REGION) as mock:
        mock.batch.plan("wrong", run=wrong)
        run_to_the_end(mock, boto3.client("batch", config=NO_RETRIES), pace)
        at_the_end(mock)


def as_decorator(pace):
    mock = mock_jobs(region=REGION)

    @mock
    def test_it():
        mock.batch.plan("wrong", run=wrong)
        run_to_the_end(mock, boto3.client("batch", config=NO_RETRIES), pace)

    test_it()


def by_stop(pace):
    mock = mock_jobs(region=REGION)
    mock.start()
    mock.batch.plan("wrong", run=wrong)
    run_to_the_end(mock, boto3.client("batch", config=NO_RETRIES), pace)
    mock.stop()


def by_a_server(pace):
    with MockJobsServer() as server:
        keys = {"aws_access_key_id": ACCOUNT, "aws_secret_access_key": "x", "region_name": REGION}
        handle = server.account(ACCOUNT)
        handle.batch.plan("wrong", run=wrong)
        run_to_the_end(handle, boto3.client("batch", endpoint_url=server.url, config=NO_RETRIES, **keys), pace)


@pytest.mark.parametrize("whole", [as_context_manager, as_decorator, by_stop, by_a_server])
def test_the_end_of_the_mock_raises_what_a_request_has_swallowed(whole):
    with pytest.raises(AssertionError, match="the first attempt is number 1") as caught:
        whole("poll")

    assert traceback.extract_tb(caught.tb)[-1].name == "wrong"
    # Nothing is left over for the next mock.
    with mock_jobs(region=REGION):
        pass


def test_the_error_of_the_test_comes_first_and_the_log_has_the_other_one(caplog):
    def fail(mock):
        raise LookupError

    with pytest.raises(LookupError):
        as_context_manager("poll", fail)

    (record,) = [each for each in caplog.records if each.name == "mock_jobs"]
    assert record.getMessage().startswith("an assertion failed in the function of plan('wrong'), job 'wrong' (")
    assert record.getMessage().endswith("), beside another error")
    assert "the first attempt is number 1" in str(record.exc_info[1])


def test_a_reset_forgets_no_failed_assertion():
    with pytest.raises(AssertionError):
        as_context_manager("poll", lambda mock: mock.reset())


def test_a_command_of_the_control_api_says_so_and_the_end_of_the_server_raises_it():
    def serve():
        with MockJobsServer() as server:
            keys = {"aws_access_key_id": ACCOUNT, "aws_secret_access_key": "x", "region_name": REGION}
            handle = server.account(ACCOUNT)
            handle.batch.pace = "manual"
            handle.batch.plan("wrong", run=wrong)
            site = Site(boto3.client("batch", endpoint_url=server.url, config=NO_RETRIES, **keys))
            site.make_queue_and_definition()
            site.submit("wrong")
            url = f"{server.url}/mock-jobs-api/batch/run-all?account={ACCOUNT}"
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(urllib.request.Request(url, b"{}"))
            answers.append((refused.value.status, json.load(refused.value)["message"]))

    answers = []
    with pytest.raises(AssertionError, match="the first attempt is number 1"):
        serve()

    ((status, message),) = answers
    assert status == 400
    assert message.startswith("an assertion failed in the function of a plan: the first attempt is number 1")


# Code that may fail


def test_without_raises_a_failed_assertion_is_an_exit_code(mock, site, caplog):
    mock.batch.plan(run=wrong, raises=False)
    job_id = site.submit("n")

    mock.batch.run_until(job_id, "FAILED")

    assert site.detail(job_id)["container"]["exitCode"] == 1
    (record,) = [each for each in caplog.records if each.name == "mock_jobs"]
    assert record.levelno == logging.WARNING
    assert record.exc_info[0] is AssertionError
    assert record.getMessage() == f"the function of plan('*'), job 'n' ({job_id}) raised an exception, so the exit code is 1"


def test_other_exceptions_are_exit_codes_and_are_logged_outside_of_the_container(mock, site, caplog, capsys):
    def fail(_):
        raise LookupError("no such thing")

    mock.batch.plan(run=fail)
    handler = logging.StreamHandler()  # to standard error, which is that of the container while the function runs
    logging.getLogger("mock_jobs").addHandler(handler)
    try:
        mock.batch.run_until(site.submit(), "FAILED")
    finally:
        logging.getLogger("mock_jobs").removeHandler(handler)

    assert [each.exc_info[0] for each in caplog.records if each.name == "mock_jobs"] == [LookupError]
    assert capsys.readouterr().err.count("Traceback") == 1


def test_raises_without_a_function_is_refused(mock):
    with pytest.raises(UsageValueError, match="raises=False is for the assertions of a function: give run as well"):
        mock.batch.plan(raises=False)


# pytest

DOUBLE = """
import pytest

def wrong(run):
    assert run.job_name == "other"

def begin(mock, batch):
    mock.batch.plan(run=wrong)
    role = "arn:aws:iam::123456789012:role/r"
    batch.create_compute_environment(computeEnvironmentName="e", type="UNMANAGED", serviceRole=role)
    batch.create_job_queue(jobQueueName="q", priority=1, computeEnvironmentOrder=[{"order": 1, "computeEnvironment": "e"}])
    container = {"image": "i", "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "8"}]}
    batch.register_job_definition(jobDefinitionName="d", type="container", containerProperties=container)
    return batch.submit_job(jobName="j", jobQueue="q", jobDefinition="d")["jobId"]

def end(mock, batch):
    job_id = begin(mock, batch)
    while batch.describe_jobs(jobs=[job_id])["jobs"][0]["status"] != "FAILED":
        pass
"""


TESTS = """
import boto3
import mock_jobs

def test_request(mock_jobs, mock_jobs_batch):
    end(mock_jobs, mock_jobs_batch)

def test_handle(mock_jobs, mock_jobs_batch):
    mock_jobs.batch.pace = "manual"
    job_id = begin(mock_jobs, mock_jobs_batch)
    mock_jobs.batch.run_until(job_id, "SUCCEEDED")

def test_skip(mock_jobs, mock_jobs_batch):
    end(mock_jobs, mock_jobs_batch)
    pytest.skip("no")

def test_xfail(mock_jobs, mock_jobs_batch):
    end(mock_jobs, mock_jobs_batch)
    pytest.xfail("no")

def test_own(mock_jobs, mock_jobs_batch):
    end(mock_jobs, mock_jobs_batch)
    raise LookupError

@pytest.mark.xfail(strict=True)
def test_marked(mock_jobs, mock_jobs_batch):
    end(mock_jobs, mock_jobs_batch)

@pytest.fixture(scope="module")
def lasting():
    with mock_jobs.mock_jobs(region="us-east-1") as active:
        yield active

def test_before(lasting):
    pass

def test_guilty(lasting):
    end(lasting, boto3.client("batch"))

def test_after(lasting):
    with mock_jobs.mock_jobs():
        pass
"""


@pytest.mark.usefixtures("_unmeasured")
def test_pytest_fails_the_test_that_is_guilty_with_the_line_of_the_function(pytester):
    pytester.makepyfile(DOUBLE + TESTS)

    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:randomly", "-rA")

    result.assert_outcomes(passed=2, failed=4, skipped=1, xfailed=2)
    shown = result.stdout.str()
    sections = {each.partition(" _")[0]: each.partition("- mock_jobs -")[0] for each in shown.split("_ test_")[1:]}
    for name in ("request", "handle", "guilty"):
        assert '>       assert run.job_name == "other"' in sections[name]
        assert "E       AssertionError: assert 'j' == 'other'" in sections[name]
        for ours in ("mock_jobs/batch", "mock_jobs/core", "pytest_plugin.py", "contextlib.py", "pluggy/"):
            assert ours not in sections[name]
    assert '>       mock_jobs.batch.run_until(job_id, "SUCCEEDED")' in sections["handle"]
    assert "LookupError" in sections["own"]
    result.stdout.fnmatch_lines_random(
        ["PASSED *::test_before", "PASSED *::test_after", "SKIPPED*", "XFAIL *::test_xfail*", "XFAIL *::test_marked*"]
    )


def test_what_fails_after_the_end_of_its_mock_fails_no_other_one(caplog):
    begun, may_end = threading.Event(), threading.Event()

    def late(_):
        begun.set()
        assert may_end.wait(30)
        raise AssertionError("too late")

    def poll():
        with contextlib.suppress(Exception):
            run_to_the_end(mock, batch, "poll", name="late")

    with mock_jobs(region=REGION) as mock:
        mock.batch.plan("late", run=late)
        batch = boto3.client("batch", config=NO_RETRIES)
        polling = threading.Thread(target=poll)
        polling.start()
        assert begun.wait(30)
        mock.stop()
        may_end.set()
        polling.join()
        mock.start()

    (record,) = [each for each in caplog.records if each.name == "mock_jobs"]
    assert record.getMessage().endswith("after the end of its mock")
