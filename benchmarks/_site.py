"""Things, jobs and queues for the benchmarks, made through any boto3 client: of mock_jobs, moto or a server."""

from __future__ import annotations

CONTAINER = {
    "image": "busybox",
    "command": ["true"],
    "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "128"}],
}


def make_thing(iot, name="thing"):
    return iot.create_thing(thingName=name)["thingArn"]


def make_iot_job(iot, thing_arn, job_id):
    iot.create_job(jobId=job_id, targets=[thing_arn], document='{"operation": "install"}')
    return job_id


def make_batch_site(batch, iam, role_name="batch"):
    """Make a compute environment, a queue `q` and a definition `d`; moto looks up the role."""
    role = iam.create_role(RoleName=role_name, AssumeRolePolicyDocument="{}", Path="/")["Role"]["Arn"]
    batch.create_compute_environment(computeEnvironmentName="environment", type="UNMANAGED", serviceRole=role)
    order = [{"order": 1, "computeEnvironment": "environment"}]
    batch.create_job_queue(jobQueueName="q", state="ENABLED", priority=1, computeEnvironmentOrder=order)
    batch.register_job_definition(jobDefinitionName="d", type="container", containerProperties=CONTAINER)


def submit(batch, name="job"):
    return batch.submit_job(jobName=name, jobQueue="q", jobDefinition="d")["jobId"]
