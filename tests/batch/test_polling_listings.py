"""With the pace `poll`, a listing moves jobs before its first page, and never between its pages."""

from __future__ import annotations

import boto3
import pytest

from mock_jobs.batch.scenario.pace import Pace

from support.batch import UNKNOWN_ID
from support.batch_site import Site

LIFE = ["SUBMITTED", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]


@pytest.fixture(autouse=True)
def _site(site):
    site.make_queue_and_definition()


NAMED = {"filters": [{"name": "JOB_NAME", "values": ["*"]}]}


def test_a_listing_moves_a_job_that_it_showed(batch, site):
    site.submit()

    seen = [job["status"] for _ in LIFE for job in batch.list_jobs(jobQueue="q", **NAMED)["jobSummaryList"]]

    assert seen == LIFE


@pytest.mark.parametrize("state", LIFE[:-1])
def test_a_listing_by_status_shows_a_job_until_it_is_listed_again(mock, batch, site, state):
    job_id = site.submit()
    if state != "SUBMITTED":
        mock.batch.run_until(job_id, state)

    found = [[job["jobId"] for job in batch.list_jobs(jobQueue="q", jobStatus=state)["jobSummaryList"]] for _ in range(2)]

    assert found == [[job_id], []]


def test_a_listing_that_does_not_show_a_job_is_no_read_of_it(mock, batch, site):
    job_id = site.submit()
    site.status(job_id)

    for other in ("RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED"):
        batch.list_jobs(jobQueue="q", jobStatus=other)

    assert seen(mock, job_id) == "SUBMITTED"


@pytest.mark.parametrize(
    ("first", "second"), [("describe", "list"), ("list", "describe"), ("list", "list"), ("describe", "describe")]
)
def test_reads_of_all_kinds_count_alike(batch, site, first, second):
    job_id = site.submit()
    reads = {
        "describe": lambda: site.detail(job_id),
        "list": lambda: batch.list_jobs(jobQueue="q", **NAMED)["jobSummaryList"][0],
    }

    assert [reads[each]()["status"] for each in (first, second)] == ["SUBMITTED", "RUNNABLE"]


def in_states(mock, site, state, count):
    """Bring jobs into a state, and leave others in the queue that could move at once."""
    mock.batch.plan("hangs", duration=None, optional=True)
    mock.batch.plan("FAILED", exit_code=1, optional=True)
    first = site.submit("hangs")
    jobs = [site.submit(state, after=[first] if state == "PENDING" else ()) for _ in range(count)]
    if state != "SUBMITTED":
        for job_id in jobs:
            site.reach(job_id, state)
    if state != "SUBMITTED":
        site.submit()
    return jobs


@pytest.mark.parametrize("state", ["SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED"])
def test_a_listing_in_pages_shows_every_job_once(mock, batch, site, state):
    jobs = in_states(mock, site, state, 5)

    pages = batch.get_paginator("list_jobs").paginate(jobQueue="q", jobStatus=state, PaginationConfig={"PageSize": 2})
    found = [job["jobId"] for page in pages for job in page["jobSummaryList"]]

    assert [job_id for job_id in found if job_id in jobs] == jobs[::-1]
    assert len(found) == len(set(found))


@pytest.mark.parametrize("state", ["PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED"])
def test_a_listing_of_children_in_pages_shows_every_child_once(mock, batch, site, state):
    mock.batch.plan("FAILED", exit_code=1, optional=True)
    array = site.submit(state, size=5)
    if state != "PENDING":
        site.reach(array, "PENDING")
    if state not in {"PENDING", "RUNNABLE"}:
        for index in range(5):
            site.reach(f"{array}:{index}", state)

    pages = batch.get_paginator("list_jobs").paginate(arrayJobId=array, jobStatus=state, PaginationConfig={"PageSize": 2})
    found = [job["jobId"] for page in pages for job in page["jobSummaryList"]]

    assert found == [f"{array}:{index}" for index in range(5)]


def test_a_listing_with_a_filter_in_pages_shows_every_job_as_it_was(batch, site):
    jobs = [site.submit() for _ in range(5)]
    filters = [{"name": "JOB_NAME", "values": ["*"]}]

    pages = batch.get_paginator("list_jobs").paginate(jobQueue="q", filters=filters, PaginationConfig={"PageSize": 2})
    found = [(job["jobId"], job["status"]) for page in pages for job in page["jobSummaryList"]]

    assert found == [(job_id, "SUBMITTED") for job_id in jobs[::-1]]


def test_a_listing_in_pages_moves_jobs_before_its_next_first_page_only(mock, batch, site):
    jobs = [site.submit() for _ in range(3)]
    first = batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED", maxResults=2)
    between = [seen(mock, job_id) for job_id in jobs]
    batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED", maxResults=2, nextToken=first["nextToken"])
    afterwards = [seen(mock, job_id) for job_id in jobs]

    assert between == afterwards == ["SUBMITTED"] * 3
    assert batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED", maxResults=2)["jobSummaryList"] == []


def test_an_unfinished_job_on_the_last_page_moves_though_the_first_shows_ended_ones(mock, batch, site):
    """The newest stand first, so a job that still runs may stand behind all those that ended."""
    mock.batch.plan("slow", duration=100)
    slow = site.submit("slow")
    mock.batch.run_until(slow, "RUNNING")
    for _ in range(2):
        site.reach(site.submit(), "SUCCEEDED")

    def listed():
        pages = batch.get_paginator("list_jobs").paginate(jobQueue="q", **NAMED, PaginationConfig={"PageSize": 2})
        return {job["jobId"]: job["status"] for page in pages for job in page["jobSummaryList"]}[slow]

    assert [listed(), listed()] == ["RUNNING", "SUCCEEDED"]


def seen(mock, job_id):
    """Return the status of a job without moving it."""
    with mock.batch.paced("manual"):
        return Site(boto3.client("batch", region_name="us-east-1")).status(job_id)


def done_and_running(mock, site):
    mock.clock.freeze()
    mock.batch.plan("long", duration=3600)
    done = site.submit()
    running = site.submit("long")
    site.reach(running, "RUNNING")
    site.reach(done, "SUCCEEDED")
    return done, running


def test_listing_finished_jobs_takes_no_time(mock, batch, site):
    """Who only looks at what has ended shall not find other jobs an hour older."""
    done, running = done_and_running(mock, site)
    before = mock.clock.now_ms

    by_status = batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")["jobSummaryList"]
    by_name = batch.list_jobs(jobQueue="q", filters=[{"name": "JOB_NAME", "values": ["job"]}])["jobSummaryList"]

    assert [[job["jobId"] for job in found] for found in (by_status, by_name)] == [[done], [done]]
    assert mock.clock.now_ms == before
    assert seen(mock, running) == "RUNNING"


def test_listing_finished_jobs_again_after_something_moved_takes_no_time(mock, batch, site):
    """What was seen is not what was seen before; only who looks in vain is waiting."""
    done, running = done_and_running(mock, site)
    before = mock.clock.now_ms
    batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")
    other = site.submit()
    site.reach(other, "SUCCEEDED")

    found = batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")["jobSummaryList"]

    assert [job["jobId"] for job in found] == [other, done]
    assert mock.clock.now_ms == before
    assert seen(mock, running) == "RUNNING"


def test_the_third_equal_listing_of_finished_jobs_waits_for_the_next_change(mock, batch, site):
    done, running = done_and_running(mock, site)
    before = mock.clock.now_ms

    found = []
    for _ in range(3):
        jobs = batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")["jobSummaryList"]
        found.append(([job["jobId"] for job in jobs], mock.clock.now_ms - before))

    assert found == [([done], 0), ([done], 0), ([running, done], 3_600_000)]


def test_a_reset_forgets_what_was_listed(mock, batch, site):
    done_and_running(mock, site)
    for _ in range(2):
        batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")
    mock.reset()
    site.make_queue_and_definition()
    _, running = done_and_running(mock, site)

    batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")

    assert seen(mock, running) == "RUNNING"


def test_code_that_lists_until_jobs_have_ended_comes_to_an_end(batch, site):
    site.submit()

    tries = 0
    while not batch.list_jobs(jobQueue="q", jobStatus="SUCCEEDED")["jobSummaryList"]:
        tries += 1

    assert tries == len(LIFE) - 1


def test_who_lists_finished_jobs_of_two_queues_in_turn_sees_all_in_the_end(mock, batch, site):
    site.make_queue("other")
    mock.batch.plan("slow", duration=100)
    for queue in ("q", "other"):
        mock.batch.run_until(site.submit(jobQueue=queue), "SUCCEEDED")
    slow = {queue: site.submit("slow", jobQueue=queue) for queue in ("q", "other")}

    found = set()
    for _ in range(30):
        for queue in slow:
            found |= {job["jobId"] for job in batch.list_jobs(jobQueue=queue, jobStatus="SUCCEEDED")["jobSummaryList"]}

    assert found >= {*slow.values()}


@pytest.mark.parametrize("size", [None, 1, 2], ids=["one page", "pages of one", "pages of two"])
@pytest.mark.parametrize("how", ["by status", "by name", "children", "by consumable resource"])
def test_who_lists_finished_jobs_until_one_more_that_takes_time_sees_it(mock, batch, site, how, size):
    batch.create_consumable_resource(consumableResourceName="licence", totalQuantity=5)
    needs = {"consumableResourceList": [{"consumableResource": "licence", "quantity": 1}]}
    more = {"consumableResourcePropertiesOverride": needs}
    if how == "children":
        mock.batch.plan(array_index=1, duration=100)
        array = site.submit(size=2)
        site.reach(array, "PENDING")
        site.reach(f"{array}:0", "SUCCEEDED")
        wanted = f"{array}:1"
    else:
        mock.batch.plan("slow", duration=100)
        mock.batch.run_until(site.submit("old", **more), "SUCCEEDED")
        wanted = site.submit("slow", **more)
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
def test_who_waits_for_more_finished_jobs_gets_them(batch, site, arguments):
    first, second = site.submit(), site.submit()
    site.reach(first, "SUCCEEDED")
    second = site.submit()

    for _ in range(10):
        pages = batch.get_paginator("list_jobs").paginate(jobQueue="q", jobStatus="SUCCEEDED", **arguments)
        found = {job["jobId"] for page in pages for job in page["jobSummaryList"]}
        if second in found:
            break

    assert {first, second} <= found


def test_who_waits_for_more_finished_children_gets_them(mock, batch, site):
    array = site.submit(size=2)
    site.reach(array, "PENDING")
    site.reach(f"{array}:0", "SUCCEEDED")

    states = []
    for _ in range(4):
        batch.list_jobs(arrayJobId=array, jobStatus="SUCCEEDED")
        states.append(seen(mock, f"{array}:1"))

    assert states == ["RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]


def test_an_empty_last_page_moves_nothing(mock, batch, site):
    first, _ = site.submit(), site.submit()
    token = batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED", maxResults=1)["nextToken"]
    batch.cancel_job(jobId=first, reason="x")
    other = site.submit()

    page = batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED", nextToken=token)
    batch.list_jobs(jobQueue="q", jobStatus="FAILED")

    assert page["jobSummaryList"] == []
    assert seen(mock, other) == "SUBMITTED"


@pytest.mark.parametrize("size", [None, 3], ids=["of a queue", "of an array"])
def test_who_lists_finished_jobs_until_there_are_some_sees_them_in_the_end(mock, batch, site, size):
    mock.batch.plan(duration=10)
    job_id = site.submit(size=size)
    parent = {"arrayJobId": job_id} if size else {"jobQueue": "q"}

    for _ in range(20):
        found = batch.list_jobs(**parent, jobStatus="SUCCEEDED")["jobSummaryList"]
        if found:
            break

    assert len(found) == (size or 1)


@pytest.mark.parametrize("size", [None, 2], ids=["of a queue", "of an array"])
def test_empty_listings_count_as_reads(mock, batch, site, size):
    mock.batch.pace = Pace.every(3)
    job_id = site.submit(size=size)
    parent = {"arrayJobId": job_id} if size else {"jobQueue": "q"}
    before = seen(mock, job_id)
    after = []
    for _ in range(4):
        batch.list_jobs(**parent, jobStatus="FAILED")
        after.append(seen(mock, job_id))

    assert before == "SUBMITTED"
    assert after == ["SUBMITTED"] * 3 + ["PENDING" if size else "RUNNABLE"]


@pytest.mark.parametrize("kind", ["finished array", "plain job", "unknown job"])
def test_an_empty_listing_of_children_moves_no_other_job(mock, batch, site, kind):
    listed = UNKNOWN_ID if kind == "unknown job" else site.submit(size=2 if kind == "finished array" else None)
    if kind == "finished array":
        mock.batch.run_all()
    other = site.submit()

    for _ in range(2):
        batch.list_jobs(arrayJobId=listed, jobStatus="FAILED")

    assert seen(mock, other) == "SUBMITTED"


def all_ended(batch, **arguments):
    pages = batch.get_paginator("list_jobs").paginate(jobQueue="q", **arguments)
    return all(job["status"] in {"SUCCEEDED", "FAILED"} for page in pages for job in page["jobSummaryList"])


@pytest.mark.parametrize("name", ["AFTER_CREATED_AT", "BEFORE_CREATED_AT"])
def test_a_listing_of_the_last_hour_is_the_same_listing_a_moment_later(mock, batch, site, name):
    """Such a filter has another value in each call."""
    mock.batch.plan("slow", duration=100)
    slow = site.submit("slow")
    mock.batch.run_until(slow, "RUNNING")
    for _ in range(2):
        site.reach(site.submit(), "SUCCEEDED")
    edge = 0 if name == "AFTER_CREATED_AT" else 4_000_000_000_000

    tries = 0
    while not all_ended(batch, filters=[{"name": name, "values": [str(edge + tries)]}], PaginationConfig={"PageSize": 2}):
        tries += 1
        assert tries < 5


def test_the_order_of_the_names_in_a_filter_makes_no_difference(batch, site):
    site.submit("a")
    names = ["x", "y", "z"]

    found = []
    for turn in range(2):
        filters = [{"name": "JOB_NAME", "values": [*names[turn:], *names[:turn]]}]
        found.append(batch.list_jobs(jobQueue="q", filters=filters)["jobSummaryList"])

    assert found == [[], []]
    assert site.status("".join(job["jobId"] for job in batch.list_jobs(jobQueue="q", **NAMED)["jobSummaryList"])) == "STARTING"


def test_code_that_sweeps_over_the_statuses_sees_every_state(batch, site):
    site.submit()

    seen = []
    for _ in range(10):
        for state in LIFE:
            seen += [state for _ in batch.list_jobs(jobQueue="q", jobStatus=state)["jobSummaryList"]]

    assert list(dict.fromkeys(seen)) == LIFE


def test_code_that_stops_at_the_page_where_it_finds_an_unfinished_job_comes_to_an_end(mock, batch, site):
    for name in ("old", "slow", "new"):
        mock.batch.plan(name, duration=100 if name == "slow" else 0)
        mock.batch.run_until(site.submit(name), "RUNNING" if name == "slow" else "SUCCEEDED")

    def has_unfinished():
        pages = batch.get_paginator("list_jobs").paginate(jobQueue="q", **NAMED, PaginationConfig={"PageSize": 1})
        return any(job["status"] == "RUNNING" for page in pages for job in page["jobSummaryList"])

    assert [has_unfinished() for _ in range(2)] == [True, False]


def test_a_job_that_hangs_does_not_hide_one_that_comes_later(mock, batch, site):
    mock.batch.plan("hangs", duration=None)
    mock.batch.run_until(site.submit("hangs"), "RUNNING")
    site.submit("later")

    seen = []
    while "later" not in seen:
        seen = [job["jobName"] for job in batch.list_jobs(jobQueue="q", jobStatus="RUNNING")["jobSummaryList"]]

    assert seen == ["later", "hangs"]
