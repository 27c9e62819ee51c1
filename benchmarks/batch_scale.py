"""How the cost of a Batch job grows from 1,000 to 100,000 jobs, and the bytes of one job.

The jobs are in chains, in arrays, in fair shares, or have names of their own.
"""

from __future__ import annotations

import tracemalloc
from contextlib import contextmanager
from functools import partial

import boto3

from mock_jobs import mock_jobs
from mock_jobs.handle import world_of

from _measure import ACCOUNT, REGION, is_quick, once, table
from _scale import PAGE, median_of, report, request
from _site import CONTAINER

VCPUS = 100
CHAIN = 10
DURATIONS = 997
SHARES = 10
STEEPEST = 0.05
MOST_BYTES = 1600
LARGEST_ARRAY = 10_000
ARRAYS = 100


@contextmanager
def site(*, has_shares=False):
    """Yield the mock, a client, and a function that submits a job without boto3.

    The cost of boto3 is constant and ten times as much.
    """
    from mock_jobs.batch.backend import BatchBackend

    with mock_jobs(pace="manual") as mock:
        batch = boto3.client("batch")
        resources = {
            "type": "EC2",
            "minvCpus": 0,
            "maxvCpus": VCPUS,
            "instanceTypes": ["optimal"],
            "subnets": ["subnet-1"],
            "instanceRole": "ecsInstanceRole",
        }
        batch.create_compute_environment(computeEnvironmentName="ce", type="MANAGED", computeResources=resources)
        more = {}
        if has_shares:
            weights = [{"shareIdentifier": f"S{number}", "weightFactor": 1 + number} for number in range(SHARES)]
            policy = batch.create_scheduling_policy(name="p", fairsharePolicy={"shareDistribution": weights})
            more["schedulingPolicyArn"] = policy["arn"]
        order = [{"order": 1, "computeEnvironment": "ce"}]
        batch.create_job_queue(jobQueueName="q", priority=1, computeEnvironmentOrder=order, **more)
        priority = {"schedulingPriority": 1} if has_shares else {}
        batch.register_job_definition(jobDefinitionName="d", type="container", containerProperties=CONTAINER, **priority)
        # Jobs end at moments of their own, each with a pass of the scheduler. With a few durations only, jobs end together, the
        # fewer there are the more of them, so that the cost would seem to grow.
        for number in range(DURATIONS):
            mock.batch.plan(f"job-{number}", duration=60 + 0.131 * number)
        backend = world_of(mock).store(BatchBackend, ACCOUNT, REGION)

        def submit(number=0, **more):
            with request(world_of(mock)):
                given = {"job_name": f"job-{number % DURATIONS}", "job_queue": "q", "job_definition": "d", **more}
                return backend.submit_job(**given)["jobId"]

        yield mock, batch, submit


def check_all_succeeded(batch, job_ids):
    for start in range(0, len(job_ids), PAGE):
        jobs = batch.describe_jobs(jobs=job_ids[start : start + PAGE])["jobs"]
        assert all(job["status"] == "SUCCEEDED" for job in jobs)


def chains(count, *, with_calls=False):
    """Submit chains of ten jobs, each waiting for the one before, and run them to the end."""
    job_ids = []
    with site() as (mock, batch, submit):

        def submit_all():
            for number in range(count):
                after = [{"jobId": job_ids[-1]}] if number % CHAIN else []
                job_ids.append(submit(number, depends_on=after))

        seconds = {"submit": once(submit_all), "run to the end": once(mock.batch.run_all)}
        check_all_succeeded(batch, job_ids[:: max(1, count // 1000)])
        page = partial(batch.list_jobs, jobQueue="q", jobStatus="SUCCEEDED", maxResults=PAGE)
        named = partial(batch.list_jobs, jobQueue="q", filters=[{"name": "JOB_NAME", "values": ["job-3"]}], maxResults=PAGE)
        token = page().get("nextToken")
        middle = job_ids[count // 2 : count // 2 + PAGE]
        calls = {
            "DescribeJobs, 1": partial(batch.describe_jobs, jobs=middle[:1]),
            "DescribeJobs, 100": partial(batch.describe_jobs, jobs=middle),
            "ListJobs, first 100": page,
            "ListJobs, next 100": partial(page, nextToken=token),
            "ListJobs by name, 100": named,
            "GetJobQueueSnapshot": partial(batch.get_job_queue_snapshot, jobQueue="q"),
        }
        return seconds, {name: median_of(call) for name, call in calls.items()} if with_calls else {}


def shares(count, *, with_calls=False):
    """Submit jobs to ten fair shares of different weights, and run them to the end."""
    with site(has_shares=True) as (mock, batch, submit):
        job_ids = []

        def submit_all():
            job_ids.extend(submit(number, share_identifier=f"S{number % SHARES}") for number in range(count))

        seconds = {"submit": once(submit_all), "run to the end": once(mock.batch.run_all)}
        check_all_succeeded(batch, job_ids[:: max(1, count // 1000)])
        filters = [{"name": "SHARE_IDENTIFIER", "values": ["S3"]}]
        calls = {
            "ListJobs of a share, first 100": partial(batch.list_jobs, jobQueue="q", filters=filters, maxResults=PAGE),
            "ListJobs of a share, none RUNNING": partial(batch.list_jobs, jobQueue="q", filters=filters, jobStatus="RUNNING"),
        }
        return seconds, {name: median_of(call) for name, call in calls.items()} if with_calls else {}


def names(count, *, with_calls=False):
    """Submit jobs with different names and a consumable resource, and run them to the end."""
    with site() as (mock, batch, submit):
        batch.create_consumable_resource(consumableResourceName="r", totalQuantity=VCPUS)
        properties = {"consumableResourceList": [{"consumableResource": "r", "quantity": 1}]}
        for name in ("d", "e"):
            batch.register_job_definition(
                jobDefinitionName=name, type="container", containerProperties=CONTAINER, consumableResourceProperties=properties
            )

        def submit_all():
            for number in range(count):
                submit(job_name=f"n-{number * 7919 % count:06}")

        seconds = {"submit": once(submit_all), "run to the end": once(mock.batch.run_all)}
        calls = {}
        for name, value in (("JOB_NAME", "n-000005"), ("JOB_NAME", "n-*"), ("JOB_NAME", "m-*"), ("JOB_DEFINITION", "e*")):
            filters = [{"name": name, "values": [value]}]
            calls[f"ListJobs, {name} {value}"] = partial(batch.list_jobs, jobQueue="q", filters=filters, maxResults=PAGE)
        for name, value in (("JOB_STATUS", "RUNNING"), ("JOB_NAME", "m-*"), ("JOB_NAME", "n-*")):
            filters = [{"name": name, "values": [value]}]
            call = partial(batch.list_jobs_by_consumable_resource, consumableResource="r", filters=filters)
            calls[f"ListJobsByConsumableResource, {name} {value}"] = call
        return seconds, {name: median_of(call) for name, call in calls.items()} if with_calls else {}


def arrays(count, *, with_calls=False):
    """Submit arrays of at most 10,000, and run their children to the end."""
    size = min(count, LARGEST_ARRAY)
    with site() as (mock, batch, submit):
        array_ids = []

        def submit_all():
            array_ids.extend(submit(number, array_properties={"size": size}) for number in range(count // size))

        seconds = {"submit": once(submit_all), "run to the end": once(mock.batch.run_all)}
        check_all_succeeded(batch, array_ids)
        children = partial(batch.list_jobs, arrayJobId=array_ids[0], jobStatus="SUCCEEDED", maxResults=PAGE)
        calls = {
            "ListJobs of an array, first 100": children,
            "DescribeJobs, the array": partial(batch.describe_jobs, jobs=array_ids[:1]),
            "DescribeJobs, 100 children": partial(
                batch.describe_jobs, jobs=[f"{array_ids[-1]}:{index}" for index in range(size - PAGE, size)]
            ),
        }
        return seconds, {name: median_of(call) for name, call in calls.items()} if with_calls else {}


def weight(count):
    """Return the bytes of a job and of a child of an array, from submission to the end."""
    found = {}
    for name, most in (("job", 1), ("child of an array", LARGEST_ARRAY)):
        with site() as (mock, _, submit):
            # First make what is made only once, and fill the bounded log of events.
            submit(array_properties={"size": LARGEST_ARRAY})
            mock.batch.run_all()
            tracemalloc.start()
            for number in range(count // most):
                submit(number, **({} if most == 1 else {"array_properties": {"size": most}}))
            waiting = tracemalloc.get_traced_memory()[0]
            mock.batch.run_all()
            finished = tracemalloc.get_traced_memory()[0]
            tracemalloc.stop()
        found[name] = waiting / count, finished / count
    return found


def main():
    quick = is_quick(__doc__)
    sizes = [1000, 3000, 10_000] if quick else [1000, 10_000, 100_000]
    chains(PAGE)
    report(f"Jobs in chains of {CHAIN} on {VCPUS} vCPUs", sizes, chains, "job", STEEPEST)
    report(f"Jobs of {SHARES} fair shares on {VCPUS} vCPUs", sizes, shares, "job", STEEPEST)
    report(f"Jobs with names of their own, and a resource, on {VCPUS} vCPUs", sizes, names, "job", STEEPEST)
    report(f"Arrays of at most {LARGEST_ARRAY} on {VCPUS} vCPUs", sizes, arrays, "child", STEEPEST)
    if not quick:
        count = ARRAYS * LARGEST_ARRAY
        few, many = (arrays(size)[0]["run to the end"] / size for size in (LARGEST_ARRAY, count))
        table(
            f"{ARRAYS} arrays of {LARGEST_ARRAY}",
            ("", "us per child", "by one array", "budget", ""),
            [("run to the end", f"{many * 1e6:.1f}", f"{many / few:.2f}", "<= 1.6", "ok" if many / few <= 1.6 else "MISSED")],
        )
    rows = []
    for name, (waiting, finished) in weight(LARGEST_ARRAY).items():
        verdict = "ok" if max(waiting, finished) <= MOST_BYTES else "MISSED"
        rows.append((name, f"{waiting:.0f}", f"{finished:.0f}", f"<= {MOST_BYTES}", verdict))
    table("Bytes of each, by tracemalloc", ("", "submitted", "finished", "budget", ""), rows)


if __name__ == "__main__":
    main()
