"""The operations for consumable resources, and listing the jobs that need one. Document: API reference of the operations."""

from __future__ import annotations

from typing import Any

import pytest

from support.batch import PREFIX, Timeline, refusal
from support.consumables import ARN, by_resource, make_resource, needing, quantities, submit_needing


def names(page: dict[str, Any]) -> list[str]:
    return [each["consumableResourceName"] for each in page["consumableResources"]]


@pytest.fixture
def at(mock, site):
    timeline = Timeline(mock)
    site.make_queue_and_definition(max_vcpus=100)
    mock.batch.plan(duration=10)
    return timeline


# Create, describe, delete


def test_a_resource_is_described_as_it_was_created(mock, batch):
    mock.clock.freeze()

    arn = make_resource(batch, "licenses", 7, resourceType="NON_REPLENISHABLE", tags={"a": "1"})

    assert arn == f"{ARN}licenses"
    described = batch.describe_consumable_resource(consumableResource="licenses")
    del described["ResponseMetadata"]
    assert described == {
        "consumableResourceName": "licenses",
        "consumableResourceArn": arn,
        "totalQuantity": 7,
        "inUseQuantity": 0,
        "availableQuantity": 7,
        "resourceType": "NON_REPLENISHABLE",
        "createdAt": mock.clock.now_ms,
        "tags": {"a": "1"},
    }


def test_a_resource_is_replenishable_and_empty_by_default(batch):
    make_resource(batch, total=None)

    assert batch.describe_consumable_resource(consumableResource="R")["resourceType"] == "REPLENISHABLE"
    assert quantities(batch) == (0, 0, 0)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"consumableResourceName": "bad name"}, "Consumable resource name should match valid pattern"),
        ({"consumableResourceName": "x" * 129}, "Consumable resource name should match valid pattern"),
        ({"consumableResourceName": "R"}, "Object already exists"),
        ({"consumableResourceName": "n", "totalQuantity": -1}, "totalQuantity must be at least 0"),
        ({"consumableResourceName": "n", "resourceType": "X"}, "resourceType must be one of REPLENISHABLE, NON_REPLENISHABLE"),
        ({"consumableResourceName": "n", "tags": {"aws:x": "1"}}, "Tag keys must not start with aws:"),
    ],
    ids=["name", "long name", "taken", "negative", "type", "tags"],
)
def test_an_impossible_resource_is_refused(batch, arguments, text):
    make_resource(batch, "R", 3)

    assert refusal(batch.create_consumable_resource, **arguments) == text
    assert names(batch.list_consumable_resources()) == ["R"]
    assert quantities(batch) == (3, 0, 3)


@pytest.mark.parametrize(
    "operation",
    [
        "describe_consumable_resource",
        "update_consumable_resource",
        "delete_consumable_resource",
        "list_jobs_by_consumable_resource",
    ],
)
@pytest.mark.parametrize("reference", ["nope", "r", f"{ARN}nope", f"{PREFIX}job-queue/R"])
def test_an_unknown_resource_is_refused_with_its_full_arn(mock, batch, operation, reference):
    mock.batch.settings.idempotent_delete = False
    make_resource(batch)
    more = {"quantity": 1} if operation.startswith("update") else {}

    text = refusal(getattr(batch, operation), consumableResource=reference, **more)

    assert text == f"{reference if reference.startswith('arn:') else ARN + reference} does not exist"
    assert names(batch.list_consumable_resources()) == ["R"]


def test_deletion_of_an_unknown_resource_succeeds(batch):
    batch.delete_consumable_resource(consumableResource="nope")

    assert names(batch.list_consumable_resources()) == []


def test_jobs_that_need_a_deleted_resource_wait_until_it_is_made_again(batch, site, at):
    make_resource(batch, total=1)
    running = submit_needing(site, needs={"R": 1})
    waiting = submit_needing(site, needs={"R": 1})
    at.go_to(5)

    batch.delete_consumable_resource(consumableResource="R")
    at.go_to(1000)
    before = site.statuses(running, waiting)
    make_resource(batch, total=4)
    at.go_to(1001)

    assert before == ["SUCCEEDED", "RUNNABLE"]
    assert site.status(waiting) == "RUNNING"
    assert quantities(batch) == (4, 1, 3)


def test_a_resource_has_tags(batch):
    arn = make_resource(batch, tags={"a": "1"})

    batch.tag_resource(resourceArn=arn, tags={"b": "2"})
    batch.untag_resource(resourceArn=arn, tagKeys=["a"])

    assert batch.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "2"}
    assert batch.describe_consumable_resource(consumableResource="R")["tags"] == {"b": "2"}
    assert refusal(batch.list_tags_for_resource, resourceArn=f"{ARN}nope") == f"{ARN}nope does not exist"


# Update


@pytest.mark.parametrize(
    ("arguments", "total"),
    [
        ({"operation": "SET", "quantity": 3}, 3),
        ({"operation": "ADD", "quantity": 3}, 13),
        ({"operation": "REMOVE", "quantity": 3}, 7),
        ({"operation": "REMOVE", "quantity": 10}, 0),
        ({"operation": "SET", "quantity": 0}, 0),
        ({"quantity": 3}, 3),
    ],
    ids=["set", "add", "remove", "remove all", "set to nothing", "set by default"],
)
def test_the_quantity_is_updated(batch, arguments, total):
    arn = make_resource(batch, total=10)

    answer = batch.update_consumable_resource(consumableResource=arn, **arguments)

    del answer["ResponseMetadata"]
    assert answer == {"consumableResourceName": "R", "consumableResourceArn": arn, "totalQuantity": total}
    assert quantities(batch) == (total, 0, total)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"operation": "REMOVE", "quantity": 11}, "Cannot remove more than the total quantity of R, which is 10"),
        ({"operation": "DOUBLE", "quantity": 1}, "operation must be one of SET, ADD, REMOVE"),
        ({"operation": "ADD", "quantity": -1}, "quantity must be at least 0"),
        ({"operation": "ADD"}, "quantity is required"),
        ({"operation": "ADD", "quantity": 2**63 - 1}, f"totalQuantity must be at most {2**63 - 1}"),
        ({"quantity": 1, "clientToken": "x" * 65}, "clientToken must have at most 64 characters"),
    ],
    ids=["below zero", "operation", "negative", "no quantity", "too much", "long token"],
)
def test_an_impossible_update_is_refused(batch, arguments, text):
    make_resource(batch, total=10)

    assert refusal(batch.update_consumable_resource, consumableResource="R", **arguments) == text
    assert quantities(batch) == (10, 0, 10)


def test_a_total_below_what_is_in_use_leaves_nothing_available(batch, site, at):
    make_resource(batch, total=4)
    submit_needing(site, needs={"R": 4})
    waiting = submit_needing(site, needs={"R": 1})
    at.go_to(5)

    batch.update_consumable_resource(consumableResource="R", operation="SET", quantity=1)
    during = quantities(batch)
    at.go_to(11)

    assert during == (1, 4, 0)
    assert site.status(waiting) == "RUNNING"
    assert quantities(batch) == (1, 1, 0)


def test_an_update_counts_once_for_a_client_token_in_its_eight_hours(mock, batch):
    make_resource(batch, total=10)
    mock.clock.freeze()
    update = {"consumableResource": "R", "operation": "ADD", "quantity": 5, "clientToken": "t"}
    batch.update_consumable_resource(**update)

    mock.clock.advance(8 * 3600 - 1)
    again = batch.update_consumable_resource(**update)["totalQuantity"]
    mock.clock.advance(1)

    assert again == 15
    assert batch.update_consumable_resource(**update)["totalQuantity"] == 20


def test_a_client_token_cannot_come_with_another_update(batch):
    make_resource(batch, total=10)
    batch.update_consumable_resource(consumableResource="R", operation="ADD", quantity=5, clientToken="t")

    text = refusal(batch.update_consumable_resource, consumableResource="R", operation="ADD", quantity=6, clientToken="t")

    assert text == "The clientToken was already used for a different request"
    assert quantities(batch) == (15, 0, 15)


def test_a_refused_update_does_not_use_its_client_token_up(batch):
    make_resource(batch, total=1)
    remove = {"consumableResource": "R", "operation": "REMOVE", "quantity": 2, "clientToken": "t"}
    refusal(batch.update_consumable_resource, **remove)
    batch.update_consumable_resource(consumableResource="R", operation="SET", quantity=5)

    assert batch.update_consumable_resource(**remove)["totalQuantity"] == 3


# Listing


def test_resources_are_listed_in_the_order_of_creation_by_pages(batch):
    for name in ("b", "a", "c"):
        make_resource(batch, name, 1)
    first = batch.list_consumable_resources(maxResults=2)
    second = batch.list_consumable_resources(maxResults=2, nextToken=first["nextToken"])

    assert (names(first), names(second)) == (["b", "a"], ["c"])
    assert "nextToken" not in second
    assert first["consumableResources"][0] == {
        "consumableResourceArn": f"{ARN}b",
        "consumableResourceName": "b",
        "totalQuantity": 1,
        "inUseQuantity": 0,
        "resourceType": "REPLENISHABLE",
    }


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["GPU"], ["gpu"]),
        (["li*"], ["License-a", "license-b"]),
        (["gpu", "*b"], ["gpu"]),
        (["*"], ["License-a", "gpu", "license-b"]),
    ],
    ids=["case", "prefix", "or, and an asterisk only at the end", "all"],
)
def test_resources_are_found_by_name(batch, values, found):
    for name in ("License-a", "gpu", "license-b"):
        make_resource(batch, name)

    page = batch.list_consumable_resources(filters=[{"name": "CONSUMABLE_RESOURCE_NAME", "values": values}])

    assert names(page) == found


def test_jobs_are_listed_by_the_resource_that_they_need(mock, batch, site, at):
    make_resource(batch)
    job = submit_needing(site, needs={"R": 2}, tags={"a": "1"})
    site.submit("without")
    at.go_to(5)

    (listed,) = batch.list_jobs_by_consumable_resource(consumableResource=f"{ARN}R")["jobs"]

    start_ms = mock.clock.now_ms - 5000
    assert listed == {
        "jobArn": f"{PREFIX}job/{job}",
        "jobQueueArn": f"{PREFIX}job-queue/q",
        "jobName": "job",
        "jobDefinitionArn": f"{PREFIX}job-definition/d:1",
        "jobStatus": "RUNNING",
        "quantity": 2,
        "createdAt": start_ms,
        "startedAt": start_ms,
        "consumableResourceProperties": needing(R=2),
    }


def test_the_jobs_of_a_resource_are_filtered_by_status_and_name(batch, site, at):
    make_resource(batch, total=1)
    for name in ("one", "Two", "twelve"):
        submit_needing(site, name, needs={"R": 1})
    at.go_to(15)

    def found(**filters):
        return by_resource(batch, filters=[{"name": name, "values": values} for name, values in filters.items()])[0]

    assert found() == ["twelve", "Two", "one"]
    assert found(JOB_STATUS=["RUNNING"]) == ["Two"]
    assert found(JOB_STATUS=["RUNNABLE", "SUCCEEDED"]) == ["twelve", "one"]
    assert found(JOB_NAME=["TW*"]) == ["twelve", "Two"]
    assert found(JOB_NAME=["tw*"], JOB_STATUS=["RUNNABLE"]) == ["twelve"]
    assert found(JOB_STATUS=["FAILED"]) == []


def test_the_jobs_of_a_resource_come_in_pages(mock, batch, site):
    site.make_queue_and_definition()
    make_resource(batch, total=100)
    mock.batch.pace = "manual"
    for number in range(5):
        submit_needing(site, f"j{number}", needs={"R": 1})

    first, token = by_resource(batch, maxResults=2)
    submit_needing(site, "late", needs={"R": 1})
    second, token = by_resource(batch, maxResults=2, nextToken=token)
    third, end = by_resource(batch, maxResults=2, nextToken=token)

    assert (first, second, third, end) == (["j4", "j3"], ["j2", "j1"], ["j0"], None)


def test_a_failed_job_is_listed_with_its_reason(batch, site, at):
    make_resource(batch)
    job = submit_needing(site, needs={"R": 1})
    batch.terminate_job(jobId=job, reason="why not")

    (listed,) = batch.list_jobs_by_consumable_resource(consumableResource="R")["jobs"]

    assert (listed["jobStatus"], listed["statusReason"]) == ("FAILED", "why not")


@pytest.mark.parametrize("operation", ["list_consumable_resources", "list_jobs_by_consumable_resource"])
@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"filters": [{"name": "NOPE", "values": ["x"]}]}, "Unsupported {} filter: NOPE"),
        ({"filters": [{"name": "KNOWN", "values": []}]}, "A {} filter needs at least one value"),
        ({"maxResults": 0}, "maxResults must be between 1 and 100"),
        ({"maxResults": 101}, "maxResults must be between 1 and 100"),
        ({"nextToken": "nonsense"}, "Invalid nextToken"),
    ],
    ids=["filter", "no values", "too few", "too many", "token"],
)
def test_an_impossible_listing_is_refused(batch, operation, arguments, text):
    make_resource(batch)
    is_of_jobs = operation == "list_jobs_by_consumable_resource"
    arguments = {**arguments, **({"consumableResource": "R"} if is_of_jobs else {})}
    known = "JOB_NAME" if is_of_jobs else "CONSUMABLE_RESOURCE_NAME"
    if "filters" in arguments:
        arguments["filters"] = [{**each, "name": each["name"].replace("KNOWN", known)} for each in arguments["filters"]]

    shown = "ListJobsByConsumableResource" if is_of_jobs else "ListConsumableResources"
    assert refusal(getattr(batch, operation), **arguments) == text.format(shown)


def test_an_impossible_status_to_filter_by_is_refused(batch):
    make_resource(batch)

    text = refusal(
        batch.list_jobs_by_consumable_resource, consumableResource="R", filters=[{"name": "JOB_STATUS", "values": ["DONE"]}]
    )

    assert text == "JOB_STATUS must be one of SUBMITTED, PENDING, RUNNABLE, STARTING, RUNNING, SUCCEEDED, FAILED"
