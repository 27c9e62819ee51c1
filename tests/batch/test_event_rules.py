"""Rules of moto's EventBridge: the Batch events that they get, and the jobs that they start.

Documents: AWS Batch user guide, "AWS Batch events" and "AWS Batch jobs as EventBridge targets"; EventBridge user guide, "Event patterns".
"""

from __future__ import annotations

import json
import sys
from types import ModuleType

import boto3
import pytest

from mock_jobs import UndeliveredEventWarning

from support.batch import PREFIX, Timeline, container
from support.constants import ACCOUNT, REGION

QUEUE_ARN = f"{PREFIX}job-queue/q"
ENDED = {"source": ["aws.batch"], "detail": {"status": ["SUCCEEDED", "FAILED"]}}


@pytest.fixture(autouse=True)
def _site(mock, site):
    site.make_queue_and_definition()


@pytest.fixture
def events(mock):
    return boto3.client("events", region_name=REGION)


@pytest.fixture
def inbox(mock):
    return Inbox()


class Inbox:
    """An SQS queue, and what has come into it."""

    def __init__(self, name="inbox"):
        self._sqs = boto3.client("sqs", region_name=REGION)
        self._url = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        self.arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"

    def read(self):
        found = []
        while messages := self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages"):
            found += [json.loads(each["Body"]) for each in messages]
        return found

    def statuses(self):
        return [each["detail"]["status"] for each in self.read()]


def make_rule(events, *arns, name="rule", pattern=ENDED, **more):
    target = {key: more.pop(key) for key in ("Input", "InputPath", "InputTransformer", "BatchParameters") if key in more}
    rule = {"Name": name, **more} if pattern is None else {"Name": name, "EventPattern": json.dumps(pattern), **more}
    events.put_rule(**rule)
    events.put_targets(Rule=name, Targets=[{"Id": str(number), "Arn": arn, **target} for number, arn in enumerate(arns)])


# What a rule gets


def test_a_queue_gets_what_the_rule_matches_as_it_was_announced(mock, site, events, inbox):
    make_rule(events, inbox.arn)
    job_id = site.submit()
    mock.batch.run_all()

    (message,) = inbox.read()
    assert message == mock.events[-1].payload
    assert message["account"] == ACCOUNT
    assert message["detail"]["jobId"] == job_id


def test_delivery_keeps_the_order_of_events(mock, site, events, inbox):
    make_rule(events, inbox.arn, pattern={"source": ["aws.batch"]})
    array_id = site.submit(size=2)
    mock.batch.run_all()

    found = [(each["detail"]["jobId"], each["detail"]["status"]) for each in inbox.read()]
    assert found == [(each.payload["detail"]["jobId"], each.payload["detail"]["status"]) for each in mock.events]
    assert found[-1] == (array_id, "SUCCEEDED")


@pytest.mark.parametrize(
    ("pattern", "statuses"),
    [
        ({"source": ["aws.batch"]}, ["RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]),
        ({"detail-type": ["Batch Job State Change"], "detail": {"status": ["RUNNING"]}}, ["RUNNING"]),
        ({"detail": {"jobQueue": [QUEUE_ARN], "status": ["SUCCEEDED"]}}, ["SUCCEEDED"]),
        ({"detail": {"container": {"exitCode": [{"numeric": [">=", 0]}]}}}, ["SUCCEEDED"]),
        ({"resources": [{"prefix": f"{PREFIX}job/"}], "detail": {"status": ["STARTING"]}}, ["STARTING"]),
        ({"source": ["aws.ecs"]}, []),
        ({"detail-type": ["Batch Job Queue Blocked"]}, []),
    ],
    ids=str,
)
def test_patterns_choose_the_events(mock, site, events, inbox, pattern, statuses):
    make_rule(events, inbox.arn, pattern=pattern)
    site.submit()
    mock.batch.run_all()

    assert inbox.statuses() == statuses


def test_a_blocked_queue_reaches_its_rule(mock, site, events, inbox):
    make_rule(events, inbox.arn, pattern={"detail-type": ["Batch Job Queue Blocked"]})
    job_id = site.submit(vcpus=64)
    mock.batch.run_all()

    (message,) = inbox.read()
    assert message["resources"] == [f"{PREFIX}job/{job_id}", QUEUE_ARN]


def test_jobs_move_while_another_thread_is_still_importing_motos_events(mock, site, monkeypatch):
    monkeypatch.setitem(sys.modules, "moto.events.models", ModuleType("moto.events.models"))
    job_id = site.submit()
    mock.batch.run_all()

    assert site.status(job_id) == "SUCCEEDED"


def test_events_from_before_the_rule_do_not_come(mock, batch, site, events, inbox):
    mock.batch.pace = "clock"
    site.submit()
    make_rule(events, inbox.arn)
    site.submit()
    batch.list_jobs(jobQueue="q")

    assert len(inbox.read()) == 1


@pytest.mark.parametrize("rule", [{"State": "DISABLED"}, {"pattern": None, "ScheduleExpression": "rate(1 minute)"}])
def test_a_rule_that_is_disabled_or_has_only_a_schedule_gets_nothing(mock, site, events, inbox, rule):
    make_rule(events, inbox.arn, **rule)
    site.submit()
    mock.batch.run_all()

    assert inbox.read() == []


def test_a_rule_that_was_enabled_again_gets_events(mock, site, events, inbox):
    make_rule(events, inbox.arn, State="DISABLED")
    events.enable_rule(Name="rule")
    site.submit()
    mock.batch.run_all()

    assert inbox.statuses() == ["SUCCEEDED"]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({"Input": '{"fixed": "<id>"}'}, {"fixed": "<id>"}),
        ({"InputPath": "$.detail.arrayProperties"}, None),
        ({"InputPath": "$.detail.container.resourceRequirements[0]"}, {"type": "VCPU", "value": "1"}),
        (
            {"InputTransformer": {"InputPathsMap": {"s": "$.detail.status"}, "InputTemplate": '{"status": "<s>"}'}},
            {"status": "SUCCEEDED"},
        ),
    ],
    ids=str,
)
def test_a_target_gets_the_input_that_it_asks_for(mock, site, events, inbox, target, expected):
    make_rule(events, inbox.arn, **target)
    site.submit()
    if expected is None:
        with pytest.warns(UndeliveredEventWarning, match="'rule' could not deliver"):
            mock.batch.run_all()
        assert inbox.read() == []
    else:
        mock.batch.run_all()
        assert inbox.read() == [expected]


def test_a_log_group_may_be_the_target(mock, site, events):
    logs = boto3.client("logs", region_name=REGION)
    logs.create_log_group(logGroupName="jobs")
    make_rule(events, f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:jobs")
    job_id = site.submit()
    mock.batch.run_all()

    (event,) = logs.filter_log_events(logGroupName="jobs")["events"]
    assert json.loads(event["message"])["detail"]["jobId"] == job_id


def test_a_queue_learns_of_jobs_that_time_has_ended(mock, site, events, inbox):
    timeline = Timeline(mock)
    make_rule(events, inbox.arn)
    mock.batch.plan(duration=60)
    site.submit()
    timeline.go_to(59)
    assert inbox.read() == []
    timeline.go_to(60)

    assert inbox.statuses() == ["SUCCEEDED"]


def test_who_only_reads_the_queue_learns_of_what_is_due(mock, site, events, inbox):
    mock.batch.pace = "clock"
    make_rule(events, inbox.arn)
    site.submit()

    assert inbox.statuses() == ["SUCCEEDED"]


def test_another_region_has_a_bus_of_its_own(mock, site, inbox):
    make_rule(boto3.client("events", region_name="eu-west-1"), inbox.arn)
    site.submit()
    mock.batch.run_all()

    assert inbox.read() == []


@pytest.mark.parametrize(
    ("arn", "why"),
    [
        (f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f", "moto has no such targets"),
        (f"arn:aws:sqs:{REGION}:{ACCOUNT}:nowhere", "could not deliver"),
    ],
)
def test_a_target_that_cannot_be_reached_is_warned_of_and_keeps_no_other_from_it(mock, site, events, inbox, arn, why):
    make_rule(events, arn, inbox.arn)
    job_id = site.submit()
    with pytest.warns(UndeliveredEventWarning, match=why):
        mock.batch.run_all()

    assert inbox.statuses() == ["SUCCEEDED"]
    assert site.detail(job_id)["status"] == "SUCCEEDED"


def test_a_warning_that_is_an_error_leaves_jobs_and_other_events_alone(mock, site, events, inbox):
    make_rule(events, f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f", pattern={"detail": {"status": ["STARTING"]}})
    make_rule(events, inbox.arn, name="other", pattern={"source": ["aws.batch"]})
    job_ids = [site.submit(), site.submit()]

    for _ in job_ids:
        with pytest.raises(UndeliveredEventWarning):
            mock.batch.run_all()
    mock.batch.run_all()

    assert sorted(inbox.statuses()) == sorted(["RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"] * 2)
    assert [site.detail(job_id)["status"] for job_id in job_ids] == ["SUCCEEDED"] * 2


# Jobs that a rule starts


def put_event(events, source="orders", detail="{}"):
    answer = events.put_events(Entries=[{"Source": source, "DetailType": "order", "Detail": detail}])
    assert answer["FailedEntryCount"] == 0


def started(mock):
    return [call for call in mock.calls if call.operation == "SubmitJob"]


ORDERS = {"source": ["orders"]}
JOB = {"JobName": "from-rule", "JobDefinition": "d"}


def test_a_rule_with_a_job_queue_as_its_target_submits_a_job(mock, batch, site, events):
    make_rule(events, QUEUE_ARN, pattern=ORDERS, BatchParameters=JOB)
    put_event(events, "others")
    assert started(mock) == []
    put_event(events)

    (summary,) = batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED")["jobSummaryList"]
    assert summary["jobName"] == "from-rule"
    mock.batch.run_all()
    assert site.detail(summary["jobId"])["status"] == "SUCCEEDED"


def test_the_target_may_ask_for_an_array_and_for_attempts(mock, batch, site, events):
    parameters = {**JOB, "ArrayProperties": {"Size": 3}, "RetryStrategy": {"Attempts": 2}}
    make_rule(events, QUEUE_ARN, pattern=ORDERS, BatchParameters=parameters)
    put_event(events)
    mock.batch.run_all()

    (summary,) = batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")["jobSummaryList"]
    job = site.detail(summary["jobId"])
    assert job["arrayProperties"]["size"] == 3
    assert job["retryStrategy"]["attempts"] == 2


OVERRIDES = {
    "Parameters": {"file": "a.txt"},
    "ContainerOverrides": {
        "Environment": [{"Name": "KIND", "Value": "order"}],
        "ResourceRequirements": [{"Type": "VCPU", "Value": "2"}],
    },
}


@pytest.mark.parametrize(
    ("target", "content"),
    [
        ({"Input": json.dumps(OVERRIDES)}, {}),
        ({"InputPath": "$.detail"}, OVERRIDES),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"f": "$.detail.f", "c": "$.detail.c"},
                    "InputTemplate": '{"Parameters": {"file": "<f>"}, "ContainerOverrides": <c>}',
                }
            },
            {"f": "a.txt", "c": OVERRIDES["ContainerOverrides"]},
        ),
    ],
    ids=["input", "path", "transformer"],
)
def test_what_the_target_gets_may_carry_parameters_and_overrides(mock, batch, site, events, target, content):
    site.make_definition("e", containerProperties=container(1, command=["cat", "Ref::file"]))
    make_rule(events, QUEUE_ARN, pattern=ORDERS, BatchParameters={**JOB, "JobDefinition": "e"}, **target)
    put_event(events, detail=json.dumps(content))
    mock.batch.run_all()

    (summary,) = batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")["jobSummaryList"]
    job = site.detail(summary["jobId"])
    assert job["container"]["command"] == ["cat", "a.txt"]
    assert job["container"]["environment"] == [{"name": "KIND", "value": "order"}]
    assert job["container"]["vcpus"] == 2


def test_the_end_of_one_job_may_start_another(mock, batch, site, events):
    first_only = {**ENDED, "detail": {"status": ["SUCCEEDED"], "jobName": ["first"]}}
    make_rule(events, QUEUE_ARN, pattern=first_only, BatchParameters=JOB)
    site.submit("first")
    mock.batch.run_all()

    names = {each["jobName"] for each in batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")["jobSummaryList"]}
    assert names == {"first", "from-rule"}


def test_an_input_that_is_no_object_carries_nothing(mock, batch, events):
    make_rule(events, QUEUE_ARN, pattern=ORDERS, BatchParameters=JOB, Input="[1]")
    put_event(events)

    assert len(batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED")["jobSummaryList"]) == 1


def test_other_targets_of_the_rule_get_the_event_as_well(mock, batch, events, inbox):
    make_rule(events, inbox.arn, pattern=ORDERS)
    queue = {"Id": "queue", "Arn": QUEUE_ARN, "BatchParameters": JOB}
    events.put_targets(Rule="rule", Targets=[queue])
    put_event(events)

    assert [each["source"] for each in inbox.read()] == ["orders"]
    assert len(started(mock)) == 1


@pytest.mark.parametrize(
    ("arn", "job", "why"),
    [
        (QUEUE_ARN, {"JobName": "x", "JobDefinition": "unknown"}, "SubmitJob was refused: JobDefinition name unknown"),
        (f"{PREFIX}job-queue/unknown", JOB, "there is no such job queue"),
        (PREFIX.replace(ACCOUNT, "999999999999") + "job-queue/q", JOB, "there is no such job queue"),
        (QUEUE_ARN, None, "the target has no BatchParameters"),
    ],
    ids=["definition", "queue", "account", "parameters"],
)
def test_a_job_that_cannot_be_submitted_is_warned_of(mock, batch, events, arn, job, why):
    make_rule(events, arn, pattern=ORDERS, **({} if job is None else {"BatchParameters": job}))
    with pytest.warns(UndeliveredEventWarning, match=why):
        put_event(events)

    assert batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED")["jobSummaryList"] == []
