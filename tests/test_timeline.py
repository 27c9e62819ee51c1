"""`mock.timeline`: each change with its time, its cause and what was going on."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.request import urlopen

import boto3
import pytest
import time_machine

from mock_jobs import MockJobsServer, UsageTypeError, UsageValueError

from support.batch_site import Site
from support.constants import ACCOUNT, REGION
from support.fleet import Fleet


@pytest.fixture
def site(mock):
    site = Site(boto3.client("batch", region_name=REGION), mock)
    mock.batch.pace = "manual"
    site.make_queue_and_definition()
    return site


@pytest.fixture
def fleet(iot, iot_data):
    return Fleet(iot, iot_data)


def seen(changes):
    return [(each.kind, each.before, each.after) for each in changes]


def causes(changes):
    return [(each.after, each.why, each.during) for each in changes]


def test_a_job_shows_each_state_with_its_cause(mock, site):
    job_id = site.submit("nightly")
    mock.batch.step(job_id)
    mock.batch.run_until(job_id, "RUNNING")
    site.batch.terminate_job(jobId=job_id, reason="enough")

    number = mock.timeline[-1].during.split()[1]
    assert causes(mock.timeline.of("nightly")) == [
        ("SUBMITTED", "it was submitted", f"call {int(number) - 1} SubmitJob"),
        ("RUNNABLE", "the scheduler found nothing to wait for", "mock.batch.step()"),
        ("STARTING", "a compute environment has room", "mock.batch.run_until()"),
        ("RUNNING", "the container is up", "mock.batch.run_until()"),
        ("FAILED", "the job was cancelled or terminated", f"call {number} TerminateJob"),
    ]
    assert mock.timeline[-1].reason == "enough"
    assert [each.before for each in mock.timeline.of(job_id)] == [None, "SUBMITTED", "RUNNABLE", "STARTING", "RUNNING"]


def test_the_plan_that_ends_an_attempt_is_named(mock, site):
    mock.batch.plan("nightly", exit_code=3, attempt=1, reason="OutOfMemory")
    site.submit("nightly", retryStrategy={"attempts": 2})
    mock.batch.run_all()

    ends = [each.why for each in mock.timeline.of("nightly") if each.before == "RUNNING"]
    plan = "plan('nightly', attempt=1, exit_code=3, reason='OutOfMemory')"
    assert ends == [
        f"the attempt failed and is repeated (exit code 3, OutOfMemory): {plan}",
        "the container exited with code 0",
    ]


def test_a_container_that_cannot_start_says_why(mock, site):
    mock.batch.plan("nightly", start_failure="CannotPullContainerError: x")
    site.submit("nightly")
    mock.batch.run_all()

    assert mock.timeline[-1].why == "the attempt failed and is not repeated (CannotPullContainerError: x)"


def test_each_change_has_the_time_of_the_world(mock, site):
    mock.batch.pace = "clock"
    mock.batch.plan(duration=90)
    mock.clock.freeze()
    began_ms = mock.clock.now_ms
    site.submit("long")
    mock.clock.advance(1000)

    assert [each.at_ms - began_ms for each in mock.timeline.of("long")] == [0, 0, 0, 0, 90_000]


def test_arrays_show_their_children_and_multi_node_jobs_their_nodes(mock, site):
    array = site.submit("array", arrayProperties={"size": 2})
    site.make_nodes(num_nodes=2)
    nodes = site.submit("nodes", jobDefinition="m")
    mock.batch.run_all()

    assert {(each.kind, each.id) for each in mock.timeline.of("array")} == {
        ("job", array),
        ("child", f"{array}:0"),
        ("child", f"{array}:1"),
    }
    assert {(each.kind, each.id) for each in mock.timeline.of("nodes")} == {("job", nodes), ("node", f"{nodes}#1")}
    assert {each.job for each in mock.timeline.of("array")} == {array}
    assert mock.timeline.of(f"{array}:1")[-1].after == "SUCCEEDED"


def test_service_jobs_show_their_states(mock, site):
    site.make_service_queue_and_environment()
    site.submit_service("train")
    mock.batch.run_all()

    states = ["SUBMITTED", "RUNNABLE", "SCHEDULED", "STARTING", "RUNNING", "SUCCEEDED"]
    assert [(each.kind, each.after) for each in mock.timeline.of("train")] == [("service job", each) for each in states]


def test_queues_and_environments_show_what_becomes_of_them(mock, site):
    mock.batch.settings.job_queue_update_seconds = 5
    block = mock.batch.block("q", "UNDETERMINED")
    block.clear()
    site.batch.update_job_queue(jobQueue="q", state="DISABLED")
    mock.clock.advance(5)
    mock.batch.invalidate("ce", "no role")
    site.batch.update_compute_environment(computeEnvironment="ce", state="DISABLED")
    site.batch.delete_job_queue(jobQueue="q")

    assert seen(mock.timeline) == [
        ("compute environment", None, "VALID"),
        ("job queue", None, "VALID"),
        ("job queue", "VALID", "VALID"),
        ("job queue", "VALID", "VALID"),
        ("job queue", "VALID", "UPDATING, DISABLED"),
        ("job queue", "UPDATING, DISABLED", "VALID, DISABLED"),
        ("compute environment", "VALID", "INVALID"),
        ("compute environment", "INVALID", "VALID, DISABLED"),
        ("job queue", "VALID, DISABLED", None),
    ]
    assert [each.why for each in mock.timeline[2:4]] == ["the test blocks it", "the last block of it ends"]
    assert mock.timeline[5].during == "mock.clock.advance()"
    assert mock.timeline[6].reason == "no role"


def test_a_queue_that_is_created_again_is_new(mock, site):
    site.batch.update_job_queue(jobQueue="q", state="DISABLED")
    site.batch.delete_job_queue(jobQueue="q")
    site.make_queue()

    assert mock.timeline[-1][8:10] == (None, "VALID")


def test_a_blocked_head_says_so_and_when_the_reason_is_over(mock, site):
    mock.batch.pace = "clock"
    mock.batch.block("q", "UNDETERMINED")
    last = mock.batch.block("q", "MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS")
    job_id = site.submit("waits")
    site.status(job_id)
    last.clear()
    site.status(job_id)

    blocked = [each for each in mock.timeline.of("waits") if each.before == each.after == "RUNNABLE"]
    assert [(each.why, (each.reason or " ").split(" ")[0]) for each in blocked] == [
        ("it blocks the head of its queue", "MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS"),
        ("it no longer blocks the head of its queue", ""),
        ("it blocks the head of its queue", "UNDETERMINED"),
    ]


def test_real_time_is_a_cause(mock, site):
    mock.batch.pace = "clock"
    mock.batch.plan(duration=60)
    job_id = site.submit("later")
    site.status(job_id)
    with time_machine.travel(mock.clock.now + timedelta(seconds=61)):
        site.status(job_id)

    assert mock.timeline.of(job_id)[-1].during == "time"


def test_executions_show_rollout_device_timers_and_retries(mock, fleet):
    fleet.things("A")
    fleet.job(
        "A",
        job_id="J",
        timeoutConfig={"inProgressTimeoutInMinutes": 5},
        jobExecutionsRetryConfig={"criteriaList": [{"failureType": "TIMED_OUT", "numberOfRetries": 1}]},
    )
    fleet.data.start_next_pending_job_execution(thingName="A")
    mock.clock.advance(300)
    fleet.data.start_next_pending_job_execution(thingName="A", stepTimeoutInMinutes=1)
    mock.clock.advance(60)

    changes = mock.timeline.of("J", service="iot")
    assert [(each.id, each.before, each.after, each.why) for each in changes] == [
        ("J", None, "IN_PROGRESS", "the job was created"),
        ("A/1", None, "QUEUED", "the rollout reaches its thing"),
        ("A/1", "QUEUED", "IN_PROGRESS", "a device asks for its next job"),
        ("A/1", "IN_PROGRESS", "TIMED_OUT", "a timer of it runs out"),
        ("A/2", None, "QUEUED", "the attempt before is retried"),
        ("A/2", "QUEUED", "IN_PROGRESS", "a device asks for its next job"),
        ("A/2", "IN_PROGRESS", "TIMED_OUT", "a timer of it runs out"),
        ("J", "IN_PROGRESS", "COMPLETED", "all its executions are finished"),
    ]
    assert list(mock.timeline.of("A")) == [each for each in changes if each.kind == "execution"]
    assert changes[3].during == "in-progress timeout, mock.clock.advance()"
    assert changes[6].during == "step timeout, mock.clock.advance()"


def test_groups_cancels_and_deletions_are_causes(mock, fleet):
    fleet.things("A", "B")
    fleet.group("G", "A")
    fleet.job(groups=["G"], job_id="J", targetSelection="CONTINUOUS")
    fleet.join("B", "G")
    fleet.iot.remove_thing_from_thing_group(thingGroupName="G", thingName="A")
    fleet.iot.cancel_job(jobId="J", comment="wrong")
    fleet.iot.delete_job(jobId="J")

    assert [(each.id, each.after, each.why) for each in mock.timeline.of("J")][2:] == [
        ("B/1", "QUEUED", "its thing has joined the targets"),
        ("A/1", "REMOVED", "its thing leaves the targets of a continuous job"),
        ("J", "CANCELED", "CancelJob"),
        ("B/1", "CANCELED", "a cancel without force"),
        ("J", "DELETION_IN_PROGRESS", "DeleteJob with force"),
        ("J", None, "it was deleted"),
    ]
    assert mock.timeline.of("J")[4].reason == "wrong"


def test_an_abort_and_the_end_of_a_schedule_are_causes(mock, fleet):
    fleet.things("A", "B")
    criterion = {"failureType": "FAILED", "action": "CANCEL", "thresholdPercentage": 50, "minNumberOfExecutedThings": 1}
    fleet.job("A", "B", job_id="J", abortConfig={"criteriaList": [criterion]})
    fleet.bring("A", "FAILED", "J")
    start, end = (f"{mock.clock.now.replace(year=mock.clock.now.year + 1, month=each):%Y-%m-%dT%H:%M}" for each in (1, 2))
    scheduling = {"startTime": start, "endTime": end, "endBehavior": "FORCE_CANCEL"}
    fleet.job("B", job_id="S", schedulingConfig=scheduling)
    mock.clock.advance(700 * 86_400)

    assert next(each.why for each in mock.timeline.of("J") if each.after == "CANCELED") == "an abort criterion is met"
    scheduled = [(each.after, each.why, each.during) for each in mock.timeline.of("S") if each.kind == "job"]
    assert scheduled == [
        ("SCHEDULED", "the job was created", scheduled[0][2]),
        (
            "IN_PROGRESS",
            "its start time has come, or a maintenance window opens",
            "start of the schedule, mock.clock.advance()",
        ),
        ("CANCELED", "its end time has come", "end of the schedule, mock.clock.advance()"),
    ]


def test_only_the_last_10_000_changes_are_kept(mock, site):
    site.submit("array", arrayProperties={"size": 3_000})
    mock.batch.run_all()

    assert len(mock.timeline) == 10_000
    assert mock.timeline[-1].after == "SUCCEEDED"


def test_a_reset_deletes_them(mock, site):
    before = mock.timeline
    mock.reset()

    assert (len(before), len(mock.timeline)) == (2, 0)


def test_print_shows_a_table(mock, site):
    mock.clock.freeze()
    job_id = site.submit("nightly")
    time = mock.clock.now.strftime("%H:%M:%S.") + f"{mock.clock.now.microsecond // 1000:03}"

    last = str(mock.timeline.of(job_id))
    assert last == f"{time}  job nightly {job_id[:8]}  - > SUBMITTED  it was submitted  {mock.timeline[-1].during}"
    assert len({line.index("> ") for line in str(mock.timeline).splitlines()}) == 1
    assert repr(mock.timeline) == "<timeline of 3 changes>"


def test_print_names_account_and_region_if_there_are_several(mock, site):
    other = Site(boto3.client("batch", region_name="eu-west-1"))
    other.make_environment()

    assert f"  {ACCOUNT} eu-west-1  compute environment ce  " in str(mock.timeline)
    assert seen(mock.timeline.of(region="eu-west-1", account=ACCOUNT)) == [("compute environment", None, "VALID")]
    assert not mock.timeline.of(account="1" * 12)


def test_print_says_that_nothing_has_changed(mock):
    assert str(mock.timeline) == "no change"


def test_json_has_the_members_of_a_change(mock, site):
    found = json.loads(mock.timeline.to_json())

    assert found == [each._asdict() for each in mock.timeline]
    assert found[1]["region"] == REGION


def test_slices_are_timelines(mock, site):
    assert [type(each).__name__ for each in (mock.timeline[:1], mock.timeline[0])] == ["Timeline", "Change"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [({"service": "sqs"}, UsageValueError), ({"job": 7}, UsageTypeError), ({"region": None, "account": 1}, UsageTypeError)],
)
def test_wrong_filters_are_errors(mock, arguments, error):
    with pytest.raises(error):
        mock.timeline.of(**arguments)


def test_a_server_has_the_same_over_http(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCOUNT)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with MockJobsServer() as server:
        batch = boto3.client("batch", region_name=REGION, endpoint_url=server.url)
        Site(batch).make_environment()
        with urlopen(f"{server.url}/mock-jobs-api/timeline") as answer:
            found = json.load(answer)["changes"]

        assert found == json.loads(server.account().timeline.to_json())
        assert found[0]["kind"] == "compute environment"
