"""Filtered listings compared with a plain search through all jobs, page by page, over many names and definitions."""

from __future__ import annotations

import pytest

from mock_jobs.batch.queueing import job_index
from mock_jobs.batch.records import consumers

from support.batch import container

# More new names than are put in order one by one.
JOBS = 110
NAMES = ["Step", "step-10", "step-1", "other", "STEP_2"]
PATTERNS = [["step"], ["STEP-*"], ["s*", "step-1*", "step"], ["*"], ["step-10", "other-7*"], ["other*", "nobody*"], ["nobody"]]
DEFINITIONS = ["d", "dx", "Z"]
DEFINITION_VALUES = [
    ["d"],
    ["d*"],
    ["*"],
    ["{}dx:1", "dx"],
    ["{}d:1", "{}d:2"],
    ["{}Z:1", "d*"],
    ["a*"],
    ["{}d*"],
    ["z", "nobody"],
]


@pytest.fixture(params=[None, 1], ids=["merged", "one by one"])
def jobs(request, mock, batch, site, monkeypatch):
    """What ListJobs and ListJobsByConsumableResource should find, the last submitted job first."""
    if request.param is not None:
        for module in (job_index, consumers):
            monkeypatch.setattr(module, "MOST_MERGED", request.param)
    mock.batch.pace = "manual"
    site.make_environment(max_vcpus=7)
    site.make_queue()
    batch.create_consumable_resource(consumableResourceName="R", totalQuantity=JOBS)
    needs = {"consumableResourceList": [{"consumableResource": "R", "quantity": 1}]}
    arns = [
        batch.register_job_definition(
            jobDefinitionName=name, type="container", containerProperties=container(), consumableResourceProperties=needs
        )["jobDefinitionArn"]
        for name in (*DEFINITIONS, *DEFINITIONS)
    ]
    made = []
    for number in range(JOBS):
        if number == JOBS - 10:
            # Names that come later find their places among those that are in order already.
            filtered(batch, "list_jobs", jobQueue="q", filters=[{"name": "JOB_NAME", "values": ["s*"]}])
        name = NAMES[number % len(NAMES)] + (f"-{number}" if number % 4 else "")
        arn = arns[number % len(arns)]
        job_id = batch.submit_job(jobName=name, jobQueue="q", jobDefinition=arn)["jobId"]
        made.append({"jobId": job_id, "jobName": name, "jobDefinition": arn})
        mock.clock.advance(number % 2)
    mock.batch.plan("step*", exit_code=1)
    for job in made[:40]:
        mock.batch.run_until(job["jobId"], "RUNNABLE")
    for job in made[:5]:
        mock.batch.run_until(job["jobId"], "RUNNING")
    batch.terminate_job(jobId=made[30]["jobId"], reason="mine")
    return made[::-1]


def filtered(batch, operation, **arguments):
    """All pages of a listing."""
    found = []
    token = {}
    while token is not None:
        page = getattr(batch, operation)(**arguments, **token)
        found += page.get("jobSummaryList", page.get("jobs"))
        token = {"nextToken": page["nextToken"]} if "nextToken" in page else None
    return found


def is_meant(value, patterns):
    return any(value.startswith(each[:-1]) if each.endswith("*") else value == each for each in patterns)


@pytest.mark.parametrize("size", [3, 100])
def test_jobs_are_found_by_name_and_definition_as_by_looking_at_each(batch, jobs, size):
    prefix = jobs[0]["jobDefinition"].rpartition("/")[0] + "/"

    for patterns in PATTERNS:
        filters = [{"name": "JOB_NAME", "values": patterns}]
        found = filtered(batch, "list_jobs", jobQueue="q", filters=filters, maxResults=size)
        wanted = [job for job in jobs if is_meant(job["jobName"].lower(), [each.lower() for each in patterns])]
        wanted.sort(key=lambda job: job["jobName"].lower())
        assert [job["jobId"] for job in found] == [job["jobId"] for job in wanted]
    for given in DEFINITION_VALUES:
        values = [each.format(prefix) for each in given]
        filters = [{"name": "JOB_DEFINITION", "values": values}]
        found = filtered(batch, "list_jobs", jobQueue="q", filters=filters, maxResults=size)
        names = [each for each in values if not each.startswith("arn:")]
        wanted = [
            job
            for job in jobs
            if job["jobDefinition"] in values or is_meant(job["jobDefinition"].rpartition("/")[2].partition(":")[0], names)
        ]
        assert [job["jobId"] for job in found] == [job["jobId"] for job in wanted]


@pytest.mark.parametrize("size", [4, 100])
def test_jobs_are_found_by_resource_name_and_status_as_by_looking_at_each(batch, jobs, size):
    arguments = {"consumableResource": "R", "maxResults": size}
    everything = filtered(batch, "list_jobs_by_consumable_resource", consumableResource="R")
    assert [job["jobArn"].rpartition("/")[2] for job in everything] == [job["jobId"] for job in jobs]
    assert {job["jobStatus"] for job in everything} >= {"RUNNING", "RUNNABLE", "FAILED"}

    for states in (["RUNNING"], ["FAILED", "RUNNABLE", "FAILED"], ["STARTING"], None):
        for patterns in (*PATTERNS, None):
            filters = [] if states is None else [{"name": "JOB_STATUS", "values": states}]
            filters += [] if patterns is None else [{"name": "JOB_NAME", "values": patterns}]
            found = filtered(batch, "list_jobs_by_consumable_resource", **arguments, filters=filters)
            assert found == [
                job
                for job in everything
                if (states is None or job["jobStatus"] in states)
                and (patterns is None or is_meant(job["jobName"].lower(), [each.lower() for each in patterns]))
            ]
