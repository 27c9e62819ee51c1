"""`mock_jobs` as decorator, context manager, class decorator, and with start and stop; nesting; what remains after it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import unittest

import boto3
import botocore.exceptions
import botocore.session
import pytest
import requests
from botocore.httpsession import URLLib3Session
from moto import mock_aws

from mock_jobs import (
    MockJobs,
    MockJobsWarning,
    NotActiveError,
    UnmockedRequestError,
    UsageTypeError,
    UsageValueError,
    current_mock,
    mock_jobs,
)

from support.constants import NO_RETRIES
from support.process_state import changes, patched

REGION = "eu-west-1"


def _client(service):
    return boto3.client(service, region_name=REGION)


def _create_job(job_id="job-1", thing_name="thing-1"):
    iot = _client("iot")
    thing_arn = iot.create_thing(thingName=thing_name)["thingArn"]
    iot.create_job(jobId=job_id, targets=[thing_arn], document="{}")


def _job_ids():
    return [job["jobId"] for job in _client("iot").list_jobs()["jobs"]]


@pytest.fixture(autouse=True)
def _nothing_is_left_patched():
    before = patched()
    yield
    assert changes(before, patched()) == []


@mock_jobs
def _decorated(number, *, factor):
    _create_job()
    return number * factor, _job_ids()


def test_decorates_a_function_and_passes_its_arguments_and_result():
    assert _decorated(3, factor=2) == (6, ["job-1"])
    assert _decorated.__name__ == "_decorated"


def test_each_call_of_a_decorated_function_begins_without_state():
    assert _decorated(1, factor=1)[1] == ["job-1"]
    assert _decorated(1, factor=1)[1] == ["job-1"]


def test_decorates_with_parentheses_and_options():
    @mock_jobs(region="ap-south-1")
    def region():
        return boto3.client("iot").meta.region_name

    assert region() == "ap-south-1"


def test_decorates_a_coroutine_function_until_it_is_done():
    @mock_jobs
    async def main():
        await asyncio.sleep(0)
        _create_job()
        return _job_ids()

    assert asyncio.iscoroutinefunction(main)
    assert asyncio.run(main()) == ["job-1"]


def test_works_as_a_context_manager_and_gives_the_handle():
    with mock_jobs() as mock:
        assert isinstance(mock, MockJobs)
        _create_job()
        assert [call.operation for call in mock.calls] == ["CreateJob"]


def test_works_by_start_and_stop():
    mock = mock_jobs()
    mock.start()
    try:
        _create_job()
        assert _job_ids() == ["job-1"]
    finally:
        mock.stop()


def test_an_error_inside_leaves_nothing_patched():
    def fail():
        with mock_jobs(region=REGION):
            raise LookupError("from the test")

    with pytest.raises(LookupError, match="from the test"):
        fail()


def test_an_error_while_starting_leaves_nothing_patched(monkeypatch):
    def fail(*args, **kwargs):
        raise LookupError("no session today")

    monkeypatch.setattr("mock_jobs.moto_adapters.core.serve_requests_library", fail)

    with pytest.raises(LookupError, match="no session today"), mock_jobs(region=REGION):
        pytest.fail("the mock started")


def test_stop_without_start_is_refused():
    with pytest.raises(NotActiveError, match=r"stop\(\) was called before start\(\)"):
        mock_jobs().stop()


def test_the_handle_says_that_it_is_not_active():
    mock = mock_jobs()

    with pytest.raises(NotActiveError, match="enter it first"):
        mock.clock  # noqa: B018


def test_current_mock_gives_the_innermost():
    with mock_jobs() as outer:
        assert current_mock() is outer
        with mock_jobs() as inner:
            assert current_mock() is inner
        assert current_mock() is outer
    with pytest.raises(NotActiveError, match="@mock_jobs"):
        current_mock()


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"pace": "fast"}, UsageValueError),
        ({"pace": 3}, UsageTypeError),
        ({"region": 3}, UsageTypeError),
        ({"config": "core"}, UsageTypeError),
    ],
)
def test_wrong_options_are_refused_at_once(options, error):
    with pytest.raises(error, match=next(iter(options))):
        mock_jobs(**options)


def test_decorating_something_else_is_refused():
    with pytest.raises(UsageTypeError, match="functions, coroutine functions, generator functions and classes"):
        mock_jobs()(3)


@mock_jobs
class TestEachMethodAlone:
    constant = 3

    def test_one(self):
        _create_job()
        assert _job_ids() == ["job-1"]

    def test_two(self):
        _create_job()
        assert _job_ids() == ["job-1"]

    @staticmethod
    def helper():
        return 3

    @classmethod
    def maker(cls):
        return cls.constant

    def test_other_attributes_are_left_alone(self):
        assert self.helper() == self.maker() == self.constant

    class TestNested:
        def test_a_nested_class_is_mocked_too(self):
            _create_job()
            assert _job_ids() == ["job-1"]


@mock_jobs
class TestUnittest(unittest.TestCase):
    def setUp(self):
        _create_job("from-setup")

    def tearDown(self):
        assert "from-setup" in _job_ids()

    def test_sees_the_state_of_setup(self):
        assert _job_ids() == ["from-setup"]
        _create_job("from-test", "thing-2")

    def test_sees_nothing_of_other_tests(self):
        assert _job_ids() == ["from-setup"]
        _create_job("from-test", "thing-2")


@mock_jobs
class TestAsyncUnittest(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        _create_job("from-setup")

    async def test_sees_the_state_of_setup(self):
        await asyncio.sleep(0)
        assert _job_ids() == ["from-setup"]


def _without_reset():
    """Leave class-level state of the tests above behind us."""
    with mock_jobs():
        return _job_ids()


def test_state_of_an_inner_mock_lives_until_the_outermost_is_left():
    with mock_jobs():
        with mock_jobs():
            _create_job()
        assert _job_ids() == ["job-1"]
    assert _without_reset() == []


@pytest.mark.parametrize(("outer", "inner"), [(mock_aws, mock_jobs), (mock_jobs, mock_aws)])
def test_nests_with_mock_aws_either_way(outer, inner):
    with outer(), inner():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="kept")
        _create_job()
        assert _job_ids() == ["job-1"]
    with outer(), inner():
        assert boto3.client("s3", region_name="us-east-1").list_buckets()["Buckets"] == []
        assert _job_ids() == []


def test_state_lives_as_long_as_an_outer_mock_aws():
    with mock_aws():
        with mock_jobs():
            _create_job()
        with mock_jobs():
            assert _job_ids() == ["job-1"]


def test_clients_of_an_outer_mock_aws_meet_moto_again_afterwards():
    with mock_aws():
        with mock_jobs():
            pass
        with pytest.raises(KeyError):
            _client("iot").cancel_job(jobId="unknown")


def test_reset_forgets_all_state_and_stays_active():
    with mock_jobs() as mock:
        _create_job()
        mock.clock.advance(3600)
        mock.reset()
        assert _job_ids() == []
        assert _client("iot").list_things()["things"] == []


def test_moto_api_reset_forgets_our_state_too():
    with mock_jobs():
        _create_job()
        requests.post("https://motoapi.amazonaws.com/moto-api/reset", timeout=5)
        assert _job_ids() == []


def test_other_services_are_motos():
    with mock_jobs():
        sqs = _client("sqs")
        url = sqs.create_queue(QueueName="queue")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="hello")
        assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "hello"
        assert _client("iot").describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]


def test_motos_config_is_honoured():
    with mock_jobs(config={"core": {"mock_credentials": False}}):
        assert os.environ.get("AWS_ACCESS_KEY_ID") is None


@pytest.fixture
def sent():
    """The URLs that would have gone out to the network."""
    urls = []

    def send(self, request):
        urls.append(request.url)
        raise botocore.exceptions.EndpointConnectionError(endpoint_url=request.url)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(URLLib3Session, "send", send)
        yield urls


def test_a_service_let_through_is_not_answered(sent):
    with mock_jobs(config={"core": {"passthrough": {"services": ["batch"]}}}):
        batch = boto3.client("batch", region_name=REGION, config=NO_RETRIES)
        with pytest.raises(botocore.exceptions.EndpointConnectionError):
            batch.describe_jobs(jobs=["x"])

    assert sent == [f"https://batch.{REGION}.amazonaws.com/v1/describejobs"]


def test_a_service_outside_the_whitelist_is_refused_as_moto_does():
    with mock_jobs(config={"core": {"service_whitelist": ["s3"]}}), pytest.raises(Exception, match="batch"):
        _client("batch").describe_jobs(jobs=[])


def test_a_client_of_a_custom_endpoint_goes_where_it_points(sent):
    with mock_jobs():
        iot = boto3.client("iot", region_name=REGION, endpoint_url="http://localhost:1", config=NO_RETRIES)
        with pytest.raises(botocore.exceptions.EndpointConnectionError):
            iot.list_jobs()
    assert sent == ["http://localhost:1/jobs"]


def test_a_request_that_nobody_answers_is_stopped_by_name():
    with mock_jobs(), pytest.raises(UnmockedRequestError, match=r"braket SearchDevices \(host braket\.us-east-1"):
        boto3.client("braket", region_name="us-east-1").search_devices(filters=[])


def test_the_error_names_a_setting_that_lets_the_request_out(sent):
    def search():
        boto3.client("braket", region_name="us-east-1", config=NO_RETRIES).search_devices(filters=[])

    with mock_jobs(), pytest.raises(UnmockedRequestError) as caught:
        search()
    config = json.loads(re.search(r"mock_jobs\(config=(.*?)\)\.$", str(caught.value)).group(1))
    with mock_jobs(config=config), pytest.raises(botocore.exceptions.EndpointConnectionError):
        search()

    assert sent == ["https://braket.us-east-1.amazonaws.com/devices"]


def test_a_dual_stack_host_is_answered_by_both_of_us():
    with mock_jobs():
        iot = boto3.client("iot", region_name=REGION, endpoint_url=f"https://iot.{REGION}.api.aws")
        assert iot.list_jobs()["jobs"] == []
        assert iot.list_things()["things"] == []


class TestSetUpOfAPlainClass:
    """pytest never calls a method of this name on a plain class, so it does not begin a state either, as under moto."""

    seen = ()

    @mock_jobs
    class Plain:
        def setUp(self):
            raise AssertionError("nobody calls this")

        def test_one(self):
            _create_job()
            return _job_ids()

    def test_each_test_has_a_state_of_its_own(self):
        assert self.Plain().test_one() == self.Plain().test_one() == ["job-1"]


def test_decorates_a_generator_function_until_it_is_closed():
    @mock_jobs
    def fixture():
        _create_job()
        received = yield _job_ids()
        yield received

    running = fixture()
    assert next(running) == ["job-1"]
    assert _job_ids() == ["job-1"]
    assert running.send("back") == "back"
    running.close()
    with pytest.raises(NotActiveError):
        current_mock()


def test_environment_variables_set_under_the_mock_stay_as_under_mock_aws(monkeypatch):
    monkeypatch.delenv("APP_TABLE", raising=False)
    with mock_jobs(region=REGION):
        os.environ["APP_TABLE"] = "kept"
        assert os.environ["AWS_DEFAULT_REGION"] == REGION

    assert os.environ.pop("APP_TABLE") == "kept"


def test_mocks_that_overlap_put_back_region_and_pace():
    first, second = mock_jobs(region="eu-west-1", pace="manual"), mock_jobs(region="eu-west-2", pace="clock")
    first.start()
    second.start()
    first.stop()
    assert os.environ["AWS_DEFAULT_REGION"] == "eu-west-2"
    assert second.batch.pace.mode == "clock"
    second.stop()

    with mock_jobs() as mock:
        assert mock.batch.pace.mode == "poll"


def test_leaving_an_inner_pace_gives_back_the_outer_one_exactly():
    with mock_jobs() as mock:
        mock.batch.pace = "manual"
        with mock_jobs(pace="clock"):
            assert mock.batch.pace.mode == "clock"
        assert mock.batch.pace.mode == "manual"


def test_the_handles_survive_a_reset():
    with mock_jobs() as mock:
        batch, clock, faults = mock.batch, mock.clock, mock.faults
        batch.pace = "manual"
        batch.plan(exit_code=1)
        mock.reset()

        assert (mock.batch, mock.clock, mock.faults) == (batch, clock, faults)
        assert batch.pace.mode == "poll"


def test_calls_are_a_snapshot_that_nobody_else_holds():
    with mock_jobs() as mock:
        _create_job()
        calls = mock.calls
        calls[0].parameters["targets"].append("more")
        _client("iot").list_jobs()

        assert len(calls) == 1
        assert len(mock.calls) == 2
        assert len(mock.calls[0].parameters["targets"]) == 1


def test_users_of_requests_stay_mocked_when_mock_aws_outlives_mock_jobs():
    ours, motos = mock_jobs(), mock_aws()
    ours.start()
    motos.start()
    ours.stop()
    try:
        assert b"ListAllMyBucketsResult" in requests.get("https://s3.amazonaws.com/", timeout=5).content
    finally:
        motos.stop()


def test_an_empty_region_is_refused():
    with pytest.raises(UsageValueError, match="region must not be empty"):
        mock_jobs(region="")


@pytest.mark.parametrize(
    ("region", "says"),
    [
        ("us-esat-1", "'us-esat-1'; did you mean 'us-east-1'"),
        ("eu-west1", "did you mean 'eu-west-1'"),
        ("nowhere", "no region 'nowhere'$"),
    ],
)
def test_a_region_that_does_not_exist_is_refused_at_once(region, says):
    with pytest.raises(UsageValueError, match=says):
        mock_jobs(region=region)


@pytest.mark.parametrize("region", ["us-east-1", "cn-north-1", "us-gov-west-1", "us-iso-east-1"])
def test_the_regions_of_all_partitions_are_accepted(region):
    assert mock_jobs(region=region).region == region


def test_any_region_is_accepted_if_moto_is_told_so(monkeypatch):
    monkeypatch.setenv("MOTO_ALLOW_NONEXISTENT_REGION", "true")

    assert mock_jobs(region="nowhere-1").region == "nowhere-1"


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"bath": {"use_docker": False}}, "moto ignores 'bath' of config; did you mean 'batch'"),
        ({"batch": {"use_dockr": False}}, "moto ignores 'use_dockr' in 'batch' of config; did you mean 'use_docker'"),
        ({"core": {"zzz": 1}}, "moto ignores 'zzz' in 'core' of config"),
    ],
)
def test_what_moto_does_not_know_in_config_is_warned_of(config, says):
    with pytest.warns(MockJobsWarning, match=says):
        mock_jobs(config=config)


@pytest.mark.parametrize("section", ["core", "batch"])
def test_a_section_of_config_that_is_no_mapping_is_refused_and_breaks_nothing(section):
    with pytest.raises(UsageTypeError, match=rf"config\['{section}'\] must be a mapping"):
        mock_jobs(config={section: None})

    with mock_jobs(region=REGION):
        assert boto3.client("batch").describe_job_queues()["jobQueues"] == []
