"""The cost of a whole small test (enter, boto3.client, 4 calls, exit), of start and stop, and of imports."""

from __future__ import annotations

import subprocess
import sys
from statistics import median
from time import perf_counter

import boto3

from mock_jobs import mock_jobs

from _measure import Recorder, against, answer_canned, interleave, is_quick, ms, ratio, table
from _site import CONTAINER

HEAVY = ("boto3", "botocore", "moto", "werkzeug", "uvicorn", "responses")


def iot_test(adapt):
    iot = boto3.client("iot")
    adapt(iot)
    target = iot.create_thing(thingName="thing")["thingArn"]
    iot.create_job(jobId="job", targets=[target], document="{}")
    iot.cancel_job(jobId="job")
    iot.describe_job(jobId="job")


def batch_test(adapt):
    batch = boto3.client("batch")
    adapt(batch)
    batch.register_job_definition(jobDefinitionName="d", type="container", containerProperties=CONTAINER)
    batch.describe_job_definitions(jobDefinitionName="d")
    batch.describe_job_queues()
    batch.describe_jobs(jobs=["11111111-2222-4333-8444-555555555555"])


def as_it_is(client):
    pass


def under(mock, test):
    """Return a whole test under a mock."""

    def whole():
        with mock():
            test(as_it_is)

    return whole


def canned(test):
    """Return a whole test without a mock, with a shared loader and its canned answers from mock_jobs."""
    from mock_jobs.transports.sessions import new_session
    from mock_jobs.wire.loader import shared_loader

    recorders = []
    with mock_jobs():
        test(lambda client: recorders.append(Recorder(client)))
    answers = recorders[0].answers

    def whole():
        session = new_session()
        session.register_component("data_loader", shared_loader())
        boto3.setup_default_session(botocore_session=session)
        test(lambda client: answer_canned(client, answers))
        boto3.DEFAULT_SESSION = None

    return whole


def start_and_stop(mock):
    def both():
        active = mock()
        active.start()
        active.stop()

    return both


def run_python(code):
    return lambda: subprocess.run([sys.executable, "-c", code], check=True)


def imports(quick):
    programs = {
        "pass": "pass",
        "import mock_jobs": "import mock_jobs",
        "import pytest": "import pytest",
        "import pytest, mock_jobs.pytest_plugin": "import pytest, mock_jobs.pytest_plugin",
        "from moto import mock_aws": "from moto import mock_aws",
    }
    times = interleave(
        {name: run_python(code) for name, code in programs.items()}, rounds=7 if quick else 21, warm_up=1, clock=perf_counter
    )
    rows = []
    for name in programs:
        base = "import pytest" if "pytest" in name else "pass"
        more = median(one - other for one, other in zip(times[name], times[base], strict=True))
        rows.append((name, ms(median(times[name])), base, f"{ratio(times, name, base):.2f}", ms(more)))
    table("Imports, each in a new process", ("program", "ms", "compared with", "ratio", "ms more"), rows)
    for name in ("mock_jobs", "mock_jobs.pytest_plugin"):
        code = f"import sys, {name}; print([each for each in {HEAVY} if each in sys.modules])"
        loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()
        print(f"  import {name} also imports {loaded} (budget: [])")


def main():
    quick = is_quick(__doc__)
    from moto import mock_aws

    rows = []
    for label, test in (
        ("iot: create_thing, create_job, cancel_job, describe_job", iot_test),
        ("batch: one write, three reads", batch_test),
    ):
        variants = {"canned": canned(test), "mock_jobs": under(mock_jobs, test), "mock_aws": under(mock_aws, test)}
        times = interleave(variants, rounds=10 if quick else 40, warm_up=2)
        medians = [ms(median(times[name])) for name in variants]
        faster = against(ratio(times, "mock_aws", "mock_jobs"), 6, at_least=True)
        rows.append((label, *medians, *against(ratio(times, "mock_jobs", "canned"), 1.2), *faster))
    header = (
        "a whole test",
        "canned ms",
        "mock_jobs ms",
        "mock_aws ms",
        "x canned",
        "budget",
        "",
        "faster than mock_aws",
        "budget",
        "",
    )
    table("A whole test: enter, boto3.client, 4 calls, exit", header, rows)

    variants = {"mock_aws": start_and_stop(mock_aws), "mock_jobs": start_and_stop(mock_jobs)}
    times = interleave(variants, rounds=50 if quick else 300)
    medians = [ms(median(times[name])) for name in variants]
    row = ("start and stop", *medians, *against(ratio(times, "mock_jobs", "mock_aws"), 1))
    table("Start and stop alone", ("", "mock_aws ms", "mock_jobs ms", "x mock_aws", "budget", ""), [row])

    imports(quick)


if __name__ == "__main__":
    main()
