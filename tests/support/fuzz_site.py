"""Something of everything, for requests that are made up: jobs in many states, and the names and ids of what exists."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from moto.iot.models import iot_backends

from mock_jobs.handle import world_of
from mock_jobs.transports.dispatch import answer
from mock_jobs.transports.services import compiled
from mock_jobs.wire.http import Request

from support.batch import EC2, FARGATE_CONTAINER, PREFIX, UNKNOWN_ID, container
from support.batch_site import Site
from support.constants import ACCOUNT, REGION
from support.fleet import ARN
from support.needs import has
from support.service_jobs import M5, limit, payload
from support.shapes import Call

if TYPE_CHECKING:
    from mock_jobs import MockJobs
    from mock_jobs.handle import Handle

Names = Mapping[str, Sequence[Any]]

_JOB = {"jobName": "job", "jobQueue": "q", "jobDefinition": "d"}
# Operation -> arguments with which it succeeds, where chance would hardly find them. A request adds optional members to them.
_BASES: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]] = {
    "iot": {
        "CreateJob": [{"jobId": "new", "targets": [f"{ARN}thing/t1"], "document": "{}"}],
        "CreateJobTemplate": [{"jobTemplateId": "new", "description": "d", "document": "{}"}],
        "AssociateTargetsWithJob": [{"jobId": "follows", "targets": [f"{ARN}thinggroup/group"]}],
        "DescribeManagedJobTemplate": [{"templateName": "AWS-Reboot"}],
        "CancelJobExecution": [{"jobId": "first", "thingName": "t1", "force": True}, {"jobId": "first", "thingName": "t3"}],
        "DeleteJob": [{"jobId": "gone"}, {"jobId": "first", "force": True}],
        "DeleteJobExecution": [{"jobId": "first", "thingName": "t2", "executionNumber": 1}],
    },
    "iot-jobs-data": {
        "UpdateJobExecution": [{"jobId": "first", "thingName": "t1", "status": "SUCCEEDED"}],
        "DescribeJobExecution": [{"jobId": "$next", "thingName": "t2"}],
    },
    "batch": {
        "SubmitJob": [
            _JOB,
            {**_JOB, "arrayProperties": {"size": 3}},
            {**_JOB, "jobQueue": "fair-queue", "shareIdentifier": "a"},
            {**_JOB, "jobDefinition": "m"},
        ],
        "SubmitServiceJob": [
            {"jobName": "job", "jobQueue": "sq", "serviceRequestPayload": payload(), "serviceJobType": "SAGEMAKER_TRAINING"}
        ],
        "RegisterJobDefinition": [
            {"jobDefinitionName": "d", "type": "container", "containerProperties": container()},
            {
                "jobDefinitionName": "new",
                "type": "container",
                "platformCapabilities": ["FARGATE"],
                "containerProperties": FARGATE_CONTAINER,
            },
            {
                "jobDefinitionName": "m",
                "type": "multinode",
                "nodeProperties": {
                    "numNodes": 2,
                    "mainNode": 0,
                    "nodeRangeProperties": [{"targetNodes": "0:", "container": container()}],
                },
            },
        ],
        "CreateComputeEnvironment": [{"computeEnvironmentName": "new", "type": "MANAGED", "computeResources": EC2}],
        "CreateJobQueue": [
            {"jobQueueName": "new", "priority": 1, "computeEnvironmentOrder": [{"order": 1, "computeEnvironment": "ce"}]}
        ],
        "CreateServiceEnvironment": [
            {"serviceEnvironmentName": "new", "serviceEnvironmentType": "SAGEMAKER_TRAINING", "capacityLimits": [limit(1)]}
        ],
        "CreateSchedulingPolicy": [{"name": "new", "fairsharePolicy": {"shareDecaySeconds": 60}}],
        "CreateConsumableResource": [{"consumableResourceName": "new", "totalQuantity": 5}],
        "CreateQuotaShare": [
            {
                "quotaShareName": "new",
                "jobQueue": "quotas",
                "capacityLimits": [limit(1, M5)],
                "resourceSharingConfiguration": {"strategy": "LEND"},
                "preemptionConfiguration": {"inSharePreemption": "DISABLED"},
            }
        ],
        "ListJobs": [{"jobQueue": "q"}],
        "ListServiceJobs": [{"jobQueue": "sq"}],
        "UpdateConsumableResource": [{"consumableResource": "tokens", "operation": "ADD", "quantity": 1}],
    },
}


class Direct:
    """Looks like a boto3 client, and passes calls to a world without HTTP and without botocore."""

    def __init__(self, handle: Handle | MockJobs, service: str) -> None:
        self._handle = handle
        self._service = service
        self._operations = {each.method_name: name for name, each in compiled(service).operations.items()}

    def __getattr__(self, method: str) -> Callable[..., Any]:
        operation = self._operations[method]

        def call(**arguments: Any) -> Any:
            encoded = Call(self._service, operation, arguments).encoded()
            answered = answer(world_of(self._handle), Request(*encoded, ACCOUNT, REGION))
            assert answered is not None
            assert answered.error is None, (method, answered)
            return json.loads(answered.body or b"{}")

        return call


class FuzzSite(NamedTuple):
    """What exists.

    Attributes:
        names: Service to member to the values that requests may use for it: what exists, and what could.
        bases: Service to operation to arguments with which it succeeds.
    """

    names: Mapping[str, Names]
    bases: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]


def make_site(handle: Handle | MockJobs) -> FuzzSite:
    """Make the site in an empty world, whose clock stands still from now on."""
    handle.clock.freeze()
    handle.batch.pace = "manual"
    iot = _make_iot(handle)
    batch = _make_batch(handle)
    return FuzzSite({"iot": iot, "iot-jobs-data": iot, "batch": batch}, _BASES)


def _make_iot(handle: Handle | MockJobs) -> Names:
    iot, device = Direct(handle, "iot"), Direct(handle, "iot-jobs-data")
    kept: Any = iot_backends[ACCOUNT][REGION]
    kept.create_thing_group("group", None, {})
    for name in ("t1", "t2", "t3"):
        kept.create_thing(name, None, None)
    for name in ("t1", "t2"):
        kept.add_thing_to_thing_group("group", None, name, None)
    things = [f"{ARN}thing/{name}" for name in ("t1", "t2", "t3")]
    group = f"{ARN}thinggroup/group"
    iot.create_job(jobId="first", targets=things, document='{"a": 1}', timeoutConfig={"inProgressTimeoutInMinutes": 5})
    iot.create_job(jobId="follows", targets=[group], document="{}", targetSelection="CONTINUOUS")
    iot.create_job(jobId="done", targets=things[2:], document="{}")
    iot.create_job(jobId="gone", targets=things[:1], document="{}", tags=[{"Key": "k", "Value": "v"}])
    device.start_next_pending_job_execution(thingName="t1")
    device.update_job_execution(thingName="t2", jobId="first", status="FAILED")
    device.update_job_execution(thingName="t3", jobId="done", status="SUCCEEDED")
    iot.cancel_job(jobId="gone")
    template = iot.create_job_template(jobTemplateId="template", document="{}", description="d")["jobTemplateArn"]
    token = iot.list_jobs(maxResults=1)["nextToken"]
    jobs = [f"{ARN}job/{name}" for name in ("first", "done", "nothing")]
    tag = [{"Key": "k", "Value": "v"}]
    return {
        "jobId": ["first", "follows", "done", "gone", "new", "$next"],
        "thingName": ["t1", "t2", "t3", "nothing"],
        "thingGroupName": ["group", "nothing"],
        "targets": [*things, group, f"{ARN}thing/nothing", "nonsense"],
        "jobTemplateId": ["template", "new"],
        "jobTemplateArn": [template, "arn:aws:iot:us-east-1::jobtemplate/AWS-Reboot:1.0", f"{ARN}jobtemplate/nothing"],
        "templateName": ["AWS-Reboot", "AWS-Nothing"],
        "templateVersion": ["1.0"],
        "jobArn": jobs,
        "resourceArn": [*jobs, template],
        "document": ["{}", '{"a": "${x}"}', "[", '{"a": [1, 2, {"b": null}]}'],
        "documentSource": ["https://bucket.s3.amazonaws.com/key", "nonsense"],
        "namespaceId": ["nothing"],
        "executionNumber": [1, 2],
        "expectedVersion": [1, 2],
        "nextToken": [token, "nonsense"],
        "startTime": ["2030-01-01T00:00", "nonsense"],
        "endTime": ["2030-01-03T00:00", "nonsense"],
        "tags": [tag],
    }


def _make_batch(handle: Handle | MockJobs) -> Names:
    client: Any = Direct(handle, "batch")
    site = Site(client)
    site.make_queue_and_definition()
    policy = site.make_policy()
    site.make_queue("fair-queue", schedulingPolicyArn=policy)
    definition = site.make_definition("other")
    site.make_nodes()
    site.make_service_environment()
    site.make_service_queue()
    policies = [policy]
    if has("batch CreateQuotaShare"):
        policies.append(site.make_quota_policy())
        site.make_service_environment("qe", limit(4, M5))
        site.make_service_queue("quotas", "qe", schedulingPolicyArn=policies[-1])
        site.make_share("share", jobQueue="quotas")
    client.create_consumable_resource(consumableResourceName="tokens", totalQuantity=5)
    waiting, running, failed, stopped = (site.submit(each) for each in ("waiting", "running", "failed", "stopped"))
    array = site.submit("array", size=2)
    after = site.submit("after", after=[waiting])
    nodes = site.submit("nodes", jobDefinition="m")
    training = site.submit_service()
    for _ in range(4):
        handle.batch.step(running)
    client.cancel_job(jobId=stopped, reason="r")
    client.terminate_job(jobId=failed, reason="r")
    ids = [waiting, running, failed, stopped, array, f"{array}:0", after, nodes, f"{nodes}#1", UNKNOWN_ID, "nonsense"]
    arns = [f"{PREFIX}{each}" for each in ("job-queue/q", "compute-environment/ce", "scheduling-policy/fair", f"job/{waiting}")]
    token = client.describe_job_queues(maxResults=1)["nextToken"]
    resource = f"{PREFIX}consumable-resource/tokens"
    return {
        "jobId": [*ids, training],
        "jobs": [*ids, training],
        "arrayJobId": [array, waiting],
        "multiNodeJobId": [nodes, array],
        "jobQueue": ["q", "fair-queue", "sq", "quotas", f"{PREFIX}job-queue/q", "nothing"],
        "jobQueues": ["q", "sq", "nothing"],
        "jobQueueName": ["q", "new", "bad name"],
        "jobDefinition": ["d", "d:1", "other", "m", definition, "nothing", "nothing:9"],
        "jobDefinitions": ["d", "d:1", "nothing"],
        "jobDefinitionName": ["d", "new"],
        "computeEnvironment": ["ce", f"{PREFIX}compute-environment/ce", "nothing"],
        "computeEnvironments": ["ce", "nothing"],
        "computeEnvironmentName": ["ce", "new"],
        "serviceEnvironment": ["se", "nothing"],
        "serviceEnvironments": ["se"],
        "serviceEnvironmentName": ["se", "new"],
        "schedulingPolicyArn": policies,
        "arn": [*policies, f"{PREFIX}scheduling-policy/nothing"],
        "arns": policies,
        "consumableResource": ["tokens", resource, "nothing"],
        "consumableResourceName": ["tokens", "new"],
        "resourceArn": [*arns, resource, f"{PREFIX}job-queue/nothing", "nonsense"],
        "quotaShareArn": [f"{PREFIX}job-queue/quotas/quota-share/share", "nonsense"],
        "quotaShareName": ["share"],
        "serviceRequestPayload": [payload(1), payload(9), "{", "{}"],
        "serviceJobType": ["SAGEMAKER_TRAINING"],
        "image": ["busybox"],
        "nextToken": [token, "nonsense"],
        "value": ["1", "128", "0.25", "nonsense"],
        "name": ["JOB_NAME", "a", "NAME"],
        "values": ["a*", "waiting", "5"],
        "targetNodes": ["0:", "0:1", "5", "nonsense"],
        "shareIdentifier": ["a", "b*"],
        "instanceTypes": ["optimal", "m5.large", "nonsense"],
        "subnets": ["subnet-1"],
    }
