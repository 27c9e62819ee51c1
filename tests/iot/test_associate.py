"""AssociateTargetsWithJob."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from support.fleet import ARN


@pytest.fixture
def pair(fleet):
    """Two things in a group each, and a continuous job that follows the first group."""
    fleet.things("a", "b", "c")
    fleet.group("g", "a")
    fleet.group("h", "b")
    fleet.follow("g")
    return fleet


def associate(fleet, *groups, job_id="job", **members):
    return fleet.iot.associate_targets_with_job(jobId=job_id, targets=[f"{ARN}thinggroup/{each}" for each in groups], **members)


def test_the_things_of_a_new_target_get_an_execution_at_once(mock, pair):
    mock.clock.freeze()
    mock.clock.advance(10)

    answer = associate(pair, "h", comment="more of them")

    assert {name: answer[name] for name in answer if name != "ResponseMetadata"} == {"jobArn": f"{ARN}job/job", "jobId": "job"}
    described = pair.describe()
    assert described["targets"] == [f"{ARN}thinggroup/g", f"{ARN}thinggroup/h"]
    assert described["comment"] == "more of them"
    assert described["lastUpdatedAt"] - described["createdAt"] >= timedelta(seconds=10)
    assert pair.executions("b") == [(1, "QUEUED", 1)]
    assert pair.executions("a") == [(1, "QUEUED", 1)]


def test_the_answer_holds_the_description(pair):
    pair.follow("g", job_id="told", description="What it is for")

    assert associate(pair, "h", job_id="told")["description"] == "What it is for"


def test_a_comment_that_is_not_given_stays(pair):
    associate(pair, "h", comment="first")

    associate(pair, "h")

    assert pair.describe()["comment"] == "first"


def test_a_new_target_is_followed(pair):
    associate(pair, "h")

    pair.join("c", "h")
    pair.leave("b", "h")

    assert pair.executions("c") == [(1, "QUEUED", 1)]
    assert pair.executions("b") == [(1, "REMOVED", 1)]


def test_child_groups_of_a_new_target_count(pair):
    pair.group("child", "c", parent="h")

    associate(pair, "h")

    assert pair.executions("c") == [(1, "QUEUED", 1)]


@pytest.mark.parametrize("status", ["QUEUED", "IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED", "CANCELED"])
def test_a_thing_that_has_an_execution_gets_no_other(pair, status):
    pair.bring("a", status)
    pair.join("a", "h")
    before = pair.executions("a")

    associate(pair, "h")

    assert pair.executions("a") == before


def test_a_thing_whose_executions_were_all_deleted_lacks_one(pair):
    pair.join("a", "h")
    pair.iot.delete_job_execution(jobId="job", thingName="a", executionNumber=1)

    associate(pair, "h")

    assert pair.executions("a") == [(1, "QUEUED", 1)]


def test_a_thing_whose_turn_in_the_rollout_is_to_come_keeps_it(mock, pair):
    pair.join("b", "g")
    pair.follow("g", job_id="slow", jobExecutionsRolloutConfig={"maximumPerMinute": 1})
    pair.join("c", "h")

    associate(pair, "h", job_id="slow")
    assert (pair.executions("b", "slow"), pair.executions("c", "slow")) == ([], [(1, "QUEUED", 1)])
    mock.clock.advance(60)

    assert pair.executions("b", "slow") == [(1, "QUEUED", 1)]


def test_a_thing_that_left_while_it_ran_is_tried_again_when_it_is_a_target_again(pair):
    retry = {"criteriaList": [{"failureType": "FAILED", "numberOfRetries": 1}]}
    pair.follow("g", job_id="again", jobExecutionsRetryConfig=retry)
    pair.report("a", "IN_PROGRESS", "again")
    pair.leave("a", "g")
    pair.join("a", "h")

    associate(pair, "h", job_id="again")
    pair.report("a", "FAILED", "again")

    assert [status for _, status, _ in pair.executions("a", "again")] == ["FAILED", "QUEUED"]


@pytest.mark.parametrize("rejoins", [False, True], ids=["associated", "rejoins"])
def test_a_thing_that_was_removed_gets_a_new_execution(pair, rejoins):
    pair.leave("a", "g")
    assert pair.executions("a") == [(1, "REMOVED", 1)]
    if rejoins:
        associate(pair, "h")
        pair.join("a", "h")
    else:
        pair.join("a", "h")
        associate(pair, "h")

    assert sorted(pair.executions("a")) == [(1, "REMOVED", 1), (2, "QUEUED", 1)]


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED"])
def test_a_thing_that_has_ended_gets_no_other_execution(pair, status):
    pair.report("a", status)
    pair.join("a", "h")

    associate(pair, "h")

    assert [found for _, found, _ in pair.executions("a")] == [status]


def test_a_target_that_it_has_already_counts_for_nothing(pair):
    pair.iot.delete_job_execution(jobId="job", thingName="a", executionNumber=1)

    associate(pair, "g", "h", "h")

    assert pair.describe()["targets"] == [f"{ARN}thinggroup/g", f"{ARN}thinggroup/h"]
    assert pair.executions("a") == []
    assert pair.executions("b") == [(1, "QUEUED", 1)]


def test_events_keep_the_targets_that_the_job_had_then(mock, pair):
    pair.iot.cancel_job(jobId="job")
    pair.follow(
        "g", job_id="second", schedulingConfig={"endTime": f"{datetime.now(timezone.utc) + timedelta(hours=2):%Y-%m-%dT%H:%M}"}
    )
    associate(pair, "h", job_id="second")
    pair.iot.cancel_job(jobId="second")

    targets = [each.payload["targets"] for each in mock.events if each.topic.endswith("/canceled") and "targets" in each.payload]
    assert targets == [[f"{ARN}thinggroup/g"], [f"{ARN}thinggroup/g", f"{ARN}thinggroup/h"]]


def test_after_the_end_time_a_target_is_added_and_nothing_created(mock, pair):
    mock.clock.freeze()
    mock.clock.move_to(datetime(2030, 1, 1, 12, tzinfo=timezone.utc))
    pair.follow("g", job_id="ended", schedulingConfig={"endTime": "2030-01-01T13:00"})
    mock.clock.advance(3600)

    associate(pair, "h", job_id="ended")

    assert pair.describe("ended")["targets"][1:] == [f"{ARN}thinggroup/h"]
    assert pair.executions("b", "ended") == []


# Refusals, in the order of the checks: each request breaks all later rules too


SNAPSHOT = {"targetSelection": "SNAPSHOT", "job_id": "snapshot"}
UNKNOWN = "Thing Group unknown cannot be found."


@pytest.mark.parametrize(
    ("job_id", "targets", "more", "code", "status", "message"),
    [
        pytest.param(
            "absent",
            ["thing/a"],
            {"comment": "\n"},
            "InvalidRequestException",
            400,
            "1 validation error detected: Value '\n' at 'comment' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [^\\p{C}]+",
            id="comment",
        ),
        pytest.param("absent", ["thing/a"], {}, "ResourceNotFoundException", 404, "Job absent cannot be found.", id="job"),
        pytest.param(
            "done",
            ["thing/a"],
            {"namespaceId": "n"},
            "ResourceNotFoundException",
            404,
            "Job done cannot be found.",
            id="namespace",
        ),
        pytest.param(
            "done",
            ["thinggroup/unknown", "thing/a"],
            {},
            "InvalidRequestException",
            400,
            f"Target {ARN}thing/a is not the ARN of a thing group.",
            id="thing",
        ),
        pytest.param(
            "done",
            ["thinggroup/unknown", "job/a"],
            {},
            "InvalidRequestException",
            400,
            f"Target {ARN}job/a is not the ARN of a thing or a thing group.",
            id="other ARN",
        ),
        pytest.param("done", ["thinggroup/h", "thinggroup/unknown"], {}, "ResourceNotFoundException", 404, UNKNOWN, id="group"),
        pytest.param(
            "done",
            ["thinggroup/h"],
            {},
            "InvalidRequestException",
            400,
            "Targets cannot be associated with job done: its target selection is not CONTINUOUS.",
            id="snapshot",
        ),
        pytest.param(
            "canceled",
            ["thinggroup/h"],
            {},
            "InvalidRequestException",
            400,
            "Targets cannot be associated with job canceled in status CANCELED.",
            id="canceled",
        ),
        pytest.param(
            "scheduled",
            ["thinggroup/h"],
            {},
            "InvalidRequestException",
            400,
            "Targets cannot be associated with job scheduled in status SCHEDULED.",
            id="scheduled",
        ),
    ],
)
def test_refusals(mock, pair, job_id, targets, more, code, status, message):
    mock.clock.freeze()
    start = datetime.fromtimestamp(mock.clock.now_s, timezone.utc) + timedelta(hours=1)
    pair.job("a", job_id="done", targetSelection="SNAPSHOT")
    pair.report("a", "SUCCEEDED", "done")
    pair.follow("g", job_id="canceled")
    pair.iot.cancel_job(jobId="canceled")
    pair.follow("g", job_id="scheduled", schedulingConfig={"startTime": f"{start:%Y-%m-%dT%H:%M}"})

    with pair.refused(code, status, message):
        pair.iot.associate_targets_with_job(jobId=job_id, targets=[ARN + each for each in targets], **more)


@pytest.mark.parametrize(
    "arn", ["arn:aws:iot:us-east-1:999999999999:thinggroup/h", "arn:aws:iot:eu-west-1:123456789012:thinggroup/h"]
)
def test_a_group_elsewhere_is_not_found(pair, arn):
    with pair.refused("ResourceNotFoundException", 404, "Thing Group h cannot be found."):
        pair.iot.associate_targets_with_job(jobId="job", targets=[arn])


def test_a_hundred_targets_are_the_limit_existing_ones_included(pair):
    names = [f"n{number}" for number in range(99)]
    for name in [*names, "last"]:
        pair.group(name)
    with pair.refused("LimitExceededException", 410, "Job job has 101 targets, and 100 is the limit."):
        associate(pair, *names, "last")

    associate(pair, *names)
    assert len(pair.describe()["targets"]) == 100
    associate(pair, *names)
    with pair.refused("LimitExceededException", 410, "Job job has 101 targets, and 100 is the limit."):
        associate(pair, "last")
