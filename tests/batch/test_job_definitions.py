"""Job definitions. Documents: AWS Batch API reference, RegisterJobDefinition and its kin; user guide."""

from __future__ import annotations

import pytest

from support.batch import FARGATE_CONTAINER, PREFIX, container, refusal
from support.contract import model_of
from support.needs import needs


def register(batch, **members):
    arguments = {"jobDefinitionName": "d", "type": "container", "containerProperties": container(), **members}
    return batch.register_job_definition(**arguments)


def definitions(batch, **arguments):
    return batch.describe_job_definitions(**arguments)["jobDefinitions"]


def ids(found):
    return [f"{each['jobDefinitionName']}:{each['revision']}" for each in found]


def requirements(**values):
    return [{"type": kind.upper(), "value": value} for kind, value in values.items()]


def test_each_registration_makes_a_revision(batch):
    answers = [register(batch), register(batch)]

    assert [(each["jobDefinitionName"], each["revision"]) for each in answers] == [("d", 1), ("d", 2)]
    assert answers[1]["jobDefinitionArn"] == f"{PREFIX}job-definition/d:2"


def test_revisions_are_never_used_again(batch):
    register(batch)
    batch.deregister_job_definition(jobDefinition="d:1")

    assert register(batch)["revision"] == 2


def test_a_definition_is_described_as_it_was_registered(batch):
    register(
        batch,
        parameters={"a": "b"},
        schedulingPriority=9999,
        retryStrategy={"attempts": 2, "evaluateOnExit": [{"action": "EXIT", "onExitCode": "1"}]},
        propagateTags=True,
        timeout={"attemptDurationSeconds": 60},
        tags={"k": "v"},
        platformCapabilities=["EC2"],
        containerProperties={**container(), "command": ["true"]},
    )

    assert definitions(batch, jobDefinitions=["d:1"]) == [
        {
            "jobDefinitionName": "d",
            "jobDefinitionArn": f"{PREFIX}job-definition/d:1",
            "revision": 1,
            "status": "ACTIVE",
            "type": "container",
            "schedulingPriority": 9999,
            "parameters": {"a": "b"},
            "retryStrategy": {"attempts": 2, "evaluateOnExit": [{"action": "exit", "onExitCode": "1"}]},
            "propagateTags": True,
            "timeout": {"attemptDurationSeconds": 60},
            "tags": {"k": "v"},
            "platformCapabilities": ["EC2"],
            "containerOrchestrationType": "ECS",
            "containerProperties": {
                **container(),
                "command": ["true"],
                "volumes": [],
                "environment": [],
                "mountPoints": [],
                "ulimits": [],
                "secrets": [],
            },
        }
    ]


def test_what_was_not_given_is_absent(batch):
    register(batch)

    assert set(definitions(batch)[0]) == {
        "jobDefinitionName",
        "jobDefinitionArn",
        "revision",
        "status",
        "type",
        "containerProperties",
        "containerOrchestrationType",
        "parameters",
        "tags",
    }


def fargate(**members):
    return {"platformCapabilities": ["FARGATE"], "containerProperties": {**FARGATE_CONTAINER, **members}}


REFUSED = [
    ({"jobDefinitionName": "a b"}, "Provided name a b is not supported pattern[a-zA-Z_0-9-]{1,128}"),
    ({"jobDefinitionName": "a" * 129}, f"Provided name {'a' * 129} is not supported pattern[a-zA-Z_0-9-]{{1,128}}"),
    ({"type": "pod"}, "type must be one of container, multinode"),
    ({"containerProperties": {}}, "Container properties should not be empty"),
    ({"containerProperties": {"vcpus": 1, "memory": 4}}, "containerProperties must contain image"),
    ({"containerProperties": {"image": "i", "memory": 4}}, "vCPU is not provided."),
    ({"containerProperties": {"image": "i", "vcpus": 1}}, "Memory is not provided."),
    ({"containerProperties": {"image": "i", "vcpus": 1, "memory": 3}}, "container memory limit must be greater than 4"),
    (
        {"containerProperties": {"image": "i", "resourceRequirements": requirements(vcpu="1", memory="3")}},
        "container memory limit must be greater than 4",
    ),
    (
        {"containerProperties": {"image": "i", "vcpus": 0, "memory": 4}},
        "Value 0 for type VCPU in resourceRequirement is not valid. Please provide a numeric value.",
    ),
    (
        {"containerProperties": {"image": "i", "resourceRequirements": requirements(vcpu="0.5", memory="8")}},
        "Value 0.5 for type VCPU in resourceRequirement is not valid. Please provide a numeric value.",
    ),
    (
        {"containerProperties": {"image": "i", "resourceRequirements": requirements(vcpu="1", memory="much")}},
        "Value much for type MEMORY in resourceRequirement is not valid. Please provide a numeric value.",
    ),
    (
        {"containerProperties": {"image": "i", "resourceRequirements": requirements(vcpu="1", memory="8", gpu="0")}},
        "Value 0 for type GPU in resourceRequirement is not valid. Please provide a numeric value.",
    ),
    (
        {"containerProperties": container(environment=[{"name": "AWS_BATCH_X", "value": "1"}])},
        "Environment variable names must not start with AWS_BATCH: AWS_BATCH_X",
    ),
    *(
        ({"containerProperties": container(**{member: value})}, f"{member} not applicable for EC2.")
        for member, value in {
            "networkConfiguration": {"assignPublicIp": "ENABLED"},
            "fargatePlatformConfiguration": {"platformVersion": "LATEST"},
            "ephemeralStorage": {"sizeInGiB": 21},
            "runtimePlatform": {"cpuArchitecture": "ARM64"},
        }.items()
    ),
    (fargate(vcpus=1), "vcpus is not applicable for Fargate. Use resource requirements instead."),
    (fargate(memory=512), "memory is not applicable for Fargate. Use resource requirements instead."),
    (
        fargate(resourceRequirements=requirements(vcpu="0.25", memory="4096")),
        "Fargate resource requirements (0.25 vCPU, 4096 MiB) not valid.",
    ),
    (
        fargate(resourceRequirements=requirements(vcpu="3", memory="8192")),
        "Fargate resource requirements (3 vCPU, 8192 MiB) not valid.",
    ),
    (fargate(executionRoleArn=""), "executionRoleArn is required for Fargate."),
    *(
        (fargate(**{member: value}), f"{shown} not applicable for Fargate.")
        for member, value, shown in [
            ("privileged", True, "privileged"),
            ("ulimits", [{"name": "nofile", "softLimit": 1, "hardLimit": 1}], "ulimits"),
            ("instanceType", "m5", "instanceType"),
            ("volumes", [{"name": "v", "host": {"sourcePath": "/x"}}], "host"),
            ("linuxParameters", {"sharedMemorySize": 1}, "sharedMemorySize"),
            ("linuxParameters", {"swappiness": 0}, "swappiness"),
            ("logConfiguration", {"logDriver": "syslog"}, "logDriver"),
            ("resourceRequirements", requirements(vcpu="0.25", memory="512", gpu="1"), "GPU"),
        ]
    ),
    (
        fargate(
            volumes=[{"name": "v", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}],
            fargatePlatformConfiguration={"platformVersion": "1.3.0"},
        ),
        "EFS is supported for Fargate platform version 1.4.0",
    ),
    (fargate(ephemeralStorage={"sizeInGiB": 20}), "ephemeralStorage must be between 21 and 200 GiB"),
    (fargate(ephemeralStorage={"sizeInGiB": 201}), "ephemeralStorage must be between 21 and 200 GiB"),
    ({"timeout": {"attemptDurationSeconds": 59}}, "Timeout must be at least 60 seconds"),
    ({"retryStrategy": {}}, "RetryAttempts must be provided with retry strategy"),
    ({"schedulingPriority": -1}, "schedulingPriority must be between 0 and 9999"),
    ({"schedulingPriority": 10_000}, "schedulingPriority must be between 0 and 9999"),
    (
        {"platformCapabilities": ["GPU"]},
        f"platformCapabilities.1.member must be one of {', '.join(model_of('batch').shape_for('PlatformCapability').enum)}",
    ),
    ({"tags": {"aws:k": "v"}}, "Tag keys must not start with aws:"),
    ({"parameters": {"a": "x" * 24 * 1024}}, "Job definition size exceeds the maximum of 24 KiB"),
]


@pytest.mark.parametrize(("changes", "text"), REFUSED, ids=[text[:50] for _, text in REFUSED])
def test_an_impossible_definition_is_refused(batch, changes, text):
    arguments = {"jobDefinitionName": "d", "type": "container", "containerProperties": container(), **changes}

    assert refusal(batch.register_job_definition, **arguments) == text
    assert definitions(batch) == []


@needs("batch RegisterJobDefinition.platformCapabilities=MANAGED_INSTANCES")
def test_managed_instances_run_tasks_only(batch):
    arguments = {"jobDefinitionName": "d", "type": "container", "containerProperties": container()}

    text = refusal(batch.register_job_definition, **arguments, platformCapabilities=["MANAGED_INSTANCES"])

    assert text == "MANAGED_INSTANCES requires ecsProperties"
    assert definitions(batch) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"jobDefinitionName": "_" + "a" * 127},
        {"containerProperties": {"image": "i", "vcpus": 1, "memory": 4}},
        {"schedulingPriority": 0},
        {"timeout": {"attemptDurationSeconds": 60}},
        {"parameters": {"a": "x" * 20 * 1024}},
        fargate(ephemeralStorage={"sizeInGiB": 21}),
        fargate(ephemeralStorage={"sizeInGiB": 200}),
        fargate(linuxParameters={"initProcessEnabled": True}, ulimits=[], privileged=False),
        fargate(logConfiguration={"logDriver": "splunk"}),
        fargate(
            volumes=[{"name": "v", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}],
            fargatePlatformConfiguration={"platformVersion": "1.4.0"},
        ),
    ],
)
def test_a_definition_at_the_limits_is_accepted(batch, changes):
    assert register(batch, **changes)["revision"] == 1


FARGATE_PAIRS = [
    ("0.25", 512, 1024, 2048),
    ("0.5", *range(1024, 4097, 1024)),
    ("1", *range(2048, 8193, 1024)),
    ("2", *range(4096, 16385, 1024)),
    ("4", *range(8192, 30721, 1024)),
    ("8", *range(16384, 61441, 4096)),
    ("16", *range(32768, 122881, 8192)),
    ("32", 61440, 122880, 249856),
]


@pytest.mark.parametrize(
    ("vcpu", "sizes"), [(vcpu, sizes) for vcpu, *sizes in FARGATE_PAIRS], ids=[row[0] for row in FARGATE_PAIRS]
)
def test_fargate_takes_the_documented_pairs_only(batch, vcpu, sizes):
    for size in sizes:
        register(batch, **fargate(resourceRequirements=requirements(vcpu=vcpu, memory=str(size))))
    for size in (sizes[0] - 1, sizes[0] + 1, sizes[-1] + 1, sizes[-1] * 2, 0):
        text = refusal(register, batch=batch, **fargate(resourceRequirements=requirements(vcpu=vcpu, memory=str(size))))
        assert text == f"Fargate resource requirements ({vcpu} vCPU, {size} MiB) not valid."

    assert len(definitions(batch)) == len(sizes)


# Describing


@pytest.fixture
def some(batch, site):
    for name in ("b", "a", "a", "c"):
        site.make_definition(name)
    batch.deregister_job_definition(jobDefinition="a:2")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, ["a:2", "a:1", "b:1", "c:1"]),
        ({"jobDefinitionName": "a"}, ["a:2", "a:1"]),
        ({"jobDefinitionName": "nope"}, []),
        ({"status": "ACTIVE"}, ["a:1", "b:1", "c:1"]),
        ({"status": "INACTIVE"}, ["a:2"]),
        ({"status": "active"}, []),
        ({"jobDefinitionName": "a", "status": "ACTIVE"}, ["a:1"]),
        ({"jobDefinitions": ["c:1", "a:2", "a:9", "nope:1", "c:1"]}, ["c:1", "a:2"]),
        ({"jobDefinitions": [f"{PREFIX}job-definition/b:1"]}, ["b:1"]),
        ({"jobDefinitions": ["a", f"{PREFIX}job-definition/a", "b:1"]}, ["b:1"]),
    ],
)
def test_definitions_are_found_by_name_and_status(batch, some, arguments, expected):
    assert ids(definitions(batch, **arguments)) == expected


def test_pages_of_definitions_are_continued(batch, some):
    pages = batch.get_paginator("describe_job_definitions").paginate(PaginationConfig={"PageSize": 3})

    assert [ids(page["jobDefinitions"]) for page in pages] == [["a:2", "a:1", "b:1"], ["c:1"]]


def test_a_token_is_good_for_the_same_filter_only(batch, some):
    token = batch.describe_job_definitions(maxResults=1)["nextToken"]

    assert refusal(batch.describe_job_definitions, nextToken=token, status="ACTIVE") == "Invalid nextToken"


@pytest.mark.parametrize("arguments", [{"status": "ACTIVE"}, {"jobDefinitionName": "a"}, {"nextToken": "x"}])
def test_a_list_excludes_the_other_parameters(batch, some, arguments):
    text = refusal(batch.describe_job_definitions, jobDefinitions=["a:1"], **arguments)

    assert text == "jobDefinitions cannot be combined with other parameters"


# Deregistering


def test_a_deregistered_revision_is_inactive_and_can_be_deregistered_again(batch):
    register(batch)

    for reference in ("d:1", f"{PREFIX}job-definition/d:1"):
        batch.deregister_job_definition(jobDefinition=reference)

    assert [each["status"] for each in definitions(batch)] == ["INACTIVE"]


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ("d", "jobDefinition must include a revision"),
        (f"{PREFIX}job-definition/d", "jobDefinition must include a revision"),
        ("d:2", f"{PREFIX}job-definition/d:2 does not exist"),
        ("e:1", f"{PREFIX}job-definition/e:1 does not exist"),
        (f"{PREFIX}job-queue/d:1", f"{PREFIX}job-queue/d:1 does not exist"),
    ],
)
def test_an_unknown_revision_cannot_be_deregistered(batch, reference, text):
    register(batch)

    assert refusal(batch.deregister_job_definition, jobDefinition=reference) == text
    assert [each["status"] for each in definitions(batch)] == ["ACTIVE"]


@pytest.mark.parametrize("action", ["RETRY", "retry"])
def test_the_action_of_a_retry_rule_may_come_in_lower_case_as_it_is_answered(batch, site, action):
    """EvaluateOnExit, API reference: "The values aren't case sensitive."."""
    rules = {"attempts": 2, "evaluateOnExit": [{"action": action, "onExitCode": "1"}]}
    site.make_definition(retryStrategy=rules)

    (described,) = batch.describe_job_definitions(jobDefinitionName="d")["jobDefinitions"]

    assert described["retryStrategy"]["evaluateOnExit"] == [{"action": "retry", "onExitCode": "1"}]
    again = site.make_definition(retryStrategy=described["retryStrategy"])
    assert again.endswith(":2")
