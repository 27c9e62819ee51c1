"""The output of containers in moto's CloudWatch Logs.

Documents: AWS Batch user guide, "Job states" and "Use the awslogs log driver".
"""

from __future__ import annotations

import gzip
import json

import boto3
import pytest
from botocore.exceptions import ClientError

from mock_jobs import UsageTypeError, UsageValueError

from support.batch import Timeline, container
from support.constants import ACCOUNT, REGION

GROUP = "/aws/batch/job"


@pytest.fixture(autouse=True)
def _site(site):
    site.make_queue_and_definition()


@pytest.fixture
def logs(mock):
    return boto3.client("logs", region_name=REGION)


def lines(logs, stream, group=GROUP):
    events = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True)["events"]
    return [event["message"] for event in events]


def stream_of(site, job_id):
    return site.detail(job_id)["container"]["logStreamName"]


def streams(logs, group=GROUP):
    return [stream["logStreamName"] for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]]


def groups(logs):
    return [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]


# What a plan lets a container write


def test_the_lines_of_a_plan_stand_in_the_stream_that_describe_jobs_names(mock, site, logs):
    mock.batch.plan("job", logs=["first", "second"])
    job_id = site.submit()
    mock.batch.run_all()

    assert lines(logs, stream_of(site, job_id)) == ["first", "second"]


def test_each_line_has_the_time_of_the_worlds_clock(mock, site, logs):
    timeline = Timeline(mock)
    timeline.go_to(40 * 86_400)
    mock.batch.plan(duration=10, logs=["a", (1.5, "b"), (10, "c")])
    job_id = site.submit()
    timeline.go_to(40 * 86_400 + 60)
    events = logs.get_log_events(logGroupName=GROUP, logStreamName=stream_of(site, job_id))["events"]

    found = [(timeline.seconds(event["timestamp"]) - 40 * 86_400, event["message"]) for event in events]
    assert found == [(0, "a"), (1.5, "b"), (10, "c")]
    assert {timeline.seconds(event["ingestionTime"]) for event in events} == {40 * 86_400 + 10}


def test_lines_come_when_their_time_has_come(mock, site, logs):
    timeline = Timeline(mock)
    mock.batch.plan(duration=10, logs=["a", (2, "b"), (8, "c")])
    job_id = site.submit()
    timeline.go_to(5)
    stream = stream_of(site, job_id)

    assert lines(logs, stream) == ["a", "b"]
    timeline.go_to(8)
    assert lines(logs, stream) == ["a", "b", "c"]
    timeline.go_to(20)
    assert lines(logs, stream) == ["a", "b", "c"]


@pytest.mark.parametrize("how", ["terminate", "timeout"])
def test_a_container_that_is_stopped_says_no_more(mock, batch, site, logs, how):
    timeline = Timeline(mock)
    mock.batch.plan(duration=100, logs=["a", (59, "b"), (61, "c")])
    job_id = site.submit(timeout={"attemptDurationSeconds": 60})
    timeline.go_to(60 if how == "timeout" else 59)
    if how == "terminate":
        batch.terminate_job(jobId=job_id, reason="enough")
    timeline.go_to(200)

    assert site.detail(job_id)["status"] == "FAILED"
    assert lines(logs, stream_of(site, job_id)) == ["a", "b"]


def test_a_container_that_a_step_ends_early_has_said_everything(mock, site, logs):
    mock.batch.pace = "manual"
    mock.clock.freeze()
    mock.batch.plan(duration=100, logs=["a", (50, "b")])
    job_id = site.submit()
    site.reach(job_id, "SUCCEEDED")
    events = logs.get_log_events(logGroupName=GROUP, logStreamName=stream_of(site, job_id))["events"]

    assert [(event["timestamp"], event["message"]) for event in events] == [(mock.clock.now_ms, "a"), (mock.clock.now_ms, "b")]


def test_lines_may_be_found_by_a_pattern_across_streams(mock, site, logs):
    mock.batch.plan(array_index=0, logs=["good", "bad luck"])
    mock.batch.plan(array_index=1, logs=["bad end"])
    site.submit(size=2)
    mock.batch.run_all()

    found = logs.filter_log_events(logGroupName=GROUP, filterPattern="bad")["events"]
    assert [event["message"] for event in found] == ["bad luck", "bad end"]


def test_each_line_of_a_text_is_an_event_and_empty_ones_are_none(mock, site, logs):
    mock.batch.plan(logs=["a\nb\n\nc", ""])
    job_id = site.submit()
    mock.batch.run_all()

    assert lines(logs, stream_of(site, job_id)) == ["a", "b", "c"]


def test_every_attempt_has_a_stream_of_its_own(mock, site, logs):
    mock.batch.plan(attempt=1, exit_code=1, logs=["try 1"])
    mock.batch.plan(attempt=2, logs=["try 2"])
    job_id = site.submit(retryStrategy={"attempts": 2})
    mock.batch.run_all()
    job = site.detail(job_id)
    names = [attempt["container"]["logStreamName"] for attempt in job["attempts"]]

    assert len(set(names)) == 2
    assert job["container"]["logStreamName"] == names[1]
    assert [lines(logs, name) for name in names] == [["try 1"], ["try 2"]]


# Streams and groups


def test_the_stream_is_there_from_running_on_also_without_lines(mock, site, logs):
    mock.batch.pace = "manual"
    job_id = site.submit()
    site.reach(job_id, "STARTING")
    assert GROUP not in groups(logs)
    site.reach(job_id, "RUNNING")

    (stream,) = logs.describe_log_streams(logGroupName=GROUP)["logStreams"]
    job = site.detail(job_id)
    assert stream["logStreamName"] == job["container"]["logStreamName"]
    assert stream["creationTime"] == job["startedAt"]
    assert lines(logs, stream["logStreamName"]) == []


def test_a_container_that_fails_to_start_has_no_stream(mock, site, logs):
    mock.batch.plan(start_failure="CannotPullContainerError: no such image")
    site.submit()
    mock.batch.run_all()

    assert GROUP not in groups(logs)


def test_the_group_of_the_user_is_kept(mock, site, logs):
    logs.create_log_group(logGroupName=GROUP)
    logs.put_retention_policy(logGroupName=GROUP, retentionInDays=7)
    mock.batch.plan(logs=["x"])
    site.submit()
    mock.batch.run_all()

    (group,) = logs.describe_log_groups()["logGroups"]
    assert group["retentionInDays"] == 7
    assert len(streams(logs)) == 1


def test_the_options_of_the_driver_choose_group_and_stream(mock, site, logs):
    options = {"awslogs-group": "mine", "awslogs-stream-prefix": "prefix"}
    configuration = {"logDriver": "awslogs", "options": options}
    site.make_definition("own", containerProperties=container(1, logConfiguration=configuration))
    mock.batch.plan(logs=["x"])
    job_id = site.submit(jobDefinition="own")
    mock.batch.run_all()
    job = site.detail(job_id)
    stream = job["container"]["logStreamName"]

    assert stream == f"prefix/default/{job['container']['taskArn'].rpartition('/')[2]}"
    assert lines(logs, stream, "mine") == ["x"]
    assert GROUP not in groups(logs)


def test_the_options_of_the_driver_choose_the_region(mock, site, logs):
    configuration = {"logDriver": "awslogs", "options": {"awslogs-region": "eu-west-1"}}
    site.make_definition("far", containerProperties=container(1, logConfiguration=configuration))
    mock.batch.plan(logs=["x"])
    job_id = site.submit(jobDefinition="far")
    mock.batch.run_all()

    assert groups(logs) == []
    assert lines(boto3.client("logs", region_name="eu-west-1"), stream_of(site, job_id)) == ["x"]


def test_a_region_that_there_is_not_gets_nothing_and_stops_nobody(mock, site, logs):
    configuration = {"logDriver": "awslogs", "options": {"awslogs-region": "nowhere"}}
    site.make_definition("far", containerProperties=container(1, logConfiguration=configuration))
    mock.batch.plan(logs=["x"])
    job_id = site.submit(jobDefinition="far")
    mock.batch.run_all()

    assert groups(logs) == []
    assert site.detail(job_id)["status"] == "SUCCEEDED"


def test_another_driver_has_no_stream(mock, site, logs):
    site.make_definition("other", containerProperties=container(1, logConfiguration={"logDriver": "syslog"}))
    mock.batch.plan(logs=["x"])
    job_id = site.submit(jobDefinition="other")
    mock.batch.run_all()

    assert "logStreamName" not in site.detail(job_id)["container"]
    assert groups(logs) == []


def test_who_is_subscribed_hears_of_lines_without_anybody_looking_at_the_log(mock, site, logs):
    kinesis = boto3.client("kinesis", region_name=REGION)
    kinesis.create_stream(StreamName="passed-on", ShardCount=1)
    described = kinesis.describe_stream(StreamName="passed-on")["StreamDescription"]
    logs.create_log_group(logGroupName=GROUP)
    logs.put_subscription_filter(
        logGroupName=GROUP,
        filterName="all",
        filterPattern="",
        destinationArn=described["StreamARN"],
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/logs",
    )
    mock.batch.plan(logs=["one", "two"])
    site.submit()
    mock.batch.run_all()

    shard_id = described["Shards"][0]["ShardId"]
    shard = kinesis.get_shard_iterator(StreamName="passed-on", ShardId=shard_id, ShardIteratorType="TRIM_HORIZON")
    records = kinesis.get_records(ShardIterator=shard["ShardIterator"])["Records"]
    passed_on = [json.loads(gzip.decompress(each["Data"])) for each in records]
    assert [event["message"] for each in passed_on for event in each["logEvents"]] == ["one", "two"]


def test_who_looks_sees_what_time_has_brought(mock, site, logs):
    mock.batch.pace = "clock"
    mock.batch.plan(logs=["x"])
    site.submit()

    assert [event["message"] for event in logs.filter_log_events(logGroupName=GROUP)["events"]] == ["x"]


def test_a_reset_forgets_logs(mock, site, logs):
    mock.batch.plan(logs=["x"])
    site.submit()
    mock.batch.run_all()
    mock.reset()

    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        logs.filter_log_events(logGroupName=GROUP)


# What a plan refuses


@pytest.mark.parametrize(
    ("plan", "error"),
    [
        ({"logs": "one line"}, UsageTypeError),
        ({"logs": None}, UsageTypeError),
        ({"logs": {"a"}}, UsageTypeError),
        ({"logs": [7]}, UsageTypeError),
        ({"logs": [("a", 1)]}, UsageTypeError),
        ({"logs": [(1, "a", "b")], "duration": 5}, UsageTypeError),
        ({"logs": [(True, "a")]}, UsageTypeError),
        ({"logs": [(-1, "a")]}, UsageValueError),
        ({"logs": [(6, "a")], "duration": 5}, UsageValueError),
        ({"logs": [(1, "a")]}, UsageValueError),
        ({"logs": ["a"], "start_failure": "x"}, UsageValueError),
    ],
    ids=str,
)
def test_impossible_lines_are_refused_and_the_plan_does_not_count(mock, site, logs, plan, error):
    with pytest.raises(error, match="logs"):
        mock.batch.plan(exit_code=None if "start_failure" in plan else 1, **plan)

    job_id = site.submit()
    mock.batch.run_all()
    assert site.detail(job_id)["status"] == "SUCCEEDED"


def test_a_line_may_come_as_late_as_the_end_and_at_any_time_if_there_is_none(mock):
    mock.batch.plan(duration=5, logs=[(5, "a")], optional=True)
    mock.batch.plan(duration=None, logs=[(500, "a")], optional=True)
