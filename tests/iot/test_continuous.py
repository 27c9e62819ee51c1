"""Continuous jobs: executions when things join and leave groups, are deleted, or are registered again."""

from __future__ import annotations

from datetime import timedelta

import boto3
import pytest

from support.constants import REGION
from support.fleet import ARN

TERMINAL = ("SUCCEEDED", "FAILED", "REJECTED", "CANCELED")
VERSIONS = {"QUEUED": 1, "IN_PROGRESS": 2, "SUCCEEDED": 3, "FAILED": 3, "REJECTED": 3, "CANCELED": 2, "REMOVED": 1}
SELECTIONS = ("SNAPSHOT", "CONTINUOUS")


@pytest.fixture
def pair(fleet):
    """Two things, of which `a` is in the group `g` and `b` in none."""
    fleet.things("a", "b")
    fleet.group("g", "a")
    return fleet


def execution_events(mock):
    """Return job, operation and thing of the events of executions."""
    return [
        (each.payload["jobId"], each.payload["operation"], each.payload["thingArn"].rpartition("/")[2])
        for each in mock.events
        if each.payload["eventType"] == "JOB_EXECUTION"
    ]


# Joining


@pytest.mark.parametrize(("selection", "executions"), [("SNAPSHOT", []), ("CONTINUOUS", [(1, "QUEUED", 1)])])
def test_a_thing_that_joins_a_group_later(pair, selection, executions):
    pair.job(groups=["g"], targetSelection=selection)

    pair.join("b", "g")

    assert pair.executions("a") == [(1, "QUEUED", 1)]
    assert pair.executions("b") == executions


def test_a_later_joiner_can_run_its_job(pair):
    pair.follow("g", document='{"do":"it"}')
    pair.join("b", "g")

    assert pair.start("b")["jobDocument"] == '{"do":"it"}'
    pair.report("b", "SUCCEEDED")
    assert pair.executions("b") == [(1, "SUCCEEDED", 3)]
    assert pair.counters() == {"QUEUED": 1, "SUCCEEDED": 1}


@pytest.mark.parametrize("selection", SELECTIONS)
@pytest.mark.parametrize("status", TERMINAL)
@pytest.mark.parametrize("way", ["rejoins", "joins a second group"])
def test_a_join_after_the_end_of_the_last_execution(pair, selection, status, way):
    pair.group("h")
    pair.job(groups=["g", "h"], targetSelection=selection)
    pair.bring("a", status)

    if way == "rejoins":
        pair.leave("a", "g")
    before = pair.executions("a")
    pair.join("a", "g" if way == "rejoins" else "h")

    new = [(2, "QUEUED", 1)] if selection == "CONTINUOUS" else []
    assert before == [(1, status, VERSIONS[status])]
    assert pair.executions("a") == before + new


@pytest.mark.parametrize("status", ["QUEUED", "IN_PROGRESS"])
def test_a_join_while_an_execution_is_pending_never_counts(pair, status):
    pair.group("h")
    pair.follow("g", "h")
    pair.bring("a", status)

    pair.join("a", "h")
    assert pair.executions("a") == [(1, status, VERSIONS[status])]
    pair.report("a", "SUCCEEDED")

    assert [status for _, status, _ in pair.executions("a")] == ["SUCCEEDED"]
    pair.leave("a", "h")
    pair.join("a", "h")
    assert [status for _, status, _ in pair.executions("a")] == ["SUCCEEDED", "QUEUED"]


@pytest.mark.parametrize("status", ["QUEUED", "IN_PROGRESS", *TERMINAL])
def test_adding_a_thing_to_a_group_that_it_is_in_is_no_join(pair, status):
    pair.follow("g")
    pair.bring("a", status)
    before = pair.executions("a")

    pair.join("a", "g")

    assert pair.executions("a") == before


def test_a_thing_that_joins_is_found_by_the_arns_too(pair):
    pair.follow("g")

    pair.iot.add_thing_to_thing_group(thingGroupArn=f"{ARN}thinggroup/g", thingArn=f"{ARN}thing/b")

    assert pair.executions("b") == [(1, "QUEUED", 1)]


def test_each_job_that_follows_a_group_sees_the_join(pair):
    pair.group("h")
    for job_id, groups in (("first", "g"), ("second", "h"), ("third", "gh")):
        pair.follow(*groups, job_id=job_id)

    pair.join("b", "g")

    assert [each["jobId"] for each in pair.data.get_pending_job_executions(thingName="b")["queuedJobs"]] == ["first", "third"]


def test_a_move_from_one_target_to_another_leaves_a_pending_execution_alone(pair):
    pair.group("h")
    pair.follow("g", "h")

    pair.iot.update_thing_groups_for_thing(thingName="a", thingGroupsToAdd=["h"], thingGroupsToRemove=["g"])

    assert pair.executions("a") == [(1, "QUEUED", 1)]


# Leaving


@pytest.mark.parametrize("selection", SELECTIONS)
@pytest.mark.parametrize("status", ["QUEUED", "IN_PROGRESS", *TERMINAL])
@pytest.mark.parametrize("way", ["removed", "updated", "group deleted"])
def test_a_thing_that_leaves_its_last_group(pair, selection, status, way):
    pair.job("b", groups=["g"], targetSelection=selection)
    pair.bring("a", status)

    if way == "removed":
        pair.leave("a", "g")
    elif way == "updated":
        pair.iot.update_thing_groups_for_thing(thingName="a", thingGroupsToRemove=["g"])
    else:
        pair.iot.delete_thing_group(thingGroupName="g")

    after = "REMOVED" if (selection, status) == ("CONTINUOUS", "QUEUED") else status
    assert pair.executions("a") == [(1, after, VERSIONS[status])]
    assert pair.executions("b") == [(1, "QUEUED", 1)]
    assert pair.describe()["status"] == "IN_PROGRESS"


def test_a_removal_is_dated_and_told(mock, pair):
    pair.follow("g")
    mock.clock.freeze()
    mock.clock.advance(10)

    pair.leave("a", "g")

    removed = pair.execution("a")
    assert removed["lastUpdatedAt"] - removed["queuedAt"] >= timedelta(seconds=10)
    assert pair.counters() == {"REMOVED": 1}
    assert execution_events(mock) == [("job", "removed", "a")]
    assert mock.events[-1].topic == "$aws/events/jobExecution/job/removed"


def test_a_thing_that_leaves_has_nothing_before_it(pair):
    pair.follow("g")

    pair.leave("a", "g")

    assert pair.start("a") is None


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "REJECTED"])
def test_a_thing_that_leaves_while_it_runs_its_job_may_finish_it(pair, status):
    pair.follow("g")
    pair.bring("a", "IN_PROGRESS")

    pair.leave("a", "g")
    pair.report("a", status)

    assert pair.executions("a") == [(1, status, 3)]


def test_leaving_one_of_two_target_groups_changes_nothing(pair):
    pair.group("h", "a")
    pair.follow("g", "h")

    pair.leave("a", "g")
    assert pair.executions("a") == [(1, "QUEUED", 1)]
    pair.leave("a", "h")

    assert pair.executions("a") == [(1, "REMOVED", 1)]


def test_a_direct_target_stays_one_when_it_leaves_a_group(pair):
    pair.follow("g", things=["a"])

    pair.leave("a", "g")

    assert pair.executions("a") == [(1, "QUEUED", 1)]


def test_leaving_a_group_that_is_no_target_changes_nothing(pair):
    pair.group("h", "a")
    pair.follow("g")

    pair.leave("a", "h")

    assert pair.executions("a") == [(1, "QUEUED", 1)]


@pytest.mark.parametrize(("selection", "executions"), [("SNAPSHOT", []), ("CONTINUOUS", [(1, "REMOVED", 1)])])
def test_a_thing_whose_executions_were_all_deleted_leaves(mock, pair, selection, executions):
    pair.follow("g")
    pair.job("b", groups=["g"], job_id="other", targetSelection=selection)
    for job_id in ("job", "other"):
        pair.bring("a", "SUCCEEDED", job_id)
        pair.iot.delete_job_execution(jobId=job_id, thingName="a", executionNumber=1)
    told = len(mock.events)

    pair.leave("a", "g")

    assert pair.executions("a") == [(1, "REMOVED", 1)]
    assert pair.executions("a", "other") == executions
    assert pair.counters() == {"REMOVED": 1}
    assert len(mock.events) == told


def test_deleting_all_executions_of_a_member_is_followed_by_nothing_until_it_joins_again(pair):
    pair.follow("g")
    pair.iot.delete_job_execution(jobId="job", thingName="a", executionNumber=1)

    pair.join("a", "g")
    assert pair.executions("a") == []
    pair.leave("a", "g")
    pair.join("a", "g")

    assert pair.executions("a") == [(1, "REMOVED", 1), (2, "QUEUED", 1)]


def test_a_member_whose_executions_were_all_deleted_joins_a_second_group(pair):
    pair.group("h")
    pair.follow("g", "h")
    pair.iot.delete_job_execution(jobId="job", thingName="a", executionNumber=1)

    pair.join("a", "h")

    assert pair.executions("a") == [(1, "QUEUED", 1)]
    pair.leave("a", "h")
    pair.leave("a", "g")
    assert pair.executions("a") == [(1, "REMOVED", 1)]


# Child groups


@pytest.fixture
def tree(fleet):
    """A thing `a` in a group of the third generation; its grandparent `top` has a second child."""
    fleet.things("a", "b")
    fleet.group("top")
    fleet.group("middle", parent="top")
    fleet.group("bottom", "a", parent="middle")
    fleet.group("beside", parent="top")
    return fleet


@pytest.mark.parametrize("group", ["top", "middle", "bottom"])
def test_membership_of_a_child_group_counts_for_the_groups_above(tree, group):
    tree.follow(group)
    assert tree.executions("a") == [(1, "QUEUED", 1)]

    tree.join("b", "bottom")
    tree.leave("a", "bottom")

    assert tree.executions("b") == [(1, "QUEUED", 1)]
    assert tree.executions("a") == [(1, "REMOVED", 1)]


def test_membership_of_the_parent_does_not_count_for_the_child(tree):
    tree.follow("middle")

    tree.join("b", "top")
    tree.join("b", "beside")

    assert tree.executions("b") == []


def test_a_move_within_the_target_group_is_no_join_and_no_leave(tree):
    tree.follow("top")
    tree.bring("a", "SUCCEEDED")

    tree.iot.update_thing_groups_for_thing(thingName="a", thingGroupsToAdd=["beside"], thingGroupsToRemove=["bottom"])
    tree.join("a", "top")

    assert tree.executions("a") == [(1, "SUCCEEDED", 3)]


def test_a_child_group_that_comes_later_counts_too(tree):
    tree.follow("top")
    tree.group("young", parent="beside")

    tree.join("b", "young")
    assert tree.executions("b") == [(1, "QUEUED", 1)]
    tree.iot.delete_thing_group(thingGroupName="young")

    assert tree.executions("b") == [(1, "REMOVED", 1)]


def test_the_deletion_of_one_group_leaves_those_who_are_in_another_alone(tree):
    tree.group("other", "a", "b")
    tree.follow("middle", "other")

    tree.iot.delete_thing_group(thingGroupName="other")

    assert tree.executions("a") == [(1, "QUEUED", 1)]
    assert tree.executions("b") == [(1, "REMOVED", 1)]


def test_a_group_that_is_made_anew_under_its_name_is_the_target_again(pair):
    pair.follow("g")
    pair.iot.delete_thing_group(thingGroupName="g")
    pair.group("g", "b")

    assert pair.executions("b") == [(1, "QUEUED", 1)]


# Deleted things, and things registered anew


@pytest.mark.parametrize("selection", SELECTIONS)
@pytest.mark.parametrize(
    ("status", "after"), [("QUEUED", "REMOVED"), ("IN_PROGRESS", "REMOVED"), *((each, each) for each in TERMINAL)]
)
def test_a_deleted_thing(mock, pair, selection, status, after):
    pair.job("b", groups=["g"], targetSelection=selection)
    pair.bring("a", status)
    told = len(mock.events)

    pair.iot.delete_thing(thingName="a")

    kept = pair.execution("a")
    assert (kept["status"], kept["versionNumber"]) == (after, VERSIONS[status])
    assert execution_events(mock)[told:] == ([("job", "removed", "a")] if after == "REMOVED" else [])


@pytest.mark.parametrize("selection", SELECTIONS)
@pytest.mark.parametrize("status", ["QUEUED", "IN_PROGRESS", *TERMINAL])
def test_a_thing_that_is_registered_anew_and_added_to_its_group(pair, selection, status):
    pair.job("b", groups=["g"], targetSelection=selection)
    pair.bring("a", status)
    pair.iot.delete_thing(thingName="a")

    pair.iot.create_thing(thingName="a")
    old = pair.executions("a")
    assert pair.start("a") is None
    pair.join("a", "g")

    assert len(old) == 1
    assert pair.executions("a") == old + ([(2, "QUEUED", 1)] if selection == "CONTINUOUS" else [])


@pytest.mark.parametrize(("selection", "new"), [("SNAPSHOT", []), ("CONTINUOUS", [(2, "QUEUED", 1)])])
def test_a_direct_target_that_is_registered_anew(pair, selection, new):
    pair.job("a", "b", targetSelection=selection)
    pair.iot.delete_thing(thingName="a")

    pair.iot.create_thing(thingName="a")

    assert pair.executions("a") == [(1, "REMOVED", 1), *new]


def test_creating_a_thing_that_exists_changes_nothing(pair):
    pair.follow("g", things=["a"])
    pair.bring("a", "SUCCEEDED")

    pair.iot.create_thing(thingName="a")

    assert pair.executions("a") == [(1, "SUCCEEDED", 3)]


def test_a_deleted_member_without_executions_gets_none(pair):
    pair.follow("g")
    pair.iot.delete_job_execution(jobId="job", thingName="a", executionNumber=1)

    pair.iot.delete_thing(thingName="a")

    assert pair.counters() == {}


def test_a_thing_that_came_back_is_in_no_group_even_before_the_first_job(mock):
    iot = boto3.client("iot", region_name=REGION)
    iot.create_thing(thingName="t")
    group = iot.create_thing_group(thingGroupName="g")["thingGroupArn"]
    iot.add_thing_to_thing_group(thingGroupName="g", thingName="t")
    iot.delete_thing(thingName="t")
    iot.create_thing(thingName="t")

    iot.create_job(jobId="job", targets=[group], document="{}")

    assert iot.list_thing_groups_for_thing(thingName="t")["thingGroups"] == []
    assert iot.list_job_executions_for_job(jobId="job")["executionSummaries"] == []
