"""Many mocks, one after another, leave no more behind than the first of them."""

from __future__ import annotations

import collections
import functools
import gc
import sys
import threading
from pathlib import Path

import boto3
import pytest
import requests

from mock_jobs import mock_jobs
from mock_jobs.handle import world_of
from mock_jobs.reporting import watched

from support.batch_site import Site
from support.process_state import changes, patched

OPTIONS = {"region": "us-east-1", "pace": "clock", "config": {"batch": {"use_docker": False}}}
MANY, FULL = 960, 30
"""How many mocks make one request; and how many use much, among which a leak of one object shows."""


def _objects():
    # The report of a failed test needs the last few.
    watched.forget()
    for each in gc.get_objects():
        # What is kept up to a bound does not leak.
        if isinstance(each, functools._lru_cache_wrapper) and each.__module__.startswith(("moto.", "botocore.")):
            each.cache_clear()
    gc.collect()
    return collections.Counter(f"{type(each).__module__}.{type(each).__qualname__}" for each in gc.get_objects())


def _open_files():
    return len(list(Path("/proc/self/fd").iterdir())) if sys.platform == "linux" else 0


@pytest.fixture(scope="module")
def clients():
    with mock_jobs(**OPTIONS):
        return {name: boto3.client(name) for name in ("batch", "events", "iot", "stepfunctions")}


def _use_much(clients):
    with mock_jobs(**OPTIONS) as mock:
        arn = clients["iot"].create_thing(thingName="thing")["thingArn"]
        clients["iot"].create_job(jobId="job", targets=[arn], document="{}")
        Site(clients["batch"]).make_queue_and_definition()
        mock.batch.plan(run=lambda _: None)
        mock.batch.run_until(Site(clients["batch"]).submit(), "SUCCEEDED")
        world_of(mock).observe(lambda *_: None)()
        clients["events"].list_rules()
        clients["stepfunctions"].list_state_machines()
        with mock_jobs():
            requests.get("https://s3.amazonaws.com/", timeout=5)


def _use_little(clients):
    with mock_jobs(**OPTIONS):
        clients["iot"].list_jobs()


@pytest.mark.long
def test_a_thousand_mocks_leave_nothing_that_grows(clients):
    for _ in range(20):
        _use_much(clients)
        _use_little(clients)
    _objects()
    _use_much(clients)
    _use_little(clients)
    before, files, threads, globals_before = _objects(), _open_files(), threading.active_count(), patched()

    for _ in range(MANY):
        _use_little(clients)
    for _ in range(FULL):
        _use_much(clients)

    more = _objects() - before
    assert {name: count for name, count in more.items() if count >= FULL // 2} == {}
    assert _open_files() <= files
    assert threading.active_count() <= threads
    assert changes(globals_before, patched()) == []
