"""What probes make in an account, together with what removes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from probes.probing import Aws, code_of

DOCUMENT = '{"operation": "nothing"}'
GONE = "gone"
# How long AWS Batch may take to delete something
PATIENCE = 300

# AWS IoT


def thing(aws: Aws) -> str:
    """Register a thing, and return its name."""
    name = aws.name()
    aws.later(aws.iot.delete_thing, thingName=name)
    aws.iot.create_thing(thingName=name)
    return name


def arn_of(aws: Aws, name: str) -> str:
    """Return the ARN of a thing."""
    return str(aws.iot.describe_thing(thingName=name)["thingArn"])


def group(aws: Aws, *things: str) -> dict[str, str]:
    """Create a static thing group with these things, and return its name and ARN."""
    name = aws.name()
    aws.later(aws.iot.delete_thing_group, thingGroupName=name)
    arn = aws.iot.create_thing_group(thingGroupName=name)["thingGroupArn"]
    for each in things:
        aws.iot.add_thing_to_thing_group(thingGroupName=name, thingName=each)
    return {"name": name, "arn": arn}


def job_name(aws: Aws) -> str:
    """Return an id for a job, which is deleted later if it comes to exist."""
    job_id = aws.name()

    def delete_job(job_id: str) -> None:
        try:
            aws.iot.delete_job(jobId=job_id, force=True)
        except ClientError as problem:
            # A deletion that the probe asked for may still go on.
            if code_of(problem) != "InvalidStateTransitionException" or status_of(aws, job_id) != "DELETION_IN_PROGRESS":
                raise

    aws.later(delete_job, job_id=job_id)
    return job_id


def job(aws: Aws, *targets: str, **more: Any) -> str:
    """Create a job for the things of these names, or for these ARNs, and return its id."""
    job_id = job_name(aws)
    arns = [each if each.startswith("arn:") else arn_of(aws, each) for each in targets]
    aws.iot.create_job(**{"jobId": job_id, "targets": arns, "document": DOCUMENT, **more})
    return job_id


def try_job(aws: Aws, **more: Any) -> Any:
    """Ask CreateJob for a job with one new thing, and return whether it was accepted."""
    arguments = {"jobId": job_name(aws), "targets": [arn_of(aws, thing(aws))], "document": DOCUMENT, **more}
    return aws.asked(aws.iot.create_job, **arguments)


def status_of(aws: Aws, job_id: str) -> str:
    """Return the status of a job."""
    return str(aws.iot.describe_job(jobId=job_id)["job"]["status"])


def execution(aws: Aws, job_id: str, thing_name: str) -> dict[str, Any]:
    """Return the execution of a job on a thing, {} if there is none."""
    try:
        seen: dict[str, Any] = aws.iot.describe_job_execution(jobId=job_id, thingName=thing_name)["execution"]
    except ClientError as problem:
        if code_of(problem) != "ResourceNotFoundException":
            raise
        return {}
    return seen


def status_on(aws: Aws, job_id: str, thing_name: str) -> str | None:
    """Return the status of an execution, None if there is none."""
    return execution(aws, job_id, thing_name).get("status")


def queued(aws: Aws, **more: Any) -> tuple[str, str]:
    """Create a job for one new thing, wait for its execution, and return the id of the job and the name of the thing."""
    name = thing(aws)
    job_id = job(aws, name, **more)
    aws.must(lambda: status_on(aws, job_id, name), "QUEUED")
    return job_id, name


def started(aws: Aws, **more: Any) -> tuple[str, str]:
    """Do the same, and let the device start the execution."""
    job_id, name = queued(aws, **more)
    aws.device.update_job_execution(jobId=job_id, thingName=name, status="IN_PROGRESS")
    return job_id, name


# AWS Batch

SMALL = {
    "image": "public.ecr.aws/docker/library/busybox:latest",
    "command": ["true"],
    "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "128"}],
}


def definition_name(aws: Aws) -> str:
    """Return a name for a job definition, whose first revision is deregistered later if it comes to exist."""
    name = aws.name()

    def deregister_job_definition(name: str) -> None:
        for each in aws.batch.describe_job_definitions(jobDefinitionName=name, status="ACTIVE")["jobDefinitions"]:
            aws.batch.deregister_job_definition(jobDefinition=each["jobDefinitionArn"])

    aws.later(deregister_job_definition, name=name)
    return name


def definition(aws: Aws, **more: Any) -> str:
    """Register a job definition, and return its name."""
    name = definition_name(aws)
    arguments = {"jobDefinitionName": name, "type": "container", "containerProperties": SMALL, **more}
    aws.batch.register_job_definition(**{member: value for member, value in arguments.items() if value is not None})
    return name


def try_definition(aws: Aws, **more: Any) -> Any:
    """Ask RegisterJobDefinition, and return whether it was accepted."""
    arguments = {"jobDefinitionName": definition_name(aws), "type": "container", **more}
    return aws.asked(aws.batch.register_job_definition, **arguments)


def described(call: Callable[..., Any], member: str, argument: str, name: str) -> str:
    """Return the status of a compute environment or a queue."""
    found = call(**{argument: [name]})[member]
    return found[0]["status"] if found and found[0]["status"] != "DELETED" else GONE


def environment_status(aws: Aws, name: str) -> str:
    """Return the status of a compute environment."""
    return described(aws.batch.describe_compute_environments, "computeEnvironments", "computeEnvironments", name)


def queue_status(aws: Aws, name: str) -> str:
    """Return the status of a job queue."""
    return described(aws.batch.describe_job_queues, "jobQueues", "jobQueues", name)


def environment_name(aws: Aws) -> str:
    """Return a name for a compute environment, which is deleted later if it comes to exist."""
    name = aws.name()

    def delete_compute_environment(name: str) -> None:
        if environment_status(aws, name) == GONE:
            return
        aws.must(lambda: environment_status(aws, name), "VALID", "INVALID", seconds=PATIENCE)
        aws.batch.update_compute_environment(computeEnvironment=name, state="DISABLED")
        aws.must(lambda: environment_status(aws, name), "VALID", "INVALID", seconds=PATIENCE)
        aws.batch.delete_compute_environment(computeEnvironment=name)
        aws.must(lambda: environment_status(aws, name), GONE, seconds=PATIENCE)

    aws.later(delete_compute_environment, name=name)
    return name


def queue(aws: Aws, **more: Any) -> str:
    """Create a job queue in which no job ever runs, and return its name.

    Its compute environment is UNMANAGED: AWS starts no instances in it, and nobody else does.
    """
    environment = environment_name(aws)
    aws.batch.create_compute_environment(
        computeEnvironmentName=environment, type="UNMANAGED", unmanagedvCpus=0, serviceRole=aws.service_role
    )
    aws.must(lambda: environment_status(aws, environment), "VALID")
    name = aws.name()

    def delete_job_queue(name: str) -> None:
        if queue_status(aws, name) == GONE:
            return
        aws.must(lambda: queue_status(aws, name), "VALID", "INVALID", seconds=PATIENCE)
        aws.batch.update_job_queue(jobQueue=name, state="DISABLED")
        aws.must(lambda: queue_status(aws, name), "VALID", "INVALID", seconds=PATIENCE)
        aws.batch.delete_job_queue(jobQueue=name)
        aws.must(lambda: queue_status(aws, name), GONE, seconds=PATIENCE)

    aws.later(delete_job_queue, name=name)
    aws.batch.create_job_queue(
        **{
            "jobQueueName": name,
            "priority": 1,
            "computeEnvironmentOrder": [{"order": 1, "computeEnvironment": environment}],
            **more,
        }
    )
    aws.must(lambda: queue_status(aws, name), "VALID")
    return name


def submit(aws: Aws, queue_name: str, definition_name: str, **more: Any) -> str:
    """Submit a job, and return its id."""
    answer = aws.batch.submit_job(jobName=aws.name(), jobQueue=queue_name, jobDefinition=definition_name, **more)
    aws.later(aws.batch.terminate_job, jobId=answer["jobId"], reason="the probe has ended")
    return str(answer["jobId"])


def try_submit(aws: Aws, queue_name: str, definition_name: str, **more: Any) -> Any:
    """Ask SubmitJob, and return whether it was accepted."""
    arguments = {"jobName": aws.name(), "jobQueue": queue_name, "jobDefinition": definition_name, **more}

    def show(answer: Any) -> str:
        aws.later(aws.batch.terminate_job, jobId=answer["jobId"], reason="the probe has ended")
        return "accepted"

    return aws.asked(aws.batch.submit_job, show=show, **arguments)


def batch_job(aws: Aws, job_id: str) -> dict[str, Any]:
    """Return what DescribeJobs shows of a job."""
    seen: dict[str, Any] = aws.batch.describe_jobs(jobs=[job_id])["jobs"][0]
    return seen


def batch_status(aws: Aws, job_id: str) -> str:
    """Return the status of a job."""
    return str(batch_job(aws, job_id)["status"])


def policy(aws: Aws, **fairshare: Any) -> str:
    """Create a scheduling policy with fair shares, and return its ARN."""
    name = aws.name()
    arn = str(aws.batch.create_scheduling_policy(name=name, **fairshare)["arn"])
    aws.later(aws.batch.delete_scheduling_policy, arn=arn)
    return arn


def resource(aws: Aws, **more: Any) -> str:
    """Create a consumable resource, and return its name."""
    name = aws.name()
    aws.later(aws.batch.delete_consumable_resource, consumableResource=name)
    aws.batch.create_consumable_resource(consumableResourceName=name, **more)
    return name
