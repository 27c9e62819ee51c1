"""Which requests get a fault, when, and what the test learns of it."""

from __future__ import annotations

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from mock_jobs import MockJobsServer, NotImplementedByMotoError, UsageTypeError, UsageValueError, mock_jobs
from mock_jobs.handle import world_of

from support.batch_site import Site
from support.constants import NO_RETRIES, REGION
from support.server import ACCOUNT_A, client_of


@pytest.fixture
def mock():
    """A mock that accepts faults which nothing uses: most tests look at one that must not act."""
    with mock_jobs(region=REGION, strict=False) as active:
        yield active


@pytest.fixture
def site(batch):
    site = Site(batch)
    site.make_queue_and_definition()
    return site


def _outcome(act, arguments):
    """Call a method; return the code of the error, None for success."""
    try:
        act(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


def _outcomes(act, all_arguments):
    return [_outcome(act, each) for each in all_arguments]


# The requests that a fault is for

SUBMISSION = {"jobQueue": "q", "jobDefinition": "d", "timeout": {"attemptDurationSeconds": 60}, "tags": {"team": "a", "day": "1"}}


@pytest.mark.parametrize(
    ("when", "is_hit"),
    [
        ({"jobName": "a"}, True),
        ({"jobName": "a", "jobQueue": "q"}, True),
        ({"jobName": "a", "jobQueue": "other"}, False),
        ({"timeout": {"attemptDurationSeconds": 60}}, True),
        ({"timeout": {"attemptDurationSeconds": 61}}, False),
        ({"tags": {"team": "a"}}, True),
        ({"tags": {"team": "a", "month": "May"}}, False),
        ({"arrayProperties": None}, True),
        ({"arrayProperties": {"size": 2}}, False),
        ({"timeout": None}, False),
        ({"dependsOn": []}, False),
        (lambda call: call.parameters["jobName"] == "a", True),
        (lambda call: call[:4] == ("batch", "SubmitJob", "123456789012", "us-east-1"), True),
        (lambda call: "containerOverrides" in call.parameters, False),
    ],
)
def test_a_fault_acts_on_the_requests_that_fit(mock, batch, site, when, is_hit):
    mock.faults.add("batch", "submit_job", "ServerException", when=when, times=None)

    codes = _outcomes(batch.submit_job, [{"jobName": "a", **SUBMISSION}])

    assert codes == (["ServerException"] if is_hit else [None])


def test_parameters_of_paths_and_queries_fit_as_boto3_takes_them(mock, iot):
    mock.faults.add("iot", "delete_job", "ThrottlingException", when={"jobId": "a b", "force": True})
    mock.faults.add("iot", "list_jobs", "ThrottlingException", when={"maxResults": 7})

    assert _outcomes(iot.delete_job, [{"jobId": "a b"}, {"jobId": "a b", "force": True}])[1] == "ThrottlingException"
    assert _outcomes(iot.list_jobs, [{}, {"maxResults": 8}, {"maxResults": 7}]) == [None, None, "ThrottlingException"]


def test_only_requests_that_fit_count_for_after_and_times(mock, batch):
    fault = mock.faults.add("batch", "describe_jobs", "ServerException", when={"jobs": ["x"]}, after=1, times=2)
    jobs = ["x", "y", "x", "y", "x", "x"]

    codes = _outcomes(batch.describe_jobs, [{"jobs": [each]} for each in jobs])

    assert codes == [None, None, "ServerException", None, "ServerException", None]
    assert (fault.used, fault.seen, fault.times) == (2, 3, 0)


def test_a_request_that_cannot_be_read_fits_nothing(mock):
    fault = mock.faults.add("batch", "cancel_job", "ServerException", when=lambda _: True)

    answer = requests.post("https://batch.us-east-1.amazonaws.com/v1/canceljob", data="no JSON", timeout=5)

    assert (answer.status_code, fault.used) == (400, 0)


@pytest.mark.parametrize(
    ("when", "error", "text"),
    [
        ({"jobname": "a"}, UsageValueError, "batch SubmitJob has no parameter 'jobname'; did you mean 'jobName'"),
        ({"timeout": {"seconds": 1}}, UsageValueError, "timeout of batch SubmitJob has no parameter 'seconds'; it has: attemptD"),
        ({1: "a"}, UsageValueError, "has no parameter 1"),
        ({"jobName": 5}, UsageTypeError, "jobName of batch SubmitJob must be of type string, got 5"),
        ({"dependsOn": ("a",)}, UsageTypeError, "dependsOn of batch SubmitJob must be of type list"),
        ({}, UsageValueError, "when must name a parameter"),
        ("jobName", UsageTypeError, "when must be a mapping of parameters or a function"),
    ],
)
def test_what_no_request_can_have_is_refused(mock, when, error, text):
    with pytest.raises(error, match=text):
        mock.faults.add("batch", "submit_job", "ServerException", when=when)

    assert not mock.faults


def test_a_later_change_of_the_mapping_changes_nothing(mock, batch):
    when = {"jobs": ["x"]}
    mock.faults.add("batch", "describe_jobs", "ServerException", when=when)
    when["jobs"].append("y")

    assert _outcomes(batch.describe_jobs, [{"jobs": ["x"]}]) == ["ServerException"]


# Functions that fail


@pytest.mark.parametrize(
    ("when", "raised", "text"),
    [
        (lambda call: call.parameters["jobb"], UsageValueError, r"raised KeyError\('jobb'\); it must return True or False"),
        (lambda _: "yes", UsageTypeError, "must return True or False, returned 'yes'"),
        (lambda _: pytest.fail("not this job"), pytest.fail.Exception, "not this job"),
    ],
    ids=["exception", "no bool", "verdict"],
)
def test_what_a_function_raises_reaches_the_code_and_the_test(when, raised, text):
    mock = mock_jobs(region="us-east-1")
    mock.start()
    mock.faults.add("batch", "describe_jobs", "ServerException", when=when, optional=True)
    batch = boto3.client("batch", config=NO_RETRIES)

    with pytest.raises(raised, match=text):
        batch.describe_jobs(jobs=["x"])
    with pytest.raises(raised, match=text):
        mock.stop()


def test_a_function_may_end_the_run():
    def interrupt(_):
        raise KeyboardInterrupt

    with mock_jobs(region="us-east-1") as mock:
        mock.faults.add("batch", "describe_jobs", "ServerException", when=interrupt, optional=True)
        with pytest.raises(KeyboardInterrupt):
            boto3.client("batch").describe_jobs(jobs=["x"])
        assert world_of(mock).failures.take() == []


# Probability


def _hits(seed, **options):
    with mock_jobs(region="us-east-1", seed=seed) as mock:
        fault = mock.faults.add("batch", "describe_jobs", "ServerException", probability=0.5, times=None, **options)
        codes = _outcomes(boto3.client("batch", config=NO_RETRIES).describe_jobs, [{"jobs": ["x"]}] * 30)
        assert (fault.used, fault.seen) == (30 - codes.count(None), 30)
        assert fault.is_unused is False
    return [each is not None for each in codes]


def test_the_seed_decides_who_gets_a_fault_with_a_probability():
    first = _hits(1)

    assert _hits(1) == first
    assert _hits(2) != first
    assert 5 < sum(first) < 25


def test_times_counts_hits(mock, batch):
    fault = mock.faults.add("batch", "describe_jobs", "ServerException", probability=1, after=1, times=2)

    assert _outcomes(batch.describe_jobs, [{"jobs": ["x"]}] * 4) == [None, "ServerException", "ServerException", None]
    assert (fault.used, fault.seen) == (2, 3)


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"probability": 0}, UsageValueError, "probability must be above 0 and at most 1, got 0"),
        ({"probability": 1.1}, UsageValueError, "at most 1, got 1.1"),
        ({"probability": float("nan")}, UsageValueError, "got nan"),
        ({"probability": True}, UsageTypeError, "probability must be a number or None"),
        ({"probability": "0.5"}, UsageTypeError, "probability must be a number or None"),
        ({"delay": -1}, UsageValueError, "delay must be a number of seconds"),
        ({"optional": 1}, UsageTypeError, "optional must be True or False"),
        ({"message": 1}, UsageTypeError, "message must be a string"),
    ],
)
def test_options_without_a_meaning_are_refused(mock, options, error, text):
    with pytest.raises(error, match=text):
        mock.faults.add("batch", "describe_jobs", "ServerException", **options)

    assert len(mock.faults) == 0


# Delays


def test_time_passes_before_an_error(mock, batch, site):
    job_id = batch.submit_job(jobName="j", jobQueue="q", jobDefinition="d")["jobId"]
    mock.batch.pace = "clock"
    mock.clock.freeze()
    before = mock.clock.now_ms
    mock.faults.add("batch", "list_jobs", "ServerException", delay=2.5)

    assert _outcomes(batch.list_jobs, [{"jobQueue": "q"}]) == ["ServerException"]

    assert mock.clock.now_ms == before + 2500
    assert (mock.calls[-1].operation, mock.calls[-1].at_ms) == ("ListJobs", before)
    assert batch.describe_jobs(jobs=[job_id])["jobs"][0]["status"] == "SUCCEEDED"


def test_a_slow_answer_shows_what_was_when_the_request_arrived(mock, batch, site):
    mock.batch.pace = "clock"
    mock.clock.freeze()
    mock.batch.plan(duration=60)
    job_id = batch.submit_job(jobName="j", jobQueue="q", jobDefinition="d")["jobId"]
    mock.clock.advance(1)
    fault = mock.faults.add_delay("batch", "describe_jobs", 60)

    statuses = [batch.describe_jobs(jobs=[job_id])["jobs"][0]["status"] for _ in range(2)]

    assert statuses == ["RUNNING", "SUCCEEDED"]
    assert (fault.code, fault.used) == (None, 1)
    assert [call.error for call in mock.calls if call.operation == "DescribeJobs"] == [None, None]


@pytest.mark.parametrize(("seconds", "error"), [(0, UsageValueError), (-1, UsageValueError), ("1", UsageTypeError)])
def test_a_delay_has_a_length(mock, seconds, error):
    with pytest.raises(error, match="seconds must be"):
        mock.faults.add_delay("batch", "describe_jobs", seconds)


def test_a_delay_on_what_moto_answers_is_not_used(mock, iot):
    """Tags of things are moto's, tags of jobs are ours."""
    fault = mock.faults.add_delay("iot", "list_tags_for_resource", 1)
    arn = iot.create_thing_group(thingGroupName="g")["thingGroupArn"]

    with pytest.raises(NotImplementedByMotoError):
        iot.list_tags_for_resource(resourceArn=arn)

    assert (fault.used, fault.seen) == (0, 1)


# What the test learns


def test_a_fault_tells_how_often_it_was_used_and_leaves_when_it_is_removed(mock, batch):
    first = mock.faults.add("batch", "describe_jobs", "ServerException")
    second = mock.faults.add("batch", "cancel_job", "ServerException", times=None)
    assert (list(mock.faults), len(mock.faults), bool(mock.faults)) == ([first, second], 2, True)

    _outcomes(batch.describe_jobs, [{"jobs": ["x"]}])
    assert (first.used, first.is_unused, list(mock.faults)) == (1, False, [second])
    first.remove()
    second.remove()
    second.remove()

    assert not mock.faults
    assert world_of(mock).faults.all_added() == [first]
    assert _outcomes(batch.cancel_job, [{"jobId": "x", "reason": "r"}]) == [None]


def _add(faults, **options):
    return faults.add("batch", "describe_jobs", "ServerException", **options)


@pytest.mark.parametrize(
    ("options", "before", "text"),
    [
        ({}, None, ") was hit by no request"),
        ({"after": 3}, None, ", after=3) was hit by no request: after=3 was not reached, 2 requests came"),
        (
            {"when": {"jobs": ["y"]}},
            None,
            ", when={'jobs': ['y']}) was hit by no request: its `when` fitted none of 2 requests of DescribeJobs",
        ),
        ({"times": None}, {"times": 2}, ", times=None) was hit by no request: faults that were added before it took 2 requests"),
        (
            {"probability": 0.5},
            {"times": 2},
            ", probability=0.5) was hit by no request: faults that",
        ),
    ],
    ids=["no request", "after", "when", "shadowed", "never drawn"],
)
def test_an_unused_fault_says_why(mock, batch, options, before, text):
    if before is not None:
        _add(mock.faults, **before)
    fault = _add(mock.faults, **options)
    if text != ") was hit by no request":
        _outcomes(batch.describe_jobs, [{"jobs": ["x"]}] * 2)

    assert fault.is_unused
    assert fault.unused_text().startswith(f"faults.add('batch', 'DescribeJobs', 'ServerException'{text}")


def test_a_fault_is_named_as_the_test_wrote_it(mock):
    def is_first(_): ...

    lost = mock.faults.add_transport("batch", "submit_job", "read-timeout", effect="done", when=is_first)
    slow = mock.faults.add_delay("iot", "list_jobs", 5, after=1)

    assert lost.name == "faults.add_transport('batch', 'SubmitJob', 'read-timeout', effect='done', when=is_first)"
    assert slow.name == "faults.add_delay('iot', 'ListJobs', 5, after=1)"
    assert repr(slow) == f"<fault {slow.name}, used 0, 1 left>"


def test_a_server_lists_its_faults_and_takes_them_over_http():
    with MockJobsServer() as server:
        control = f"{server.url}/mock-jobs-api/faults"
        account = {"account": ACCOUNT_A}
        added = {
            "add": {"code": "ServerException", "when": {"jobs": ["x"]}},
            "add-transport": {"failure": "connection-closed", "effect": "done", "optional": True},
            "add-delay": {"seconds": 5},
        }
        for name, members in added.items():
            body = {"service": "batch", "operation": "describe_jobs", **members}
            assert requests.post(f"{control}/{name}", json=body, params=account, timeout=5).status_code == 200
        server.account(ACCOUNT_A).faults.add("batch", "list_jobs", "ServerException", when=lambda _: False)
        _outcomes(client_of(server, "batch").describe_jobs, [{"jobs": ["x"]}])

        listed = requests.get(control, params=account, timeout=5).json()["faults"]
        wrong = {"service": "batch", "operation": "describe_jobs", "code": "ServerException", "when": {"job": "x"}}
        refused = requests.post(f"{control}/add", json=wrong, timeout=5)

    assert [(each["code"], each["used"], each["times"], each["delay"]) for each in listed] == [
        ("ServerException", 1, 0, 0.0),
        ("connection-closed", 0, 1, 0.0),
        (None, 0, 1, 5),
        ("ServerException", 0, 1, 0.0),
    ]
    assert [each["when"] for each in listed] == [{"jobs": ["x"]}, None, None, "<lambda>"]
    assert (listed[1]["effect"], listed[1]["optional"], listed[1]["status"]) == ("done", True, None)
    assert (refused.status_code, "did you mean 'jobs'" in refused.json()["message"]) == (400, True)


def test_a_fault_for_one_request_is_for_no_other_that_comes_meanwhile(mock, batch, site):
    mock.batch.pace = "clock"
    mock.batch.plan("asks", run=lambda _: batch.describe_jobs(jobs=["x"]) and None, duration=0)
    mock.batch.settings.runnable_seconds = 30
    site.submit("asks")
    fault = mock.faults.add_delay("batch", "describe_jobs", 60)

    batch.describe_jobs(jobs=["y"])

    assert (fault.used, fault.times, list(mock.faults)) == (1, 0, [])
    assert len(mock.calls.of("batch", "describe_jobs")) == 2


@pytest.mark.parametrize("given", ["x", None, 7])
def test_only_a_fault_can_be_removed(mock, given):
    with pytest.raises(UsageTypeError, match="remove\\(\\) takes a fault"):
        mock.faults.remove(given)


def test_a_coroutine_function_is_refused_since_what_it_returns_is_always_true(mock):
    async def never(call):
        return False

    with pytest.raises(UsageTypeError, match="when must be a function, not a coroutine function"):
        mock.faults.add("iot", "list_jobs", "ThrottlingException", when=never)
    assert len(mock.faults) == 0


def test_a_function_that_takes_no_call_is_refused_at_once(mock):
    with pytest.raises(UsageTypeError, match="when must take one argument, the call"):
        mock.faults.add("iot", "list_jobs", "ThrottlingException", when=lambda: True)
    assert len(mock.faults) == 0
