"""A page token is valid only in the region and account that issued it."""

from __future__ import annotations

import boto3
import pytest

from support.batch import container, refusal
from support.batch_site import Site

EVERYTHING = [{"name": "JOB_NAME", "values": ["*"]}]
LISTINGS = {
    "compute environments": ("describe_compute_environments", {}),
    "job queues": ("describe_job_queues", {}),
    "job definitions": ("describe_job_definitions", {}),
    "scheduling policies": ("list_scheduling_policies", {}),
    "consumable resources": ("list_consumable_resources", {}),
    "jobs by status": ("list_jobs", {"jobQueue": "q", "jobStatus": "SUBMITTED"}),
    "jobs by filter": ("list_jobs", {"jobQueue": "q", "filters": EVERYTHING}),
    "jobs by resource": ("list_jobs_by_consumable_resource", {"consumableResource": "token"}),
    "service environments": ("describe_service_environments", {}),
    "service jobs": ("list_service_jobs", {"jobQueue": "sq", "jobStatus": "SUBMITTED"}),
}


def make_two_of_each(site):
    for name in ("ce", "ce-2"):
        site.make_environment(name)
    for name in ("q", "q-2"):
        site.make_queue(name)
    for name in ("fair", "fair-2"):
        site.make_policy(name)
    for name in ("token", "token-2"):
        site.batch.create_consumable_resource(consumableResourceName=name, totalQuantity=1)
    needs = {"consumableResourceList": [{"consumableResource": "token", "quantity": 1}]}
    for name in ("d", "d-2"):
        site.batch.register_job_definition(
            jobDefinitionName=name, type="container", containerProperties=container(), consumableResourceProperties=needs
        )
        site.batch.submit_job(jobName=name, jobQueue="q", jobDefinition="d")
    for name in ("se", "se-2"):
        site.make_service_environment(name)
    site.make_service_queue()
    for name in ("s", "s-2"):
        site.submit_service(name)


@pytest.fixture
def here(mock, batch, site):
    mock.batch.pace = "manual"
    make_two_of_each(site)
    return batch


@pytest.fixture(
    params=[
        pytest.param({"region_name": "eu-west-1"}, id="region"),
        pytest.param(
            {"region_name": "us-east-1", "aws_access_key_id": "222222222222", "aws_secret_access_key": "x"}, id="account"
        ),
    ]
)
def there(mock, here, request):
    there = boto3.client("batch", **request.param)
    make_two_of_each(Site(there))
    return there


@pytest.mark.parametrize("listing", LISTINGS)
def test_a_token_is_good_where_it_was_given_out_only(here, there, listing):
    operation, members = LISTINGS[listing]
    token = getattr(here, operation)(**members, maxResults=1)["nextToken"]

    assert refusal(getattr(there, operation), **members, nextToken=token) == "Invalid nextToken"
    assert getattr(here, operation)(**members, nextToken=token)
