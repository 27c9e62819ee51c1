"""Numbers with very many digits are malformed: Python does not parse more than 4,300 digits."""

from __future__ import annotations

import base64
import json

import pytest

from support.batch import FARGATE_CONTAINER, PREFIX, UNKNOWN_ID, container, refusal

HUGE = "1" * 5000
LENGTHS = pytest.mark.parametrize("digits", ["1" * 6, HUGE], ids=["6 digits", "5000 digits"])


@pytest.fixture(autouse=True)
def _site(mock, site):
    mock.batch.pace = "manual"
    site.make_queue_and_definition()


@LENGTHS
@pytest.mark.parametrize("mark", [":", "#"], ids=["child", "node"])
def test_an_index_has_at_most_5_digits(batch, mark, digits):
    job_id = f"{UNKNOWN_ID}{mark}{digits}"

    batch.cancel_job(jobId=job_id, reason="x")
    batch.terminate_job(jobId=job_id, reason="x")
    assert refusal(batch.list_jobs, arrayJobId=job_id) == f"Invalid job id: {job_id}"
    after = {"jobName": "j", "jobQueue": "q", "jobDefinition": "d", "dependsOn": [{"jobId": job_id}]}
    assert refusal(batch.submit_job, **after) == "Invalid job id in dependsOn"
    assert batch.describe_jobs(jobs=[job_id])["jobs"] == []


def test_an_index_of_5_digits_is_well_formed(batch):
    assert batch.cancel_job(jobId=f"{UNKNOWN_ID}:99999", reason="x")
    assert batch.cancel_job(jobId=f"{UNKNOWN_ID}#99999", reason="x")


@pytest.mark.parametrize("digits", ["1" * 10, HUGE], ids=["10 digits", "5000 digits"])
def test_a_revision_has_at_most_9_digits(batch, digits):
    name, arn = f"d:{digits}", f"{PREFIX}job-definition/d:{digits}"
    job = {"jobName": "j", "jobQueue": "q"}

    text = refusal(batch.submit_job, **job, jobDefinition=name)
    assert text == f"Provided name {name} is not supported pattern[a-zA-Z_0-9-]{{1,128}}"
    assert refusal(batch.submit_job, **job, jobDefinition=arn) == f"JobDefinition {arn} not found."
    assert refusal(batch.deregister_job_definition, jobDefinition=name) == f"{arn} does not exist"
    assert batch.describe_job_definitions(jobDefinitions=[name, arn])["jobDefinitions"] == []


def test_a_revision_of_9_digits_is_well_formed(batch):
    name = "d:" + "9" * 9

    text = refusal(batch.submit_job, jobName="j", jobQueue="q", jobDefinition=name)

    assert text == f"JobDefinition name {name} does not exist or is not in ACTIVE status"


@pytest.mark.parametrize("value", ["1" * 10, HUGE], ids=["10 digits", "5000 digits"])
@pytest.mark.parametrize("kind", ["VCPU", "MEMORY", "GPU"])
def test_a_resource_has_at_most_9_digits(batch, kind, value):
    text = f"Value {value} for type {kind} in resourceRequirement is not valid. Please provide a numeric value."
    required = {"VCPU": "1", "MEMORY": "128", kind: value}
    entries = [{"type": each, "value": required[each]} for each in required]
    properties = {"image": "busybox", "resourceRequirements": entries}

    registered = {"jobDefinitionName": "e", "type": "container", "containerProperties": properties}
    assert refusal(batch.register_job_definition, **registered) == text
    overrides = {"resourceRequirements": [{"type": kind, "value": value}]}
    submitted = {"jobName": "j", "jobQueue": "q", "jobDefinition": "d", "containerOverrides": overrides}
    assert refusal(batch.submit_job, **submitted) == text


def test_resources_of_9_digits_are_accepted(site):
    site.make_definition("e", containerProperties=container(10**9 - 1))

    assert site.submit(jobDefinition="e")


@pytest.mark.parametrize("value", ["0." + "1" * 5000, HUGE, "1" * 400 + ".5"], ids=["fraction", "whole", "beyond floats"])
@pytest.mark.parametrize("kind", ["VCPU", "MEMORY"])
def test_resources_on_fargate_are_bounded_too(batch, kind, value):
    required = {"VCPU": "0.25", "MEMORY": "512", kind: value}
    entries = [{"type": each, "value": required[each]} for each in required]

    text = refusal(
        batch.register_job_definition,
        jobDefinitionName="e",
        type="container",
        platformCapabilities=["FARGATE"],
        containerProperties={**FARGATE_CONTAINER, "resourceRequirements": entries},
    )

    assert text == f"Fargate resource requirements ({required['VCPU']} vCPU, {required['MEMORY']} MiB) not valid."


@pytest.mark.parametrize("version", [f"1.{HUGE}", "1.²"], ids=["5000 digits", "no digit"])
def test_a_strange_platform_version_is_too_old_for_efs(batch, version):
    properties = {
        **FARGATE_CONTAINER,
        "fargatePlatformConfiguration": {"platformVersion": version},
        "volumes": [{"name": "v", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}],
    }

    text = refusal(
        batch.register_job_definition,
        jobDefinitionName="e",
        type="container",
        platformCapabilities=["FARGATE"],
        containerProperties=properties,
    )

    assert text == "EFS is supported for Fargate platform version 1.4.0"


@pytest.mark.parametrize("value", ["1" * 19, HUGE], ids=["19 digits", "5000 digits"])
@pytest.mark.parametrize("name", ["BEFORE_CREATED_AT", "AFTER_CREATED_AT"])
def test_a_time_has_at_most_18_digits(batch, name, value):
    text = refusal(batch.list_jobs, jobQueue="q", filters=[{"name": name, "values": ["1", value]}])

    assert text == f"The value of {name} must be a time in milliseconds: {value}"


def test_a_time_of_18_digits_is_accepted(batch, site):
    job_id = site.submit()

    found = batch.list_jobs(jobQueue="q", filters=[{"name": "BEFORE_CREATED_AT", "values": ["9" * 18]}])["jobSummaryList"]

    assert [job["jobId"] for job in found] == [job_id]


@pytest.mark.parametrize("position", [-5, -(10**30), 10**5, 10**30])
def test_a_token_that_points_nowhere_is_refused(batch, site, position):
    array = site.submit(size=2)
    token = batch.list_jobs(arrayJobId=array, jobStatus="PENDING", maxResults=1)["nextToken"]
    listing, _ = json.loads(base64.urlsafe_b64decode(token))
    forged = base64.urlsafe_b64encode(json.dumps([listing, position]).encode()).decode()

    assert refusal(batch.list_jobs, arrayJobId=array, jobStatus="PENDING", nextToken=forged) == "Invalid nextToken"
