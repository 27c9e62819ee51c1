"""Probes of AWS IoT Jobs: canceling and deleting, executions, devices, continuous jobs."""

from __future__ import annotations

from probes.making import arn_of, execution, group, job, queued, started, status_of, status_on, thing
from probes.probing import ACCEPTED, error, probe

REJECTED = error("InvalidRequestException")
NOT_FOUND = error("ResourceNotFoundException", 404)
# Long enough for AWS to create an execution, if it does
A_WHILE = 30


def completed(aws):
    """Return the id of a job that is COMPLETED, and the name of its thing."""
    job_id, name = started(aws)
    aws.device.update_job_execution(jobId=job_id, thingName=name, status="SUCCEEDED")
    aws.must(lambda: status_of(aws, job_id), "COMPLETED")
    return job_id, name


# Canceling and deleting


@probe("iot-15", says={"COMPLETED": REJECTED, "CANCELED": REJECTED, "with force after one without": REJECTED})
def cancel_a_job_that_has_ended(aws):
    done, _ = completed(aws)
    canceled, _ = queued(aws)
    aws.iot.cancel_job(jobId=canceled)
    aws.must(lambda: status_of(aws, canceled), "CANCELED")
    running, _ = started(aws)
    aws.iot.cancel_job(jobId=running)
    return {
        "COMPLETED": aws.asked(aws.iot.cancel_job, jobId=done),
        "CANCELED": aws.asked(aws.iot.cancel_job, jobId=canceled),
        "with force after one without": aws.asked(aws.iot.cancel_job, jobId=running, force=True),
    }


@probe("iot-16", says={"job": "CANCELED", "execution": "IN_PROGRESS"})
def status_right_after_cancel_job(aws):
    job_id, name = started(aws)
    aws.iot.cancel_job(jobId=job_id)
    return {"job": status_of(aws, job_id), "execution": status_on(aws, job_id, name)}


@probe("iot-17", says={"status": "CANCELED", "completedAt": False})
def end_of_a_canceled_job(aws):
    job_id, _ = queued(aws)
    aws.iot.cancel_job(jobId=job_id)
    status = aws.until(lambda: status_of(aws, job_id), "CANCELED")
    return {"status": status, "completedAt": "completedAt" in aws.iot.describe_job(jobId=job_id)["job"]}


@probe("iot-18", says={"execution after CancelJob": "CANCELED", "job after DeleteJob": NOT_FOUND})
def cancel_and_delete_within_the_call(aws):
    job_id, name = queued(aws)
    aws.iot.cancel_job(jobId=job_id)
    canceled = status_on(aws, job_id, name)
    aws.must(lambda: status_of(aws, job_id), "CANCELED")
    aws.must(lambda: status_on(aws, job_id, name), "CANCELED")
    aws.iot.delete_job(jobId=job_id)
    left = aws.asked(aws.iot.describe_job, show=lambda answer: answer["job"]["status"], jobId=job_id)
    return {"execution after CancelJob": canceled, "job after DeleteJob": left}


@probe(
    "iot-20",
    says={
        "stale version": error("VersionConflictException", 409),
        "right version": error("InvalidStateTransitionException", 409),
    },
)
def version_and_state_in_cancel_job_execution(aws):
    job_id, name = completed(aws)
    version = execution(aws, job_id, name)["versionNumber"]
    stale = aws.asked(aws.iot.cancel_job_execution, jobId=job_id, thingName=name, expectedVersion=version + 7)
    right = aws.asked(aws.iot.cancel_job_execution, jobId=job_id, thingName=name, expectedVersion=version)
    return {"stale version": stale, "right version": right}


@probe("iot-22", says=ACCEPTED)
def delete_a_queued_execution(aws):
    job_id, name = queued(aws)
    return aws.asked(aws.iot.delete_job_execution, jobId=job_id, thingName=name, executionNumber=1)


# Executions and retries


@probe("iot-24", says={"status": "CANCELED", "versions": 1})
def version_after_a_cancel(aws):
    job_id, name = queued(aws)
    before = execution(aws, job_id, name)["versionNumber"]
    aws.iot.cancel_job_execution(jobId=job_id, thingName=name)
    status = aws.until(lambda: status_on(aws, job_id, name), "CANCELED")
    return {"status": status, "versions": execution(aws, job_id, name)["versionNumber"] - before}


@probe("iot-25", says={"execution": 2, "status": "QUEUED", "first": "FAILED"}, minutes=2)
def retry_of_an_execution(aws):
    retries = {"criteriaList": [{"failureType": "FAILED", "numberOfRetries": 1}]}
    job_id, name = started(aws, jobExecutionsRetryConfig=retries)
    aws.device.update_job_execution(jobId=job_id, thingName=name, status="FAILED")
    aws.until(lambda: status_on(aws, job_id, name), "QUEUED", seconds=120)
    latest = execution(aws, job_id, name)
    first = aws.asked(
        aws.iot.describe_job_execution,
        show=lambda answer: answer["execution"]["status"],
        jobId=job_id,
        thingName=name,
        executionNumber=1,
    )
    return {"execution": latest["executionNumber"], "status": latest["status"], "first": first}


@probe("iot-30", says={"QUEUED": "REMOVED", "IN_PROGRESS": "REMOVED"}, minutes=2)
def executions_of_a_deleted_thing(aws):
    waiting, first = queued(aws)
    running, second = started(aws)
    aws.iot.delete_thing(thingName=first)
    aws.iot.delete_thing(thingName=second)
    return {
        "QUEUED": aws.until(lambda: status_on(aws, waiting, first), "REMOVED"),
        "IN_PROGRESS": aws.until(lambda: status_on(aws, running, second), "REMOVED"),
    }


# Devices


@probe("iot-31", says={"pending": NOT_FOUND, "next": NOT_FOUND, "describe": NOT_FOUND, "update": NOT_FOUND})
def device_that_is_no_thing(aws):
    job_id, _ = queued(aws)
    name = aws.name()
    return {
        "pending": aws.asked(aws.device.get_pending_job_executions, thingName=name),
        "next": aws.asked(aws.device.start_next_pending_job_execution, thingName=name),
        "describe": aws.asked(aws.device.describe_job_execution, jobId=job_id, thingName=name),
        "update": aws.asked(aws.device.update_job_execution, jobId=job_id, thingName=name, status="IN_PROGRESS"),
    }


@probe("iot-32", says=REJECTED)
def stale_version_from_a_device(aws):
    job_id, name = queued(aws)
    return aws.asked(aws.device.update_job_execution, jobId=job_id, thingName=name, status="IN_PROGRESS", expectedVersion=7)


@probe("iot-33", says={"inProgressJobs": 1, "queuedJobs": 0})
def pending_executions_in_progress(aws):
    _, name = started(aws)
    pending = aws.device.get_pending_job_executions(thingName=name)
    return {member: len(pending[member]) for member in ("inProgressJobs", "queuedJobs")}


@probe("iot-34", says={"timer": True, "versions": 0})
def step_timer_of_a_running_execution(aws):
    job_id, name = started(aws)
    before = execution(aws, job_id, name)["versionNumber"]
    aws.device.start_next_pending_job_execution(thingName=name, stepTimeoutInMinutes=5)
    after = execution(aws, job_id, name)
    return {"timer": "approximateSecondsBeforeTimedOut" in after, "versions": after["versionNumber"] - before}


@probe("iot-35", says={"pending": 0, "next": None, "describe": ACCEPTED, "update": ACCEPTED})
def job_with_a_namespace(aws):
    job_id, name = queued(aws, namespaceId="probe")
    pending = aws.device.get_pending_job_executions(thingName=name)
    return {
        "pending": len(pending["queuedJobs"]) + len(pending["inProgressJobs"]),
        "next": aws.device.start_next_pending_job_execution(thingName=name).get("execution", {}).get("status"),
        "describe": aws.asked(aws.device.describe_job_execution, jobId=job_id, thingName=name),
        "update": aws.asked(aws.device.update_job_execution, jobId=job_id, thingName=name, status="IN_PROGRESS"),
    }


@probe("iot-36", says={"executions of the thing": "newest first", "pending": "oldest first"})
def order_of_executions(aws):
    name = thing(aws)
    jobs = []
    for _ in range(3):
        jobs.append(job(aws, name))
        aws.must(lambda: status_on(aws, jobs[-1], name), "QUEUED")
        aws.wait(2)

    def order(found):
        ids = [each["jobId"] for each in found]
        return {(0, 1, 2): "oldest first", (2, 1, 0): "newest first"}.get(tuple(map(jobs.index, ids)), "another")

    return {
        "executions of the thing": order(aws.iot.list_job_executions_for_thing(thingName=name)["executionSummaries"]),
        "pending": order(aws.device.get_pending_job_executions(thingName=name)["queuedJobs"]),
    }


# Continuous jobs and thing groups


@probe("iot-41", says={"groups": 0, "job for the group": "COMPLETED"})
def groups_of_a_thing_that_came_back(aws):
    _, name = queued(aws)
    target = group(aws, name)
    aws.iot.delete_thing(thingName=name)
    aws.wait(5)
    aws.iot.create_thing(thingName=name)
    job_id = job(aws, target["arn"])
    return {
        "groups": len(aws.iot.list_thing_groups_for_thing(thingName=name)["thingGroups"]),
        "job for the group": aws.until(lambda: status_of(aws, job_id), "COMPLETED", seconds=30),
    }


@probe("iot-42", says={"delete": ACCEPTED, "execution": "QUEUED"}, minutes=2)
def target_group_that_came_back(aws):
    name = thing(aws)
    target = group(aws)
    job_id = job(aws, target["arn"], targetSelection="CONTINUOUS")
    deleted = aws.asked(aws.iot.delete_thing_group, thingGroupName=target["name"])
    if deleted == ACCEPTED:
        aws.wait(5)
        aws.iot.create_thing_group(thingGroupName=target["name"])
    aws.iot.add_thing_to_thing_group(thingGroupName=target["name"], thingName=name)
    return {"delete": deleted, "execution": aws.until(lambda: status_on(aws, job_id, name), "QUEUED")}


@probe("iot-43", says={"executions": 1}, minutes=2)
def thing_that_joins_a_group_again_by_another_way(aws):
    name = thing(aws)
    parent = group(aws)
    child = aws.name()
    aws.later(aws.iot.delete_thing_group, thingGroupName=child)
    aws.iot.create_thing_group(thingGroupName=child, parentGroupName=parent["name"])
    aws.iot.add_thing_to_thing_group(thingGroupName=child, thingName=name)
    job_id = job(aws, parent["arn"], targetSelection="CONTINUOUS")
    aws.must(lambda: status_on(aws, job_id, name), "QUEUED")
    aws.device.update_job_execution(jobId=job_id, thingName=name, status="SUCCEEDED")
    aws.iot.add_thing_to_thing_group(thingGroupName=parent["name"], thingName=name)
    aws.wait(A_WHILE)
    return {"executions": execution(aws, job_id, name)["executionNumber"]}


@probe(
    "iot-50",
    says={
        "unknown job, target a thing": NOT_FOUND,
        "snapshot job, target a thing": REJECTED,
        "snapshot job, unknown group": NOT_FOUND,
        "snapshot job, known group": REJECTED,
    },
)
def order_of_checks_in_associate_targets(aws):
    name = thing(aws)
    snapshot = job(aws, name)
    known = group(aws)["arn"]

    def ask(job_id, target):
        return aws.asked(aws.iot.associate_targets_with_job, jobId=job_id, targets=[target])

    return {
        "unknown job, target a thing": ask(aws.name(), arn_of(aws, name)),
        "snapshot job, target a thing": ask(snapshot, arn_of(aws, name)),
        "snapshot job, unknown group": ask(snapshot, known + "-none"),
        "snapshot job, known group": ask(snapshot, known),
    }


@probe("iot-51", says=ACCEPTED)
def target_that_the_job_has(aws):
    arn = group(aws)["arn"]
    job_id = job(aws, arn, targetSelection="CONTINUOUS")
    return aws.asked(aws.iot.associate_targets_with_job, jobId=job_id, targets=[arn])
