"""The executions of one thing over all jobs."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mock_jobs.iot.records.job import Execution
from mock_jobs.iot.records.thing_queue import ThingQueue

STATUSES = ("QUEUED", "IN_PROGRESS", "SUCCEEDED", "FAILED")


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.permutations(range(8)),
    st.lists(st.tuples(st.integers(0, 7), st.sampled_from([*STATUSES, "gone"])), max_size=20),
    st.none() | st.integers(0, 8),
)
def test_a_queue_is_in_the_order_of_queueing_in_whatever_order_it_was_filled(order, steps, before):
    """Executions change their status, leave and come back, and none gets lost or stands out of its place."""
    queue = ThingQueue()
    executions = {sequence: Execution(None, "t", sequence, 0, None) for sequence in order}
    statuses = dict.fromkeys(order, "QUEUED")
    for execution in executions.values():
        queue.add(execution)
    for sequence, status in steps:
        execution = executions[sequence]
        if statuses[sequence] != "gone":
            queue.remove(execution)
        statuses[sequence] = status
        if status != "gone":
            execution.status = status
            queue.add(execution)

    there = sorted(sequence for sequence, status in statuses.items() if status != "gone")
    running = [each for each in there if statuses[each] == "IN_PROGRESS"]
    waiting = [each for each in there if statuses[each] == "QUEUED"]
    assert [each.sequence for each in queue.pending()] == running + waiting
    below = [each for each in there if before is None or each < before]
    assert [each.sequence for each in queue.newest_first(before)] == below[::-1]
    assert queue.is_empty is (not there)
