"""The pytest plugin, as a project that installs mock_jobs uses it."""

from __future__ import annotations

import sys

import pytest
from _pytest.pytester import SysModulesSnapshot

PASSED = ["*passed*"]


# Two runs of pytest inside a test: the first uses one plane of IoT, the second both.
RUNS_INSIDE = '''
pytest_plugins = ["pytester"]

USES_BOTH = """
def test_it(mock_jobs_iot, mock_jobs_iot_jobs_data):
    arn = mock_jobs_iot.create_thing(thingName="t")["thingArn"]
    mock_jobs_iot.create_job(jobId="j", targets=[arn], document="{}")
    assert "execution" in mock_jobs_iot_jobs_data.start_next_pending_job_execution(thingName="t")
"""

BATCH_WITH_THE_HANDLE = """
import pytest

def test_it(mock_jobs, mock_jobs_batch):
    mock_jobs.batch.pace = "manual"
    role = "arn:aws:iam::123456789012:role/r"
    mock_jobs_batch.create_compute_environment(computeEnvironmentName="e", type="UNMANAGED", serviceRole=role)
    order = [{"order": 1, "computeEnvironment": "e"}]
    mock_jobs_batch.create_job_queue(jobQueueName="q", priority=1, computeEnvironmentOrder=order)
    container = {"image": "i", "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "8"}]}
    mock_jobs_batch.register_job_definition(jobDefinitionName="d", type="container", containerProperties=container)
    job_id = mock_jobs_batch.submit_job(jobName="j", jobQueue="q", jobDefinition="d")["jobId"]
    with pytest.raises(mock_jobs_batch.exceptions.ClientException):
        mock_jobs_batch.submit_job(jobName="j", jobQueue="missing", jobDefinition="d")
    for _ in range(2):
        assert mock_jobs_batch.describe_jobs(jobs=[job_id])["jobs"][0]["status"] == "SUBMITTED"
    mock_jobs.batch.run_until(job_id, "SUCCEEDED")
"""


def test_outer(pytester):
    for text in (USES_BOTH, BATCH_WITH_THE_HANDLE):
        pytester.makepyfile(test_inner=text)
        pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)
'''


@pytest.fixture(autouse=True)
def _libraries_stay(monkeypatch):
    """Let the tests that follow have the modules that a run inside has imported first. Some hold what only they replaced."""
    restore = SysModulesSnapshot.restore

    def restore_others(snapshot):
        libraries = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in ("mock_jobs", "moto")}
        restore(snapshot)
        sys.modules.update(libraries)

    monkeypatch.setattr(SysModulesSnapshot, "restore", restore_others)


@pytest.fixture
def run(pytester):
    def run(*arguments, **files):
        for name, text in files.items():
            pytester.makepyfile(**{name: text})
        return pytester.runpytest("-p", "no:randomly", "-p", "no:cacheprovider", *arguments)

    return run


def test_the_fixture_activates_the_mock_and_gives_the_handle(run):
    result = run(
        test_it="""
        import boto3

        def test_handle(mock_jobs):
            iot = boto3.client("iot")
            arn = iot.create_thing(thingName="t")["thingArn"]
            iot.create_job(jobId="j", targets=[arn], document="{}")
            mock_jobs.clock.freeze()
            mock_jobs.clock.advance(60)
            mock_jobs.faults.add("iot", "list_jobs", "ServiceUnavailableException", optional=True)
            assert [call.operation for call in mock_jobs.calls] == ["CreateJob"]

        def test_state_is_gone(mock_jobs):
            assert boto3.client("iot").list_jobs()["jobs"] == []
            assert not mock_jobs.clock.is_frozen
        """
    )

    result.assert_outcomes(passed=2)


def test_there_is_a_fixture_for_each_client(run):
    result = run(
        test_it="""
        def test_clients(mock_jobs_iot, mock_jobs_iot_jobs_data, mock_jobs_batch):
            arn = mock_jobs_iot.create_thing(thingName="t")["thingArn"]
            mock_jobs_iot.create_job(jobId="j", targets=[arn], document="{}")
            started = mock_jobs_iot_jobs_data.start_next_pending_job_execution(thingName="t")
            assert started["execution"]["jobId"] == "j"
            assert mock_jobs_batch.describe_jobs(jobs=["x"])["jobs"] == []
            regions = {client.meta.region_name for client in (mock_jobs_iot, mock_jobs_iot_jobs_data, mock_jobs_batch)}
            assert regions == {"us-east-1"}
        """
    )

    result.assert_outcomes(passed=1)


@pytest.mark.long
@pytest.mark.usefixtures("_unmeasured")
@pytest.mark.parametrize("outside", ["import mock_jobs.mock", "import mock_jobs\nwith mock_jobs.mock_jobs(): pass"])
def test_runs_inside_a_run_use_one_set_of_classes(pytester, outside):
    """Tests of a plugin run pytest inside pytest, and forget the modules that each run has imported."""
    pytester.makeconftest(outside)
    pytester.makepyfile(test_outer=RUNS_INSIDE)

    pytester.runpytest_subprocess("-p", "no:cacheprovider", "test_outer.py").assert_outcomes(passed=1)


def test_the_marker_alone_activates_the_mock_and_takes_options(run):
    result = run(
        test_it="""
        import boto3
        import pytest
        from mock_jobs import current_mock

        @pytest.mark.mock_jobs(region="eu-central-1", pace="manual")
        def test_marked():
            assert boto3.client("batch").meta.region_name == "eu-central-1"
            assert current_mock().batch.pace.mode == "manual"

        @pytest.mark.mock_jobs(region="eu-west-3")
        class TestClass:
            def test_inherits(self, mock_jobs_iot):
                assert mock_jobs_iot.meta.region_name == "eu-west-3"

            @pytest.mark.mock_jobs(region="eu-south-1")
            def test_closest_wins(self, mock_jobs_iot):
                assert mock_jobs_iot.meta.region_name == "eu-south-1"

        def test_not_marked():
            from mock_jobs import NotActiveError
            with pytest.raises(NotActiveError):
                current_mock()
        """
    )

    result.assert_outcomes(passed=4)


def test_ini_options_set_region_and_pace(run, pytester):
    pytester.makeini("[pytest]\nmock_jobs_region = ap-northeast-1\nmock_jobs_pace = clock\n")

    result = run(
        test_it="""
        def test_options(mock_jobs, mock_jobs_batch):
            assert mock_jobs_batch.meta.region_name == "ap-northeast-1"
            assert mock_jobs.batch.pace.mode == "clock"
        """
    )

    result.assert_outcomes(passed=1)


def test_wrong_options_of_the_marker_fail_the_test_in_one_line(run):
    result = run(
        test_it="""
        import pytest

        @pytest.mark.mock_jobs(regoin="eu-west-1")
        def test_misspelt():
            pass
        """
    )

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*@pytest.mark.mock_jobs takes config, region, pace, sleep, seed and strict by name, got () {'regoin': 'eu-west-1'}"]
    )


def test_a_wrong_pace_is_refused_with_what_there_is(run, pytester):
    pytester.makeini("[pytest]\nmock_jobs_pace = fast\n")

    result = run(test_it="def test_it(mock_jobs): pass")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*UsageValueError: pace must be one of poll, clock, manual, got 'fast'"])


def test_the_marker_is_known_to_strict_markers(run):
    result = run("--strict-markers", test_it="import pytest\n\n@pytest.mark.mock_jobs\ndef test_it(): pass")

    result.assert_outcomes(passed=1)


def test_fixtures_are_documented(run):
    result = run("--fixtures", test_it="")

    result.stdout.fnmatch_lines_random(
        ["mock_jobs -- *", "mock_jobs_iot -- *", "mock_jobs_iot_jobs_data -- *", "mock_jobs_batch -- *"]
    )


@pytest.mark.long
@pytest.mark.usefixtures("_unmeasured")
def test_works_under_xdist(pytester):
    pytester.makepyfile(
        """
        import boto3
        import pytest

        @pytest.mark.parametrize("number", range(8))
        def test_alone(mock_jobs_iot, number):
            arn = mock_jobs_iot.create_thing(thingName="t")["thingArn"]
            mock_jobs_iot.create_job(jobId="j", targets=[arn], document="{}")
            assert len(mock_jobs_iot.list_jobs()["jobs"]) == 1
        """
    )

    result = pytester.runpytest_subprocess("-n", "2", "-p", "no:randomly")

    result.assert_outcomes(passed=8)


def test_a_run_without_the_fixtures_imports_nothing_but_the_plugin(pytester):
    pytester.makepyfile(
        """
        import sys

        def test_it():
            assert not {"moto", "boto3", "botocore", "responses", "werkzeug"} & set(sys.modules)
            ours = {name for name in sys.modules if name.split(".")[0] == "mock_jobs"}
            assert ours == {"mock_jobs", "mock_jobs.pytest_plugin"}
        """
    )

    result = pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:hypothesispytest")

    result.assert_outcomes(passed=1)


def test_the_report_of_a_usage_error_ends_at_the_call_that_is_wrong(run):
    result = run(test_it="def test_it(mock_jobs):\n    mock_jobs.clock.advance(-1)\n")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([">       mock_jobs.clock.advance(-1)", "E *UsageValueError: the clock moves forward only: *"])
    result.stdout.no_fnmatch_line("*clock.py*")


def test_the_report_of_another_error_keeps_all_frames(run):
    result = run(
        test_it="""
        from mock_jobs.handle import world_of

        def test_it(mock_jobs):
            world_of(mock_jobs).clock.call_at(0, lambda: 1 / 0)
            mock_jobs.clock.advance(1)
        """
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*clock.py:*"])
