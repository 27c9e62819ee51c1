"""The pace of Batch jobs, and the handle that a test author holds."""

from __future__ import annotations

import time

import boto3
import pytest

from mock_jobs.batch.pace import Pace
from mock_jobs.errors import UsageValueError

from batch_site import (
    UNKNOWN_ID,
    Timeline,
    detail,
    make_definition,
    make_queue,
    make_site,
    reach,
    status,
    submit,
    summary,
)

LIFE = ["SUBMITTED", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]


@pytest.fixture(autouse=True)
def _site(batch):
    make_site(batch)


# poll


def test_polling_is_the_default_and_moves_a_job_by_one_state(mock, batch):
    job_id = submit(batch)

    assert mock.batch.pace.mode == "poll"
    assert [status(batch, job_id) for _ in range(6)] == [*LIFE, "SUCCEEDED"]


def test_a_job_that_nobody_reads_does_not_move(mock, batch, monkeypatch):
    job_id = submit(batch)
    now_s = time.time()
    monkeypatch.setattr(time, "time", lambda: now_s + 3600)
    batch.describe_job_queues()
    batch.describe_jobs(jobs=[])
    mock.batch.pace = "manual"

    assert status(batch, job_id) == "SUBMITTED"


def test_polling_an_array_moves_it_until_its_summary_changes(batch):
    array = submit(batch, size=2)

    seen = [summary(batch, array) for _ in range(5)]

    assert seen == [{state: 2} for state in ("PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED")]


def test_polling_takes_time_to_where_the_job_ends(mock, batch):
    mock.clock.freeze()
    before = mock.clock.now_s
    mock.batch.plan(duration=3600)
    job_id = submit(batch)

    assert [status(batch, job_id) for _ in range(5)] == LIFE
    job = detail(batch, job_id)
    assert job["stoppedAt"] - job["startedAt"] == 3_600_000
    assert mock.clock.now_s - before == 3600


def test_polling_a_waiting_job_moves_what_it_waits_for(batch):
    job_id = submit(batch, "second", after=[submit(batch, "first")])

    seen = []
    while not seen or seen[-1] != "SUCCEEDED":
        seen.append(status(batch, job_id))

    assert seen == ["SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]


def test_polling_a_job_that_hangs_returns(mock, batch):
    mock.batch.plan(duration=None)
    job_id = submit(batch)

    assert [status(batch, job_id) for _ in range(6)] == [*LIFE[:4], "RUNNING", "RUNNING"]


def test_listing_moves_jobs_too(batch):
    submit(batch)

    seen = []
    for state in LIFE:
        (job,) = batch.list_jobs(jobQueue="q", jobStatus=state)["jobSummaryList"]
        seen.append(job["status"])

    assert seen == LIFE


def in_states(mock, batch, state, count):
    """Bring jobs into a state, and leave others in the queue that could move at once."""
    mock.batch.plan("hangs", duration=None)
    mock.batch.plan("FAILED", exit_code=1)
    first = submit(batch, "hangs")
    jobs = [submit(batch, state, after=[first] if state == "PENDING" else ()) for _ in range(count)]
    if state != "SUBMITTED":
        for job_id in jobs:
            reach(mock, job_id, state)
    if state != "SUBMITTED":
        submit(batch)
    return jobs


@pytest.mark.parametrize("state", ["SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED"])
def test_a_listing_in_pages_shows_every_job_once(mock, batch, state):
    jobs = in_states(mock, batch, state, 5)

    pages = batch.get_paginator("list_jobs").paginate(jobQueue="q", jobStatus=state, PaginationConfig={"PageSize": 2})
    found = [job["jobId"] for page in pages for job in page["jobSummaryList"]]

    assert [job_id for job_id in found if job_id in jobs] == jobs[::-1]
    assert len(found) == len(set(found))


@pytest.mark.parametrize("state", ["PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED"])
def test_a_listing_of_children_in_pages_shows_every_child_once(mock, batch, state):
    mock.batch.plan("FAILED", exit_code=1)
    array = submit(batch, state, size=5)
    if state != "PENDING":
        reach(mock, array, "PENDING")
    if state not in {"PENDING", "RUNNABLE"}:
        for index in range(5):
            reach(mock, f"{array}:{index}", state)

    pages = batch.get_paginator("list_jobs").paginate(arrayJobId=array, jobStatus=state, PaginationConfig={"PageSize": 2})
    found = [job["jobId"] for page in pages for job in page["jobSummaryList"]]

    assert found == [f"{array}:{index}" for index in range(5)]


def test_a_listing_with_a_filter_in_pages_shows_every_job_as_it_was(batch):
    jobs = [submit(batch) for _ in range(5)]
    filters = [{"name": "JOB_NAME", "values": ["*"]}]

    pages = batch.get_paginator("list_jobs").paginate(jobQueue="q", filters=filters, PaginationConfig={"PageSize": 2})
    found = [(job["jobId"], job["status"]) for page in pages for job in page["jobSummaryList"]]

    assert found == [(job_id, "SUBMITTED") for job_id in jobs[::-1]]


def test_the_last_page_moves_the_jobs_on_it(mock, batch):
    jobs = [submit(batch) for _ in range(3)]
    first = batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED", maxResults=2)
    between = [seen(mock, job_id) for job_id in jobs]
    batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED", maxResults=2, nextToken=first["nextToken"])

    assert between == ["SUBMITTED"] * 3
    assert [seen(mock, job_id) for job_id in jobs] == ["RUNNABLE"] * 3


def seen(mock, job_id):
    """Return the status of a job without moving it."""
    with mock.batch.paced("manual"):
        return status(boto3.client("batch", region_name="us-east-1"), job_id)


def done_and_running(mock, batch):
    mock.clock.freeze()
    mock.batch.plan("long", duration=3600)
    done = submit(batch)
    running = submit(batch, "long")
    reach(mock, running, "RUNNING")
    reach(mock, done, "SUCCEEDED")
    return done, running


def test_listing_finished_jobs_takes_no_time(mock, batch):
    """Who only looks at what has ended shall not find other jobs an hour older."""
    done, running = done_and_running(mock, batch)
    before = mock.clock.now_ms

    by_status = batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")["jobSummaryList"]
    by_name = batch.list_jobs(jobQueue="q", filters=[{"name": "JOB_NAME", "values": ["job"]}])["jobSummaryList"]

    assert [[job["jobId"] for job in found] for found in (by_status, by_name)] == [[done], [done]]
    assert mock.clock.now_ms == before
    assert seen(mock, running) == "RUNNING"


def test_listing_finished_jobs_again_after_something_moved_takes_no_time(mock, batch):
    """What was seen is not what was seen before; only who looks in vain is waiting."""
    done, running = done_and_running(mock, batch)
    before = mock.clock.now_ms
    batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")
    other = submit(batch)
    reach(mock, other, "SUCCEEDED")

    found = batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")["jobSummaryList"]

    assert [job["jobId"] for job in found] == [other, done]
    assert mock.clock.now_ms == before
    assert seen(mock, running) == "RUNNING"


def test_listing_finished_jobs_again_takes_the_world_to_the_next_change(mock, batch):
    _, running = done_and_running(mock, batch)
    before = mock.clock.now_ms

    for _ in range(2):
        batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")

    assert mock.clock.now_ms - before == 3_600_000
    assert seen(mock, running) == "SUCCEEDED"


def test_a_reset_forgets_what_was_listed(mock, batch):
    done_and_running(mock, batch)
    batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")
    mock.reset()
    make_site(batch)
    _, running = done_and_running(mock, batch)

    batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")

    assert seen(mock, running) == "RUNNING"


def test_who_lists_finished_jobs_of_two_queues_in_turn_sees_all_in_the_end(mock, batch):
    make_queue(batch, "other")
    mock.batch.plan("slow", duration=100)
    for queue in ("q", "other"):
        mock.batch.run_until(submit(batch, jobQueue=queue), "SUCCEEDED")
    slow = {queue: submit(batch, "slow", jobQueue=queue) for queue in ("q", "other")}

    found = set()
    for _ in range(30):
        for queue in slow:
            found |= {job["jobId"] for job in batch.list_jobs(jobQueue=queue, jobStatus="SUCCEEDED")["jobSummaryList"]}

    assert found >= {*slow.values()}


@pytest.mark.parametrize("size", [None, 1, 2], ids=["one page", "pages of one", "pages of two"])
@pytest.mark.parametrize("how", ["by status", "by name", "children", "by consumable resource"])
def test_who_lists_finished_jobs_until_one_more_that_takes_time_sees_it(mock, batch, how, size):
    batch.create_consumable_resource(consumableResourceName="licence", totalQuantity=5)
    needs = {"consumableResourceList": [{"consumableResource": "licence", "quantity": 1}]}
    more = {"consumableResourcePropertiesOverride": needs}
    if how == "children":
        mock.batch.plan(array_index=1, duration=100)
        array = submit(batch, size=2)
        reach(mock, array, "PENDING")
        reach(mock, f"{array}:0", "SUCCEEDED")
        wanted = f"{array}:1"
    else:
        mock.batch.plan("slow", duration=100)
        mock.batch.run_until(submit(batch, "old", **more), "SUCCEEDED")
        wanted = submit(batch, "slow", **more)
    call, members, arguments = {
        "by status": ("list_jobs", "jobSummaryList", {"jobQueue": "q", "jobStatus": "SUCCEEDED"}),
        "by name": ("list_jobs", "jobSummaryList", {"jobQueue": "q", "filters": [{"name": "JOB_NAME", "values": ["*"]}]}),
        "children": ("list_jobs", "jobSummaryList", {"arrayJobId": wanted.partition(":")[0], "jobStatus": "SUCCEEDED"}),
        "by consumable resource": (
            "list_jobs_by_consumable_resource",
            "jobs",
            {"consumableResource": "licence", "filters": [{"name": "JOB_STATUS", "values": ["SUCCEEDED"]}]},
        ),
    }[how]

    def ended():
        pages = batch.get_paginator(call).paginate(**arguments, PaginationConfig={} if size is None else {"PageSize": size})
        jobs = [job for page in pages for job in page[members]]
        return {
            job.get("jobId") or job["jobArn"].partition("/")[2]
            for job in jobs
            if job.get("status", job.get("jobStatus")) == "SUCCEEDED"
        }

    assert any(wanted in ended() for _ in range(20))


@pytest.mark.parametrize("arguments", [{}, {"PaginationConfig": {"PageSize": 1}}], ids=["one page", "pages"])
def test_who_waits_for_more_finished_jobs_gets_them(mock, batch, arguments):
    first, second = submit(batch), submit(batch)
    reach(mock, first, "SUCCEEDED")
    second = submit(batch)

    for _ in range(10):
        pages = batch.get_paginator("list_jobs").paginate(jobQueue="q", jobStatus="SUCCEEDED", **arguments)
        found = {job["jobId"] for page in pages for job in page["jobSummaryList"]}
        if second in found:
            break

    assert {first, second} <= found


def test_who_waits_for_more_finished_children_gets_them(mock, batch):
    array = submit(batch, size=2)
    reach(mock, array, "PENDING")
    reach(mock, f"{array}:0", "SUCCEEDED")

    batch.list_jobs(arrayJobId=array, jobStatus="SUCCEEDED")

    assert seen(mock, f"{array}:1") == "STARTING"


def test_an_empty_last_page_moves_nothing(mock, batch):
    first, _ = submit(batch), submit(batch)
    token = batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED", maxResults=1)["nextToken"]
    batch.cancel_job(jobId=first, reason="x")
    other = submit(batch)

    page = batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED", nextToken=token)

    assert page["jobSummaryList"] == []
    assert seen(mock, other) == "SUBMITTED"


@pytest.mark.parametrize("size", [None, 3], ids=["of a queue", "of an array"])
def test_who_lists_finished_jobs_until_there_are_some_sees_them_in_the_end(mock, batch, size):
    mock.batch.plan(duration=10)
    job_id = submit(batch, size=size)
    parent = {"arrayJobId": job_id} if size else {"jobQueue": "q"}

    for _ in range(20):
        found = batch.list_jobs(**parent, jobStatus="SUCCEEDED")["jobSummaryList"]
        if found:
            break

    assert len(found) == (size or 1)


@pytest.mark.parametrize("size", [None, 2], ids=["of a queue", "of an array"])
def test_empty_listings_count_as_reads(mock, batch, size):
    mock.batch.pace = Pace.every(3)
    job_id = submit(batch, size=size)
    parent = {"arrayJobId": job_id} if size else {"jobQueue": "q"}
    before = seen(mock, job_id)
    after = []
    for _ in range(3):
        batch.list_jobs(**parent, jobStatus="FAILED")
        after.append(seen(mock, job_id))

    assert before == "SUBMITTED"
    assert after == ["SUBMITTED", "SUBMITTED", "PENDING" if size else "RUNNABLE"]


@pytest.mark.parametrize("kind", ["finished array", "plain job", "unknown job"])
def test_an_empty_listing_of_children_moves_no_other_job(mock, batch, kind):
    listed = UNKNOWN_ID if kind == "unknown job" else submit(batch, size=2 if kind == "finished array" else None)
    if kind == "finished array":
        mock.batch.run_all()
    other = submit(batch)

    batch.list_jobs(arrayJobId=listed, jobStatus="FAILED")

    assert seen(mock, other) == "SUBMITTED"


def test_reading_a_finished_job_moves_nothing(mock, batch):
    done = submit(batch)
    mock.batch.run_until(done, "SUCCEEDED")
    other = submit(batch)

    detail(batch, done)
    mock.batch.pace = "manual"

    assert status(batch, other) == "SUBMITTED"


def test_submit_then_cancel_works_without_any_preparation(batch):
    job_id = submit(batch)

    batch.cancel_job(jobId=job_id, reason="x")

    assert status(batch, job_id) == "FAILED"


def test_advancing_the_clock_moves_jobs(mock, batch):
    mock.batch.plan(duration=10)
    job_id = submit(batch)

    mock.clock.advance(9)
    before = status(batch, job_id)
    mock.clock.advance(2)

    assert (before, status(batch, job_id)) == ("RUNNING", "SUCCEEDED")


def test_a_job_can_move_with_every_third_read_only(mock, batch):
    mock.batch.pace = Pace.every(3)
    job_id = submit(batch)

    assert [status(batch, job_id) for _ in range(7)] == ["SUBMITTED"] * 3 + ["RUNNABLE"] * 3 + ["STARTING"]


# clock


def test_with_the_clock_a_job_without_a_duration_is_done_at_the_next_call(mock, batch):
    mock.batch.pace = "clock"

    assert status(batch, submit(batch)) == "SUCCEEDED"


def test_with_the_clock_real_time_moves_jobs(mock, batch, monkeypatch):
    mock.batch.pace = "clock"
    mock.batch.plan(duration=3600)
    job_id = submit(batch)
    before = status(batch, job_id)
    now_s = time.time()
    monkeypatch.setattr(time, "time", lambda: now_s + 3601)

    assert (before, status(batch, job_id)) == ("RUNNING", "SUCCEEDED")


def test_each_state_can_last_a_while(mock, batch):
    at = Timeline(mock)
    mock.batch.pace = Pace.timed(5)
    job_id = submit(batch)

    seen = []
    for second in (0, 4, 5, 10, 15, 19, 20):
        at.go_to(second)
        seen.append(status(batch, job_id))

    assert seen == ["SUBMITTED", "SUBMITTED", "RUNNABLE", "STARTING", "RUNNING", "RUNNING", "SUCCEEDED"]


# manual


def test_by_hand_neither_reads_nor_time_move_a_job(mock, batch):
    mock.batch.pace = "manual"
    job_id = submit(batch)
    status(batch, job_id)
    mock.clock.advance(1000)

    assert status(batch, job_id) == "SUBMITTED"
    assert [mock.batch.step(job_id) for _ in range(4)] == LIFE[1:]


# Choosing


@pytest.mark.parametrize(
    ("transition", "pace"),
    [
        ({"progression": "immediate"}, Pace("clock")),
        ({"progression": "manual", "times": 3}, Pace("poll", reads=3)),
        ({"progression": "time", "seconds": 5}, Pace("clock", transition_seconds=5)),
    ],
)
def test_the_transitions_of_moto_are_paces(transition, pace):
    assert Pace.from_transition(transition) == pace


@pytest.mark.parametrize(
    "make",
    [
        lambda: Pace("slow"),  # type: ignore[arg-type]
        lambda: Pace.every(0),
        lambda: Pace.timed(-1),
        lambda: Pace.timed(float("inf")),
        lambda: Pace.from_transition({"progression": "never"}),
        lambda: Pace.from_transition({"progression": "manual", "times": "3"}),
        lambda: Pace.from_transition({}),
    ],
)
def test_an_impossible_pace_is_refused(make):
    with pytest.raises(UsageValueError):
        make()


def test_an_unknown_pace_names_those_that_there_are(mock):
    with pytest.raises(UsageValueError, match="'poll', 'clock', 'manual'"):
        mock.batch.pace = "fast"

    assert mock.batch.pace == Pace("poll")


# Plans


def test_the_plan_added_last_counts(mock, batch):
    mock.batch.plan(exit_code=1)
    mock.batch.plan("good-*")
    good, bad = submit(batch, "good-1"), submit(batch, "bad-1")
    mock.batch.run_all()

    assert (status(batch, good), status(batch, bad)) == ("SUCCEEDED", "FAILED")


@pytest.mark.parametrize(
    "pattern",
    [{"job_name": "nightly-?"}, {"queue": "other"}, {"definition": "special"}, {"array_index": 1}, {"attempt": 2}],
    ids=lambda pattern: next(iter(pattern)),
)
def test_a_plan_concerns_only_what_it_names(mock, batch, pattern):
    make_queue(batch, "other")
    make_definition(batch, "special")
    mock.batch.plan(**pattern, exit_code=9)
    mock.batch.plan("try", attempt=1, exit_code=1)
    concerned = {
        "job_name": submit(batch, "nightly-1"),
        "queue": submit(batch, jobQueue="other"),
        "definition": submit(batch, jobDefinition="special"),
        "array_index": submit(batch, size=2) + ":1",
        "attempt": submit(batch, "try", retryStrategy={"attempts": 2}),
    }
    mock.batch.run_all()

    codes = {name: detail(batch, job_id)["container"]["exitCode"] for name, job_id in concerned.items()}

    assert codes == {name: 9 if name in pattern else 0 for name in concerned}


# By hand


def test_run_until_takes_the_world_along(mock, batch):
    mock.batch.pace = "manual"
    first, second = submit(batch), submit(batch)

    mock.batch.run_until(first, "RUNNING")

    assert (status(batch, first), status(batch, second)) == ("RUNNING", "RUNNING")


@pytest.mark.parametrize("pace", ["poll", "manual"])
def test_run_all_goes_on_until_nothing_moves(mock, batch, pace):
    mock.batch.pace = pace
    mock.batch.plan(duration=100)
    first = submit(batch)
    jobs = [first, submit(batch, after=[first]), submit(batch, size=3)]

    mock.batch.run_all()

    assert [status(batch, job_id) for job_id in jobs] == ["SUCCEEDED"] * 3


def test_a_step_of_a_running_job_ends_it_now(mock, batch):
    mock.clock.freeze()
    mock.batch.plan(duration=3600, exit_code=3)
    job_id = submit(batch)
    reach(mock, job_id, "RUNNING")
    before = mock.clock.now_ms

    assert mock.batch.step(job_id) == "FAILED"
    assert mock.clock.now_ms == before
    assert detail(batch, job_id)["stoppedAt"] == before
    mock.clock.advance(3600)
    assert len(detail(batch, job_id)["attempts"]) == 1


def test_a_step_never_uses_more_room_than_there_is(mock, batch):
    mock.batch.pace = "manual"
    batch.update_compute_environment(computeEnvironment="ce", computeResources={"maxvCpus": 1})
    first, second = submit(batch), submit(batch)
    reach(mock, first, "RUNNING")
    reach(mock, second, "RUNNABLE")

    with pytest.raises(UsageValueError, match=r"is RUNNABLE, needs 1 vCPUs and waits for room .* 1 of 1 vCPUs in use"):
        mock.batch.step(second)

    reach(mock, first, "SUCCEEDED")
    assert mock.batch.step(second) == "STARTING"


def test_a_step_that_is_impossible_says_why(mock, batch):
    mock.batch.pace = "manual"
    mock.batch.plan("hangs", duration=None)
    hanging, array = submit(batch, "hangs"), submit(batch, size=2)
    waiting = submit(batch, after=[hanging])
    done = submit(batch)
    reach(mock, hanging, "RUNNING")
    reach(mock, waiting, "PENDING")
    reach(mock, array, "PENDING")
    reach(mock, done, "SUCCEEDED")

    for job_id, reason in {
        hanging: "lets it hang until a timeout or TerminateJob",
        waiting: rf"waits for {hanging} \(RUNNING\)",
        array: "its children are what moves: 2 RUNNABLE",
        done: r"it is SUCCEEDED \(Essential container in task exited\)",
    }.items():
        with pytest.raises(UsageValueError, match=reason):
            mock.batch.step(job_id)


def test_run_until_says_what_a_job_waits_for(mock, batch):
    mock.batch.plan("hangs", duration=None)
    hanging = submit(batch, "hangs")
    waiting = submit(batch, after=[hanging])

    with pytest.raises(UsageValueError, match=rf"{waiting} will never be RUNNING: it is PENDING and waits for {hanging}"):
        mock.batch.run_until(waiting, "RUNNING")


def test_run_until_refuses_a_status_that_is_past(mock, batch):
    job_id = submit(batch)

    with pytest.raises(UsageValueError, match="will never be PENDING: it is SUCCEEDED"):
        mock.batch.run_until(job_id, "PENDING")


@pytest.mark.parametrize("job_id", [UNKNOWN_ID, "nonsense"])
def test_an_unknown_job_lists_those_that_there_are(mock, batch, job_id):
    known = submit(batch)

    with pytest.raises(UsageValueError, match=known):
        mock.batch.step(job_id)


def test_jobs_are_found_in_every_region(mock, batch):
    elsewhere = boto3.client("batch", region_name="eu-west-1")
    make_site(elsewhere)
    job_id = submit(elsewhere)

    mock.batch.run_until(job_id, "SUCCEEDED")

    assert status(elsewhere, job_id) == "SUCCEEDED"
