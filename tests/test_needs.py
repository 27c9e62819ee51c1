"""Tests that need what the installed botocore lacks are skipped by name, and counted: the marks and the option of support.needs."""

from __future__ import annotations

import os
from pathlib import Path

import botocore
import pytest

from support import needs as plugin
from support.needs import UnknownNameError, has, needs

NO_SUCH = "batch ComputeEverything"
TESTS = """
import pytest
from support.needs import needs

@needs("batch SubmitJob", "batch ComputeEverything")
@needs("batch ComputeEverything")
def test_of_an_operation():
    raise AssertionError

@pytest.mark.parametrize("name", ["a", pytest.param("b", marks=needs("batch SubmitJob.jobColour", "batch ComputeEverything"))])
def test_of_a_table(name):
    assert name == "a"

@needs("batch SubmitJob.jobName")
def test_of_what_is_there():
    pass
"""
COUNTED = [
    f"*lacking in botocore {botocore.__version__}*",
    "2 tests are skipped; a test may need several of these:",
    "    2 batch ComputeEverything",
    "    1 batch SubmitJob.jobColour",
]


@pytest.fixture(autouse=True)
def _plugin(pytester, monkeypatch):
    """Let the runs inside use the plugin, with a botocore that may lack something."""
    monkeypatch.setattr(plugin, "WRITTEN_FOR", "99.0.0")
    monkeypatch.setenv("PYTHONPATH", str(Path(plugin.__file__).parents[1]), prepend=os.pathsep)
    pytester.makeconftest("pytest_plugins = ['support.needs']")
    pytester.makepyfile(TESTS)


@pytest.fixture
def run(pytester):
    def run(*arguments):
        return pytester.runpytest_inprocess("-p", "no:randomly", "-p", "no:cacheprovider", *arguments)

    return run


@pytest.mark.parametrize(
    "name",
    [
        "batch SubmitJob",
        "batch SubmitJob.jobName",
        "batch SubmitJob.jobArn",
        "batch SubmitJob.containerOverrides.resourceRequirements.type",
        "batch SubmitJob.containerOverrides.resourceRequirements.type=GPU",
        "batch SubmitJob.eksPropertiesOverride.podProperties.containers.resources.limits",
        "batch RegisterJobDefinition.platformCapabilities=FARGATE",
        "iot CreateJob.abortConfig.criteriaList.action=CANCEL",
        "iot-jobs-data DescribeJobExecution.execution.status=IN_PROGRESS",
    ],
)
def test_operations_members_of_requests_and_answers_and_values_are_found(name):
    assert has(name)


@pytest.mark.parametrize(
    "name",
    [
        NO_SUCH,
        "iot SubmitJob",
        "batch ComputeEverything.jobName",
        "batch SubmitJob.job_name",
        "batch SubmitJob.jobName.jobName",
        "batch SubmitJob.containerOverrides.resourceRequirements.type=COFFEE",
        "batch SubmitJob.jobName=x",
        "batch SubmitJob=x",
    ],
)
def test_what_the_model_does_not_have_is_not_found(name):
    assert not has(name)


@pytest.mark.parametrize(
    "name", ["SubmitJob", "sqs SendMessage", "batch", "batch Submit Job", "batch SubmitJob.", "batch.SubmitJob", ""]
)
def test_a_name_that_does_not_read_as_one_is_an_error_with_any_botocore(name):
    with pytest.raises(UnknownNameError, match="does not read 'service Operation'"):
        needs(name)


@pytest.mark.parametrize("written_for", [botocore.__version__, "1.9.99"])
def test_a_name_that_no_botocore_knows_is_an_error_once_botocore_is_new_enough(monkeypatch, written_for):
    monkeypatch.setattr(plugin, "WRITTEN_FOR", written_for)

    with pytest.raises(UnknownNameError, match=f"botocore {botocore.__version__} has no batch ComputeEverything; is it misspelt"):
        needs(NO_SUCH)


@pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["alone", "xdist"])
@pytest.mark.usefixtures("_unmeasured")
def test_a_misspelt_name_fails_the_collection_at_its_line(pytester, workers):
    pytester.makeconftest("import support.needs\nsupport.needs.WRITTEN_FOR = '1.0.0'\npytest_plugins = ['support.needs']")

    result = pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:cacheprovider", *workers)

    assert result.ret not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
    result.stdout.fnmatch_lines(["*.py:4: in <module>", "*UnknownNameError: *has no batch ComputeEverything; is it misspelt*"])


def test_a_mark_that_was_made_without_the_function_is_checked_too(run, pytester, monkeypatch):
    monkeypatch.setattr(plugin, "WRITTEN_FOR", "1.0.0")
    pytester.makepyfile("import pytest\n@pytest.mark.needs('batch ComputeEverything')\ndef test_it(): pass")

    assert run().ret not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


def test_tests_are_skipped_with_the_names_as_reason_and_the_summary_counts_them(run):
    result = run("-rs")

    result.assert_outcomes(passed=2, skipped=2)
    result.stdout.fnmatch_lines(COUNTED)
    result.stdout.fnmatch_lines([f"SKIPPED *botocore {botocore.__version__} has no batch ComputeEverything"])
    result.stdout.fnmatch_lines(["SKIPPED *has no batch SubmitJob.jobColour, no batch ComputeEverything"])


def test_a_module_can_be_marked(run, pytester):
    pytester.makepyfile("from support.needs import needs\npytestmark = needs('batch ComputeEverything')\ndef test_it(): pass")

    run().assert_outcomes(skipped=1)


def test_nothing_is_said_where_nothing_is_lacking(run):
    result = run("-k", "what_is_there", "--lacking", "0")

    result.assert_outcomes(passed=1, deselected=3)
    result.stdout.no_fnmatch_line("*lacking in*")


@pytest.mark.parametrize("collect", [[], ["--collect-only", "-q"]], ids=["run", "collect"])
@pytest.mark.parametrize("expected", [0, 1, 3])
def test_another_number_of_skipped_tests_fails_the_run_and_names_what_is_lacking(run, collect, expected):
    result = run("--lacking", str(expected), *collect)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([*COUNTED, f"--lacking {expected}: but 2 tests are skipped"])


@pytest.mark.parametrize("collect", [[], ["--collect-only", "-q"]], ids=["run", "collect"])
def test_the_expected_number_of_skipped_tests_passes(run, collect):
    result = run("--lacking", "2", *collect)

    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(COUNTED)
    result.stdout.no_fnmatch_line("--lacking*")


def test_only_selected_tests_count(run):
    assert run("--lacking", "1", "-k", "operation or there").ret == pytest.ExitCode.OK
    assert run("--lacking", "2", "-k", "operation or there").ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.usefixtures("_unmeasured")
@pytest.mark.parametrize(("expected", "status"), [(2, pytest.ExitCode.OK), (4, pytest.ExitCode.TESTS_FAILED)])
def test_workers_of_xdist_count_together_what_is_there_once(pytester, expected, status):
    pytester.makeconftest("import support.needs\nsupport.needs.WRITTEN_FOR = '99.0.0'\npytest_plugins = ['support.needs']")

    result = pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:cacheprovider", "-n", "2", "--lacking", str(expected))

    assert result.ret == status
    result.assert_outcomes(passed=2, skipped=2)
    result.stdout.fnmatch_lines(COUNTED)
    assert ("--lacking 4: but 2 tests are skipped" in result.stdout.lines) == (expected == 4)


def test_a_run_that_collects_nothing_has_not_counted(run):
    assert run("--lacking", "2", "-k", "absent").ret == pytest.ExitCode.TESTS_FAILED
    assert run("--lacking", "0", "-k", "absent").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_a_failed_run_stays_one(run, pytester):
    pytester.makepyfile(test_failing="def test_it(): raise AssertionError")

    assert run("--lacking", "2").ret == pytest.ExitCode.TESTS_FAILED
