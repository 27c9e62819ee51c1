"""Concurrent requests, resets and functions of a test, in process and in a server: no thread waits forever."""

from __future__ import annotations

import json
import random
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import boto3
import pytest
import requests
from botocore.exceptions import ClientError
from moto.core import base_backend
from moto.core.base_backend import BackendDict
from moto.iot.models import iot_backends

from mock_jobs import MockJobsServer
from mock_jobs.moto_adapters import events as moto_events
from mock_jobs.moto_adapters import things as moto_things

from support.batch_site import Site
from support.constants import ACCOUNT, NO_RETRIES, REGION
from support.fleet import COUNTERS
from support.threads import PATIENCE, at_once

OTHER_ACCOUNT = "222222222222"


class InProcess:
    """The mock of this process, and its one world."""

    def __init__(self, mock):
        self.controls = mock
        self.reset = mock.reset

    def client(self, service, account=ACCOUNT):
        return boto3.client(service, region_name=REGION, aws_access_key_id=account, aws_secret_access_key="x", config=NO_RETRIES)

    def control(self, command, **arguments):
        assert command == "clock/advance"
        self.controls.clock.advance(arguments["seconds"])


class OverHttp:
    """A server, and the world of one of its accounts."""

    def __init__(self, server):
        self._url = server.url
        self.controls = server.account(ACCOUNT)

    def client(self, service, account=ACCOUNT):
        key = {"aws_access_key_id": account, "aws_secret_access_key": "x"}
        return boto3.client(service, region_name=REGION, endpoint_url=self._url, config=NO_RETRIES, **key)

    def reset(self):
        assert requests.post(f"{self._url}/moto-api/reset", timeout=PATIENCE).status_code == 200

    def control(self, command, **arguments):
        headers = {"x-moto-account-id": ACCOUNT}
        answer = requests.post(f"{self._url}/mock-jobs-api/{command}", json=arguments, headers=headers, timeout=PATIENCE)
        assert answer.status_code == 200


@pytest.fixture
def server():
    with MockJobsServer() as running:
        yield running


@pytest.fixture(params=["mock", "server"])
def place(request):
    """Where requests go: to the mock in this process, or over HTTP to a server."""
    door = request.getfixturevalue(request.param)
    return InProcess(door) if request.param == "mock" else OverHttp(door)


class WantedLock:
    """moto's lock, which tells when a thread wants it that is not the one who waits to hear of it."""

    def __init__(self, lock):
        self._lock = lock
        self.waiting = None
        self.is_wanted = threading.Event()

    def __enter__(self):
        if self.waiting not in (None, threading.current_thread()):
            self.is_wanted.set()
        return self._lock.__enter__()

    def __exit__(self, *error):
        self._lock.__exit__(*error)


def test_a_request_that_looks_into_moto_does_not_wait_for_a_reset_that_waits_for_it(place, monkeypatch):
    iot = place.client("iot")
    place.reset()
    arn = iot.create_thing(thingName="thing")["thingArn"]
    lock = WantedLock(base_backend.backend_lock)
    has_begun = threading.Event()
    things_of = moto_things.things_of

    def look_while_a_reset_begins(account, region):
        if not has_begun.is_set():
            lock.waiting = threading.current_thread()
            has_begun.set()
            assert lock.is_wanted.wait(PATIENCE)
        return things_of(account, region)

    monkeypatch.setattr(base_backend, "backend_lock", lock)
    monkeypatch.setattr(moto_things, "things_of", look_while_a_reset_begins)

    def reset():
        assert has_begun.wait(PATIENCE)
        place.reset()

    at_once(lambda: iot.create_job(jobId="job", targets=[arn], document="{}"), reset)

    assert iot.list_jobs()["jobs"] == []
    assert iot.list_things()["things"] == []


def test_no_reset_is_missed_however_soon_it_follows_another(place):
    for _ in range(2):
        before = place.controls.clock.now_ms
        place.control("clock/advance", seconds=3600)
        place.controls.batch.plan(exit_code=3)
        place.reset()

        assert place.controls.clock.now_ms - before < 3_600_000
        site = Site(place.client("batch"))
        site.make_queue_and_definition()
        job_id = site.submit()
        place.controls.batch.run_until(job_id, "SUCCEEDED")
        place.reset()


@pytest.mark.filterwarnings("ignore:mock_aws, or a reset of moto:mock_jobs.MockJobsWarning")
def test_a_reset_of_moto_alone_is_heard_of_at_once(place):
    submitted = place.client("batch")
    Site(submitted).make_queue_and_definition()

    BackendDict.reset()

    assert submitted.describe_job_queues()["jobQueues"] == []


def test_what_a_request_changes_in_things_that_a_reset_took_away_is_of_no_concern(mock, iot):
    before = iot_backends[ACCOUNT][REGION]
    mock.reset()
    iot.create_thing(thingName="thing")
    group = iot.create_thing_group(thingGroupName="group")["thingGroupArn"]
    iot.create_job(jobId="job", targets=[group], document="{}", targetSelection="CONTINUOUS")

    before.create_thing("thing", None, None)
    before.create_thing_group("group", None, {})
    before.add_thing_to_thing_group("group", None, "thing", None)

    assert iot.list_job_executions_for_job(jobId="job")["executionSummaries"] == []
    iot.add_thing_to_thing_group(thingName="thing", thingGroupName="group")
    assert len(iot.list_job_executions_for_job(jobId="job")["executionSummaries"]) == 1


# What EventBridge sets off

WAITS = {"source": ["aws.batch"], "detail": {"jobName": ["first"], "status": ["RUNNABLE"]}}


def _answer_with_a_job(place, account, queue):
    events = place.client("events", account)
    events.put_rule(Name="rule", EventPattern=json.dumps(WAITS))
    target = {"Id": "1", "Arn": queue, "RoleArn": f"arn:aws:iam::{account}:role/r"}
    events.put_targets(Rule="rule", Targets=[{**target, "BatchParameters": {"JobDefinition": "d", "JobName": "second"}}])


def _submit_and_poll(site):
    job_id = site.submit("first")
    assert [site.status(job_id) for _ in range(2)] == ["SUBMITTED", "RUNNABLE"]


def test_rules_of_two_accounts_may_submit_jobs_to_each_other_at_once(server, monkeypatch):
    place = OverHttp(server)
    accounts = (ACCOUNT, OTHER_ACCOUNT)
    queues = {}
    for account in accounts:
        batch = place.client("batch", account)
        Site(batch).make_queue_and_definition()
        queues[account] = batch.describe_job_queues()["jobQueues"][0]["jobQueueArn"]
    _answer_with_a_job(place, ACCOUNT, queues[OTHER_ACCOUNT])
    _answer_with_a_job(place, OTHER_ACCOUNT, queues[ACCOUNT])
    both = threading.Barrier(2, timeout=PATIENCE)
    start_job = moto_events._start_job

    def start_together(rule, target, message):
        both.wait()
        start_job(rule, target, message)

    monkeypatch.setattr(moto_events, "_start_job", start_together)

    clients = {account: place.client("batch", account) for account in accounts}
    at_once(*(lambda batch=batch: _submit_and_poll(Site(batch)) for batch in clients.values()))

    for batch in clients.values():
        jobs = batch.list_jobs(jobQueue="q", filters=[{"name": "JOB_NAME", "values": ["*"]}])["jobSummaryList"]
        assert sorted(job["jobName"] for job in jobs) == ["first", "second"]


def test_an_http_endpoint_that_gets_an_event_may_make_requests_before_it_answers(place, monkeypatch):
    monkeypatch.setenv("MOTO_EVENTS_INVOKE_HTTP", "true")
    batch = place.client("batch")
    site = Site(batch)
    site.make_queue_and_definition()
    events = place.client("events")
    connection = events.create_connection(
        Name="c", AuthorizationType="API_KEY", AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": "k", "ApiKeyValue": "v"}}
    )["ConnectionArn"]
    destination = events.create_api_destination(
        Name="d", ConnectionArn=connection, InvocationEndpoint="http://app.example/", HttpMethod="POST"
    )["ApiDestinationArn"]
    events.put_rule(Name="rule", EventPattern=json.dumps(WAITS))
    events.put_targets(Rule="rule", Targets=[{"Id": "1", "Arn": destination}])
    seen = []

    def serve():
        seen.append(batch.describe_job_queues()["jobQueues"][0]["jobQueueName"])

    monkeypatch.setattr("moto.events.models.requests.request", lambda **_: at_once(serve))

    _submit_and_poll(site)

    assert seen == ["q"]


# Functions that stand for containers


def test_a_function_may_make_requests_while_another_thread_resets(place):
    batch = place.client("batch")
    site = Site(batch)
    site.make_queue_and_definition()
    runs, has_reset = threading.Event(), threading.Event()
    seen = []

    def work(run):
        runs.set()
        assert has_reset.wait(PATIENCE)
        seen.append(batch.describe_jobs(jobs=[run.job_id])["jobs"])
        sys.stdout.write("out of a job that was forgotten\n")

    place.controls.batch.plan(run=work)
    job_id = site.submit()

    def poll():
        while not runs.is_set() and site.status(job_id) != "SUCCEEDED":
            pass

    def reset():
        assert runs.wait(PATIENCE)
        place.reset()
        has_reset.set()

    at_once(poll, reset)

    assert seen == [[]]
    assert batch.describe_jobs(jobs=[job_id])["jobs"] == []
    assert place.client("logs").describe_log_groups()["logGroups"] == []


@pytest.mark.parametrize("move", ["advance", "run_all", "poll"])
def test_what_follows_a_reset_is_not_moved_by_a_move_from_before_it(mock, batch, move):
    site = Site(batch)
    mock.clock.freeze()
    site.make_queue_and_definition()
    made = []

    def begin_anew(run):
        def others():
            mock.reset()
            mock.clock.freeze()
            site.make_queue_and_definition()
            mock.batch.plan(duration=60, optional=True)
            made.append((site.submit(), mock.clock.now_ms))

        at_once(others)

    mock.batch.plan(run=begin_anew)
    first = site.submit()

    if move == "advance":
        mock.clock.advance(3600)
    elif move == "run_all":
        mock.batch.run_all()
    while not made:
        site.status(first)

    ((second, at_ms),) = made
    assert mock.clock.now_ms == at_ms
    assert site.status(second) == "SUBMITTED"


# Many at once

TURNS = 25


def _iot_jobs(place, dice):
    iot, device = place.client("iot"), place.client("iot-jobs-data")
    group = f"arn:aws:iot:{REGION}:{ACCOUNT}:thinggroup/group"
    for turn in range(TURNS):
        job_id = f"{threading.get_ident()}-{turn}"
        yield lambda job_id=job_id: iot.create_job(jobId=job_id, targets=[group], document="{}", targetSelection="CONTINUOUS")
        yield lambda: device.start_next_pending_job_execution(thingName=f"thing-{dice.randrange(4)}")
        yield lambda: iot.list_jobs(maxResults=5)
        if dice.random() < 0.5:
            yield lambda job_id=job_id: iot.cancel_job(jobId=job_id, force=True)


def _things(place, dice):
    iot = place.client("iot")
    for turn in range(TURNS):
        thing = f"thing-{dice.randrange(4)}"
        pair = {"thingName": thing, "thingGroupName": "group"}
        yield lambda turn=turn: iot.create_thing_group(thingGroupName=f"group-{dice.randrange(TURNS)}")
        yield lambda: iot.create_thing_group(thingGroupName="group")
        yield lambda thing=thing: iot.create_thing(thingName=thing)
        yield lambda pair=pair: iot.add_thing_to_thing_group(**pair)
        yield lambda pair=pair: iot.remove_thing_from_thing_group(**pair)
        yield lambda pair=pair: iot.add_thing_to_thing_group(**pair)


def _batch_jobs(place, dice):
    batch = place.client("batch")
    site = Site(batch)
    job_id = "unknown"

    def submit_one():
        nonlocal job_id
        job_id = site.submit("many", size=dice.choice([None, 3]))

    for _ in range(TURNS):
        yield site.make_queue_and_definition
        yield submit_one
        yield lambda: batch.describe_jobs(jobs=[job_id])
        yield lambda: batch.list_jobs(jobQueue="q")
        yield lambda: batch.terminate_job(jobId=job_id, reason="enough")


def _clock(place, dice):
    for _ in range(TURNS):
        yield lambda: place.control("clock/advance", seconds=dice.randrange(100))


def _resets(place, _):
    for _ in range(TURNS // 5):
        yield place.reset


def _play(part, place, seed, is_reset_meanwhile):
    for act in part(place, random.Random(seed)):
        # While moto is reset, requests that it answers alone may find it half cleared.
        _try(act, may_fail=is_reset_meanwhile and part is _things)


def _try(act, *, may_fail):
    try:
        act()
    except ClientError as error:
        status_code = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status_code >= 500 and not may_fail:
            raise
    except (AttributeError, KeyError):
        if not may_fail:
            raise


@pytest.mark.parametrize("others", [(_clock,), (_clock, _resets)], ids=["without resets", "with resets"])
def test_many_threads_leave_a_state_that_agrees_with_itself(place, others):
    parts = (_iot_jobs, _iot_jobs, _things, _things, _batch_jobs, _batch_jobs, *others)
    is_reset_meanwhile = _resets in others

    at_once(*(lambda part=part, seed=seed: _play(part, place, seed, is_reset_meanwhile) for seed, part in enumerate(parts)))

    iot, batch = place.client("iot"), place.client("batch")
    site = Site(batch)
    _try(site.make_queue_and_definition, may_fail=False)
    job_ids = [job["jobId"] for page in iot.get_paginator("list_jobs").paginate() for job in page["jobs"]]
    for job_id in job_ids:
        details = iot.describe_job(jobId=job_id)["job"]["jobProcessDetails"]
        executions = iot.list_job_executions_for_job(jobId=job_id)["executionSummaries"]
        assert sum(count for count in details.values() if isinstance(count, int)) == len(executions)
    place.controls.batch.run_all()
    jobs = batch.list_jobs(jobQueue="q", filters=[{"name": "JOB_NAME", "values": ["many"]}])["jobSummaryList"]
    assert {job["status"] for job in jobs} <= {"SUCCEEDED", "FAILED"}
    # All room is free again.
    last = site.submit("last", vcpus=16)
    place.controls.batch.run_until(last, "SUCCEEDED")


# Nothing gets lost

CLIENTS, ROUNDS = 8, 4
ENDS = ("SUCCEEDED", "FAILED")


@pytest.fixture
def restless():
    """Let threads take turns a hundred times as often as usual."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(usual / 100)
    yield
    sys.setswitchinterval(usual)


def test_each_job_that_threads_submit_and_stop_ends_once(place, restless):
    Site(place.client("batch")).make_queue_and_definition()
    submitted = []

    def work():
        site = Site(place.client("batch"))
        for turn in range(ROUNDS):
            submitted.append(job_id := site.submit())
            site.statuses(*submitted[-CLIENTS:])
            if turn % 3:
                (site.batch.cancel_job if turn % 3 == 1 else site.batch.terminate_job)(jobId=job_id, reason="one of three")

    at_once(*[work] * CLIENTS)

    place.controls.batch.run_all()
    pages = place.client("batch").get_paginator("list_jobs")
    ended = [
        job["jobId"] for end in ENDS for page in pages.paginate(jobQueue="q", jobStatus=end) for job in page["jobSummaryList"]
    ]
    assert (sorted(ended), len(ended)) == (sorted({*submitted}), CLIENTS * ROUNDS)


def test_the_counts_of_a_job_are_those_of_its_executions(place, restless):
    iot = place.client("iot")
    targets = [iot.create_thing(thingName=f"thing-{number}")["thingArn"] for number in range(4)]

    def work(number):
        mine, device = place.client("iot"), place.client("iot-jobs-data")
        for turn in range(ROUNDS):
            mine.create_job(jobId=f"{number}-{turn}", targets=targets, document="{}")
            execution = device.start_next_pending_job_execution(thingName=f"thing-{number % 4}").get("execution", {})
            report = {"jobId": execution.get("jobId", "none"), "thingName": f"thing-{number % 4}", "status": ENDS[turn % 2]}
            _try(lambda report=report: device.update_job_execution(**report), may_fail=False)
            if turn % 3 == 0:
                _try(lambda turn=turn: mine.cancel_job(jobId=f"{number}-{turn}", force=True), may_fail=False)

    at_once(*(lambda number=number: work(number) for number in range(CLIENTS)))

    jobs = [job["jobId"] for page in iot.get_paginator("list_jobs").paginate() for job in page["jobs"]]
    assert len(jobs) == CLIENTS * ROUNDS
    for job_id in jobs:
        counts = iot.describe_job(jobId=job_id)["job"]["jobProcessDetails"]
        summaries = iot.list_job_executions_for_job(jobId=job_id)["executionSummaries"]
        statuses = Counter(each["jobExecutionSummary"]["status"] for each in summaries)
        assert sum(statuses.values()) == len(targets)
        assert {status: counts[name] for status, name in COUNTERS.items() if counts[name]} == statuses


def test_no_two_updates_of_an_execution_begin_at_the_same_version(place, restless):
    iot = place.client("iot")
    iot.create_job(jobId="job", targets=[iot.create_thing(thingName="thing")["thingArn"]], document="{}")
    which = {"thingName": "thing", "jobId": "job"}
    versions = []

    def work():
        device = place.client("iot-jobs-data")
        while len(versions) < CLIENTS * ROUNDS:
            version = device.describe_job_execution(**which)["execution"]["versionNumber"]
            details = {"at": str(version)}
            with suppress(device.exceptions.InvalidRequestException):
                device.update_job_execution(**which, status="IN_PROGRESS", expectedVersion=version, statusDetails=details)
                versions.append(version)

    at_once(*[work] * CLIENTS)

    assert sorted(versions) == list(range(1, len(versions) + 1))
    assert iot.describe_job_execution(**which)["execution"]["versionNumber"] == len(versions) + 1


def test_a_pool_of_threads_gets_what_one_thread_would(place):
    site = Site(place.client("batch"))
    site.make_queue_and_definition()

    def work(number):
        mine = Site(place.client("batch"))
        job_id = mine.submit(f"job-{number}")
        while mine.status(job_id) not in ("SUCCEEDED", "FAILED"):
            pass
        return job_id

    with ThreadPoolExecutor(8) as pool:
        job_ids = list(pool.map(work, range(24)))

    assert len(set(job_ids)) == 24
    assert {site.status(job_id) for job_id in job_ids} == {"SUCCEEDED"}
