"""Jobs on EKS. Documents: API reference, EksConfiguration, EksProperties and its kin, EksPropertiesOverride; user guide, "Amazon EKS"."""

from __future__ import annotations

import pytest

from support.batch import EC2, refusal
from support.needs import needs
from support.pods import CLUSTER, RESOURCES, kept, kept_pod, part, pod


def register(batch, *containers, name="p", **more):
    return batch.register_job_definition(jobDefinitionName=name, type="container", eksProperties=pod(*containers, **more))


@pytest.fixture
def eks(batch, site):
    site.make_eks_environment()
    site.make_queue()
    register(batch, part("main"), part("side"), initContainers=[part("first")])
    return site


def run(site, wanted="SUCCEEDED", **more):
    job_id = site.submit(jobDefinition="p", **more)
    site.reach(job_id, wanted)
    return site.detail(job_id)


def environment(batch, name="ce"):
    (found,) = batch.describe_compute_environments(computeEnvironments=[name])["computeEnvironments"]
    return found


def test_an_environment_on_eks_is_described_with_its_cluster(eks):
    found = environment(eks.batch)

    assert found["eksConfiguration"] == {"eksClusterArn": CLUSTER, "kubernetesNamespace": "jobs"}
    assert found["containerOrchestrationType"] == "EKS"
    assert found["computeResources"]["ec2Configuration"] == [{"imageType": "EKS_AL2023"}]
    assert found["serviceRole"].endswith("/AWSServiceRoleForBatch")
    assert "ecsClusterArn" not in found


def test_a_queue_of_an_environment_on_eks_is_one_for_eks(eks):
    assert eks.batch.describe_job_queues()["jobQueues"][0]["jobQueueType"] == "EKS"


@pytest.mark.parametrize("namespace", ["default", "kube-system", "Jobs", "-jobs", "jobs-", "a" * 64, ""])
def test_a_namespace_that_batch_does_not_manage_is_refused(batch, namespace):
    configuration = {"eksClusterArn": CLUSTER, "kubernetesNamespace": namespace}
    arguments = {"type": "MANAGED", "computeResources": RESOURCES, "eksConfiguration": configuration}

    text = "kubernetesNamespace should match valid pattern"
    assert refusal(batch.create_compute_environment, computeEnvironmentName="ce", **arguments) == text
    assert batch.describe_compute_environments()["computeEnvironments"] == []


@pytest.mark.parametrize("namespace", ["a", "a" * 63, "jobs-1", "kube"])
def test_a_namespace_of_the_documented_form_is_accepted(batch, site, namespace):
    site.make_eks_environment(eksConfiguration={"eksClusterArn": CLUSTER, "kubernetesNamespace": namespace})

    assert environment(batch)["eksConfiguration"]["kubernetesNamespace"] == namespace


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"serviceRole": "arn:aws:iam::123456789012:role/r"}, "serviceRole is not applicable for EKS."),
        ({"computeResources": EC2}, "allocationStrategy must be provided for EKS compute environments"),
        (
            {"computeResources": {"type": "FARGATE", "maxvCpus": 1, "subnets": ["s"], "securityGroupIds": ["g"]}},
            "eksConfiguration is not applicable for FARGATE",
        ),
    ],
)
def test_an_impossible_environment_on_eks_is_refused(batch, changes, text):
    configuration = {"eksClusterArn": CLUSTER, "kubernetesNamespace": "jobs"}
    arguments = {"type": "MANAGED", "computeResources": RESOURCES, "eksConfiguration": configuration, **changes}

    assert refusal(batch.create_compute_environment, computeEnvironmentName="ce", **arguments) == text
    assert batch.describe_compute_environments()["computeEnvironments"] == []


def test_an_unmanaged_environment_on_eks_is_refused(batch):
    configuration = {"eksClusterArn": CLUSTER, "kubernetesNamespace": "jobs"}
    arguments = {"type": "UNMANAGED", "serviceRole": "r", "eksConfiguration": configuration}

    text = "eksConfiguration is not applicable to UNMANAGED compute environments"
    assert refusal(batch.create_compute_environment, computeEnvironmentName="ce", **arguments) == text


def test_a_cluster_has_at_most_five_environments(batch, site):
    for index in range(5):
        site.make_eks_environment(f"ce{index}")

    configuration = {"eksClusterArn": CLUSTER, "kubernetesNamespace": "jobs"}
    arguments = {"type": "MANAGED", "computeResources": RESOURCES, "eksConfiguration": configuration}
    text = "Compute environment limit exceeded"
    assert refusal(batch.create_compute_environment, computeEnvironmentName="ce5", **arguments) == text
    other = {"eksClusterArn": f"{CLUSTER}2", "kubernetesNamespace": "jobs"}
    site.make_eks_environment("ce5", eksConfiguration=other)


def test_eks_scales_by_itself(eks):
    resources = {"desiredvCpus": 4}

    text = "desiredvCpus is not applicable for EKS."
    assert refusal(eks.batch.update_compute_environment, computeEnvironment="ce", computeResources=resources) == text


def test_environments_of_ecs_and_eks_do_not_share_a_queue(batch, site):
    site.make_queue_and_definition()
    site.make_eks_environment("eks")
    order = [{"order": 1, "computeEnvironment": "ce"}, {"order": 2, "computeEnvironment": "eks"}]

    text = "All compute environments must be of the same type"
    assert refusal(batch.create_job_queue, jobQueueName="x", priority=1, computeEnvironmentOrder=order) == text


def test_a_definition_is_described_as_it_was_registered(eks):
    (found,) = eks.batch.describe_job_definitions(jobDefinitions=["p:1"])["jobDefinitions"]

    assert found["eksProperties"] == kept_pod(part("main"), part("side"), init=[part("first")])
    assert (found["type"], found["containerOrchestrationType"]) == ("container", "EKS")


def test_a_job_that_waits_has_no_pod(eks):
    job = eks.detail(eks.submit(jobDefinition="p"))

    assert job["eksProperties"] == kept_pod(part("main"), part("side"), init=[part("first")])
    assert "container" not in job


def test_an_attempt_tells_of_pod_node_and_containers(mock, eks):
    mock.batch.plan(exit_code=3, reason="because")
    job = run(eks, "FAILED")
    (attempt,) = job["eksAttempts"]
    now = job["eksProperties"]["podProperties"]

    assert job["attempts"] == []
    assert (attempt["eksClusterArn"], attempt["podNamespace"]) == (CLUSTER, "jobs")
    assert attempt["podName"] == now["podName"]
    assert attempt["podName"].startswith("aws-batch.")
    assert attempt["nodeName"] == now["nodeName"]
    assert attempt["containers"] == [{"name": "main", "exitCode": 3, "reason": "because"}, {"name": "side", "exitCode": 0}]
    assert attempt["initContainers"] == [{"name": "first", "exitCode": 0}]
    assert (attempt["startedAt"], attempt["stoppedAt"]) == (job["startedAt"], job["stoppedAt"])
    assert [each["exitCode"] for each in now["containers"] + now["initContainers"]] == [3, 0, 0]


def test_each_attempt_has_a_pod_of_its_own(mock, eks):
    mock.batch.plan(exit_code=1, attempt=1)
    first, second = run(eks, retryStrategy={"attempts": 2})["eksAttempts"]

    assert first["podName"] != second["podName"]
    assert first["nodeName"] == second["nodeName"]


def test_the_namespace_of_the_pod_comes_before_that_of_the_environment(eks):
    register(eks.batch, part(), metadata={"namespace": "mine", "labels": {"a": "1"}})
    override = {"podProperties": {"metadata": {"labels": {"b": "2"}}}}
    job = run(eks, eksPropertiesOverride=override)

    assert job["eksAttempts"][0]["podNamespace"] == "mine"
    assert job["eksProperties"]["podProperties"]["metadata"] == {
        "namespace": "mine",
        "labels": {"a": "1", "b": "2"},
        "annotations": {},
    }


def test_a_container_without_a_name_is_called_default(eks):
    register(eks.batch, part())

    assert run(eks)["eksAttempts"][0]["containers"] == [{"name": "Default", "exitCode": 0}]


@needs("batch ListJobs.jobSummaryList.capacityUsage")
def test_a_summary_counts_cpus(eks):
    run(eks)
    (summary,) = eks.batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")["jobSummaryList"]

    assert summary["capacityUsage"] == [{"capacityUnit": "cpu", "quantity": 2.0}]


@needs("batch ListJobs.jobSummaryList.capacityUsage")
@pytest.mark.parametrize(
    ("containers", "before", "quantity"),
    [
        ([{"limits": {"cpu": "0.5"}}, {"limits": {"cpu": "0.25"}}], [], 0.75),
        ([{"limits": {"cpu": "2"}, "requests": {"cpu": "1"}}], [], 1.0),
        ([{"requests": {"cpu": "0.25"}}], [{"limits": {"cpu": "4"}}], 4.0),
        ([{}], [], 0.0),
    ],
    ids=["sum", "requests before limits", "a large init container", "nothing"],
)
def test_a_pod_needs_what_its_containers_request(eks, containers, before, quantity):
    own = [{**part(str(place)), "resources": each} for place, each in enumerate(containers)]
    first = [{**part(f"i{place}"), "resources": each} for place, each in enumerate(before)]
    register(eks.batch, *own, initContainers=first)
    eks.submit(jobDefinition="p")
    (summary,) = eks.batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED")["jobSummaryList"]

    assert summary["capacityUsage"][0]["quantity"] == quantity


def test_overrides_are_merged_container_by_container(eks):
    own = part("main", command=["a"], args=["b"], env=[{"name": "A", "value": "1"}])
    register(eks.batch, own, part("side"), initContainers=[part("first")])
    changes = {
        "containers": [
            {
                "name": "main",
                "image": "other",
                "args": ["c"],
                "env": [{"name": "B", "value": "2"}, {"name": "A", "value": "3"}],
                "resources": {"requests": {"cpu": "2"}},
            }
        ],
        "initContainers": [{"name": "first", "command": ["before"]}],
    }
    job = eks.detail(eks.submit(jobDefinition="p", eksPropertiesOverride={"podProperties": changes}))

    assert job["eksProperties"]["podProperties"]["containers"] == [
        {
            "name": "main",
            "image": "other",
            "command": ["a"],
            "args": ["c"],
            "env": [{"name": "A", "value": "3"}, {"name": "B", "value": "2"}],
            "resources": {"requests": {"cpu": "2"}},
            "volumeMounts": [],
        },
        kept(part("side")),
    ]
    assert job["eksProperties"]["podProperties"]["initContainers"][0]["command"] == ["before"]


def test_a_function_gets_command_and_environment_of_the_first_container(mock, eks):
    register(eks.batch, part(command=["a"], args=["Ref::x"], env=[{"name": "A", "value": "1"}]), part("side"))
    given = []

    def container(job):
        given.append((job.command, job.environment["A"], job.environment["AWS_BATCH_JOB_KUBERNETES_NODE_UID"]))

    mock.batch.plan(run=container)
    run(eks, parameters={"x": "b"})

    ((command, variable, uid),) = given
    assert (command, variable) == (("a", "b"), "1")
    assert len(uid) == 36


@pytest.mark.parametrize(
    ("override", "text"),
    [
        (
            {"containerOverrides": {"command": ["x"]}},
            "Container overrides or node overrides should not be set for Batch on EKS jobs.",
        ),
        (
            {"ecsPropertiesOverride": {}},
            "ecsPropertiesOverride is not applicable to job definitions of type container with eksProperties",
        ),
        ({"eksPropertiesOverride": pod({"name": "nobody"})}, "There is no other container named nobody"),
        ({"eksPropertiesOverride": pod({"name": "main"}, {"name": "main"})}, "Container names must be unique"),
        ({"eksPropertiesOverride": pod({"name": "main", "command": [""]})}, "The command must not contain empty strings"),
        (
            {"eksPropertiesOverride": pod({"name": "main", "env": [{"name": "AWS_BATCH_X", "value": "1"}]})},
            "Environment variable names must not start with AWS_BATCH: AWS_BATCH_X",
        ),
        (
            {"eksPropertiesOverride": pod({"name": "main", "resources": {"limits": {"cpu": "0.3"}}})},
            "Value 0.3 for type cpu in resourceRequirement is not valid. Please provide a numeric value.",
        ),
    ],
)
def test_an_impossible_override_is_refused(eks, override, text):
    assert refusal(eks.batch.submit_job, jobName="j", jobQueue="q", jobDefinition="p", **override) == text
    assert eks.batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED")["jobSummaryList"] == []


REFUSED = [
    ({}, "podProperties is required"),
    (pod(), "eksProperties.podProperties must contain at least one container"),
    (pod(*(part(str(each)) for each in range(11))), "containers must have 1 to 10 entries"),
    (pod(part(), initContainers=[part(str(each)) for each in range(11)]), "initContainers must have 1 to 10 entries"),
    (pod(part(), part()), "Container names must be unique"),
    (pod(part("a"), initContainers=[part("a")]), "Container names must be unique"),
    (pod(part(image="")), "containerProperties must contain image"),
    (pod(part(imagePullPolicy="Sometimes")), "imagePullPolicy must be one of Always, IfNotPresent, Never"),
    (pod(part(), dnsPolicy="None"), "dnsPolicy must be one of Default, ClusterFirst, ClusterFirstWithHostNet"),
    (pod(part(), metadata={"namespace": "default"}), "kubernetesNamespace should match valid pattern"),
    (
        pod(part(env=[{"name": "AWS_BATCH_X", "value": "1"}])),
        "Environment variable names must not start with AWS_BATCH: AWS_BATCH_X",
    ),
    *(
        (
            pod(part(resources={"limits": {kind: value}})),
            f"Value {value} for type {kind} in resourceRequirement is not valid. Please provide a numeric value.",
        )
        for kind, value in [
            ("cpu", "0.3"),
            ("cpu", "0"),
            ("cpu", "250m"),
            ("memory", "128"),
            ("memory", "1Gi"),
            ("nvidia.com/gpu", "0.5"),
            ("nvidia.com/gpu", "0"),
        ]
    ),
    (pod(part(resources={"requests": {"memory": "3Mi"}})), "container memory limit must be greater than 4"),
    (pod(part(resources={"limits": {"disk": "1"}})), "resources must be one of cpu, memory, nvidia.com/gpu"),
    (
        pod(part(resources={"limits": {"memory": "8Mi"}, "requests": {"memory": "4Mi"}})),
        "The limit and the request of memory must be equal",
    ),
    (
        pod(part(resources={"limits": {"nvidia.com/gpu": "2"}, "requests": {"nvidia.com/gpu": "1"}})),
        "The limit and the request of nvidia.com/gpu must be equal",
    ),
    (
        pod(part(resources={"limits": {"cpu": "1"}, "requests": {"cpu": "2"}})),
        "The limit of cpu must not be below its request",
    ),
]


@pytest.mark.parametrize(("properties", "text"), REFUSED)
def test_an_impossible_pod_is_refused(batch, properties, text):
    arguments = {"jobDefinitionName": "p", "type": "container", "eksProperties": properties}

    assert refusal(batch.register_job_definition, **arguments) == text
    assert batch.describe_job_definitions()["jobDefinitions"] == []


@pytest.mark.parametrize(("member", "value"), [("propagateTags", True), ("platformCapabilities", ["EC2"])])
def test_what_is_not_for_eks_is_refused(batch, member, value):
    arguments = {"jobDefinitionName": "p", "type": "container", "eksProperties": pod(part()), member: value}

    assert refusal(batch.register_job_definition, **arguments) == f"{member} is not applicable for EKS."


def test_a_pod_does_not_run_on_ecs(batch, site):
    site.make_queue_and_definition()
    register(batch, part())

    text = "Job Queue is attached to Compute Environment that can not run Jobs with capability EKS."
    assert refusal(batch.submit_job, jobName="j", jobQueue="q", jobDefinition="p") == text
