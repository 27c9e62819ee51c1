"""What public evidence says of AWS Batch: answers of the real service, and requests of code that works on it.

Each test names its source: an issue of a public repository as `owner/name #number`.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.exceptions import ClientError
from moto.ec2.models.instance_types import INSTANCE_TYPES

from mock_jobs.batch.exceptions import ClientException
from mock_jobs.batch.instance_types import check_instance_types

from support.batch import EC2, FARGATE, FARGATE_CONTAINER, PREFIX, UNKNOWN_ID, container, refusal
from support.needs import has, needs
from support.service_jobs import M5, limit, payload

MODEL = botocore.session.get_session().get_service_model("batch")

# Fair shares: nextflow-io/nextflow #3505, hashicorp/terraform-provider-aws #31226.

PRIORITY_MISSING = "Either schedulingPriority in job definition or schedulingPriorityOverride should be specified."


@pytest.mark.parametrize("more", [{}, {"arrayProperties": {"size": 2}}], ids=["job", "array"])
def test_a_share_needs_a_priority(batch, site, more):
    site.make_fair_queue_and_definition()
    site.make_definition("plain")
    request = {"jobName": "j", "jobQueue": "q", "shareIdentifier": "A", **more}

    assert refusal(batch.submit_job, jobDefinition="plain", **request) == PRIORITY_MISSING
    batch.submit_job(jobDefinition="plain", schedulingPriorityOverride=0, **request)
    batch.submit_job(jobDefinition="d", **request)

    assert len(batch.list_jobs(jobQueue="q", filters=[{"name": "JOB_NAME", "values": ["j"]}])["jobSummaryList"]) == 2


def test_nodes_in_a_share_need_a_priority(batch, site):
    site.make_fair_queue_and_definition()
    site.make_nodes()
    request = {"jobName": "j", "jobQueue": "q", "jobDefinition": "m", "shareIdentifier": "A"}

    assert refusal(batch.submit_job, **request) == PRIORITY_MISSING
    batch.submit_job(schedulingPriorityOverride=1, **request)


# Deleting what does not exist: aws/aws-cli #2551.


@pytest.mark.parametrize(
    ("operation", "member", "reference"),
    [
        ("delete_compute_environment", "computeEnvironment", "nope"),
        ("delete_job_queue", "jobQueue", "nope"),
        ("delete_job_queue", "jobQueue", f"{PREFIX}job-queue/nope"),
        ("delete_scheduling_policy", "arn", f"{PREFIX}scheduling-policy/nope"),
        ("delete_consumable_resource", "consumableResource", "nope"),
        ("delete_service_environment", "serviceEnvironment", "nope"),
    ],
)
def test_deleting_nothing_succeeds(batch, operation, member, reference):
    answer = getattr(batch, operation)(**{member: reference})

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize(
    ("operation", "member", "reference"),
    [
        ("delete_job_queue", "jobQueue", f"{PREFIX}compute-environment/ce"),
        ("delete_compute_environment", "computeEnvironment", f"{PREFIX}job-queue/q"),
        ("delete_scheduling_policy", "arn", f"{PREFIX}job-queue/q"),
        ("delete_consumable_resource", "consumableResource", f"{PREFIX}job-queue/q"),
        ("delete_service_environment", "serviceEnvironment", f"{PREFIX}compute-environment/ce"),
        ("delete_job_queue", "jobQueue", "arn:aws:batch:eu-west-1:123456789012:job-queue/q"),
    ],
)
def test_deleting_something_else_is_an_error(batch, site, operation, member, reference):
    site.make_queue_and_definition()

    assert refusal(getattr(batch, operation), **{member: reference}) == f"{reference} does not exist"


@pytest.mark.parametrize("operation", ["cancel_job", "terminate_job"])
def test_the_arn_of_a_job_in_another_region_is_no_id(mock, batch, site, operation):
    mock.batch.pace = "manual"
    site.make_queue_and_definition()
    job_id = site.submit()
    elsewhere = boto3.client("batch", region_name="eu-west-1")

    assert refusal(getattr(elsewhere, operation), jobId=job_arn(job_id), reason="r") == f"Invalid job id: {job_arn(job_id)}"
    assert site.status(job_id) == "SUBMITTED"


def test_deregistering_nothing_is_an_error(batch):
    assert refusal(batch.deregister_job_definition, jobDefinition="nope:1") == f"{PREFIX}job-definition/nope:1 does not exist"


# Job ids and ARNs: the SageMaker SDK and TorchX send ARNs.


def job_arn(job_id: str) -> str:
    return f"{PREFIX}job/{job_id}"


def test_each_operation_takes_the_arn_of_a_job(mock, batch, site):
    mock.batch.pace = "manual"
    site.make_queue_and_definition()
    array = site.submit(size=2)
    after = site.submit(after=[job_arn(array)])

    assert [each["index"] for each in children(batch, job_arn(array))] == [0, 1]
    assert batch.describe_jobs(jobs=[job_arn(f"{array}:1")])["jobs"][0]["jobId"] == f"{array}:1"
    assert mock.batch.step(job_arn(after)) == "PENDING"
    batch.terminate_job(jobId=job_arn(array), reason="stop")
    mock.batch.run_all()
    assert site.detail(after)["statusReason"] == "Dependent Job failed"


def children(batch: Any, array: str) -> list[Any]:
    return [each["arrayProperties"] for each in batch.list_jobs(arrayJobId=array, jobStatus="SUBMITTED")["jobSummaryList"]] + [
        each["arrayProperties"] for each in batch.list_jobs(arrayJobId=array, jobStatus="PENDING")["jobSummaryList"]
    ]


def test_the_arn_of_a_node_names_it(mock, batch, site):
    mock.batch.pace = "manual"
    site.make_queue_and_definition()
    site.make_nodes()
    job_id = site.submit(jobDefinition="m")

    nodes = batch.list_jobs(multiNodeJobId=job_arn(job_id), jobStatus="SUBMITTED")["jobSummaryList"]
    assert [each["jobId"] for each in nodes] == [f"{job_id}#{index}" for index in range(3)]
    assert "individual nodes" in refusal(batch.cancel_job, jobId=job_arn(f"{job_id}#1"), reason="stop")
    batch.cancel_job(jobId=job_arn(f"{job_id}#0"), reason="stop")
    assert site.detail(job_id)["statusReason"] == "stop"


def test_the_arn_of_a_service_job_names_it(mock, batch, site):
    mock.batch.pace = "manual"
    site.make_service_queue_and_environment()
    arn = f"{PREFIX}service-job/{site.submit_service()}"

    batch.terminate_service_job(jobId=arn, reason="stop")
    assert batch.describe_service_job(jobId=arn)["statusReason"] == "stop"


@needs("batch UpdateServiceJob")
def test_the_arn_of_a_service_job_that_changes_names_it(mock, batch, site):
    mock.batch.pace = "manual"
    site.make_service_queue_and_environment()
    arn = f"{PREFIX}service-job/{site.submit_service()}"

    batch.update_service_job(jobId=arn, schedulingPriority=7)

    assert batch.describe_service_job(jobId=arn)["schedulingPriority"] == 7


@needs("batch TerminateServiceJobs")
def test_bulk_forms_take_the_arn_of_a_service_job(mock, batch, site):
    mock.batch.pace = "manual"
    site.make_service_queue_and_environment()
    arn = f"{PREFIX}service-job/{site.submit_service()}"

    answer = batch.terminate_service_jobs(jobs=[arn, f"{PREFIX}job/{UNKNOWN_ID}"], reason="stop")

    assert answer["successful"] == [arn]
    assert [each["job"] for each in answer["errors"]] == [f"{PREFIX}job/{UNKNOWN_ID}"]
    assert batch.describe_service_job(jobId=arn)["status"] == "FAILED"


# Empty variables: hashicorp/terraform-provider-aws #26960 and #29820.

VARIABLES = [{"name": "A", "value": ""}, {"name": "B"}, {"name": "C", "value": "c"}]
KEPT = [{"name": "C", "value": "c"}]
TASK_CONTAINER = {"name": "main", **container(1)}
POD_CONTAINER = {"name": "main", "image": "busybox", "resources": {"limits": {"cpu": "1", "memory": "128Mi"}}}


def registered(batch: Any, **definition: Any) -> Any:
    """Register a job definition and return what DescribeJobDefinitions says of it."""
    arn = batch.register_job_definition(jobDefinitionName="d", **{"type": "container", **definition})["jobDefinitionArn"]
    (found,) = batch.describe_job_definitions(jobDefinitions=[arn])["jobDefinitions"]
    return found


def task(**more: Any) -> dict[str, Any]:
    return {"taskProperties": [{"containers": [{**TASK_CONTAINER, **more}]}]}


def pod(**more: Any) -> dict[str, Any]:
    return {
        "podProperties": {"containers": [{**POD_CONTAINER, **more}], "initContainers": [{**POD_CONTAINER, "name": "i", **more}]}
    }


def nodes(**content: Any) -> dict[str, Any]:
    return {"numNodes": 1, "mainNode": 0, "nodeRangeProperties": [{"targetNodes": "0:", **content}]}


def test_variables_without_a_value_are_not_kept(batch):
    plain = registered(batch, containerProperties=container(1, environment=VARIABLES))
    of_task = registered(batch, ecsProperties=task(environment=VARIABLES))
    of_pod = registered(batch, eksProperties=pod(env=VARIABLES))
    of_node = registered(batch, type="multinode", nodeProperties=nodes(container=container(1, environment=VARIABLES)))

    assert plain["containerProperties"]["environment"] == KEPT
    assert of_task["ecsProperties"]["taskProperties"][0]["containers"][0]["environment"] == KEPT
    assert of_pod["eksProperties"]["podProperties"]["containers"][0]["env"] == KEPT
    assert of_pod["eksProperties"]["podProperties"]["initContainers"][0]["env"] == KEPT
    assert of_node["nodeProperties"]["nodeRangeProperties"][0]["container"]["environment"] == KEPT


def test_an_override_may_empty_a_variable(batch, site):
    site.make_queue_and_definition()
    site.make_definition("e", containerProperties=container(1, environment=KEPT))

    job_id = site.submit(jobDefinition="e", containerOverrides={"environment": [{"name": "C", "value": ""}]})

    assert site.detail(job_id)["container"]["environment"] == [{"name": "C", "value": ""}]


# What comes back without having been sent.


def test_a_definition_shows_empty_parameters_and_tags(batch):
    found = registered(batch, containerProperties=container(1))

    assert (found["parameters"], found["tags"]) == ({}, {})


@pytest.mark.parametrize(
    ("given", "shown"), [({}, "LATEST"), ({"fargatePlatformConfiguration": {"platformVersion": "1.4.0"}}, "1.4.0")]
)
def test_a_fargate_definition_shows_its_platform_version(batch, given, shown):
    found = registered(batch, platformCapabilities=["FARGATE"], containerProperties={**FARGATE_CONTAINER, **given})

    assert found["containerProperties"]["fargatePlatformConfiguration"] == {"platformVersion": shown}


def lacking(shape: Any, value: Any, path: str) -> list[str]:
    """Return the lists and maps of the model that a given structure lacks."""
    if shape.type_name == "list":
        return [each for number, item in enumerate(value) for each in lacking(shape.member, item, f"{path}[{number}]")]
    if shape.type_name != "structure":
        return []
    missing = [
        f"{path}.{name}" for name, member in shape.members.items() if member.type_name in ("list", "map") and name not in value
    ]
    inner = [each for name, content in value.items() for each in lacking(shape.members[name], content, f"{path}.{name}")]
    return missing + inner


LINUX = {"initProcessEnabled": True}
FULL_LINUX = {"devices": [{"hostPath": "/dev/a"}], "tmpfs": [{"containerPath": "/t", "size": 1}]}
LOG = {"logDriver": "awslogs"}
CONTENTS = ("containerProperties", "ecsProperties", "eksProperties")
FULL_POD = {
    "containers": [{**POD_CONTAINER, "securityContext": {"privileged": True}, "resources": {}}],
    "initContainers": [{"name": "i", "image": "busybox"}],
    "metadata": {"namespace": "mine"},
    "volumes": [{"name": "v", "emptyDir": {}}],
}


@pytest.mark.parametrize(
    ("member", "given"),
    [
        ("containerProperties", container(1)),
        ("containerProperties", container(1, linuxParameters=LINUX, logConfiguration=LOG)),
        ("containerProperties", container(1, linuxParameters=FULL_LINUX)),
        ("ecsProperties", task()),
        ("ecsProperties", task(linuxParameters=LINUX, logConfiguration=LOG, firelensConfiguration={"type": "fluentd"})),
        ("ecsProperties", task(linuxParameters=FULL_LINUX)),
        ("eksProperties", {"podProperties": {"containers": [{"image": "busybox"}]}}),
        ("eksProperties", {"podProperties": FULL_POD}),
        ("consumableResourceProperties", {}),
    ],
)
def test_lists_and_maps_of_given_structures_come_back_empty(batch, member, given):
    content = {member: given} if member in CONTENTS else {"containerProperties": container(1), member: given}
    found = registered(batch, **content)
    in_node = "container" if member == "containerProperties" else member
    in_range = {in_node: given} if member in CONTENTS else {"container": container(1), member: given}
    of_node = registered(batch, type="multinode", nodeProperties=nodes(**in_range))

    shape = MODEL.shape_for("JobDefinition").members[member]
    assert lacking(shape, found[member], member) == []
    assert lacking(MODEL.shape_for("NodeProperties"), of_node["nodeProperties"], "nodeProperties") == []


# Node ranges: TorchX and redun send a single number.


@pytest.mark.parametrize("texts", [("0", "1"), ("0", "1:1"), ("0:0", "1:")])
def test_a_single_number_is_a_node_range(mock, site, texts):
    site.make_queue_and_definition()
    site.make_nodes(num_nodes=2, ranges=[{"targetNodes": text, "container": container(1)} for text in texts])
    change = {"nodePropertyOverrides": [{"targetNodes": "1", "containerOverrides": {"command": ["other"]}}]}

    job_id = site.submit(jobDefinition="m", nodeOverrides=change)
    mock.batch.run_all()

    assert [node["container"]["command"] for node in site.nodes(job_id, 2)] == [[], ["other"]]


# Fargate: nextflow-io/nextflow #5786.


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("FARGATE_SPOT", "Your Spot Task was interrupted."),
        ("FARGATE", "ECS is performing maintenance on the underlying infrastructure hosting the task."),
    ],
)
def test_a_task_on_fargate_that_loses_its_host_names_no_instance(mock, batch, site, kind, reason):
    batch.create_compute_environment(computeEnvironmentName="f", type="MANAGED", computeResources={**FARGATE, "type": kind})
    site.make_queue("q", ("f",))
    batch.register_job_definition(
        jobDefinitionName="d", type="container", platformCapabilities=["FARGATE"], containerProperties=FARGATE_CONTAINER
    )
    mock.batch.plan(host_lost=True)

    job_id = site.submit()
    mock.batch.run_all()

    job = site.detail(job_id)
    (attempt,) = job["attempts"]
    assert (job["status"], job["statusReason"], attempt["statusReason"]) == ("FAILED", reason, reason)
    assert "containerInstanceArn" not in job["container"]
    (interface,) = job["container"]["networkInterfaces"]
    assert attempt["container"]["networkInterfaces"] == [interface]
    assert interface["privateIpv4Address"].startswith("10.")


# Instance types: aws/amazon-genomics-cli #209, Netflix/metaflow #70, aws/aws-cdk #31148.


def with_types(types: list[str], **more: Any) -> dict[str, Any]:
    resources = {**EC2, "instanceTypes": types, **more}
    return {"computeEnvironmentName": "x", "type": "MANAGED", "computeResources": resources}


def create_with(batch: Any, types: list[str], **more: Any) -> None:
    batch.create_compute_environment(**with_types(types, **more))


def refused_types(batch: Any, types: list[str], **more: Any) -> str:
    return refusal(batch.create_compute_environment, **with_types(types, **more))


@pytest.mark.parametrize(
    "types",
    [
        ["optimal"],
        ["default_x86_64"],
        ["default_arm64"],
        ["m5", "c5.large"],
        ["c6g", "m7g.xlarge"],
        ["t3.micro", "optimal"],
        ["p3", "p2.xlarge", "i3.metal"],
    ],
)
def test_known_instance_types_are_accepted(batch, types):
    create_with(batch, types)

    (found,) = batch.describe_compute_environments(computeEnvironments=["x"])["computeEnvironments"]
    assert found["computeResources"]["instanceTypes"] == types


@pytest.mark.parametrize("types", [["unknown"], ["m5", "m5.huge"], ["M5"], [""], ["optimal "]])
def test_unknown_instance_types_are_refused(batch, types):
    text = refused_types(batch, types)

    assert text.startswith("Instance type can only be one of [")
    assert {"m5", "m5.large", "p3.2xlarge", "optimal"} <= set(text.partition("[")[2].rstrip("]").split(", "))
    assert batch.describe_compute_environments()["computeEnvironments"] == []


@pytest.mark.parametrize("types", [["c6g", "c5"], ["optimal", "m7g.large"], ["default_arm64", "default_x86_64"]])
def test_types_of_arm_stand_alone(batch, types):
    assert refused_types(batch, types) == "arm-based instance type cannot be used with other instance types."


def test_types_of_launch_templates_and_updates_are_checked_too(batch, site):
    template = {"launchTemplateId": "lt-1", "overrides": [{"launchTemplateId": "lt-2", "targetInstanceTypes": ["unknown"]}]}
    assert refused_types(batch, ["m5"], launchTemplate=template).startswith("Instance type can only")
    create_with(batch, ["m5"], allocationStrategy="BEST_FIT_PROGRESSIVE")

    text = refusal(batch.update_compute_environment, computeEnvironment="x", computeResources={"instanceTypes": ["unknown"]})

    assert text.startswith("Instance type can only")
    (found,) = batch.describe_compute_environments(computeEnvironments=["x"])["computeEnvironments"]
    assert found["computeResources"]["instanceTypes"] == ["m5"]


def test_a_test_may_add_instance_types(mock, batch):
    mock.batch.settings.more_instance_types = ["m99", "m99.large"]

    create_with(batch, ["m99.large", "c5"])

    assert "m99, " in refused_types(batch, ["m98"])


def test_the_instance_types_of_moto_are_known():
    """With the oldest supported moto all of them are, with a newer one nearly all."""
    known = set(INSTANCE_TYPES)
    unknown = [name for name in known if refuses(name)]

    is_oldest = f"moto=={version('moto')}\n" in Path(__file__).parents[1].joinpath("oldest.txt").read_text(encoding="utf-8")
    assert len(unknown) <= (0 if is_oldest else len(known) // 20), unknown


def refuses(name: str) -> bool:
    try:
        check_instance_types([name])
    except ClientException:
        return True
    return False


def test_a_bid_has_no_bound(batch):
    create_with(batch, ["m5"], bidPercentage=123)

    (found,) = batch.describe_compute_environments(computeEnvironments=["x"])["computeEnvironments"]
    assert found["computeResources"]["bidPercentage"] == 123


# Tags: Netflix/metaflow #1345, nf-core/hic #224.


def tagging(batch: Any, site: Any) -> dict[str, Any]:
    """Return a call for each operation that takes tags."""
    has_shares = has("batch CreateQuotaShare")
    site.make_queue_and_definition()
    if has_shares:
        site.make_quota_queue_and_environment()
    else:
        site.make_service_queue_and_environment()
    queue = f"{PREFIX}job-queue/q"
    share = {
        "quotaShareName": "x",
        "jobQueue": "sq",
        "capacityLimits": [limit(1, M5)],
        "resourceSharingConfiguration": {"strategy": "RESERVE"},
        "preemptionConfiguration": {"inSharePreemption": "DISABLED"},
        "state": "ENABLED",
    }
    service_job = {
        "jobName": "x",
        "jobQueue": "sq",
        "serviceJobType": "SAGEMAKER_TRAINING",
        "serviceRequestPayload": payload(1),
        **({"quotaShareName": "x"} if has_shares else {}),
    }
    environment = {"computeEnvironmentName": "x", "type": "UNMANAGED", "serviceRole": "arn:aws:iam::123456789012:role/r"}
    order = [{"order": 1, "computeEnvironment": "ce"}]
    limits = [{"maxCapacity": 1, "capacityUnit": "NUM_INSTANCES"}]
    service = {"serviceEnvironmentName": "x", "serviceEnvironmentType": "SAGEMAKER_TRAINING", "capacityLimits": limits}
    definition = {"jobDefinitionName": "x", "type": "container", "containerProperties": container(1)}
    return {
        "tag_resource": {"resourceArn": queue},
        "create_compute_environment": environment,
        "create_job_queue": {"jobQueueName": "x", "priority": 1, "computeEnvironmentOrder": order},
        "create_scheduling_policy": {"name": "x"},
        "create_consumable_resource": {"consumableResourceName": "x"},
        "create_service_environment": service,
        "register_job_definition": definition,
        "submit_job": {"jobName": "x", "jobQueue": "q", "jobDefinition": "d"},
        **({"create_quota_share": share} if has_shares else {}),
        "submit_service_job": service_job,
    }


@pytest.mark.parametrize(
    ("tags", "text"),
    [
        (
            {"version": "2.8.1+mc(0.10.0)"},
            "'2.8.1+mc(0.10.0)' is not a valid value for TagValue - it contains illegal characters",
        ),
        ({"a": "b,c"}, "'b,c' is not a valid value for TagValue - it contains illegal characters"),
        ({"a*": "b"}, "'a*' is not a valid value for TagKey - it contains illegal characters"),
    ],
)
def test_illegal_characters_in_tags_are_a_bad_request(batch, site, tags, text):
    for operation, arguments in tagging(batch, site).items():
        with pytest.raises(ClientError) as error:
            getattr(batch, operation)(**arguments, tags=tags)
        answer = error.value.response
        assert (answer["Error"]["Code"], answer["Error"]["Message"]) == ("BadRequestException", text), operation
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert batch.list_tags_for_resource(resourceArn=f"{PREFIX}job-queue/q")["tags"] == {}
    assert [each["jobQueueName"] for each in batch.describe_job_queues()["jobQueues"]] == ["q", "sq"]


def test_tags_of_instances_are_checked_too(batch):
    bad = {"version": "1+mc(2)"}
    with pytest.raises(ClientError, match="BadRequestException"):
        create_with(batch, ["m5"], tags=bad)
    create_with(batch, ["m5"], allocationStrategy="BEST_FIT_PROGRESSIVE")

    with pytest.raises(ClientError, match="BadRequestException"):
        batch.update_compute_environment(computeEnvironment="x", computeResources={"tags": bad})


def test_legal_characters_in_tags_are_accepted(batch, site):
    tags = {"a b+c-d=e.f_g:h/i@j": "Zürich 2026 +-=._:/@", "empty": ""}
    for operation, arguments in tagging(batch, site).items():
        getattr(batch, operation)(**arguments, tags=tags)

    assert batch.list_tags_for_resource(resourceArn=f"{PREFIX}job-queue/x")["tags"] == tags


# Texts: ASFHyP3/hyp3 #3041, nextflow-io/nextflow #5817, and those of moto's authors.


def test_the_size_of_a_job_is_told_in_kib(batch, site):
    site.make_queue_and_definition()
    request = {"jobName": "j", "jobQueue": "q", "jobDefinition": "d"}

    text = refusal(batch.submit_job, **request, parameters={"urls": "x" * (47 * 1024 - 200)})

    assert text == "Job size must be less than 30 KiB, got 47 KiB"


def test_empty_overrides_of_a_pod_are_accepted(batch, site):
    site.make_eks_environment()
    site.make_queue()
    batch.register_job_definition(jobDefinitionName="d", type="container", eksProperties=pod())
    request = {"jobName": "j", "jobQueue": "q", "jobDefinition": "d"}

    for member in ("containerOverrides", "nodeOverrides"):
        content = {"command": ["x"]} if member == "containerOverrides" else {"numNodes": 2}
        text = refusal(batch.submit_job, **request, **{member: content})
        assert text == "Container overrides or node overrides should not be set for Batch on EKS jobs."
        batch.submit_job(**request, **{member: {}})


def unwrapped(operation: Any, **arguments: Any) -> str:
    """Return the text of a ClientException as it is sent."""
    with pytest.raises(ClientError) as error:
        operation(**arguments)
    assert error.value.response["Error"]["Code"] == "ClientException"
    return error.value.response["Error"]["Message"]


def test_some_texts_are_not_wrapped(batch, site):
    site.make_environment()
    order = [{"order": 1, "computeEnvironment": "ce"}]
    queue = {"jobQueueName": "x", "priority": 1}

    junk = unwrapped(batch.create_job_queue, **queue, computeEnvironmentOrder=order, state="JUNK")
    nothing = unwrapped(batch.create_job_queue, **queue, computeEnvironmentOrder=[])
    empty = unwrapped(
        batch.register_job_definition,
        jobDefinitionName="x",
        type="container",
        eksProperties={"podProperties": {"containers": []}},
    )

    assert junk == "state JUNK must be one of ENABLED | DISABLED"
    assert nothing == "At least 1 compute environment must be provided"
    assert empty == "eksProperties.podProperties must contain at least one container"


def test_a_role_is_missed_before_a_misspelt_type(batch):
    assert refusal(batch.create_compute_environment, computeEnvironmentName="x", type="UNMANGED") == "ServiceRole is required."


# Empty tokens: `awsbstat` of aws/aws-parallelcluster.


def test_an_empty_token_begins_a_listing(batch, site):
    has_shares = has("batch ListQuotaShares")
    site.make_queue_and_definition()
    if has_shares:
        site.make_quota_queue_and_environment()
    else:
        site.make_service_queue_and_environment()
    job_id = site.submit()
    resource = batch.create_consumable_resource(consumableResourceName="r", totalQuantity=1)["consumableResourceName"]
    listings = {
        "describe_compute_environments": {},
        "describe_job_queues": {},
        "describe_job_definitions": {},
        "describe_service_environments": {},
        "list_consumable_resources": {},
        "list_jobs": {"jobQueue": "q"},
        "list_jobs_by_consumable_resource": {"consumableResource": resource},
        **({"list_quota_shares": {"jobQueue": "sq"}} if has_shares else {}),
        "list_scheduling_policies": {},
        "list_service_jobs": {"jobQueue": "sq"},
    }
    paged = [each for each in MODEL.operation_names if "nextToken" in MODEL.operation_model(each).input_shape.members]
    assert len(paged) == len(listings)
    for operation, arguments in listings.items():
        with_token = getattr(batch, operation)(**arguments, nextToken="")
        assert with_token["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert batch.describe_job_definitions(jobDefinitions=["d:1"], nextToken="")["jobDefinitions"][0]["jobDefinitionName"] == "d"
    assert site.detail(job_id)["jobId"] == job_id
