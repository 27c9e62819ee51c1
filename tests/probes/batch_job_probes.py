"""Probes of AWS Batch with jobs. None of the jobs runs: see `making.queue`."""

from __future__ import annotations

from probes.making import (
    SMALL,
    batch_job,
    batch_status,
    definition,
    policy,
    queue,
    resource,
    submit,
    try_submit,
)
from probes.probing import ACCEPTED, error, probe

REJECTED = error("ClientException")
NO_JOB = "00000000-0000-4000-8000-000000000000"


def site(aws, **more):
    """Make a queue and a definition, and return their names."""
    return queue(aws), definition(aws, **more)


@probe("batch-1", says={"DescribeJobs": 1, "CancelJob": ACCEPTED, "of a queue": REJECTED}, minutes=3)
def arn_in_place_of_a_job_id(aws):
    place, work = site(aws)
    arn = batch_job(aws, submit(aws, place, work))["jobArn"]
    queue_arn = aws.batch.describe_job_queues(jobQueues=[place])["jobQueues"][0]["jobQueueArn"]
    return {
        "DescribeJobs": aws.asked(aws.batch.describe_jobs, show=lambda answer: len(answer["jobs"]), jobs=[arn]),
        "CancelJob": aws.asked(aws.batch.cancel_job, jobId=arn, reason="a probe"),
        "of a queue": aws.asked(aws.batch.cancel_job, jobId=queue_arn, reason="a probe"),
    }


@probe("batch-10", says={"without": REJECTED, "with": ACCEPTED}, minutes=3)
def fair_share_job_without_a_priority(aws):
    place = queue(aws, schedulingPolicyArn=policy(aws))
    work = definition(aws)
    return {
        "without": try_submit(aws, place, work, shareIdentifier="a"),
        "with": try_submit(aws, place, work, shareIdentifier="a", schedulingPriorityOverride=1),
    }


@probe("batch-25", says={"isCancelled": False, "isTerminated": True, "status": "FAILED", "statusReason": "enough"}, minutes=3)
def flags_of_a_terminated_job(aws):
    job_id = submit(aws, *site(aws))
    aws.must(lambda: batch_status(aws, job_id), "RUNNABLE")
    aws.batch.terminate_job(jobId=job_id, reason="enough")
    aws.until(lambda: batch_status(aws, job_id), "FAILED")
    seen = batch_job(aws, job_id)
    flags = {name: bool(seen.get(name)) for name in ("isCancelled", "isTerminated")}
    return {**flags, "status": seen["status"], "statusReason": seen.get("statusReason")}


@probe("batch-27", says={"while it waits": "PENDING", "in the end": ["FAILED", "enough"]}, minutes=4)
def terminate_a_job_that_waits(aws):
    place, work = site(aws)
    first = submit(aws, place, work)
    second = submit(aws, place, work, dependsOn=[{"jobId": first}])
    aws.must(lambda: batch_status(aws, second), "PENDING")
    aws.batch.terminate_job(jobId=second, reason="enough")
    waiting = aws.until(lambda: batch_status(aws, second), "FAILED", seconds=30)
    aws.batch.terminate_job(jobId=first, reason="no more")
    aws.until(lambda: batch_status(aws, second), "FAILED")
    seen = batch_job(aws, second)
    return {"while it waits": waiting, "in the end": [seen["status"], seen.get("statusReason")]}


@probe("batch-30", says={"array": "enough", "child": "enough"}, minutes=4)
def reason_of_a_terminated_array(aws):
    job_id = submit(aws, *site(aws), arrayProperties={"size": 2})
    aws.must(lambda: batch_status(aws, job_id), "PENDING", "RUNNABLE")
    aws.must(lambda: batch_status(aws, f"{job_id}:0"), "RUNNABLE")
    aws.batch.terminate_job(jobId=job_id, reason="enough")
    aws.until(lambda: batch_status(aws, job_id), "FAILED")
    return {name: batch_job(aws, each).get("statusReason") for name, each in (("array", job_id), ("child", f"{job_id}:0"))}


@probe("batch-33", says=REJECTED, minutes=3)
def dependency_on_no_job(aws):
    return try_submit(aws, *site(aws), dependsOn=[{"jobId": NO_JOB}])


@probe("batch-38", says={"vcpus": 1, "memory": 128}, minutes=3)
def sizes_beside_resource_requirements(aws):
    shown = batch_job(aws, submit(aws, *site(aws)))["container"]
    return {name: shown.get(name) for name in ("vcpus", "memory")}


@probe("batch-78", says=0, minutes=3)
def override_with_no_resources(aws):
    needs = {"consumableResourceList": [{"consumableResource": resource(aws, totalQuantity=1), "quantity": 1}]}
    place, work = site(aws, consumableResourceProperties=needs)
    job_id = submit(aws, place, work, consumableResourcePropertiesOverride={"consumableResourceList": []})
    shown = batch_job(aws, job_id).get("consumableResourceProperties", {})
    return len(shown.get("consumableResourceList", []))


@probe("batch-79", says="a name", minutes=3)
def names_of_consumable_resources(aws):
    name = resource(aws, totalQuantity=1)
    needs = {"consumableResourceList": [{"consumableResource": name, "quantity": 1}]}
    job_id = submit(aws, *site(aws, consumableResourceProperties=needs))
    (shown,) = batch_job(aws, job_id)["consumableResourceProperties"]["consumableResourceList"]
    return "a name" if shown["consumableResource"] == name else shown["consumableResource"].split(":")[0]


@probe("batch-82", says={"quantity": 2, "jobs": 2, "first": "the last submitted"}, minutes=3)
def jobs_of_a_consumable_resource(aws):
    name = resource(aws, totalQuantity=5)
    needs = {"consumableResourceList": [{"consumableResource": name, "quantity": 2}]}
    place, work = site(aws, consumableResourceProperties=needs)
    jobs = []
    for _ in range(2):
        jobs.append(submit(aws, place, work))
        aws.wait(2)

    def listed(**more):
        return aws.batch.list_jobs_by_consumable_resource(consumableResource=name, **more)["jobs"]

    aws.until(lambda: len(listed()), 2, seconds=30)
    seen = listed()
    return {
        "quantity": seen[0]["quantity"] if seen else None,
        "jobs": len(seen),
        "first": "the last submitted" if seen and jobs[1] in seen[0]["jobArn"] else "another",
    }


@probe("batch-103", says={"containerOverrides": REJECTED, "arrayProperties": REJECTED}, minutes=3)
def overrides_of_a_multinode_job(aws):
    ranges = [{"targetNodes": "0:", "container": SMALL}]
    place = queue(aws)
    work = definition(
        aws,
        type="multinode",
        containerProperties=None,
        nodeProperties={"numNodes": 2, "mainNode": 0, "nodeRangeProperties": ranges},
    )
    return {
        "containerOverrides": try_submit(aws, place, work, containerOverrides={"command": ["true"]}),
        "arrayProperties": try_submit(aws, place, work, arrayProperties={"size": 2}),
    }


@probe("batch-124", says=REJECTED, minutes=3)
def container_overrides_of_a_task(aws):
    task = {"containers": [{**SMALL, "name": "a", "essential": True}]}
    place, work = site(aws, containerProperties=None, ecsProperties={"taskProperties": [task]})
    return try_submit(aws, place, work, containerOverrides={"command": ["true"]})


@probe("batch-126", says=REJECTED, minutes=3)
def pod_in_a_queue_of_tasks(aws):
    limits = {"cpu": "1", "memory": "128Mi"}
    pod = {"containers": [{"image": SMALL["image"], "command": ["true"], "resources": {"limits": limits}}]}
    place, work = site(aws, containerProperties=None, eksProperties={"podProperties": pod})
    return try_submit(aws, place, work)
