"""How the cost per job execution and per Batch job grows with their number, and what one of them weighs."""

from __future__ import annotations

import tracemalloc
from contextlib import contextmanager
from functools import partial
from statistics import median

import boto3

from mock_jobs import mock_jobs

from _measure import ACCOUNT, REGION, interleave, is_quick, ms, once, slope, table
from _site import CONTAINER

PER_MINUTE = 1000
GROUP_ARN = f"arn:aws:iot:{REGION}:{ACCOUNT}:thinggroup/fleet"
MOST_BYTES = 700
STEEPEST = 0.1
# Costs of fewer records are those of the call that makes them.
LEAST_FOR_SLOPE = 100
PAGE = 100


def fill_registry(count):
    """Put things and a group of all of them into moto's registry; through its API 10,000 take most of a minute."""
    from moto.iot.models import FakeThing, FakeThingGroup, iot_backends

    registry = iot_backends[ACCOUNT][REGION]
    group = FakeThingGroup("fleet", "", {}, ACCOUNT, REGION, registry.thing_groups)
    registry.thing_groups[group.arn] = group
    for number in range(count):
        thing = FakeThing(f"thing-{number}", None, {}, ACCOUNT, REGION)
        registry.things[thing.arn] = group.things[thing.arn] = thing


@contextmanager
def request(world):
    """Act as a request does, for calls that go to a backend directly: boto3's own cost, which is constant, is left out."""
    with world.lock, world.clock.one_moment():
        world.clock.catch_up()
        yield


def roll_out(mock, iot, count, job_id):
    iot.create_job(jobId=job_id, targets=[GROUP_ARN], document="{}")
    mock.clock.advance(60 * (count // PER_MINUTE + 1))


def finish_all(mock, count):
    """Let every device start and finish what it has before it."""
    from mock_jobs.iot_jobs_data.models import IoTJobsDataBackend

    world = mock.world
    backend = world.store(IoTJobsDataBackend, ACCOUNT, REGION)
    for number in range(count):
        name = f"thing-{number}"
        with request(world):
            execution = backend.start_next_pending_job_execution(thing_name=name)["execution"]
        with request(world):
            backend.update_job_execution(job_id=execution["jobId"], thing_name=name, status="SUCCEEDED")


def iot_run(count, *, with_calls=False):
    """Return the seconds of each step for one fleet, and of single calls beside it."""
    with mock_jobs() as mock:
        iot = boto3.client("iot")
        fill_registry(count)
        seconds = {
            "create and roll out": once(lambda: roll_out(mock, iot, count, "first")),
            "start and finish": once(lambda: finish_all(mock, count)),
        }
        counters = iot.describe_job(jobId="first")["job"]
        assert counters["status"] == "COMPLETED"
        assert counters["jobProcessDetails"]["numberOfSucceededThings"] == count
        roll_out(mock, iot, count, "second")
        seconds["cancel with force"] = once(lambda: iot.cancel_job(jobId="second", force=True))
        assert iot.describe_job(jobId="second")["job"]["jobProcessDetails"]["numberOfCanceledThings"] == count
        executions = partial(iot.list_job_executions_for_job, jobId="first", maxResults=PAGE)
        token = executions().get("nextToken")
        calls = {
            "DescribeJob": partial(iot.describe_job, jobId="first"),
            "ListJobExecutionsForJob, first 100": executions,
            "ListJobExecutionsForJob, next 100": partial(executions, **({"nextToken": token} if token else {})),
            "ListJobExecutionsForThing": partial(iot.list_job_executions_for_thing, thingName="thing-0"),
        }
        return seconds, {name: median_of(call) for name, call in calls.items()} if with_calls else {}


def batch_run(count, *, with_calls=False):
    """Return the seconds of each step for a number of Batch jobs, and of single calls beside them."""
    from mock_jobs.batch.models import BatchBackend

    with mock_jobs(pace="manual") as mock:
        batch = boto3.client("batch")
        batch.create_compute_environment(
            computeEnvironmentName="environment",
            type="MANAGED",
            computeResources={
                "type": "EC2",
                "minvCpus": 0,
                "maxvCpus": 256,
                "instanceTypes": ["optimal"],
                "subnets": ["subnet-1"],
                "instanceRole": "ecsInstanceRole",
            },
        )
        order = [{"order": 1, "computeEnvironment": "environment"}]
        batch.create_job_queue(jobQueueName="q", priority=1, computeEnvironmentOrder=order)
        batch.register_job_definition(jobDefinitionName="d", type="container", containerProperties=CONTAINER)
        mock.batch.run_all()
        backend = mock.world.store(BatchBackend, ACCOUNT, REGION)
        job_ids = []

        def submit(**more):
            with request(mock.world):
                return backend.submit_job(job_name="job", job_queue="q", job_definition="d", **more)["jobId"]

        seconds = {
            "submit": once(lambda: job_ids.extend(submit() for _ in range(count))),
            "run to the end": once(mock.batch.run_all),
        }
        assert batch.describe_jobs(jobs=job_ids[-1:])["jobs"][0]["status"] == "SUCCEEDED"
        array_id = submit(array_properties={"size": count})
        seconds["array, run to the end"] = once(mock.batch.run_all)
        summary = batch.describe_jobs(jobs=[array_id])["jobs"][0]["arrayProperties"]["statusSummary"]
        assert summary["SUCCEEDED"] == count
        page = partial(batch.list_jobs, jobQueue="q", jobStatus="SUCCEEDED", maxResults=PAGE)
        token = page().get("nextToken")
        children = partial(batch.list_jobs, arrayJobId=array_id, jobStatus="SUCCEEDED", maxResults=PAGE)
        calls = {
            "DescribeJobs, 1": partial(batch.describe_jobs, jobs=job_ids[:1]),
            "DescribeJobs, 100": partial(batch.describe_jobs, jobs=job_ids[:PAGE]),
            "ListJobs, first 100": page,
            "ListJobs, next 100": partial(page, **({"nextToken": token} if token else {})),
            "ListJobs of an array, first 100": children,
            "DescribeJobs, the array": partial(batch.describe_jobs, jobs=[array_id]),
        }
        return seconds, {name: median_of(call) for name, call in calls.items()} if with_calls else {}


def median_of(call):
    return median(interleave({"call": call}, rounds=15)["call"])


def report(title, sizes, run, unit):
    """Print the cost per record by size with its slope, and the cost of single calls by size."""
    runs = {size: [run(size) for _ in range(min(4, 3000 // size))] + [run(size, with_calls=True)] for size in sizes}
    steps = {name: [median(seconds[name] for seconds, _ in runs[size]) / size for size in sizes] for name in runs[sizes[0]][0][0]}
    large = [place for place, size in enumerate(sizes) if size >= LEAST_FOR_SLOPE]
    rows = []
    for name, costs in steps.items():
        steepness = slope([sizes[place] for place in large], [costs[place] for place in large])
        verdict = "ok" if steepness <= STEEPEST else "MISSED"
        rows.append((name, *(f"{cost * 1e6:.1f}" for cost in costs), f"{steepness:+.2f}", f"<= {STEEPEST:+g}", verdict))
    table(
        f"{title}: microseconds per {unit}",
        ("step", *(f"N={size}" for size in sizes), f"slope from {LEAST_FOR_SLOPE}", "budget", ""),
        rows,
    )
    # From the first size at which a page is full.
    full = [size for size in sizes if size >= 2 * PAGE]
    rows = []
    for name in runs[sizes[0]][-1][1]:
        costs = [runs[size][-1][1][name] for size in full]
        rows.append((name, *map(ms, costs), f"{costs[-1] / costs[0]:.2f}"))
    table(f"{title}: milliseconds per call, boto3 included", ("call", *(f"N={size}" for size in full), "last / first"), rows)


def weight(count):
    """Return the bytes per execution of a job that is rolled out, thing names and registry aside."""
    with mock_jobs() as mock:
        iot = boto3.client("iot")
        fill_registry(count)
        iot.describe_thing_group(thingGroupName="fleet")
        iot.list_jobs()
        tracemalloc.start()
        roll_out(mock, iot, count, "job")
        queued = tracemalloc.get_traced_memory()[0]
        finish_all(mock, count)
        # The log of calls is bounded, and these did not go through the door.
        finished = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
    return queued / count, finished / count


def main():
    quick = is_quick(__doc__)
    sizes = [10, 100, 300, 1000] if quick else [10, 100, 300, 1000, 3000, 10_000]
    iot_run(10)
    report("IoT job over a group of N things", sizes, iot_run, "execution")
    batch_run(10)
    report("N Batch jobs on 256 vCPUs", sizes, batch_run, "job")
    queued, finished = weight(sizes[-1])
    verdict = "ok" if max(queued, finished) <= MOST_BYTES else "MISSED"
    table(
        f"Bytes per execution, N={sizes[-1]} (a few hundred)",
        ("", "queued", "finished", "budget", ""),
        [("tracemalloc", f"{queued:.0f}", f"{finished:.0f}", f"<= {MOST_BYTES}", verdict)],
    )


if __name__ == "__main__":
    main()
