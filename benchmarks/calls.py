"""The cost of one boto3 call under mock_jobs, compared with botocore alone (the floor) and with moto."""

from __future__ import annotations

from itertools import count
from statistics import median

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from mock_jobs import mock_jobs

from _measure import Recorder, against, answer_canned, interleave, is_quick, ms, ratio, table
from _site import make_batch_site, make_iot_job, make_thing, submit

BUDGETS = {"iot CancelJob": 1.15}
BUDGET = 1.12
NO_RETRIES = Config(retries={"max_attempts": 0})
THINGS = 50


def make_client(service):
    return boto3.client(service, config=NO_RETRIES)


def make_moto_client(service):
    """Return a client that moto alone answers, although mock_jobs is active: it has its own stubber."""
    from moto.core.botocore_stubber import BotocoreStubber
    from moto.core.models import botocore_stubber

    client = make_client(service)
    client.meta.events.unregister("before-send", botocore_stubber)
    stubber = BotocoreStubber()
    stubber.enabled = True
    client.meta.events.register("before-send", stubber)
    return client


def each_of(act, ids):
    """Return a function that acts on the next id in each call."""
    following = iter(ids).__next__
    return lambda: act(following())


def measure(label, operation, ours, floor, moto, *, rounds, calls):
    """Time one operation on its three kinds of client and return the row of the table.

    Args:
        label: First cell.
        operation: Name of the operation. Its canned answer is the one to the first call of `ours`.
        ours: Client under mock_jobs and the function that calls it.
        floor: The function that calls the canned client, and its answers by operation.
        moto: The function that calls the client under moto.
    """
    client, call_ours = ours
    call_floor, answers = floor
    recorder = Recorder(client)
    call_ours()
    recorder.stop()
    answers[operation] = recorder.answers[operation]
    variants = {"floor": call_floor, "mock_jobs": call_ours}
    try:
        moto()
        variants["moto"] = moto
    except ClientError:
        pass
    times = interleave(variants, rounds=rounds, calls=calls)
    by_moto = ["n/a", "n/a"]
    if "moto" in times:
        by_moto = [ms(median(times["moto"])), f"{ratio(times, 'moto', 'mock_jobs'):.1f}"]
    medians = [ms(median(times[name])) for name in ("floor", "mock_jobs")]
    return label, *medians, *against(ratio(times, "mock_jobs", "floor"), BUDGETS.get(label, BUDGET)), *by_moto


def main():
    quick = is_quick(__doc__)
    rounds, calls = (10, 40) if quick else (40, 50)
    needed = (rounds + 4) * calls
    with mock_jobs(config={"batch": {"use_docker": False}}) as mock:
        mock.batch.pace = "manual"
        clients = {kind: {} for kind in ("ours", "floor", "moto")}
        answers = {}
        for service in ("iot", "batch"):
            clients["ours"][service] = make_client(service)
            clients["moto"][service] = make_moto_client(service)
            clients["floor"][service] = make_client(service)
            answer_canned(clients["floor"][service], answers)
        # moto keeps the things of both.
        things = [make_thing(clients["ours"]["iot"], f"thing-{number}") for number in range(THINGS)]
        numbers = count()

        def iot_jobs(kind):
            return [
                make_iot_job(clients[kind]["iot"], things[number % THINGS], f"job-{number}")
                for _, number in zip(range(needed), numbers, strict=False)
            ]

        iot_ids = {kind: iot_jobs(kind) for kind in ("ours", "moto")}
        iot_ids["floor"] = iot_ids["ours"]
        iam = make_client("iam")
        batch_ids = {}
        for kind in ("ours", "moto"):
            make_batch_site(clients[kind]["batch"], iam, f"role-of-{kind}")
            batch_ids[kind] = [submit(clients[kind]["batch"]) for _ in range(needed)]
        batch_ids["floor"] = batch_ids["ours"]
        mock.batch.run_until(batch_ids["ours"][0], "SUCCEEDED")

        def calls_of(kind):
            iot, batch = clients[kind]["iot"], clients[kind]["batch"]
            job_id, finished = iot_ids[kind][0], batch_ids[kind][0]
            return {
                "iot DescribeJob": lambda: iot.describe_job(jobId=job_id),
                "iot CancelJob": each_of(lambda each: iot.cancel_job(jobId=each), iot_ids[kind][1:]),
                "batch DescribeJobs (1 finished)": lambda: batch.describe_jobs(jobs=[finished]),
                "batch CancelJob": each_of(lambda each: batch.cancel_job(jobId=each, reason="why"), batch_ids[kind][1:]),
            }

        acts = {kind: calls_of(kind) for kind in clients}
        rows = []
        for label in acts["ours"]:
            service, operation = label.split()[:2]
            rows.append(
                measure(
                    label,
                    operation,
                    (clients["ours"][service], acts["ours"][label]),
                    (acts["floor"][label], answers),
                    acts["moto"][label],
                    rounds=rounds,
                    calls=calls,
                )
            )
        canceled = clients["ours"]["iot"].describe_job(jobId=iot_ids["ours"][2])["job"]["status"]
        assert canceled == "CANCELED"
    header = ("one call", "floor ms", "mock_jobs ms", "x floor", "budget", "", "moto ms", "moto x mock_jobs")
    table("Cost of one boto3 call (moto's Batch: every job is SUCCEEDED at once, so its CancelJob does nothing)", header, rows)


if __name__ == "__main__":
    main()
