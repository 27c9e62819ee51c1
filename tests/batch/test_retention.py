"""What AWS Batch removes after a time. Documents: user guide, "Job states"; API reference, DeregisterJobDefinition."""

from __future__ import annotations

from typing import Any

import pytest

from mock_jobs.core.errors import UsageValueError

from support.batch import Timeline, refusal

WEEK = 7 * 86_400
HALF_YEAR = 180 * 86_400
ALL = [{"name": "JOB_NAME", "values": ["*"]}]


@pytest.fixture
def at(mock, site):
    site.make_queue_and_definition()
    mock.batch.settings.job_retention_seconds = WEEK
    return Timeline(mock)


def known(batch: Any, *job_ids: str) -> list[bool]:
    """Return which jobs DescribeJobs knows."""
    found = {job["jobId"] for job in batch.describe_jobs(jobs=list(job_ids))["jobs"]}
    return [job_id in found for job_id in job_ids]


def listed(batch: Any, **more: Any) -> list[str]:
    return [job["jobId"] for job in batch.list_jobs(jobQueue="q", **more)["jobSummaryList"]]


def test_an_ended_job_is_forgotten_when_its_time_is_over(mock, batch, site, at):
    mock.batch.plan("bad", exit_code=1, duration=10)
    good, bad = site.submit("good"), site.submit("bad")

    at.go_to(WEEK - 1)
    assert known(batch, good, bad) == [True, True]
    at.go_to(WEEK + 1)
    assert known(batch, good, bad) == [False, True]
    at.go_to(WEEK + 11)
    assert known(batch, good, bad) == [False, False]
    for wanted in ({"filters": ALL}, {"jobStatus": "SUCCEEDED"}, {"jobStatus": "FAILED"}):
        assert listed(batch, **wanted) == []


def test_what_is_young_or_has_not_ended_stays(mock, batch, site, at):
    mock.batch.plan("hanging", duration=None)
    old, hanging = site.submit("job"), site.submit("hanging")
    at.go_to(WEEK - 10)
    young = site.submit("job")
    at.go_to(WEEK + 1)

    assert known(batch, old, hanging, young) == [False, True, True]
    assert set(listed(batch, filters=ALL)) == {young, hanging}
    assert listed(batch, filters=[{"name": "JOB_NAME", "values": ["job"]}]) == [young]


def test_an_array_is_forgotten_as_a_whole_after_its_last_child(mock, batch, site, at):
    mock.batch.plan("array", array_index=1, duration=100)
    array = site.submit("array", size=2)

    at.go_to(WEEK + 99)
    assert [child["status"] for child in site.children(array, 2)] == ["SUCCEEDED", "SUCCEEDED"]
    at.go_to(WEEK + 101)
    assert known(batch, array) == [False]
    assert site.children(array, 2) == []


def test_the_nodes_of_a_job_are_forgotten_with_it(site, at):
    site.make_nodes()
    job_id = site.submit(jobDefinition="m")

    at.go_to(1)
    assert len(site.nodes(job_id)) == 3
    at.go_to(WEEK + 1)
    assert site.nodes(job_id) == []


def test_a_forgotten_job_cannot_be_depended_on(batch, site, at):
    first = site.submit()
    at.go_to(WEEK + 1)

    text = refusal(batch.submit_job, jobName="j", jobQueue="q", jobDefinition="d", dependsOn=[{"jobId": first}])

    assert text == f"Job dependency {first} not found"


def test_a_job_that_depended_on_a_forgotten_one_still_runs(mock, batch, site, at):
    mock.batch.plan("long", duration=2 * WEEK)
    first, long = site.submit(), site.submit("long")
    after = site.submit("after", after=[first, long])

    at.go_to(WEEK + 1)
    assert known(batch, first, after) == [False, True]
    at.go_to(2 * WEEK + 1)
    assert site.status(after) == "SUCCEEDED"


def test_a_forgotten_job_of_a_share_is_in_no_list(batch, site, mock):
    site.make_fair_queue_and_definition()
    mock.batch.settings.job_retention_seconds = 60
    at = Timeline(mock)
    site.submit(shareIdentifier="a")
    share = [{"name": "SHARE_IDENTIFIER", "values": ["a"]}]
    at.go_to(1)
    assert len(listed(batch, filters=share)) == 1

    at.go_to(62)
    assert listed(batch, filters=share) == []


@pytest.mark.parametrize("kind", ["JOB_NAME", "JOB_DEFINITION"])
def test_a_forgotten_job_is_found_by_no_filter(mock, batch, site, at, kind):
    mock.batch.settings.job_retention_seconds = 60
    site.submit("gone")
    at.go_to(60)
    values = ["gone"] if kind == "JOB_NAME" else ["d"]

    assert batch.list_jobs(jobQueue="q", filters=[{"name": kind, "values": values}])["jobSummaryList"] == []


def test_a_forgotten_job_needs_no_consumable_resource_any_more(batch, site, at):
    batch.create_consumable_resource(consumableResourceName="r", totalQuantity=5, resourceType="REPLENISHABLE")
    need = {"consumableResourceList": [{"consumableResource": "r", "quantity": 1}]}
    site.submit(consumableResourcePropertiesOverride=need)
    at.go_to(1)
    assert len(batch.list_jobs_by_consumable_resource(consumableResource="r")["jobs"]) == 1

    at.go_to(WEEK + 1)
    assert batch.list_jobs_by_consumable_resource(consumableResource="r")["jobs"] == []


def test_jobs_stay_for_good_by_default(mock, site):
    site.make_queue_and_definition()
    at = Timeline(mock)
    job_id = site.submit()

    at.go_to(100 * WEEK)
    assert site.detail(job_id)["status"] == "SUCCEEDED"


# Definitions


@pytest.fixture
def revisions(mock, batch, site):
    """Two revisions, the first of which was deregistered."""
    mock.batch.settings.inactive_definition_retention_seconds = HALF_YEAR
    site.make_environment()
    site.make_queue()
    timeline = Timeline(mock)
    arns = [site.make_definition(), site.make_definition()]
    batch.deregister_job_definition(jobDefinition="d:1")
    return timeline, arns


def described(batch: Any, **which: Any) -> list[int]:
    return [each["revision"] for each in batch.describe_job_definitions(**which)["jobDefinitions"]]


def test_an_inactive_definition_is_deleted_when_its_time_is_over(batch, revisions):
    at, arns = revisions
    at.go_to(HALF_YEAR - 1)
    batch.deregister_job_definition(jobDefinition="d:1")
    assert described(batch) == [2, 1]

    at.go_to(HALF_YEAR + 1)
    assert described(batch) == [2]
    assert described(batch, status="INACTIVE") == []
    for reference in (arns[0], "d:1"):
        assert described(batch, jobDefinitions=[reference]) == []
    assert described(batch, jobDefinitionName="d") == [2]
    assert refusal(batch.list_tags_for_resource, resourceArn=arns[0]).endswith("does not exist")
    assert refusal(batch.deregister_job_definition, jobDefinition="d:1").endswith("does not exist")


def test_the_number_of_a_deleted_revision_is_not_used_again(batch, site, revisions):
    at, _ = revisions
    batch.deregister_job_definition(jobDefinition="d:2")
    at.go_to(HALF_YEAR + 1)

    site.make_definition()

    assert described(batch) == [3]


def test_a_job_outlives_its_definition(mock, batch, site, revisions):
    at, arns = revisions
    mock.batch.plan("long", duration=2 * HALF_YEAR)
    job_id = site.submit("long", jobDefinition="d:2")
    batch.deregister_job_definition(jobDefinition="d:2")

    at.go_to(2 * HALF_YEAR + 1)

    assert site.detail(job_id)["jobDefinition"] == arns[1]


@pytest.mark.parametrize("setting", ["job_retention_seconds", "inactive_definition_retention_seconds"])
def test_what_is_kept_is_kept_for_a_second_at_least(mock, setting):
    with pytest.raises(UsageValueError):
        setattr(mock.batch.settings, setting, 0)
