"""DescribeJobs and ListJobs. Documents: AWS Batch API reference, DescribeJobs and ListJobs."""

from __future__ import annotations

import pytest

from support.batch import PREFIX, UNKNOWN_ID, Timeline, refusal
from support.needs import needs


@pytest.fixture(autouse=True)
def _site(mock, site):
    mock.batch.pace = "manual"
    site.make_queue_and_definition()


def listed(batch, **arguments):
    return [job["jobId"] for job in batch.list_jobs(**arguments)["jobSummaryList"]]


def paged(batch, size, **arguments):
    pages = batch.get_paginator("list_jobs").paginate(**arguments, PaginationConfig={"PageSize": size})
    return [[job["jobId"] for job in page["jobSummaryList"]] for page in pages]


def described(batch, *jobs):
    return [job["jobId"] for job in batch.describe_jobs(jobs=list(jobs))["jobs"]]


def test_jobs_are_described_in_the_order_of_the_request_each_once(batch, site):
    one, two = site.submit(), site.submit()
    array = site.submit(size=3)

    found = described(batch, two, f"{array}:1", one, UNKNOWN_ID, two, f"{PREFIX}job/{array}", "bad id", f"{array}:3", f"{one}:0")

    assert found == [two, f"{array}:1", one, array]


def test_no_id_describes_no_job(batch, site):
    site.submit()

    assert described(batch) == []


def test_jobs_of_another_region_are_unknown(site):
    import boto3

    job_id = site.submit()

    assert boto3.client("batch", region_name="eu-west-1").describe_jobs(jobs=[job_id])["jobs"] == []


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"jobQueue": "q", "arrayJobId": UNKNOWN_ID},
        {"jobQueue": "q", "multiNodeJobId": UNKNOWN_ID},
        {"arrayJobId": UNKNOWN_ID, "multiNodeJobId": UNKNOWN_ID},
        {"jobQueue": ""},
    ],
)
def test_list_jobs_needs_exactly_one_parent(batch, arguments):
    text = refusal(batch.list_jobs, **arguments)

    assert text == "Exactly one of jobQueue, arrayJobId or multiNodeJobId must be specified"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"jobQueue": "nope"}, f"{PREFIX}job-queue/nope does not exist"),
        (
            {"jobQueue": "q", "jobStatus": "DONE"},
            "jobStatus must be one of SUBMITTED, PENDING, RUNNABLE, STARTING, RUNNING, SUCCEEDED, FAILED",
        ),
        ({"jobQueue": "q", "maxResults": 0}, "maxResults must be at least 1"),
        ({"jobQueue": "q", "nextToken": "x"}, "Invalid nextToken"),
        ({"jobQueue": "q", "filters": [{"name": "JOB_NAME", "values": ["a"]}] * 2}, "Only one filter can be used at a time"),
        ({"jobQueue": "q", "filters": [{"name": "job_name", "values": ["a"]}]}, "Unsupported ListJobs filter: job_name"),
        ({"jobQueue": "q", "filters": [{"name": "JOB_NAME", "values": []}]}, "A ListJobs filter needs at least one value"),
        (
            {"jobQueue": "q", "filters": [{"name": "AFTER_CREATED_AT", "values": ["now"]}]},
            "The value of AFTER_CREATED_AT must be a time in milliseconds: now",
        ),
        (
            {"jobQueue": "q", "filters": [{"name": "BEFORE_CREATED_AT", "values": ["-1"]}]},
            "The value of BEFORE_CREATED_AT must be a time in milliseconds: -1",
        ),
        ({"arrayJobId": "bad id"}, "Invalid job id: bad id"),
    ],
)
def test_an_impossible_listing_is_refused(batch, arguments, text):
    assert refusal(batch.list_jobs, **arguments) == text


def test_only_running_jobs_are_listed_by_default(batch, site):
    running, submitted = site.submit(), site.submit()
    site.reach(running, "RUNNING")

    assert listed(batch, jobQueue="q") == [running]
    assert listed(batch, jobQueue="q", jobStatus="SUBMITTED") == [submitted]
    assert listed(batch, jobQueue=f"{PREFIX}job-queue/q", jobStatus="FAILED") == []


@pytest.mark.parametrize("state", ["SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED"])
def test_each_status_lists_its_own_jobs(mock, batch, site, state):
    mock.batch.plan("FAILED", exit_code=1)
    jobs = {name: site.submit(name) for name in ("SUBMITTED", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED")}
    jobs["PENDING"] = site.submit(after=[jobs["SUBMITTED"]])
    for name, job_id in jobs.items():
        if name != "SUBMITTED":
            site.reach(job_id, name)

    assert listed(batch, jobQueue="q", jobStatus=state) == [jobs[state]]


def test_the_parent_of_an_array_is_listed_in_its_queue_and_the_children_under_it(batch, site):
    array = site.submit(size=3)
    site.reach(array, "PENDING")
    site.reach(f"{array}:1", "RUNNING")

    assert listed(batch, jobQueue="q", jobStatus="PENDING") == [array]
    assert listed(batch, jobQueue="q") == []
    assert listed(batch, arrayJobId=array) == [f"{array}:1"]
    assert listed(batch, arrayJobId=array, jobStatus="RUNNABLE") == [f"{array}:0", f"{array}:2"]


def test_filters_do_not_apply_to_children(batch, site):
    array = site.submit(size=3)
    never = [{"name": "JOB_NAME", "values": ["nope"]}]

    assert listed(batch, arrayJobId=array, jobStatus="PENDING", filters=never) == [f"{array}:{index}" for index in range(3)]
    assert listed(batch, arrayJobId=array, filters=never) == []


@pytest.mark.parametrize("kind", ["unknown", "plain"])
def test_what_is_no_array_has_no_children(batch, site, kind):
    assert listed(batch, arrayJobId=UNKNOWN_ID if kind == "unknown" else site.submit(), jobStatus="SUBMITTED") == []


def test_children_are_paged_by_index(batch, site):
    array = site.submit(size=5)

    pages = paged(batch, 2, arrayJobId=array, jobStatus="PENDING")

    assert pages == [[f"{array}:0", f"{array}:1"], [f"{array}:2", f"{array}:3"], [f"{array}:4"]]


def test_the_latest_job_comes_first(mock, batch, site):
    mock.clock.freeze()
    jobs = []
    for _ in range(5):
        jobs.append(site.submit())
        mock.clock.advance(1)

    assert listed(batch, jobQueue="q", jobStatus="SUBMITTED") == jobs[::-1]
    assert paged(batch, 2, jobQueue="q", jobStatus="SUBMITTED") == [jobs[:2:-1], jobs[2:0:-1], jobs[:1]]


def test_paging_goes_on_while_jobs_come_and_go(batch, site):
    jobs = [site.submit() for _ in range(6)]
    first = batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED", maxResults=2)
    site.submit()
    for gone in (jobs[4], jobs[2]):
        batch.cancel_job(jobId=gone, reason="x")

    second = batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED", nextToken=first["nextToken"])

    assert [job["jobId"] for job in second["jobSummaryList"]] == [jobs[3], jobs[1], jobs[0]]
    assert "nextToken" not in second


def test_a_page_has_1000_jobs_and_with_a_filter_100(batch, site):
    array = site.submit(size=1001)
    assert [len(page) for page in paged(batch, None, arrayJobId=array, jobStatus="PENDING")] == [1000, 1]
    assert len(listed(batch, arrayJobId=array, jobStatus="PENDING", maxResults=5000)) == 1000
    for _ in range(101):
        site.submit()
    everything = [{"name": "AFTER_CREATED_AT", "values": ["1"]}]

    assert [len(page) for page in paged(batch, None, jobQueue="q", filters=everything)] == [100, 2]
    assert len(listed(batch, jobQueue="q", filters=everything, maxResults=1000)) == 100


def test_a_token_is_good_for_the_same_listing_only(batch, site):
    for _ in range(2):
        site.submit()
    token = batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED", maxResults=1)["nextToken"]

    assert refusal(batch.list_jobs, jobQueue="q", jobStatus="RUNNING", nextToken=token) == "Invalid nextToken"


@pytest.fixture
def named(mock, batch, site):
    """Jobs with names and definitions, ten seconds apart, in different states."""
    at = Timeline(mock)
    mock.batch.pace = "manual"
    site.make_definition("d")
    site.make_definition("dx")
    jobs = {}
    for key, name, definition in [
        ("a", "test1", "d:1"),
        ("b", "Test1", "d:2"),
        ("c", "test10", "dx:1"),
        ("e", "Other", "d:2"),
        ("f", "TEST1", "dx:1"),
    ]:
        jobs[key] = site.submit(name, jobDefinition=definition)
        mock.clock.advance(10)
    batch.cancel_job(jobId=jobs["b"], reason="x")
    site.make_queue("elsewhere")
    site.submit("test1", jobQueue="elsewhere")
    return at, jobs


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("JOB_NAME", ["test1"], "fba"),
        ("JOB_NAME", ["TEST1*"], "fbac"),
        ("JOB_NAME", ["test10", "other"], "ec"),
        ("JOB_NAME", ["test"], ""),
        ("JOB_NAME", ["*"], "efbac"),
        ("JOB_DEFINITION", ["d"], "eba"),
        ("JOB_DEFINITION", ["D"], ""),
        ("JOB_DEFINITION", ["d*"], "fecba"),
        ("JOB_DEFINITION", [f"{PREFIX}job-definition/d:2"], "eb"),
        ("JOB_DEFINITION", [f"{PREFIX}job-definition/d*"], ""),
        ("SHARE_IDENTIFIER", ["s"], ""),
    ],
)
@pytest.mark.parametrize("state", [{}, {"jobStatus": "SUCCEEDED"}], ids=["no status", "status is ignored"])
def test_filters_find_jobs_of_all_statuses(batch, named, name, values, expected, state):
    _, jobs = named

    found = listed(batch, jobQueue="q", filters=[{"name": name, "values": values}], **state)

    assert found == [jobs[key] for key in expected]


@pytest.mark.parametrize(
    ("name", "seconds", "expected"),
    [
        ("BEFORE_CREATED_AT", 20, "ba"),
        ("BEFORE_CREATED_AT", 0, ""),
        ("BEFORE_CREATED_AT", 1000, "fecba"),
        ("AFTER_CREATED_AT", 20, "fe"),
        ("AFTER_CREATED_AT", 40, ""),
        ("AFTER_CREATED_AT", -1, "fecba"),
    ],
)
def test_jobs_are_found_by_the_time_of_their_creation(batch, named, name, seconds, expected):
    at, jobs = named
    value = str(at._start_ms + seconds * 1000)

    found = listed(batch, jobQueue="q", filters=[{"name": name, "values": [value]}])

    assert found == [jobs[key] for key in expected]


@pytest.mark.parametrize(
    "filters",
    [
        {"name": "JOB_NAME", "values": ["*"]},
        {"name": "JOB_DEFINITION", "values": ["*"]},
        {"name": "AFTER_CREATED_AT", "values": ["1"]},
        {"name": "BEFORE_CREATED_AT", "values": ["99999999999999"]},
    ],
    ids=lambda filters: filters["name"],
)
def test_pages_of_a_filter_join_to_the_whole(batch, named, filters):
    whole = listed(batch, jobQueue="q", filters=[filters])

    pages = paged(batch, 2, jobQueue="q", filters=[filters])

    assert [len(page) for page in pages] == [2, 2, 1]
    assert [job_id for page in pages for job_id in page] == whole


@needs("batch ListJobs.jobSummaryList.scheduledAt")
def test_a_summary_tells_what_became_of_a_job(mock, batch, site):
    mock.batch.plan(exit_code=3, reason="OutOfMemoryError: x")
    job_id = site.submit("j", vcpus=4)
    mock.batch.run_all()

    (summary,) = batch.list_jobs(jobQueue="q", jobStatus="FAILED")["jobSummaryList"]

    (job,) = batch.describe_jobs(jobs=[job_id])["jobs"]
    assert summary == {
        "jobArn": job["jobArn"],
        "jobId": job_id,
        "jobName": "j",
        "capacityUsage": [{"capacityUnit": "VCPU", "quantity": 4.0}],
        "createdAt": job["createdAt"],
        "scheduledAt": summary["scheduledAt"],
        "startedAt": job["startedAt"],
        "stoppedAt": job["stoppedAt"],
        "status": "FAILED",
        "statusReason": "Essential container in task exited",
        "container": {"exitCode": 3, "reason": "OutOfMemoryError: x"},
        "jobDefinition": f"{PREFIX}job-definition/d:1",
    }
    assert job["createdAt"] <= summary["scheduledAt"] <= job["startedAt"]


@needs("batch ListJobs.jobSummaryList.capacityUsage")
def test_a_summary_of_a_waiting_job_has_no_times_but_its_creation(batch, site):
    site.submit()

    (summary,) = batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED")["jobSummaryList"]

    assert set(summary) == {"jobArn", "jobId", "jobName", "capacityUsage", "createdAt", "status", "jobDefinition"}


@needs("batch ListJobs.jobSummaryList.arrayProperties.statusSummary")
def test_a_summary_of_an_array_has_its_size_and_counts_and_a_child_its_index(batch, site):
    array = site.submit(size=2)

    (parent,) = batch.list_jobs(jobQueue="q", jobStatus="SUBMITTED")["jobSummaryList"]
    _, child = batch.list_jobs(arrayJobId=array, jobStatus="PENDING")["jobSummaryList"]

    assert parent["arrayProperties"]["size"] == 2
    assert parent["arrayProperties"]["statusSummary"]["PENDING"] == 2
    assert child["arrayProperties"] == {"index": 1}


@needs("batch ListJobs.jobSummaryList.isCancelled", "batch ListJobs.jobSummaryList.isTerminated")
@pytest.mark.parametrize(("operation", "flag"), [("cancel_job", "isCancelled"), ("terminate_job", "isTerminated")])
def test_a_summary_has_the_flags_only_when_they_are_true(batch, site, operation, flag):
    getattr(batch, operation)(jobId=site.submit(), reason="x")

    (summary,) = batch.list_jobs(jobQueue="q", jobStatus="FAILED")["jobSummaryList"]

    assert summary[flag] is True
    assert len({"isCancelled", "isTerminated"} & set(summary)) == 1
