"""Probes of AWS Batch that need no job queue."""

from __future__ import annotations

from probes.making import (
    GONE,
    SMALL,
    definition,
    environment_name,
    environment_status,
    policy,
    resource,
    try_definition,
)
from probes.probing import ACCEPTED, error, probe

REJECTED = error("ClientException")


def read_definition(aws, name):
    """Return what DescribeJobDefinitions shows of the first revision."""
    return aws.batch.describe_job_definitions(jobDefinitionName=name)["jobDefinitions"][0]


# Requests and resources


@probe("batch-2", says={"CancelJob": ACCEPTED, "TerminateJob": ACCEPTED, "with a space": REJECTED})
def text_that_is_no_job_id(aws):
    name = aws.name()
    return {
        "CancelJob": aws.asked(aws.batch.cancel_job, jobId=name, reason="a probe"),
        "TerminateJob": aws.asked(aws.batch.terminate_job, jobId=name, reason="a probe"),
        "with a space": aws.asked(aws.batch.cancel_job, jobId=f"{name} x", reason="a probe"),
    }


@probe("batch-3", says={"register": ACCEPTED, "TagResource": REJECTED})
def empty_tags(aws):
    arn = read_definition(aws, definition(aws))["jobDefinitionArn"]
    return {
        "register": try_definition(aws, containerProperties=SMALL, tags={}),
        "TagResource": aws.asked(aws.batch.tag_resource, resourceArn=arn, tags={}),
    }


@probe(
    "batch-6",
    says={"queue": ACCEPTED, "environment": ACCEPTED, "policy": ACCEPTED, "resource": ACCEPTED, "definition": REJECTED},
)
def delete_what_does_not_exist(aws):
    name = aws.name()
    arn = policy(aws)
    return {
        "queue": aws.asked(aws.batch.delete_job_queue, jobQueue=name),
        "environment": aws.asked(aws.batch.delete_compute_environment, computeEnvironment=name),
        "policy": aws.asked(aws.batch.delete_scheduling_policy, arn=f"{arn}-none"),
        "resource": aws.asked(aws.batch.delete_consumable_resource, consumableResource=name),
        "definition": aws.asked(aws.batch.deregister_job_definition, jobDefinition=f"{name}:1"),
    }


@probe("batch-7", says=ACCEPTED)
def empty_page_token(aws):
    return aws.asked(aws.batch.describe_job_queues, nextToken="")


@probe("batch-8", says={"key": error("BadRequestException"), "value": error("BadRequestException"), "\u00e4 b": ACCEPTED})
def characters_of_tags(aws):
    tags = {"key": {"a!": "b"}, "value": {"a": "b!"}, "\u00e4 b": {"\u00e4 b": "\u00e4 b"}}
    return {name: try_definition(aws, containerProperties=SMALL, tags=each) for name, each in tags.items()}


@probe("batch-9", says={"linuxParameters": ["devices", "tmpfs"], "logConfiguration": ["options", "secretOptions"]})
def lists_that_were_not_sent(aws):
    sent = {**SMALL, "linuxParameters": {"initProcessEnabled": True}, "logConfiguration": {"logDriver": "awslogs"}}
    seen = read_definition(aws, definition(aws, containerProperties=sent))["containerProperties"]
    return {
        name: sorted(each for each, value in seen[name].items() if value in ([], {}))
        for name in ("linuxParameters", "logConfiguration")
    }


@probe("batch-14", says={"create": ACCEPTED, "status": "VALID"}, minutes=3)
def subnets_that_do_not_exist(aws):
    name = environment_name(aws)
    created = aws.asked(
        aws.batch.create_compute_environment,
        computeEnvironmentName=name,
        type="MANAGED",
        serviceRole=aws.service_role,
        computeResources={
            "type": "FARGATE",
            "maxvCpus": 1,
            "subnets": ["subnet-00000000000000000"],
            "securityGroupIds": ["sg-00000000000000000"],
        },
    )
    if created != ACCEPTED:
        return {"create": created, "status": GONE}
    return {"create": created, "status": aws.until(lambda: environment_status(aws, name), "VALID", "INVALID")}


# Fair shares


@probe("batch-66", says={"shareDecaySeconds": 0, "computeReservation": 0, "shareDistribution": []})
def scheduling_policy_without_content(aws):
    (seen,) = aws.batch.describe_scheduling_policies(arns=[policy(aws)])["schedulingPolicies"]
    shown = seen.get("fairsharePolicy", {})
    return {name: shown.get(name) for name in ("shareDecaySeconds", "computeReservation", "shareDistribution")}


@probe("batch-67", says=REJECTED)
def share_of_everybody(aws):
    name = aws.name()

    def show(answer):
        aws.later(aws.batch.delete_scheduling_policy, arn=answer["arn"])
        return ACCEPTED

    shares = {"shareDistribution": [{"shareIdentifier": "*", "weightFactor": 1.0}]}
    return aws.asked(aws.batch.create_scheduling_policy, show=show, name=name, fairsharePolicy=shares)


# Consumable resources


@probe("batch-70", says=0)
def total_that_is_not_given(aws):
    name = resource(aws)
    return aws.batch.describe_consumable_resource(consumableResource=name)["totalQuantity"]


@probe("batch-71", says={"no operation": 5, "no quantity": REJECTED})
def update_that_lacks_something(aws):
    name = resource(aws, totalQuantity=2)
    update = aws.batch.update_consumable_resource
    return {
        "no operation": aws.asked(update, show=lambda answer: answer["totalQuantity"], consumableResource=name, quantity=5),
        "no quantity": aws.asked(update, consumableResource=name, operation="ADD"),
    }


@probe("batch-72", says={"remove": REJECTED, "total": 2})
def remove_more_than_there_is(aws):
    name = resource(aws, totalQuantity=2)
    removed = aws.asked(aws.batch.update_consumable_resource, consumableResource=name, operation="REMOVE", quantity=3)
    return {"remove": removed, "total": aws.batch.describe_consumable_resource(consumableResource=name)["totalQuantity"]}


@probe("batch-75", says={"same update": ACCEPTED, "another update": REJECTED, "total": 3})
def client_token_that_comes_again(aws):
    name = resource(aws, totalQuantity=2)
    token = aws.name()

    def add(quantity):
        return aws.asked(
            aws.batch.update_consumable_resource,
            consumableResource=name,
            operation="ADD",
            quantity=quantity,
            clientToken=token,
        )

    add(1)
    answers = {"same update": add(1), "another update": add(5)}
    return {**answers, "total": aws.batch.describe_consumable_resource(consumableResource=name)["totalQuantity"]}


@probe("batch-77", says={"quantity 0": REJECTED, "twice": REJECTED})
def need_of_nothing_and_need_twice(aws):
    name = resource(aws, totalQuantity=2)
    needs = {
        "quantity 0": [{"consumableResource": name, "quantity": 0}],
        "twice": [{"consumableResource": name, "quantity": 1}, {"consumableResource": name, "quantity": 1}],
    }
    return {
        kind: try_definition(aws, containerProperties=SMALL, consumableResourceProperties={"consumableResourceList": each})
        for kind, each in needs.items()
    }


@probe("batch-80", says=ACCEPTED)
def definition_that_needs_an_unknown_resource(aws):
    needs = {"consumableResourceList": [{"consumableResource": aws.name(), "quantity": 1}]}
    return try_definition(aws, containerProperties=SMALL, consumableResourceProperties=needs)


@probe("batch-84", says=REJECTED)
def filter_by_an_unknown_status(aws):
    return aws.asked(
        aws.batch.list_jobs_by_consumable_resource,
        consumableResource=resource(aws, totalQuantity=1),
        filters=[{"name": "JOB_STATUS", "values": ["TIRED"]}],
    )


# Job definitions of several nodes or containers


def try_nodes(aws, *ranges):
    """Ask for a definition of four nodes with these ranges."""
    nodes = [{"targetNodes": each, "container": SMALL} for each in ranges]
    properties = {"numNodes": 4, "mainNode": 0, "nodeRangeProperties": nodes}
    return try_definition(aws, type="multinode", nodeProperties=properties)


@probe("batch-95", says={"overlapping": REJECTED, "nested": ACCEPTED, "equal": ACCEPTED})
def ranges_that_overlap(aws):
    return {
        "overlapping": try_nodes(aws, "0:2", "1:3"),
        "nested": try_nodes(aws, "0:3", "1:2"),
        "equal": try_nodes(aws, "0:3", "0:3"),
    }


@probe("batch-96", says=dict.fromkeys(("0:3", "0:", ":3", ":", "0 and 1:3"), ACCEPTED))
def forms_of_node_ranges(aws):
    return {**{form: try_nodes(aws, form) for form in ("0:3", "0:", ":3", ":")}, "0 and 1:3": try_nodes(aws, "0", "1:3")}


def try_task(aws, *containers, **more):
    """Ask for a definition of a task with these containers."""
    task = {"containers": [{**SMALL, "essential": True, **each} for each in containers]}
    return try_definition(aws, ecsProperties={"taskProperties": [task]}, **more)


@probe("batch-120", says={"no vCPU": REJECTED, "no memory": REJECTED})
def containers_that_lack_a_size(aws):
    vcpu, memory = SMALL["resourceRequirements"]
    return {
        "no vCPU": try_task(aws, {"name": "a"}, {"name": "b", "resourceRequirements": [memory]}),
        "no memory": try_task(aws, {"name": "a"}, {"name": "b", "resourceRequirements": [vcpu]}),
    }


@probe("batch-121", says=ACCEPTED)
def container_without_a_name(aws):
    return try_task(aws, {})


@probe("batch-122", says=REJECTED)
def containers_that_wait_in_a_circle(aws):
    return try_task(
        aws,
        {"name": "a", "dependsOn": [{"containerName": "b", "condition": "START"}]},
        {"name": "b", "dependsOn": [{"containerName": "a", "condition": "START"}]},
    )


@probe("batch-125", says=REJECTED)
def definition_of_two_kinds(aws):
    return try_task(aws, {"name": "a"}, containerProperties=SMALL)


# Service jobs


@probe("batch-131", says={"nonsense": REJECTED, "both": REJECTED, "same type twice": REJECTED})
def units_of_capacity(aws):
    units = {"nonsense": ["HORSES"], "both": ["NUM_INSTANCES", "ml.m5.large"], "same type twice": ["ml.m5.large"] * 2}

    def ask(names):
        name = aws.name()
        limits = [{"maxCapacity": 1, "capacityUnit": each} for each in names]

        def show(_):
            aws.later(delete_service_environment, name=name)
            return ACCEPTED

        def status():
            found = aws.batch.describe_service_environments(serviceEnvironments=[name])["serviceEnvironments"]
            return found[0]["status"] if found else GONE

        def delete_service_environment(name):
            aws.must(status, "VALID", "INVALID")
            aws.batch.update_service_environment(serviceEnvironment=name, state="DISABLED")
            aws.must(status, "VALID", "INVALID")
            aws.batch.delete_service_environment(serviceEnvironment=name)

        return aws.asked(
            aws.batch.create_service_environment,
            show=show,
            serviceEnvironmentName=name,
            serviceEnvironmentType="SAGEMAKER_TRAINING",
            capacityLimits=limits,
        )

    return {kind: ask(names) for kind, names in units.items()}


@probe("batch-145", says=REJECTED)
def list_of_service_jobs_without_a_queue(aws):
    return aws.asked(aws.batch.list_service_jobs, jobStatus="RUNNING")
