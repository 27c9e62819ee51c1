"""How the cost of a job execution grows from 10 to 1,000,000 executions, and the bytes of one.

Also times moto's registry.
"""

from __future__ import annotations

import tracemalloc
from functools import partial

import boto3

from mock_jobs import mock_jobs
from mock_jobs.handle import world_of

from _measure import ACCOUNT, REGION, is_quick, once, slope, table
from _scale import PAGE, median_of, report, request

PER_MINUTE = 1000
GROUP_ARN = f"arn:aws:iot:{REGION}:{ACCOUNT}:thinggroup/fleet"
MOST_BYTES = 600
STEEPEST = 0.05


def fill_registry(count):
    """Put things and a group of all of them into moto's registry; `time_registry` shows why not through its API."""
    from moto.iot.models import FakeThing, FakeThingGroup, iot_backends

    registry = iot_backends[ACCOUNT][REGION]
    group = FakeThingGroup("fleet", "", {}, ACCOUNT, REGION, registry.thing_groups)
    registry.thing_groups[group.arn] = group
    for number in range(count):
        thing = FakeThing(f"thing-{number}", None, {}, ACCOUNT, REGION)
        registry.things[thing.arn] = group.things[thing.arn] = thing


def create_and_roll_out(mock, iot, count, job_id):
    iot.create_job(jobId=job_id, targets=[GROUP_ARN], document="{}")
    mock.clock.advance(60 * (count // PER_MINUTE + 1))


def finish_all(mock, count):
    """Start and finish the next pending execution of every device."""
    from mock_jobs.iot_jobs_data.backend import IoTJobsDataBackend

    world = world_of(mock)
    backend = world.store(IoTJobsDataBackend, ACCOUNT, REGION)
    for number in range(count):
        name = f"thing-{number}"
        with request(world):
            execution = backend.start_next_pending_job_execution(thing_name=name)["execution"]
        with request(world):
            backend.update_job_execution(job_id=execution["jobId"], thing_name=name, status="SUCCEEDED")


def run(count, *, with_calls=False):
    """Return the seconds of each step for one fleet, and of single calls."""
    with mock_jobs() as mock:
        iot, device = boto3.client("iot"), boto3.client("iot-jobs-data")
        fill_registry(count)
        seconds = {
            "CreateJob and the full rollout": once(lambda: create_and_roll_out(mock, iot, count, "first")),
            "every device starts and finishes": once(lambda: finish_all(mock, count)),
        }
        job = iot.describe_job(jobId="first")["job"]
        assert job["status"] == "COMPLETED"
        assert job["jobProcessDetails"]["numberOfSucceededThings"] == count
        create_and_roll_out(mock, iot, count, "second")
        pending = median_of(partial(device.get_pending_job_executions, thingName="thing-0")) if with_calls else 0
        seconds["CancelJob with force"] = once(lambda: iot.cancel_job(jobId="second", force=True))
        assert iot.describe_job(jobId="second")["job"]["jobProcessDetails"]["numberOfCanceledThings"] == count
        if not with_calls:
            return seconds, {}
        executions = partial(iot.list_job_executions_for_job, jobId="first", maxResults=PAGE)
        token = executions().get("nextToken")
        calls = {
            "DescribeJob": median_of(partial(iot.describe_job, jobId="first")),
            "ListJobExecutionsForJob, first 100": median_of(executions),
            "ListJobExecutionsForJob, next 100": median_of(partial(executions, **({"nextToken": token} if token else {}))),
            "ListJobExecutionsForThing": median_of(partial(iot.list_job_executions_for_thing, thingName="thing-0")),
            "GetPendingJobExecutions": pending,
        }
        return seconds, calls


def empty_logs(mock):
    """Remove the events and the timeline, which are bounded and do not belong to an execution."""
    world_of(mock).events._events.clear()
    world_of(mock).changes._drafts.clear()


def weigh(count):
    """Return the bytes per execution after the rollout and after the end, without moto's thing."""
    with mock_jobs() as mock:
        iot = boto3.client("iot")
        fill_registry(count)
        iot.describe_thing_group(thingGroupName="fleet")
        iot.list_jobs()
        tracemalloc.start()
        create_and_roll_out(mock, iot, count, "job")
        empty_logs(mock)
        queued = tracemalloc.get_traced_memory()[0]
        finish_all(mock, count)
        empty_logs(mock)
        finished = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
    return queued / count, finished / count


def time_registry(sizes):
    """Print the time that moto takes to make N things and add them to a group by its own operations, without any job."""
    seconds = []
    for count in sizes:
        with mock_jobs():
            iot = boto3.client("iot")
            iot.create_thing_group(thingGroupName="fleet")

            def add(count=count, iot=iot):
                for number in range(count):
                    iot.create_thing(thingName=f"thing-{number}")
                    iot.add_thing_to_thing_group(thingGroupName="fleet", thingName=f"thing-{number}")

            seconds.append(once(add))
    table(
        "moto's registry, CreateThing and AddThingToThingGroup: milliseconds per thing",
        ("", *(f"N={count}" for count in sizes), "log-log slope of the whole"),
        [
            (
                "through boto3",
                *(f"{each / count * 1000:.2f}" for each, count in zip(seconds, sizes, strict=True)),
                f"{slope(sizes, seconds):.2f}",
            )
        ],
    )


def main():
    quick = is_quick(__doc__)
    sizes = [10, 100, 1000] if quick else [10, 100, 1000, 10_000, 100_000, 1_000_000]
    run(10)
    report("One job on a group of N things", sizes, run, "execution", STEEPEST)
    rows = []
    for count in sizes[2:]:
        queued, finished = weigh(count)
        verdict = "ok" if max(queued, finished) <= MOST_BYTES else "MISSED"
        rows.append((f"N={count}", f"{queued:.0f}", f"{finished:.0f}", f"<= {MOST_BYTES}", verdict))
    table("Bytes per execution beyond moto's thing (tracemalloc)", ("", "queued", "finished", "budget", ""), rows)
    time_registry([100, 300, 1000] if quick else [100, 1000, 4000])


if __name__ == "__main__":
    main()
