"""Tasks of ECS and pods of EKS as DescribeJobs shows them.

Sources: API reference, EcsTaskDetails, AttemptEcsTaskDetails, EksPodPropertiesDetail and EksAttemptDetail (*documented*).
*Inferred*: the container that represents the job ends as planned; the others, and init containers, end with 0 unless all are
killed; names of pods and nodes have the form of AWS's samples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from uuid import UUID

from mock_jobs.batch import messages
from mock_jobs.batch.records.node import private_address
from mock_jobs.batch.states import RUNNABLE, RUNNING, TERMINAL
from mock_jobs.batch.views.log_location import container_log_location
from mock_jobs.batch.workload.pod import name_of

if TYPE_CHECKING:
    from mypy_boto3_batch.type_defs import (
        AttemptDetailTypeDef,
        AttemptTaskContainerDetailsTypeDef,
        EcsPropertiesDetailTypeDef,
        EcsTaskDetailsTypeDef,
        EksAttemptContainerDetailTypeDef,
        EksAttemptDetailTypeDef,
        EksContainerDetailTypeDef,
        EksContainerOutputTypeDef,
        EksPodPropertiesDetailTypeDef,
        EksPropertiesDetailTypeDef,
        NetworkInterfaceTypeDef,
        TaskContainerDetailsTypeDef,
    )

    from mock_jobs.batch.names import Arns
    from mock_jobs.batch.records.compute_environment import ComputeEnvironment
    from mock_jobs.batch.records.job import Attempt, Job
    from mock_jobs.batch.workload.pod import Pod
    from mock_jobs.batch.workload.task import Task


def task_arn(attempt: Attempt, arns: Arns) -> str:
    """Return the ARN of the task of an attempt."""
    return arns.ecs("task", f"{attempt.environment.cluster}/{attempt.task_id}")


def instance_arn(attempt: Attempt, arns: Arns) -> str | None:
    """Return the ARN of the container instance of an attempt, None on Fargate."""
    environment = attempt.environment
    if environment.platform == "FARGATE":
        return None
    return arns.ecs("container-instance", f"{environment.cluster}/{environment.container_instance}")


def shown_attempt(job: Job) -> Attempt | None:
    """Return the attempt that a job shows outside of its list of attempts.

    There is none between two attempts.
    """
    return None if job.status == RUNNABLE else job.last_attempt


def network(job: Job, attempt: Attempt) -> list[NetworkInterfaceTypeDef]:
    """Return the network interfaces of a task.

    Nodes and tasks on Fargate have one each; other jobs use the network of their host.

    Source: user guide, "Multi-node parallel jobs": their network mode is awsvpc (documented). For Fargate it is inferred.
    """
    if job.node_index is None and attempt.environment.platform != "FARGATE":
        return []
    return [{"attachmentId": attempt.task_id, "privateIpv4Address": private_address(attempt)}]


def ecs_properties(job: Job, task: Task, arns: Arns) -> EcsPropertiesDetailTypeDef:
    """Return the `ecsProperties` of a job."""
    attempt = shown_attempt(job)
    containers = []
    for index, own in enumerate(task.containers):
        container = cast("TaskContainerDetailsTypeDef", {**own, "networkInterfaces": []})
        if attempt is not None:
            container["networkInterfaces"] = network(job, attempt)
            if job.status == RUNNING or job.status in TERMINAL:
                stream = _stream(job, attempt, index)
                if stream is not None:
                    container["logStreamName"] = stream
            if job.status in TERMINAL:
                container.update(_outcome(attempt, is_main=index == task.main))  # type: ignore[typeddict-item]  # a part of it
        containers.append(container)
    detail = cast("EcsTaskDetailsTypeDef", {**task.properties, "containers": containers})
    if attempt is not None:
        detail["taskArn"] = task_arn(attempt, arns)
        instance = instance_arn(attempt, arns)
        if instance is not None:
            detail["containerInstanceArn"] = instance
    return {"taskProperties": [detail]}


def task_attempt(job: Job, task: Task, attempt: Attempt, arns: Arns) -> AttemptDetailTypeDef:
    """Return the part of an attempt that shows the containers of a task."""
    containers: list[AttemptTaskContainerDetailsTypeDef] = []
    for index, own in enumerate(task.containers):
        container: AttemptTaskContainerDetailsTypeDef = {"networkInterfaces": network(job, attempt)}
        if "name" in own:
            container["name"] = own["name"]
        container.update(_outcome(attempt, is_main=index == task.main))
        stream = _stream(job, attempt, index)
        if stream is not None:
            container["logStreamName"] = stream
        containers.append(container)
    detail: AttemptDetailTypeDef = {
        "container": {"networkInterfaces": []},
        "taskProperties": [{"taskArn": task_arn(attempt, arns), "containers": containers}],
    }
    instance = instance_arn(attempt, arns)
    if instance is not None:
        detail["taskProperties"][0]["containerInstanceArn"] = instance
    return detail


def eks_properties(job: Job, pod: Pod, arns: Arns) -> EksPropertiesDetailTypeDef:
    """Return the `eksProperties` of a job."""
    attempt = shown_attempt(job)
    detail = cast("EksPodPropertiesDetailTypeDef", dict(pod.properties))
    ended = attempt if job.status in TERMINAL else None
    detail["containers"] = [_with_outcome(each, ended, is_main=each is pod.containers[0]) for each in pod.containers]
    if pod.init_containers:
        detail["initContainers"] = [_with_outcome(each, ended, is_main=False) for each in pod.init_containers]
    if attempt is not None:
        detail["podName"] = _pod_name(attempt)
        detail["nodeName"] = _node_name(attempt.environment, arns)
    return {"podProperties": detail}


def eks_attempt(pod: Pod, attempt: Attempt, arns: Arns) -> EksAttemptDetailTypeDef:
    """Return an entry of `eksAttempts`."""
    configuration = attempt.environment.eks
    assert configuration is not None
    detail: EksAttemptDetailTypeDef = {
        "containers": [_container(each, attempt, is_main=each is pod.containers[0]) for each in pod.containers],
        "initContainers": [_container(each, attempt, is_main=False) for each in pod.init_containers],
        "eksClusterArn": configuration["eksClusterArn"],
        "podName": _pod_name(attempt),
        "podNamespace": pod.properties.get("metadata", {}).get("namespace", configuration["kubernetesNamespace"]),
        "nodeName": _node_name(attempt.environment, arns),
    }
    if attempt.started_ms is not None:
        detail["startedAt"] = attempt.started_ms
    if attempt.stopped_ms is not None:
        detail["stoppedAt"] = attempt.stopped_ms
    if attempt.status_reason is not None:
        detail["statusReason"] = attempt.status_reason
    return detail


def node_uid(environment: ComputeEnvironment) -> str:
    """Return the id of the node that the pods of an environment run on."""
    return str(UUID(environment.container_instance))


def _container(own: EksContainerOutputTypeDef, attempt: Attempt, *, is_main: bool) -> EksAttemptContainerDetailTypeDef:
    container: EksAttemptContainerDetailTypeDef = {"name": name_of(own)}
    container.update(_outcome(attempt, is_main=is_main))  # type: ignore[typeddict-item]  # members of both
    return container


def _with_outcome(own: EksContainerOutputTypeDef, attempt: Attempt | None, *, is_main: bool) -> EksContainerDetailTypeDef:
    container = cast("EksContainerDetailTypeDef", {**own, "name": name_of(own)})
    if attempt is not None:
        container.update(_outcome(attempt, is_main=is_main))  # type: ignore[typeddict-item]  # members of both
    return container


def _outcome(attempt: Attempt, *, is_main: bool) -> AttemptTaskContainerDetailsTypeDef:
    """Return the exit code and reason of a container, if it has any."""
    outcome: AttemptTaskContainerDetailsTypeDef = {}
    if attempt.exit_code is not None:
        has_exited = attempt.status_reason == messages.CONTAINER_EXITED
        outcome["exitCode"] = attempt.exit_code if is_main or not has_exited else 0
    if attempt.reason is not None and is_main:
        outcome["reason"] = attempt.reason
    return outcome


def _stream(job: Job, attempt: Attempt, index: int) -> str | None:
    found = container_log_location(job, attempt, index)
    return None if found is None else found.stream


def _pod_name(attempt: Attempt) -> str:
    return f"aws-batch.{UUID(attempt.task_id)}"


def _node_name(environment: ComputeEnvironment, arns: Arns) -> str:
    address = "-".join(str(int(environment.container_instance[start : start + 2], 16)) for start in (0, 2, 4))
    domain = "ec2" if arns.region == "us-east-1" else f"{arns.region}.compute"
    return f"ip-10-{address}.{domain}.internal"
