"""Jobs of several containers on ECS. Documents: API reference, EcsProperties and its kin, EcsPropertiesOverride."""

from __future__ import annotations

import boto3
import pytest

from mock_jobs.batch.workload.task import CONDITIONS
from mock_jobs.core.errors import UsageValueError

from support.batch import FARGATE, MANAGED, refusal
from support.constants import NO_RETRIES, REGION
from support.needs import needs
from support.tasks import part, properties


def after(name, condition):
    return [{"containerName": name, "condition": condition}]


SIDE = part("side", essential=False)
MAIN = part("main", command=["work"], dependsOn=after("side", "SUCCESS"))


def register(batch, *containers, name="t", capabilities=None, task=None, **more):
    if capabilities is not None:
        more["platformCapabilities"] = [capabilities]
    ecs = properties(*containers, **(task or {}))
    return batch.register_job_definition(jobDefinitionName=name, type="container", ecsProperties=ecs, **more)


def fargate_part(name, vcpus="0.25", memory="512", **more):
    return part(name, vcpus, memory, **more)


@pytest.fixture
def prepared(batch, site):
    site.make_queue_and_definition()
    register(batch, SIDE, MAIN)
    return site


def run(site, wanted="SUCCEEDED", **more):
    job_id = site.submit(jobDefinition="t", **more)
    site.reach(job_id, wanted)
    return site.detail(job_id)


def shown(job):
    """Return the containers of a job by name."""
    (task,) = job["ecsProperties"]["taskProperties"]
    return {each["name"]: each for each in task["containers"]}


def test_a_definition_is_described_with_what_containers_have_by_default(prepared):
    (found,) = prepared.batch.describe_job_definitions(jobDefinitions=["t:1"])["jobDefinitions"]

    empty = {member: [] for member in ("command", "dependsOn", "environment", "mountPoints", "secrets", "ulimits")}
    assert found["ecsProperties"] == properties({**empty, **SIDE}, {**empty, "essential": True, **MAIN}, volumes=[])
    assert (found["type"], found["containerOrchestrationType"]) == ("container", "ECS")
    assert "containerProperties" not in found


def test_a_job_shows_its_containers_instead_of_one(prepared):
    job = run(prepared)

    assert job["container"] == {}
    assert list(shown(job)) == ["side", "main"]
    assert shown(job)["main"]["command"] == ["work"]
    assert shown(job)["main"]["dependsOn"] == after("side", "SUCCESS")


def test_a_job_that_waits_shows_no_task(prepared):
    job = prepared.detail(prepared.submit(jobDefinition="t"))
    (task,) = job["ecsProperties"]["taskProperties"]

    assert task.keys() == {"containers", "volumes"}
    assert all(not each.keys() & {"exitCode", "reason", "logStreamName"} for each in task["containers"])


def test_containers_write_into_streams_of_their_own_in_one_task(prepared):
    job = run(prepared)
    (task,) = job["ecsProperties"]["taskProperties"]
    task_id = task["taskArn"].rpartition("/")[2]

    assert {name: each["logStreamName"] for name, each in shown(job).items()} == {
        "side": f"t/side/{task_id}",
        "main": f"t/main/{task_id}",
    }
    logs = boto3.client("logs", region_name=REGION, config=NO_RETRIES)
    streams = logs.describe_log_streams(logGroupName="/aws/batch/job")["logStreams"]
    assert sorted(each["logStreamName"] for each in streams) == [f"t/main/{task_id}", f"t/side/{task_id}"]


def test_what_is_planned_to_be_said_is_said_by_the_essential_container(mock, prepared):
    mock.batch.plan(logs=["hello"])
    job = run(prepared)
    logs = boto3.client("logs", region_name=REGION, config=NO_RETRIES)

    def said(name):
        stream = shown(job)[name]["logStreamName"]
        events = logs.get_log_events(logGroupName="/aws/batch/job", logStreamName=stream)["events"]
        return [each["message"] for each in events]

    assert {name: said(name) for name in ("side", "main")} == {"side": [], "main": ["hello"]}


def test_an_attempt_tells_of_each_container(mock, prepared):
    mock.batch.plan(exit_code=3, reason="because")
    job = run(prepared, "FAILED")
    (attempt,) = job["attempts"]
    (task,) = attempt["taskProperties"]
    (now,) = job["ecsProperties"]["taskProperties"]

    assert attempt["container"] == {"networkInterfaces": []}
    assert attempt["statusReason"] == job["statusReason"] == "Essential container in task exited"
    assert (task["taskArn"], task["containerInstanceArn"]) == (now["taskArn"], now["containerInstanceArn"])
    outcomes = [(each["name"], each["exitCode"], each.get("reason")) for each in task["containers"]]
    assert outcomes == [("side", 0, None), ("main", 3, "because")]
    assert [(name, each["exitCode"]) for name, each in shown(job).items()] == [("side", 0), ("main", 3)]


def test_the_first_essential_container_decides_about_another_try(mock, prepared):
    mock.batch.plan(exit_code=3, attempt=1)
    retry = {"attempts": 2, "evaluateOnExit": [{"action": "RETRY", "onExitCode": "3"}, {"action": "EXIT", "onReason": "*"}]}
    job = run(prepared, retryStrategy=retry)

    assert [each["taskProperties"][0]["containers"][1]["exitCode"] for each in job["attempts"]] == [3, 0]


def test_all_containers_of_a_terminated_job_are_killed(mock, prepared):
    mock.batch.plan(duration=float("inf"))
    job_id = prepared.submit(jobDefinition="t")
    prepared.reach(job_id, "RUNNING")
    prepared.batch.terminate_job(jobId=job_id, reason="enough")

    assert {name: each["exitCode"] for name, each in shown(prepared.detail(job_id)).items()} == {"side": 137, "main": 137}


def test_containers_that_never_ran_have_no_exit_code(mock, prepared):
    mock.batch.plan(start_failure="CannotPullContainerError: no")
    job = run(prepared, "FAILED")

    (task,) = job["attempts"][0]["taskProperties"]
    assert task["containers"] == [
        {"name": "side", "networkInterfaces": []},
        {"name": "main", "networkInterfaces": [], "reason": "CannotPullContainerError: no"},
    ]


def test_a_function_gets_command_and_environment_of_the_essential_container(mock, prepared):
    register(prepared.batch, part("side", essential=False, command=["side"]), part("main", command=["work", "Ref::what"]))
    given = []

    def container(job):
        given.append((job.command, job.environment["A"]))

    mock.batch.plan(run=container)
    override = properties({"name": "main", "environment": [{"name": "A", "value": "b"}]})
    run(prepared, parameters={"what": "hard"}, ecsPropertiesOverride=override)

    assert given == [(("work", "hard"), "b")]


@needs("batch ListJobs.jobSummaryList.capacityUsage")
def test_a_job_needs_the_vcpus_of_all_containers(mock, prepared):
    register(prepared.batch, part("one", "10"), part("two", "7"))
    job_id = prepared.submit(jobDefinition="t")
    prepared.reach(job_id, "RUNNABLE")

    with pytest.raises(UsageValueError, match="it is RUNNABLE, needs 17 vCPUs and waits for room"):
        mock.batch.step(job_id)
    (summary,) = prepared.batch.list_jobs(jobQueue="q", jobStatus="RUNNABLE")["jobSummaryList"]
    assert summary["capacityUsage"] == [{"capacityUnit": "VCPU", "quantity": 17.0}]


def test_overrides_are_merged_container_by_container(prepared):
    register(prepared.batch, part("side", environment=[{"name": "A", "value": "1"}], command=["a"]), part("main", command=["b"]))
    changes = [
        {"name": "side", "environment": [{"name": "B", "value": "2"}, {"name": "A", "value": "3"}]},
        {"name": "main", "command": ["c"], "resourceRequirements": [{"type": "VCPU", "value": "2"}]},
    ]
    job = run(prepared, ecsPropertiesOverride=properties(*changes))

    side, main = shown(job)["side"], shown(job)["main"]
    assert side["environment"] == [{"name": "A", "value": "3"}, {"name": "B", "value": "2"}]
    assert (side["command"], main["command"]) == (["a"], ["c"])
    assert main["resourceRequirements"] == [{"value": "2", "type": "VCPU"}, {"value": "128", "type": "MEMORY"}]


def test_one_container_without_a_name_can_be_overridden_without_one(prepared):
    register(prepared.batch, part(None))
    job = run(prepared, ecsPropertiesOverride=properties({"command": ["c"]}))

    (task,) = job["ecsProperties"]["taskProperties"]
    assert task["containers"][0]["command"] == ["c"]
    assert task["containers"][0]["logStreamName"].startswith("t/default/")


def test_a_job_without_overrides_is_as_the_one_before(prepared):
    first, second = run(prepared), run(prepared)

    for each in (first, second):
        assert shown(each)["main"]["environment"] == []
    assert shown(first)["main"]["logStreamName"] != shown(second)["main"]["logStreamName"]


@pytest.mark.parametrize(
    ("override", "text"),
    [
        (
            {"containerOverrides": {"command": ["x"]}},
            "containerOverrides is not applicable to job definitions of type container with ecsProperties",
        ),
        (
            {"nodeOverrides": {"numNodes": 1}},
            "nodeOverrides is not applicable to job definitions of type container with ecsProperties",
        ),
        (
            {"eksPropertiesOverride": {}},
            "eksPropertiesOverride is not applicable to job definitions of type container with ecsProperties",
        ),
        ({"ecsPropertiesOverride": properties({"name": "nobody"})}, "There is no other container named nobody"),
        ({"ecsPropertiesOverride": properties({"name": "main"}, {"name": "main"})}, "Container names must be unique"),
        ({"ecsPropertiesOverride": {"taskProperties": [{}, {}]}}, "taskProperties must have 1 entry"),
        ({"ecsPropertiesOverride": properties({"name": "main", "command": [""]})}, "The command must not contain empty strings"),
        (
            {"ecsPropertiesOverride": properties({"name": "main", "environment": [{"name": "AWS_BATCH_X", "value": "1"}]})},
            "Environment variable names must not start with AWS_BATCH: AWS_BATCH_X",
        ),
        (
            {"ecsPropertiesOverride": properties({"name": "main", "resourceRequirements": [{"type": "VCPU", "value": "no"}]})},
            "Value no for type VCPU in resourceRequirement is not valid. Please provide a numeric value.",
        ),
        (
            {"ecsPropertiesOverride": properties({"name": "main", "command": ["Ref::nothing"]})},
            "Unable to substitute value. No parameter found for reference name",
        ),
    ],
)
def test_an_impossible_override_is_refused(prepared, override, text):
    assert refusal(prepared.batch.submit_job, jobName="j", jobQueue="q", jobDefinition="t", **override) == text
    assert prepared.batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED")["jobSummaryList"] == []


def test_an_override_of_tasks_is_refused_where_there_is_a_single_container(prepared):
    text = "ecsPropertiesOverride is not applicable to job definitions of type container"

    assert refusal(prepared.batch.submit_job, jobName="j", jobQueue="q", jobDefinition="d", ecsPropertiesOverride={}) == text


FARGATE_TASK = {"executionRoleArn": "arn:aws:iam::123456789012:role/x"}

REFUSED = [
    ("EC2", [], {}, "containers must have 1 to 10 entries"),
    ("EC2", [part(str(index)) for index in range(11)], {}, "containers must have 1 to 10 entries"),
    ("EC2", [part("a"), part("a")], {}, "Container names must be unique"),
    ("EC2", [part("a", essential=False)], {}, "At least 1 container must be essential"),
    ("EC2", [part("a", image="")], {}, "containerProperties must contain image"),
    ("EC2", [part("a", resourceRequirements=[{"type": "MEMORY", "value": "8"}])], {}, "vCPU is not provided."),
    ("EC2", [part("a", resourceRequirements=[{"type": "VCPU", "value": "1"}])], {}, "Memory is not provided."),
    (
        "EC2",
        [part("a", "0.5")],
        {},
        "Value 0.5 for type VCPU in resourceRequirement is not valid. Please provide a numeric value.",
    ),
    ("EC2", [part("a", memory="3")], {}, "container memory limit must be greater than 4"),
    ("EC2", [part("a", dependsOn=after("b", "START"))], {}, "There is no other container named b"),
    ("EC2", [part("a", dependsOn=after("a", "START"))], {}, "There is no other container named a"),
    ("EC2", [part("a", dependsOn=[{"condition": "START"}])], {}, "dependsOn.containerName is required"),
    ("EC2", [part("a", dependsOn=[{"containerName": "b"}])], {}, "dependsOn.condition is required"),
    (
        "EC2",
        [part("a", dependsOn=after("b", "HEALTHY")), part("b")],
        {},
        "dependsOn.condition must be one of START, COMPLETE, SUCCESS",
    ),
    *(
        (
            "EC2",
            [part("a", dependsOn=after("b", condition)), part("b")],
            {},
            f"The condition {condition} cannot be set on the essential container b",
        )
        for condition in CONDITIONS[1:]
    ),
    (
        "EC2",
        [part("a", dependsOn=after("b", "START")), part("b", dependsOn=after("a", "START"))],
        {},
        "The container a depends on itself",
    ),
    (
        "EC2",
        [part("a", environment=[{"name": "AWS_BATCH_X", "value": "1"}])],
        {},
        "Environment variable names must not start with AWS_BATCH: AWS_BATCH_X",
    ),
    ("EC2", [part("a")], {"ipcMode": "all"}, "ipcMode must be one of host, task, none"),
    ("EC2", [part("a")], {"pidMode": "none"}, "pidMode must be one of host, task"),
    *(
        ("EC2", [part("a")], {member: value}, f"{member} not applicable for EC2.")
        for member, value in {
            "networkConfiguration": {"assignPublicIp": "ENABLED"},
            "platformVersion": "LATEST",
            "ephemeralStorage": {"sizeInGiB": 21},
            "runtimePlatform": {"cpuArchitecture": "ARM64"},
        }.items()
    ),
    ("FARGATE", [fargate_part("a")], {}, "executionRoleArn is required for Fargate."),
    ("FARGATE", [fargate_part("a")], {**FARGATE_TASK, "ipcMode": "task"}, "ipcMode not applicable for Fargate."),
    ("FARGATE", [fargate_part("a", privileged=True)], FARGATE_TASK, "privileged not applicable for Fargate."),
    ("FARGATE", [fargate_part("a", linuxParameters={"maxSwap": 1})], FARGATE_TASK, "maxSwap not applicable for Fargate."),
    (
        "FARGATE",
        [fargate_part("a", logConfiguration={"logDriver": "syslog"})],
        FARGATE_TASK,
        "logDriver not applicable for Fargate.",
    ),
    (
        "FARGATE",
        [fargate_part("a", "0")],
        FARGATE_TASK,
        "Value 0 for type VCPU in resourceRequirement is not valid. Please provide a numeric value.",
    ),
    (
        "FARGATE",
        [fargate_part("a", memory="much")],
        FARGATE_TASK,
        "Value much for type MEMORY in resourceRequirement is not valid. Please provide a numeric value.",
    ),
    ("FARGATE", [fargate_part("a", memory="3")], FARGATE_TASK, "container memory limit must be greater than 4"),
    (
        "FARGATE",
        [fargate_part("a"), fargate_part("b")],
        {**FARGATE_TASK, "volumes": [{"name": "v", "host": {"sourcePath": "/x"}}]},
        "host not applicable for Fargate.",
    ),
    (
        "FARGATE",
        [fargate_part("a"), fargate_part("b", "0.5")],
        FARGATE_TASK,
        "Fargate resource requirements (0.75 vCPU, 1024 MiB) not valid.",
    ),
    (
        "FARGATE",
        [fargate_part("a")],
        {**FARGATE_TASK, "ephemeralStorage": {"sizeInGiB": 20}},
        "ephemeralStorage must be between 21 and 200 GiB",
    ),
]


@pytest.mark.parametrize(("platform", "containers", "task", "text"), REFUSED)
def test_an_impossible_task_is_refused(batch, platform, containers, task, text):
    members = {"containers": containers, **task}
    arguments = {"jobDefinitionName": "t", "type": "container", "platformCapabilities": [platform]}

    assert refusal(batch.register_job_definition, ecsProperties={"taskProperties": [members]}, **arguments) == text
    assert batch.describe_job_definitions()["jobDefinitions"] == []


@pytest.mark.parametrize("tasks", [[], [{"containers": [MAIN]}, {"containers": [MAIN]}]])
def test_a_definition_has_one_task(batch, tasks):
    arguments = {"jobDefinitionName": "t", "type": "container", "ecsProperties": {"taskProperties": tasks}}

    assert refusal(batch.register_job_definition, **arguments) == "taskProperties must have 1 entry"


def test_a_definition_has_a_container_or_a_task_but_not_both(batch):
    arguments = {"jobDefinitionName": "t", "type": "container", "ecsProperties": properties(part("a"))}
    single = {"image": "i", "vcpus": 1, "memory": 4}

    text = "Only one of containerProperties, ecsProperties and eksProperties can be set"
    assert refusal(batch.register_job_definition, containerProperties=single, **arguments) == text


def test_the_containers_of_a_fargate_task_share_a_pair_of_amounts(batch, site):
    batch.create_compute_environment(computeEnvironmentName="ce", type="MANAGED", computeResources=FARGATE)
    site.make_queue()
    containers = [
        fargate_part("a", "0.25", "256"),
        fargate_part("b", "0.25", "768", logConfiguration={"logDriver": "awsfirelens"}),
    ]
    register(batch, *containers, capabilities="FARGATE", task=FARGATE_TASK)
    job = run(site)

    (task,) = job["attempts"][0]["taskProperties"]
    assert "containerInstanceArn" not in task
    assert "logStreamName" in task["containers"][0]
    assert "logStreamName" not in task["containers"][1]
    text = "Fargate resource requirements (1.25 vCPU, 1024 MiB) not valid."
    override = properties({"name": "a", "resourceRequirements": [{"type": "VCPU", "value": "1"}]})
    assert refusal(batch.submit_job, jobName="j", jobQueue="q", jobDefinition="t", ecsPropertiesOverride=override) == text


def test_ten_containers_that_wait_for_each_other_in_a_row_are_possible(batch):
    containers = [part("0", essential=False)]
    containers += [part(str(each), essential=False, dependsOn=after(str(each - 1), "COMPLETE")) for each in range(1, 9)]

    assert register(batch, *containers, part("9", dependsOn=after("8", "SUCCESS")))["revision"] == 1


@needs("batch CreateComputeEnvironment.computeResources.managedInstancesProvider")
def test_a_task_runs_on_managed_instances(batch, site):
    batch.create_compute_environment(computeEnvironmentName="ce", type="MANAGED", computeResources=MANAGED)
    site.make_queue()
    register(batch, part("a"), capabilities="MANAGED_INSTANCES", task={"networkMode": "host"})
    job = run(site)

    (queue,) = batch.describe_job_queues()["jobQueues"]
    (found,) = batch.describe_compute_environments()["computeEnvironments"]
    assert queue["jobQueueType"] == "ECS_MANAGED_INSTANCES"
    assert found["computeResources"] == MANAGED
    assert "containerInstanceArn" in job["ecsProperties"]["taskProperties"][0]


@needs("batch RegisterJobDefinition.platformCapabilities=MANAGED_INSTANCES")
@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"networkConfiguration": {"assignPublicIp": "ENABLED"}}, "networkConfiguration not applicable for Managed Instances."),
        ({"networkMode": "bridge"}, "networkMode must be one of host"),
    ],
)
def test_an_impossible_task_for_managed_instances_is_refused(batch, members, text):
    arguments = {"jobDefinitionName": "t", "type": "container", "platformCapabilities": ["MANAGED_INSTANCES"]}

    assert refusal(batch.register_job_definition, ecsProperties=properties(part("a"), **members), **arguments) == text


def test_a_job_for_other_hosts_than_those_of_its_queue_is_refused(batch, site):
    site.make_environment()
    site.make_queue()
    register(batch, fargate_part("a"), capabilities="FARGATE", task=FARGATE_TASK)
    site.make_definition()

    text = "Job Queue is attached to Compute Environment that can not run Jobs with capability FARGATE."
    assert refusal(batch.submit_job, jobName="j", jobQueue="q", jobDefinition="t") == text
