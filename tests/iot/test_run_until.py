"""`mock.iot.run_until` and `run_execution_until`. It is Sunday, 12:00."""

from __future__ import annotations

from datetime import timedelta

import boto3
import pytest
import requests

from mock_jobs import MockJobsServer, UsageTypeError, UsageValueError

from support.batch_site import Site
from support.constants import ACCOUNT, NO_RETRIES
from support.fleet import ARN, Fleet
from support.server import client_of
from support.windows import SUNDAY, day, rate

SCHEDULE = {"schedulingConfig": {"startTime": "2030-06-02T13:00"}}
ENDING = {"schedulingConfig": {"startTime": "2030-06-02T13:00", "endTime": "2030-06-02T15:00", "endBehavior": "CANCEL"}}
NO_WINDOW = {
    "targetSelection": "CONTINUOUS",
    "schedulingConfig": {
        "startTime": "2030-06-02T13:00",
        "maintenanceWindows": [{"startTime": "0 0 18 1 1 ? 2029", "durationInMinutes": 60}],
    },
}
RETRY = {"jobExecutionsRetryConfig": {"criteriaList": [{"failureType": "TIMED_OUT", "numberOfRetries": 1}]}}
TIMEOUT = {"timeoutConfig": {"inProgressTimeoutInMinutes": 10}}


@pytest.fixture(autouse=True)
def clock(mock):
    mock.clock.freeze()
    mock.clock.move_to(SUNDAY)
    return mock.clock


@pytest.fixture
def things(fleet):
    fleet.things("t", "u")
    return fleet


def test_a_job_is_run_to_the_status(mock, clock, things):
    things.job("t", **ENDING)
    mock.iot.run_until("job", "SCHEDULED")
    assert clock.now == SUNDAY

    mock.iot.run_until("job", "IN_PROGRESS")
    assert (things.describe()["status"], clock.now) == ("IN_PROGRESS", day(2, 13))

    mock.iot.run_until("job", "CANCELED")
    assert (things.describe()["status"], clock.now) == ("CANCELED", day(2, 15))


def test_batch_jobs_move_on_the_way(mock, clock, things, batch):
    site = Site(batch)
    site.make_queue_and_definition()
    mock.batch.pace = "manual"
    mock.batch.plan(duration=60)
    job_id = site.submit()
    things.job("t", **SCHEDULE)
    mock.iot.run_until("job", "IN_PROGRESS")

    assert (site.status(job_id), clock.now) == ("SUCCEEDED", day(2, 13))


def test_an_execution_is_run_to_the_status(mock, clock, things):
    things.job("t", "u", **rate(1), **RETRY, **TIMEOUT)
    mock.iot.run_execution_until("job", "u", "QUEUED")
    assert clock.now == SUNDAY + timedelta(minutes=1)

    things.start("t")
    mock.iot.run_execution_until("job", "t", "TIMED_OUT")
    assert clock.now == SUNDAY + timedelta(minutes=11)
    assert [status for _, status, _ in things.executions("t")] == ["TIMED_OUT", "QUEUED"]

    mock.iot.run_execution_until("job", "t", "TIMED_OUT", execution_number=1)
    things.start("t")
    mock.iot.run_execution_until("job", "t", "TIMED_OUT", execution_number=2)
    assert clock.now == SUNDAY + timedelta(minutes=21)


def test_a_thing_that_joined_between_windows_gets_its_execution(mock, clock, things):
    things.group("g", "t")
    windows = {"startTime": "2030-06-02T13:00", "maintenanceWindows": [{"startTime": "0 0 18 ? * MON", "durationInMinutes": 1}]}
    things.job(groups=["g"], targetSelection="CONTINUOUS", schedulingConfig=windows)
    mock.iot.run_execution_until("job", "t", "QUEUED")
    clock.advance(3600)
    things.join("u", "g")
    mock.iot.run_execution_until("job", "u", "QUEUED")

    assert clock.now == day(10, 18)


def canceled(fleet):
    fleet.iot.cancel_job(jobId="job", comment="no more")


def nothing(_):
    pass


def delete_later(fleet):
    fleet.iot.delete_job(jobId="job", force=True)


def delete_execution(fleet):
    fleet.start("t")
    fleet.iot.delete_job_execution(jobId="job", thingName="t", executionNumber=1, force=True)


JOB_PROBLEMS = {
    "devices": ({}, nothing, "COMPLETED", r"it is IN_PROGRESS, and waits for its executions: 2 QUEUED; no timer is due, and dev"),
    "started": ({}, lambda fleet: fleet.start("t"), "COMPLETED", r"1 IN_PROGRESS and 1 QUEUED; .*start_next_pending_job_exec"),
    "continuous": (
        {"targetSelection": "CONTINUOUS"},
        lambda fleet: [fleet.bring(each, "SUCCEEDED") for each in ("t", "u")],
        "COMPLETED",
        "is CONTINUOUS: without an end time",
    ),
    "window": (NO_WINDOW, nothing, "IN_PROGRESS", "it is SCHEDULED, and no maintenance window opens any more"),
    "no timer": (SCHEDULE, nothing, "CANCELED", "it is IN_PROGRESS, and waits for its executions: 2 QUEUED"),
    "ended": ({}, canceled, "COMPLETED", r"job job will never be COMPLETED: it is CANCELED \(no more\)"),
    "deleted": ({}, delete_later, "COMPLETED", "it is DELETION_IN_PROGRESS"),
    "paused": (ENDING, nothing, "DELETION_IN_PROGRESS", r"it is CANCELED \(The end time"),
    "status": ({}, nothing, "CANCELLED", "no such status: 'CANCELLED'; did you mean 'CANCELED'"),
}


@pytest.mark.parametrize(("members", "act", "status", "text"), JOB_PROBLEMS.values(), ids=JOB_PROBLEMS)
def test_a_job_that_will_not_get_there_says_why(members, act, status, text, mock, things):
    mock.iot.settings.deletion_seconds = 60
    things.job("t", "u", **members)
    act(things)

    with pytest.raises(UsageValueError, match=text):
        mock.iot.run_until("job", status)


EXECUTION_PROBLEMS = {
    "device": (
        {},
        nothing,
        "t",
        "SUCCEEDED",
        None,
        r"execution of thing t and job job will never .*: it is QUEUED: no timer is due",
    ),
    "other status": (TIMEOUT, lambda fleet: fleet.start("t"), "t", "SUCCEEDED", None, "it is TIMED_OUT$"),
    "retry": ({}, nothing, "t", "QUEUED", 2, "execution 2 of thing t .*: it does not exist; the job is IN_PROGRESS, and waits"),
    "deleted": ({}, delete_execution, "t", "SUCCEEDED", None, "thing 't' has no execution of job job.* one: u"),
    "thing": (
        {},
        nothing,
        "tt",
        "QUEUED",
        None,
        r"thing 'tt' has no execution of job job; did you mean 't'\? Things that have one: u, t",
    ),
    "no target": (SCHEDULE, nothing, "v", "QUEUED", None, "it does not exist; the job is IN_PROGRESS"),
    "job gone": ({}, delete_later, "t", "SUCCEEDED", None, "it was deleted"),
    "job gone early": (SCHEDULE, delete_later, "v", "SUCCEEDED", None, "has no execution of job job"),
    "status": ({}, nothing, "t", "RUNNING", None, "no such status: 'RUNNING'"),
    "number": ({}, nothing, "t", "QUEUED", 0, "execution_number must be at least 1"),
}


@pytest.mark.parametrize(
    ("members", "act", "thing", "status", "number", "text"), EXECUTION_PROBLEMS.values(), ids=EXECUTION_PROBLEMS
)
def test_an_execution_that_will_not_get_there_says_why(members, act, thing, status, number, text, mock, things):
    mock.iot.settings.deletion_seconds = 60
    things.job("t", "u", **members)
    act(things)

    with pytest.raises(UsageValueError, match=text):
        mock.iot.run_execution_until("job", thing, status, execution_number=number)


@pytest.mark.parametrize("arguments", [(1, "QUEUED"), ("job", 1), ("job", "t", 1)])
def test_what_is_no_text_is_refused(arguments, mock):
    with pytest.raises(UsageTypeError, match="must be a string"):
        (mock.iot.run_until if len(arguments) == 2 else mock.iot.run_execution_until)(*arguments)


def test_an_unknown_job_is_refused(mock, things):
    with pytest.raises(UsageValueError, match="no job of AWS IoT has the id 'j'; there are no jobs"):
        mock.iot.run_until("j", "COMPLETED")

    things.job("t", job_id="firmware-7")
    with pytest.raises(UsageValueError, match=r"'firmwrae-7'; did you mean 'firmware-7'\? The newest are: firmware-7"):
        mock.iot.run_until("firmwrae-7", "COMPLETED")


def test_jobs_with_the_same_id_need_their_arns(mock, things, iot_data):
    things.job("t", **SCHEDULE)
    other = Fleet(boto3.client("iot", region_name="eu-west-1", config=NO_RETRIES), iot_data)
    arn = other.iot.create_thing(thingName="t")["thingArn"]
    there = other.iot.create_job(jobId="job", targets=[arn], document="{}", **SCHEDULE)["jobArn"]

    with pytest.raises(UsageValueError, match=rf"several jobs have the id 'job'; .*{ARN}job/job, {there}"):
        mock.iot.run_until("job", "IN_PROGRESS")
    mock.iot.run_until(there, "IN_PROGRESS")
    assert other.describe()["status"] == "IN_PROGRESS"

    mock.reset()
    with pytest.raises(UsageValueError, match="there are no jobs"):
        mock.iot.run_until("job", "IN_PROGRESS")


@pytest.mark.parametrize(
    ("members", "wait"),
    [
        ({}, lambda iot: iot.run_until("job", "COMPLETED")),
        ({}, lambda iot: iot.run_execution_until("job", "t", "SUCCEEDED")),
        (SCHEDULE, lambda iot: iot.run_execution_until("job", "t", "QUEUED")),
    ],
    ids=["job", "execution", "execution to come"],
)
def test_a_job_that_is_deleted_on_the_way_says_so(members, wait, mock, things, batch):
    site = Site(batch)
    site.make_queue_and_definition()
    mock.batch.plan(run=lambda _: things.iot.delete_job(jobId="job", force=True) and None)
    site.submit()
    things.job("t", **members)

    with pytest.raises(UsageValueError, match="was deleted"):
        wait(mock.iot)


def test_the_server_runs_jobs_until_a_status():
    with MockJobsServer() as server:
        iot = client_of(server, "iot", ACCOUNT)
        iot.create_job(jobId="job", targets=[iot.create_thing(thingName="t")["thingArn"]], document="{}")
        answers = [
            requests.post(f"{server.url}/mock-jobs-api/{path}?account={ACCOUNT}", json=members, timeout=5)
            for path, members in (
                ("iot/run-until", {"job_id": "job", "status": "IN_PROGRESS"}),
                ("iot/run-execution-until", {"job_id": "job", "thing_name": "t", "status": "QUEUED"}),
                ("iot/run-until", {"job_id": "job", "status": "COMPLETED"}),
                ("run-until-idle", {}),
            )
        ]

    assert [each.status_code for each in answers] == [200, 200, 400, 200]
