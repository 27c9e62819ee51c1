"""SubmitJob. Documents: AWS Batch API reference, SubmitJob; user guide, "Submit a job"."""

from __future__ import annotations

import re

import pytest

from support.batch import FARGATE, FARGATE_CONTAINER, PREFIX, container, refusal

JOB = {"jobName": "j", "jobQueue": "q", "jobDefinition": "d"}


@pytest.fixture(autouse=True)
def _site(mock, site):
    mock.batch.pace = "manual"
    site.make_queue_and_definition()


def submitted(batch):
    return batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED")["jobSummaryList"]


def test_a_submission_is_answered_with_name_id_and_arn(batch):
    answer = batch.submit_job(**JOB)

    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", answer["jobId"])
    assert answer["jobName"] == "j"
    assert answer["jobArn"] == f"{PREFIX}job/{answer['jobId']}"


@pytest.mark.parametrize("name", ["j", "9", "A-b_c", "j" * 128])
def test_a_job_name_has_1_to_128_characters(site, name):
    assert site.detail(site.submit(name))["jobName"] == name


@pytest.mark.parametrize("name", ["", "-j", "_j", "j" * 129, "j j", "j.j", "jö", "j\n"])
def test_other_job_names_are_refused(batch, name):
    assert refusal(batch.submit_job, **{**JOB, "jobName": name}) == "Job name should match valid pattern"
    assert submitted(batch) == []


NOT_ACTIVE = "JobDefinition name {} does not exist or is not in ACTIVE status"
NO_NAME = "Provided name {} is not supported pattern[a-zA-Z_0-9-]{{1,128}}"


@pytest.mark.parametrize("reference", ["e", "e:2", f"{PREFIX}job-definition/e", f"{PREFIX}job-definition/e:2"])
def test_a_definition_is_found_by_name_revision_or_arn(batch, site, reference):
    for _ in range(3):
        site.make_definition("e")
    batch.deregister_job_definition(jobDefinition="e:3")

    assert site.detail(site.submit(jobDefinition=reference))["jobDefinition"] == f"{PREFIX}job-definition/e:2"


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ("nope", NOT_ACTIVE.format("nope")),
        ("d:2", NOT_ACTIVE.format("d:2")),
        ("gone", NOT_ACTIVE.format("gone")),
        ("gone:1", NOT_ACTIVE.format("gone:1")),
        (f"{PREFIX}job-definition/nope", NOT_ACTIVE.format("nope")),
        (f"{PREFIX}job-definition/nope:1", f"JobDefinition {PREFIX}job-definition/nope:1 not found."),
        (f"{PREFIX}job-definition/d:2", f"JobDefinition {PREFIX}job-definition/d:2 not found."),
        ("d:latest", NO_NAME.format("d:latest")),
        ("d d", NO_NAME.format("d d")),
        (f"{PREFIX}job-queue/q", NO_NAME.format(f"{PREFIX}job-queue/q")),
    ],
)
def test_an_unknown_definition_is_refused(batch, site, reference, text):
    site.make_definition("gone")
    batch.deregister_job_definition(jobDefinition="gone:1")

    assert refusal(batch.submit_job, **{**JOB, "jobDefinition": reference}) == text
    assert submitted(batch) == []


@pytest.mark.parametrize("reference", ["q", f"{PREFIX}job-queue/q"])
def test_a_queue_is_found_by_name_or_arn(site, reference):
    assert site.detail(site.submit(jobQueue=reference))["jobQueue"] == f"{PREFIX}job-queue/q"


@pytest.mark.parametrize(
    ("reference", "arn"),
    [
        ("nope", f"{PREFIX}job-queue/nope"),
        ("Q", f"{PREFIX}job-queue/Q"),
        ("arn:aws:batch:eu-west-1:123456789012:job-queue/q", "arn:aws:batch:eu-west-1:123456789012:job-queue/q"),
    ],
)
def test_an_unknown_queue_is_refused(batch, reference, arn):
    assert refusal(batch.submit_job, **{**JOB, "jobQueue": reference}) == f"{arn} does not exist"


def test_the_platform_of_definition_and_queue_must_agree(batch, site):
    batch.create_compute_environment(computeEnvironmentName="fargate", type="MANAGED", computeResources=FARGATE)
    site.make_queue("fq", ("fargate",))
    site.make_definition("fd", platformCapabilities=["FARGATE"], containerProperties=FARGATE_CONTAINER)
    text = "Job Queue is attached to Compute Environment that can not run Jobs with capability {}."

    assert refusal(batch.submit_job, **{**JOB, "jobQueue": "fq"}) == text.format("EC2")
    assert refusal(batch.submit_job, **{**JOB, "jobDefinition": "fd"}) == text.format("FARGATE")


@pytest.mark.parametrize("member", [{"shareIdentifier": "a"}, {"schedulingPriorityOverride": 1}])
def test_shares_need_a_fair_share_queue(batch, member):
    text = refusal(batch.submit_job, **JOB, **member)

    assert text == (
        "Job with shareIdentifier or schedulingPriority can onlybe submitted to job queue with fair share scheduling policy."
    )


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"containerOverrides": {"command": ["a", ""]}}, "The command must not contain empty strings"),
        (
            {"containerOverrides": {"environment": [{"name": "AWS_BATCH_JOB_ID", "value": "x"}]}},
            "Environment variable names must not start with AWS_BATCH: AWS_BATCH_JOB_ID",
        ),
        (
            {"containerOverrides": {"resourceRequirements": [{"type": "VCPU", "value": "0"}]}},
            "Value 0 for type VCPU in resourceRequirement is not valid. Please provide a numeric value.",
        ),
        (
            {"containerOverrides": {"resourceRequirements": [{"type": "MEMORY", "value": "3"}]}},
            "container memory limit must be greater than 4",
        ),
        (
            {"containerOverrides": {"resourceRequirements": [{"type": "VCPU", "value": "1"}] * 2}},
            "Resource requirement VCPU is given twice.",
        ),
        (
            {"containerOverrides": {"command": ["Ref::nope"]}},
            "Unable to substitute value. No parameter found for reference name",
        ),
        ({"tags": {"Aws:x": "y"}}, "Tag keys must not start with aws:"),
        ({"parameters": {"a": "x" * 30 * 1024}}, "Job size must be less than 30 KiB, got 31 KiB"),
    ],
)
def test_an_impossible_submission_is_refused(batch, changes, text):
    assert refusal(batch.submit_job, **JOB, **changes) == text
    assert submitted(batch) == []


@pytest.mark.parametrize("count", [51, 100])
def test_more_than_50_tags_are_refused(batch, count):
    assert "tags" in refusal(batch.submit_job, **JOB, tags={f"k{number}": "v" for number in range(count)})
    assert submitted(batch) == []


@pytest.mark.parametrize("member", ["vcpus", "memory"])
def test_the_older_overrides_do_not_go_with_fargate(batch, site, member):
    batch.create_compute_environment(computeEnvironmentName="fargate", type="MANAGED", computeResources=FARGATE)
    site.make_queue("fq", ("fargate",))
    site.make_definition("fd", platformCapabilities=["FARGATE"], containerProperties=FARGATE_CONTAINER)

    text = refusal(batch.submit_job, jobName="j", jobQueue="fq", jobDefinition="fd", containerOverrides={member: 512})

    assert text == f"{member} is not applicable for Fargate. Use resource requirements instead."


# What becomes of the container


def test_environment_variables_merge_by_name(site):
    environment = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    site.make_definition("e", containerProperties=container(environment=environment))
    overrides = {"environment": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}]}

    shown = site.detail(site.submit(jobDefinition="e", containerOverrides=overrides))["container"]["environment"]

    assert [(each["name"], each["value"]) for each in shown] == [("A", "1"), ("B", "3"), ("C", "4")]


def test_resource_requirements_replace_by_type(site):
    shown = site.detail(site.submit(vcpus=4))["container"]["resourceRequirements"]

    assert shown == [{"value": "4", "type": "VCPU"}, {"value": "128", "type": "MEMORY"}]


def test_the_older_overrides_count_only_if_the_definition_uses_them(mock, site):
    mock.batch.settings.legacy_container_fields = False
    site.make_definition("old", containerProperties={"image": "i", "vcpus": 1, "memory": 128})

    old = site.detail(site.submit(jobDefinition="old", containerOverrides={"vcpus": 2, "memory": 256}))["container"]
    new = site.detail(site.submit(containerOverrides={"vcpus": 2, "memory": 256}))["container"]

    assert (old["vcpus"], old["memory"], old["resourceRequirements"]) == (2, 256, [])
    assert "vcpus" not in new
    assert new["resourceRequirements"] == container()["resourceRequirements"]


@pytest.mark.parametrize(
    ("command", "parameters", "expected"),
    [
        (["echo", "Ref::x"], {"x": "1"}, ["echo", "1"]),
        (["Ref::x", "Ref::y"], {"x": "1", "y": "2", "unused": "3"}, ["1", "2"]),
        (["--in=Ref::x/Ref::y"], {"x": "1", "y": "2"}, ["--in=1/2"]),
        (["Ref::input"], {"in": "short", "input": "long"}, ["long"]),
        (["Ref::"], {}, ["Ref::"]),
    ],
)
def test_parameters_are_put_into_the_command(site, command, parameters, expected):
    site.make_definition("e", containerProperties=container(command=command))

    job = site.detail(site.submit(jobDefinition="e", parameters=parameters))

    assert job["container"]["command"] == expected
    assert job["parameters"] == parameters


def test_parameters_of_a_job_update_those_of_its_definition(site):
    site.make_definition("e", parameters={"a": "1", "b": "2"}, containerProperties=container(command=["Ref::a", "Ref::b"]))

    job = site.detail(site.submit(jobDefinition="e", parameters={"b": "3"}))

    assert job["parameters"] == {"a": "1", "b": "3"}
    assert job["container"]["command"] == ["1", "3"]


def test_a_command_replaces_the_one_of_the_definition(batch, site):
    site.make_definition("e", containerProperties=container(command=["Ref::unset"]))

    job = site.detail(site.submit(jobDefinition="e", containerOverrides={"command": ["true"]}))

    assert job["container"]["command"] == ["true"]
    assert refusal(batch.submit_job, **{**JOB, "jobDefinition": "e"}).startswith("Unable to substitute value")


def test_later_revisions_do_not_change_a_job(mock, batch, site):
    job_id = site.submit()
    before = site.detail(job_id)
    site.make_definition(vcpus=2)
    batch.deregister_job_definition(jobDefinition="d:1")

    assert site.detail(job_id) == before
    mock.batch.run_all()
    assert site.detail(job_id)["status"] == "SUCCEEDED"


def test_tags_of_a_definition_are_not_those_of_the_job(site):
    site.make_definition("e", tags={"definition": "x"}, propagateTags=True)

    job = site.detail(site.submit(jobDefinition="e", tags={"job": "y"}, propagateTags=False))

    assert job["tags"] == {"job": "y"}
    assert job["propagateTags"] is False
