"""The executions of one job, where a thing has several."""

from __future__ import annotations

import pytest

from mock_jobs.iot.records.job import Execution, listing_key
from mock_jobs.iot.records.job_executions import JobExecutions
from mock_jobs.iot.records.thing_queue import ThingQueue


@pytest.fixture
def attempts():
    """Three executions of one thing, between two of others."""
    executions = JobExecutions(listing_key)
    others = [Execution(None, name, sequence, 0, None) for name, sequence in (("a", 1), ("z", 3))]
    executions.add_all(others)
    previous = None
    for sequence in (2, 4, 5):
        previous = Execution(None, "t", sequence, 0, previous)
        executions.add_all([previous])
    return executions


def numbers(executions):
    return [each.number for each in executions.of_thing("t")]


def test_executions_of_a_thing_are_numbered_from_one_and_the_last_is_meant(attempts):
    assert numbers(attempts) == [3, 2, 1]
    assert attempts.latest("t").number == attempts.find("t", None).number == 3
    assert [attempts.find("t", number).sequence for number in (1, 2, 3)] == [2, 4, 5]
    assert attempts.find("t", 4) is None


@pytest.mark.parametrize(("number", "left", "latest"), [(1, [3, 2], 3), (2, [3, 1], 3), (3, [2, 1], 2)])
def test_any_execution_of_a_thing_can_be_removed(attempts, number, left, latest):
    attempts.remove(attempts.find("t", number))

    assert numbers(attempts) == left
    assert attempts.find("t", number) is None
    assert attempts.find("t", None).number == latest
    assert attempts.count("QUEUED") == 4


def test_executions_of_one_moment_are_listed_by_target_then_newest_number_first(attempts):
    listed = [(each.thing_name, each.number) for each in attempts.newest_first(None, None)]

    assert listed == [("a", 1), ("t", 3), ("t", 2), ("t", 1), ("z", 1)]


def test_a_queue_lists_all_kinds_together_queued_last_first():
    queue = ThingQueue()
    statuses = ["QUEUED", "FAILED", "IN_PROGRESS", "SUCCEEDED", "QUEUED"]
    executions = [Execution(None, "t", sequence, 0, None) for sequence in range(5)]
    for execution, status in zip(executions, statuses, strict=True):
        execution.status = status
    for execution in reversed(executions):
        queue.add(execution)

    assert [each.sequence for each in queue.newest_first(None)] == [4, 3, 2, 1, 0]
    assert [each.sequence for each in queue.newest_first(3)] == [2, 1, 0]
    assert [each.sequence for each in queue.pending()] == [2, 0, 4]
    for execution in executions:
        queue.remove(execution)
    assert queue.is_empty
