"""A child that is forked while other threads are inside a request goes on by itself, with a copy of the state."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")

# A process of its own, because pytest's has threads that nobody should fork.
_SCRIPT = """
import os, sys, threading, warnings
import boto3
from support.batch_site import Site
from mock_jobs import mock_jobs
from mock_jobs.core import process
from mock_jobs.handle import world_of
warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of every fork beside threads
process.FORK_PATIENCE_S = 0.2

PATIENCE = 20
is_parked, may_go_on = threading.Event(), threading.Event()

def park(*_):
    is_parked.set()
    assert may_go_on.wait(PATIENCE)

def in_a_function(mock, batch):
    mock.batch.plan(job_name="parked", run=park)
    mock.batch.run_until(Site(batch).submit("parked"), "SUCCEEDED")

def in_an_observer(mock, batch):
    world_of(mock).observe(lambda call, _: park() if call.parameters.get("jobName") == "parked" else None)
    Site(batch).submit("parked")

def in_a_start(mock, batch):
    from mock_jobs.moto_adapters import starts
    new_mock = starts._new_mock
    starts._new_mock = lambda kind: (park() if threading.current_thread() is parked else None, new_mock(kind))[1]
    with mock_jobs():
        pass

def in_a_watch(mock, batch):
    with process.registry_lock:
        park()

def nowhere(mock, batch):
    is_parked.set()

def act_in_child(mock, batch):
    mock.clock.freeze()
    before = mock.clock.now_ms
    mock.clock.advance(1)
    assert mock.clock.now_ms == before + 1000
    mock.clock.unfreeze()
    assert world_of(mock).clock._pinned_ms is None
    assert world_of(mock).clock.search is None
    assert world_of(mock).loops.active == []
    with mock_jobs():
        job_id = Site(batch).submit("child")
        mock.batch.run_until(job_id, "SUCCEEDED")
    with mock_jobs():
        boto3.client("iot", "us-east-1").list_jobs()
    mock.reset()
    assert batch.describe_job_queues()["jobQueues"] == []

with mock_jobs(region="us-east-1") as mock:
    batch = boto3.client("batch")
    Site(batch).make_queue_and_definition()
    before = Site(batch).submit("before")
    parked = threading.Thread(target=globals()[sys.argv[1]], args=[mock, batch], daemon=True)
    parked.start()
    assert is_parked.wait(PATIENCE)
    child = os.fork()
    if not child:
        if sys.argv[1] == "in_a_function":
            named = [{"name": "JOB_NAME", "values": ["parked"]}]
            for _ in range(3):
                assert [job["status"] for job in batch.list_jobs(jobQueue="q", filters=named)["jobSummaryList"]] == ["RUNNING"]
        assert [job["jobId"] for job in batch.describe_jobs(jobs=[before])["jobs"]] == [before]
        act_in_child(mock, batch)
        os._exit(0)
    may_go_on.set()
    parked.join(PATIENCE)
    assert not parked.is_alive()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    # The parent has what it had.
    assert len(batch.describe_jobs(jobs=[before])["jobs"]) == 1
    Site(batch).submit("after")
"""


def _run(script, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=60)


@pytest.mark.parametrize("where", ["in_a_function", "in_an_observer", "in_a_start", "in_a_watch", "nowhere"])
def test_a_child_goes_on_wherever_the_other_thread_is(where):
    done = _run(_SCRIPT, where)

    assert (done.returncode, done.stderr) == (0, "")
