"""ListJobs, ListJobExecutionsForJob and ListJobExecutionsForThing: order, filters, pages."""

from __future__ import annotations

import base64
import json

import boto3
import pytest
from botocore.exceptions import ClientError

from support.fleet import ARN, Fleet


@pytest.fixture(autouse=True)
def _frozen(mock):
    mock.clock.freeze()


def job_ids(fleet, **filters):
    return [each["jobId"] for each in fleet.iot.list_jobs(**filters)["jobs"]]


def of_job(fleet, job_id="job", **filters):
    listed = fleet.iot.list_job_executions_for_job(jobId=job_id, **filters)["executionSummaries"]
    return [each["thingArn"].rpartition("/")[2] for each in listed]


def of_thing(fleet, thing, **filters):
    return [each["jobId"] for each in fleet.iot.list_job_executions_for_thing(thingName=thing, **filters)["executionSummaries"]]


# ListJobs


@pytest.fixture
def jobs(fleet):
    """Jobs j1 to j4: in progress on a group, completed, canceled in a namespace, in progress on a group."""
    fleet.things("t", "u")
    fleet.group("g", "t")
    fleet.group("h", "u")
    fleet.job(groups=["g"], job_id="j1")
    fleet.job("t", job_id="j2")
    fleet.job("t", job_id="j3", namespaceId="N")
    fleet.job("t", groups=["h"], job_id="j4")
    fleet.report("t", "SUCCEEDED", "j2")
    fleet.iot.cancel_job(jobId="j3")
    return fleet


def test_jobs_are_listed_newest_first(jobs):
    assert job_ids(jobs) == ["j4", "j3", "j2", "j1"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"status": "IN_PROGRESS"}, ["j4", "j1"]),
        ({"status": "COMPLETED"}, ["j2"]),
        ({"status": "CANCELED"}, ["j3"]),
        ({"status": "SCHEDULED"}, []),
        ({"status": "DELETION_IN_PROGRESS"}, []),
        ({"targetSelection": "SNAPSHOT"}, ["j4", "j3", "j2", "j1"]),
        ({"targetSelection": "CONTINUOUS"}, []),
        ({"thingGroupName": "g"}, ["j1"]),
        ({"thingGroupName": "h"}, ["j4"]),
        ({"namespaceId": "N"}, ["j3"]),
        ({"namespaceId": "M"}, []),
        ({"namespaceId": "N", "status": "IN_PROGRESS"}, []),
        ({"thingGroupName": "h", "status": "IN_PROGRESS"}, ["j4"]),
    ],
    ids=str,
)
def test_filters_of_jobs_combine(jobs, filters, expected):
    assert job_ids(jobs, **filters) == expected


def test_jobs_of_a_group_are_found_by_its_id_and_show_it(jobs):
    group_id = jobs.iot.describe_thing_group(thingGroupName="g")["thingGroupId"]

    for filters in ({"thingGroupId": group_id}, {"thingGroupName": "g"}):
        listed = jobs.iot.list_jobs(**filters)["jobs"]
        assert [(each["jobId"], each["thingGroupId"]) for each in listed] == [("j1", group_id)]
    assert not any("thingGroupId" in each for each in jobs.iot.list_jobs()["jobs"])


def test_name_and_id_of_different_groups_find_nothing(jobs):
    group_id = jobs.iot.describe_thing_group(thingGroupName="g")["thingGroupId"]

    assert job_ids(jobs, thingGroupName="h", thingGroupId=group_id) == []


@pytest.mark.parametrize("filters", [{"thingGroupName": "nope"}, {"thingGroupId": "nope"}], ids=str)
def test_jobs_of_an_unknown_group_are_not_found(jobs, filters):
    with jobs.refused("ResourceNotFoundException", 404, "Thing Group nope cannot be found."):
        jobs.iot.list_jobs(**filters)


def test_a_listed_job_shows_its_summary(jobs):
    described = jobs.describe("j2")

    listed = jobs.iot.list_jobs(status="COMPLETED")["jobs"]
    assert listed == [
        {
            name: described[name]
            for name in (
                "jobArn",
                "jobId",
                "targetSelection",
                "status",
                "createdAt",
                "lastUpdatedAt",
                "completedAt",
                "isConcurrent",
            )
        }
    ]
    assert "completedAt" not in jobs.iot.list_jobs(status="CANCELED")["jobs"][0]


# ListJobExecutionsForJob


def test_executions_of_a_job_are_listed_in_the_order_of_the_targets_at_first(fleet):
    fleet.things("c", "a", "b")
    fleet.job("c", "a", "b")

    assert of_job(fleet) == ["c", "a", "b"]


def test_executions_of_a_job_are_listed_changed_last_first(mock, fleet):
    fleet.things("a", "b", "c", "d")
    fleet.job("a", "b", "c", "d")
    for thing, status in (("b", "IN_PROGRESS"), ("d", "FAILED"), ("a", "IN_PROGRESS"), ("b", "IN_PROGRESS")):
        mock.clock.advance(1)
        fleet.report(thing, status)

    assert of_job(fleet) == ["b", "a", "d", "c"]


def test_executions_changed_at_the_same_moment_are_listed_in_the_order_of_the_targets(mock, fleet):
    fleet.things("a", "b", "c", "d")
    fleet.job("a", "b", "c", "d")
    mock.clock.advance(1)
    for thing in "dba":
        fleet.report(thing, "IN_PROGRESS")

    assert of_job(fleet) == ["a", "b", "d", "c"]


def test_executions_of_a_job_are_filtered_by_status(example):
    assert {
        status: of_job(example, "J", status=status)
        for status in ("QUEUED", "IN_PROGRESS", "SUCCEEDED", "FAILED", "TIMED_OUT", "REJECTED", "REMOVED", "CANCELED")
    } == {
        "QUEUED": ["A"],
        "IN_PROGRESS": ["B"],
        "SUCCEEDED": ["C"],
        "FAILED": ["D"],
        "TIMED_OUT": [],
        "REJECTED": [],
        "REMOVED": [],
        "CANCELED": [],
    }


def test_a_listed_execution_shows_its_summary(example):
    described = example.execution("B", "J")
    names = ("status", "queuedAt", "startedAt", "lastUpdatedAt", "executionNumber")

    listed = example.iot.list_job_executions_for_job(jobId="J", status="IN_PROGRESS")["executionSummaries"]
    summary = {**{name: described[name] for name in names}, "retryAttempt": 0}
    assert listed == [{"thingArn": f"{ARN}thing/B", "jobExecutionSummary": summary}]
    by_thing = example.iot.list_job_executions_for_thing(thingName="B")["executionSummaries"]
    assert by_thing == [{"jobId": "J", "jobExecutionSummary": summary}]


def test_executions_of_an_unknown_job_are_not_found(fleet):
    with fleet.refused("ResourceNotFoundException", 404, "Job nope cannot be found."):
        fleet.iot.list_job_executions_for_job(jobId="nope")


# ListJobExecutionsForThing


@pytest.fixture
def things_jobs(fleet):
    fleet.things("t", "u")
    for job_id in ("j1", "j2", "j3"):
        fleet.job("t", "u", job_id=job_id, **({"namespaceId": "N"} if job_id == "j2" else {}))
    fleet.report("t", "IN_PROGRESS", "j2")
    fleet.report("t", "FAILED", "j1")
    return fleet


def test_executions_of_a_thing_are_listed_queued_last_first(things_jobs):
    assert of_thing(things_jobs, "t") == ["j3", "j2", "j1"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"status": "QUEUED"}, ["j3"]),
        ({"status": "IN_PROGRESS"}, ["j2"]),
        ({"status": "FAILED"}, ["j1"]),
        ({"status": "SUCCEEDED"}, []),
        ({"namespaceId": "N"}, ["j2"]),
        ({"jobId": "j1"}, ["j1"]),
        ({"jobId": "nope"}, []),
        ({"jobId": "j1", "status": "QUEUED"}, []),
        ({"jobId": "j2", "namespaceId": "N", "status": "IN_PROGRESS"}, ["j2"]),
    ],
    ids=str,
)
def test_filters_of_a_things_executions_combine(things_jobs, filters, expected):
    assert of_thing(things_jobs, "t", **filters) == expected


def test_executions_of_an_unregistered_thing_are_not_found(fleet):
    with fleet.refused("ResourceNotFoundException", 404, "Thing nope cannot be found."):
        fleet.iot.list_job_executions_for_thing(thingName="nope")


def test_a_thing_without_executions_has_an_empty_listing(fleet):
    fleet.things("t")

    assert of_thing(fleet, "t") == []


# Pages


@pytest.fixture
def many(fleet):
    """Five things with five jobs."""
    names = [f"t{number}" for number in range(5)]
    fleet.things(*names)
    for job_id in names:
        fleet.job(*names, job_id=job_id)
    return fleet


@pytest.fixture(
    params=[
        pytest.param({"region_name": "eu-west-1"}, id="region"),
        pytest.param(
            {"region_name": "us-east-1", "aws_access_key_id": "222222222222", "aws_secret_access_key": "x"}, id="account"
        ),
    ]
)
def elsewhere(mock, request):
    """Five things in another region or account, with five jobs of the same names."""
    fleet = Fleet(*(boto3.client(service, **request.param) for service in ("iot", "iot-jobs-data")))
    names = [f"t{number}" for number in range(5)]
    fleet.things(*names)
    arns = [fleet.iot.describe_thing(thingName=name)["thingArn"] for name in names]
    for job_id in names:
        fleet.iot.create_job(jobId=job_id, targets=arns, document="{}")
    return fleet


LISTINGS = {
    "list_jobs": ({}, "jobs"),
    "list_job_executions_for_job": ({"jobId": "t2"}, "executionSummaries"),
    "list_job_executions_for_thing": ({"thingName": "t2"}, "executionSummaries"),
}
EACH_LISTING = pytest.mark.parametrize("operation", LISTINGS)


@EACH_LISTING
@pytest.mark.parametrize("size", [1, 2, 4, 5, 6])
def test_pages_together_are_the_whole_listing(many, operation, size):
    members, name = LISTINGS[operation]
    call = getattr(many.iot, operation)
    whole = call(**members)
    assert len(whole[name]) == 5
    assert "nextToken" not in whole
    pages = [each[name] for each in many.iot.get_paginator(operation).paginate(**members, PaginationConfig={"PageSize": size})]

    assert [item for page in pages for item in page] == whole[name]
    assert [len(page) for page in pages] == [size] * (5 // size) + ([5 % size] if 5 % size else [])


@pytest.mark.parametrize("operation", [*LISTINGS, "list_job_templates", "list_managed_job_templates", "list_tags_for_resource"])
def test_an_empty_token_begins_a_listing(many, operation):
    """`awsbstat` of AWS ParallelCluster begins every listing of AWS Batch so."""
    arn = many.iot.describe_job(jobId="t2")["job"]["jobArn"]
    members, _ = LISTINGS.get(operation, ({"resourceArn": arn} if operation == "list_tags_for_resource" else {}, ""))
    call = getattr(many.iot, operation)

    with_token, without = call(**members, nextToken=""), call(**members)

    del with_token["ResponseMetadata"], without["ResponseMetadata"]
    assert with_token == without


@EACH_LISTING
@pytest.mark.parametrize("token", ["nonsense", "W10=", "e30=", "WyJ4Iiwx", "WzFd"], ids=repr)
def test_a_token_that_was_not_given_out_is_refused(many, operation, token):
    members, _ = LISTINGS[operation]

    with many.refused("InvalidRequestException", 400, "Next token is invalid."):
        getattr(many.iot, operation)(**members, nextToken=token)


@EACH_LISTING
@pytest.mark.parametrize("key", [["x"], [], [None, None, None], [1, 2, 3, 4], [[1]]], ids=repr)
def test_a_token_whose_content_was_changed_is_refused(many, operation, key):
    members, _ = LISTINGS[operation]
    token = getattr(many.iot, operation)(**members, maxResults=1)["nextToken"]
    listing = json.loads(base64.urlsafe_b64decode(token))[0]
    changed = base64.urlsafe_b64encode(json.dumps([listing, *key]).encode()).decode()

    with many.refused("InvalidRequestException", 400, "Next token is invalid."):
        getattr(many.iot, operation)(**members, nextToken=changed)


@EACH_LISTING
def test_a_token_of_another_listing_is_refused(many, operation):
    members, _ = LISTINGS[operation]
    token = getattr(many.iot, operation)(**members, maxResults=1)["nextToken"]
    others = [(name, others) for name, (others, _) in LISTINGS.items() if name != operation]
    others.append((operation, {**members, "status": "IN_PROGRESS"}))

    for name, other_members in others:
        with many.refused("InvalidRequestException", 400, "Next token is invalid."):
            getattr(many.iot, name)(**other_members, nextToken=token)


@EACH_LISTING
def test_a_token_of_another_region_or_account_is_refused(many, elsewhere, operation):
    """Here and there everything has the same names."""
    members, _ = LISTINGS[operation]
    token = getattr(many.iot, operation)(**members, maxResults=1)["nextToken"]

    with elsewhere.refused("InvalidRequestException", 400, "Next token is invalid."):
        getattr(elsewhere.iot, operation)(**members, nextToken=token)


@EACH_LISTING
def test_a_page_holds_250_at_most(many, operation):
    members, name = LISTINGS[operation]
    call = getattr(many.iot, operation)

    assert len(call(**members, maxResults=250)[name]) == 5
    with many.refused(
        "InvalidRequestException",
        400,
        "1 validation error detected: Value '251' at 'maxResults' failed to satisfy constraint: "
        "Member must have value less than or equal to 250",
    ):
        call(**members, maxResults=251)


@EACH_LISTING
@pytest.mark.parametrize(
    ("value", "code", "message"),
    [
        (
            0,
            "InvalidRequestException",
            (
                "1 validation error detected: Value '0' at 'maxResults' failed to satisfy constraint: "
                "Member must have value greater than or equal to 1"
            ),
        ),
        ("many", "SerializationException", "'many' can not be converted to Integer"),
    ],
)
def test_a_page_size_that_boto3_refuses_is_refused_when_it_is_sent(many, unchecked_iot, operation, value, code, message):
    members, _ = LISTINGS[operation]

    with pytest.raises(ClientError) as caught:
        getattr(unchecked_iot, operation)(**members, maxResults=value)

    assert caught.value.response["Error"] == {"Code": code, "Message": message}
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_page_has_250_items_by_default(fleet, fill_group):
    fill_group("g", 251)
    fleet.job(groups=["g"])

    first = fleet.iot.list_job_executions_for_job(jobId="job")
    assert len(first["executionSummaries"]) == 250
    second = fleet.iot.list_job_executions_for_job(jobId="job", nextToken=first["nextToken"])
    assert len(second["executionSummaries"]) == 1
    assert "nextToken" not in second


@pytest.mark.parametrize(
    ("operation", "members", "status"),
    [
        ("list_jobs", {}, "QUEUED"),
        ("list_job_executions_for_job", {"jobId": "t2"}, "COMPLETED"),
        ("list_job_executions_for_thing", {"thingName": "t2"}, "queued"),
    ],
)
def test_a_status_that_does_not_exist_is_refused(many, operation, members, status):
    with many.refused("InvalidRequestException", 400) as caught:
        getattr(many.iot, operation)(**members, status=status)
    values = (
        "[IN_PROGRESS, CANCELED, COMPLETED, DELETION_IN_PROGRESS, SCHEDULED]"
        if operation == "list_jobs"
        else "[REMOVED, SUCCEEDED, TIMED_OUT, IN_PROGRESS, QUEUED, CANCELED, FAILED, REJECTED]"
    )
    assert str(caught.value).endswith(
        f"Value '{status}' at 'status' failed to satisfy constraint: Member must satisfy enum value set: {values}"
    )


def test_bad_tokens_and_sizes_are_refused_before_the_job_is_looked_up(many):
    for bad in ({"nextToken": "nonsense"}, {"maxResults": 251}, {"status": "nonsense"}):
        with many.refused("InvalidRequestException", 400):
            many.iot.list_job_executions_for_job(jobId="nope", **bad)


def test_a_new_job_does_not_shift_the_pages(many):
    first = many.iot.list_jobs(maxResults=2)
    many.job("t0", job_id="new")
    second = many.iot.list_jobs(maxResults=2, nextToken=first["nextToken"])

    assert [each["jobId"] for page in (first, second) for each in page["jobs"]] == ["t4", "t3", "t2", "t1"]


def test_a_page_can_be_continued_after_its_last_record_was_deleted(many):
    first = many.iot.list_jobs(maxResults=2)
    many.iot.delete_job(jobId="t3", force=True)

    assert job_ids(many, nextToken=first["nextToken"]) == ["t2", "t1", "t0"]


def test_an_execution_that_changes_between_pages_is_not_listed_twice(mock, many):
    first = many.iot.list_job_executions_for_job(jobId="t2", maxResults=2)
    mock.clock.advance(1)
    many.report("t1", "IN_PROGRESS", "t2")
    second = many.iot.list_job_executions_for_job(jobId="t2", nextToken=first["nextToken"])

    things = [each["thingArn"].rpartition("/")[2] for page in (first, second) for each in page["executionSummaries"]]
    assert things == ["t0", "t1", "t2", "t3", "t4"]
