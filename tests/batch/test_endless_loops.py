"""Jobs that cause one another without end, by rules of EventBridge or by functions of plans.

On AWS such a loop goes on until somebody notices the bill. Here it would keep the call that moves the clock from returning.
"""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from mock_jobs import EndlessLoopError, MockJobsServer, UsageTypeError, mock_jobs
from mock_jobs.core import loops

from support.batch import PREFIX
from support.batch_site import Site
from support.constants import REGION
from support.server import ACCOUNT_A, client_of

A_ROW, REPEATS = 40, 150


@pytest.fixture(autouse=True)
def _low_limits(monkeypatch):
    monkeypatch.setattr(loops, "MOST_IN_A_ROW", A_ROW)
    monkeypatch.setattr(loops, "MOST_REPEATS", REPEATS)


@pytest.fixture(autouse=True)
def _site(mock, site):
    mock.clock.freeze()
    site.make_queue_and_definition(max_vcpus=1000)


@pytest.fixture
def events(mock):
    return boto3.client("events", region_name=REGION)


def make_rule(events, name="again", job="a", *, queue="q", arn=None, **detail):
    pattern = {"source": ["aws.batch"], "detail": {"status": ["SUCCEEDED"], **detail}}
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    parameters = {"JobName": job, "JobDefinition": "d"}
    target = {"Id": "queue", "Arn": arn or f"{PREFIX}job-queue/{queue}", "BatchParameters": parameters}
    events.put_targets(Rule=name, Targets=[target])


def count(batch, queue="q"):
    pages = batch.get_paginator("list_jobs").paginate(jobQueue=queue, filters=[{"name": "AFTER_CREATED_AT", "values": ["0"]}])
    return sum(len(page["jobSummaryList"]) for page in pages)


# What loops there are, and how each is set up: by a rule, by a function, through other queues and services


def _a_rule(mock, site, events):
    make_rule(events)
    site.submit("a")
    return ["job 'a' (queue 'q', definition 'd:1') -> the EventBridge rule 'again' -> job 'a' (queue 'q', definition 'd:1')"]


def _a_function(mock, site, events):
    mock.batch.plan("a*", queue="q", run=lambda _: site.submit("a") and None)
    site.submit("a")
    return ["job 'a' (queue 'q', definition 'd:1') -> the function of plan('a*', queue='q') -> job 'a'"]


def _a_function_with_new_names(mock, site, events):
    mock.batch.plan("a*", run=lambda run: site.submit(f"a-{run.job_id}") and None)
    site.submit("a")
    return ["the function of plan('a*') -> job 'a-"]


def _a_function_that_catches_the_error(mock, site, events):
    def work(_):
        try:
            site.submit("a")
        except Exception:  # noqa: BLE001 - as code under test does
            return 3

    mock.batch.plan("a", run=work)
    site.submit("a")
    return ["the function of plan('a') -> job 'a'"]


def _two_rules_and_queues(mock, site, events):
    site.make_queue("p")
    make_rule(events, "to-b", "b", queue="p", jobName=["a"])
    make_rule(events, "to-a", "a", queue="q", jobName=["b"])
    site.submit("a")
    return [
        "the EventBridge rule 'to-b' -> job 'b' (queue 'p', definition 'd:1')",
        "the EventBridge rule 'to-a' -> job 'a' (queue 'q'",
    ]


def _a_rule_and_a_function(mock, site, events):
    make_rule(events, "to-b", "b", jobName=["a"])
    mock.batch.plan("b", run=lambda _: site.submit("a") and None)
    site.submit("a")
    return ["the EventBridge rule 'to-b' -> job 'b'", "the function of plan('b') -> job 'a'"]


def _rules_that_branch(mock, site, events):
    make_rule(events, "one")
    make_rule(events, "two")
    site.submit("a")
    return ["-> the EventBridge rule"]


def _a_function_that_branches(mock, site, events):
    mock.batch.plan("a", run=lambda _: [site.submit("a") for _ in range(3)] and None)
    site.submit("a")
    return ["the function of plan('a') -> job 'a'"]


def _a_rule_for_all_children(mock, site, events):
    make_rule(events)
    site.submit("b", size=A_ROW)
    return ["the EventBridge rule 'again' -> job 'a'"]


def _an_event_that_a_function_puts(mock, site, events):
    events.put_rule(Name="orders", EventPattern=json.dumps({"source": ["shop"]}))
    job = {"JobName": "a", "JobDefinition": "d"}
    events.put_targets(Rule="orders", Targets=[{"Id": "q", "Arn": f"{PREFIX}job-queue/q", "BatchParameters": job}])
    entry = {"Source": "shop", "DetailType": "order", "Detail": "{}"}
    mock.batch.plan("a", run=lambda _: events.put_events(Entries=[entry]) and None)
    site.submit("a")
    return ["the EventBridge rule 'orders' -> job 'a'"]


def _a_service_job_between(mock, site, events):
    site.make_service_environment()
    site.make_service_queue()
    make_rule(events, jobName=["s"])
    mock.batch.plan("a", run=lambda _: site.submit_service("s") and None)
    site.submit("a")
    return ["the function of plan('a') -> job 's' (queue 'sq')", "the EventBridge rule 'again' -> job 'a'"]


def _functions_that_wait_for_each_other(mock, site, events):
    def work(_):
        job_id = site.submit("a")
        while site.status(job_id) not in ("SUCCEEDED", "FAILED"):
            pass

    mock.batch.plan("a", run=work)
    site.submit("a")
    return ["functions that wait for one another", "the function of plan('a') -> job 'a'"]


LOOPS = [
    _a_rule,
    _a_function,
    _a_function_with_new_names,
    _a_function_that_catches_the_error,
    _two_rules_and_queues,
    _a_rule_and_a_function,
    _rules_that_branch,
    _a_function_that_branches,
    _a_rule_for_all_children,
    _an_event_that_a_function_puts,
    _a_service_job_between,
    _functions_that_wait_for_each_other,
]
loop_of_any_kind = pytest.mark.parametrize("loop", LOOPS, ids=lambda each: each.__name__.strip("_"))


def _advance(mock, site):
    mock.clock.advance(1)


def _run_all(mock, site):
    mock.batch.run_all()


def _run_until(mock, site):
    held_id = site.submit("held", dependsOn=[{"jobId": site.submit("never")}])
    mock.batch.plan("never", duration=None)
    mock.batch.run_until(held_id, "RUNNING")


@pytest.mark.parametrize(
    ("loop", "move"),
    [(loop, _advance) for loop in LOOPS] + [(loop, move) for loop in LOOPS[:2] for move in (_run_all, _run_until)],
    ids=lambda each: each.__name__.strip("_"),
)
def test_what_moves_the_clock_names_the_loop_and_returns(mock, site, events, loop, move):
    parts = loop(mock, site, events)
    with pytest.raises(EndlessLoopError) as caught:
        move(mock, site)

    assert [each for each in parts if each not in str(caught.value)] == []


@loop_of_any_kind
def test_the_world_stays_usable_after_it(mock, site, batch, events, loop):
    loop(mock, site, events)
    with pytest.raises(EndlessLoopError):
        mock.batch.run_all()
    size = count(batch)
    for rule in events.list_rules()["Rules"]:
        events.disable_rule(Name=rule["Name"])
    mock.batch.plan()
    mock.clock.advance(1)
    last_id = site.submit("last")
    mock.batch.run_all()

    assert site.status(last_id) == "SUCCEEDED"
    assert count(batch) == size + 1
    unfinished = [
        status
        for status in ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING")
        if batch.list_jobs(jobQueue="q", jobStatus=status)["jobSummaryList"]
    ]
    assert unfinished == []


def test_a_loop_has_ended_with_its_error(mock, site, batch, events):
    _a_rule(mock, site, events)
    with pytest.raises(EndlessLoopError):
        mock.clock.advance(1)
    size = count(batch)
    mock.clock.advance(1)

    assert count(batch) == size == A_ROW + 1


def test_the_job_whose_function_was_refused_has_failed(mock, site, batch, events):
    _a_function(mock, site, events)
    with pytest.raises(EndlessLoopError):
        mock.clock.advance(1)
    mock.clock.advance(1)

    (failed,) = batch.list_jobs(jobQueue="q", jobStatus="FAILED")["jobSummaryList"]
    assert failed["container"]["exitCode"] == 1


@pytest.mark.parametrize("loop", [_rules_that_branch, _a_function_that_branches, _a_rule_for_all_children])
def test_the_jobs_that_are_left_of_a_loop_submit_no_more(mock, site, batch, events, loop):
    loop(mock, site, events)
    with pytest.raises(EndlessLoopError):
        mock.clock.advance(1)
    size = count(batch)
    mock.clock.advance(1)
    mock.batch.run_all()

    assert count(batch) == size


@pytest.mark.parametrize("loop", [_a_rule, _a_function, _rules_that_branch])
def test_a_reset_forgets_it(mock, site, events, loop):
    loop(mock, site, events)
    with pytest.raises(EndlessLoopError):
        mock.clock.advance(1)
    mock.reset()
    site.make_queue_and_definition()
    mock.batch.plan("a", run=lambda run: run.job_name == "a" and site.submit("b") and None)
    job_id = site.submit("a")
    mock.batch.run_all()

    assert site.status(job_id) == "SUCCEEDED"


def test_the_same_rule_may_act_again_for_later_jobs(mock, site, batch, events):
    _rules_that_branch(mock, site, events)
    with pytest.raises(EndlessLoopError):
        mock.clock.advance(1)
    events.disable_rule(Name="one")
    events.disable_rule(Name="two")
    mock.clock.advance(1)
    events.enable_rule(Name="one")
    mock.batch.plan("a", duration=60)
    size = count(batch)
    site.submit("a")
    mock.clock.advance(10 * 60)

    assert count(batch) == size + 11


def test_the_clock_stays_where_the_loop_came_up(mock, site, events):
    make_rule(events, jobName=["a"])
    mock.batch.plan("a")
    mock.batch.plan("b", duration=30)
    make_rule(events, "begin", "a", jobName=["b"])
    site.submit("b")
    start_ms = mock.clock.now_ms
    with pytest.raises(EndlessLoopError):
        mock.clock.advance(100)

    assert mock.clock.now_ms == start_ms + 30_000
    mock.clock.advance(1)
    assert mock.clock.now_ms == start_ms + 31_000


def test_the_clock_stays_where_any_error_of_a_function_came_up(mock, site):
    mock.batch.settings.starting_seconds = 30
    mock.batch.plan(run=lambda _: "text")
    job_id = site.submit()
    start_ms = mock.clock.now_ms
    with pytest.raises(UsageTypeError):
        mock.clock.advance(100)

    assert mock.clock.now_ms == start_ms + 30_000
    assert site.detail(job_id)["startedAt"] == start_ms + 30_000


# Requests


@pytest.mark.parametrize("service", ["batch", "iot", "s3"])
@pytest.mark.parametrize("loop", [_a_rule, _a_function], ids=["rule", "function"])
def test_a_request_that_runs_into_it_raises_it(mock, site, events, loop, service):
    calls = {"batch": "describe_job_queues", "iot": "list_jobs", "s3": "list_buckets"}
    client = boto3.client(service, region_name=REGION)
    mock.batch.pace = "clock"
    loop(mock, site, events)
    with pytest.raises(EndlessLoopError, match="job 'a'"):
        getattr(client, calls[service])()

    getattr(client, calls[service])()


@pytest.mark.parametrize("seconds", [0, 60])
def test_a_read_that_waits_for_a_stuck_job_raises_it(mock, site, events, seconds):
    _a_rule(mock, site, events)
    mock.batch.plan(duration=seconds)
    mock.batch.plan("never", duration=None)
    held_id = site.submit("held", after=[site.submit("never")])
    site.status(held_id)
    site.status(held_id)
    with pytest.raises(EndlessLoopError, match="rule 'again'"):
        site.status(held_id)

    assert site.status(held_id) == "PENDING"


# Loops that take time


@pytest.mark.parametrize("move", [_run_all, _run_until])
@pytest.mark.parametrize("loop", [_a_rule, _a_function], ids=["rule", "function"])
def test_a_call_without_a_fixed_time_ends_a_loop_that_takes_time(mock, site, batch, events, loop, move):
    loop(mock, site, events)
    mock.batch.settings.starting_seconds = 60
    with pytest.raises(EndlessLoopError, match="while one call moves the clock"):
        move(mock, site)

    assert count(batch) < 2 * A_ROW


def test_a_fixed_time_lets_it_go_on(mock, site, batch, events):
    _a_rule(mock, site, events)
    mock.batch.plan(duration=60)
    mock.clock.advance(60 * 3 * A_ROW)

    assert count(batch) == 3 * A_ROW + 1


@pytest.mark.parametrize("how", ["read", "run_until"])
def test_a_job_that_ends_later_is_reached_beside_it(mock, site, batch, events, how):
    _a_rule(mock, site, events)
    mock.batch.plan(duration=60)
    mock.batch.plan("long", duration=60 * 3 * A_ROW)
    job_id = site.submit("long")
    if how == "run_until":
        mock.batch.run_until(job_id, "SUCCEEDED")
    while site.status(job_id) != "SUCCEEDED":
        pass

    assert count(batch) >= 3 * A_ROW


# No loops


def test_jobs_that_wait_for_one_another_are_none(mock, site, events):
    array_id = site.submit("array", size=5 * A_ROW, after=[{"type": "SEQUENTIAL"}])
    job_id = site.submit("first")
    for _ in range(5 * A_ROW):
        job_id = site.submit("next", after=[job_id])
    mock.clock.advance(1)

    assert site.statuses(array_id, job_id) == ["SUCCEEDED", "SUCCEEDED"]


def test_a_sequential_array_of_full_size_and_a_long_chain_are_none(mock, site, monkeypatch):
    monkeypatch.undo()
    array_id = site.submit("array", size=10_000, after=[{"type": "SEQUENTIAL"}])
    job_id = site.submit("first")
    for _ in range(3000):
        job_id = site.submit("next", after=[job_id])
    mock.batch.run_all()

    assert site.statuses(array_id, job_id) == ["SUCCEEDED", "SUCCEEDED"]


def test_many_jobs_with_followers_of_their_own_are_none(mock, site, batch, events):
    make_rule(events, "first", "second", jobName=["first"])
    make_rule(events, "second", "third", jobName=["second"])
    site.submit("first", size=REPEATS)
    for _ in range(10):
        site.submit("first")
    mock.clock.advance(1)

    # The array itself has followers too.
    leaders = REPEATS + 1 + 10
    assert count(batch) == 11 + 2 * leaders


def test_a_function_that_submits_many_jobs_is_none(mock, site, batch):
    mock.batch.plan("many", run=lambda _: [site.submit("one") for _ in range(2 * REPEATS)] and None)
    site.submit("many")
    mock.clock.advance(1)

    assert len(batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")["jobSummaryList"]) == 2 * REPEATS + 1


def test_a_chain_of_functions_that_stops_is_none(mock, site, batch):
    mock.batch.plan("step-*", run=lambda run: _next(site, int(run.job_name[5:])))
    site.submit("step-0")
    mock.clock.advance(1)

    assert len(batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")["jobSummaryList"]) == A_ROW + 1


def test_chains_at_many_moments_are_none(mock, site, batch):
    mock.batch.plan("step-*", run=lambda run: _next(site, int(run.job_name[5:])))
    for _ in range(REPEATS // A_ROW + 2):
        site.submit("step-0")
        mock.clock.advance(1)

    assert batch.list_jobs(jobQueue="q", jobStatus="FAILED")["jobSummaryList"] == []


def test_a_chain_at_the_moment_of_an_earlier_loop_is_none(mock, site, events):
    _rules_that_branch(mock, site, events)
    with pytest.raises(EndlessLoopError):
        mock.clock.advance(1)
    events.disable_rule(Name="one")
    events.disable_rule(Name="two")
    mock.batch.plan("step-*", run=lambda run: _next(site, int(run.job_name[5:])))
    job_id = site.submit("step-0")
    mock.clock.advance(1)

    assert site.status(job_id) == "SUCCEEDED"


def _next(site, number):
    if number < A_ROW:
        site.submit(f"step-{number + 1}")


def test_what_the_test_submits_after_each_other_is_none(mock, site, events):
    make_rule(events, "follow", "follower", jobName=["leader"])
    for _ in range(3 * A_ROW):
        site.submit("leader")
        mock.batch.run_all()

    assert site.status(site.submit("last")) == "SUBMITTED"


# moto's sleep


def test_moto_s_sleep_in_each_submission_does_not_overflow_the_stack(monkeypatch):
    monkeypatch.setenv("MOTO_SIMPLE_BATCH_FAIL_AFTER", "20")
    with mock_jobs(region=REGION, config={"batch": {"use_docker": False}}) as mock:
        site = Site(boto3.client("batch", region_name="eu-west-1"), mock)
        site.make_queue_and_definition()
        events = boto3.client("events", region_name="eu-west-1")
        make_rule(events, arn=f"{PREFIX}job-queue/q".replace(REGION, "eu-west-1"), status=["FAILED"])
        with pytest.raises(EndlessLoopError, match="rule 'again'"):
            site.submit("a")

        assert site.batch.describe_job_queues()["jobQueues"]


# Server


@pytest.fixture
def server():
    with MockJobsServer() as running:
        running.account(ACCOUNT_A).clock.freeze()
        yield running


@pytest.fixture
def served(server):
    """A site whose jobs are on a server."""
    site = Site(client_of(server, "batch"))
    site.make_queue_and_definition(max_vcpus=1000)
    return site


ARN_A = f"arn:aws:batch:us-east-1:{ACCOUNT_A}:job-queue/q"


@pytest.mark.parametrize("command", ["clock/advance", "batch/run-all"])
def test_the_control_api_answers_it(server, served, command):
    make_rule(client_of(server, "events"), arn=ARN_A)
    served.submit("a")
    body = {"seconds": 1} if command == "clock/advance" else {}
    answer = requests.post(
        f"{server.url}/mock-jobs-api/{command}", json=body, headers={"x-moto-account-id": ACCOUNT_A}, timeout=60
    )

    assert answer.status_code == 400
    assert "-> the EventBridge rule 'again' -> job 'a'" in answer.json()["message"]


@pytest.mark.parametrize(("service", "call"), [("s3", "list_buckets"), ("batch", "describe_job_queues")])
def test_an_ordinary_request_answers_it(server, served, service, call):
    make_rule(client_of(server, "events"), arn=ARN_A)
    server.account(ACCOUNT_A).batch.pace = "clock"
    served.submit("a")
    client = client_of(server, service)
    with pytest.raises(ClientError) as caught:
        getattr(client, call)()

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    getattr(client, call)()


@pytest.mark.parametrize("is_caught", [False, True])
def test_a_function_that_asks_the_server_is_followed(server, served, is_caught):
    def work(_):
        try:
            served.submit("a")
        except ClientError:
            if not is_caught:
                raise

    account = server.account(ACCOUNT_A)
    account.batch.plan("a", run=work)
    served.submit("a")
    with pytest.raises(EndlessLoopError, match=re.escape("the function of plan('a') -> job 'a'")):
        account.clock.advance(1)


def test_functions_that_wait_for_each_other_leave_a_server_threads(server, served, monkeypatch):
    monkeypatch.setattr(loops, "_MOST_THREADS", 6)

    def work(_):
        job_id = served.submit("a")
        while served.status(job_id) not in ("SUCCEEDED", "FAILED"):
            pass

    account = server.account(ACCOUNT_A)
    account.batch.plan("a", run=work)
    served.submit("a")
    with ThreadPoolExecutor(1) as pool, pytest.raises(EndlessLoopError, match="wait for one another"):
        pool.submit(account.batch.run_all).result(timeout=60)

    assert served.batch.describe_job_queues()["jobQueues"]


def test_jobs_that_threads_submit_while_functions_run_follow_from_none_of_them(mock, site):
    """At one moment of the clock, more jobs than may follow from one another, each submitted while the function of the last one runs."""
    mock.clock.freeze()
    mock.batch.pace = "clock"
    running, submitted = Barrier(2), Barrier(2)

    def work(_):
        running.wait(20)
        submitted.wait(20)

    mock.batch.plan("slow", run=work)
    site.submit("slow")
    with ThreadPoolExecutor(1) as pool:
        # It first runs all functions that are due, in the other thread.
        other = pool.submit(site.submit, "other")
        for _ in range(A_ROW + 5):
            running.wait(20)
            site.submit("slow")
            submitted.wait(20)
        running.abort()
        assert other.result(20)


def test_a_loop_that_branches_over_many_plans_is_found(mock, site, batch):
    """Each function submits two jobs of the next plan, so that no row of them is long."""
    ring = 10
    for number in range(ring):

        def work(_, following=f"j{(number + 1) % ring}"):
            for _ in range(2):
                site.submit(following)

        mock.batch.plan(f"j{number}", run=work)
    site.submit("j0")
    with pytest.raises(EndlessLoopError):
        mock.batch.run_all()
